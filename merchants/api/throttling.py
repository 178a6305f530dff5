"""So many requests per key and period, by the setting API_RATE. Must not import views."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from merchants.columns import fetch

if TYPE_CHECKING:
    from rest_framework.views import APIView

COUNTING = Lock()
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
COUNT = """
INSERT INTO merchants_requestcount AS known (user_id, "window", counted) VALUES (%s, %s, 1)
ON CONFLICT (user_id) DO UPDATE SET "window" = excluded."window",
    counted = CASE WHEN known."window" = excluded."window" THEN known.counted + 1 ELSE 1 END
RETURNING counted
"""


class KeyThrottle(BaseThrottle):
    """Counts the requests of a key in fixed windows, exactly, in one statement.

    REST framework's own throttle keeps the time of every request of the window in the cache,
    thousands of them to be read and written at each.
    """

    seconds_left = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated or not settings.API_RATE:
            return True
        limit, period_seconds = parse_rate(settings.API_RATE)
        window, elapsed_seconds = divmod(int(request.now.timestamp()), period_seconds)
        self.seconds_left = period_seconds - elapsed_seconds
        return count(request.user.pk, window) <= limit

    def wait(self) -> float:
        return self.seconds_left


def parse_rate(rate: str) -> tuple[int, int]:
    """`6000/min` as (6000, 60); only the first letter of the period counts."""
    limit, _, period = rate.partition("/")
    return int(limit), SECONDS[period[0]]


def count(user_id: int, window: int) -> int:
    """Count one more request of this user in this window and return the sum.

    On SQLite one process serves all (`manage.py start`): its memory is exact, where a table would
    take the only write lock for each request.
    """
    if connection.vendor == "postgresql":
        [(counted,)] = fetch(COUNT, [user_id, window])
        return int(counted)
    with COUNTING:
        last_window, counted = cache.get(f"api-rate-{user_id}", (window, 0))
        counted = counted + 1 if last_window == window else 1
        cache.set(f"api-rate-{user_id}", (window, counted), timeout=None)
    return int(counted)
