"""Transfers between the oracle's two warehouses, and what it refuses of them."""

from __future__ import annotations

from collections import Counter

from tests.oracle import BINS, Case, Key, Offer, Transfer
from tests.oracle_floor import FloorOracle
from tests.oracle_verbs import Refused

Units = tuple[str, str | None]  # sku, lot


class TransferOracle(FloorOracle):
    def bins_of(self, house: str, sku: str) -> list[Key]:
        """Where unpromised units of a product stand in the bins of a house, in rotation order."""
        free = [
            Offer(key)
            for key in self.stock
            if key[0] == sku
            and self.places[key[2]].kind in BINS
            and self.places[key[2]].house == house
            and self.free(key) > 0
        ]
        return [one.key for one in sorted(free, key=self.in_rotation)]

    def plan(self, source: str, target: str, wishes: list[tuple[str, str | None, int]]) -> None:
        """A lot product's wish without a lot takes lots as an order would get them."""
        asked: Counter[Units] = Counter()
        for sku, lot, units in wishes:
            if lot or not self.products[sku].has_lots:
                asked[sku, lot] += units
        for sku, lot, units in wishes:
            if lot is None and self.products[sku].has_lots:
                self.plan_by_rotation(source, sku, units, asked)
        self.transfers.append(Transfer(source, target, asked))

    def plan_by_rotation(self, house: str, sku: str, wanted: int, asked: Counter[Units]) -> None:
        bins = [
            key
            for key in self.bins_of(house, sku)
            if self.why_not(key, self.products[sku].minimum) is None
        ]
        for lot in dict.fromkeys(key[1] for key in bins):
            there = sum(self.free(key) for key in bins if key[1] == lot)
            part = min(wanted, max(0, there - asked[sku, lot]))
            asked[sku, lot] += part
            wanted -= part
        if wanted:
            raise Refused("insufficient_stock")

    def require(self, transfer: Transfer, status: str) -> None:
        if transfer.status != status:
            raise Refused("wrong_status")

    def send(self, transfer: Transfer) -> None:
        self.require(transfer, "awaiting")
        leaving = []
        for (sku, lot), units in (+transfer.asked).items():
            bins = [key for key in self.bins_of(transfer.source, sku) if key[1] == lot]
            if sum(self.free(key) for key in bins) < units:
                standing = sum(
                    there
                    for key, there in self.stock.items()
                    if key[:2] == (sku, lot)
                    and self.places[key[2]].kind in BINS
                    and self.places[key[2]].house == transfer.source
                )
                raise Refused("units_committed" if standing >= units else "insufficient_stock")
            missing = units
            for key in bins:
                leaving.append((key, min(missing, self.free(key))))
                missing -= leaving[-1][1]
        for key, part in leaving:
            if part:
                self.leave(key, part)
                transfer.under_way[key[:2]] += part
        transfer.status = "in_transit"

    def arrive(self, transfer: Transfer, units: Units, quantity: int, place: str) -> None:
        self.require(transfer, "in_transit")
        if self.places[place].house != transfer.target:
            raise Refused("invalid")
        if self.places[place].kind == "dock":
            raise Refused("wrong_location_kind")
        if not transfer.asked[units]:
            raise Refused("not_on_transfer")
        if quantity > transfer.under_way[units]:
            raise Refused("more_than_in_transit")
        self.require_apart((*units, place))
        transfer.under_way[units] -= quantity
        self.enter((*units, place), quantity)
        if self.places[place].kind == "quarantine":
            self.cases.append(Case(*units, quantity, True))
        if not +transfer.under_way:
            transfer.status = "completed"
        self.reallocate(units[0])

    def write_off(self, transfer: Transfer) -> None:
        self.require(transfer, "in_transit")
        transfer.under_way.clear()
        transfer.status = "completed"

    def call_off(self, transfer: Transfer) -> None:
        self.require(transfer, "awaiting")
        transfer.status = "cancelled"
