"""Which balances fill which demands: the planner, pure and without a clock.

Rotation is first-expired-first-out unless the product or account says otherwise. Ties, in this
order: expiry, the lot's first receipt (none last), fewer unpromised units on the balance, the
location's pick sequence, the balance's id. Dated lots come before undated ones under every
rotation, and units without a lot come last. Units set aside for a claim come before all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from merchants.models import Rotation


class Claim(NamedTuple):
    """Uncovered units of a demand. ``min_shelf_life_days`` is the effective minimum, 0 for none.

    ``country`` is '' where the destination is not known. A set-aside claims units too, for a
    channel ('' for any) or a customer, and never those that another one keeps.
    """

    demand_id: int
    quantity: int
    lot_id: int | None = None
    single_lot: bool = False
    min_shelf_life_days: int = 0
    channel: str = ""
    country: str = ""
    customer: str = ""
    is_set_aside: bool = False


@dataclass(frozen=True, slots=True)
class Restriction:
    """Where the units of a lot may go. Empty sets restrict nothing."""

    only_countries: frozenset[str] = frozenset()
    never_countries: frozenset[str] = frozenset()
    only_channels: frozenset[str] = frozenset()

    def allows(self, claim: Claim) -> bool:
        """An unknown destination is no allowed one; a set-aside's is settled by its orders."""
        has_channel = claim.channel or not claim.is_set_aside
        if self.only_channels and has_channel and claim.channel not in self.only_channels:
            return False
        if claim.is_set_aside or not (self.only_countries or self.never_countries):
            return True
        if not claim.country or claim.country in self.never_countries:
            return False
        return not self.only_countries or claim.country in self.only_countries


class Reserved(NamedTuple):
    """The promise of a set-aside: units kept for a channel or a customer, '' for any of them."""

    allocation_id: int
    demand_id: int
    channel: str
    customer: str

    def serves(self, claim: Claim) -> bool:
        return (
            not claim.is_set_aside
            and self.channel in ("", claim.channel)
            and self.customer.casefold() in ("", claim.customer.casefold())
        )


class Stock(NamedTuple):
    """Units of one balance that nothing but their date or a restriction keeps from shipping.

    They are unpromised, or ``reserved``: promised to a set-aside. ``received_at`` is a time, or
    anything that sorts as the times do.
    """

    balance_id: int
    lot_id: int | None
    free: int
    expires_on: date | None = None
    received_at: datetime | str | None = None
    pick_sequence: int = 0
    restriction: Restriction | None = None
    reserved: Reserved | None = None


class Pick(NamedTuple):
    """``quantity`` units of a balance for a demand; of the set-aside that kept them, if one did."""

    demand_id: int
    balance_id: int
    quantity: int
    reserved: Reserved | None = None


def plan(
    claims: Iterable[Claim], stock: Iterable[Stock], *, rotation: str, today: date
) -> list[Pick]:
    """Promise units of one product in one warehouse to claims, the first claim first.

    Every claim takes what it can: the lot it names and no other, one lot for all of it where it
    asks for a single lot (the first by rotation that covers it, else nothing), and only lots that
    may go where it goes, with at least its days of shelf life left on ``today`` (N days exactly is
    enough). What stays uncovered has no pick. Returns the picks in the order of claims and
    rotation. Linear in claims, lots and picks once the lots are sorted, for every set of terms.
    """
    shelves = Shelves(stock, rotation=rotation, today=today)
    return [pick for claim in claims for pick in shelves.draw(claim)]


class _Shelf:
    """A balance while the plan draws on it. Shelves of one tier are equal but for what is left."""

    __slots__ = ("free", "stock", "tie", "tier")

    def __init__(self, stock: Stock, tier: int) -> None:
        self.stock, self.tier, self.free = stock, tier, stock.free
        self.tie = (stock.pick_sequence, stock.balance_id)

    @property
    def key(self) -> Drawn:
        return self.stock.balance_id, self.stock.reserved


Drawn = tuple[int, Reserved | None]  # units of a balance, and who kept them


class Shelves:
    """The stock of one product in one warehouse, in rotation order, while claims draw on it.

    Claims with the same terms may draw on the same shelves; which, is found out once. ``drawn``
    are units that are taken already.
    """

    def __init__(
        self,
        stock: Iterable[Stock],
        *,
        rotation: str,
        today: date,
        drawn: Mapping[Drawn, int] | None = None,
    ) -> None:
        self.today = today
        self._drawn = dict(drawn or {})  # from shelves that nobody looked at yet
        self._ranked = sorted(
            (rank(one, rotation), one[2], one[5], one[0], one) for one in stock if one[2] > 0
        )
        self._shelves: list[_Shelf] = []  # as many of them as anybody looked at
        # Without restrictions and set-asides all destinations are alike.
        self._are_plain = not any(one.restriction or one.reserved for *_, one in self._ranked)
        self._open: dict[Any, tuple[list[_Shelf], Iterator[_Shelf]]] = {}
        self._used: dict[Any, int] = {}
        # Who drew last, and the tier they have in order: what they take of it leaves it so.
        self._last: Any = None
        self._in_order = 0

    def draw(self, claim: Claim) -> list[Pick]:
        """Take units for one claim off the shelves."""
        if claim.single_lot:
            lot_id = self._first_covering_lot(claim)
            if lot_id is _NO_LOT_COVERS:
                return []
            claim = claim._replace(lot_id=lot_id)
        terms = self._terms(claim)
        if terms not in self._open:
            self._open[terms] = [], self._open_to(claim)
        if self._last != terms:
            self._last, self._in_order = terms, 0
        shelves, more = self._open[terms]
        place, wanted, picks = self._used.get(terms, 0), claim.quantity, []
        while wanted and (place + 1 < len(shelves) or _reaches(shelves, place, more)):
            shelf = shelves[place]
            if place + 1 < len(shelves) and shelves[place + 1].tier == shelf.tier != self._in_order:
                _put_in_order(shelves, place, more)
                self._in_order, shelf = shelf.tier, shelves[place]
            if not shelf.free:
                place += 1
                continue
            taken = min(wanted, shelf.free)
            one = shelf.stock
            picks.append(Pick(claim.demand_id, one.balance_id, taken, one.reserved))
            wanted -= taken
            shelf.free -= taken
        self._used[terms] = place
        return picks

    def put_back(self, picks: Iterable[Pick]) -> None:
        """Undo a draw."""
        taken: dict[Drawn, int] = {}
        for pick in picks:
            key = pick.balance_id, pick.reserved
            taken[key] = taken.get(key, 0) + pick.quantity
        for shelf in self._shelves if taken else ():
            shelf.free += taken.pop(shelf.key, 0)
        for key, units in taken.items():
            self._drawn[key] -= units
        self._used.clear()
        self._last = None

    def drawn(self) -> dict[Drawn, int]:
        """Units taken so far."""
        looked_at = {shelf.key: shelf.stock.free - shelf.free for shelf in self._shelves}
        return self._drawn | looked_at

    def _terms(self, claim: Claim) -> Any:
        """What decides which shelves a claim may draw on."""
        # A claim of a single lot names it by now, where there is one: units without a lot are one.
        terms = (claim.lot_id, claim.single_lot, claim.min_shelf_life_days)
        return terms if self._are_plain else (*terms, *claim[5:])

    def _open_to(self, claim: Claim) -> Iterator[_Shelf]:
        """The shelves that the claim may draw on, in rotation order, one by one."""
        lot_id, is_named = claim.lot_id, claim.single_lot or claim.lot_id is not None
        for shelf in self._lasting(claim):
            if not is_named or shelf.stock.lot_id == lot_id:
                yield shelf

    def _each(self) -> Iterator[_Shelf]:
        """The shelves in rotation order; few are ever looked at."""
        place = 0
        while place < len(self._ranked):
            if place == len(self._shelves):
                key, *_, one = self._ranked[place]
                before = self._ranked[place - 1][0] if place else None
                tier = self._shelves[-1].tier if place else 0
                shelf = _Shelf(one, tier + (key != before))
                shelf.free -= self._drawn.pop(shelf.key, 0)
                self._shelves.append(shelf)
            yield self._shelves[place]
            place += 1

    def _lasting(self, claim: Claim) -> Iterator[_Shelf]:
        """The shelves whose date, restriction and set-aside let the claim have them."""
        until = self.today + timedelta(days=min(claim.min_shelf_life_days, _LONGEST_DAYS))
        for shelf in self._each():
            one = shelf.stock
            if one.expires_on is not None and one.expires_on < until:
                continue
            if one.restriction is not None and not one.restriction.allows(claim):
                continue
            if one.reserved is None or one.reserved.serves(claim):
                yield shelf

    def _first_covering_lot(self, claim: Claim) -> Any:
        """The first lot by rotation (the named one, where one is) that covers the whole claim."""
        free: dict[int | None, int] = {}
        for shelf in sorted(self._lasting(claim), key=_in_rotation):
            lot_id = shelf.stock.lot_id
            if shelf.free and claim.lot_id in (None, lot_id):
                free[lot_id] = free.get(lot_id, 0) + shelf.free
        covering = (lot_id for lot_id, units in free.items() if units >= claim.quantity)
        return next(covering, _NO_LOT_COVERS)


_NO_LOT_COVERS = object()
_LONGEST_DAYS = 2_000_000  # beyond this a date has no room for it


def _in_rotation(shelf: _Shelf) -> tuple[Any, ...]:
    return (shelf.tier, shelf.free, shelf.tie)


def _reaches(shelves: list[_Shelf], place: int, more: Iterator[_Shelf]) -> bool:
    """Whether there is a shelf at ``place``; it and the next are fetched if need be."""
    while len(shelves) < place + 2:
        shelf = next(more, None)
        if shelf is None:
            break
        shelves.append(shelf)
    return place < len(shelves)


def _put_in_order(shelves: list[_Shelf], place: int, more: Iterator[_Shelf]) -> None:
    """Fetch the rest of the tier at ``place``, and put it as it is drawn on: fewest units first."""
    tier, end = shelves[place].tier, place
    while shelves[-1].tier == tier and (shelf := next(more, None)):
        shelves.append(shelf)
    while end < len(shelves) and shelves[end].tier == tier:
        end += 1
    shelves[place:end] = sorted(shelves[place:end], key=_in_rotation)


def rank(stock: Stock, rotation: str) -> tuple[Any, ...]:
    """A balance's place in the rotation, as far as no picking changes it; smallest first."""
    _, lot_id, _, expires_on, received_at, _, _, reserved = stock
    # What is unknown comes last; the flag before it keeps None from being compared with a date.
    receipt = (received_at is None, received_at)
    last = (reserved is None, lot_id is None, expires_on is None)
    if rotation == Rotation.FIFO:
        return (last, receipt, expires_on)
    if rotation == Rotation.LEFO:
        return (last, expires_on and -expires_on.toordinal(), receipt)
    return (last, expires_on, receipt)


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
