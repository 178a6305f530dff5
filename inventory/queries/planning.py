"""What the planner decides on: standing promises, uncovered demand and free stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Q

from inventory.availability import STOPS_SHIPPING, Todays, allocatable_until, reason
from inventory.kinds import ON_HAND
from inventory.models import Allocation, Balance, Channel, Demand, Lot, Warehouse
from inventory.querysets import DemandQuerySet
from inventory.rotation import Claim, Reserved, Restriction, Stock
from merchants.columns import among, fetch, values
from merchants.models import Rotation

IN_HOUSE_SQL = f"({', '.join(repr(str(kind)) for kind in ON_HAND)})"


def broken_allocations(product_ids: Collection[int], todays: Todays) -> list[Allocation]:
    """Promises that may no longer ship: held, inactive or expired. At most four queries.

    A line that asked for a single lot loses all of its promises together.
    """
    found = Balance.objects.filter(product_id__in=among(product_ids), committed__gt=0).filter(
        Q(is_blocked=True) | Q(expires_on__lt=todays.expression())
    )
    suspects = list(found.order_by().values_list("id", flat=True))
    if not suspects:  # as a rule; then nothing is joined to find it out
        return []
    stopped = Balance.objects.filter(pk__in=among(suspects)).annotate(
        allocatable_until=allocatable_until(), reason=reason(todays)
    )
    stopped = stopped.filter(reason__in=[one.value for one in STOPS_SHIPPING]).order_by()
    balance_ids = list(stopped.values_list("id", flat=True))
    if not balance_ids:
        return []
    hit = Allocation.objects.filter(balance_id__in=among(balance_ids))
    single = hit.filter(demand__single_lot=True).values("demand_id")
    broken = Q(balance_id__in=among(balance_ids)) | Q(demand__in=single)
    return list(Allocation.objects.filter(broken).order_by("id"))


def newest_allocations(balance_id: int) -> list[Allocation]:
    """The promises of a balance with their demands, newest first. One query."""
    rows = Allocation.objects.filter(balance_id=balance_id)
    return list(rows.select_related("demand").order_by("-id"))


class Waiting(NamedTuple):
    """A demand as the planner sees it; the names are its columns."""

    id: int
    merchant_id: int
    order_number: str
    product_id: int
    warehouse_id: int | None
    quantity: int
    shipped: int
    allocated: int
    is_released: bool
    lot_id: int | None
    single_lot: bool
    min_shelf_life_days: int | None
    channel: str
    country: str
    customer: str
    is_set_aside: bool

    @property
    def uncovered(self) -> int:
        return self.quantity - self.shipped - self.allocated

    @property
    def is_touched(self) -> bool:
        """Anything is promised or shipped, which ties the order to its warehouse."""
        return bool(self.shipped or self.allocated)


def waiting(demands: DemandQuerySet) -> list[Waiting]:
    """These demands, who is served first at the head. One query."""
    return [Waiting._make(row) for row in demands.by_rank().values_list(*Waiting._fields)]


class Terms(NamedTuple):
    """How the units of a product go out: its own settings and its account's."""

    rotation: str
    days_needed: int
    days_by_channel: Mapping[str, int]

    def claim(self, one: Waiting) -> Claim:
        """What the planner is to find units for."""
        days = max(
            one.min_shelf_life_days or 0, self.days_needed, self.days_by_channel.get(one.channel, 0)
        )
        return Claim(
            one.id,
            one.quantity - one.shipped - one.allocated,
            one.lot_id,
            one.single_lot,
            days,
            one.channel,
            one.country,
            one.customer,
            one.is_set_aside,
        )


TERMS = """
SELECT p.id, COALESCE(p.rotation, m.rotation), COALESCE(p.min_shelf_life_days, 0),
    m.picking_disabled_days, m.dtc_min_shelf_life_days, m.b2b_min_shelf_life_days,
    m.fba_min_shelf_life_days
FROM {values}
JOIN inventory_product p ON p.id = v.product_id
JOIN merchants_merchant m ON m.id = p.merchant_id
"""


def terms(product_ids: Collection[int]) -> dict[int, Terms]:
    """The terms of these products. One query."""
    fragment, params = values({"product_id": sorted(product_ids)})
    return {
        pk: Terms(
            rotation,
            max(own_days, days),
            {Channel.DTC.value: dtc, Channel.B2B.value: b2b, Channel.FBA.value: fba},
        )
        for pk, rotation, own_days, days, dtc, b2b, fba in fetch(
            TERMS.format(values=fragment), params
        )
    }


def warehouses() -> dict[int, Warehouse]:
    """Every warehouse, by id. One query."""
    names = ["id", "code", "timezone"]
    rows = fetch(f"SELECT {', '.join(names)} FROM inventory_warehouse", [])
    return {row[0]: Warehouse.from_db(None, names, row) for row in rows}


def effective_minimum(demand: Demand) -> int:
    """Days of shelf life that a lot must have left: the largest of all that apply to the line."""
    return max(
        demand.min_shelf_life_days or 0,
        demand.product.days_needed,
        demand.product.merchant.channel_min_shelf_life_days(demand.channel),
    )


# Where a lot may go, for ``restriction``; null for anywhere.
RESTRICTION_SQL = (
    "NULLIF(lot.only_countries || ',' || lot.never_countries || ',' || lot.only_channels, ',,')"
)
# Unpromised units that only their date or a restriction may keep from shipping.
FREE = f"""
    SELECT b.product_id, b.warehouse_id, b.id, b.lot_id, b.on_hand - b.committed AS free,
        b.expires_on, b.location_id {{place}}
    FROM {{values}}
    JOIN inventory_balance b ON b.product_id = v.product_id
    WHERE NOT b.is_blocked AND b.on_hand > b.committed AND b.location_kind IN {IN_HOUSE_SQL}"""
# Of these the lots that leave first, without those that are too old for any order of the product.
# Of lots that expire on one day it has all or none.
FIRST = """
    SELECT * FROM ({free} AND (b.expires_on IS NULL OR b.expires_on >= v.usable)) ranked
    WHERE place <= first"""
PLACE = """, v.first, RANK() OVER (
        PARTITION BY b.product_id, b.warehouse_id
        ORDER BY b.lot_id IS NULL, b.expires_on IS NULL, b.expires_on) AS place"""
# These, and the promises of set-asides, which are free for whom they are kept. A receipt is read
# as text, which sorts as the time does and costs a twentieth to read.
STOCK = f"""
SELECT b.product_id, b.warehouse_id, b.id, b.lot_id, b.free, b.expires_on,
    CAST(lot.received_at AS text), loc.pick_sequence,
    {RESTRICTION_SQL},
    NULL, NULL, NULL, NULL
FROM ({{free}}) b
JOIN inventory_location loc ON loc.id = b.location_id
LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
UNION ALL
SELECT b.product_id, b.warehouse_id, b.id, b.lot_id, a.quantity, b.expires_on,
    CAST(lot.received_at AS text), loc.pick_sequence,
    {RESTRICTION_SQL},
    a.id, d.id, d.channel, d.customer
FROM {{values}}
JOIN inventory_demand d ON d.product_id = v.product_id AND d.is_set_aside
JOIN inventory_allocation a ON a.demand_id = d.id
JOIN inventory_balance b ON b.id = a.balance_id
JOIN inventory_location loc ON loc.id = b.location_id
LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
WHERE NOT b.is_blocked
"""
FIRST_LOTS, ALL_LOTS = 2, 2**31
Group = tuple[int, int]  # product id, warehouse id


def free_stock(product_ids: Collection[int]) -> dict[Group, list[Stock]]:
    """Units that only their date or a restriction may keep from shipping. One query.

    By (product, warehouse): the unpromised ones, and those that set-asides keep.
    """
    fragment, params = values({"product_id": sorted(product_ids)})
    return _stock(FREE.format(values=fragment, place=""), fragment, [*params, *params])


def first_stock(terms: Mapping[int, Terms], today: date) -> dict[Group, list[Stock]]:
    """As ``free_stock`` of these products, but of those that rotate by expiry only the first lots
    that are good enough for the product on ``today``.

    What is read is what is drawn on, nearly always. One query. A (product, warehouse) with
    FIRST_LOTS balances or more may have others behind them.
    """
    ids = sorted(terms)
    columns: dict[str, list[Any]] = {
        "product_id": ids,
        "first": [FIRST_LOTS if terms[pk].rotation == Rotation.FEFO else ALL_LOTS for pk in ids],
        "usable": [(today + timedelta(terms[pk].days_needed)).isoformat() for pk in ids],
    }
    fragment, params = values(columns, usable="date")
    free = FIRST.format(free=FREE.format(values=fragment, place=PLACE))
    return _stock(free, fragment, [*params, *params])


def _stock(free: str, fragment: str, params: list[Any]) -> dict[Group, list[Stock]]:
    stock: defaultdict[Group, list[Stock]] = defaultdict(list)
    for row in fetch(STOCK.format(free=free, values=fragment), params):
        one = Stock(*row[2:8])
        if row[8] or row[9]:
            one = one._replace(
                restriction=restriction(row[8]) if row[8] else None,
                reserved=Reserved(*row[9:]) if row[9] else None,
            )
        stock[row[:2]].append(one)
    return stock


def restriction_of(lot: Lot | None) -> Restriction | None:
    """Where the units of a lot may go; None for anywhere."""
    codes = (lot.only_countries, lot.never_countries, lot.only_channels) if lot else ()
    return restriction(",".join(codes)) if any(codes) else None


@cache
def restriction(codes: str) -> Restriction:
    """The columns of a lot as the planner reads them; few lots differ."""
    return Restriction(*(frozenset(one.split()) for one in codes.split(",")))


COVERS = """
SELECT d.merchant_id, d.order_number, SUM(d.allocated), SUM(d.quantity - d.shipped - d.allocated)
FROM (
    SELECT DISTINCT one.merchant_id, one.order_number
    FROM {values} JOIN inventory_demand one ON one.id = v.id) o
JOIN inventory_demand d ON d.merchant_id = o.merchant_id AND d.order_number = o.order_number
WHERE d.is_released AND NOT d.is_cancelled AND NOT d.is_set_aside
GROUP BY d.merchant_id, d.order_number ORDER BY d.merchant_id, d.order_number
"""


class Covered(NamedTuple):
    """Promised units of an order and missing ones (released, not covered), over all its lines."""

    merchant_id: int
    order_number: str
    promised: int
    missing: int


def covers(demand_ids: Collection[int]) -> list[Covered]:
    """How far the orders of these demands are covered. One query."""
    fragment, params = values({"id": list(demand_ids)})
    return [Covered._make(row) for row in fetch(COVERS.format(values=fragment), params)]
