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
    priority: int
    ordered_at: datetime
    lines: list[Line] = field(default_factory=list)
    is_cancelled: bool = False


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


class Shelves:
    """What stands where, what is promised, and who is served first."""

    def __init__(self, now: datetime, places: dict[str, Place], products: dict[str, Product]):
        self.now, self.places, self.products = now, places, products
        self.lots: dict[tuple[str, str], Lot] = {}
        self.stock: Counter[Key] = Counter()
        self.opened: dict[Key, int] = {}
        self.orders: list[Order] = []
        self.wros: list[list[Supply]] = []
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
        return [line for order in self.orders for line in order.lines]

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

    def minimum(self, line: Line) -> int:
        return max(line.minimum, self.products[line.sku].minimum)

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
        for line in self.lines:
            if line.sku == sku and not line.order.is_cancelled:
                rows[line.lot]["backordered"] += self.uncovered(line)
        return {lot: +row for lot, row in rows.items() if +row}

    # Promising ---------------------------------------------------------------------------------

    def in_rotation(self, keys: Iterable[Key]) -> list[Key]:
        def none_last(value: object) -> tuple[bool, object]:
            return (value is None, value or 0)

        def rank(key: Key) -> tuple[object, ...]:
            sku, lot, place = key
            expires_on = self.lots[sku, lot].expires_on if lot else None
            received = none_last(self.lots[sku, lot].received_at if lot else None)
            expiry = expires_on.toordinal() if expires_on else 0
            by = {
                "fefo": (expiry, received),
                "fifo": (received, expiry),
                "lefo": (-expiry, received),
            }[self.products[sku].rotation]
            tie = (self.free(key), self.places[place].sequence, self.opened[key])
            return (lot is None, expires_on is None, by, tie)

        return sorted(keys, key=rank)

    def fill(self, lines: Iterable[Line]) -> None:
        for line in sorted(lines, key=self.rank):
            wanted = self.uncovered(line)
            usable = self.in_rotation(
                key
                for key in self.stock
                if key[0] == line.sku
                and line.lot in (None, key[1])
                and self.places[key[2]].kind in BINS
                and self.free(key) > 0
                and self.why_not(key, self.minimum(line)) is None
            )
            if line.single_lot:
                units: Counter[str | None] = Counter()
                for key in usable:
                    units[key[1]] += self.free(key)
                enough = [key[1] for key in usable if units[key[1]] >= wanted][:1]
                usable = [key for key in usable if key[1] in enough]
            for key in usable:
                taken = min(wanted, self.free(key))
                wanted -= taken
                if taken:
                    self.promise(line, key, taken)

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
        self.fill(
            line
            for line in self.lines
            if line.sku in skus and not line.order.is_cancelled and self.uncovered(line)
        )

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
