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
        return fragment, [list(column) for column in columns.values()]
    fields = ", ".join(
        f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns)
    )
    rows = json.dumps(list(zip(*columns.values(), strict=True)))
    return f"(SELECT {fields}, key + 1 AS n FROM json_each(%s)) AS {alias}", [rows]


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
