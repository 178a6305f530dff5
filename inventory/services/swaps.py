"""Promising a demand the lot that a person chose, instead of the one that rotation chose."""

from __future__ import annotations

from datetime import datetime

from inventory import ledger
from inventory.models import Demand
from inventory.queries.planning import waiting
from inventory.services.stockroom import Stockroom


def promise_lot(*, demand_id: int, lot_id: int, quantity: int, now: datetime) -> int:
    """Promise up to ``quantity`` more units of this lot to a released demand; how many.

    Only what may be allocated to it: free units, or set aside for it, of a lot with its days of
    shelf life left that may go where it goes. The caller holds the product lock, leaves the demand
    so many units uncovered, and ends in a re-allocation.
    """
    (one,) = waiting(Demand.objects.filter(pk=demand_id))
    wish = one._replace(
        lot_id=lot_id, single_lot=False, quantity=one.shipped + one.allocated + quantity
    )
    picks = Stockroom([wish], now).draw(wish, one.warehouse_id)  # type: ignore[arg-type]  # released
    ledger.promise(picks)
    return sum(pick.quantity for pick in picks)
