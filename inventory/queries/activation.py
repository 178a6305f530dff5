"""What activating and deactivating lots does to orders: how far each is covered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Sum

from inventory.models import Allocation, Demand
from merchants.columns import among


class Cover(NamedTuple):
    """A demand as far as it is covered."""

    id: int
    merchant_id: int
    order_number: str
    is_set_aside: bool
    allocated: int
    quantity: int
    shipped: int

    @property
    def uncovered(self) -> int:
        return self.quantity - self.shipped - self.allocated


def promised_on(lot_ids: Collection[int]) -> dict[int, int]:
    """Units of these lots that are promised, by demand. One query."""
    rows = Allocation.objects.filter(balance__lot_id__in=among(lot_ids)).order_by()
    return dict(
        rows.values("demand_id").annotate(units=Sum("quantity")).values_list("demand_id", "units")
    )


def waiting_for(product_ids: Collection[int]) -> list[int]:
    """Ids of the demands for these products that are not covered. One query."""
    rows = Demand.objects.filter(product_id__in=among(product_ids)).backordered()
    return list(rows.order_by("id").values_list("id", flat=True))


def covers_of(demand_ids: Iterable[int]) -> dict[int, Cover]:
    """How far these demands are covered, by id. One query."""
    rows = Demand.objects.filter(pk__in=among(demand_ids)).order_by("id")
    return {row[0]: Cover(*row) for row in rows.values_list(*Cover._fields)}
