"""Fields that take what API.md says and nothing that merely looks like it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.files.base import File
from django.db.models import QuerySet
from rest_framework import serializers

from merchants.compiled import Compiled, only
from merchants.days import FIRST_YEAR, LAST_YEAR, OUT_OF_RANGE, is_meant
from merchants.errors import Malformed, NotFound
from merchants.querysets import SharedQuerySet
from merchants.uploads import Kind, Upload, checked

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*", re.ASCII)
VALUE = "the value"  # stands in a statement for the one that is looked for
LARGEST_INTEGER = 2**31 - 1
LARGEST_ID = 2**63 - 1
SHOWN_CHARACTERS = 60


def shown(data: Any) -> str:
    """What was sent, as JSON, for a message to quote; cut where it is long."""
    text = json.dumps(data, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


class Text(serializers.CharField):
    """A trimmed text without control characters; `multiline` allows line breaks and tabs.

    A `code` (a SKU, a lot number) has no invisible characters either: two that look alike are one.
    """

    default_error_messages = {
        "invalid": "Give a text, not {value}.",
        "control_character": "Control characters are not allowed.",
        "invisible_character": "Invisible characters are not allowed.",
    }

    def __init__(self, *, multiline: bool = False, code: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        self.is_code = code
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid", value=shown(data))
        allowed = "\n\r\t" if self.multiline else ""
        text: str = super().to_internal_value(data)
        if text.isprintable():  # nearly all are; then none of what follows is in it
            return text
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text):
            self.fail("control_character")
        if self.is_code and any(unicodedata.category(c) == "Cf" for c in text):
            self.fail("invisible_character")
        return text


class LotNumber(Text):
    """A lot's number; "" and null mean the same, and both become ""."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        if not kwargs.get("required") and not kwargs.get("read_only"):
            kwargs.setdefault("required", False)
            kwargs.setdefault("default", "")
        super().__init__(code=True, allow_blank=True, allow_null=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None else data)


class Integer(serializers.IntegerField):
    """A whole number as JSON has it: not "5", not 5.0, not true."""

    default_error_messages = {"invalid": "Give a whole number, not {value}."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_value", LARGEST_INTEGER)
        kwargs.setdefault("min_value", -LARGEST_INTEGER)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid", value=shown(data))
        return data


class Quantity(Integer):
    """A positive whole number of units."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 1)
        super().__init__(**kwargs)


class Id(Integer):
    """The id of something; whether the caller may see it is for the service to find out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class Boolean(serializers.BooleanField):
    """true or false, not "yes" and not 1."""

    default_error_messages = {"invalid": "Give true or false, not {value}."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", value=shown(data))
        return data


class Measure(serializers.DecimalField):
    """A length or weight: a number or its text, never negative."""

    default_error_messages = {"invalid": "Give a number."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 10)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("min_value", Decimal(0))
        super().__init__(coerce_to_string=False, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            self.fail("invalid")
        value: Decimal = super().to_internal_value(data)
        return value

    def to_representation(self, value: Decimal) -> float:
        return float(value)  # ten digits fit; as a text it would not be a number of JSON


class Date(serializers.DateField):
    """A day as YYYY-MM-DD, in a year that can be meant."""

    default_error_messages = {
        "invalid": "Give a date as YYYY-MM-DD, not {value}.",
        "out_of_range": OUT_OF_RANGE,
    }

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not ISO_DATE.fullmatch(data):
            self.fail("invalid", value=shown(data))
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("invalid", value=shown(data))
        if not is_meant(day):
            self.fail("out_of_range")
        return day


class Expiry(Date):
    """The last good day; "" and null mean that there is none, and both become None."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("required") and not kwargs.get("read_only"):
            kwargs.setdefault("required", False)
            kwargs.setdefault("default", None)
        super().__init__(allow_null=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if data == "" else data)


class Time(serializers.DateTimeField):
    """A moment in ISO 8601; without an offset it is UTC."""

    default_error_messages = {
        "invalid": "Give a time as YYYY-MM-DDThh:mm:ssZ.",
        "out_of_range": f"Give a time from {FIRST_YEAR} to {LAST_YEAR}.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not ISO_TIME.fullmatch(data):
            self.fail("invalid")
        moment: datetime = super().to_internal_value(data)
        if not is_meant(moment):
            self.fail("out_of_range")
        return moment


class Choice(serializers.ChoiceField):
    """One of some texts, spelled exactly."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=shown(data))
        return super().to_internal_value(data)


class Uploaded(serializers.FileField):
    """A file of one of these kinds, sent in a form; becomes a checked `uploads.Upload`."""

    default_error_messages = {"invalid": "Send the file as a part of multipart/form-data."}

    def __init__(self, *, allowed: tuple[Kind, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed = allowed

    def to_internal_value(self, data: Any) -> Upload:
        if not isinstance(data, File):
            self.fail("invalid")
        try:
            return checked(data, allowed=self.allowed)
        except Malformed as wrong:
            raise serializers.ValidationError(wrong.message, code=wrong.code) from wrong


class Related(serializers.Field):
    """An object named by a text such as `sku`, or by id; a foreign one is as unknown as none.

    An unknown text is a wrong value of this field: 400. An unknown id is 404, as in a path.

    Looks among the rows of the merchant whom the request concerns (`context["merchant"]`), or of
    the user where none is known. `Related(Product.objects.all, "sku")` finds what it answers.
    One query for each value: resolve the lines of a document with `resolve` instead.
    """

    default_error_messages = {"invalid": "Not a valid value."}

    def __init__(
        self, rows: Callable[[], QuerySet[Any]], key: str, *, code: str = "", **kwargs: Any
    ) -> None:
        self.rows = rows
        self.key = key
        self.code = code
        super().__init__(**kwargs)

    @cached_property
    def value_field(self) -> serializers.Field:
        return Id() if self.is_id else Text()

    @property
    def is_id(self) -> bool:
        return self.key in ("id", "pk")

    def to_internal_value(self, data: Any) -> Any:
        value = self.value_field.run_validation(data)
        rows = self.rows()
        found = self._find(rows, value)
        if found is None and self.is_id:
            raise NotFound()
        if found is None:
            raise unknown(rows.model, value, self.code)
        return found

    def _find(self, rows: QuerySet[Any], value: Any) -> Any:
        if isinstance(rows, SharedQuerySet) and not self.is_id:
            return only(self._of_the_house.models({VALUE: value}))
        return visible(rows, self.context).filter(**{self.key: value}).first()

    @cached_property
    def _of_the_house(self) -> Compiled:
        """One statement finds what is everybody's, whoever asks; nearly all documents name some."""
        return Compiled(self.rows().filter(**{self.key: VALUE}))

    def to_representation(self, value: Any) -> Any:
        return getattr(value, self.key)


def visible(rows: QuerySet[Any], context: dict[str, Any]) -> QuerySet[Any]:
    """The rows that a request may name: those of its merchant, else those of its user."""
    merchant = context.get("merchant")
    if merchant is not None and hasattr(rows, "for_merchant"):
        return rows.for_merchant(merchant)  # type: ignore[no-any-return]
    return rows.for_user(context["request"].user)  # type: ignore[attr-defined, no-any-return]


def unknown(model: type[Any], value: Any, code: str = "") -> serializers.ValidationError:
    noun = model._meta.verbose_name
    return serializers.ValidationError(
        f"There is no {noun} {value}.", code=code or f"unknown_{model._meta.model_name}"
    )


def resolve(
    values: list[Any],
    rows: QuerySet[Any],
    key: str,
    *,
    path: Callable[[int], str],
    code: str = "",
) -> list[Any]:
    """The objects that these values name, in their order, in one query.

    `path(index)` is the field of a value as errors name it: `lambda i: f"lines[{i}].sku"`. Give
    rows that are already scoped. Raises: ValidationError with every value that names nothing.
    """
    found = {getattr(row, key): row for row in rows.filter(**{f"{key}__in": set(values)})}
    errors = {
        path(index): unknown(rows.model, value, code).detail
        for index, value in enumerate(values)
        if value not in found
    }
    if errors:
        raise serializers.ValidationError(errors)
    return [found[value] for value in values]
