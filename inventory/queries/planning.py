"""What the planner decides on: standing promises, uncovered demand and free stock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum

from inventory.availability import STOPS_SHIPPING, Todays, allocatable_until, reason
from inventory.models import Allocation, Balance, Demand
from inventory.rotation import Claim, Stock


def broken_allocations(product_ids: Collection[int], todays: Todays) -> list[Allocation]:
    """Promises that may no longer ship: held, inactive or expired. At most three queries.

    A line that asked for a single lot loses all of its promises together.
    """
    suspects = Balance.objects.filter(product_id__in=product_ids, committed__gt=0).filter(
        Q(is_blocked=True) | Q(expires_on__lt=todays.expression())
    )
    stopped = (
        suspects.annotate(allocatable_until=allocatable_until(), reason=reason(todays))
        .filter(reason__in=[one.value for one in STOPS_SHIPPING])
        .order_by()
        .values_list("id", flat=True)
    )
    balance_ids = list(stopped)
    if not balance_ids:
        return []
    hit = Allocation.objects.filter(balance_id__in=balance_ids)
    single = hit.filter(demand__single_lot=True).values("demand_id")
    broken = Q(balance_id__in=balance_ids) | Q(demand__in=single)
    return list(Allocation.objects.filter(broken).order_by("id"))


def newest_allocations(balance_id: int) -> list[Allocation]:
    """The promises of a balance with their demands, newest first. One query."""
    rows = Allocation.objects.filter(balance_id=balance_id)
    return list(rows.select_related("demand").order_by("-id"))


def claims(demands: Iterable[Demand]) -> list[Claim]:
    """Demands (with product and merchant loaded) as the planner sees them, in their order."""
    return [
        Claim(
            demand_id=demand.pk,
            quantity=demand.uncovered,
            lot_id=demand.lot_id,
            single_lot=demand.single_lot,
            min_shelf_life_days=effective_minimum(demand),
        )
        for demand in demands
    ]


def effective_minimum(demand: Demand) -> int:
    """Days of shelf life that a lot must have left: the largest of all that apply to the line."""
    return max(demand.min_shelf_life_days or 0, demand.product.days_needed)


def free_stock(product_ids: Collection[int]) -> dict[tuple[int, int], list[Stock]]:
    """Unpromised units that only their date may keep from shipping. One query.

    By (product, warehouse).
    """
    rows = Balance.objects.in_house().filter(
        product_id__in=product_ids, is_blocked=False, on_hand__gt=F("committed")
    )
    columns = (
        "product_id",
        "warehouse_id",
        "id",
        "lot_id",
        F("on_hand") - F("committed"),
        "expires_on",
        "lot__received_at",
        "location__pick_sequence",
    )
    stock: dict[tuple[int, int], list[Stock]] = {}
    for product_id, warehouse_id, *facts in rows.order_by().values_list(*columns):
        stock.setdefault((product_id, warehouse_id), []).append(Stock(*facts))
    return stock


def covers(demand_ids: Collection[int]) -> list[dict[str, Any]]:
    """How far the orders of these demands are covered. One query.

    Rows of merchant_id, order_number, promised units and missing ones (released, not covered),
    over all lines of each order.
    """
    ours = Demand.objects.filter(pk__in=demand_ids)
    same_order = ours.filter(merchant=OuterRef("merchant"), order_number=OuterRef("order_number"))
    # Both are implied by the last condition; they let SQLite use the index on the two.
    near = {
        "merchant__in": ours.values("merchant"),
        "order_number__in": ours.values("order_number"),
    }
    rows = Demand.objects.filter(Exists(same_order), is_released=True, is_cancelled=False, **near)
    return list(
        rows.order_by("merchant_id", "order_number")
        .values("merchant_id", "order_number")
        .annotate(
            promised=Sum("allocated"),
            missing=Sum(F("quantity") - F("shipped") - F("allocated")),
        )
    )
