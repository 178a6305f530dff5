"""Quarantine cases, and the bins that released units could go to."""

from __future__ import annotations

from inventory.models import QuarantineCase
from inventory.putaway import Suggestion, suggest_bin
from inventory.queries.bins import bins_for


def bin_for_release(case: QuarantineCase) -> Suggestion | None:
    """Where units of a case would go back to stock: the lot's own bin, else an empty one.

    None where no bin is free. Three queries once the case's balance is loaded.
    """
    units = (case.product_id, case.balance.lot_id)
    return suggest_bin(bins_for([units], case.balance.warehouse_id), units)
