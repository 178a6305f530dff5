"""An order's status, read off its demands; `OrderQuerySet.with_status` says it in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django.db.models import TextChoices


class OrderStatus(TextChoices):
    OPEN = "open", "Open"
    ALLOCATED = "allocated", "Allocated"
    BACKORDERED = "backordered", "Backordered"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"


class Claim(Protocol):
    """What counts of a demand."""

    quantity: int
    shipped: int
    allocated: int
    is_released: bool
    is_cancelled: bool


def status_of(demands: Iterable[Claim]) -> OrderStatus:
    """Cancelled as a whole; shipped when nothing is left; open until released for allocation;
    backordered when any unit is uncovered; else allocated.
    """
    claims = list(demands)
    if any(one.is_cancelled for one in claims):
        return OrderStatus.CANCELLED
    if all(one.quantity == one.shipped for one in claims):
        return OrderStatus.SHIPPED
    if not all(one.is_released for one in claims):
        return OrderStatus.OPEN
    if any(one.quantity > one.shipped + one.allocated for one in claims):
        return OrderStatus.BACKORDERED
    return OrderStatus.ALLOCATED
