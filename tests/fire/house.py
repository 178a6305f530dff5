"""Everything that runs under fire, started and stopped: the database, web servers, the inspector.

The database writes to the disk as in a real installation, for it is stopped without warning.
Whatever was started ends with its `with`, also when a test fails in it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from tests.engines import fresh_directory
from tests.postgresql import Server

OPTIONS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "random_page_cost": "1.1",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",
}
WORKERS, THREADS = 4, 4
EMPTY = "lotwms_empty"  # migrated, without a row


@contextmanager
def cluster() -> Iterator[Server]:
    """A PostgreSQL server of its own, with an empty lotwms to copy."""
    server = Server(fresh_directory(), OPTIONS)
    try:
        server.start()
        _say(server, f"CREATE DATABASE {EMPTY}")
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        url = server.url(EMPTY)
        subprocess.run(migrate, cwd=settings.BASE_DIR, env=environment(url), check=True)
        yield server
    finally:
        server.stop()


def _say(server: Server, statement: str, database: str = "postgres") -> None:
    """Run one statement, behind the back of lotwms."""
    where = {"host": str(server.directory), "user": "postgres", "dbname": database}
    with psycopg.connect(**where, autocommit=True) as connection:
        connection.execute(statement)


def environment(url: str, **more: str) -> dict[str, str]:
    """What a process of lotwms is started with; none of what the tests themselves run with."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
    return {
        "DATABASE_URL": url,
        "API_RATE": "1000000/min",
        "LOG_LEVEL": "ERROR",
        "PATH": path,
        **more,
    }


class House:
    """One database on the server, filled for so many orders, and the processes that serve it."""

    def __init__(
        self,
        server: Server,
        name: str,
        *,
        orders: int,
        with_web: bool = True,
        forgetful: bool = False,
    ) -> None:
        self.server, self.name, self.url = server, name, server.url(name)
        self.directory = server.directory / name
        self.points = self.directory / "points"
        self.points.mkdir(parents=True)
        self.orders, self.with_web, self.forgetful = orders, with_web, forgetful
        self.processes: list[subprocess.Popen[Any]] = []
        self.asking = threading.Lock()

    def __enter__(self) -> House:
        try:
            _say(self.server, f"CREATE DATABASE {self.name} TEMPLATE {EMPTY}")
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self.inspector = self._start("tests.fire.inspector", options=pipes)
            self.world = self.ask("build", orders=self.orders)
            if self.with_web:
                self._serve()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process with all that it started, then drop the database."""
        for process in reversed(self.processes):
            _end(process)
        if hasattr(self, "socket"):
            self.socket.close()
        if self.server.is_running:
            _say(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def ask(self, what: str, **arguments: Any) -> Any:
        """What the inspector answers to a command."""
        with self.asking:
            self.inspector.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
            self.inspector.stdin.flush()
            line = self.inspector.stdout.readline()
        if not line:
            raise RuntimeError(f"The inspector is gone:\n{self.said('tests.fire.inspector')}")
        return json.loads(line)

    def doctor(self, statement: str) -> None:
        """Change the database as nobody may: the fault that a check has to find."""
        _say(self.server, statement, self.name)

    def workers(self) -> list[int]:
        """The processes that answer requests, each a child of the one that starts them."""
        pid = self.web.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop_database(self) -> None:
        """Stop it at once: nothing is finished, nothing is written."""
        self.server.stop("immediate")

    def start_database(self) -> None:
        self.server.start()

    def said(self, name: str) -> str:
        """What the process printed to its standard error."""
        return (self.directory / f"{name}.log").read_text()

    def arm(self, point: str) -> Path:
        """The next to come by this point is struck; the file is gone when somebody was."""
        armed = self.points / point
        armed.touch()
        return armed

    def start_worker(self) -> subprocess.Popen[Any]:
        """A background worker, mortal, that soon finds out about another's death."""
        return self._start(
            "tests.fire.worker",
            WORKER_BEAT_SECONDS="0.3",
            JOB_PAUSE_SECONDS="0.01",
        )

    def _serve(self) -> None:
        """Web servers on a socket that stays open whoever dies behind it."""
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        where = self.socket.fileno()
        self.web = self._start(
            "gunicorn",
            "--no-control-socket",
            "--preload",  # a worker that was killed is there again at once
            f"--workers={WORKERS}",
            f"--threads={THREADS}",
            f"--bind=fd://{where}",
            "tests.fire.wsgi",
            options={"pass_fds": [where]},
            **({"FIRE_FORGETFUL": "yes"} if self.forgetful else {}),
        )

    def _start(
        self, module: str, *arguments: str, options: Any = None, **more: str
    ) -> subprocess.Popen[Any]:
        more = {"FIRE_POINTS": str(self.points), "FIRE_PARENT": str(os.getpid()), **more}
        with (self.directory / f"{module}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=settings.BASE_DIR,
                env=environment(self.url, **more),
                stderr=log,
                start_new_session=True,  # a process group: whatever it starts ends with it
                **(options or {}),
            )
        self.processes.append(process)
        return process


def _end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
