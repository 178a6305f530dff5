"""Reads over several tables. Each says the shape of its rows and its number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.models import Lot, Product, Supply, Warehouse, lot_key
from inventory.queries.search import of_products
from merchants.querysets import newest
from receiving.models import WRO, Box, CheckInRule, Discrepancy, Line, LotLine
from receiving.querysets import NUMBER, DeliveryQuerySet, WROQuerySet
from receiving.shelf_life import CheckIn
from receiving.sorting import Expected, LotKey


class AtDock(NamedTuple):
    """Units of an announced lot that wait at the dock for one WRO."""

    supply_id: int
    lot_id: int | None
    units: int


def expected_lots(wro: WRO) -> dict[LotKey, Expected]:
    """What a submitted WRO announces and how far it is received, by product and lot. One query."""
    rows = supplies_of(wro).select_related("lot", "product__merchant")
    return {
        (row.product_id, row.lot_id): Expected(
            supply_id=row.pk,
            product_id=row.product_id,
            lot_id=row.lot_id,
            expected=row.expected,
            received=row.received,
            lot_number=row.lot.number if row.lot else "",
            expires_on=row.lot.expires_on if row.lot else None,
            min_shelf_life_days=row.product.days_needed,
            manufactured_on=row.lot.manufactured_on if row.lot else None,
        )
        for row in rows
    }


def with_rules(expected: dict[LotKey, Expected], merchant_id: int) -> dict[LotKey, Expected]:
    """The same with the check-in rules of their products. One query.

    A product's own rule for a channel stands for the merchant's for that channel.
    """
    rules: dict[tuple[int | None, str], CheckIn] = {}
    mine = Q(product=None) | Q(product__in={product_id for product_id, _ in expected})
    for one in CheckInRule.objects.filter(mine, merchant_id=merchant_id).order_by("id"):
        channel = one.get_channel_display() if one.channel else ""
        rules[one.product_id, one.channel] = CheckIn(channel, one.min_days, one.min_percent)
    if not rules:
        return expected
    channels = sorted({channel for _, channel in rules})

    def of(product_id: int) -> tuple[CheckIn, ...]:
        own = (rules.get((product_id, name), rules.get((None, name))) for name in channels)
        return tuple(rule for rule in own if rule)

    return {
        (product_id, lot_id): replace(one, check_in=of(product_id))
        for (product_id, lot_id), one in expected.items()
    }


def at_dock(wro: WRO) -> dict[LotKey, AtDock]:
    """Received units of a WRO that are not yet stowed, by product and lot. One query."""
    rows = supplies_of(wro).filter(received__gt=F("stowed"))
    return {
        (row.product_id, row.lot_id): AtDock(row.pk, row.lot_id, row.received - row.stowed)
        for row in rows
    }


def receipts_of(wro: WRO) -> str:
    """Another text whenever units of a WRO were received, as announced or not. Two queries."""
    came = supplies_of(wro).order_by().aggregate(units=Sum("received", default=0))["units"]
    return f"{came}-{wro.discrepancies.count()}"


def supplies_of(wro: WRO) -> QuerySet[Supply]:
    """The supplies of a submitted WRO, in its order."""
    return Supply.objects.filter(merchant_id=wro.merchant_id, wro_number=wro.number).order_by("id")


def ways_to_wro(words: str) -> list[Q]:
    """In which ways the search box of the list finds a WRO: by its number, by how reference,
    purchase-order, tracking or lot number begin, by product, and of the newest by any part of the
    reference.
    """
    supplied = Lot.objects.filter(supplier_number__istartswith=words).order_by()
    lots = LotLine.objects.order_by()
    ways = [
        Q(reference__istartswith=words),
        Q(purchase_order_number__istartswith=words),
        newest(WRO) & Q(reference__icontains=words),
        of_products(Line.objects.all(), "wro", words),
        Q(pk__in=Box.objects.filter(tracking_number__istartswith=words).order_by().values("wro")),
        Q(pk__in=lots.filter(number_key__istartswith=lot_key(words)).values("line__wro")),
        Q(pk__in=lots.filter(lot__in=supplied).values("line__wro")),
    ]
    if number := NUMBER.fullmatch(words):
        ways.append(Q(pk=int(number[1])))
    return ways


def late(now: datetime) -> Q:
    """Which WROs should have come by now: expected before today where they go. One query."""
    warehouses: defaultdict[date, list[int]] = defaultdict(list)
    for warehouse in Warehouse.objects.all():
        warehouses[warehouse.today(now)].append(warehouse.pk)
    expected = Q(pk__in=[])
    for today, ids in warehouses.items():
        expected |= Q(warehouse__in=ids, expected_arrival_on__lt=today)
    return Q(expected, status=WRO.Status.AWAITING)


def is_late(wro: WRO, now: datetime) -> bool:
    """Whether this one should have come by now."""
    expected = wro.expected_arrival_on if wro.status == WRO.Status.AWAITING else None
    return expected is not None and expected < wro.warehouse.today(now)


def with_units(wros: WROQuerySet) -> WROQuerySet:
    """WROs annotated with their units: `expected`, `received`, `stowed`; and `open_findings`."""
    by_line = Supply.objects.filter(wro_line__wro=OuterRef("pk"))
    by_lot = Supply.objects.filter(wro_lot_line__line__wro=OuterRef("pk"))
    lines = Line.objects.filter(wro=OuterRef("pk"))
    findings = Discrepancy.objects.open().filter(wro=OuterRef("pk"))
    count = findings.order_by().values("wro").annotate(total=Count("pk"))
    return wros.annotate(
        expected=_total(lines, "quantity"),
        received=_total(by_line, "received") + _total(by_lot, "received"),
        stowed=_total(by_line, "stowed") + _total(by_lot, "stowed"),
        open_findings=Coalesce(Subquery(count.values("total")), 0),
    )


def with_open_discrepancies(deliveries: DeliveryQuerySet) -> DeliveryQuerySet:
    """Deliveries annotated with how many of their discrepancies are open: `open_discrepancies`."""
    rows = Discrepancy.objects.open().filter(delivery=OuterRef("pk"))
    count = rows.order_by().values("delivery").annotate(total=Count("pk"))
    return deliveries.annotate(open_discrepancies=Coalesce(Subquery(count.values("total")), 0))


def has_findings() -> Exists:
    """Whether any discrepancy of a WRO is open."""
    return Exists(Discrepancy.objects.open().filter(wro=OuterRef("pk")))


def _total(rows: QuerySet[Any], field: str) -> Coalesce:
    """The sum of a field over all rows, of which each belongs to one outer row."""
    alike = rows.order_by().annotate(group=Value(1)).values("group")
    return Coalesce(Subquery(alike.annotate(total=Sum(field)).values("total")), 0)


@dataclass(frozen=True, slots=True)
class Row:
    """What one product and lot of a WRO announces, and how far it came."""

    product: Product
    lot: Lot | None
    number: str
    expires_on: date | None
    days_remaining: int | None
    supply_id: int | None
    expected: int
    received: int = 0
    stowed: int = 0

    @property
    def at_dock(self) -> int:
        return self.received - self.stowed

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.received)

    @property
    def surplus(self) -> int:
        return max(0, self.received - self.expected)


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over the rows of a WRO."""

    expected: int
    received: int
    stowed: int
    at_dock: int
    missing: int


def rows_of(wro: WRO, now: datetime) -> list[Row]:
    """A row for each lot of a WRO (for a line without lots, the line), in its order.

    Three queries. Days remaining are counted on the warehouse's day.
    """
    today = wro.warehouse.today(now)
    lines = wro.lines.select_related("product__merchant", "supply")
    rows: list[Row] = []
    for line in lines.prefetch_related("lots__supply", "lots__lot"):
        lots = list(line.lots.all())
        rows.extend(_row(line.product, one, today) for one in lots)
        if not lots:
            rows.append(_row(line.product, line, today))
    return rows


def totals_of(rows: Iterable[Row]) -> Totals:
    rows = list(rows)
    return Totals(
        expected=sum(row.expected for row in rows),
        received=sum(row.received for row in rows),
        stowed=sum(row.stowed for row in rows),
        at_dock=sum(row.at_dock for row in rows),
        missing=sum(row.missing for row in rows),
    )


def _row(product: Product, one: Line | LotLine, today: date) -> Row:
    lot = one.lot if isinstance(one, LotLine) else None
    announced = one.expires_on if isinstance(one, LotLine) else None
    expires_on = lot.expires_on if lot else announced
    return Row(
        product=product,
        lot=lot,
        number=one.number if isinstance(one, LotLine) else "",
        expires_on=expires_on,
        days_remaining=None if expires_on is None else (expires_on - today).days,
        supply_id=one.supply_id,
        expected=one.quantity,
        received=one.supply.received if one.supply else 0,
        stowed=one.supply.stowed if one.supply else 0,
    )
