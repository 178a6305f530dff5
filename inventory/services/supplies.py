"""Supply: units announced for a warehouse, the mirror of demand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inventory.models import Supply


@dataclass(frozen=True, slots=True)
class SupplyRequest:
    """``expected`` units of a product and lot (None: without lots) on their way."""

    product_id: int
    lot_id: int | None
    expected: int


def announce(
    *, merchant_id: int, warehouse_id: int, wro_number: str, requests: Sequence[SupplyRequest]
) -> list[Supply]:
    """Write the supplies of a WRO, open, in the order of the requests. One statement."""
    return Supply.objects.bulk_create(
        Supply(
            merchant_id=merchant_id,
            warehouse_id=warehouse_id,
            wro_number=wro_number,
            product_id=request.product_id,
            lot_id=request.lot_id,
            expected=request.expected,
        )
        for request in requests
    )


def close(supply_ids: Collection[int]) -> None:
    """End what is still incoming of these supplies. Counters stay as they are."""
    Supply.objects.filter(pk__in=supply_ids).update(is_open=False)
