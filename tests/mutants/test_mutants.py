"""Every mutant of the table is caught, by each test that it names, and by the mutant alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from tests.mutants.table import MUTANTS, Mutant
from tests.mutants.workshop import ROOT, Workshop, changed


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with closing(Workshop(tmp_path_factory.mktemp("mutants"))) as made:
        yield made


def on_its_engine(mutant: Mutant) -> Any:
    return pytest.param(mutant, id=mutant.name, marks=getattr(pytest.mark, mutant.engine))


def test_each_stands_in_its_file_and_has_a_name_of_its_own() -> None:
    for mutant in MUTANTS:
        text = (ROOT / mutant.file).read_text()
        assert changed(mutant, text) != text
        compile(changed(mutant, text), mutant.file, "exec")
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 10


@pytest.mark.parametrize("text", ["", "old old"])
def test_a_text_that_is_gone_or_stands_twice_asks_for_another_mutant(text: str) -> None:
    mutant = Mutant("none", "file.py", (("old", "new"),), ())
    with pytest.raises(AssertionError, match="Update the mutant"):
        changed(mutant, text)


def test_without_mutants_the_tests_pass(workshop: Workshop) -> None:
    """The control: it is the mutants that fail, not the copy."""
    engine = connection.vendor
    ours = [mutant for mutant in MUTANTS if mutant.engine == engine]
    tests = sorted({test for mutant in ours for test in mutant.caught_by})
    outcomes = workshop.run(tests, engine=engine)
    assert outcomes == {test: {"PASSED"} for test in tests}


@pytest.mark.parametrize("mutant", [on_its_engine(one) for one in MUTANTS])
def test_it_is_caught(workshop: Workshop, mutant: Mutant) -> None:
    with workshop.mutated(mutant):
        outcomes = workshop.run(
            mutant.caught_by, engine=mutant.engine, with_new_tables=mutant.is_of_the_database
        )
    assert outcomes == {test: {"FAILED"} for test in mutant.caught_by}


def test_a_mutant_lives_in_the_copy_alone_and_no_longer_than_its_tests_run(
    workshop: Workshop,
) -> None:
    for mutant in MUTANTS:
        here, there = ROOT / mutant.file, workshop.root / mutant.file
        before, original = here.stat(), there.read_text()
        with workshop.mutated(mutant):
            assert there.read_text() == changed(mutant, original)
            assert here.stat().st_mtime_ns == before.st_mtime_ns
        assert there.read_text() == original
