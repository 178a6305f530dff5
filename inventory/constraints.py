"""Two constraints that Django lacks, so that the database itself can refuse a wrong row.

Both live in ``Meta.constraints``: SQLite remakes a whole table on many schema changes, and only
what the model declares survives that. (A trigger made by ``RunSQL`` silently vanishes.)
"""

from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint


class CompositeForeignKey(BaseConstraint):
    """The row that ``field`` points at agrees with this row in the fields of ``same``.

    ``same`` maps a field here to the field there, e.g. ``CompositeForeignKey("lot",
    same={"product": "product"})``: the lot of a balance is a lot of its product. The target
    needs a unique constraint over its key and those fields. Changes there cascade to the copies
    here. A null in any of the columns is not checked (MATCH SIMPLE).
    """

    def __init__(self, field, *, same, name, violation_error_message=None):
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.field, self.same = field, dict(same)

    def constraint_sql(self, model, schema_editor):
        """Inline on SQLite; on PostgreSQL after all tables, as Django does with its own keys."""
        if schema_editor.connection.vendor == "sqlite":
            return self._definition(model, schema_editor)
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model, schema_editor):
        table = Table(model._meta.db_table, schema_editor.quote_name)
        definition = self._definition(model, schema_editor)
        return Statement(
            "ALTER TABLE %(table)s ADD %(definition)s",
            table=table,
            definition=definition,
        )

    def _definition(self, model, schema_editor):
        quote = schema_editor.quote_name
        key = model._meta.get_field(self.field)
        target = key.remote_field.model._meta
        here = [key.column, *(model._meta.get_field(name).column for name in self.same)]
        there = [
            target.pk.column,
            *(target.get_field(n).column for n in self.same.values()),
        ]
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({', '.join(map(quote, here))}) "
            f"REFERENCES {quote(target.db_table)} ({', '.join(map(quote, there))}) "
            "ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
        )

    def remove_sql(self, model, schema_editor):
        table = Table(model._meta.db_table, schema_editor.quote_name)
        name = schema_editor.quote_name(self.name)
        return Statement("ALTER TABLE %(table)s DROP CONSTRAINT %(name)s", table=table, name=name)

    def validate(self, model, instance, exclude=None, using="default"):
        """Left to the database: forms choose among rows that already agree."""

    def __eq__(self, other):
        if isinstance(other, CompositeForeignKey):
            mine = (self.name, self.field, self.same, self.violation_error_message)
            return mine == (
                other.name,
                other.field,
                other.same,
                other.violation_error_message,
            )
        return super().__eq__(other)

    def deconstruct(self):
        path, _, kwargs = super().deconstruct()
        return path, (self.field,), {**kwargs, "same": self.same}


class AppendOnly(BaseConstraint):
    """UPDATE and DELETE (on PostgreSQL TRUNCATE too) are refused by triggers, from any client."""

    EVENTS = ("UPDATE", "DELETE")
    FUNCTION = "refuse_change_of_append_only_table"

    def trigger_names(self, vendor):
        """The triggers that guard the table on this engine."""
        if vendor == "sqlite":
            return [f"{self.name}_{event.lower()}" for event in self.EVENTS]
        return [self.name, f"{self.name}_truncate"]

    def constraint_sql(self, model, schema_editor):
        """Nothing inline: the triggers follow once the table stands (also after a remake)."""
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))

    def create_sql(self, model, schema_editor):
        return self._joined(self._statements(model, schema_editor))

    def _statements(self, model, schema_editor):
        table = Table(model._meta.db_table, schema_editor.quote_name)
        if schema_editor.connection.vendor == "sqlite":
            return [
                Statement(
                    f'CREATE TRIGGER "{name}" BEFORE {event} ON %(table)s '
                    f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
                    table=table,
                )
                for name, event in zip(self.trigger_names("sqlite"), self.EVENTS, strict=True)
            ]
        refuse = (
            f"CREATE OR REPLACE FUNCTION {self.FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
            "MESSAGE = TG_TABLE_NAME || ' is append-only', CONSTRAINT = TG_ARGV[0]; END $$"
        )
        call = f"EXECUTE FUNCTION {self.FUNCTION}('{self.name}')"
        row = (
            f'CREATE TRIGGER "{self.name}" BEFORE UPDATE OR DELETE ON %(table)s FOR EACH ROW {call}'
        )
        whole = (
            f'CREATE TRIGGER "{self.name}_truncate" BEFORE TRUNCATE ON %(table)s '
            f"FOR EACH STATEMENT {call}"
        )
        return [
            Statement(refuse, table=table),
            Statement(row, table=table),
            Statement(whole, table=table),
        ]

    def remove_sql(self, model, schema_editor):
        """On PostgreSQL; SQLite remakes the table without its triggers."""
        table = Table(model._meta.db_table, schema_editor.quote_name)
        return self._joined(
            Statement(f'DROP TRIGGER "{name}" ON %(table)s', table=table)
            for name in self.trigger_names("postgresql")
        )

    @staticmethod
    def _joined(statements):
        return "; ".join(map(str, statements))

    def validate(self, model, instance, exclude=None, using="default"):
        """Nothing a form could break: inserting is always allowed."""

    def __eq__(self, other):
        if isinstance(other, AppendOnly):
            return self.name == other.name
        return super().__eq__(other)
