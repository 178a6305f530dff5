"""How patient workers are."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

BEAT_SECONDS: float = settings.WORKER_BEAT_SECONDS
# Six beats may be missed: a busy machine, a database that is being restarted.
DEAD_AFTER = timedelta(seconds=6 * BEAT_SECONDS)
ATTEMPTS: int = settings.JOB_ATTEMPTS
FIRST_PAUSE = timedelta(seconds=settings.JOB_PAUSE_SECONDS)


def pause_after(attempts: int) -> timedelta:
    """How long a job rests after it failed so many times: doubling each time."""
    return FIRST_PAUSE * 2 ** (attempts - 1)
