"""The locks taken away, so that a race can be seen: the negative control of every race test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.backends.utils import CursorWrapper

LOCK = re.compile(r'\s+FOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF "?\w+"?)?')


@contextmanager
def locks_off() -> Iterator[None]:
    """While this is open no statement locks what it reads, whoever wrote it: Django or we."""
    execute = CursorWrapper.execute

    def unlocked(self: Any, sql: Any, params: Any = None) -> Any:
        return execute(self, LOCK.sub("", sql), params)

    with patch.object(CursorWrapper, "execute", unlocked):
        yield
