"""What a measure is told, and how it is run: in a process and a database of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import count
from multiprocessing import get_context
from statistics import median

from bench import server
from bench.results import Row
from bench.setup import set_up_django

_seeds = count(1)


@dataclass(frozen=True, slots=True)
class Run:
    """One measure in one database, a copy of a data set that it may write into."""

    url: str
    repeats: int
    hot_orders: int = 100_000
    port: int = 8210

    def next_seed(self) -> int:
        """Another one for every job, so that no two make the same orders."""
        return next(_seeds)

    @staticmethod
    def middle(values: Iterable[float]) -> float:
        return median(values)


@contextmanager
def copied(url: str, template: str) -> Iterator[str]:
    """The URL of a database with the rows of a data set, gone again afterwards."""
    copy = server.named(url, f"{template}_run")
    note = server.note(server.named(url, template))
    server.create(copy, template=template)
    server.annotate(copy, note or "")
    try:
        yield copy
    finally:
        server.drop(copy)


def measured(module: str, run: Run, template: str) -> list[Row]:
    """The rows of one measure in a copy of this data set, by a process of its own."""
    with copied(run.url, template) as url, _process() as process:
        return process.submit(_measure, module, replace(run, url=url)).result()


def built(url: str, balances: int, movements: int = 1) -> str:
    """Have the data set of this size on the server of this URL; the name of its database."""
    name = f"bench_{balances}" if movements == 1 else f"bench_{balances}_{movements}"
    with _process() as process:
        process.submit(_build, server.named(url, name), balances, movements).result()
    return name


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def _measure(module: str, run: Run) -> list[Row]:
    set_up_django(run.url)
    found: Sequence[Row] = list(import_module(module).measure(run))
    return [*found]


def _build(url: str, balances: int, movements: int) -> bool:
    set_up_django(url)
    from bench.dataset import build, size

    return build(url, size(balances, movements=movements))
