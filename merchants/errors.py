"""How lotwms says no: one error with a code, a message for people and the facts.

Translated in three places only: the API's exception handler, the admin's message and the row
error of a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict


class FieldError(TypedDict):
    """One thing wrong with the input; `field` as in `lines[0].lots[1].number`, "" for the whole."""

    field: str
    code: str
    message: str


class DomainError(Exception):
    """Something lotwms will not do, and why.

    `code` is stable and meant for programs, `message` for people; every further fact becomes an
    attribute and stands in `data`.
    """

    code = "error"
    status = 409

    def __init__(self, code: str = "", message: str = "", **data: Any) -> None:
        self.code = code or type(self).code
        self.message = message
        self.data = data
        super().__init__(message or self.code)

    def __getattr__(self, name: str) -> Any:
        data = self.__dict__.get("data", {})
        if name in data:
            return data[name]
        raise AttributeError(f"{type(self).__name__} has no {name}")

    def __str__(self) -> str:
        return self.message or self.code


class Refusal(DomainError):
    """A rule of the warehouse forbids it as things stand; answered with 409."""

    code = "refused"
    status = 409


class Malformed(DomainError):
    """The input cannot be meant; `errors` names each field; answered with 400."""

    code = "invalid"
    status = 400

    def __init__(
        self,
        code: str = "",
        message: str = "",
        *,
        errors: Sequence[FieldError] = (),
        field: str = "",
        **data: Any,
    ) -> None:
        super().__init__(code, message, **data)
        own: FieldError = {"field": field, "code": self.code, "message": message}
        self.errors: list[FieldError] = list(errors) or [own]


class NotFound(DomainError):
    """No such thing, or none that the caller may see; answered with 404 either way."""

    code = "not_found"
    status = 404

    def __init__(self, code: str = "", message: str = "There is no such object.", **data: Any):
        super().__init__(code, message, **data)
