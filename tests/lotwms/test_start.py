import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.processes import PATIENCE_SECONDS, until


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def start(tmp_path, port):
    """Starts lotwms on a database of its own and returns what it says until it serves."""
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'lotwms.sqlite3'}",
        "PATH": os.defpath,
        "WORKER_BEAT_SECONDS": "0.7",
    }
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start", "--port", str(port)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("lotwms is at"):
                break
        return said

    def stop(number=signal.SIGINT):
        process = started.pop()
        process.send_signal(number)
        process.stdout.close()
        return process.wait(timeout=PATIENCE_SECONDS)

    start.stop = stop
    start.kill = lambda: stop(signal.SIGKILL)
    yield start
    while started:
        stop()


def test_it_works_and_a_second_start_finds_everything_done(start, port, tmp_path):
    said = start()

    assert said[0] == "Preparing the database ..."
    assert said[-1] == f"lotwms is at http://127.0.0.1:{port}/ (Ctrl-C stops it)"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/") as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/admin/css/base.css") as answer:
        assert answer.status == 200

    # A worker comes and goes with it, even where it is killed.
    (worker,) = until(lambda: workers(tmp_path), what="a worker")
    assert start.stop() == 0
    assert not is_running(worker)
    assert workers(tmp_path) == []

    assert "Preparing the database ..." not in start()
    (worker,) = until(lambda: workers(tmp_path), what="another worker")
    assert start.kill() == -signal.SIGKILL
    until(lambda: not is_running(worker), what="the end of the worker")
    assert workers(tmp_path) == []


def workers(tmp_path) -> list[int]:
    """The process ids of the workers that are entered in the database."""
    with closing(sqlite3.connect(tmp_path / "lotwms.sqlite3")) as database:
        return [pid for (pid,) in database.execute("SELECT pid FROM jobs_worker")]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_production_is_not_filled_with_demo_data(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="fills in demo data"):
        call_command("start")
