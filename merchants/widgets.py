"""Inputs that Django lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect

from merchants.ids import is_id


class SearchBox(AutocompleteSelect):
    """A box that finds its row by typing.

    What is no id has no row to be shown.
    """

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if is_id(str(one))], attr)
