"""Files for imports, and the steps of an import as a person takes them."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

PRODUCTS = "/admin/inventory/product/import/"
LOCATIONS = "/admin/inventory/location/import/"
LOTS = "/admin/inventory/lot/import/"


def xlsx(*rows: list[Any], title: str = "Sheet") -> bytes:
    """A workbook as openpyxl writes it: a text that begins with = is a formula."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def comma(*rows: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def make(kind: str, *rows: list[Any]) -> bytes:
    return xlsx(*rows) if kind == "xlsx" else comma(*rows)


def preview(client: Client, url: str, data: bytes, name: str = "file.csv", **details: Any) -> Any:
    """Choose a file and look at what it would do."""
    file = SimpleUploadedFile(name, data)
    response = client.post(url, {"step": "preview", "import_file": file, **details})
    assert response.status_code == 200
    return response


def confirm(client: Client, preview_page: Any, url: str) -> Any:
    """Press the button below the preview."""
    return client.post(url, {"step": "confirm", "upload": preview_page.context["token"]})


def outcome(response: Any) -> dict[str, int]:
    """How many rows are new, update, skip, delete or invalid."""
    return dict(response.context["counts"])


def faults(response: Any) -> list[tuple[int, str, str, str]]:
    """(row, column, value, code) of every cell that was refused."""
    found = response.context["result"].faults
    return [(fault.row, fault.column, fault.value, fault.code) for fault in found]


def refused(response: Any) -> list[str]:
    """Why the file as a whole was not read."""
    return list(response.context["form"].errors.get("import_file", []))


def cells(data: bytes) -> list[list[tuple[Any, str]]]:
    """Value and kind of every cell of a workbook's first sheet."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]
