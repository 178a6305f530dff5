"""`act`: one verb, one transaction, tried again when the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
TRIES = 5
FIRST_PAUSE_SECONDS = 0.02


def act(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction.

    The outermost act is retried as a whole, up to five times in all, when PostgreSQL ended it
    because of a deadlock or a serialisation failure: nothing of it was kept, so it starts from
    its first read. Every other error passes, and an act inside another never retries by itself,
    for the transaction that failed is the outer one.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return verb(*args, **kwargs)
        tried = 0
        while True:
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                tried += 1
                if tried == TRIES or not is_retriable(error):
                    raise
            pause(tried)

    return run


def is_retriable(error: BaseException) -> bool:
    """Whether the database ended the transaction for the sake of another one."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED)


def pause(tried: int) -> None:
    """Wait before the next try: doubling, and at random so that the two do not meet again."""
    time.sleep(random.uniform(0.5, 1.0) * FIRST_PAUSE_SECONDS * 2**tried)  # noqa: S311
