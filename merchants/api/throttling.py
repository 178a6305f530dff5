"""So many requests per key and period, by the setting API_RATE. Must not import views."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

COUNTING = Lock()
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class KeyThrottle(BaseThrottle):
    """Counts the requests of a key in fixed windows: one small entry of the cache for each key.

    REST framework's own throttle keeps the time of every request of the window in the cache,
    thousands of them to be read and written at each. An entry for each window would pile up in a
    cache that is a table. Threads count exactly; processes that meet may count one for two, which
    a limit against runaway clients can bear.
    """

    seconds_left = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated or not settings.API_RATE:
            return True
        limit, period_seconds = parse_rate(settings.API_RATE)
        window, elapsed_seconds = divmod(int(request.now.timestamp()), period_seconds)
        self.seconds_left = period_seconds - elapsed_seconds
        return count(f"api-rate-{request.user.pk}", window, period_seconds) <= limit

    def wait(self) -> float:
        return self.seconds_left


def parse_rate(rate: str) -> tuple[int, int]:
    """`6000/min` as (6000, 60); only the first letter of the period counts."""
    limit, _, period = rate.partition("/")
    return int(limit), SECONDS[period[0]]


def count(name: str, window: int, period_seconds: int) -> int:
    """Count one more in this window under this name and return the sum."""
    with COUNTING:
        last_window, counted = cache.get(name, (window, 0))
        counted = counted + 1 if last_window == window else 1
        cache.set(name, (window, counted), timeout=2 * period_seconds)
    return counted
