"""Chainable filters of orders. An order's status is never stored: it is read off its demands."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from fulfillment.status import OrderStatus
from inventory.models import Demand
from merchants.querysets import ScopedQuerySet


class OrderQuerySet(ScopedQuerySet):
    def with_status(self) -> Self:
        """Every order with its ``status``, the same as ``fulfillment.status.status_of``."""
        return self.annotate(status=_status())

    def filled_from(self, warehouse_code: str) -> Self:
        """Orders that name this warehouse or for which it was chosen."""
        return self.filter(_any(warehouse__code=warehouse_code))

    def search(self, words: str) -> Self:
        """Orders whose number, reference or recipient contains ``words``."""
        match = Q(reference__icontains=words) | Q(ship_to__name__icontains=words)
        digits = words.upper().removeprefix("ORD-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            match |= Q(pk=int(digits))
        return self.filter(match)


def _status() -> Case:
    return Case(
        When(_any(is_cancelled=True), then=Value(OrderStatus.CANCELLED)),
        When(~_any(quantity__gt=F("shipped")), then=Value(OrderStatus.SHIPPED)),
        When(_any(is_released=False), then=Value(OrderStatus.OPEN)),
        When(
            _any(quantity__gt=F("shipped") + F("allocated")),
            then=Value(OrderStatus.BACKORDERED),
        ),
        default=Value(OrderStatus.ALLOCATED),
    )


def _any(**conditions: Any) -> Exists:
    """Whether any demand of the order is so."""
    return Exists(Demand.objects.filter(order_line__order=OuterRef("pk"), **conditions))
