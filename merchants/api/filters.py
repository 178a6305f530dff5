"""Query parameters, read strictly: what is not understood is refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from merchants.api import fields

LARGEST_ID = fields.LARGEST_ID


class StrictBooleanField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Give true or false.", code="invalid")
        return bool(value == "true")


class StrictDateField(forms.Field):
    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        try:
            return fields.Date().run_validation(value)
        except ValidationError as error:
            told = {"told": str(error.detail[0])}  # it may quote a %, and is formatted once more
            raise forms.ValidationError("%(told)s", code="invalid", params=told) from error


class StrictIntegerField(forms.Field):
    def to_python(self, value: Any) -> int | None:
        if value in (None, ""):
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 20) or int(value) > LARGEST_ID:
            raise forms.ValidationError("Give a whole number.", code="invalid")
        return int(value)


class BooleanFilter(django_filters.BooleanFilter):
    """`true` or `false`."""

    field_class = StrictBooleanField


class DateFilter(django_filters.DateFilter):
    """A day as YYYY-MM-DD."""

    field_class = StrictDateField


@extend_schema_field(OpenApiTypes.DATE)
class DayFilter(DateFilter):
    """A day in UTC, before or after which a time is: compared as instants, which have an index."""

    def filter(self, qs: Any, value: Any) -> Any:
        edge = time.max if self.lookup_expr == "gt" else time.min
        return super().filter(qs, value and datetime.combine(value, edge, UTC))


@extend_schema_field(OpenApiTypes.INT)
class IntegerFilter(django_filters.Filter):
    """A whole number, such as an id."""

    field_class = StrictIntegerField


class TextFilter(django_filters.CharFilter):
    """A text, compared exactly unless the filter says otherwise."""


class StrictFilterSet(django_filters.FilterSet):
    """Declare the filters by hand from this module; `merchant` comes from the view."""


def refuse_parameters(params: QueryDict, known: Iterable[str]) -> None:
    """Refuse query parameters that are unknown, given twice or empty."""
    errors: dict[str, Any] = {}
    for name, values in params.lists():
        if name not in known:
            errors[name] = [ErrorDetail("There is no such parameter.", code="unknown_parameter")]
        elif len(values) > 1:
            errors[name] = [ErrorDetail("Give this parameter once.", code="duplicate_parameter")]
        elif not values[0].strip():
            errors[name] = [ErrorDetail("Give a value or leave it out.", code="blank")]
    if errors:
        raise ValidationError(errors)
