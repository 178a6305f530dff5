"""What the daily run has to do: which warehouses have a new day, and what of theirs expired."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Max, Q

from inventory.kinds import IN_THE_BUILDING
from inventory.models import Balance, ExpiryRun, Posting, Warehouse


def due(now: datetime) -> list[tuple[int, date]]:
    """(warehouse id, its local date) where that day has no finished run. Two queries."""
    done = set(
        ExpiryRun.objects.filter(finished_at__isnull=False)
        .order_by()
        .values_list("warehouse_id")
        .annotate(newest=Max("day"))
    )
    newest = dict(done)
    days = [(one.pk, one.today(now)) for one in Warehouse.objects.order_by("pk")]
    return [(pk, day) for pk, day in days if pk not in newest or newest[pk] < day]


def first_day_of(warehouse_id: int, day: date) -> date:
    """The day after the last one that was finished; ``day`` where none was. One query."""
    runs = ExpiryRun.objects.filter(
        warehouse_id=warehouse_id, day__lt=day, finished_at__isnull=False
    )
    last: date | None = runs.aggregate(last=Max("day"))["last"]
    return day if last is None else last + timedelta(days=1)


def newest_posting() -> int:
    """The id of the newest posting; 0 for none. One query."""
    found: int | None = Posting.objects.aggregate(newest=Max("id"))["newest"]
    return found or 0


def promised_and_over(warehouse_id: int, day: date, *, after: int) -> list[int]:
    """Products with promised units in a warehouse that may not ship on ``day``, by id. One query.

    Expired units, and blocked ones, of which there should be none: who blocks them takes their
    promises back at once. ``after``: products with a larger id than this.
    """
    over = Q(expires_on__lt=day) | Q(is_blocked=True)
    rows = Balance.objects.filter(
        over,
        warehouse_id=warehouse_id,
        location_kind__in=IN_THE_BUILDING,
        on_hand__gt=0,
        committed__gt=0,
        product_id__gt=after,
    )
    return list(rows.order_by("product_id").values_list("product_id", flat=True).distinct())
