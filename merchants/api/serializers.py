"""Bases of request and answer bodies: nothing is guessed and nothing is passed over."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from merchants.api import fields


class Strict(serializers.BaseSerializer):
    """Refuses fields that the shape does not have; read-only ones are accepted and ignored."""

    def to_internal_value(self, data: Any) -> Any:
        errors = unknown_fields(data, self.fields) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **errors}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return value


def unknown_fields(data: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    message = ErrorDetail("There is no such field.", code="unknown_field")
    return {str(name): [message] for name in data if name not in known}


class StrictSerializer(Strict, serializers.Serializer):
    """A body by hand: declare the fields of `merchants.api.fields`."""

    @classmethod
    def body_of(cls, row: Any) -> dict[str, Any]:
        """What shows a row, by a serializer kept for all answers: each new one copies its fields.

        For shapes whose fields ask nothing of the request when they are written.
        """
        return _writer(cls).to_representation(row)

    @classmethod
    def data_of(cls, body: Any, *, partial: bool, context: dict[str, Any]) -> dict[str, Any]:
        """The validated body, by a serializer kept for all requests of this thread.

        Raises: ValidationError with every field that is wrong.
        """
        reader = _reader(cls)
        reader.initial_data, reader.partial, reader._context = body, partial, context
        try:
            reader.is_valid(raise_exception=True)
            data: dict[str, Any] = reader.validated_data
            return data
        finally:
            for name in OF_ONE_REQUEST:
                vars(reader).pop(name, None)


OF_ONE_REQUEST = ("initial_data", "_context", "_validated_data", "_errors")


@cache
def _writer(shape: type[StrictSerializer]) -> StrictSerializer:
    return shape()


class _Readers(threading.local):
    """Serializers that hold what one request says while they read it, for one thread each."""

    def __init__(self) -> None:
        self.of: dict[type[StrictSerializer], StrictSerializer] = {}


READERS = _Readers()


def _reader(shape: type[StrictSerializer]) -> StrictSerializer:
    if shape not in READERS.of:
        READERS.of[shape] = shape()
    return READERS.of[shape]


class LotRef(StrictSerializer):
    """The two fields that name a lot; units without a lot have null in both."""

    lot_number = fields.LotNumber()
    expires_on = fields.Expiry()


class NoBody(StrictSerializer):
    """The body of a verb that takes none."""
