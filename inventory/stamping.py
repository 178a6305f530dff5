"""Which of the units that stand without a lot become which lot, and where that would mix lots.

Pure: ``inventory.queries.unlotted`` gives the shelves. Used where a breakdown does not name bins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Shelf:
    """Units of a product without a lot in one place; ``lots`` of it that stand there beside."""

    balance_id: int
    product_id: int
    location_id: int
    warehouse_id: int
    kind: str
    name: str
    units: int
    pick_sequence: int = 0
    is_mixed: bool = False
    lots: frozenset[int] = frozenset()


class Stamp(NamedTuple):
    """So many units of a shelf become this lot."""

    shelf: Shelf
    lot_id: int
    quantity: int


class Clash(NamedTuple):
    """A bin in which two lots would stand: what would become of its units, by lot."""

    shelf: Shelf
    units: dict[int, int]

    @property
    def stays(self) -> int:
        """The lot that may keep the bin: the one that stands there, else that of most units."""
        if self.shelf.lots:
            return min(self.shelf.lots)
        return max(self.units, key=lambda lot_id: self.units[lot_id])


def fill(shelves: Iterable[Shelf], wanted: Mapping[int, int]) -> list[Stamp]:
    """Spread units by lot over the shelves in pick order; together they are as many.

    A bin where a lot stands gets that lot first, for it may get no other; what is left goes lot by
    lot, in the order given, from bin to bin. Where that mixes lots, ``clashes`` says so.
    """
    in_order = sorted(shelves, key=lambda one: (one.pick_sequence, one.name, one.location_id))
    left, free = dict(wanted), {one: one.units for one in in_order}
    stamps: list[Stamp] = []

    def stamp(shelf: Shelf, lot_id: int) -> None:
        units = min(free[shelf], left.get(lot_id, 0))
        if units:
            stamps.append(Stamp(shelf, lot_id, units))
            free[shelf] -= units
            left[lot_id] -= units

    for shelf in in_order:
        if not shelf.is_mixed:
            for lot_id in shelf.lots:
                stamp(shelf, lot_id)
    lots = iter(list(left))
    turn = next(lots, None)
    for shelf in in_order:
        while turn is not None and free[shelf]:
            stamp(shelf, turn)
            if not left[turn]:
                turn = next(lots, None)
    return stamps


def clashes(stamps: Sequence[Stamp]) -> list[Clash]:
    """The bins, mixed ones aside, in which more than one lot of the product would stand."""
    units: dict[Shelf, dict[int, int]] = {}
    for one in stamps:
        by_lot = units.setdefault(one.shelf, {})
        by_lot[one.lot_id] = by_lot.get(one.lot_id, 0) + one.quantity
    return [
        Clash(shelf, by_lot)
        for shelf, by_lot in units.items()
        if not shelf.is_mixed and len(shelf.lots | by_lot.keys()) > 1
    ]
