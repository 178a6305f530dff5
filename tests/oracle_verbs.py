"""What people do in the oracle's warehouse, and what it refuses them."""

from __future__ import annotations

from datetime import date

from tests.oracle import (
    APART,
    BINS,
    STOPS_SHIPPING,
    Case,
    Key,
    Line,
    Lot,
    Order,
    Promise,
    Shelves,
    Supply,
)


class Refused(Exception):
    """The verb is refused with this code, and nothing has changed."""


class Oracle(Shelves):
    # Moving ------------------------------------------------------------------------------------

    def open(self, *keys: Key) -> None:
        for key in keys:
            self.opened.setdefault(key, len(self.opened))

    def leave(self, key: Key, units: int) -> None:
        if units > self.stock[key]:
            raise Refused("insufficient_stock")
        if units > self.free(key):
            raise Refused("units_committed")
        self.open(key)
        self.stock[key] -= units

    def require_apart(self, key: Key, *, stamping: bool = False) -> None:
        """Lots are kept apart, also from units without a lot, unless these are being stamped."""
        sku, lot, place = key
        others = {
            other[1]
            for other in self.stock
            if other[0] == sku and other[2] == place and self.stock[other] and other[1] != lot
        }
        if stamping:
            others -= {None}
        if others and not self.places[place].mixed:
            raise Refused("other_lot_in_location")

    def enter(self, key: Key, units: int) -> None:
        self.open(key)
        self.stock[key] += units
        sku, lot, _ = key
        if lot and self.lots[sku, lot].received_at is None:
            self.lots[sku, lot].received_at = self.now

    def leave_cases(self, sku: str, lot: str | None, units: int) -> list[tuple[Case, int]]:
        """Take units out of the oldest cases; from which, and how many."""
        taken = []
        for case in self.cases:
            if (case.sku, case.lot) == (sku, lot) and case.units and units:
                part = min(units, case.units)
                case.units -= part
                units -= part
                taken.append((case, part))
        return taken

    def require_kind(self, place: str, *kinds: str) -> None:
        if self.places[place].kind not in kinds:
            raise Refused("wrong_location_kind")

    # The verbs ---------------------------------------------------------------------------------

    def know(self, sku: str, lots: dict[str, date | None]) -> None:
        self.lots |= {(sku, lot): Lot(expires_on) for lot, expires_on in lots.items()}

    def announce(self, sku: str, lots: dict[str | None, int]) -> None:
        self.wros.append([Supply(sku, lot, units) for lot, units in lots.items()])

    def receive(self, supply: Supply, units: int, *, damaged: bool) -> None:
        """A surplus over so few expected units is always beyond the tolerance of a tenth."""
        if not supply.is_open:
            raise Refused("wrong_status")
        beyond = max(0, supply.received + units - supply.expected)
        beyond -= max(0, supply.received - supply.expected)
        quarantined = 0 if damaged else beyond
        supply.received += units
        supply.stowed += units if damaged else quarantined
        parts = {
            "DOCK": 0 if damaged else units - quarantined,
            "DAMAGED": units if damaged else 0,
            "QUARANTINE": quarantined,
        }
        for place, part in parts.items():
            if part:
                self.enter((supply.sku, supply.lot, place), part)
        if quarantined:
            self.cases.append(Case(supply.sku, supply.lot, quarantined, True))

    def stow(self, supply: Supply, units: int, place: str) -> None:
        if not supply.is_open:
            raise Refused("wrong_status")
        self.require_kind(place, *BINS)
        if units > supply.received - supply.stowed:
            raise Refused("more_than_received")
        self.require_apart((supply.sku, supply.lot, place))
        supply.stowed += units
        self.leave((supply.sku, supply.lot, "DOCK"), units)
        self.enter((supply.sku, supply.lot, place), units)
        self.reallocate(supply.sku)

    def complete(self, wro: list[Supply]) -> None:
        if not all(supply.is_open for supply in wro):
            raise Refused("wrong_status")
        if any(supply.received > supply.stowed for supply in wro):
            raise Refused("units_at_dock")
        for supply in wro:
            supply.is_open = False

    def move(self, sku: str, lot: str | None, units: int, source: str, target: str) -> None:
        if source == target or self.places[source].kind == "quarantine":
            raise Refused("wrong_location_kind")
        if self.places[source].house != self.places[target].house:
            raise Refused("wrong_location_kind")
        for place in (source, target):
            self.require_kind(place, *BINS, *APART)
        here, there = (sku, lot, source), (sku, lot, target)
        if self.stock[here] < units:
            raise Refused("insufficient_stock")
        if self.places[target].kind in APART:
            self.free_newest(here, units)
        elif self.free(here) < units:
            raise Refused("units_committed")
        else:
            self.require_apart(there)
        self.leave(here, units)
        self.enter(there, units)
        if self.places[target].kind == "quarantine":
            self.cases.append(Case(sku, lot, units, True))
        self.reallocate(sku)

    def adjust(self, sku: str, lot: str | None, units: int, place: str) -> None:
        self.require_kind(place, *BINS, *APART)
        key, in_quarantine = (sku, lot, place), self.places[place].kind == "quarantine"
        if units > 0:
            if self.products[sku].has_lots and lot is None and not in_quarantine:
                raise Refused("lot_or_expiry_required")
            self.require_apart(key)
            self.enter(key, units)
            if in_quarantine:
                self.cases.append(Case(sku, lot, units, True))
        else:
            if self.stock[key] < -units:
                raise Refused("insufficient_stock")
            self.free_newest(key, -units)
            self.leave(key, -units)
            if in_quarantine:
                self.leave_cases(sku, lot, -units)
        self.reallocate(sku)

    def assign(self, sku: str, lot: str, place: str, units: int | None) -> None:
        self.require_kind(place, *BINS, *APART)
        bare, stamped = (sku, None, place), (sku, lot, place)
        self.require_apart(stamped, stamping=True)
        here = self.stock[bare]
        if units is not None and units > here:
            raise Refused("insufficient_stock")
        units = here if units is None else units
        if not units:
            self.open(stamped)
            return
        self.free_newest(bare, units)
        self.leave(bare, units)
        self.enter(stamped, units)
        if self.places[place].kind == "quarantine":
            for case, part in self.leave_cases(sku, None, units):
                self.cases.append(Case(sku, lot, part, case.may_be_released))
        self.reallocate(sku)

    def order(
        self, lines: list[tuple[str, int, str | None, bool, int]], priority: int, **whose: str
    ) -> None:
        order = Order(priority, self.now, **whose)
        number = len(self.lines)
        order.lines = [Line(number + n, order, *wish) for n, wish in enumerate(lines)]
        self.orders.append(order)
        self.fill(order.lines)

    def require_open(self, order: Order) -> None:
        if order.is_cancelled:
            raise Refused("already_cancelled")

    def allocate(self, order: Order) -> None:
        self.require_open(order)
        if all(line.shipped == line.quantity for line in order.lines):
            raise Refused("already_shipped")
        if self.is_touched(order):
            self.reallocate(*{line.sku for line in order.lines})
        if not self.is_touched(order):
            order.is_released = True
            self.fill(order.lines)

    def is_touched(self, order: Order) -> bool:
        return self.is_promised(order) or any(line.shipped for line in order.lines)

    def cancel(self, order: Order) -> None:
        self.require_open(order)
        if any(line.shipped for line in order.lines):
            raise Refused("already_shipped")
        self.drop([one for one in self.promises if one.line.order is order])
        order.is_cancelled = True
        self.reallocate(*{line.sku for line in order.lines})

    def ship(self, order: Order) -> None:
        self.require_open(order)
        if all(line.shipped == line.quantity for line in order.lines):
            raise Refused("already_shipped")
        leaving = [one for one in self.promises if one.line.order is order]
        if not leaving:
            raise Refused("nothing_allocated")
        if any(self.why_not(one.key, 0) in STOPS_SHIPPING for one in leaving):
            raise Refused("lot_not_allocatable")
        self.drop(leaving)
        for one in leaving:
            self.send_off(one, one.units)

    def send_off(self, one: Promise, units: int) -> None:
        """Units that nobody is promised any more leave for the customer."""
        one.line.shipped += units
        one.line.order.sent[one.key[:2]] += units
        self.leave(one.key, units)

    def take_back(
        self, kind: str, sku: str, lot: str | None, units: int, *, passed: bool, place: str
    ) -> tuple[str, str]:
        """A return, inspected: the action and its rule. The product prefers as ``make`` set it."""
        product, left = self.products[sku], self.days_left(sku, lot)
        backup = "dispose" if product.has_lots and kind == "rts" else "quarantine"
        if {("product", sku), ("lot", (sku, lot))} & set(self.holds):
            action, rule = "quarantine", "lot_on_hold"
        elif product.has_lots and lot is None:
            action, rule = "quarantine", "lot_unknown"
        elif product.has_lots and kind == "customer_return":
            action, rule = "quarantine", "preference"
        elif not passed:
            action, rule = backup, "inspection_failed"
        elif left is not None and left < 0:
            action, rule = backup, "expired"
        elif left is not None and left < product.minimum:
            action, rule = backup, "below_min_shelf_life"
        else:
            action, rule = "restock", "preference"
        if action == "restock":
            self.require_kind(place, *BINS)
            self.require_apart((sku, lot, place))
            self.enter((sku, lot, place), units)
            self.reallocate(sku)
        elif action == "quarantine":
            self.enter((sku, lot, "QUARANTINE"), units)
            may_be_released = kind == "rts" or not product.has_lots
            self.cases.append(Case(sku, lot, units, may_be_released))
        return action, rule

    def release_case(self, case: Case, units: int, place: str) -> None:
        if not case.may_be_released or (self.products[case.sku].has_lots and case.lot is None):
            raise Refused("not_releasable")
        self.require_kind(place, *BINS)
        if units > case.units:
            raise Refused("insufficient_stock")
        self.require_apart((case.sku, case.lot, place))
        case.units -= units
        self.leave((case.sku, case.lot, "QUARANTINE"), units)
        self.enter((case.sku, case.lot, place), units)
        self.reallocate(case.sku)

    def dispose_case(self, case: Case, units: int) -> None:
        if units > case.units:
            raise Refused("insufficient_stock")
        case.units -= units
        self.leave((case.sku, case.lot, "QUARANTINE"), units)
        self.reallocate(case.sku)

    def hold(self, kind: str, target: object) -> None:
        self.holds.append((kind, target))
        self.reallocate(*self.concerned(kind, target))

    def release(self, place: int) -> None:
        self.reallocate(*self.concerned(*self.holds.pop(place)))

    def concerned(self, kind: str, target: object) -> set[str]:
        if kind == "place":
            return {key[0] for key in self.opened if key[2] == target}
        return {target[0] if isinstance(target, tuple) else str(target)}

    def activate(self, sku: str, *lots: str, is_active: bool) -> None:
        """Where none of them changes, nothing is planned anew."""
        changed = [lot for lot in lots if self.lots[sku, lot].is_active != is_active]
        for lot in changed:
            self.lots[sku, lot].is_active = is_active
        if changed:
            self.reallocate(sku)

    def correct(self, sku: str, lot: str, expires_on: date | None) -> None:
        changed = self.lots[sku, lot].expires_on != expires_on
        self.lots[sku, lot].expires_on = expires_on
        left = self.days_left(sku, lot)
        if changed and left is not None:
            self.drop(
                [
                    one
                    for one in self.promises
                    if one.key[:2] == (sku, lot) and left < self.minimum(one.line)
                ]
            )
        self.reallocate(sku)

    def set_pickable(self, place: str, *, pickable: bool) -> None:
        self.places[place].pickable = pickable
        self.reallocate(*self.concerned("place", place))
