"""An index that Django lacks."""

from __future__ import annotations

from typing import Any, cast

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table


class PrefixIndex(models.Index):
    """Finds texts by how they begin, in any case: serves the lookup ``istartswith``.

    ``key`` names a text inside a JSON column. Empty texts are found by it too. On PostgreSQL it is
    what ``UPPER(column) LIKE 'ABC%'`` needs under any collation; SQLite, which has no use for it,
    gets a plain index.
    """

    def __init__(self, *, fields: list[str], name: str, key: str = "") -> None:
        super().__init__(fields=fields, name=name)
        self.key = key

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **kwargs: Any,
    ) -> Statement:
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        quote = schema_editor.quote_name
        column = cast("models.Field[Any, Any]", model._meta.get_field(self.fields[0])).column or ""
        text = f"{quote(column)} ->> '{self.key}'" if self.key else quote(column)
        return Statement(
            f"CREATE INDEX %(name)s ON %(table)s (UPPER(({text})::text) text_pattern_ops)",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def deconstruct(self) -> Any:
        path, expressions, kwargs = super().deconstruct()
        return path, expressions, {**kwargs, **({"key": self.key} if self.key else {})}
