"""The bins among which units may be put."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from django.db.models import Exists, OuterRef, QuerySet

from inventory.kinds import LocationKind
from inventory.models import Balance, Hold, Location
from inventory.putaway import Bin, Units


def bins_for(wanted: Collection[Units], warehouse_id: int) -> list[Bin]:
    """Bins of a warehouse to choose from for these units, for ``inventory.putaway``.

    Those that hold any of the products, and as many empty ones as could be needed. Storage that is
    pickable, sellable and not on hold. Two queries, whatever stands there.
    """
    bins = {one.location_id: one for one in _empty(warehouse_id, len(set(wanted)))}
    for one in _holding({product_id for product_id, _ in wanted}, warehouse_id):
        bins[one.location_id] = one
    return list(bins.values())


def _usable(warehouse_id: int) -> QuerySet[Location]:
    held = Hold.objects.active().filter(location=OuterRef("pk"))
    return Location.objects.filter(
        ~Exists(held),
        warehouse_id=warehouse_id,
        kind=LocationKind.STORAGE,
        pickable=True,
        sellable=True,
    ).order_by("pick_sequence", "name")


def _empty(warehouse_id: int, most: int) -> list[Bin]:
    units = Balance.objects.filter(location=OuterRef("pk"), on_hand__gt=0)
    rows = _usable(warehouse_id).filter(~Exists(units))
    return [_bin(location, is_empty=True) for location in rows[:most]]


def _holding(product_ids: Collection[int], warehouse_id: int) -> list[Bin]:
    rows = Balance.objects.filter(
        product_id__in=product_ids, location__in=_usable(warehouse_id).order_by(), on_hand__gt=0
    ).select_related("location")
    locations: dict[int, Location] = {}
    holds: defaultdict[int, set[Units]] = defaultdict(set)
    for balance in rows.order_by("id"):
        locations[balance.location_id] = balance.location
        holds[balance.location_id].add((balance.product_id, balance.lot_id))
    return [
        replace(_bin(location), holds=frozenset(holds[pk])) for pk, location in locations.items()
    ]


def _bin(location: Location, *, is_empty: bool = False) -> Bin:
    return Bin(
        location_id=location.pk,
        name=location.name,
        pick_sequence=location.pick_sequence,
        is_mixed=location.mixed,
        is_empty=is_empty,
    )
