"""What a digest says, whom it is for, and which wait to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min, Q

from inventory.availability import Todays
from inventory.expiry import AT_RISK, SOON_DAYS
from inventory.models import Balance, ExpiryDigest, ExpiryRun
from inventory.queries.expiry import Wanted, expires, lot_ids, standing
from inventory.queries.expiry_rows import Row, rows_of
from inventory.queries.places import todays
from merchants.models import Merchant

MOST_ROWS = 50  # that a digest lists; what is beyond is summed up, and stands on the expiry page
CENT = Decimal("0.01")
FIRST_REST, LONGEST_REST = timedelta(minutes=10), timedelta(minutes=60)


def day_begun_everywhere(now: datetime) -> date | None:
    """The newest day that has begun in every warehouse; None until the run of it is finished in
    all. Two queries."""
    begun = todays(now).dates
    if not begun:
        return None
    day = min(begun.values())
    run = ExpiryRun.objects.filter(finished_at__isnull=False, day__gte=day)
    done = set(run.order_by().values_list("warehouse_id", flat=True))
    return day if done >= begun.keys() else None


def merchants_to_tell(day: date, now: datetime) -> list[Merchant]:
    """Active merchants with units that are expired or soon will be, and without a digest of this
    day, by code. Two queries."""
    at_risk = Balance.objects.in_house().filter(
        expires(todays(now), (None, SOON_DAYS)), on_hand__gt=0
    )
    told = ExpiryDigest.objects.filter(day=day).values("merchant_id")
    found = Merchant.objects.filter(
        is_active=True, pk__in=at_risk.order_by().values("merchant_id").distinct()
    )
    return list(found.exclude(pk__in=told).order_by("code"))


def first_day_untold(merchant: Merchant, day: date) -> date:
    """The first of the days that the digest of this day stands for. Three queries.

    Earlier than its own: where the daily run missed days, or digests before it were never sent.
    """
    earlier = ExpiryDigest.objects.filter(merchant=merchant, day__lt=day)
    told = earlier.filter(Q(sent_at__isnull=False) | Q(recipient="")).order_by("-day").first()
    untold = earlier.filter(day__gt=told.day) if told else earlier
    runs = ExpiryRun.objects.filter(day__gte=day, finished_at__isnull=False)
    first = [
        untold.aggregate(first=Min("first_day"))["first"],
        runs.aggregate(first=Min("first_day"))["first"],
    ]
    return min([day, *(one for one in first if one)])


def to_send(now: datetime) -> list[ExpiryDigest]:
    """Of each merchant the newest digest of the last days, where it waits for the mail server.

    Those before it say less than it does. One that was tried is left to rest. One query.
    """
    rows = ExpiryDigest.objects.filter(day__gte=now.date() - timedelta(days=2))
    newest: dict[int, ExpiryDigest] = {}
    for one in rows.select_related("merchant").order_by("-day", "merchant__code"):
        newest.setdefault(one.merchant_id, one)
    return [
        one
        for one in newest.values()
        if one.recipient
        and one.sent_at is None
        and (one.claimed_at is None or one.claimed_at <= now - rest(one.attempts))
    ]


def rest(attempts: int) -> timedelta:
    """How long a digest that was tried so many times is left alone: 10, 20, 40, then 60 minutes.

    Longer than any mail server is waited for, so that nobody takes what another has in hand.
    """
    return min(FIRST_REST * 2 ** min(max(attempts - 1, 0), 3), LONGEST_REST)


def content(merchant: Merchant, *, todays: Todays, now: datetime) -> dict[str, Any]:
    """What the digest of a merchant says, as plain JSON. Ten queries."""
    wanted = Wanted(merchant_id=merchant.pk)
    at_risk = standing(Balance.objects.all(), wanted, todays, now).filter(
        expires(todays, (None, SOON_DAYS))
    )
    rows = rows_of(list(lot_ids(at_risk)), wanted, todays=todays, now=now)
    rows = [row for row in rows if row.life in AT_RISK]
    return {
        "buckets": [_bucket(one, [row for row in rows if row.life == one]) for one in AT_RISK],
        "rows": [_line(row) for row in rows[:MOST_ROWS]],
        "more": max(len(rows) - MOST_ROWS, 0),
    }


def _bucket(bucket: Any, rows: Sequence[Row]) -> dict[str, Any]:
    values = [row.value for row in rows if row.value is not None]
    return {
        "bucket": bucket.value,
        "label": str(bucket.label),
        "lots": len({row.lot.pk for row in rows}),
        "units": sum(row.units for row in rows),
        "value": _money(sum(values, Decimal(0))) if values else None,
        "units_without_value": sum(row.units for row in rows if row.value is None),
    }


def _line(row: Row) -> dict[str, Any]:
    return {
        "sku": row.lot.product.sku,
        "name": row.lot.product.name,
        "lot": row.lot.number or "without a number",
        "lot_id": row.lot.pk,
        "expires_on": row.lot.expires_on and row.lot.expires_on.isoformat(),
        "days_remaining": row.days_remaining,
        "warehouse": row.warehouse.code,
        "bins": row.bins,
        "units": row.units,
        "value": None if row.value is None else _money(row.value),
        "days_of_cover": row.days_of_cover,
        "left_at_expiry": row.left,
        "suggestion": str(row.suggestion.action.label) if row.suggestion else "",
        "why": row.suggestion.why if row.suggestion else "",
    }


def _money(value: Decimal) -> str:
    return f"{value.quantize(CENT):,}"
