"""Queries of the ORM that are made into SQL once: making them costs more than running them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connections
from django.db.models import QuerySet


class Compiled:
    """A query whose parameters are put in when it runs.

    It is built with a stand-in for each parameter, a value that occurs nowhere else in it; `rows`
    gets what to put in their places.
    """

    def __init__(self, query: QuerySet[Any]) -> None:
        self.model = query.model
        self.sql, self.params = query.query.sql_with_params()

    def rows(self, actual: Mapping[Any, Any]) -> Iterator[tuple[Any, ...]]:
        """The rows as the database gives them, from where the model is read."""
        with connections[self.model._default_manager.db].cursor() as cursor:
            cursor.execute(self.sql, [actual.get(param, param) for param in self.params])
            yield from cursor.fetchall()
