"""Ids as texts. Anybody can write an address or send a form."""

from __future__ import annotations

MOST_DIGITS = 18


def is_id(text: str) -> bool:
    """Whether a row may have this id: 0 to 9 only, and no more than a column holds."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def as_id(text: str | None) -> int | None:
    """The id that a text is, or None, which no row has."""
    return int(text) if text and is_id(text) else None
