"""What stands behind an order: what is promised to each line, what passed it over, what left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from fulfillment.models import LotSwap, Order, OrderLine, Shipment
from fulfillment.querysets import OrderQuerySet
from fulfillment.status import OrderStatus, status_of
from inventory.models import Allocation, Demand, Movement, Product, Warehouse
from inventory.queries.skipped import skipped_lots
from inventory.rotation import Stock, rank
from inventory.skips import Skip
from merchants.columns import among
from merchants.compiled import Compiled, ids


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line with all that is derived for it. Allocations stand in rotation order, swaps by age."""

    line: OrderLine
    allocations: list[Allocation]
    skipped: list[Skip] = field(default_factory=list)
    swaps: list[LotSwap] = field(default_factory=list)

    @property
    def demand(self) -> Demand:
        return self.line.demand

    @property
    def product(self) -> Product:
        return self.line.demand.product


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """A shipment with the movements of its units, in their order."""

    shipment: Shipment
    movements: list[Movement]


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order with its lines and shipments."""

    order: Order
    lines: list[LineFacts]
    shipments: list[ShipmentFacts]

    @property
    def status(self) -> OrderStatus:
        return status_of(line.demand for line in self.lines)

    @property
    def is_allocatable(self) -> bool:
        """Units may still be promised to it."""
        return self.status in (OrderStatus.OPEN, OrderStatus.BACKORDERED)

    @property
    def is_shippable(self) -> bool:
        return any(line.allocations for line in self.lines)

    @property
    def is_cancellable(self) -> bool:
        """Nothing of it has left, and it was not cancelled before."""
        return not any(line.demand.shipped or line.demand.is_cancelled for line in self.lines)

    @property
    def promised(self) -> int:
        return sum(line.demand.allocated for line in self.lines)

    @property
    def backordered(self) -> int:
        return sum(line.demand.backordered for line in self.lines)

    @property
    def warehouse(self) -> Warehouse | None:
        """The one that the order names, else the one that was chosen for it."""
        return self.order.warehouse or self.lines[0].demand.warehouse


def order_facts(orders: Sequence[Order], *, now: datetime) -> list[OrderFacts]:
    """All that is shown of these orders, in their order. Eight queries at most for any number."""
    lines = lines_of([order.pk for order in orders], now=now)
    shipments = shipments_of(
        [pk for pk, facts in lines.items() if any(one.demand.shipped for one in facts)]
    )
    return [OrderFacts(order, lines[order.pk], shipments[order.pk]) for order in orders]


def facts_of_new(order: Order, *, now: datetime) -> OrderFacts:
    """All that is shown of an order just taken: nothing left for it, and no lot was swapped.

    Five queries.
    """
    return OrderFacts(order, _read_lines([order.pk], now=now), [])


def lines_of(order_ids: Collection[int], *, now: datetime) -> dict[int, list[LineFacts]]:
    """The lines of these orders by order id, in their order. Six queries for any number."""
    facts: dict[int, list[LineFacts]] = defaultdict(list)
    swaps = swaps_of(order_ids)
    for one in _read_lines(order_ids, now=now):
        facts[one.line.order_id].append(replace(one, swaps=swaps[one.line.pk]))
    return facts


def _read_lines(order_ids: Collection[int], *, now: datetime) -> list[LineFacts]:
    lines = list(_lines_of().models({ids(()): ids(order_ids)}))
    return _explained(_promised(lines), now=now)


def line_facts(rows: QuerySet[OrderLine], *, now: datetime) -> list[LineFacts]:
    """These lines with all that is derived for them, in their order. Five queries at most."""
    return _explained(promised_lines(rows), now=now)


def promised_lines(rows: QuerySet[OrderLine]) -> list[LineFacts]:
    """These lines with their promises, in their order; what passed them over is not asked for.

    Two queries at most.
    """
    return _promised(list(_loaded(rows)))


def _explained(facts: list[LineFacts], *, now: datetime) -> list[LineFacts]:
    skipped = skipped_lots([one.demand for one in facts], now=now)
    return [LineFacts(one.line, one.allocations, skipped[one.line.demand_id]) for one in facts]


def _promised(lines: list[OrderLine]) -> list[LineFacts]:
    allocations = allocations_of([line.demand for line in lines if line.demand.allocated])
    return [LineFacts(line, allocations.get(line.demand_id, [])) for line in lines]


def _loaded(rows: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    loaded = rows.select_related("demand__product__merchant", "demand__lot", "demand__warehouse")
    return loaded.defer(*NOT_READ_OF_LINES)


@cache
def _lines_of() -> Compiled:
    """The lines of orders, asked for in every answer that shows one."""
    rows = OrderLine.objects.filter(order__in=among(()))
    return Compiled(_loaded(rows.order_by("order_id", "position")))


# What nobody asks of the product and the lot of a line: half of their columns.
NOT_READ_OF_LINES = [
    f"demand__product__{name}"
    for name in (
        *("barcode", "length_in", "width_in", "height_in", "weight_oz", "created_at"),
        *("return_action", "return_backup_action", "rts_action", "rts_backup_action"),
        "return_instructions",
    )
] + [
    f"demand__lot__{name}"
    for name in ("supplier_number", "manufactured_on", "date_kind", "created_at", "number_key")
]
# And of the lot and the location of a promise.
NOT_READ_OF_PROMISES = [
    *("balance__lot__supplier_number", "balance__lot__manufactured_on", "balance__lot__date_kind"),
    *("balance__lot__created_at", "balance__lot__number_key", "balance__location__kind"),
    *("balance__location__sellable", "balance__location__pickable", "balance__location__mixed"),
]


def allocations_of(demands: Iterable[Demand]) -> dict[int, list[Allocation]]:
    """The promises to these demands by demand id, in rotation order. One query at most.

    The demands come with product and merchant loaded, the promises with balance, lot and location.
    """
    promised: dict[int, list[Allocation]] = defaultdict(list)
    by_id = {demand.pk: demand for demand in demands}
    if not by_id:
        return promised
    for one in _allocations_of().models({ids(()): ids(by_id)}):
        one.demand = by_id[one.demand_id]
        promised[one.demand_id].append(one)
    for group in promised.values():
        group.sort(key=_in_rotation)
    return promised


@cache
def _allocations_of() -> Compiled:
    rows = Allocation.objects.filter(demand__in=among(())).order_by()
    rows = rows.select_related("balance__lot", "balance__location")
    return Compiled(rows.defer(*NOT_READ_OF_PROMISES))


def _in_rotation(one: Allocation) -> tuple[Any, ...]:
    balance, product = one.balance, one.demand.product
    stock = Stock(
        balance_id=balance.pk,
        lot_id=balance.lot_id,
        free=0,
        expires_on=balance.expires_on,
        received_at=balance.lot.received_at if balance.lot else None,
    )
    rotation = product.rotation or product.merchant.rotation
    return (*rank(stock, rotation), balance.location.pick_sequence, one.pk)


def swaps_of(order_ids: Collection[int]) -> dict[int, list[LotSwap]]:
    """The swaps of these orders by line id, oldest first, with lots and who swapped. One query."""
    swaps: dict[int, list[LotSwap]] = defaultdict(list)
    rows = LotSwap.objects.filter(line__order__in=order_ids).order_by("id")
    for one in rows.select_related("source", "target", "swapped_by"):
        swaps[one.line_id].append(one)
    return swaps


def shipments_of(order_ids: Collection[int]) -> dict[int, list[ShipmentFacts]]:
    """What left for these orders, by order id, oldest first. Two queries at most.

    The movements come with product, lot and location loaded.
    """
    shipments: dict[int, list[ShipmentFacts]] = defaultdict(list)
    if not order_ids:
        return shipments
    units: dict[int, list[Movement]] = defaultdict(list)
    movements = Movement.objects.filter(posting__shipment__order__in=order_ids)
    for one in movements.select_related("product", "source__lot", "source__location").order_by(
        "id"
    ):
        units[one.posting_id].append(one)
    for shipment in Shipment.objects.filter(order__in=order_ids).order_by("id"):
        facts = ShipmentFacts(shipment, units[shipment.posting_id])
        shipments[shipment.order_id].append(facts)
    return shipments


def for_list(rows: OrderQuerySet) -> OrderQuerySet:
    """Orders with status, units and the code of the warehouse they are filled from. One query."""
    demands = Demand.objects.filter(order_line__order=OuterRef("pk")).order_by()
    units = demands.values("order_line__order").annotate(sum=Sum("quantity")).values("sum")
    return (
        rows.with_status()
        .annotate(
            units=Subquery(units),
            filled_from=Subquery(demands.values("warehouse__code")[:1]),
        )
        .select_related("merchant")
    )
