"""What came back of an order, and what stands in the way of what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from django.db.models import Q, Sum

from inventory.models import Hold
from returns.disposition import Rule
from returns.models import Disposition, ReturnLine, Status


def returned_units(order_id: int, *, but: int | None = None) -> Counter[int]:
    """Units of an order on returns that are not cancelled, by product id. Two queries.

    What is announced while a return is open, what was found once it is completed: units that
    never came may still be announced again. ``but`` leaves one return out.
    """
    lines = ReturnLine.objects.filter(document__order_id=order_id).exclude(document_id=but)
    announced = lines.exclude(document__status__in=[Status.CANCELLED, Status.COMPLETED])
    found = Disposition.objects.filter(
        line__document__order_id=order_id, line__document__status=Status.COMPLETED
    ).exclude(line__document_id=but)
    units: Counter[int] = Counter()
    for rows in (announced, found):
        by_product = rows.order_by().values_list("product_id").annotate(Sum("quantity"))
        units.update(dict(by_product))
    return units


def returned_lots(order_id: int) -> Counter[int]:
    """Units of an order that were inspected and are of a lot beyond doubt, by lot id. One query."""
    rows = Disposition.objects.filter(line__document__order_id=order_id, lot__isnull=False)
    certain = rows.exclude(rule=Rule.LOT_UNKNOWN).order_by()
    return Counter(dict(certain.values_list("lot_id").annotate(Sum("quantity"))))


def inspected_units(return_id: int) -> Counter[int]:
    """Units found so far, by line id. One query."""
    rows = Disposition.objects.filter(line__document_id=return_id).order_by()
    return Counter(dict(rows.values_list("line_id").annotate(Sum("quantity"))))


def hold_reasons(
    product_ids: Collection[int], lot_ids: Collection[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Why products and lots are on hold: reasons by product id and by lot id. One query.

    The oldest hold of each speaks for it.
    """
    on = Q(product_id__in=product_ids) | Q(lot_id__in=lot_ids)
    products: dict[int, str] = {}
    lots: dict[int, str] = {}
    for hold in Hold.objects.active().filter(on).order_by("id"):
        if hold.lot_id is None:
            products.setdefault(hold.product_id, hold.reason)
        else:
            lots.setdefault(hold.lot_id, hold.reason)
    return products, lots
