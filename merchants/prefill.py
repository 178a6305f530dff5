"""What the address of a page may fill into its form."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.http import QueryDict


def prefilled(fields: Mapping[str, forms.Field], address: QueryDict) -> dict[str, str]:
    """The values that an address gives for these fields, as far as a field could take them.

    Anybody can write an address, and a box that looks for its row by an id would stumble over a
    text. One statement for each field that names a row.
    """
    return {
        name: value
        for name, value in address.items()
        if name in fields and _would_take(fields[name], value)
    }


def _would_take(field: forms.Field, value: str) -> bool:
    try:
        field.clean(value)
    except forms.ValidationError:
        return False
    return True
