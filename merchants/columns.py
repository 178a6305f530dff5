"""Columns of Python values as a table inside a statement, in one parameter per column at most."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

Columns = Mapping[str, Sequence[Any]]


def values(columns: Columns, *, alias: str = "v", **types: str) -> tuple[str, list[Any]]:
    """A FROM fragment whose rows are the given columns, and its parameters.

    Every column is of whole numbers or None, or of the PostgreSQL type that ``types`` names for
    it; all are of equal length; ``n`` numbers the rows from 1. The statement stays the same
    however many rows there are: ``unnest`` of arrays on PostgreSQL, ``json_each`` of one document
    on SQLite.
    """
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{types.get(name, 'bigint')}[]" for name in columns)
        names = ", ".join(columns)
        fragment = f"unnest({arrays}) WITH ORDINALITY AS {alias} ({names}, n)"
        return fragment, [
            list(column) if name in types else _numbers(column) for name, column in columns.items()
        ]
    fields = ", ".join(
        f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns)
    )
    rows = json.dumps(list(zip(*columns.values(), strict=True)))
    return f"(SELECT {fields}, key + 1 AS n FROM json_each(%s)) AS {alias}", [rows]


def _numbers(column: Sequence[int | None]) -> str:
    """Whole numbers as PostgreSQL writes an array of them: the driver takes ten times as long."""
    return f"{{{','.join(['NULL' if one is None else str(one) for one in column])}}}"


def plan_once() -> None:
    """Let PostgreSQL keep the plans of the statements of this transaction.

    It would plan each anew whenever it is sent, because of the lengths of the arrays: that costs
    more than running it.
    """
    if connection.vendor == "postgresql":
        execute("SET LOCAL plan_cache_mode = force_generic_plan", [])


def moment(value: datetime) -> Any:
    """A time as a parameter of a statement written by hand, in the form that the ORM writes."""
    return connection.ops.adapt_datetimefield_value(value)


def execute(sql: str, params: Iterable[Any]) -> int:
    """Run one statement; the number of rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.rowcount


def fetch(sql: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Run one statement that answers; its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
