"""What a measure is told: which database, how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from statistics import median

_seeds = count(1)


@dataclass(frozen=True, slots=True)
class Run:
    """One measure in one database, a copy of a data set that it may write into."""

    url: str
    repeats: int

    def next_seed(self) -> int:
        """Another one for every job, so that no two make the same orders."""
        return next(_seeds)

    @staticmethod
    def middle(values: Iterable[float]) -> float:
        return median(values)
