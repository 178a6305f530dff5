"""Days that can be meant. A browser lets a year be typed with two digits, or with six."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

FIRST_YEAR, LAST_YEAR = 1900, 2200
OUT_OF_RANGE = f"Give a date from {FIRST_YEAR} to {LAST_YEAR}."


def is_meant(day: date) -> bool:
    """Whether a day lies in the years that anything here is about."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


class DayField(forms.DateField):
    """A day as YYYY-MM-DD, picked from a calendar where the browser has one."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {
            "type": "date",
            "min": f"{FIRST_YEAR}-01-01",
            "max": f"{LAST_YEAR}-12-31",  # else a year has room for six digits
        }
        widget = forms.DateInput(attrs=attributes, format="%Y-%m-%d")
        super().__init__(**{"widget": widget, "required": False, **kwargs})

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not is_meant(value):
            raise forms.ValidationError(OUT_OF_RANGE, code="out_of_range")
