"""Columns of Python values as a table inside a statement, in one parameter per column at most."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import RawSQL

Columns = Mapping[str, Sequence[Any]]


def values(columns: Columns, *, alias: str = "v", **types: str) -> tuple[str, list[Any]]:
    """A FROM fragment whose rows are the given columns, and its parameters.

    Every column is of whole numbers or None, or of the PostgreSQL type that ``types`` names for
    it; all are of equal length; ``n`` numbers the rows from 1. The statement stays the same
    however many rows there are: ``unnest`` of arrays on PostgreSQL, ``json_each`` of one document
    on SQLite.
    """
    if connection.vendor == "postgresql":
        # A sub-select hides the lengths of the arrays from the planner. It would plan the statement
        # anew for these whenever it is sent, which costs more than running it.
        arrays = ", ".join(f"(SELECT %s::{types.get(name, 'bigint')}[])" for name in columns)
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


def among(ids: Iterable[int]) -> RawSQL:
    """Many ids for a filter, ``pk__in=among(ids)``, in one parameter.

    A parameter for each would make another statement for every length of the list.
    """
    fragment, params = values({"id": list(ids)})
    return RawSQL(f"SELECT v.id FROM {fragment}", params)  # noqa: S611 (numbers, as parameters)


def _numbers(column: Sequence[int | None]) -> str:
    """Whole numbers as PostgreSQL writes an array of them: the driver takes ten times as long."""
    return f"{{{','.join(['NULL' if one is None else str(one) for one in column])}}}"


def insert(row: Model) -> None:
    """Write a new row of a model, as its ``save`` would, without making the statement anew.

    Sets its primary key. For models without signals, parents or computed columns.
    """
    statement, fields = _insertion(type(row))
    [(row.pk,)] = fetch(f"{statement} RETURNING id", _in_order(row, fields))
    row._state.adding = False


def insert_unless_taken(row: Model) -> bool:
    """As ``insert``, where no other row has what is to be unique; whether it was written.

    Waits for a transaction that is about to write such a row.
    """
    statement, fields = _insertion(type(row))
    written = fetch(f"{statement} ON CONFLICT DO NOTHING RETURNING id", _in_order(row, fields))
    if written:
        [(row.pk,)] = written
        row._state.adding = False
    return bool(written)


def _in_order(row: Model, fields: Sequence[Field[Any, Any]]) -> list[Any]:
    return [
        field.get_db_prep_save(getattr(row, field.attname), connection=connection)
        for field in fields
    ]


@cache
def _insertion(model: type[Model]) -> tuple[str, list[Field[Any, Any]]]:
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    names = ", ".join(str(field.column) for field in fields)
    places = ", ".join("%s" for _ in fields)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})", fields


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
