"""The database that the tests run on: SQLite, or with TEST_ENGINE=postgresql a PostgreSQL server.

PostgreSQL is the server of TEST_DATABASE_URL if that is set, else one from a development
dependency, started here in a fresh directory and stopped when the run ends. Only the first process
starts anything; the others find the result in the environment.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.postgresql import Server

PREFIX = "lotwms-test-"
OPTIONS = {
    # A test database is thrown away, so nothing has to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "random_page_cost": "1.1",
    "shared_buffers": "128MB",
    "max_connections": "200",
    # Containers often have 64 MB of shared memory, too little for parallel workers.
    "max_parallel_workers_per_gather": "0",
}


def database_url() -> str:
    """Return the DATABASE_URL of this run, making what it needs the first time it is asked."""
    if "LOTWMS_TEST_DATABASE" not in os.environ:
        engine = os.environ.get("TEST_ENGINE", "sqlite")
        if engine not in ("sqlite", "postgresql"):
            raise ValueError(f"TEST_ENGINE is 'sqlite' or 'postgresql', not {engine!r}.")
        os.environ["LOTWMS_TEST_DATABASE"] = _sqlite() if engine == "sqlite" else _postgresql()
    return os.environ["LOTWMS_TEST_DATABASE"]


def _sqlite() -> str:
    return f"sqlite:///{fresh_directory() / 'lotwms.sqlite3'}"


def _postgresql() -> str:
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    directory = fresh_directory()
    server = Server(directory, OPTIONS)
    server.start()
    atexit.register(server.stop)
    return server.url()


def fresh_directory() -> Path:
    """A directory of this process, removed at its end; those of killed runs are removed now."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not _is_running(old.name.removeprefix(PREFIX).partition("-")[0]):
            _remove(old)
    directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _remove(directory: Path) -> None:
    """Stop the server that a killed run left there, then remove what it left."""
    if (directory / "data" / "postmaster.pid").exists():
        Server(directory, OPTIONS).stop()
    shutil.rmtree(directory, ignore_errors=True)
