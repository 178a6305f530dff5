"""Quarantine cases, and the bins that released units could go to."""

from __future__ import annotations

from django.db.models import Q

from inventory.models import CaseSource, QuarantineCase
from inventory.putaway import Suggestion, suggest_bin
from inventory.queries.bins import bins_for, wanted


def bin_for_release(case: QuarantineCase) -> Suggestion | None:
    """Where units of a case would go back to stock: the lot's own bin, else an empty one.

    None where no bin is free. At most six queries once its product and balance are loaded.
    """
    units = wanted(case.product, case.balance.lot_id, case.quantity)
    return suggest_bin(bins_for([units], case.balance.warehouse_id), units)


def is_not_found(case: QuarantineCase) -> bool:
    """Units that a picker did not find: on the books until a count decides."""
    return case.source == CaseSource.SHORT_PICK


def bar_to_release(case: QuarantineCase) -> str:
    """Why the units may never go back to stock as they are; '' where they may.

    What a customer sent back may not either where the product became a lot product since.
    """
    from_customer = case.source == CaseSource.CUSTOMER_RETURN and case.product.is_lot_product
    if from_customer or not case.may_be_released:
        return "Units of a lot product that a customer sent back are never restocked."
    if case.product.is_tracked and case.balance.lot_id is None:
        return "Their lot is not known. Assign a lot to them first."
    return ""


def barred() -> Q:
    """``bar_to_release`` as a filter on cases."""
    from_customer = Q(source=CaseSource.CUSTOMER_RETURN, product__is_lot_product=True)
    unknown_lot = Q(
        product__is_lot_product=True,
        product__merchant__lot_tracking_active=True,
        balance__lot=None,
    )
    return Q(may_be_released=False) | from_customer | unknown_lot
