"""Cursor pages over ids, which never shift while rows are added."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST_ID_DIGITS = 18
BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class CursorPages(CursorPagination):
    """`{"next", "previous", "results"}`; ordered by the view's `ordering`, an id."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "id"

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str]:
        return (getattr(view, "ordering", self.ordering),)

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 4):
            refuse_page_size(self.max_page_size)
        if not 1 <= int(asked) <= self.max_page_size:
            refuse_page_size(self.max_page_size)
        return int(asked)

    def decode_cursor(self, request: Request) -> Cursor | None:
        if not BASE64.fullmatch(request.query_params.get(self.cursor_query_param, "none")):
            raise invalid_cursor()  # decoding would pass over what it does not know
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:  # base64, text and query string each fail in their own way
            raise invalid_cursor() from error
        if cursor is not None and cursor.position is not None and not is_id(cursor.position):
            raise invalid_cursor()
        return cursor


def is_id(position: str) -> bool:
    return position.isascii() and position.isdigit() and len(position) <= LARGEST_ID_DIGITS


def invalid_cursor() -> ValidationError:
    return ValidationError(
        {"cursor": ["This cursor did not come from an answer."]}, code="invalid_cursor"
    )


def refuse_page_size(largest: int) -> NoReturn:
    raise ValidationError(
        {"page_size": [f"Give a whole number from 1 to {largest}."]}, code="invalid"
    )
