"""Which units to send: bins in rotation order, as an order would draw on them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from inventory.rotation import Stock, rank

Units = tuple[int, int | None]  # product id, lot id (None: without a lot)


class Free(NamedTuple):
    """Unpromised units in one bin. ``may_ship``: nothing but their own warehouse's orders wait."""

    product_id: int
    location_id: int
    location: str
    rotation: str
    may_ship: bool
    stock: Stock

    @property
    def units(self) -> Units:
        return self.product_id, self.stock.lot_id


class Pick(NamedTuple):
    """``quantity`` of the free units of one bin."""

    free: Free
    quantity: int


def in_rotation(free: Iterable[Free]) -> list[Free]:
    """The bins of each product in the order in which orders would draw on them."""
    return sorted(free, key=_place)


def choose(wanted: Sequence[tuple[Units, int]], free: Iterable[Free]) -> list[list[Pick]]:
    """Bins for units of these lots, line by line; a lot on hold or expired may be sent, too.

    Each line takes what there is, which may be less than it asks for.
    """
    bins = in_rotation(free)
    return [
        _take(quantity, [one for one in bins if one.units == units]) for units, quantity in wanted
    ]


def lots_by_rotation(
    product_id: int, quantity: int, free: Iterable[Free], taken: Counter[Units]
) -> list[tuple[Units, int]]:
    """The lots that an order for so many units would get, less what is ``taken`` of them already.

    Only units that may ship; the sum is below ``quantity`` where there are not enough.
    """
    bins = [one for one in in_rotation(free) if one.product_id == product_id and one.may_ship]
    left: Counter[Units] = Counter()
    for one in bins:
        left[one.units] += one.stock.free
    chosen: Counter[Units] = Counter()
    for units in dict.fromkeys(one.units for one in bins):
        most = max(0, left[units] - taken[units])
        chosen[units] = min(most, quantity - chosen.total())
    return [(units, part) for units, part in chosen.items() if part]


def _take(quantity: int, bins: Iterable[Free]) -> list[Pick]:
    picks, missing = [], quantity
    for one in bins:
        part = min(missing, one.stock.free)
        if part:
            picks.append(Pick(one, part))
        missing -= part
    return picks


def _place(one: Free) -> tuple[Any, ...]:
    stock = one.stock
    tie = (stock.free, stock.pick_sequence, stock.balance_id)
    return (one.product_id, rank(stock, one.rotation), tie)
