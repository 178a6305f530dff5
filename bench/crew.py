"""Processes that do timed work at the same time, each with a database connection of its own."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from statistics import median
from types import TracebackType
from typing import Any, Self

from bench.setup import set_up_django

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the processes of a crew did: when it took place, and how long each act took."""

    began: float
    ended: float
    seconds: Sequence[float] = field(repr=False)
    peak_mb: float = 0.0
    failed: int = 0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / (self.ended - self.began)

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred acts were done."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]

    @property
    def median_ms(self) -> float:
        return 1000 * median(self.seconds)


class Crew:
    """So many processes that run the jobs they are given, all beginning at the same moment.

    A job is named `module:function`. The function is called with the number of the process and
    the arguments of ``run``, and returns the acts: they are made before the clock runs.
    """

    def __init__(self, processes: int, url: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.barrier = spawn.Barrier(processes)
        self.members: list[tuple[Any, Connection]] = []
        for number in range(processes):
            ours, theirs = spawn.Pipe()
            member = spawn.Process(target=_work, args=(number, theirs, self.barrier, url))
            member.start()
            theirs.close()
            self.members.append((member, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for member, pipe in self.members:
            pipe.close()
            member.join(10)
            if member.is_alive():
                member.terminate()
                member.join()

    def run(self, job: str, **arguments: Any) -> Outcome:
        for _, pipe in self.members:
            pipe.send((job, arguments))
        outcomes: list[Outcome] = []
        for _, pipe in self.members:
            answer = pipe.recv()
            if isinstance(answer, str):
                raise RuntimeError(f"{job} failed:\n{answer}")
            outcomes.append(answer)
        return Outcome(
            began=min(one.began for one in outcomes),
            ended=max(one.ended for one in outcomes),
            seconds=[seconds for one in outcomes for seconds in one.seconds],
            peak_mb=max(one.peak_mb for one in outcomes),
            failed=sum(one.failed for one in outcomes),
        )


def find(job: str) -> Callable[..., Iterable[Act]]:
    module, _, name = job.partition(":")
    found: Callable[..., Iterable[Act]] = getattr(import_module(module), name)
    return found


def _work(number: int, pipe: Connection, barrier: Any, url: str) -> None:
    """What a process of the crew does until its pipe is closed."""
    set_up_django(url)
    while True:
        try:
            job, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(_timed(find(job)(number, **arguments), barrier))
        except Exception as error:  # told to the one who waits for it
            import traceback

            barrier.abort()
            pipe.send("".join(traceback.format_exception(error)))


def _timed(made: Iterable[Act], barrier: Any) -> Outcome:
    acts = list(made)
    gc.collect()
    barrier.wait()
    return timed(acts)


def timed(acts: Sequence[Act]) -> Outcome:
    """Do these acts one after the other in this process. One that answers False has failed."""
    seconds: list[float] = []
    failed = 0
    began = last = time.perf_counter()
    for act in acts:
        failed += act() is False
        now = time.perf_counter()
        seconds.append(now - last)
        last = now
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Outcome(began, last, seconds, peak, failed)
