"""Processes of the product itself, on the database of the test that starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.cookiejar import CookieJar
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit, urlunsplit
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, Request, build_opener

from django.conf import settings
from django.db import connection

from tests.engines import database_url

PATIENCE_SECONDS = 180
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


@dataclass
class Answer:
    """What a web server said."""

    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Caller:
    """Somebody who asks a web server over HTTP, with a key or with the cookies of a log-in."""

    def __init__(self, base: str, key: str = "", jar: CookieJar | None = None) -> None:
        self.base, self.key = base, key
        self.jar = CookieJar() if jar is None else jar
        self.opener = build_opener(HTTPCookieProcessor(self.jar), HTTPErrorProcessor())

    def as_key(self, key: str) -> Caller:
        return Caller(self.base, key)

    def with_cookies_of(self, other: Caller) -> Caller:
        return Caller(self.base, jar=other.jar)

    def is_answered(self) -> bool:
        try:
            return self.get("/favicon.ico").status == HTTPStatus.OK
        except URLError:
            return False

    def get(self, path: str) -> Answer:
        return self.ask(Request(self.base + path, headers=self.headers()))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        data = json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= self.headers() | {"Content-Type": "application/json"}
        return self.ask(Request(self.base + path, data, headers))

    def log_in(self, name: str, password: str) -> Answer:
        """Fill in the log-in page of the admin."""
        self.get("/admin/login/")
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": str(token)}
        address = f"{self.base}/admin/login/?next=/admin/"
        return self.ask(Request(address, urlencode(fields).encode(), {"Referer": self.base}))

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def ask(self, request: Request) -> Answer:
        try:
            with self.opener.open(request, timeout=PATIENCE_SECONDS) as response:
                return Answer(response.status, response.headers, response.read().decode())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())


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

    def serve(self, **more: str) -> Caller:
        """Start a web server with two processes on a port of its own; who calls it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        arguments = (
            "--no-control-socket",
            "--preload",
            "--workers=2",
            f"--bind={address}",
            "lotwms.wsgi",
        )
        self.start("-m", "gunicorn", "--log-level=warning", *arguments, **more)
        caller = Caller(f"http://{address}")
        until(caller.is_answered, what=f"a web server at {address}")
        return caller

    def run(self, *arguments: str, **more: str) -> str:
        """Run a program to its end; what it said."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment(**more),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return done.stdout

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
