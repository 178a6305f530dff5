"""Finding lots by what is written on the box."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from inventory.errors import UnknownLot
from inventory.kinds import VIRTUAL, LocationKind
from inventory.models import Lot, Product, lot_key


@dataclass(frozen=True, slots=True)
class LotRef:
    """A lot as somebody names it: by number, by expiry where it has no number, or by both."""

    product_id: int
    number: str = ""
    expires_on: date | None = None

    @property
    def is_blank(self) -> bool:
        """Names no lot: units without a lot."""
        return not lot_key(self.number) and self.expires_on is None

    @property
    def identity(self) -> tuple[int, str, date | None]:
        """What makes it one lot of its product: the number, else the expiry."""
        key = lot_key(self.number)
        return (self.product_id, key, None if key else self.expires_on)

    def __str__(self) -> str:
        return self.number.strip() or (f"expiring {self.expires_on}" if self.expires_on else "none")


def find_lots(refs: Iterable[LotRef]) -> dict[LotRef, Lot]:
    """The lot that each reference names, where there is one. One query.

    A lot found by its number may have another expiry than the reference: see ``agrees``. A lot
    that was merged into another is found as that one, by its old number too.
    """
    wanted = [ref for ref in dict.fromkeys(refs) if not ref.is_blank]
    if not wanted:
        return {}
    keys = {ref.identity[1] for ref in wanted} - {""}
    dates = {ref.expires_on for ref in wanted if not ref.identity[1]}
    named = Q(number_key__in=keys) | Q(number_key="", expires_on__in=dates)
    rows = Lot.objects.filter(named, product_id__in={ref.product_id for ref in wanted})
    rows = rows.select_related("product", "merged_into__product").order_by("id")
    by_identity = {_identity(lot): lot.merged_into or lot for lot in rows}
    found = {ref: by_identity.get(ref.identity) for ref in wanted}
    return {ref: lot for ref, lot in found.items() if lot}


def heirs(lot_ids: Iterable[int]) -> dict[int, int]:
    """Of those of these lots that were merged into another, the id of that one. One query."""
    rows = Lot.objects.filter(pk__in=set(lot_ids), merged_into__isnull=False)
    return dict(rows.order_by().values_list("pk", "merged_into_id"))


def agrees(lot: Lot, ref: LotRef) -> bool:
    """Whether the lot has the expiry that the reference states (none stated agrees with any)."""
    return ref.expires_on is None or lot.expires_on == ref.expires_on


def unknown_lot(sku: str, ref: LotRef, lot: Lot | None, *, path: str = "") -> UnknownLot:
    """What to refuse a reference with that means no lot of the product, or ``lot`` with another
    expiry. ``path`` stands before the name of the field: `lines[2].`."""
    if lot is None:
        field = "lot_number" if ref.identity[1] else "expires_on"
        return UnknownLot(message=f"{sku} has no lot {ref}.", field=path + field)
    day = f"expires {lot.expires_on}, not" if lot.expires_on else "has no expiry, so not"
    return UnknownLot(
        message=f"Lot {lot} of {sku} {day} {ref.expires_on}.", field=f"{path}expires_on"
    )


def _identity(lot: Lot) -> tuple[int, str, date | None]:
    return (lot.product_id, lot.number_key, None if lot.number_key else lot.expires_on)


def lots_in_stock(product: Product) -> Collection[int]:
    """Ids of the product's lots with units in the house, docks too, or in transit. One query."""
    outside = set(VIRTUAL) - {LocationKind.IN_TRANSIT}
    rows = product.balances.filter(lot__isnull=False, on_hand__gt=0)
    return set(rows.exclude(location_kind__in=outside).order_by().values_list("lot_id", flat=True))
