"""Where to put units so that lots stay apart: the lot's own bin, else an empty one.

Pure: ``inventory.queries.bins`` gives the rows. Used to suggest bins for stowing and to find one
for returned units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Units = tuple[int, int | None]  # product id, lot id (None: without a lot)


class Why(StrEnum):
    """Why a bin is suggested, in the words of the screen."""

    OWN = "holds it already"
    EMPTY = "is empty"


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin that units may be put into. ``holds`` names the units there of the products at hand."""

    location_id: int
    name: str
    pick_sequence: int = 0
    is_mixed: bool = False
    is_empty: bool = False
    holds: frozenset[Units] = frozenset()


class Suggestion(NamedTuple):
    location_id: int
    name: str
    why: Why


def suggest_bin(bins: Iterable[Bin], units: Units) -> Suggestion | None:
    """The bin for units of one product and lot; None where no bin may take them."""
    return suggest_bins(bins, [units])[0]


def suggest_bins(bins: Iterable[Bin], wanted: Sequence[Units]) -> list[Suggestion | None]:
    """A bin for each of ``wanted``, in their order.

    The bin that holds this lot and nothing else of the product (a mixed one may hold more); else
    an empty one, each to one lot only. Among equals the first by pick sequence, then by name.
    """
    in_order = sorted(bins, key=lambda one: (one.pick_sequence, one.name))
    own = _own(in_order)
    empty = iter([one for one in in_order if one.is_empty])
    chosen: dict[Units, Suggestion | None] = {}
    for units in wanted:
        if units not in chosen:
            chosen[units] = _choose(own.get(units), empty)
    return [chosen[units] for units in wanted]


def _choose(own: Bin | None, empty: Iterator[Bin]) -> Suggestion | None:
    if own:
        return Suggestion(own.location_id, own.name, Why.OWN)
    if free := next(empty, None):
        return Suggestion(free.location_id, free.name, Why.EMPTY)
    return None


def _own(bins: Iterable[Bin]) -> dict[Units, Bin]:
    """The first bin of every lot that stands alone of its product somewhere."""
    own: dict[Units, Bin] = {}
    for one in bins:
        lots_of: dict[int, int] = {}
        for product_id, _ in one.holds:
            lots_of[product_id] = lots_of.get(product_id, 0) + 1
        for units in one.holds:
            if one.is_mixed or lots_of[units[0]] == 1:
                own.setdefault(units, one)
    return own
