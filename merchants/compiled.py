"""Queries of the ORM that are made into SQL once: making them costs more than running them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from merchants.columns import values


class Compiled:
    """A query whose parameters are put in when it runs.

    It is built with a stand-in for each parameter, a value that occurs nowhere else in it; those
    who run it say what to put in their places. Statements are the same for every alias, as all
    are of one engine.
    """

    def __init__(self, query: QuerySet[Any]) -> None:
        self.model = query.model
        self.compiler = query.query.get_compiler(query.db)
        self.sql, self.params = self.compiler.as_sql()

    def rows(self, actual: Mapping[Any, Any]) -> Iterator[tuple[Any, ...]]:
        """The rows as the database gives them, from where the model is read."""
        yield from self._fetch(self._alias, actual)

    def models(self, actual: Mapping[Any, Any]) -> Iterator[Any]:
        """Instances, with what the query's `select_related` names loaded; as iterating it gives."""
        alias = self._alias
        names, first, last, populators = self._shape
        rows: Iterable[Any] = self._fetch(alias, actual)
        if self._converters:
            rows = self.compiler.apply_converters(rows, self._converters)
        for row in rows:
            one = self.model.from_db(alias, names, row[first:last])
            for populator in populators:
                populator.populate(row, one)
            yield one

    @property
    def _alias(self) -> str:
        return self.model._default_manager.db

    def _fetch(self, alias: str, actual: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
        with connections[alias].cursor() as cursor:
            cursor.execute(self.sql, [actual.get(param, param) for param in self.params])
            return cursor.fetchall()

    @cached_property
    def _converters(self) -> dict[int, Any]:
        """By column, what makes the model's values of those that the database gives."""
        columns = [column for column, *_ in self.compiler.select]
        found: dict[int, Any] = self.compiler.get_converters(columns)
        return found

    @cached_property
    def _shape(self) -> tuple[list[str], int, int, list[Any]]:
        """The columns of the model's own fields, and what reads those of the related ones."""
        select, shape = self.compiler.select, self.compiler.klass_info
        first, last = shape["select_fields"][0], shape["select_fields"][-1] + 1
        names = [column.target.attname for column, *_ in select[first:last]]
        # The stubs are those of a later Django, which asks for one argument more.
        related: Any = get_related_populators
        return names, first, last, related(shape, select, self.compiler.using)


def ids(wanted: Iterable[int]) -> Any:
    """The one parameter of `among(wanted)`, which itself makes the stand-in: `ids(())`."""
    _, [param] = values({"id": list(wanted)})
    return param


def only(rows: Iterator[Model]) -> Any:
    """The first of them, or None."""
    return next(rows, None)
