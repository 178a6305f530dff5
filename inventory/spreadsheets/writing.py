"""Writing rows of values into a file in which no cell runs, whatever program opens it.

A workbook gets every text as a text cell. CSV knows no kinds of cells, so a text that a program
could take for a formula gets one `'` in front, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

# The signs with which a formula begins, their full-width forms, white space that is skipped, and
# the protection itself.
DANGEROUS = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
# What XML cannot hold or would change, and what would be read as such a code.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
TEXT, DAY = "@", "yyyy-mm-dd"
WIDTH = 18
LONGEST_TITLE = 31


def csv_file(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file in UTF-8 with its mark, so that every program reads it as such."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(headers)
    writer.writerows([_comma_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _comma_cell(value: Any) -> str:
    if value is None:
        return ""
    return protected(value) if isinstance(value, str) else str(value)


def protected(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text


def workbook_file(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    text_columns: Collection[str] = (),
    day_columns: Collection[str] = (),
    explanation: Sequence[Sequence[str]] = (),
) -> bytes:
    """A workbook with one sheet, and beside it one that explains the columns where it is given.

    Columns of text are formatted as text, so that what is typed there stays as it was typed.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:LONGEST_TITLE])
    sheet.freeze_panes = "A2"
    for place, name in enumerate(headers, start=1):
        column = sheet.column_dimensions[get_column_letter(place)]
        column.width = max(WIDTH, len(name) + 2)
        if name in text_columns:
            column.number_format = TEXT
        elif name in day_columns:
            column.number_format = DAY
    _append(sheet, headers, bold=True)
    for row in rows:
        _append(sheet, row)
    if explanation:
        beside = book.create_sheet("How to fill it in")
        for letter, width in zip("ABCD", (24, 12, 70, 30), strict=True):
            beside.column_dimensions[letter].width = width
        for place, line in enumerate(explanation):
            _append(beside, line, bold=place == 0)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _append(sheet: Any, values: Sequence[Any], *, bold: bool = False) -> None:
    sheet.append([_workbook_cell(sheet, value, bold) for value in values])


def _workbook_cell(sheet: Any, value: Any, bold: bool) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, UNWRITABLE.sub(_code, value))
        cell.data_type = "s"  # a text that begins with = would be taken for a formula
        cell.number_format = TEXT
    else:
        cell = WriteOnlyCell(sheet, value)
        if isinstance(value, date):
            cell.number_format = DAY
    if bold:
        cell.font = Font(bold=True)
    return cell


def _code(character: re.Match[str]) -> str:
    """How a workbook writes a character that XML cannot hold; `reading` turns it back."""
    return f"_x{ord(character[0]):04X}_"
