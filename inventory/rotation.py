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
    rotation. Linear in claims, lots and picks once the lots are sorted, while the claims have the
    same terms; a claim of a single lot looks at every lot.
    """
    shelves = Shelves(stock, rotation=rotation, today=today)
    return [pick for claim in claims for pick in shelves.draw(claim)]


class _Shelf:
    """A balance while the plan draws on it. Shelves of one tier are equal but for what is left."""

    __slots__ = ("free", "stock", "tier")

    def __init__(self, stock: Stock, tier: int) -> None:
        self.stock, self.tier, self.free = stock, tier, stock.free

    @property
    def key(self) -> Drawn:
        return self.stock.balance_id, self.stock.reserved


Drawn = tuple[int, Reserved | None]  # units of a balance, and who kept them


class _Queue:
    """The shelves that claims of the same terms draw on. Those before ``place`` are empty."""

    __slots__ = ("more", "place", "shelves")

    def __init__(self, more: Iterator[_Shelf]) -> None:
        self.shelves: list[_Shelf] = []  # as many as were asked for; the rest is in `more`
        self.more, self.place = more, 0

    def fetch(self) -> bool:
        """Fetch the next shelf; whether there was one."""
        shelf = next(self.more, None)
        if shelf is not None:
            self.shelves.append(shelf)
        return shelf is not None

    def put_in_order(self, place: int) -> None:
        """Fetch the tier at ``place``, and put it as it is drawn on: fewest units first."""
        shelves, end = self.shelves, place
        tier = shelves[place].tier
        while shelves[-1].tier == tier and self.fetch():
            pass
        while end < len(shelves) and shelves[end].tier == tier:
            end += 1
        shelves[place:end] = sorted(shelves[place:end], key=_in_rotation)


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
            [(*rank(one, rotation), one[2], one[5], one[0], one) for one in stock if one[2] > 0]
        )
        self._shelves: list[_Shelf] = []  # as many of them as anybody looked at
        # What decides which shelves a claim may draw on. Without restrictions and set-asides all
        # destinations are alike.
        is_plain = not any(one[-1].restriction or one[-1].reserved for one in self._ranked)
        self._terms = slice(2, 5) if is_plain else slice(2, None)
        self._queues: dict[Any, _Queue] = {}
        # Who drew last, and up to which tier theirs are in order: what they take leaves them so.
        self._last: _Queue | None = None
        self._in_order = 0 if self._drawn else len(self._ranked)

    def draw(self, claim: Claim) -> list[Pick]:
        """Take units for one claim off the shelves."""
        if claim.single_lot:
            lot_id = self._first_covering_lot(claim)
            if lot_id is _NO_LOT_COVERS:
                return []
            claim = claim._replace(lot_id=lot_id)
        queue = self._queue_of(claim)
        shelves, place, wanted = queue.shelves, queue.place, claim.quantity
        picks: list[Pick] = []
        while wanted and (place < len(shelves) or queue.fetch()):
            if shelves[place].tier > self._in_order:
                queue.put_in_order(place)
                self._in_order = shelves[place].tier
            shelf = shelves[place]
            if taken := min(wanted, shelf.free):
                one = shelf.stock
                picks.append(Pick(claim.demand_id, one.balance_id, taken, one.reserved))
                shelf.free -= taken
                wanted -= taken
            if wanted:
                place += 1
        queue.place = place
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
        for queue in self._queues.values():
            queue.place = 0
        self._in_order = 0

    def drawn(self) -> dict[Drawn, int]:
        """Units taken so far."""
        looked_at = {shelf.key: shelf.stock.free - shelf.free for shelf in self._shelves}
        return self._drawn | looked_at

    def _queue_of(self, claim: Claim) -> _Queue:
        # A claim of a single lot names it by now, where there is one: units without a lot are one.
        terms = claim[self._terms]
        queue = self._queues.get(terms)
        if queue is None:
            queue = self._queues[terms] = _Queue(self._open_to(claim))
        if queue is not self._last:
            if self._last is not None:
                self._in_order = 0
            self._last = queue
        return queue

    def _open_to(self, claim: Claim) -> Iterator[_Shelf]:
        """The shelves that the claim may draw on, in rotation order, one by one."""
        lot_id, is_named = claim.lot_id, claim.single_lot or claim.lot_id is not None
        shelves = self._lasting(claim)
        if not is_named:
            return shelves
        return (shelf for shelf in shelves if shelf.stock.lot_id == lot_id)

    def _each(self) -> Iterator[_Shelf]:
        """The shelves in rotation order; few are ever looked at."""
        place = 0
        while place < len(self._ranked):
            if place == len(self._shelves):
                self._shelves.append(self._make_shelf(place))
            yield self._shelves[place]
            place += 1

    def _make_shelf(self, place: int) -> _Shelf:
        one, tier = self._ranked[place], 1
        if place:
            is_next = one[:_OF_RANK] != self._ranked[place - 1][:_OF_RANK]
            tier = self._shelves[-1].tier + is_next
        shelf = _Shelf(one[-1], tier)
        if self._drawn:
            shelf.free -= self._drawn.pop(shelf.key, 0)
        return shelf

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
_OF_RANK = -4  # before it in a row of the order stands the rank, after it what picking changes
_FIFO, _LEFO = Rotation.FIFO.value, Rotation.LEFO.value  # looked up once: it takes long
_LONGEST_DAYS = 2_000_000  # beyond this a date has no room for it


def _in_rotation(shelf: _Shelf) -> tuple[int, ...]:
    stock = shelf.stock
    return (shelf.tier, shelf.free, stock.pick_sequence, stock.balance_id)


def rank(stock: Stock, rotation: str) -> tuple[Any, ...]:
    """A balance's place in the rotation, as far as no picking changes it; smallest first."""
    _, lot_id, _, expires_on, received_at, _, _, reserved = stock
    # What is unknown comes last; the flag before it keeps None from being compared with a date.
    is_open, is_bare, is_undated = reserved is None, lot_id is None, expires_on is None
    if rotation == _FIFO:
        return (is_open, is_bare, is_undated, received_at is None, received_at, expires_on)
    day = -expires_on.toordinal() if expires_on and rotation == _LEFO else expires_on
    return (is_open, is_bare, is_undated, day, received_at is None, received_at)


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
