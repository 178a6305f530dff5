# mypy: disable-error-code="misc"
"""The two formats in which django-import-export hands out what people may have."""

from __future__ import annotations

from typing import Any

from import_export.formats.base_formats import Format

from inventory.spreadsheets.writing import csv_file, workbook_file


class Workbook(Format):
    def get_title(self) -> str:
        return "Excel workbook (.xlsx)"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def can_export(self) -> bool:
        return True

    def export_data(self, dataset: Any, **options: Any) -> bytes:
        return workbook_file(
            dataset.title,
            dataset.headers,
            dataset,
            text_columns=dataset.text_columns,
            day_columns=dataset.day_columns,
            **options,
        )


class CommaSeparated(Format):
    def get_title(self) -> str:
        return "CSV (.csv)"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def can_export(self) -> bool:
        return True

    def export_data(self, dataset: Any, **options: Any) -> bytes:
        return csv_file(dataset.headers, dataset)


FORMATS: dict[str, Any] = {"xlsx": Workbook, "csv": CommaSeparated}
