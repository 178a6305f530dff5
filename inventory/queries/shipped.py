"""What left the house for an order, by lot: read off the movements, which never change."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from inventory.models import LocationKind, Movement, PostingKind


@dataclass(frozen=True, slots=True)
class Shipped:
    """``quantity`` units of a product and lot (None: without a lot) that a warehouse shipped."""

    product_id: int
    lot_id: int | None
    warehouse_id: int
    quantity: int


def shipped_units(*, merchant_id: int, order_number: str) -> list[Shipped]:
    """What an order shipped, one row per product, lot and warehouse, in that order. One query."""
    rows = (
        Movement.objects.filter(
            posting__merchant_id=merchant_id,
            posting__reference=order_number,
            posting__kind=PostingKind.SHIP,
            target__location_kind=LocationKind.CUSTOMER,
        )
        .order_by("product_id", "source__lot_id", "source__warehouse_id")
        .values_list("product_id", "source__lot_id", "source__warehouse_id")
        .annotate(units=Sum("quantity"))
    )
    return [Shipped(*row) for row in rows]
