"""What the OpenAPI schema cannot read from the code: the key, problems, and shared parameters."""

from __future__ import annotations

from typing import Any

from drf_spectacular import openapi
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {
    "type": "object",
    "description": "An error by RFC 9457. `code` is stable and meant for programs.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "For malformed input (400): what is wrong, field by field.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "examples": ["lines[0].lots[1].number"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
                "required": ["field", "code", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}

ALWAYS = {
    "400": "Malformed: a field or parameter is missing, unknown or wrong.",
    "401": "No API key, or one that is not valid.",
    "429": "Too many requests with this key; see Retry-After.",
    "503": "Others are changing the same stock, or the database is away; see Retry-After.",
}
NOT_FOUND = {"404": "There is no such object, or the key may not see it."}
OF_CHANGES = {
    "409": "Refused by a rule; `code` says which.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
}
OF_POST = {"422": "The Idempotency-Key was used for another request."}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same request, it repeats the first answer.",
)
MERCHANT = OpenApiParameter(
    "merchant", str, OpenApiParameter.QUERY, description="Staff keys only: a merchant's code."
)


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "merchants.api.authentication.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: `lw_…`"}


class RelatedField(OpenApiSerializerFieldExtension):
    """A reference is documented as the text or id that it is written as."""

    target_class = "merchants.api.fields.Related"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: dict[str, Any] = auto_schema._map_serializer_field(
            self.target.value_field, direction
        )
        return field


class AutoSchema(openapi.AutoSchema):
    """Adds the problems, the Idempotency-Key and the staff's `merchant` to every operation."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for status, description in self.problems().items():
            operation["responses"].setdefault(status, self.problem(description))
        return operation

    def problems(self) -> dict[str, str]:
        problems = dict(ALWAYS)
        if "{" in self.path or self.is_staff_only():
            problems |= NOT_FOUND
        if self.method != "GET":
            problems |= OF_CHANGES
        if self.method == "POST":
            problems |= OF_POST
        return problems

    def problem(self, description: str) -> dict[str, Any]:
        component = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        content = {"application/problem+json": {"schema": component.ref}}
        return {"description": description, "content": content}

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        view = self.view
        if getattr(view, "must_name_merchant", bool)() or getattr(view, "filters_merchant", bool)():
            parameters.append(MERCHANT)
        return parameters

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """Without the words of a base class, which speak to authors."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if "__doc__" not in vars(type(serializer)) or type(serializer).__doc__ is None:
            schema.pop("description", None)
        return schema

    def is_staff_only(self) -> bool:
        return bool(getattr(self.view, "is_staff_only", bool)())

    def get_description(self) -> str:
        description = str(super().get_description() or "")
        return f"{description}\n\nStaff keys only.".strip() if self.is_staff_only() else description
