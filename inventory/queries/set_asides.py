"""Set-asides with what became of their units."""

from __future__ import annotations

from inventory.models import SetAside
from inventory.querysets import ScopedQuerySet


def for_list(rows: ScopedQuerySet) -> ScopedQuerySet:
    """With product, warehouse, lot and people loaded. One query."""
    return rows.select_related(
        "merchant", "product", "demand__warehouse", "demand__lot", "created_by", "ended_by"
    )


def whom(made: SetAside) -> str:
    """For whose orders the units are kept, in words."""
    demand = made.demand
    if demand.customer and demand.channel:
        return f"{demand.customer} ({demand.channel.upper()})"
    return demand.customer or demand.get_channel_display()


def still_wanted(made: SetAside) -> int:
    """Units that it should keep and does not: they were held or expired since."""
    return 0 if made.ended_at else made.demand.uncovered
