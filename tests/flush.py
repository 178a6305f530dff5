"""What the flush after a transactional test needs; nowhere else are the triggers lifted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.core.cache import cache
from django.db import connection


@contextmanager
def flush_everything() -> Iterator[None]:
    """While this is open, Django's `flush` empties append-only tables and the cache too."""
    operations = type(connection.ops)
    execute = operations.execute_sql_flush
    around = _around_on_sqlite if connection.vendor == "sqlite" else _around_on_postgresql

    def execute_lifted(self: Any, statements: list[str]) -> None:
        lift, restore = around(self.connection)
        execute(self, [*lift, *statements, *restore])
        cache.clear()

    with patch.object(operations, "execute_sql_flush", execute_lifted):
        yield


def _around_on_sqlite(connection: Any) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in triggers], [sql for _, sql in triggers]


def _around_on_postgresql(connection: Any) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        )
        tables = [table for (table,) in cursor.fetchall()]
    return (
        [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables],
        [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables],
    )
