"""A copy of the project in which mutants live for a moment; the tree itself is never touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.mutants.table import Mutant

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "var", "docs", "requirements")
SECONDS = 900
OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


class Workshop:
    """A copy of the tree, whose tests run one after the other."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "lotwms"
        shutil.copytree(ROOT, self.root, ignore=NOT_COPIED)

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """The copy with the mutant in it."""
        file = self.root / mutant.file
        before = file.read_text()
        file.write_text(changed(mutant, before))
        try:
            yield
        finally:
            file.write_text(before)

    def run(
        self, tests: Sequence[str], *, engine: str, with_new_tables: bool = False
    ) -> dict[str, set[str]]:
        """What became of each of these tests: {"PASSED"}, {"FAILED"}, …

        In a process of its own; a race of 200 rounds has 10 here. The tables are made the first
        time and used again, unless they are to be new.
        """
        tables = "new" if with_new_tables else "kept"
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"]
        command += [] if with_new_tables else ["--reuse-db"]
        done = subprocess.run(
            [*command, *tests],
            cwd=self.root,
            env=environment(engine, self.url(engine, tables)),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        found = OUTCOME.findall(done.stdout)
        outcomes = {test: {word for word, name in found if _is(name, test)} for test in tests}
        if not all(outcomes.values()):
            raise AssertionError(f"These tests did not run:\n{done.stdout}\n{done.stderr}")
        return outcomes

    def url(self, engine: str, name: str) -> str:
        """Where the tests in the copy have their database: none that anybody else uses."""
        if engine == "sqlite":
            directory = self.root.parent / name
            directory.mkdir(exist_ok=True)
            return f"sqlite:///{directory}/lotwms.sqlite3"
        return urlunsplit(urlsplit(_server())._replace(path=f"/{_database(name)}"))

    def close(self) -> None:
        """Leave nothing on the server; what is in the directory goes with it."""
        if _server().startswith("postgres"):
            with psycopg.connect(_server(), autocommit=True) as server:
                for name in ("new", "kept"):
                    server.execute(f"DROP DATABASE IF EXISTS test_{_database(name)}".encode())


def _server() -> str:
    return os.environ["LOTWMS_TEST_DATABASE"]


def _database(name: str) -> str:
    return f"mutant_{os.getpid()}_{name}"


def changed(mutant: Mutant, text: str) -> str:
    """The file's text with the mutant in it."""
    for old, new in mutant.changes:
        if text.count(old) != 1:
            raise AssertionError(
                f"The mutant “{mutant.name}” expects this text once in {mutant.file}, where it "
                f"stands {text.count(old)} times. Update the mutant:\n{old}"
            )
        text = text.replace(old, new)
    return text


def environment(engine: str, url: str) -> dict[str, str]:
    """This process's, less what tells the tests in it where and how they run."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "COV", "LOTWMS", "PYTHONPATH", "TEST_"))
    }
    return own | {"TEST_ENGINE": engine, "LOTWMS_TEST_DATABASE": url, "RACE_ROUNDS": "10"}


def _is(name: str, test: str) -> bool:
    """A test that is named without its parameters stands for all of them."""
    return name == test or name.startswith(f"{test}[")
