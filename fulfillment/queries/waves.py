"""What a wave would take, what became of its orders, and the walk that picks them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from fulfillment.models import Order, OrderLine, Wave, WaveOrder
from fulfillment.queries.orders import LineFacts, lines_of, promised_lines
from fulfillment.querysets import WaveOrderQuerySet
from fulfillment.requests import WaveRequest
from fulfillment.status import OrderStatus, status_of
from inventory.models import Allocation, Demand


@dataclass(frozen=True, slots=True)
class Choice:
    """What a wave with these filters would take."""

    orders: int
    units: int


def choice(wanted: WaveRequest) -> Choice:
    """How many open orders pass the filters, and their units. One query."""
    chosen = Order.objects.waiting().wanted_by(wanted).order_by()
    found = Demand.objects.filter(order_line__order__in=chosen.values("pk")).aggregate(
        orders=Count("order_line__order", distinct=True), units=Sum("quantity", default=0)
    )
    return Choice(**found)


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a wave's orders so far.

    Every order is covered (all of its units are promised or shipped), short, cancelled, or left:
    not released yet. Units are those of the orders that are not cancelled.
    """

    covered: int = 0
    short: int = 0
    left: int = 0
    cancelled: int = 0
    short_lines: int = 0
    units: int = 0
    allocated: int = 0
    shipped: int = 0

    @property
    def missing(self) -> int:
        """Units that are neither promised nor shipped, also of orders not released yet."""
        return self.units - self.allocated - self.shipped


def wave_results(wave: Wave) -> Results:
    """What became of the wave's orders so far. One query, which grows with the wave."""
    lines = _lines_of(wave).order_by().values("order_id")
    orders = lines.annotate(
        ended=Count("pk", filter=Q(demand__is_cancelled=True)),
        short=Count("pk", filter=Q(demand__is_released=True) & _is_short()),
        waiting=Count("pk", filter=Q(demand__is_released=False)),
        units=Sum("demand__quantity"),
        allocated=Sum("demand__allocated"),
        shipped=Sum("demand__shipped"),
    )
    alive = Q(ended=0)
    found = orders.aggregate(
        covered=Count("order_id", filter=alive & Q(short=0, waiting=0)),
        short_orders=Count("order_id", filter=alive & Q(short__gt=0)),
        left=Count("order_id", filter=alive & Q(waiting__gt=0)),
        cancelled=Count("order_id", filter=Q(ended__gt=0)),
        short_lines=Sum("short", filter=alive, default=0),
        all_units=Sum("units", filter=alive, default=0),
        all_allocated=Sum("allocated", filter=alive, default=0),
        all_shipped=Sum("shipped", filter=alive, default=0),
    )
    return Results(
        covered=found["covered"],
        short=found["short_orders"],
        left=found["left"],
        cancelled=found["cancelled"],
        short_lines=found["short_lines"],
        units=found["all_units"],
        allocated=found["all_allocated"],
        shipped=found["all_shipped"],
    )


def _lines_of(wave: Wave) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order__wave_orders__wave=wave)


def _is_short() -> Q:
    return Q(demand__quantity__gt=F("demand__shipped") + F("demand__allocated"))


def short_lines(wave: Wave) -> QuerySet[OrderLine]:
    """The wave's released lines that miss units, first those who are served first."""
    rows = _lines_of(wave).filter(_is_short(), demand__is_released=True, demand__is_cancelled=False)
    return rows.order_by("order__wave_orders__position", "position")


@dataclass(frozen=True, slots=True)
class WaveOrderFacts:
    """An order at its place in a wave, with its lines."""

    position: int
    order: Order
    lines: list[LineFacts]

    @property
    def status(self) -> OrderStatus:
        return status_of(line.demand for line in self.lines)


def waves_of(order: Order) -> QuerySet[WaveOrder]:
    """The order's places in waves, the latest first, with their waves. One query."""
    return order.wave_orders.select_related("wave").order_by("-id")


def places_of(wave: Wave) -> WaveOrderQuerySet:
    """The wave's orders by their place, with order and merchant; slice it. One query."""
    rows: WaveOrderQuerySet = WaveOrder.objects.filter(wave=wave)
    return rows.select_related("order__merchant").order_by("position")


def wave_orders(places: Iterable[WaveOrder]) -> list[WaveOrderFacts]:
    """These orders and what their lines were promised. Two queries for any number."""
    asked = list(places)
    ids = [place.order_id for place in asked]
    rows = OrderLine.objects.filter(order__in=ids).order_by("order_id", "position")
    lines: dict[int, list[LineFacts]] = defaultdict(list)
    for one in promised_lines(rows):
        lines[one.line.order_id].append(one)
    return [WaveOrderFacts(one.position, one.order, lines[one.order_id]) for one in asked]


def wave_orders_explained(places: Iterable[WaveOrder], *, now: datetime) -> list[WaveOrderFacts]:
    """These orders with what passed their lines over, too. Five queries for any number."""
    asked = list(places)
    lines = lines_of([place.order_id for place in asked], now=now)
    return [WaveOrderFacts(one.position, one.order, lines[one.order_id]) for one in asked]


@dataclass(frozen=True, slots=True)
class PickStop:
    """Units of one balance to take on the walk, all orders of the wave together."""

    balance_id: int
    warehouse: str
    location: str
    merchant: str
    sku: str
    name: str
    lot_number: str | None
    expires_on: date | None
    units: int
    orders: int


def pick_list(wave: Wave, *, start: int = 0, stop: int | None = None) -> list[PickStop]:
    """What is promised to the wave's orders, by bin, in walking order; one query.

    By warehouse, pick sequence, bin; within a bin by product, then first expired first. What has
    been shipped is no longer on it. From place ``start`` (the first is 0) up to before ``stop``.
    """
    promised = Allocation.objects.filter(demand__order_line__order__wave_orders__wave=wave)
    columns = (
        "balance_id",
        "balance__warehouse__code",
        "balance__location__name",
        "balance__merchant__code",
        "balance__product__sku",
        "balance__product__name",
        "balance__lot__number",
        "balance__expires_on",
    )
    orders = Count("demand__order_line__order", distinct=True)
    rows = promised.values(*columns).annotate(units=Sum("quantity"), orders=orders)
    rows = rows.values_list(*columns, "units", "orders").order_by(
        "balance__warehouse__code",
        "balance__location__pick_sequence",
        "balance__location__name",
        "balance__merchant__code",
        "balance__product__sku",
        F("balance__expires_on").asc(nulls_last=True),
        "balance__lot__number",
        "balance_id",
    )
    return [PickStop(*row) for row in rows[start:stop]]


@dataclass(frozen=True, slots=True)
class Share:
    """Units of a stop that are for one order."""

    order: str
    units: int


def shares(wave: Wave, stops: Sequence[PickStop]) -> dict[int, list[Share]]:
    """For which orders the units of these stops are, by balance id, by place in the wave.

    One query.
    """
    rows = Allocation.objects.filter(
        balance__in=[stop.balance_id for stop in stops],
        demand__order_line__order__wave_orders__wave=wave,
    )
    order, place = "demand__order_line__order", "demand__order_line__order__wave_orders__position"
    found: dict[int, list[Share]] = defaultdict(list)
    columns = ("balance_id", "demand__order_number", "quantity")
    for balance_id, number, units in rows.order_by(place, order, "id").values_list(*columns):
        found[balance_id].append(Share(number, units))
    return found
