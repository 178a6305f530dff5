"""How many statements an act takes, and how many rows it writes."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext

AROUND = ("BEGIN", "COMMIT")
WRITTEN = """
SELECT COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
"""


def statements(act: Callable[[], object]) -> int:
    """The statements that our act sends, without BEGIN and COMMIT."""
    with CaptureQueriesContext(connection) as caught:
        act()
    return sum(query["sql"] not in AROUND for query in caught.captured_queries)


def rows_written(
    act: Callable[[], object], acting: psycopg.Connection | None, watch: psycopg.Connection
) -> int:
    """Rows that the act inserts, changes and deletes, counted by the server.

    ``acting`` is the connection that it uses, None for Django's.
    """
    _flush(acting)
    before = _written(watch)
    act()
    _flush(acting)
    return _written(watch) - before


def _flush(acting: psycopg.Connection | None) -> None:
    """Have the server count what this connection has done so far."""
    flush = "SELECT pg_stat_force_next_flush()"
    if acting is None:
        with connection.cursor() as cursor:
            cursor.execute(flush)
    else:
        acting.execute(flush)
        acting.commit()


def _written(watch: psycopg.Connection) -> int:
    watch.execute("SELECT pg_stat_clear_snapshot()")
    row = watch.execute(WRITTEN).fetchone()
    return int(row[0]) if row else 0
