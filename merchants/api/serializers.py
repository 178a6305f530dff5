"""Bases of request and answer bodies: nothing is guessed and nothing is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models
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
        return _kept(cls).to_representation(row)


@cache
def _kept(shape: type[StrictSerializer]) -> StrictSerializer:
    return shape()


class StrictModelSerializer(Strict, serializers.ModelSerializer):
    """A body like a table's row, for tables without rules of their own."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: fields.Text,
        models.TextField: fields.Text,
        models.BooleanField: fields.Boolean,
        models.DateField: fields.Date,
        models.DateTimeField: fields.Time,
        models.IntegerField: fields.Integer,
        models.PositiveIntegerField: fields.Integer,
        models.PositiveSmallIntegerField: fields.Integer,
        models.SmallIntegerField: fields.Integer,
        models.BigIntegerField: fields.Integer,
    }
    serializer_choice_field = fields.Choice


class LotRef(StrictSerializer):
    """The two fields that name a lot; units without a lot have null in both."""

    lot_number = fields.LotNumber()
    expires_on = fields.Expiry()


class NoBody(StrictSerializer):
    """The body of a verb that takes none."""
