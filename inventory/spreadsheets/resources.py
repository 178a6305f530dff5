"""How the rows of a sheet become acts: read, judged, shown, then done by the services, or not.

All or nothing: one transaction does all rows of a file, and a single fault undoes it. A preview
judges each row by itself, so that nobody waits for its locks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Result, RowResult

from inventory.spreadsheets.cells import (
    UNSAID,
    Broken,
    Day,
    Expected,
    FileRefused,
    Formula,
    Rule,
    shown,
)
from inventory.spreadsheets.reading import ERRORS, Sheet
from merchants.errors import DomainError, Malformed
from merchants.models import User
from merchants.transactions import act


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell."""

    row: int
    column: str
    value: str
    code: str
    expected: str

    def __str__(self) -> str:
        return f"{self.column}: {self.expected}"


@dataclass(frozen=True)
class Change:
    """What a row changes in one column."""

    column: str
    before: str
    after: str


class Column(Field):
    """A column of a sheet: what it is for, what its cells may hold, an example of it."""

    def __init__(
        self,
        rule: Rule,
        explanation: str,
        example: str = "",
        *,
        attribute: str,
        needed: bool = False,
    ) -> None:
        super().__init__(widget=rule, attribute=attribute)
        self.explanation, self.example = explanation, example
        self.required = needed or rule.required  # the column; its cells may be empty


class Row(RowResult):
    """One row of the file: its cells, what they say, and what is wrong or would change."""

    def __init__(self, number: int | None, cells: dict[str, Any]) -> None:
        super().__init__()
        self.number, self.cells = number, cells
        self.label = ""  # of what it is about, for the preview
        self.values: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.changes: list[Change] = []
        self.original: Any = None
        self.import_type = RowResult.IMPORT_TYPE_SKIP

    def refuse(self, column: str, code: str, expected: str) -> None:
        """Note what is wrong with a cell, once for each cell."""
        if any(fault.column == column for fault in self.faults):
            return
        value = shown(self.cells.get(column))
        self.faults.append(Fault(self.number, column, value, code, expected))
        self.import_type = RowResult.IMPORT_TYPE_INVALID

    @property
    def writes(self) -> bool:
        return self.import_type in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)


class SheetResult(Result):
    """What became of a file; `refusals` are those of the file as a whole.

    `notes` tell what it does beyond its rows, such as to open orders.
    """

    rows: list[Row]

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[DomainError] = []
        self.notes: list[str] = []

    @property
    def faults(self) -> list[Fault]:
        return [fault for row in self.rows for fault in row.faults]

    @property
    def counts(self) -> Counter[str]:
        return Counter(row.import_type for row in self.rows)

    def has_errors(self) -> bool:
        return bool(self.refusals)

    def has_validation_errors(self) -> bool:
        return any(row.faults for row in self.rows)

    @property
    def is_refused(self) -> bool:
        return self.has_errors() or self.has_validation_errors()

    @property
    def writes(self) -> bool:
        return any(row.writes or row.is_delete() for row in self.rows)


class SheetResource(Resource):
    """One kind of sheet. `title` names it, `actor` and `now` are those of the act."""

    title: ClassVar[str]
    # Where a refusal of a service belongs, by its code.
    refusal_columns: ClassVar[dict[str, str]] = {}

    def __init__(self, actor: User | None = None, now: datetime | None = None) -> None:
        super().__init__()
        self.actor, self.now = actor, now

    @classmethod
    def get_display_name(cls) -> str:
        return cls.title

    @classmethod
    def get_result_class(cls) -> type[SheetResult]:
        return SheetResult

    @property
    def columns(self) -> dict[str, Column]:
        return {field.column_name: field for field in self.fields.values()}

    def import_data(self, dataset: Sheet, dry_run: bool = False, **kwargs: Any) -> SheetResult:
        """Do what the sheet says; with `dry_run` find out what that would be.

        Raises: FileRefused where its columns are not ours. All other faults stand in the result,
        and nothing was changed then.
        """
        self.check_headers(dataset.headers)
        result = self.preview(dataset) if dry_run else self.confirm(dataset)
        result.total_rows = len(result.rows)
        return result

    def preview(self, dataset: Sheet) -> SheetResult:
        raise NotImplementedError

    def confirm(self, dataset: Sheet) -> SheetResult:
        raise NotImplementedError

    def check_headers(self, headers: list[str]) -> None:
        known = list(self.columns)
        unknown = [name for name in headers if name not in known]
        missing = [
            name for name, column in self.columns.items() if column.required and name not in headers
        ]
        if unknown:
            raise FileRefused(
                "unknown_column",
                f"There is no column {', '.join(map(shown, unknown))}. "
                f"The columns are: {', '.join(known)}.",
            )
        if missing:
            raise FileRefused("missing_column", f"The file lacks the column {', '.join(missing)}.")

    def rows_of(self, dataset: Sheet) -> list[Row]:
        return [
            Row(number, dict(zip(dataset.headers, cells, strict=True)))
            for number, cells in zip(dataset.numbers, dataset, strict=True)
        ]

    def read_cell(self, row: Row, name: str, standing: Any = None) -> None:
        """Put a cell's value into the row, or note what was expected.

        What stands already is not judged again: an export comes in as it went out.
        """
        column = self.columns[name]
        cell = row.cells[name]
        if standing is not None:
            current = column.get_value(standing)
            if column.widget.render(current) == (None if cell == "" else cell):
                row.values[name] = current
                return
        try:
            value = column.widget.clean(cell)
        except Expected as wrong:
            row.refuse(name, wrong.code, str(wrong))
        else:
            if value is not UNSAID:
                row.values[name] = value

    def after_export(self, queryset: Any, dataset: Any, **kwargs: Any) -> None:
        self.dress(dataset)

    def dress(self, dataset: Any) -> Any:
        """Tell the file's writer what it is and which columns are to be kept as text or dates."""
        rules = {name: column.widget for name, column in self.columns.items()}
        dataset.title = self.title
        dataset.text_columns = {name for name, rule in rules.items() if rule.is_text}
        dataset.day_columns = {name for name, rule in rules.items() if isinstance(rule, Day)}
        return dataset

    def empty_sheet(self) -> Any:
        """The headings and nothing else: what a template holds."""
        return self.dress(Sheet(headers=list(self.columns), kind="xlsx"))

    def annotated(self, dataset: Sheet, result: SheetResult) -> Any:
        """The sheet as it was uploaded, with a column that says what is wrong in each row."""
        sheet = Sheet(headers=[*dataset.headers, ERRORS], kind=dataset.kind)
        for cells, row in zip(dataset, result.rows, strict=False):
            sheet.append([*map(_plain, cells), "; ".join(map(str, row.faults)) or None])
        return self.dress(sheet)

    def explanation(self) -> list[list[str]]:
        """What each column holds, as the table on the page and the second sheet of a template."""
        lines = [["Column", "Needed", "What it holds", "Example"]]
        for name, column in self.columns.items():
            needed = "needed" if column.required else ""
            text = f"{column.explanation} ({column.widget.expected})"
            lines.append([name, needed, text, column.example])
        return lines


class ObjectResource(SheetResource):
    """Sheets of which each row is one object: found by its owner and its key, else made new."""

    owner: ClassVar[str]  # the column that names whose it is
    key: ClassVar[str]

    def owners(self) -> dict[str, Any]:
        """Merchants or warehouses by folded code."""
        raise NotImplementedError

    def find(self, owner_ids: set[int], keys: set[str]) -> dict[tuple[int, str], Any]:
        """What stands already, by owner's id and key. One query."""
        raise NotImplementedError

    def lock(self, rows: list[Row]) -> None:
        """Lock what the rows change, all at once and in the one order."""
        raise NotImplementedError

    def create(self, owner: Any, fields: dict[str, Any]) -> Any:
        raise NotImplementedError

    def update(self, standing: Any, fields: dict[str, Any]) -> Any:
        raise NotImplementedError

    def preview(self, dataset: Sheet) -> SheetResult:
        result = self.read(dataset)
        for row in result.rows:
            if row.writes:
                self.attempt(row, self.judge)
        return result

    @act
    def confirm(self, dataset: Sheet) -> SheetResult:
        result = self.read(dataset)
        if not result.is_refused:
            rows = [row for row in result.rows if row.writes]
            self.lock(rows)
            self.write(rows, result)
        if result.is_refused:
            transaction.set_rollback(True)
        return result

    def judge(self, row: Row) -> None:
        """Raise what the service would; here by doing it and undoing it at once."""
        with transaction.atomic():
            self.do(row)
            transaction.set_rollback(True)

    def write(self, rows: list[Row], result: SheetResult) -> None:
        """Do the rows; a refusal is noted in its row."""
        for row in rows:
            self.attempt(row, self.do)

    def do(self, row: Row) -> None:
        fields = self.fields_of(row)
        if row.original is None:
            self.create(row.values[self.owner], fields)
        else:
            self.update(row.original, fields)

    def attempt(self, row: Row, deed: Callable[[Row], None]) -> None:
        try:
            deed(row)
        except DomainError as refusal:
            self.refuse(row, refusal)

    def fields_of(self, row: Row) -> dict[str, Any]:
        """What the service is to set: for a new object all that is said, else what changes."""
        changed = [change.column for change in row.changes]
        said = row.values if row.original is None else changed
        return {
            self.columns[name].attribute: row.values[name] for name in said if name != self.owner
        }

    def read(self, dataset: Sheet) -> SheetResult:
        """The rows with what they say and what they would change. A constant number of queries."""
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        self.columns[self.owner].widget.by_code = self.owners()
        for row in result.rows:
            self.read_cell(row, self.owner)
        standing = self._standing(result.rows)
        first: dict[tuple[int, str], int] = {}
        for row in result.rows:
            self._read_row(row, standing)
            self._refuse_again(row, first)
        return result

    def _standing(self, rows: list[Row]) -> dict[tuple[int, str], Any]:
        owner_ids = {row.values[self.owner].pk for row in rows if self.owner in row.values}
        keys = {key for row in rows for key in _spellings(row.cells[self.key])}
        return self.find(owner_ids, keys) if owner_ids else {}

    def _read_row(self, row: Row, standing: dict[tuple[int, str], Any]) -> None:
        owner = row.values.get(self.owner)
        if owner is not None:
            found = (standing.get((owner.pk, key)) for key in _spellings(row.cells[self.key]))
            row.original = next(filter(None, found), None)
        for name in row.cells:
            if name != self.owner:
                self.read_cell(row, name, row.original)
        if not row.faults:
            row.changes = list(self._changes(row))
            row.label = f"{shown(row.values[self.key])} · {owner.code}"
            if row.original is None:
                row.import_type = RowResult.IMPORT_TYPE_NEW
            elif row.changes:
                row.import_type = RowResult.IMPORT_TYPE_UPDATE

    def _changes(self, row: Row) -> Iterator[Change]:
        for name, value in row.values.items():
            if name in (self.owner, self.key):
                continue
            column = self.columns[name]
            before = column.get_value(row.original) if row.original is not None else None
            if before == value:
                continue
            render = column.widget.render
            old = "" if before is None else shown(render(before))
            new = "" if value is None else shown(render(value))
            if row.original is not None or new:
                yield Change(name, old, new)

    def _refuse_again(self, row: Row, first: dict[tuple[int, str], int]) -> None:
        if self.owner not in row.values or self.key not in row.values:
            return
        identity = (row.values[self.owner].pk, row.values[self.key])
        earlier = first.setdefault(identity, row.number)
        if earlier != row.number:
            row.refuse(self.key, "duplicate_row", f"each {self.key} once; row {earlier} has it too")

    def refuse(self, row: Row, refusal: DomainError) -> None:
        """Put a service's refusal to the cell that it is about."""
        if isinstance(refusal, Malformed):
            found = [(error["field"], error["code"], error["message"]) for error in refusal.errors]
        else:
            column = self.refusal_columns.get(refusal.code, self.key)
            found = [(column, refusal.code, str(refusal))]
        names = {column.attribute: name for name, column in self.columns.items()}
        for field, code, message in found:
            row.refuse(names.get(field, self.key), code, message)


def _spellings(cell: Any) -> list[str]:
    """A key as it is written and as it is read."""
    if not isinstance(cell, str) or "\0" in cell:
        return []
    return list(dict.fromkeys([cell, cell.strip()]))


def _plain(cell: Any) -> Any:
    """A cell for the annotated file, in which nothing computes."""
    if isinstance(cell, Formula | Broken):
        return cell.text
    return str(cell) if isinstance(cell, bool) else cell
