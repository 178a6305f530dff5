"""The bins among which units may be put."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from statistics import median_low

from django.db.models import Exists, OuterRef, QuerySet

from inventory.kinds import LocationKind
from inventory.models import Balance, Hold, Location, Product
from inventory.putaway import Bin, Units, Wanted

MOST_PARTS = 300  # further empty bins that are looked at for units that need several


def wanted(product: Product, lot_id: int | None, quantity: int = 1) -> Wanted:
    """So many units of a product and lot, with what its bins must be like. No query."""
    return Wanted((product.pk, lot_id), quantity, product.unit_in3, product.zone)


def bins_for(
    wanted: Collection[Wanted],
    warehouse_id: int,
    *,
    spare: int = 0,
    among: Collection[int] | None = None,
) -> list[Bin]:
    """Bins of a warehouse to choose from for these units, for ``inventory.putaway``.

    Those that hold any of the products, and as many empty ones around them as could be needed
    (``spare`` more; of a zone that a product must stand in as well). Storage that is pickable,
    sellable and not on hold; only ``among`` these ids, where they are given. At most four queries,
    and one for each such zone, whatever stands there.
    """
    usable = _usable(warehouse_id, among)
    standing = _holding({one.units[0] for one in wanted}, usable)
    if any(one.unit_in3 is not None for one in wanted):
        standing = _less_used(standing)
    most = len({one.units for one in wanted}) + spare
    most += MOST_PARTS if any(one.quantity > 1 for one in wanted) else 0
    bins = {one.location_id: one for one in _empty(usable, wanted, standing, most)}
    bins |= {one.location_id: one for one in standing}
    return list(bins.values())


def used_in3(location_ids: Iterable[int]) -> dict[int, Decimal]:
    """The cubic inches that units take at each of these locations; those of a known size.

    One query, none for no location.
    """
    used: defaultdict[int, Decimal] = defaultdict(Decimal)
    ids = set(location_ids)
    if not ids:
        return used
    rows = Balance.objects.filter(location__in=ids, on_hand__gt=0, product__length_in__gt=0)
    rows = rows.filter(product__width_in__gt=0, product__height_in__gt=0).order_by()
    sides = ("product__length_in", "product__width_in", "product__height_in")
    for location_id, units, length, width, height in rows.values_list(
        "location_id", "on_hand", *sides
    ):
        used[location_id] += units * length * width * height
    return used


def _usable(warehouse_id: int, among: Collection[int] | None) -> QuerySet[Location]:
    held = Hold.objects.active().filter(location=OuterRef("pk"))
    rows = Location.objects.filter(
        ~Exists(held),
        warehouse_id=warehouse_id,
        kind=LocationKind.STORAGE,
        pickable=True,
        sellable=True,
    ).order_by("pick_sequence", "name")
    return rows if among is None else rows.filter(pk__in=among)


def _empty(
    usable: QuerySet[Location], wanted: Collection[Wanted], standing: list[Bin], most: int
) -> Iterable[Bin]:
    """Empty bins: those around the middle of where the products stand, else the first."""
    units = Balance.objects.filter(location=OuterRef("pk"), on_hand__gt=0)
    rows = usable.filter(~Exists(units))
    found: list[Location] = []
    if standing:
        middle = median_low(one.pick_sequence for one in standing)
        found.extend(rows.filter(pick_sequence__gte=middle)[:most])
        before = rows.filter(pick_sequence__lt=middle)
        found.extend(before.order_by("-pick_sequence", "-name")[:most])
    else:
        found.extend(rows[:most])
    for zone in sorted({one.zone for one in wanted} - {""}):
        found.extend(rows.filter(zone=zone)[:most])
    return [_bin(location, is_empty=True) for location in found]


def _holding(product_ids: Collection[int], usable: QuerySet[Location]) -> list[Bin]:
    rows = Balance.objects.filter(
        product_id__in=product_ids, location__in=usable.order_by(), on_hand__gt=0
    ).select_related("location")
    locations: dict[int, Location] = {}
    holds: defaultdict[int, set[Units]] = defaultdict(set)
    for balance in rows.order_by("id"):
        locations[balance.location_id] = balance.location
        holds[balance.location_id].add((balance.product_id, balance.lot_id))
    return [
        replace(_bin(location), holds=frozenset(holds[pk])) for pk, location in locations.items()
    ]


def _less_used(standing: list[Bin]) -> list[Bin]:
    """The same bins with the room that is left in those that are measured."""
    used = used_in3(one.location_id for one in standing if one.room_in3 is not None)
    return [
        one if one.room_in3 is None else replace(one, room_in3=one.room_in3 - used[one.location_id])
        for one in standing
    ]


def _bin(location: Location, *, is_empty: bool = False) -> Bin:
    capacity = location.capacity_in3
    return Bin(
        location_id=location.pk,
        name=location.name,
        pick_sequence=location.pick_sequence,
        is_mixed=location.mixed,
        is_empty=is_empty,
        zone=location.zone,
        room_in3=None if capacity is None else Decimal(capacity),
    )
