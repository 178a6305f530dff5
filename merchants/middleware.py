from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from merchants.clock import read_clock


class ClockMiddleware:
    """Reads the time once for each request: everything it does happens at `request.now`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = read_clock()  # type: ignore[attr-defined]
        return self.get_response(request)
