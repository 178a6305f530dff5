"""What people and programs name on a transfer: its lines by product and lot, places by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from inventory.errors import NotAStockLocation
from inventory.kinds import VIRTUAL
from inventory.locks import share_locations
from inventory.models import Location, Product, Warehouse
from inventory.queries.lots import LotRef, agrees, find_lots, unknown_lot
from merchants.errors import FieldError, Malformed
from transfers.models import Line, Transfer


class Named(Protocol):
    """Units of a line, as somebody names them."""

    @property
    def product(self) -> Product: ...
    @property
    def quantity(self) -> int: ...
    @property
    def lot_number(self) -> str: ...
    @property
    def expires_on(self) -> date | None: ...


def find_lines(transfer: Transfer, rows: Sequence[Line], named: Sequence[Named]) -> list[Line]:
    """The transfer's line that each of ``named`` means, in their order.

    Raises: Malformed (fewer than one unit, a product or lot that is not on the transfer),
    UnknownLot.
    """
    by_units = {(line.product_id, line.lot_id): line for line in rows}
    refs = [LotRef(one.product.pk, one.lot_number.strip(), one.expires_on) for one in named]
    lots = find_lots(refs)
    found = []
    for place, (one, ref) in enumerate(zip(named, refs, strict=True)):
        lot = lots.get(ref)
        if not ref.is_blank and (lot is None or not agrees(lot, ref)):
            raise unknown_lot(one.product.sku, ref, lot, path=f"lines[{place}].")
        line = by_units.get((one.product.pk, lot.pk if lot else None))
        if line is None:
            what = f"Lot {lot} of {one.product.sku}" if lot else f"{one.product.sku} without a lot"
            message = f"{what} is not on {transfer.number}."
            field = "lot_number" if lot or one.product.is_lot_product else "sku"
            raise Malformed("not_on_transfer", message, field=f"lines[{place}].{field}")
        if one.quantity < 1:
            message = "Give at least one unit, or leave the line out."
            raise Malformed("min_value", message, field=f"lines[{place}].quantity")
        found.append(line)
    return found


def share_named(
    warehouse: Warehouse, names: Sequence[str], kinds: Collection[str]
) -> dict[str, Location]:
    """The places of these names, kept as they are until the end of the act.

    Raises: Malformed (no such place in the warehouse), NotAStockLocation.
    """
    rows = Location.objects.filter(warehouse=warehouse, name__in=set(names))
    ids = rows.exclude(kind__in=VIRTUAL).order_by().values_list("id", flat=True)
    places = {one.name: one for one in share_locations(ids).values()}
    unknown = [
        FieldError(
            field=f"lines[{place}].location",
            code="unknown_location",
            message=f"There is no location {name} in {warehouse.code}.",
        )
        for place, name in enumerate(names)
        if name not in places
    ]
    if unknown:
        raise Malformed(message=unknown[0]["message"], errors=unknown)
    for one in places.values():
        if one.kind not in kinds:
            allowed = " or ".join(sorted(kinds))
            raise NotAStockLocation(
                message=f"{one.name} is a {one.get_kind_display().lower()} location: here it must "
                f"be {allowed}."
            )
    return places
