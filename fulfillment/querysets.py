"""Chainable filters of orders and waves.

An order's status is never stored: it is read off its demands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from fulfillment.status import OrderStatus
from inventory.models import Demand, Warehouse
from merchants.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from fulfillment.requests import WaveRequest
    from merchants.models import User


class OrderQuerySet(ScopedQuerySet):
    def with_status(self) -> Self:
        """Every order with its ``status``, the same as ``fulfillment.status.status_of``."""
        return self.annotate(status=_status())

    def in_status(self, status: str) -> Self:
        """Those of this status, the same as `with_status` tells, found by the index of the demands
        that are not finished: nearly all orders are shipped."""
        unfinished = Q(is_cancelled=False, quantity__gt=F("shipped"))
        is_open = _any(unfinished, is_released=False)
        is_short = _any(unfinished, quantity__gt=F("shipped") + F("allocated"))
        if status == OrderStatus.CANCELLED:
            return self.filter(_any(is_cancelled=True))
        if status == OrderStatus.SHIPPED:
            return self.filter(~_any(unfinished), ~_any(is_cancelled=True))
        if status == OrderStatus.OPEN:
            return self.filter(is_open)
        if status == OrderStatus.BACKORDERED:
            return self.filter(is_short, ~is_open)
        return self.filter(_any(unfinished), ~is_open, ~is_short)

    def filled_from(self, warehouse_code: str) -> Self:
        """Orders that name this warehouse or for which it was chosen. One query before theirs:
        how many orders a warehouse has, the database can tell by its id, not by its code."""
        warehouse = Warehouse.objects.filter(code=warehouse_code).first()
        return self.filter(_any(warehouse_id=warehouse.pk)) if warehouse else self.none()

    def waiting(self) -> Self:
        """Open orders that no unfinished wave has: those that a new one may take."""
        unreleased = Demand.objects.open().filter(is_released=False)
        in_a_wave = Q(wave_orders__is_waiting=True)
        return self.filter(pk__in=unreleased.values("order_line__order")).exclude(in_a_wave)

    def wanted_by(self, wanted: WaveRequest) -> Self:
        """Those that pass the filters of a wave."""
        filters = {
            "merchant": wanted.merchant,
            "warehouse": wanted.warehouse,
            "channel": wanted.channel or None,
            "ship_by__lte": wanted.ship_by,
            "priority__gte": wanted.min_priority,
            "pk__in": wanted.order_ids,
        }
        return self.filter(**{name: one for name, one in filters.items() if one is not None})

    def search(self, words: str) -> Self:
        """Orders whose number, reference or recipient contains ``words``."""
        match = Q(reference__icontains=words) | Q(ship_to__name__icontains=words)
        digits = words.upper().removeprefix("ORD-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            match |= Q(pk=int(digits))
        return self.filter(match)


class WaveQuerySet(ScopedQuerySet):
    """Waves are the house's; a merchant's user sees none, also not of its own orders."""

    def for_user(self, user: User | AnonymousUser) -> Self:
        rows = super().for_user(user)
        return rows if isinstance(user, AnonymousUser) or user.is_house else rows.none()


class WaveOrderQuerySet(ScopedQuerySet):
    def short(self) -> Self:
        """Those that were released and miss units."""
        return self.filter(_is_short())

    def covered(self) -> Self:
        return self.filter(~_is_short())


def _is_short() -> Exists:
    missing = Demand.objects.backordered()
    return Exists(missing.filter(order_line__order=OuterRef("order")))


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


def _any(*facts: Q, **conditions: Any) -> Exists:
    """Whether any demand of the order is so."""
    return Exists(Demand.objects.filter(*facts, order_line__order=OuterRef("pk"), **conditions))
