"""`Idempotency-Key`: a POST that is sent twice takes effect once and is answered twice.

The row of the key is inserted first, in the transaction of the effect. A second request with the
key therefore waits at its own insert until the first has ended, then finds the answer; where the
first was refused it finds nothing and goes ahead.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.api.parsers import FormParser
from merchants.columns import insert_unless_taken
from merchants.errors import DomainError, Malformed
from merchants.models import IdempotencyKey
from merchants.outages import waited_too_long
from merchants.transactions import act

HEADER = "Idempotency-Key"
PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


class KeyInUse(DomainError):
    """The first request with this key has not ended yet."""

    code = "idempotency_key_in_use"
    status = 409
    retry = True


class KeyReused(DomainError):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    status = 422


@dataclass(slots=True)
class Attempt:
    """One request with a key, and whether it got past the row of its key."""

    key: str
    digest: str
    request: Request
    is_ours: bool = False

    def insert(self) -> IdempotencyKey | None:
        """The row of this key, or None where an earlier request left one."""
        user = self.request.user
        row = IdempotencyKey(
            merchant_id=user.merchant_id,
            user=user,
            key=self.key,
            method=self.request.method,
            path=self.request.path,
            digest=self.digest,
            created_at=self.request.now,
        )
        self.is_ours = insert_unless_taken(row)
        return row if self.is_ours else None

    def earlier(self) -> IdempotencyKey:
        """The row that an earlier, committed request left."""
        user = self.request.user
        rows = IdempotencyKey.objects.filter(key=self.key, merchant=user.merchant_id)
        return rows.get() if user.merchant_id else rows.get(user=user)


def once(request: Request, perform: Callable[[], Response]) -> Response:
    """Perform a POST, or give again the answer that its Idempotency-Key already got."""
    key = request.headers.get(HEADER)
    if key is None:
        return perform()
    if not PRINTABLE.fullmatch(key):
        raise Malformed(
            "invalid_idempotency_key", "Use 1 to 255 printable ASCII characters.", field=HEADER
        )
    attempt = Attempt(key, digest_of(request), request)
    try:
        return first_or_again(attempt, perform)
    except OperationalError as error:
        if attempt.is_ours or not waited_too_long(error):
            raise
        raise KeyInUse(message="A request with this key is still running; try again.") from error


@act
def first_or_again(attempt: Attempt, perform: Callable[[], Response]) -> Response:
    attempt.is_ours = False
    row = attempt.insert()
    if row is None:
        return again(attempt)
    response = perform()
    row.status = response.status_code
    row.body = JSONRenderer().render(response.data)
    row.save(update_fields=["status", "body"])
    return response


def again(attempt: Attempt) -> Response:
    row = attempt.earlier()
    if row.digest != attempt.digest:
        raise KeyReused(message="This key was used for another request; use a new one.")
    body = json.loads(bytes(row.body)) if row.body else None
    return Response(body, status=row.status, headers={"Idempotent-Replayed": "true"})


def digest_of(request: Request) -> str:
    """SHA-256 of the method, the path with its query and the body as sent, byte for byte.

    Of a form what it holds: whoever sends one again draws another boundary for its parts. And a
    file may be larger than a body that is read as a whole.
    """
    head = f"{request.method} {request.get_full_path()}\n"
    is_form = (request.content_type or "").lower().startswith(FormParser.media_type)
    body = held_by(request.data) if is_form else request._request.body
    return hashlib.sha256(head.encode() + body).hexdigest()


def held_by(form: Any) -> bytes:
    """The fields of a form by name, a file by its name and content; files are left unread."""
    held: dict[str, str | list[str]] = {}
    for name, value in form.items():
        if isinstance(value, str):
            held[name] = value
            continue
        content = hashlib.sha256()
        for chunk in value.chunks():
            content.update(chunk)
        value.seek(0)
        held[name] = [value.name or "", content.hexdigest()]
    return json.dumps(held, sort_keys=True).encode()
