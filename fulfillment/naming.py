"""Finding the products and lots that lines name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from fulfillment.errors import UnknownSku
from inventory.errors import UnknownLot
from inventory.models import Lot, Product
from inventory.queries.lots import LotRef, agrees, find_lots, unknown_lot
from merchants.errors import FieldError, Malformed


class NamesUnits(Protocol):
    """A line that names a product and, perhaps, a lot."""

    @property
    def sku(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def lot_number(self) -> str: ...
    @property
    def expires_on(self) -> date | None: ...


class Named(NamedTuple):
    """The product of a line and the lot that it names, if any."""

    product: Product
    lot: Lot | None


Reader = Callable[[int, Collection[str]], Iterable[Product]]


def of_merchant(merchant_id: int, skus: Collection[str]) -> Iterable[Product]:
    """A merchant's products by their SKUs, as they are now."""
    return Product.objects.for_merchant(merchant_id).filter(sku__in=skus)


def find_named(
    lines: Sequence[NamesUnits], *, merchant_id: int, read: Reader = of_merchant
) -> list[Named]:
    """The product and lot of each line, in their order. Two queries at most.

    ``read`` may lock the products with the same statement that finds them.

    Raises: Malformed (no lines, a quantity below 1), UnknownSku, UnknownLot; each names every
    line that is wrong.
    """
    _check_quantities(lines)
    products = _products(lines, read(merchant_id, {line.sku for line in lines}))
    refs = [LotRef(products[line.sku].pk, line.lot_number, line.expires_on) for line in lines]
    lots = find_lots(refs)
    _check_lots(lines, refs, lots)
    return [Named(products[line.sku], lots.get(ref)) for line, ref in zip(lines, refs, strict=True)]


def _check_quantities(lines: Sequence[NamesUnits]) -> None:
    if not lines:
        raise Malformed("required", "Give at least one line.", field="lines")
    errors: list[FieldError] = [
        {
            "field": f"lines[{place}].quantity",
            "code": "min_value",
            "message": f"{line.quantity} is no number of units: give 1 or more.",
        }
        for place, line in enumerate(lines)
        if line.quantity < 1
    ]
    if errors:
        raise Malformed("min_value", errors[0]["message"], errors=errors)


def _products(lines: Sequence[NamesUnits], rows: Iterable[Product]) -> dict[str, Product]:
    products = {product.sku: product for product in rows}
    errors: list[FieldError] = [
        {
            "field": f"lines[{place}].sku",
            "code": UnknownSku.code,
            "message": f"There is no product with the SKU {line.sku}.",
        }
        for place, line in enumerate(lines)
        if line.sku not in products
    ]
    if errors:
        raise UnknownSku(message=errors[0]["message"], errors=errors)
    return products


def _check_lots(
    lines: Sequence[NamesUnits], refs: Sequence[LotRef], lots: Mapping[LotRef, Lot]
) -> None:
    errors: list[FieldError] = []
    for place, (line, ref) in enumerate(zip(lines, refs, strict=True)):
        lot = lots.get(ref)
        if not ref.is_blank and (lot is None or not agrees(lot, ref)):
            errors += unknown_lot(line.sku, ref, lot, path=f"lines[{place}].").errors
    if errors:
        raise UnknownLot(message=errors[0]["message"], errors=errors)
