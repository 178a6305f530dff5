"""The text of an API key: `lw_<8 hex>_<43 url-safe>`; only its prefix and digest are kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

SHAPE = re.compile(r"lw_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class NewKey(NamedTuple):
    text: str
    prefix: str
    digest: str


def new_key() -> NewKey:
    """A key with 256 random bits; its prefix finds the row and is no secret."""
    prefix = secrets.token_hex(4)
    text = f"lw_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text, prefix, digest_of(text))


def digest_of(text: str) -> str:
    """SHA-256, without salt or rounds: nobody guesses 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def prefix_of(text: str) -> str | None:
    """The prefix of a text that has the shape of a key, else None."""
    match = SHAPE.fullmatch(text)
    return match[1] if match else None


def matches(text: str, digest: str) -> bool:
    """Compare in a time that tells nothing about how much of the key was right."""
    return hmac.compare_digest(digest_of(text), digest)
