"""Who shoots at the web servers, and who keeps looking at the ledger meanwhile."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from tests.fire import points
from tests.fire.client import Traffic
from tests.fire.house import House

AT_RANDOM = "at random"
TARGETS = (*points.NAMES, AT_RANDOM)
LOOK_SECONDS = 0.01


class Marksman:
    """Kills one worker after the other, at each of the targets in turn, until it is told to stop.

    A shot falls after about ``pace`` answers, so that a slow machine gets as much done between two
    shots as a quick one.
    """

    def __init__(
        self,
        house: House,
        seed: str,
        *,
        targets: Sequence[str],
        pace: int,
        traffic: Traffic,
    ) -> None:
        self.house, self.random = house, random.Random(f"{seed}/marksman")
        self.targets, self.pace, self.traffic = targets, pace, traffic
        self.at_random = 0
        self.done = Event()

    def shoot(self) -> None:
        for target in self._rounds():
            pause = self.random.randint(self.pace // 2, self.pace * 3 // 2)
            ready = self.traffic.answered + pause
            while self.traffic.answered < ready:
                if self.done.wait(LOOK_SECONDS):
                    return
            if target == AT_RANDOM:
                self._hit_anybody()
            else:
                self._arm(target)

    def hits(self) -> Counter[str]:
        struck = self.house.points / points.STRUCK
        named = struck.read_text().split("\n") if struck.exists() else []
        return Counter({AT_RANDOM: self.at_random}) + Counter(filter(None, named))

    def _rounds(self) -> Iterator[str]:
        while self.targets:
            yield from self.random.sample(list(self.targets), len(self.targets))

    def _hit_anybody(self) -> None:
        workers = self.house.workers()
        with suppress(ProcessLookupError):  # the last blow had struck it already
            if workers:
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.at_random += 1

    def _arm(self, point: str) -> None:
        """Whoever comes by next is struck; wait for it."""
        armed = self.house.arm(point)
        while armed.exists() and not self.done.wait(LOOK_SECONDS):
            pass


class Watchman:
    """Takes snapshots of the ledger while everything moves."""

    def __init__(self, house: House, *, pause: float) -> None:
        self.house, self.pause = house, pause
        self.snapshots: list[Any] = []
        self.done = Event()

    def watch(self) -> None:
        while not self.done.wait(self.pause):
            self.snapshots.append(self.house.ask("snapshot"))


@contextmanager
def at_work(*people: tuple[Any, Any]) -> Iterator[None]:
    """Let each do its work in a thread of its own until the block ends; their errors are raised."""
    errors: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=run, args=[work]) for _, work in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for person, _ in people:
            person.done.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
