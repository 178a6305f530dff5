"""The recipient of an order."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from merchants.api import fields

MOST_FIELDS = 50


class ShipTo(serializers.DictField):
    """Who gets it: `name`, `email`, `country` (two letters) and what else the carrier needs."""

    child = fields.Text(allow_blank=True, allow_null=True, max_length=500, multiline=True)
    default_error_messages = {"max_length": f"Give at most {MOST_FIELDS} fields."}

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        if isinstance(data, dict) and len(data) > MOST_FIELDS:
            self.fail("max_length")
        texts: dict[str, str | None] = super().to_internal_value(data)
        name = fields.Text(max_length=64)
        for key in texts:
            name.run_validation(key)
        country = texts.get("country")
        if country and not re.fullmatch("[A-Za-z]{2}", country):
            message = "Give the country as a code of two letters, such as US."
            raise serializers.ValidationError(
                {"country": [ErrorDetail(message, code="invalid_country")]}
            )
        return texts
