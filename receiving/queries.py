"""Reads over several tables. Each says the shape of its rows and its number of queries."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import F, QuerySet

from inventory.models import Supply
from receiving.models import WRO
from receiving.sorting import Expected, Lot


class AtDock(NamedTuple):
    """Units of an announced lot that wait at the dock for one WRO."""

    supply_id: int
    lot_id: int | None
    units: int


def expected_lots(wro: WRO) -> dict[Lot, Expected]:
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
            min_shelf_life_days=max(
                row.product.min_shelf_life_days or 0, row.product.merchant.picking_disabled_days
            ),
        )
        for row in rows
    }


def at_dock(wro: WRO) -> dict[Lot, AtDock]:
    """Received units of a WRO that are not yet stowed, by product and lot. One query."""
    rows = supplies_of(wro).filter(received__gt=F("stowed"))
    return {
        (row.product_id, row.lot_id): AtDock(row.pk, row.lot_id, row.received - row.stowed)
        for row in rows
    }


def supplies_of(wro: WRO) -> QuerySet[Supply]:
    """The supplies of a submitted WRO, in its order."""
    return Supply.objects.filter(merchant_id=wro.merchant_id, wro_number=wro.number).order_by("id")
