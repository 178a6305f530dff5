"""The page of one location: what stands there, since when, how full it is, what happened lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL

from inventory.kinds import LocationKind
from inventory.models import Balance, Location, Lot, Movement, Product, Warehouse
from inventory.putaway import Bin, Suggestion, suggest_bin
from inventory.queries.bins import bins_for, used_in3, wanted
from merchants.columns import fetch, values

NEWEST = 10  # movements that the page shows
ANOTHER_LOT = -1  # no lot has this id
MOST_SCATTERED = 100  # lots that one list shows, those in most bins first

# The movement by which a balance last rose from nothing: from then on units stood there.
LAST_RISE = """
WITH steps AS (
    SELECT v.id AS balance_id, m.id, m.quantity AS units
    FROM {values} JOIN inventory_movement m ON m.target_id = v.id
    UNION ALL
    SELECT v.id, m.id, -m.quantity
    FROM {values} JOIN inventory_movement m ON m.source_id = v.id
), running AS (
    SELECT balance_id, id, units,
        SUM(units) OVER (PARTITION BY balance_id ORDER BY id) AS standing
    FROM steps
)
SELECT balance_id, MAX(id) FROM running WHERE units > 0 AND standing <= units GROUP BY balance_id
"""


@dataclass(frozen=True)
class Fill:
    """How much of a measured bin is taken, in cubic inches."""

    capacity_in3: int
    used_in3: Decimal
    is_partly_known: bool  # units of an unknown size stand there, too

    @property
    def percent(self) -> int:
        return round(100 * self.used_in3 / self.capacity_in3)


def since(balance_ids: Iterable[int]) -> dict[int, datetime]:
    """Since when units stand at each of these balances without a gap. Two queries."""
    ids = list(balance_ids)
    fragment, params = values({"id": ids})
    rises = dict(fetch(LAST_RISE.format(values=fragment), [*params, *params]))
    moments = Movement.objects.filter(pk__in=list(rises.values())).order_by()
    at = dict(moments.values_list("pk", "posting__occurred_at"))
    return {balance_id: at[movement_id] for balance_id, movement_id in rises.items()}


def fill(location: Location, balances: Iterable[Balance]) -> Fill | None:
    """How full a location is; None where it is not measured. One query."""
    if location.capacity_in3 is None:
        return None
    unknown = any(one.product.unit_in3 is None for one in balances)
    used = used_in3([location.pk])[location.pk]
    return Fill(location.capacity_in3, used, unknown)


def lately(location: Location) -> QuerySet[Movement]:
    """The newest movements into and out of a location. One query.

    Found by the balances of the location; ordered by a sum, so that the database does not walk
    through all movements of the house until it has met enough.
    """
    here = Balance.objects.filter(location=location).order_by().values("pk")
    newest = RawSQL("inventory_movement.id + 0", ())  # no parameter
    return (
        Movement.objects.filter(Q(source__in=here) | Q(target__in=here))
        .select_related("posting__actor", "product", "source__lot", "target__lot")
        .select_related("source__location", "target__location")
        .order_by(newest.desc())[:NEWEST]
    )


def bin_elsewhere(balance: Balance, quantity: int) -> Suggestion | None:
    """The bin to move so many units of a balance to. As many queries as ``bins_for``."""
    units = wanted(balance.product, balance.lot_id, max(1, quantity))
    bins = [_barred(one, balance) for one in bins_for([units], balance.warehouse_id)]
    return suggest_bin(bins, units)


@dataclass(frozen=True)
class Scattered:
    """A lot that stands in several bins of a warehouse, and the one with most units of it."""

    product: Product
    lot: Lot
    bins: list[Balance]

    @property
    def units(self) -> int:
        return sum(one.on_hand for one in self.bins)

    @property
    def target(self) -> Balance:
        """The bin that the others are brought to: with room for all, and most of the units."""
        return max(self.bins, key=lambda one: (self._takes_all(one), one.on_hand, -one.pk))

    def _takes_all(self, one: Balance) -> bool:
        size, capacity = self.product.unit_in3, one.location.capacity_in3
        return size is None or capacity is None or self.units * size <= capacity


def scattered(warehouse: Warehouse) -> list[Scattered]:
    """The lots that stand in more than one storage bin, in most bins first. Three queries."""
    standing = Balance.objects.filter(
        warehouse=warehouse, location_kind=LocationKind.STORAGE, on_hand__gt=0, lot__isnull=False
    ).order_by()
    several = standing.values("lot").annotate(bins=Count("pk"), units=Sum("on_hand"))
    several = several.filter(bins__gt=1).order_by("-bins", "lot")[:MOST_SCATTERED]
    ids = [row["lot"] for row in several]
    rows = standing.filter(lot__in=ids).select_related("location")
    bins: dict[int, list[Balance]] = {pk: [] for pk in ids}
    for one in rows.order_by("location__pick_sequence", "location__name", F("id")):
        bins[one.lot_id].append(one)
    lots = Lot.objects.select_related("product__merchant").in_bulk(ids)
    return [Scattered(lots[pk].product, lots[pk], found) for pk, found in bins.items()]


def _barred(one: Bin, balance: Balance) -> Bin:
    """The bin of the balance as if another lot stood there: near by, but not to be chosen."""
    if one.location_id != balance.location_id:
        return one
    return replace(one, holds=frozenset([(balance.product_id, ANOTHER_LOT)]))
