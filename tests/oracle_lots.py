"""What the oracle's people do about lots: units booked wrongly, and whole lots at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle import Case, Lot
from tests.oracle_transfers import TransferOracle
from tests.oracle_verbs import Refused


class LotOracle(TransferOracle):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.days_run: set[date] = set()

    def mis_receive(self, lot: str, units: int) -> None:
        """Units of a lot that the WRO does not announce: apart, as what they are."""
        self.enter(("VITAMIN", lot, "QUARANTINE"), units)
        self.cases.append(Case("VITAMIN", lot, units, True))

    def break_down(self, place: str, parts: dict[str, int]) -> None:
        bare = ("VITAMIN", None, place)
        units = self.stock[bare]
        if sum(parts.values()) != units:
            raise Refused("breakdown_does_not_sum")
        stands = {key[1] for key in self.stock if key[::2] == bare[::2] and self.stock[key]}
        if len({*parts, *(stands - {None})}) > 1 and not self.places[place].mixed:
            raise Refused("other_lot_in_location")
        self.free_newest(bare, units)
        self.leave(bare, units)
        self.open(*(("VITAMIN", lot, place) for lot in sorted(parts)))
        for lot, part in parts.items():
            self.enter(("VITAMIN", lot, place), part)
            if self.places[place].kind == "quarantine":
                for case, taken in self.leave_cases("VITAMIN", None, part):
                    self.cases.append(Case("VITAMIN", lot, taken, case.may_be_released))
        self.reallocate("VITAMIN")

    def merge(self, source: str, target: str) -> None:
        """Every unit of the one becomes one of the other, where it stands; its date stays."""
        sku, old, new = "VITAMIN", self.lots["VITAMIN", source], self.lots["VITAMIN", target]
        if any(one.under_way[sku, source] for one in self.transfers):
            raise Refused("lot_in_use")
        self.drop([one for one in self.promises if one.key[:2] == (sku, source)])
        here = [key for key in self.stock if key[:2] == (sku, source) and self.stock[key]]
        for key in sorted(here, key=lambda key: (self.places[key[2]].house, key[2])):
            units, place = self.stock[key], key[2]
            self.leave(key, units)
            self.enter((sku, target, place), units)
            if self.places[place].kind == "quarantine":
                for case, taken in self.leave_cases(sku, source, units):
                    self.cases.append(Case(sku, target, taken, case.may_be_released))
        old.is_active, self.merged[source] = False, target
        for order in self.orders:
            for units in (order.sent, order.back):
                units[sku, target] += units.pop((sku, source), 0)
        for line in self.lines:
            if line.lot == source and not line.order.is_cancelled and line.shipped < line.quantity:
                line.lot = target
        received = [one.received_at for one in (old, new) if one.received_at]
        new.received_at = min(received, default=None)
        self.reallocate(sku)

    def know_one(self, name: str, like: str) -> None:
        self.lots["VITAMIN", name] = Lot(self.lots["VITAMIN", like].expires_on)

    def run_the_day(self) -> None:
        """Once a day: what is promised of expired units is taken back, and made anew."""
        if self.today in self.days_run:
            return
        self.days_run.add(self.today)
        over = {
            one.key[0]
            for one in self.promises
            if self.places[one.key[2]].house == "CHI" and self.is_over(one.key[:2])
        }
        self.reallocate(*over)

    def is_over(self, lot: tuple[str, str | None]) -> bool:
        left = self.days_left(*lot)
        return left is not None and left < 0
