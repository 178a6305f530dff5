"""Where to put units so that lots stay apart: the lot's own bin, else an empty one near by.

Pure: ``inventory.queries.bins`` gives the rows. Used to suggest bins for stowing and to find one
for returned units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from inventory.free_bins import FreeBins

Units = tuple[int, int | None]  # product id, lot id (None: without a lot)
MOST_HOMES = 20  # bins of a product that a new one may be near to; the first on the way


class Why(StrEnum):
    """Why a bin is suggested, in the words of the screen."""

    OWN = "holds it already"
    EMPTY = "is empty"


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin that units may be put into. ``holds`` names the units there of the products at hand.

    ``room_in3``: cubic inches that are free, below 0 where it is too full; None: not measured.
    """

    location_id: int
    name: str
    pick_sequence: int = 0
    is_mixed: bool = False
    is_empty: bool = False
    holds: frozenset[Units] = frozenset()
    zone: str = ""
    room_in3: Decimal | None = None

    @property
    def place(self) -> tuple[int, str]:
        """Its place on the way of the pickers."""
        return (self.pick_sequence, self.name)


class Wanted(NamedTuple):
    """Units that need a bin. ``zone``: the one they must stand in; ``unit_in3``: None, unknown."""

    units: Units
    quantity: int = 1
    unit_in3: Decimal | None = None
    zone: str = ""


class Suggestion(NamedTuple):
    """So many units into this bin. ``room``: how many fit, with these; None: nobody knows."""

    location_id: int
    name: str
    why: Why
    quantity: int = 1
    room: int | None = None
    near: str = ""
    pick_sequence: int = 0
    zone: str = ""
    is_size_unknown: bool = False

    @property
    def sentence(self) -> str:
        """The whole reason, such as "A-05 is empty, fits 120"."""
        words = [f"{self.name} {self.why}"]
        if self.room is not None:
            more = "with room for {:,} more" if self.why == Why.OWN else "fits {:,}"
            words.append(more.format(self.room))
        if self.near:
            words.append(f"the nearest to {self.near} where the product stands")
        if self.is_size_unknown:
            words.append("size unknown")
        return ", ".join(words)


def suggest_bin(bins: Iterable[Bin], wanted: Wanted) -> Suggestion | None:
    """The bin to begin with for these units; None where no bin may take them."""
    return suggest_bins(bins, [wanted])[0]


def suggest_bins(bins: Iterable[Bin], wanted: Sequence[Wanted]) -> list[Suggestion | None]:
    """For each of ``wanted`` the first bin of ``plan_bins``."""
    return [parts[0] if parts else None for parts in plan_bins(bins, wanted)]


def plan_bins(bins: Iterable[Bin], wanted: Sequence[Wanted]) -> list[list[Suggestion]]:
    """The bins for each of ``wanted``, in their order: several where one is too small.

    The bins that hold this lot and nothing else of the product (a mixed one may hold more) as far
    as they have room; then empty ones, each to one lot only: of the product's zone (else of a zone
    where it stands), large enough for all, nearest on the way to where it stands, the smallest,
    then by pick sequence and name. What finds no bin is missing from the sum. A size that is not
    known never keeps units out.
    """
    plan = _Plan(sorted(bins, key=lambda one: one.place))
    return [plan.put(one) for one in wanted]


class _Plan:
    """What is still free while one after another gets its bins."""

    def __init__(self, bins: Sequence[Bin]) -> None:
        self.room = {one.location_id: one.room_in3 for one in bins}
        self.own: defaultdict[Units, list[Bin]] = defaultdict(list)
        self.homes: defaultdict[int, list[Bin]] = defaultdict(list)
        for one in bins:
            lots_of = defaultdict[int, int](int)
            for product_id, _ in one.holds:
                lots_of[product_id] += 1
            for product_id in lots_of:
                self.homes[product_id].append(one)
            for units in sorted(one.holds, key=str):
                if one.is_mixed or lots_of[units[0]] == 1:
                    self.own[units].append(one)
        self.empty = FreeBins(one for one in bins if one.is_empty)

    def put(self, wanted: Wanted) -> list[Suggestion]:
        parts: list[Suggestion] = []
        left = wanted.quantity
        for one in self._own_first(wanted):
            part = self._part(one, wanted, left, Why.OWN)
            left -= part.quantity
            parts.append(part)
        homes = self.homes[wanted.units[0]][:MOST_HOMES]
        while left and (free := self._take(wanted, left, homes)):
            self.own[wanted.units].append(free)
            part = self._part(free, wanted, left, Why.EMPTY, _nearest(homes, free))
            left -= part.quantity
            parts.append(part)
        return [part for part in parts if part.quantity]

    def _take(self, wanted: Wanted, left: int, homes: Sequence[Bin]) -> Bin | None:
        return self.empty.take(
            units=left,
            unit_in3=wanted.unit_in3,
            only=wanted.zone,
            zones={home.zone for home in homes} or {""},
            near=[home.pick_sequence for home in homes],
        )

    def _own_first(self, wanted: Wanted) -> list[Bin]:
        """The bins of the lot: the first with room for all, else all."""
        own = self.own[wanted.units]
        for one in own:
            fits = fitting(self.room[one.location_id], wanted.unit_in3)
            if fits is None or fits >= wanted.quantity:
                return [one]
        return list(own)

    def _part(self, one: Bin, wanted: Wanted, left: int, why: Why, near: str = "") -> Suggestion:
        """As many of the units as fit."""
        room, size = self.room[one.location_id], wanted.unit_in3
        fits = fitting(room, size)
        quantity = left if fits is None else min(left, fits)
        if room is not None and size is not None:
            self.room[one.location_id] = room - quantity * size
        return Suggestion(
            location_id=one.location_id,
            name=one.name,
            why=why,
            quantity=quantity,
            room=fits,
            near=near,
            pick_sequence=one.pick_sequence,
            zone=one.zone,
            is_size_unknown=(room is None) != (size is None),
        )


def fitting(room_in3: Decimal | None, unit_in3: Decimal | None) -> int | None:
    """How many units of a size fit into the room; None where either is not known."""
    if room_in3 is None or unit_in3 is None:
        return None
    return max(0, int(room_in3 // unit_in3))


def _nearest(homes: Sequence[Bin], free: Bin) -> str:
    """The name of the bin of the product that is the nearest to this one; '' where none is."""
    if not homes:
        return ""
    places = [home.pick_sequence for home in homes]
    after = bisect_left(places, free.pick_sequence)
    around = homes[max(0, after - 1) : after + 1]
    return min(around, key=lambda home: abs(home.pick_sequence - free.pick_sequence)).name
