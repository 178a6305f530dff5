"""What the oracle's people do in one go: waves, whole bins, lots that leave, orders in part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.oracle import BINS, STOPS_SHIPPING, Case, Key, Line, Order
from tests.oracle_lots import LotOracle
from tests.oracle_verbs import Refused

Wished = tuple[str, int, str | None, bool, int]


class WorkOracle(LotOracle):
    # Out -----------------------------------------------------------------------------------------

    def open_order(self, lines: list[Wished], priority: int, **whose: str) -> None:
        """It claims nothing before it is allocated or its wave is run."""
        number = len(self.lines)
        order = Order(priority, self.now, is_released=False, **whose)
        order.lines = [Line(number + n, order, *wish) for n, wish in enumerate(lines)]
        self.orders.append(order)

    def run_wave(self, orders: Sequence[Order]) -> None:
        for order in orders:
            order.is_released = True
        self.fill(line for order in orders for line in order.lines)

    def ship_part(self, order: Order, sku: str, lot: str | None, units: int) -> None:
        """So many units of a lot; the rest of a line from a single lot is tied to it."""
        ours = [one for one in self.promises if one.line.order is order and one.key[0] == sku]
        of_lot = [one for one in ours if one.key[1] == lot]
        if units > sum(one.units for one in of_lot):
            too_many = units > sum(one.units for one in ours)
            raise Refused("more_than_allocated" if too_many else "lot_mismatch")
        leaving = []
        for one in sorted(of_lot, key=lambda one: (one.line.number, self.sequence(one), one.born)):
            taken = min(units, one.units)
            units -= taken
            if taken:
                leaving.append((one, taken))
        if any(self.why_not(one.key, 0) in STOPS_SHIPPING for one, _ in leaving):
            raise Refused("lot_not_allocatable")
        for one, taken in leaving:
            self.lower([one], taken)
            self.send_off(one, taken)
            if one.line.single_lot:
                one.line.lot = one.line.lot or lot

    # Back ----------------------------------------------------------------------------------------

    def announce_back(self, order: Order, sku: str, units: int) -> None:
        shipped = sum(left for (of, _), left in order.sent.items() if of == sku)
        if order.announced_back[sku] + units > shipped:
            raise Refused("more_than_shipped")
        order.announced_back[sku] += units

    def take_back_of(
        self, order: Order, kind: str, sku: str, lot: str | None, units: int, **found: Any
    ) -> list[tuple[str, str]]:
        """Units of a lot beyond what the order shipped of it are of an unknown one."""
        is_held = {("product", sku), ("lot", (sku, lot))} & set(self.holds)
        left = units if is_held or lot is None else order.sent[sku, lot] - order.back[sku, lot]
        within = min(units, max(0, left))
        done = [self.take_back(kind, sku, lot, within, **found)] if within else []
        order.back[sku, lot] += within
        if beyond := units - within:
            self.enter((sku, lot, "QUARANTINE"), beyond)
            self.cases.append(Case(sku, lot, beyond, kind == "rts"))
            done.append(("quarantine", "lot_unknown"))
        return done

    # Inside --------------------------------------------------------------------------------------

    def remove(self, takes: dict[Key, int]) -> None:
        """Units of a lot that the merchant wants destroyed, the newest promises on them first."""
        for key, units in takes.items():
            self.free_newest(key, units)
        for key, units in takes.items():
            self.leave(key, units)
        self.reallocate(*{key[0] for key in takes})

    def consolidate(self, sku: str, lot: str | None, target: str) -> None:
        self.require_kind(target, *BINS)
        house = self.places[target].house
        here = [
            key
            for key in self.standing_in(*self.places)
            if key[:2] == (sku, lot)
            and key[2] != target
            and self.places[key[2]].kind in BINS
            and self.places[key[2]].house == house
        ]
        if not here:
            raise Refused("insufficient_stock")
        if not any(self.free(key) for key in here):
            raise Refused("units_committed")
        self.require_apart((sku, lot, target))
        for key in here:
            units = self.free(key)
            if units:
                self.leave(key, units)
                self.enter((sku, lot, target), units)
        self.reallocate(sku)

    def relocate(self, source: str, target: str) -> None:
        for place in (source, target):
            self.require_kind(place, *BINS)
        if source == target or self.places[source].house != self.places[target].house:
            raise Refused("wrong_location_kind")
        here = self.standing_in(source)
        if not here:
            raise Refused("insufficient_stock")
        if any(self.committed(key) for key in here):
            raise Refused("units_committed")
        for sku, lot, _ in here:
            self.require_apart((sku, lot, target))
        if len({key[0] for key in here}) < len(here) and not self.places[target].mixed:
            raise Refused("other_lot_in_location")
        for key in here:
            units = self.stock[key]
            self.leave(key, units)
            self.enter((key[0], key[1], target), units)
        self.reallocate(*{key[0] for key in here})

    def standing_in(self, *places: str) -> list[Key]:
        """Where units stand there, in the order in which the balances were opened."""
        here = [key for key, units in self.stock.items() if units and key[2] in places]
        return sorted(here, key=self.opened.__getitem__)
