"""Inventory status: how many units of a product, or of each of its lots, are what.

Always ``on_hand = fulfillable + committed + exception``, and a product's figures are the sum of
its lots' and its units' without a lot. Two rules for the reader: aggregate only the products of
the page, and explain (join for the reasons) only where there are exceptions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, Case, F, Q, Sum, Value, When
from django.db.models.functions import Greatest

from inventory.availability import Reason, Todays, allocatable_until, is_allocatable, reason
from inventory.kinds import ON_HAND, VIRTUAL, LocationKind
from inventory.models import Balance, Demand, Lot, Supply
from merchants.columns import among
from merchants.compiled import Compiled, ids
from merchants.querysets import ScopedQuerySet

QUANTITIES = (
    "incoming",
    "on_hand",
    "committed",
    "fulfillable",
    "exception",
    "backordered",
    "in_transit",
)
IN_HOUSE = Q(location_kind__in=ON_HAND)
UNPROMISED = F("on_hand") - F("committed")
Key = tuple[int | None, ...]


@dataclass(slots=True)
class Figures:
    """The quantities of PRODUCT.md, in units; ``reasons`` says why ``exception`` units may not
    ship (they sum to it), in the order of ``Reason``."""

    incoming: int = 0
    on_hand: int = 0
    committed: int = 0
    fulfillable: int = 0
    exception: int = 0
    backordered: int = 0
    in_transit: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is any quantity at all."""
        return any(getattr(self, name) for name in QUANTITIES)

    @property
    def in_words(self) -> list[tuple[str, int]]:
        """The reasons as people read them: ("In quarantine", 4) …"""
        return [(str(Reason(name).label), units) for name, units in self.reasons.items()]


@dataclass(frozen=True, slots=True)
class LotRow:
    """The figures of one lot of a product; of its units without a lot where ``lot`` is None."""

    lot: Lot | None
    days_remaining: int | None
    figures: Figures


def inventory_by_product(
    product_ids: Collection[int], *, todays: Todays, warehouse_id: int | None = None
) -> dict[int, Figures]:
    """The figures of each of these products, in one warehouse or in all.

    Every id is in the answer; a product without any stock has zeros. At most four queries.
    """
    found = _figures(("product_id",), product_ids, todays, warehouse_id)
    return {product_id: found.get((product_id,)) or Figures() for product_id in product_ids}


def inventory_by_lot(
    product_id: int, *, todays: Todays, now: datetime, warehouse_id: int | None = None
) -> list[LotRow]:
    """A row for each lot of the product with any quantity, first expired first.

    Units without a lot come last. Days remaining are counted from the local date of the warehouse,
    or where none is named from the latest local date among those that hold the lot. At most
    six queries.
    """
    found = _figures(("lot_id",), [product_id], todays, warehouse_id)
    ids = [lot_id for (lot_id,), figures in found.items() if figures and lot_id is not None]
    lots = list(Lot.objects.filter(pk__in=ids).first_expired_first())
    today = _dates(ids, todays, now, warehouse_id)
    rows = [LotRow(lot, lot.days_remaining(today[lot.pk]), found[lot.pk,]) for lot in lots]
    if unmarked := found.get((None,)):
        rows.append(LotRow(None, None, unmarked))
    return rows


def total(rows: Iterable[LotRow]) -> Figures:
    """The sum of the rows: equal to the product's figures."""
    result = Figures()
    for row in rows:
        for name in QUANTITIES:
            setattr(result, name, getattr(result, name) + getattr(row.figures, name))
        for name, units in row.figures.reasons.items():
            result.reasons[name] = result.reasons.get(name, 0) + units
    result.reasons = _in_order(result.reasons)
    return result


# What each figure is ------------------------------------------------------------------------------


def stock(todays: Todays) -> ScopedQuerySet:
    """Balances with units in the house or under way to it, with what decides on each."""
    may_ship = Case(
        When(is_allocatable(todays), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    return (
        Balance.objects.filter(location_kind__in=[*ON_HAND, LocationKind.IN_TRANSIT])
        .exclude(on_hand=0)
        .annotate(allocatable_until=allocatable_until())
        .annotate(may_ship=may_ship)
        .order_by()
    )


STOCK_SUMS: Mapping[str, Sum] = {
    "on_hand": Sum("on_hand", filter=IN_HOUSE, default=0),
    "committed": Sum("committed", filter=IN_HOUSE, default=0),
    "fulfillable": Sum(UNPROMISED, filter=IN_HOUSE & Q(may_ship=True), default=0),
    "exception": Sum(UNPROMISED, filter=IN_HOUSE & Q(may_ship=False), default=0),
    "in_transit": Sum("on_hand", filter=Q(location_kind=LocationKind.IN_TRANSIT), default=0),
}
INCOMING = Sum(Greatest("expected", "received") - F("stowed"))
BACKORDERED = Sum(F("quantity") - F("shipped") - F("allocated"))


class _Statements(NamedTuple):
    """What is asked for the figures; the groups of a row are its first columns."""

    stock: Compiled
    incoming: Compiled
    backordered: Compiled
    reasons: Compiled


@lru_cache(maxsize=64)
def _statements(
    by: tuple[str, ...], *, in_warehouse: bool, same_date: tuple[tuple[int, ...], ...]
) -> _Statements:
    """Grouped by these columns; ``same_date`` are the warehouses that have the same date."""
    todays = Todays({pk: DATES[place] for place, ids in enumerate(same_date) for pk in ids})

    def of(rows: ScopedQuerySet) -> ScopedQuerySet:
        rows = rows.filter(product_id__in=among(())).order_by()
        return rows.filter(warehouse_id=WAREHOUSE) if in_warehouse else rows

    def sums(rows: ScopedQuerySet, *groups: str, **expressions: Sum) -> Compiled:
        return Compiled(
            rows.values(*groups).annotate(**expressions).values_list(*groups, *expressions)
        )

    units = of(stock(todays))
    held = units.filter(IN_HOUSE, may_ship=False, on_hand__gt=F("committed"))
    held = held.annotate(reason=reason(todays))
    return _Statements(
        sums(units, *by, **{f"units_{name}": one for name, one in STOCK_SUMS.items()}),
        sums(of(Supply.objects.open()), *by, units=INCOMING),
        sums(of(Demand.objects.of_orders().backordered()), *by, units=BACKORDERED),
        sums(held, *by, "reason", units=Sum(UNPROMISED)),
    )


# What stands in the statements for the dates, the warehouse and the products that are asked for.
DATES = [date(1, month, day) for month in range(1, 13) for day in range(1, 29)]
WAREHOUSE = -1


def _figures(
    by: tuple[str, ...], product_ids: Collection[int], todays: Todays, warehouse_id: int | None
) -> dict[Key, Figures]:
    found: defaultdict[Key, Figures] = defaultdict(Figures)
    groups = todays.same_date()
    asked = _statements(by, in_warehouse=warehouse_id is not None, same_date=tuple(groups.values()))
    given = {WAREHOUSE: warehouse_id, ids(()): ids(product_ids)}
    given |= {_day(DATES[place]): _day(day) for place, day in enumerate(groups)}
    width = len(by)
    for row in asked.stock.rows(given):
        figures = found[row[:width]]
        (
            figures.on_hand,
            figures.committed,
            figures.fulfillable,
            figures.exception,
            figures.in_transit,
        ) = map(int, row[width:])
    for *key, units in asked.incoming.rows(given):
        found[tuple(key)].incoming = int(units)
    for *key, units in asked.backordered.rows(given):
        found[tuple(key)].backordered = int(units)
    if any(figures.exception for figures in found.values()):
        for *key, name, units in asked.reasons.rows(given):
            found[tuple(key)].reasons[name] = int(units)
        for figures in found.values():
            if len(figures.reasons) > 1:
                figures.reasons = _in_order(figures.reasons)
    return found


def _day(day: date) -> Any:
    return connection.ops.adapt_datefield_value(day)


def _in_order(reasons: dict[str, int]) -> dict[str, int]:
    return {one.value: reasons[one.value] for one in Reason if one.value in reasons}


def _dates(
    lot_ids: Collection[int], todays: Todays, now: datetime, warehouse_id: int | None
) -> dict[int, date]:
    """The date from which each lot's remaining days are counted."""
    if warehouse_id is not None:
        return dict.fromkeys(lot_ids, todays.at(warehouse_id))
    holders: defaultdict[int, set[int]] = defaultdict(set)
    rows = Balance.objects.filter(lot_id__in=lot_ids, on_hand__gt=0).exclude(
        location_kind__in=VIRTUAL
    )
    for lot_id, holder in rows.order_by().values_list("lot_id", "warehouse_id").distinct():
        holders[lot_id].add(holder)
    return {lot_id: todays.latest(holders[lot_id], default=now.date()) for lot_id in lot_ids}
