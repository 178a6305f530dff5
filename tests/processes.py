"""Processes of the product itself, on the database of the test that starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from tests.engines import database_url

PATIENCE_SECONDS = 60
STOP_SECONDS = 20


def url_of_this_test() -> str:
    """The DATABASE_URL under which another process sees what this test commits."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(database_url())._replace(path=f"/{name}"))


def environment(**more: str) -> dict[str, str]:
    """The environment of a process: nothing of ours but what is named here."""
    return {"PATH": os.environ["PATH"], "DATABASE_URL": url_of_this_test(), **more}


def until(holds: Callable[[], Any], *, what: str = "") -> Any:
    """Return what `holds` says as soon as it is true; fail when it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (said := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what or holds}")
        time.sleep(0.05)
    return said


class Processes:
    """Starts programs with this Python, and stops all that are left when the test ends.

    What they say goes to pytest, which shows it where a test fails.
    """

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment(**more),
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
        for process in self.started:
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
