"""The one clock. Only the edge (middleware, commands, tasks) reads it; below, `now` is passed."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils.module_loading import import_string


def system_clock() -> datetime:
    return datetime.now(UTC)


def read_clock() -> datetime:
    """The time now, from the callable that the setting CLOCK names."""
    now: datetime = import_string(settings.CLOCK)()
    return now
