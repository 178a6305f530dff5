"""The named places in an act where a worker can die, as if struck by SIGKILL from outside.

The product knows nothing of them: `arm` listens to what it says to the database. A point is armed
by a file of its name in the directory FIRE_POINTS; the worker that removes the file is struck.
"""

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

AFTER = {
    "after-key": re.compile(r'INSERT INTO "?merchants_idempotencykey\b'),
    "after-lock": re.compile(r'FROM "?inventory_product\b.*FOR NO KEY UPDATE', re.DOTALL),
    "after-promise": re.compile(r'INSERT INTO "?inventory_allocation\b'),
    "after-movement": re.compile(r'INSERT INTO "?inventory_movement\b'),
}
BEFORE_COMMIT = "before-commit"
AFTER_COMMIT = "after-commit"  # and before the answer
IN_THE_ANSWER = "in-the-answer"
NAMES = (*AFTER, BEFORE_COMMIT, AFTER_COMMIT, IN_THE_ANSWER)

STRUCK = "struck"


def directory() -> Path:
    return Path(os.environ["FIRE_POINTS"])


def reach(point: str) -> None:
    """Die here if the point is armed: once for each time that it was."""
    try:
        (directory() / point).unlink()
    except FileNotFoundError:
        return
    with (directory() / STRUCK).open("a") as struck:
        struck.write(f"{point}\n")
    os.kill(os.getpid(), signal.SIGKILL)


def arm() -> None:
    """Make this process mortal; before its first connection to the database."""
    connection_created.connect(_listen, weak=False)
    BaseDatabaseWrapper._commit = _dying_at(BaseDatabaseWrapper._commit)


def _listen(connection: Any, **_: Any) -> None:
    if _after_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_after_statement)


def _after_statement(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    result = execute(sql, params, many, context)
    for point, pattern in AFTER.items():
        if pattern.search(str(sql)):
            context["connection"].is_in_act = True
            reach(point)
    return result


def _dying_at(commit: Callable[[Any], None]) -> Callable[[Any], None]:
    """Other commits, such as the one that counts requests, are none of the acts."""

    def dying(wrapper: Any) -> None:
        is_act = getattr(wrapper, "is_in_act", False)
        wrapper.is_in_act = False
        if is_act:
            reach(BEFORE_COMMIT)
        commit(wrapper)
        if is_act:
            reach(AFTER_COMMIT)

    return dying


class Mortal:
    """The product's application, that may fall silent in the middle of an answer to a POST."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        connection.is_in_act = False  # type: ignore[attr-defined]
        answer = self.application(environ, start_response)
        return Halting(answer) if environ["REQUEST_METHOD"] == "POST" else answer


class Halting:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        body = b"".join(self.answer)
        half = len(body) // 2
        yield body[:half]
        reach(IN_THE_ANSWER)
        yield body[half:]

    def close(self) -> None:
        self.answer.close()
