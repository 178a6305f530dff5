"""Which products the inventory status shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from inventory.availability import Todays
from inventory.models import Balance, Demand, Supply
from inventory.queries.status import (
    BACKORDERED,
    IN_HOUSE,
    INCOMING,
    QUANTITIES,
    STOCK_SUMS,
    stock,
)
from inventory.querysets import ProductQuerySet

COLUMNS = {"sku": "sku", "name": "name", "merchant": "merchant__code"}
SORT_KEYS = (*COLUMNS, *QUANTITIES)
MOST_SORTED = 10_000  # products that are sorted by a quantity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked the status page for; ``warehouse_id`` narrows the figures too."""

    search: str = ""
    merchant_id: int | None = None
    warehouse_id: int | None = None
    is_lot_product: bool | None = None
    has_exception: bool = False
    expiring_within: int | None = None


def products(rows: ProductQuerySet, wanted: Wanted, todays: Todays) -> ProductQuerySet:
    """Those of the products that are wanted. Only has_exception and expiring_within cost more
    than a look at the products: they look at the balances, in the named warehouse or in all."""
    if wanted.search:
        rows = rows.search(wanted.search)
    if wanted.merchant_id is not None:
        rows = rows.for_merchant(wanted.merchant_id)
    if wanted.is_lot_product is not None:
        rows = rows.filter(is_lot_product=wanted.is_lot_product)
    if wanted.warehouse_id is not None:
        rows = rows.filter(_has_to_do_with(wanted.warehouse_id))
    if wanted.has_exception:
        held = stock(todays).filter(IN_HOUSE, may_ship=False, on_hand__gt=F("committed"))
        rows = rows.filter(_of_the_product(_at(held, wanted.warehouse_id)))
    if wanted.expiring_within is not None:
        expiring = _expiring(todays, wanted.expiring_within)
        rows = rows.filter(_of_the_product(_at(expiring, wanted.warehouse_id)))
    return rows


def _of_the_product(rows: Any) -> Exists:
    """Whether any of these rows is of the product of the outer query. Products are looked at in
    the order of the page, and no more of them than it takes to fill the pages."""
    return Exists(rows.filter(product_id=OuterRef("pk")).order_by())


def may_be_sorted(rows: ProductQuerySet, key: str) -> bool:
    """Whether they are few enough to be sorted by this: a quantity is added up for each of them.

    One query where it is a quantity.
    """
    return key not in QUANTITIES or not rows.order_by()[MOST_SORTED : MOST_SORTED + 1].exists()


def in_order(
    rows: ProductQuerySet,
    key: str,
    *,
    descending: bool,
    todays: Todays,
    warehouse_id: int | None = None,
) -> ProductQuerySet:
    """Sorted by one of ``SORT_KEYS``, ties by SKU. By a quantity it adds up all the products: see
    ``may_be_sorted``."""
    if key in QUANTITIES:
        rows = rows.annotate(sort_key=_quantity(key, todays, warehouse_id))
        order = F("sort_key")
    else:
        order = F(COLUMNS[key])
    return rows.order_by(order.desc() if descending else order.asc(), "sku", "id")


def _quantity(name: str, todays: Todays, warehouse_id: int | None) -> Coalesce:
    """One figure of the product of the outer query."""
    if name in STOCK_SUMS:
        rows, expression = stock(todays), STOCK_SUMS[name]
    elif name == "incoming":
        rows, expression = Supply.objects.open(), INCOMING
    else:
        rows, expression = Demand.objects.of_orders().backordered(), BACKORDERED
    rows = _at(rows, warehouse_id).filter(product_id=OuterRef("pk")).order_by()
    summed = rows.values("product_id").annotate(units=expression).values("units")
    return Coalesce(Subquery(summed), 0)


def _at(rows: Any, warehouse_id: int | None) -> Any:
    return rows if warehouse_id is None else rows.filter(warehouse_id=warehouse_id)


def _has_to_do_with(warehouse_id: int) -> Q:
    """The warehouse carries the product, or owes units of it."""
    owing = (
        Balance.objects.all(),
        Supply.objects.all(),
        Demand.objects.of_orders().backordered(),
    )
    found = (_of_the_product(rows.filter(warehouse_id=warehouse_id)) for rows in owing)
    return reduce(or_, found, Q())


def _expiring(todays: Todays, days: int) -> Any:
    """Units in the house whose last good day is today or within so many days."""
    until = Todays({pk: day + timedelta(days=days) for pk, day in todays.dates.items()})
    return Balance.objects.in_house().filter(
        on_hand__gt=0,
        expires_on__gte=todays.expression(),
        expires_on__lte=until.expression(),
    )
