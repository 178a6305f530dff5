"""Whole bins moved, and a lot brought together from several bins into one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from inventory import ledger
from inventory.errors import InsufficientStock, NotAStockLocation, UnitsCommitted
from inventory.kinds import BINS
from inventory.ledger import Act, Place, Transfer
from inventory.locks import lock_products, share_locations
from inventory.models import Balance, Location, Posting, PostingKind
from inventory.services import planning
from inventory.services.room import Entering, require_room
from merchants.errors import NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from merchants.transactions import act


@act
def relocate_bin(
    *, actor: User, now: datetime, source_id: int, target_id: int, reason: str = ""
) -> list[Posting]:
    """Move all that stands in a bin to another bin of its warehouse, of every merchant.

    All or nothing; one posting for each merchant. Nothing of it may be promised: an order would be
    picked from a bin that is empty. Without a ``reason`` the bin is not filled above its capacity.
    Raises: NotFound, NotAStockLocation, InsufficientStock (the bin is empty), UnitsCommitted (with
    what is promised), OtherLotInLocation, BinTooSmall. Locks the locations, then the products.
    """
    source, target = _bins(source_id, target_id)
    standing = Balance.objects.filter(location=source, on_hand__gt=0).order_by("id")
    products = lock_products(standing.order_by().values_list("product_id", flat=True).distinct())
    balances = list(
        standing.filter(product__in=products).select_related("product", "lot", "location")
    )
    if not balances:
        raise InsufficientStock(message=f"Nothing stands at {source.name}.")
    _refuse_promised(source, balances)
    return _move(actor, now, [(one, one.on_hand) for one in balances], target, reason)


@act
def consolidate(
    *,
    actor: User,
    now: datetime,
    product_id: int,
    lot_id: int | None,
    target_id: int,
    reason: str = "",
) -> Posting:
    """Bring the unpromised units of a lot from the other bins of a warehouse into one bin.

    What is promised stays where it is picked. Without a ``reason`` the bin is not filled above its
    capacity. Raises: NotFound, NotAStockLocation, InsufficientStock (it stands in no other bin),
    UnitsCommitted (all of it is promised), OtherLotInLocation, BinTooSmall. Locks the locations,
    then the product.
    """
    standing = Balance.objects.filter(
        product=product_id, lot=lot_id, location_kind__in=BINS, on_hand__gt=0
    ).exclude(location=target_id)
    ids = list(standing.order_by().values_list("location_id", flat=True))
    places = share_locations([target_id, *ids])
    target = _require_bin(places.get(target_id))
    lock_products([product_id])
    here = standing.filter(warehouse=target.warehouse_id, location__in=list(places))
    balances = list(here.order_by("id").select_related("product", "lot", "location"))
    if not balances:
        raise InsufficientStock(message=f"No other bin of {target.warehouse} holds any of it.")
    free = [(one, one.on_hand - one.committed) for one in balances]
    if not any(units for _, units in free):
        _refuse_promised(None, balances)
    movable = [(one, units) for one, units in free if units]
    return _move(actor, now, movable, target, reason)[0]


def _move(
    actor: User, now: datetime, parts: list[tuple[Balance, int]], target: Location, reason: str
) -> list[Posting]:
    """Post the movements, a posting for each merchant, and offer the units anew."""
    require_room((Entering(target, one.product, units) for one, units in parts), reason=reason)
    transfers: defaultdict[int, list[Transfer]] = defaultdict(list)
    for one, units in parts:
        source, into = Place(one.location_id, one.lot_id), Place(target.pk, one.lot_id)
        transfers[one.merchant_id].append(Transfer(one.product_id, source, into, units))
    postings = [
        ledger.post(Act(PostingKind.RELOCATE, merchant_id, actor, now, reason=reason), moved)
        for merchant_id, moved in sorted(transfers.items())
    ]
    planning.reallocate(sorted({one.product_id for one, _ in parts}), now=now)
    record_many(
        Happening(
            "stock.moved",
            one.merchant_id,
            str(one.product_id),
            now,
            {
                "sku": one.product.sku,
                "lot": one.lot_id,
                "quantity": units,
                "source": one.location.name,
                "target": target.name,
            },
        )
        for one, units in parts
    )
    return postings


def _bins(source_id: int, target_id: int) -> tuple[Location, Location]:
    places = share_locations([source_id, target_id])
    source = _require_bin(places.get(source_id))
    target = _require_bin(places.get(target_id))
    if source.pk == target.pk:
        raise NotAStockLocation(message="Source and target are the same bin.")
    if source.warehouse_id != target.warehouse_id:
        raise NotAStockLocation(message=f"{target.name} is in another warehouse.")
    return source, target


def _require_bin(location: Location | None) -> Location:
    if location is None or location.is_virtual:
        raise NotFound(message="There is no such location.")
    if location.kind not in BINS:
        raise NotAStockLocation(
            message=f"{location.name} is a {location.get_kind_display().lower()} area, not a bin."
        )
    return location


def _refuse_promised(source: Location | None, balances: Iterable[Balance]) -> None:
    promised = [one for one in balances if one.committed]
    if not promised:
        return
    what = ", ".join(
        f"{one.committed} of {one.product.sku}" + (f" lot {one.lot}" if one.lot else "")
        for one in promised[:5]
    )
    more = f" and {len(promised) - 5} more" if len(promised) > 5 else ""
    where = f" at {source.name}" if source else ""
    raise UnitsCommitted(
        message=f"Promised to orders{where}: {what}{more}. Ship or release them first, or move "
        "what is free.",
        committed=sum(one.committed for one in promised),
    )
