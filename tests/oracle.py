"""A second warehouse, of plain Python: dictionaries, counting and sorting, written from PRODUCT.

The state machine holds lotwms against it. It is slow, obvious and shares no code with the product.
Here is what is so and who is promised what; `oracle_verbs` has the verbs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Chicago")
BINS = ("storage", "staging")
APART = ("quarantine", "damaged")
STOPS_SHIPPING = ("hold", "inactive", "expired")

Key = tuple[str, str | None, str]  # sku, lot, place


@dataclass(eq=False)
class Place:
    kind: str
    sequence: int = 0
    mixed: bool = False
    pickable: bool = True
    house: str = "CHI"


@dataclass(eq=False)
class Product:
    has_lots: bool
    minimum: int
    rotation: str


@dataclass(eq=False)
class Lot:
    expires_on: date | None
    is_active: bool = True
    received_at: datetime | None = None
    only_countries: frozenset[str] = frozenset()
    never_countries: frozenset[str] = frozenset()
    only_channels: frozenset[str] = frozenset()


@dataclass(eq=False)
class Line:
    number: int
    order: Order
    sku: str
    quantity: int
    lot: str | None
    single_lot: bool
    minimum: int
    shipped: int = 0


@dataclass(eq=False)
class Order:
    """An order, or a set-aside for the orders of a channel or customer ('' for any)."""

    priority: int
    ordered_at: datetime
    channel: str = "dtc"
    country: str = ""
    customer: str = ""
    is_set_aside: bool = False
    is_released: bool = True
    lines: list[Line] = field(default_factory=list)
    is_cancelled: bool = False
    sent: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    announced_back: Counter[str] = field(default_factory=Counter)
    back: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def keeps_for(self, other: Order) -> bool:
        return (
            self.is_set_aside
            and not other.is_set_aside
            and self.channel in ("", other.channel)
            and self.customer in ("", other.customer)
        )


@dataclass(eq=False)
class Supply:
    """What a WRO announces of one lot."""

    sku: str
    lot: str | None
    expected: int
    received: int = 0
    stowed: int = 0
    is_open: bool = True


@dataclass(eq=False)
class Transfer:
    """Units by product and lot that go from one house to the other."""

    source: str
    target: str
    asked: Counter[tuple[str, str | None]]
    status: str = "awaiting"
    under_way: Counter[tuple[str, str | None]] = field(default_factory=Counter)


@dataclass(eq=False)
class Case:
    sku: str
    lot: str | None
    units: int
    may_be_released: bool


@dataclass(eq=False)
class Promise:
    """Units at a place for a line; ``born`` says which promise is newer."""

    line: Line
    key: Key
    units: int
    born: int


@dataclass(eq=False)
class Offer:
    """Units that a line could have: free ones at a place, or what a set-aside keeps there."""

    key: Key
    kept: Promise | None = None


class Shelves:
    """What stands where, what is promised, and who is served first."""

    def __init__(self, now: datetime, places: dict[str, Place], products: dict[str, Product]):
        self.now, self.places, self.products = now, places, products
        self.lots: dict[tuple[str, str], Lot] = {}
        self.stock: Counter[Key] = Counter()
        self.opened: dict[Key, int] = {}
        self.orders: list[Order] = []
        self.set_asides: list[Order] = []
        self.days_by_channel: Counter[str] = Counter()
        self.wros: list[list[Supply]] = []
        self.transfers: list[Transfer] = []
        self.merged: dict[str, str] = {}
        self.cases: list[Case] = []
        self.holds: list[tuple[str, object]] = []
        self.promises: list[Promise] = []
        self.births = 0

    # What is so --------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    @property
    def lines(self) -> list[Line]:
        found = [line for one in (*self.orders, *self.set_asides) for line in one.lines]
        return sorted(found, key=lambda line: line.number)

    def days_left(self, sku: str, lot: str | None) -> int | None:
        expires_on = self.lots[sku, lot].expires_on if lot else None
        return None if expires_on is None else (expires_on - self.today).days

    def why_not(self, key: Key, minimum: int) -> str | None:
        sku, lot, place = key
        left = self.days_left(sku, lot)
        targets = {("product", sku), ("lot", (sku, lot)), ("place", place)}
        if self.places[place].kind in APART:
            return self.places[place].kind
        if targets & set(self.holds):
            return "hold"
        if lot and not self.lots[sku, lot].is_active:
            return "inactive"
        if left is not None and left < 0:
            return "expired"
        if left is not None and left < minimum:
            return "short_dated"
        return None if self.places[place].pickable else "not_pickable"

    def committed(self, key: Key) -> int:
        return sum(one.units for one in self.promises if one.key == key)

    def free(self, key: Key) -> int:
        return self.stock[key] - self.committed(key)

    def allocated(self, line: Line) -> int:
        return sum(one.units for one in self.promises if one.line is line)

    def is_promised(self, order: Order) -> bool:
        return any(self.allocated(line) for line in order.lines)

    def uncovered(self, line: Line) -> int:
        return line.quantity - line.shipped - self.allocated(line)

    def waits(self, line: Line) -> bool:
        order = line.order
        return order.is_released and not order.is_cancelled and self.uncovered(line) > 0

    def minimum(self, line: Line) -> int:
        of_channel = self.days_by_channel[line.order.channel]
        return max(line.minimum, self.products[line.sku].minimum, of_channel)

    def may_go(self, lot: Lot, order: Order) -> bool:
        """Where a set-aside's units go is settled by the orders that get them."""
        is_for_any = order.is_set_aside and order.channel == ""
        if lot.only_channels and not is_for_any and order.channel not in lot.only_channels:
            return False
        if order.is_set_aside or not (lot.only_countries or lot.never_countries):
            return True
        if order.country == "" or order.country in lot.never_countries:
            return False
        return not lot.only_countries or order.country in lot.only_countries

    def may_have(self, line: Line, key: Key) -> bool:
        """Units at this place could be promised to the line."""
        sku, lot, place = key
        return (
            sku == line.sku
            and line.lot in (None, lot)
            and self.places[place].kind in BINS
            and self.places[place].house == "CHI"  # which all orders name
            and self.why_not(key, self.minimum(line)) is None
            and (lot is None or self.may_go(self.lots[sku, lot], line.order))
        )

    def figures(self, sku: str) -> dict[str | None, Counter[str]]:
        """The quantities of PRODUCT by lot, those of 0 left out."""
        rows: dict[str | None, Counter[str]] = defaultdict(Counter)
        for key, units in self.stock.items():
            if key[0] != sku or not units or self.places[key[2]].kind == "dock":
                continue
            row, reason = rows[key[1]], self.why_not(key, self.products[sku].minimum)
            row["on_hand"] += units
            row["committed"] += self.committed(key)
            row["exception" if reason else "fulfillable"] += self.free(key)
            if reason:
                row[f"because {reason}"] += self.free(key)
        for supply in (supply for wro in self.wros for supply in wro):
            if supply.sku == sku and supply.is_open:
                incoming = max(supply.expected, supply.received) - supply.stowed
                rows[supply.lot]["incoming"] += incoming
        for lot, units in self.in_transit(sku).items():
            rows[lot]["in_transit"] = units
        for line in self.lines:
            if line.sku == sku and self.waits(line) and not line.order.is_set_aside:
                rows[line.lot]["backordered"] += self.uncovered(line)
        return {lot: +row for lot, row in rows.items() if +row}

    def in_transit(self, sku: str) -> Counter[str | None]:
        units: Counter[str | None] = Counter()
        for transfer in self.transfers:
            for (of, lot), under_way in transfer.under_way.items():
                units[lot] += under_way * (of == sku)
        return units

    # Promising ---------------------------------------------------------------------------------

    def offers(self, line: Line) -> list[Offer]:
        """Where the line could have units from, in the order in which it takes them: what is set
        aside for it, then what is free."""
        keys = [key for key in self.stock if self.may_have(line, key)]
        kept = [
            Offer(one.key, one)
            for one in self.promises
            if one.key in keys and one.line.order.keeps_for(line.order)
        ]
        free = [Offer(key) for key in keys if self.free(key) > 0]
        return sorted([*kept, *free], key=self.in_rotation)

    def left(self, offer: Offer) -> int:
        return offer.kept.units if offer.kept else self.free(offer.key)

    def in_rotation(self, offer: Offer) -> tuple[object, ...]:
        def none_last(value: object) -> tuple[bool, object]:
            return (value is None, value or 0)

        sku, lot, place = offer.key
        expires_on = self.lots[sku, lot].expires_on if lot else None
        received = none_last(self.lots[sku, lot].received_at if lot else None)
        expiry = expires_on.toordinal() if expires_on else 0
        by = {
            "fefo": (expiry, received),
            "fifo": (received, expiry),
            "lefo": (-expiry, received),
        }[self.products[sku].rotation]
        tie = (self.left(offer), self.places[place].sequence, self.opened[offer.key])
        return (offer.kept is None, lot is None, expires_on is None, by, tie)

    def fill(self, lines: Iterable[Line]) -> None:
        for line in sorted(lines, key=self.rank):
            self.draw(line, self.offers(line), self.uncovered(line))

    def draw(self, line: Line, offers: list[Offer], wanted: int) -> None:
        if line.single_lot:
            units: Counter[str | None] = Counter()
            for one in offers:
                units[one.key[1]] += self.left(one)
            enough = [one.key[1] for one in offers if units[one.key[1]] >= wanted][:1]
            offers = [one for one in offers if one.key[1] in enough]
        for one in offers:
            taken = min(wanted, self.left(one))
            wanted -= taken
            if taken and one.kept:
                self.hand_on(one.kept, taken)
            if taken:
                self.promise(line, one.key, taken)

    def hand_on(self, kept: Promise, units: int) -> None:
        kept.units -= units
        kept.line.shipped += units
        if not kept.units:
            self.drop([kept])

    def rank(self, line: Line) -> tuple[object, ...]:
        return (-line.order.priority, line.order.ordered_at, line.number)

    def promise(self, line: Line, key: Key, units: int) -> None:
        for one in self.promises:
            if one.line is line and one.key == key:
                one.units += units
                return
        self.births += 1
        self.promises.append(Promise(line, key, units, self.births))

    def drop(self, gone: Iterable[Promise]) -> None:
        dropped = [id(one) for one in gone]
        self.promises = [one for one in self.promises if id(one) not in dropped]

    def with_single_lot_lines_whole(self, hit: list[Promise]) -> list[Promise]:
        whole = [id(one.line) for one in hit if one.line.single_lot]
        others = [one for one in self.promises if id(one.line) in whole and one not in hit]
        return hit + others

    def reallocate(self, *skus: str) -> None:
        broken = [
            one
            for one in self.promises
            if one.key[0] in skus and self.why_not(one.key, 0) in STOPS_SHIPPING
        ]
        self.drop(self.with_single_lot_lines_whole(broken))
        self.fill(line for line in self.lines if line.sku in skus and self.waits(line))

    def free_newest(self, key: Key, units: int) -> None:
        """Release the newest promises at a place until so many units there are not promised."""
        hit: list[Promise] = []
        missing = units - self.free(key)
        for one in sorted(self.promises, key=lambda one: -one.born):
            if one.key == key and missing > 0:
                taken = one.units if one.line.single_lot else min(missing, one.units)
                missing -= taken
                if taken == one.units:
                    hit.append(one)
                else:
                    one.units -= taken
        self.drop(self.with_single_lot_lines_whole(hit))
