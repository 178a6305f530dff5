"""Inputs that Django lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect

MOST_DIGITS = 18  # of an id


class SearchBox(AutocompleteSelect):
    """A box that finds its row by typing.

    Anybody can write an address or send a form: what is no id has no row to be shown.
    """

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if is_id(str(one))], attr)


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
