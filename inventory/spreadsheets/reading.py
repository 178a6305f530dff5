# mypy: disable-error-code="misc"
"""Reading a file into rows of cells, without ever running, fetching or unpacking too much of it.

The limits hold before anything is parsed. A workbook is read without the results that a
spreadsheet program stored beside its formulas: a formula is a formula.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import tablib
from openpyxl.utils import get_column_letter

from inventory.spreadsheets.cells import Broken, Cell, FileRefused, Formula, is_empty, shown

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED_BYTES = 50 * 1024 * 1024
MOST_ENTRIES = 200
MOST_ROWS = 10_000
MOST_EMPTY_ROWS = 1_000  # with formatting and nothing in them
MOST_COLUMNS = 60
WIDEST_ROW = 1_024  # to the right of the data only formatting, and no more of it than this
LAST_ROW = 1_048_576  # of any spreadsheet program
ZIP, OLE, HTML = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", re.compile(rb"\s*<(!doctype|html|\?xml)", re.I)
ERRORS = "errors"  # the column of what is wrong, in a file that came back annotated
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how a workbook writes a character that XML cannot


class Sheet(tablib.Dataset):
    """The rows of a file below its headings, each with its number in the file."""

    def __init__(self, *, headers: list[str], kind: str) -> None:
        super().__init__(headers=headers)
        self.kind = kind
        self.numbers: list[int] = []


def read_file(name: str, data: bytes, *, title: str = "") -> Sheet:
    """The rows of an uploaded file; `title` is the sheet to read where there are several.

    Raises: FileRefused, which says what to do.
    """
    kind = kind_of(name, data)
    rows = workbook_rows(data, title) if kind == "xlsx" else comma_rows(data)
    return to_sheet(rows, kind)


def kind_of(name: str, data: bytes) -> str:
    """xlsx or csv, by what the file is; its name must say the same."""
    if not data.strip():
        raise FileRefused("file_empty", "The file is empty.")
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise FileRefused("file_too_large", f"The file is larger than {limit} MB: split it.")
    ending = name.rsplit(".", 1)[-1].casefold() if "." in name else ""
    if ending == "xlsm":
        raise FileRefused("macros_not_allowed", "Workbooks with macros are refused: save as .xlsx.")
    if data.startswith(OLE):
        raise FileRefused(
            "xls_not_supported",
            "This is an old or a password-protected workbook: save it as .xlsx without a password.",
        )
    if ending not in ("xlsx", "csv"):
        raise FileRefused("type_not_supported", "Upload an .xlsx or a .csv file.")
    if data.startswith(ZIP) != (ending == "xlsx") or HTML.match(data):
        raise FileRefused(
            "type_mismatch",
            f"This is not what an .{ending} file holds: save it again as .{ending}.",
        )
    return ending


def to_sheet(rows: Iterator[tuple[int, list[Cell]]], kind: str) -> Sheet:
    """The headings, and below them the rows that are not empty, all of the same width."""
    first = next(rows, None)
    if first is None:
        raise FileRefused("no_rows", "The file has no headings.")
    headings = [heading(cell, place) for place, cell in enumerate(first[1])]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > MOST_COLUMNS:
        raise FileRefused("too_many_columns", f"The file has more than {MOST_COLUMNS} columns.")
    kept = [place for place, name in enumerate(headings) if name and name != ERRORS]
    for place in kept:
        if headings[place] in headings[:place]:
            raise FileRefused(
                "duplicate_header", f"Two columns are named “{headings[place]}”: keep one of them."
            )
    sheet = Sheet(headers=[headings[place] for place in kept], kind=kind)
    for number, cells in rows:
        _refuse_stray(number, cells, headings)
        padded = [*cells, *[None] * (len(headings) - len(cells))]
        if len(sheet.numbers) == MOST_ROWS:
            raise FileRefused("too_many_rows", f"The file has more than {MOST_ROWS:,} rows.")
        sheet.numbers.append(number)
        sheet.append([padded[place] for place in kept])
    if not sheet.numbers:
        raise FileRefused("no_rows", "The file has headings and no rows.")
    return sheet


def heading(cell: Cell, place: int) -> str:
    """A heading as columns are named: `Lot number` and ` LOT_NUMBER ` are `lot_number`."""
    if is_empty(cell):
        return ""
    if not isinstance(cell, str):
        raise FileRefused(
            "header_not_found",
            f"The heading of column {get_column_letter(place + 1)} is “{shown(cell)}”, "
            "not text: put the names of the columns into the first row.",
        )
    return re.sub(r"[\s_-]+", "_", cell.strip().strip("*\ufeff").strip().casefold())


def _refuse_stray(number: int, cells: list[Cell], headings: list[str]) -> None:
    for place, cell in enumerate(cells):
        if not is_empty(cell) and (place >= len(headings) or not headings[place]):
            raise FileRefused(
                "column_count",
                f"Row {number} has “{shown(cell)}” in column {get_column_letter(place + 1)}, "
                "which has no heading.",
            )


# CSV ----------------------------------------------------------------------------------------------


def comma_rows(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a CSV file; the separator is that of its first line."""
    text = _decoded(data)
    start, delimiter = 1, _delimiter(text)
    if text[:5].casefold() == f"sep={delimiter}":
        text, start = text.partition("\n")[2], 2
    number = start
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start):
            if any(cell.strip() for cell in row):
                yield number, [unprotected(cell) for cell in row]
    except csv.Error as error:
        raise FileRefused(
            "malformed_csv", f"The file cannot be read as CSV from row {number} on: {error}."
        ) from error


def unprotected(cell: str) -> str | None:
    """The text of a CSV cell: one `'` in front is a protection and no part of it."""
    return cell.removeprefix("'") or None


def _decoded(data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            "encoding", "The file is not in UTF-8: save it as “CSV UTF-8 (comma delimited)”."
        ) from error
    if "\0" in text:
        raise FileRefused("encoding", "The file contains NUL characters: save it again as CSV.")
    return text


def _delimiter(text: str) -> str:
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if first.casefold().startswith("sep=") and len(first) == 5:
        return first[4]
    return max(",;\t", key=first.count)


# Workbooks ----------------------------------------------------------------------------------------


def workbook_rows(data: bytes, title: str) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a workbook's sheet `title`, or of its only one, that have anything in them."""
    _check_package(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl leaves out: styles, links, drawings
        try:
            rows = list(_rows(_open(data, title)))
        except FileRefused:
            raise
        except Exception as error:  # the library raises whatever its XML parser does
            raise FileRefused(
                "corrupt", "The workbook is damaged or is none: save it again as .xlsx."
            ) from error
    yield from rows


def _check_package(data: bytes) -> None:
    """What can be said of the archive before any of it is unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise FileRefused("corrupt", "The workbook is damaged: save it again as .xlsx.") from error
    names = [entry.filename.casefold() for entry in entries]
    if len(entries) > MOST_ENTRIES:
        raise FileRefused("too_many_entries", "The workbook has too many parts: save it again.")
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        limit = MOST_UNPACKED_BYTES // 1024 // 1024
        raise FileRefused(
            "unpacked_too_large", f"The workbook is larger than {limit} MB when unpacked."
        )
    if any("vbaproject" in name or "macrosheet" in name for name in names):
        raise FileRefused("macros_not_allowed", "Workbooks with macros are refused: save as .xlsx.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("encrypted", "The workbook has a password: save it without one.")
    if len(set(names)) < len(names):
        raise FileRefused("corrupt", "The workbook has two parts of one name: save it again.")
    if "xl/workbook.xml" not in names:
        raise FileRefused("not_a_workbook", "This is no workbook: save it as .xlsx.")


def _open(data: bytes, title: str) -> Any:
    """The sheet to read."""
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=False, keep_links=False
    )
    sheets = book.worksheets
    named = [sheet for sheet in sheets if sheet.title.casefold() == title.casefold()]
    if not named and len(sheets) != 1:
        raise FileRefused(
            "choose_sheet",
            f"The workbook has {len(sheets)} sheets: name the one to read “{title}”, or keep "
            "only that one.",
        )
    sheet = (named or sheets)[0]
    sheet.reset_dimensions()  # what the file claims about its size is not to be believed
    return sheet


def _rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    filled = empty = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > LAST_ROW or filled > MOST_ROWS + 1 or empty > MOST_EMPTY_ROWS:
            raise FileRefused(
                "too_many_rows",
                f"The sheet has more than {MOST_ROWS:,} rows, or rows far below the others: "
                "delete the rows below the last one.",
            )
        if not row:
            continue
        if len(row) > WIDEST_ROW:
            raise FileRefused("too_many_columns", f"Row {number} has too many columns.")
        cells = [_cell(cell) for cell in row]
        if all(map(is_empty, cells)):
            empty += 1
            continue
        filled += 1
        yield number, cells


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return None
    if kind == "f":
        return Formula(value if isinstance(value, str) else f"={getattr(value, 'text', '')}")
    if kind == "e":
        return Broken(str(value))
    if isinstance(value, str):
        return ESCAPED.sub(_character, value)
    result: Cell = value
    return result


def _character(code: re.Match[str]) -> str:
    """The character of a code such as _x000D_; NUL and half characters stay codes."""
    number = int(code[1], 16)
    return code[0] if number == 0 or 0xD800 <= number < 0xE000 else chr(number)
