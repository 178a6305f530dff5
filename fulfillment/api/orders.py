"""orders/: taken, allocated, shipped, cancelled."""

from __future__ import annotations

from typing import Any

import django_filters

from fulfillment.api.packing import ShortPickSerializer, SwapSerializer, find_of, swap_of
from fulfillment.api.serializers import (
    OrderSerializer,
    ShipSerializer,
    order_answer,
    order_request,
    packed_lines,
)
from fulfillment.models import Order
from fulfillment.queries import facts_of_new, order_facts
from fulfillment.querysets import OrderQuerySet
from fulfillment.services import (
    allocate_order,
    cancel_order,
    create_order,
    open_order,
    ship_order,
    short_pick,
    swap_lot,
)
from fulfillment.status import OrderStatus
from inventory.models import Channel
from merchants.api.filters import DateFilter, StrictFilterSet, TextFilter
from merchants.api.views import CreateMixin, ListMixin, RetrieveMixin, ScopedViewSet, verb


class OrderFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=OrderStatus.choices, method="by_status")
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    reference = TextFilter()
    ship_by = DateFilter(lookup_expr="lte")
    warehouse = TextFilter(method="by_warehouse")
    search = TextFilter(method="by_words")

    def by_status(self, rows: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return rows.with_status().filter(status=value)

    def by_warehouse(self, rows: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return rows.filled_from(value)

    def by_words(self, rows: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return rows.search(value)


class OrderViewSet(ListMixin, RetrieveMixin, CreateMixin, ScopedViewSet):
    """Orders, allocated first expired first when they are made."""

    model = Order
    serializer_class = OrderSerializer
    filterset_class = OrderFilters

    def rows(self, rows: OrderQuerySet) -> OrderQuerySet:
        return rows.select_related("merchant", "warehouse")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Answers are made of all that is derived for the orders, read for the page at once."""
        if args:
            orders = args[0] if kwargs.get("many") else [args[0]]
            answers = [order_answer(one) for one in order_facts(orders, now=self.now)]
            args = (answers if kwargs.get("many") else answers[0], *args[1:])
        return super().get_serializer(*args, **kwargs)

    def answer(self, made: Order) -> Any:
        """An order that was just made is known; what is derived for it is read."""
        if self.action != "create":
            return super().answer(made)
        return OrderSerializer.body_of(order_answer(facts_of_new(made, now=self.now)))

    def make(self, data: dict[str, Any]) -> Order:
        take = create_order if data["allocate"] else open_order
        request = order_request(data, self.merchant)
        return take(request=request, actor=self.actor, now=self.now)

    @verb(staff=True)
    def allocate(self, row: Order, data: dict[str, Any]) -> Order:
        """Promise units to what the order still misses."""
        return allocate_order(order_id=row.pk, actor=self.actor, now=self.now)

    @verb(body=ShipSerializer, staff=True)
    def ship(self, row: Order, data: dict[str, Any]) -> Order:
        """Ship what was packed, by lot; without lines, all that is allocated."""
        ship_order(
            order_id=row.pk,
            tracking_number=data["tracking_number"],
            lines=packed_lines(data),
            actor=self.actor,
            now=self.now,
        )
        return row

    @verb(body=SwapSerializer, staff=True)
    def swap_lot(self, row: Order, data: dict[str, Any]) -> Order:
        """Promise a line units of the lot in hand, instead of the one that is allocated."""
        swap_lot(order_id=row.pk, swap=swap_of(row, data), actor=self.actor, now=self.now)
        return row

    @verb(body=ShortPickSerializer, staff=True)
    def short_pick(self, row: Order, data: dict[str, Any]) -> Order:
        """Report units that were not found; they are put in quarantine, the order gets others."""
        short_pick(order_id=row.pk, find=find_of(row, data), actor=self.actor, now=self.now)
        return row

    @verb()
    def cancel(self, row: Order, data: dict[str, Any]) -> Order:
        """Cancel an order of which nothing is shipped."""
        return cancel_order(order_id=row.pk, actor=self.actor, now=self.now)
