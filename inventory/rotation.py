"""Which balances fill which demands: the planner, pure and without a clock.

Rotation is first-expired-first-out unless the product or account says otherwise. Ties, in this
order: expiry, the lot's first receipt (none last), fewer unpromised units on the balance, the
location's pick sequence, the balance's id. Dated lots come before undated ones under every
rotation, and units without a lot come last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from merchants.models import Rotation


@dataclass(frozen=True, slots=True)
class Claim:
    """Uncovered units of a demand. ``min_shelf_life_days`` is the effective minimum, 0 for none."""

    demand_id: int
    quantity: int
    lot_id: int | None = None
    single_lot: bool = False
    min_shelf_life_days: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """Unpromised units of one balance that nothing but their date keeps from shipping."""

    balance_id: int
    lot_id: int | None
    free: int
    expires_on: date | None = None
    received_at: datetime | None = None
    pick_sequence: int = 0


class Pick(NamedTuple):
    """``quantity`` units of a balance for a demand."""

    demand_id: int
    balance_id: int
    quantity: int


@dataclass(slots=True)
class _Shelf:
    """A balance while the plan draws on it: its place in the rotation, and what is left."""

    stock: Stock
    rank: tuple[Any, ...]  # decides before the number of unpromised units does
    free: int

    @property
    def key(self) -> tuple[Any, ...]:
        return (*self.rank, self.free, self.stock.pick_sequence, self.stock.balance_id)


def plan(
    claims: Iterable[Claim], stock: Iterable[Stock], *, rotation: str, today: date
) -> list[Pick]:
    """Promise units of one product in one warehouse to claims, the first claim first.

    Every claim takes what it can: the lot it names and no other, one lot for all of it where it
    asks for a single lot (the first by rotation that covers it, else nothing), and only lots with
    at least its days of shelf life left on ``today`` (N days exactly is enough). What stays
    uncovered has no pick. Returns the picks in the order of claims and rotation; work is linear in
    claims, lots and picks once the lots are sorted.
    """
    shelves = [_Shelf(one, rank(one, rotation), one.free) for one in stock if one.free > 0]
    shelves.sort(key=lambda shelf: shelf.key)
    picks: list[Pick] = []
    for claim in claims:
        picks.extend(_draw(claim, shelves, today))
    return picks


def rank(stock: Stock, rotation: str) -> tuple[Any, ...]:
    """A balance's place in the rotation, as far as no picking changes it; smallest first."""
    undated = stock.expires_on is None
    expiry = 0 if stock.expires_on is None else stock.expires_on.toordinal()
    never_received = stock.received_at is None
    receipt = (never_received, 0.0 if stock.received_at is None else stock.received_at.timestamp())
    last = (stock.lot_id is None, undated)
    if rotation == Rotation.FIFO:
        return (*last, receipt, expiry)
    if rotation == Rotation.LEFO:
        return (*last, -expiry, receipt)
    return (*last, expiry, receipt)


def _draw(claim: Claim, shelves: list[_Shelf], today: date) -> Iterable[Pick]:
    """Take units for one claim off the shelves, which stay in rotation order."""
    lot_id = claim.lot_id
    if claim.single_lot:
        covering = _first_covering_lot(claim, shelves, today)
        if covering is None:
            return
        lot_id = covering.stock.lot_id
    named = claim.single_lot or lot_id is not None
    wanted, place = claim.quantity, 0
    while wanted and place < len(shelves):
        shelf = shelves[place]
        if (named and shelf.stock.lot_id != lot_id) or not _lasts(shelf, claim, today):
            place += 1
            continue
        taken = min(wanted, shelf.free)
        yield Pick(claim.demand_id, shelf.stock.balance_id, taken)
        wanted -= taken
        shelf.free -= taken
        if not shelf.free:
            del shelves[place]
        else:
            _advance(shelves, place)


def _lasts(shelf: _Shelf, claim: Claim, today: date) -> bool:
    expires_on = shelf.stock.expires_on
    return expires_on is None or (expires_on - today).days >= claim.min_shelf_life_days


def _first_covering_lot(claim: Claim, shelves: Sequence[_Shelf], today: date) -> _Shelf | None:
    """The first shelf by rotation whose lot (the named one, where one is) covers the claim."""
    free: dict[int | None, int] = {}
    first: dict[int | None, _Shelf] = {}
    for shelf in shelves:
        if _lasts(shelf, claim, today) and claim.lot_id in (None, shelf.stock.lot_id):
            first.setdefault(shelf.stock.lot_id, shelf)
            free[shelf.stock.lot_id] = free.get(shelf.stock.lot_id, 0) + shelf.free
    return next((first[lot] for lot in first if free[lot] >= claim.quantity), None)


def _advance(shelves: list[_Shelf], place: int) -> None:
    """A shelf with fewer units left moves ahead of its equals."""
    while place and shelves[place - 1].key > shelves[place].key:
        shelves[place - 1], shelves[place] = shelves[place], shelves[place - 1]
        place -= 1


@dataclass(frozen=True, slots=True)
class WarehouseOption:
    """What one warehouse could do for an order: units it covers, products it carries."""

    warehouse_id: int
    code: str
    covers: int
    carries: int


def choose_warehouse(options: Iterable[WarehouseOption]) -> int | None:
    """The warehouse that covers most units, then carries most products, then the first by code."""
    best = min(options, key=lambda o: (-o.covers, -o.carries, o.code), default=None)
    return None if best is None else best.warehouse_id
