"""What needs doing in the warehouse now: the counts on the index page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Min, Sum  # noqa: F401
from django.urls import reverse

from inventory.models import Lot
from inventory.queries.lot_list import expired, expiring
from merchants.models import User


@dataclass(frozen=True)
class Task:
    """Work that waits: how much, what it is, and where it is done. `hint` says more in words."""

    count: int
    name: str
    hint: str
    url: str


def todo(user: User, now: datetime) -> list[Task]:
    """The tasks that this person may see, in the order of the work. One or two queries each."""
    return [task(now) for permission, task in TASKS if user.has_perm(permission)]


def screen(url_name: str, **filters: str) -> str:
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse(f"admin:{url_name}") + query


def expiring_lots(now: datetime) -> Task:
    count = expiring(Lot.objects.all(), now, days=30).count()
    gone = expired(Lot.objects.all(), now).count()
    return Task(
        count,
        "lots expire within 30 days" if count != 1 else "lot expires within 30 days",
        f"{gone} more in stock {'has' if gone == 1 else 'have'} expired"
        if gone
        else "No lot in stock has expired",
        screen("inventory_lot_changelist", expiry="30" if count or not gone else "expired"),
    )


TASKS = (("inventory.view_lot", expiring_lots),)
