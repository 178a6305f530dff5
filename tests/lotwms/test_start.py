import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def start(tmp_path, port):
    """Starts lotwms on a database of its own and returns what it says until it serves."""
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path / 'lotwms.sqlite3'}", "PATH": os.defpath}
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

    def stop():
        process = started.pop()
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        return process.wait(timeout=10)

    start.stop = stop
    yield start
    while started:
        stop()


def test_it_works_and_a_second_start_finds_everything_done(start, port):
    said = start()

    assert said[0] == "Preparing the database ..."
    assert said[-1] == f"lotwms is at http://127.0.0.1:{port}/ (Ctrl-C stops it)"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/") as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/admin/css/base.css") as answer:
        assert answer.status == 200

    assert start.stop() == 0
    assert "Preparing the database ..." not in start()


def test_production_is_not_filled_with_demo_data(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="fills in demo data"):
        call_command("start")
