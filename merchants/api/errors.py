"""Every error under /api/ as application/problem+json (RFC 9457). Must not import views."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from merchants.errors import DomainError, FieldError, Malformed
from merchants.outages import outage

logger = logging.getLogger("django.request")

MEDIA_TYPE = "application/problem+json"
WHOLE = "non_field_errors"
RETRY_SECONDS = "1"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """One problem; `code` is for programs, `detail` for people."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": printable(detail),
        "code": code,
    }
    if errors is not None:
        body["errors"] = [
            {
                "field": printable(error["field"]),
                "code": error["code"],
                "message": printable(error["message"]),
            }
            for error in errors
        ]
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def printable(text: str) -> str:
    """Text that can be encoded: a message may quote half a surrogate pair that a client sent."""
    return text.encode("utf-8", "replace").decode()


def malformed(errors: list[FieldError]) -> Response:
    """400; its code is that of the errors where they agree, else `invalid`."""
    codes = {error["code"] for error in errors}
    first = errors[0]
    detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    if len(errors) > 1:
        detail += f" (and {len(errors) - 1} more)"
    code = codes.pop() if len(codes) == 1 else "invalid"
    return problem(400, code, detail, errors=errors)


def field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Flatten REST framework's nested errors: `lines[0].lots[1].number`, in the order given."""
    if isinstance(detail, dict):
        for name, below in detail.items():
            yield from field_errors(below, joined(path, name))
    elif isinstance(detail, list | tuple):
        for index, below in enumerate(detail):
            nested = isinstance(below, dict | list | tuple)
            yield from field_errors(below, f"{path}[{index}]" if nested else path)
    else:
        code = getattr(detail, "code", "invalid")
        yield {"field": path, "code": code, "message": str(detail)}


def joined(path: str, name: Any) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    if name == WHOLE:
        return path
    return f"{path}.{name}" if path else str(name)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to an error of any view under /api/; nothing internal is ever told."""
    response = expected(error)
    if response is not None:
        return response
    request = context.get("request")
    logger.error("Internal error at %s", getattr(request, "path", ""), exc_info=error)
    got_request_exception.send(sender=type(context.get("view")), request=request)
    response = problem(500, "internal_error", "Something went wrong here; nothing was changed.")
    response._has_been_logged = True  # type: ignore[attr-defined]  # or Django does it again
    return response


def expected(error: Exception) -> Response | None:
    """The answer to an error that is part of the contract, else None."""
    if isinstance(error, Malformed):
        return malformed(error.errors)
    if isinstance(error, DomainError):
        headers = {"Retry-After": RETRY_SECONDS} if getattr(error, "retry", False) else None
        return problem(error.status, error.code, str(error), headers=headers)
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is no such object.")
    if isinstance(error, PermissionDenied):
        return problem(403, "permission_denied", "This may not be done with this key.")
    if isinstance(error, exceptions.APIException):
        return of_framework(error)
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", "The body of the request is too large.")
    if isinstance(error, SuspiciousOperation):
        return problem(400, "bad_request", "The request could not be read.", errors=[])
    return of_database(error)


def of_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return malformed(list(field_errors(error.detail)))
    if isinstance(error, exceptions.ParseError):
        return malformed(list(field_errors([error.detail])))
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if isinstance(error, exceptions.Throttled) and error.wait is not None:
        headers["Retry-After"] = str(int(error.wait))
    detail: Any = error.detail
    return problem(
        error.status_code, getattr(detail, "code", "error"), str(detail), headers=headers
    )


def of_database(error: Exception) -> Response | None:
    """Two requests met: a unique key was taken meanwhile. Or the database cannot answer now."""
    if isinstance(error, IntegrityError):
        logger.error("A constraint refused a request that no rule refused", exc_info=error)
        return problem(409, "conflict", "This conflicts with what is there; read it and try again.")
    found = outage(error)
    if found is None:
        return None
    logger.warning("Answered with 503: %s", error)
    return problem(503, found.code, found.detail, headers={"Retry-After": found.retry_after})
