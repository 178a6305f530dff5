"""Refusals over the API: the code, and that nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.merchants.api import assert_problem
from tests.refusals import state

# A key remembers its last use, whatever the answer was.
USE = "merchants.ApiKey"


@contextmanager
def assert_refused(code: str, status: int = 409) -> Iterator[Callable[[Any], None]]:
    """Everything answered inside is refused with this code and leaves all rows as they were."""
    before = rows()
    yield lambda answer: assert_problem(answer, status, code) and None
    assert rows() == before


def rows() -> dict[str, Any]:
    return {label: found for label, found in state().items() if label != USE}
