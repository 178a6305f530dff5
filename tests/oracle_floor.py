"""What the oracle's people do besides: keep units for somebody, restrict lots, swap, miss units."""

from __future__ import annotations

from tests.oracle import APART, BINS, Case, Key, Line, Order, Promise
from tests.oracle_verbs import Oracle, Refused


class FloorOracle(Oracle):
    # For whom ----------------------------------------------------------------------------------

    def keep(self, sku: str, units: int, lot: str | None, channel: str, customer: str) -> None:
        wish = Order(0, self.now, channel=channel, customer=customer, is_set_aside=True)
        line = Line(len(self.lines), wish, sku, units, lot, False, 0)
        if sum(self.left(one) for one in self.offers(line)) < units:
            raise Refused("insufficient_stock")
        wish.lines = [line]
        self.set_asides.append(wish)
        self.fill([line])

    def end(self, wish: Order) -> None:
        if wish.is_cancelled:
            raise Refused("already_ended")
        self.drop([one for one in self.promises if one.line.order is wish])
        wish.is_cancelled = True
        self.reallocate(wish.lines[0].sku)

    def restrict(self, sku: str, name: str, only: str, never: str, channels: str) -> None:
        lot = self.lots[sku, name]
        lot.only_countries = frozenset(only.split())
        lot.never_countries = frozenset(never.split())
        lot.only_channels = frozenset(channels.split())
        forbidden = [
            one
            for one in self.promises
            if one.key[:2] == (sku, name) and not self.may_go(lot, one.line.order)
        ]
        self.drop(forbidden)
        self.reallocate(sku)

    def ask_of_channel(self, channel: str, days: int) -> None:
        if self.days_by_channel[channel] != days:
            self.days_by_channel[channel] = days
            self.reallocate(*self.products)

    # Not as the books say ----------------------------------------------------------------------

    def swap(self, order: Order, line: Line, source: str | None, target: str, units: int) -> None:
        self.require_open(order)
        if source == target:
            raise Refused("same_lot")
        if line.lot is not None:
            raise Refused("lot_mismatch")
        ours = [one for one in self.promises if one.line is line and one.key[1] == source]
        promised = sum(one.units for one in ours)
        if not promised:
            raise Refused("lot_mismatch")
        if units > promised:
            raise Refused("more_than_allocated")
        if line.single_lot and units < promised:
            raise Refused("lot_mismatch")
        wish = Line(line.number, order, line.sku, units, target, False, line.minimum)
        offers = self.offers(wish)
        if sum(self.left(one) for one in offers) < units:
            raise Refused(self.why_not_swapped(wish))
        last_first = sorted(ours, key=lambda one: (self.sequence(one), one.born), reverse=True)
        self.lower(last_first, units)
        wanted = units
        for one in offers:
            taken = min(wanted, self.left(one))
            wanted -= taken
            if taken and one.kept:
                self.hand_on(one.kept, taken)
            if taken:
                self.promise(line, one.key, taken)
        self.reallocate(line.sku)

    def why_not_swapped(self, wish: Line) -> str:
        """No unit of the lot on hand could go to the line, promised or not; or too few are free."""
        on_hand = [
            key
            for key, units in self.stock.items()
            if key[:2] == (wish.sku, wish.lot)
            and units
            and self.places[key[2]].kind in (*BINS, *APART)
            and self.places[key[2]].house == "CHI"
        ]
        stopped = on_hand and not any(self.may_have(wish, key) for key in on_hand)
        return "lot_not_allocatable" if stopped else "insufficient_stock"

    def sequence(self, one: Promise) -> int:
        return self.places[one.key[2]].sequence

    def lower(self, promises: list[Promise], units: int) -> list[Promise]:
        """Take so many units off these promises, the first first; those that were touched."""
        touched = []
        for one in promises:
            taken = min(units, one.units)
            units -= taken
            one.units -= taken
            if taken:
                touched.append(one)
        self.drop([one for one in touched if not one.units])
        return touched

    def miss(self, order: Order, key: Key, found: int) -> None:
        self.require_open(order)
        here = [one for one in self.promises if one.key == key]
        ours = [one for one in here if one.line.order is order]
        promised = sum(one.units for one in ours)
        if not promised:
            raise Refused("nothing_allocated")
        if found >= promised:
            raise Refused("nothing_missing")
        kept = [one for one in here if one.line.order.is_set_aside]
        others = sum(one.units for one in here if one not in ours and one not in kept)
        units = self.stock[key] - found - others
        last_first = sorted(ours, key=lambda one: -one.line.number)
        touched = self.lower(last_first, promised - found)
        self.drop(kept)
        whole = [one.line for one in touched if one.line.single_lot]
        self.drop([one for one in self.promises if one.line in whole])
        self.leave(key, units)
        self.enter((key[0], key[1], "QUARANTINE"), units)
        self.cases.append(Case(key[0], key[1], units, True))
        self.reallocate(key[0])
