"""The empty bins of a plan, of which the nearest that is large enough is found quickly.

Pure; a part of ``inventory.putaway``. Bins of one zone and size stand in one row by their place on
the way, so that a choice looks at two bins of each row and not at all of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inventory.putaway import Bin

LARGEST = Decimal("Infinity")
Size = Decimal | None


class FreeBins:
    """Empty bins, given out one by one. They come sorted by their place on the way."""

    def __init__(self, bins: Iterable[Bin]) -> None:
        rows: defaultdict[tuple[str, Size], list[Bin]] = defaultdict(list)
        for one in bins:
            rows[one.zone, one.room_in3].append(one)
        self.rows = {key: _Row(row) for key, row in rows.items()}

    def take(
        self,
        *,
        units: int,
        unit_in3: Size,
        only: str,
        zones: Collection[str],
        near: Sequence[int],
    ) -> Bin | None:
        """The best bin for so many units of a size, which no other gets; None where none is left.

        ``only``: no other zone than this one ('' any); else one of ``zones`` comes first. Then one
        that takes all, else the largest; then the nearest to one of the pick sequences ``near``.
        """
        best = None
        for (zone, room), row in self.rows.items():
            fits = LARGEST if room is None or unit_in3 is None else room // unit_in3
            if fits < 1 or (only and zone != only):
                continue
            is_elsewhere = not only and zone not in zones
            for distance, index in row.around(near):
                one = row.bins[index]
                rank = (
                    is_elsewhere,
                    max(Decimal(0), units - fits),  # what is left for a further bin
                    distance,
                    LARGEST if room is None else room,
                    one.place,
                )
                if best is None or rank < best[0]:
                    best = (rank, row, index)
        if best is None:
            return None
        _, row, index = best
        return row.take(index)


class _Row:
    """Bins of one zone and size along the way, with a pointer past those that are taken."""

    def __init__(self, bins: Sequence[Bin]) -> None:
        self.bins = list(bins)
        self.places = [one.pick_sequence for one in bins]
        self.after = list(range(len(bins) + 1))  # the first free bin from here on
        self.before = list(range(len(bins) + 1))  # one more than the last free bin before here

    def around(self, near: Sequence[int]) -> Iterator[tuple[int, int]]:
        """(distance, index) of the free bins next to each of these places; or of the first."""
        if not near:
            index = _find(self.after, 0)
            if index < len(self.bins):
                yield 0, index
        for place in near:
            start = bisect_left(self.places, place)
            index = _find(self.after, start)
            if index < len(self.bins):
                yield self.places[index] - place, index
            if last := _find(self.before, start):
                # Of several at one place the first by name.
                first = bisect_left(self.places, self.places[last - 1])
                yield place - self.places[last - 1], _find(self.after, first)

    def take(self, index: int) -> Bin:
        self.after[index] = index + 1
        self.before[index + 1] = index
        return self.bins[index]


def _find(pointers: list[int], start: int) -> int:
    """Where the pointers from ``start`` lead; those on the way are shortened."""
    end = start
    while pointers[end] != end:
        end = pointers[end]
    while pointers[start] != end:
        pointers[start], start = end, pointers[start]
    return end
