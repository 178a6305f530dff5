"""JSON read strictly: one object with each field once; and forms, where a file is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request


class StrictJSONParser(BaseParser):
    """JSON in UTF-8; refuses NaN, a field given twice, and nesting without end."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            text = read_whole(stream).decode("utf-8")
            return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=object_once)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"This is not JSON: {error}") from error


def read_whole(stream: IO[bytes]) -> bytes:
    """A body, as far as one may be read into memory. Raises: RequestDataTooBig."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    data = stream.read(most + 1)
    if len(data) > most:
        raise RequestDataTooBig
    return data


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value of JSON")


def object_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("an object has the same field twice")
    return fields


class FormParser(MultiPartParser):
    """multipart/form-data, for verbs that take a file: texts and files, each field once.

    A file that is somewhat too large is read, to be refused by its field; a form of more than
    twice that size is not.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        length = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if length > 2 * settings.UPLOAD_MAX_MEGABYTES * 1024 * 1024:
            raise RequestDataTooBig
        form = super().parse(stream, media_type, parser_context)
        pairs = [
            (name, value)
            for part in (form.data, form.files)
            for name, values in part.lists()
            for value in values
        ]
        try:
            return object_once(pairs)
        except ValueError as error:
            raise ParseError("The form has the same field twice.") from error


class OnlyJSON(BaseContentNegotiation):
    """The API speaks JSON whatever a client says that it accepts; few verbs also read a form."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((one for one in parsers if one.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type
