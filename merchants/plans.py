"""When PostgreSQL is to think again about how it reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections


@contextmanager
def planned_anew(using: str) -> Iterator[None]:
    """What is sent in here is planned for its values each time, however often it was sent.

    What a connection has prepared gets one plan for all values in the end. Where the first rows
    of an order are looked for among those of a condition, that plan bets on how many there are:
    lots were read one by one, two seconds long, for a date on which none was received.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    kept, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = kept
