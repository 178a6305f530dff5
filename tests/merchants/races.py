"""Two transactions at once, on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

from django.db import connection

PATIENCE_SECONDS = 30
BETWEEN_LOOKS_SECONDS = 0.002


class Thread:
    """Another thread with a connection of its own, closed at the end."""

    def __enter__(self) -> Self:
        self.pool = ThreadPoolExecutor(max_workers=1)
        return self

    def submit(self, act: Callable[[], Any]) -> Future[Any]:
        return self.pool.submit(act)

    def __exit__(self, *error: object) -> None:
        self.pool.submit(lambda: connection.close()).result()  # noqa: PLW0108, of that thread
        self.pool.shutdown()


def until_one_waits() -> None:
    """Return when some connection waits for a lock that this thread has.

    Only that counts: the database's own work may hold anybody up.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else the first look is kept
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(BETWEEN_LOOKS_SECONDS)
    raise AssertionError("nobody waits for a lock")
