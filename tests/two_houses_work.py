"""Rules of the state machine: waves, whole bins, lots that leave, orders shipped in part, and
lots under a wrong number that orders name before they are put right."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fulfillment.requests import LineRequest, PackedLine
from fulfillment.services import ship_order
from inventory.services.disposals import Take, carry_out_disposal, request_disposal
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.relocation import consolidate, relocate_bin
from returns.requests import Finding
from returns.requests import LineRequest as ReturnedLine
from tests.builders import acting, make_lot
from tests.fulfillment.orders import make_open_order
from tests.fulfillment.waves import make_wave, run
from tests.oracle import Key
from tests.returns.made import done, inspect, make_arrived
from tests.two_houses import (
    BINS,
    ELSEWHERE,
    TwoHouses,
    anywhere,
    channels,
    few,
    lot_of,
    lots,
    mostly,
    orders,
    pick,
    which,
)
from tests.two_houses import (
    Wish as Wished,
)

kinds = st.sampled_from(["rts", "customer_return"])
bins = st.sampled_from((*BINS, *BINS, *ELSEWHERE, "QUARANTINE"))


class Work(TwoHouses):
    # Out -----------------------------------------------------------------------------------------

    @rule(wanted=orders, priority=st.integers(0, 1), channel=channels)
    def open_order(self, wanted: list[Wished], priority: int, channel: str) -> None:
        wanted = [(sku, units, lot_of(sku, lot), *how) for sku, units, lot, *how in wanted]
        lines = [
            LineRequest(sku, units, lot or "", single_lot=single, min_shelf_life_days=minimum)
            for sku, units, lot, single, minimum in wanted
        ]
        fields = {"warehouse": self.warehouse, "priority": priority, "channel": channel}
        self.orders.append(make_open_order(self.merchant, *lines, **fields))
        self.oracle.open_order(wanted, priority, channel=channel)

    @precondition(lambda self: any(not one.is_released for one in self.oracle.orders))
    @rule()
    def run_wave(self) -> None:
        """Of all orders that are open, in the order in which they are served."""
        waiting = [
            (document, model)
            for document, model in zip(self.orders, self.oracle.orders, strict=True)
            if not model.is_released and not model.is_cancelled
        ]
        if not waiting:
            return  # those that were open are cancelled
        run(make_wave(*(document for document, _ in waiting)))
        self.oracle.run_wave([model for _, model in waiting])

    @precondition(lambda self: self.oracle.promises and self.orders)
    @rule(place=which, units=few)
    def ship_part(self, place: int, units: int) -> None:
        promised = [one for one in self.oracle.promises if not one.line.order.is_set_aside]
        if not promised:
            return  # all that is promised is set aside
        one = pick(place, promised, lambda one: one.line.single_lot)
        order, (sku, lot, _) = one.line.order, one.key
        if sku == "VITAMIN" and lot is None:
            return  # a line that names no lot would take any
        of_lot = [
            other.units
            for other in promised
            if other.line.order is order and other.key[:2] == (sku, lot)
        ]
        units = min(units, sum(of_lot) + 1)
        document = self.orders[self.oracle.orders.index(order)]
        packed = [PackedLine(sku, units, lot or "")]
        self.both(
            lambda: ship_order(order_id=document.pk, lines=packed, **acting()),
            lambda: self.oracle.ship_part(order, sku, lot, units),
        )

    # Back ----------------------------------------------------------------------------------------

    @precondition(lambda self: any(+one.sent for one in self.oracle.orders))
    @rule(place=which, kind=kinds, units=few, read=st.none() | lots, passed=mostly, where=anywhere)
    def take_back_of_order(
        self, place: int, kind: str, units: int, read: str | None, passed: bool, where: str
    ) -> None:
        """Mostly of a lot that the order shipped, under one of its names."""
        model = pick(place | 1, self.oracle.orders, lambda one: +one.sent)
        document = self.orders[self.oracle.orders.index(model)]
        sku, lot = pick(place, sorted(+model.sent, key=str), bool)
        if place % 4 == 0 and sku == "VITAMIN":
            lot = read
        names = [lot, *(old for old, new in self.oracle.merged.items() if new == lot)]
        back = ReturnedLine(sku, units)
        made = self.both(
            lambda: make_arrived(self, back, kind=kind, order=document),
            lambda: self.oracle.announce_back(model, sku, units),
        )
        if made is None:
            return
        line, name = made.lines.get().pk, names[place % len(names)] or ""
        found = Finding(line, units, passed, lot_number=name, location=where)
        given = {"passed": passed, "place": where}
        expected: list[tuple[str, str]] = []
        answer = self.both(
            lambda: inspect(made, found),
            lambda: expected.extend(
                self.oracle.take_back_of(model, kind, sku, lot, units, **given)
            ),
        )
        if answer is not None:
            assert [(action, why) for action, why, *_ in done(made)] == expected

    # Inside --------------------------------------------------------------------------------------

    @rule(lot=lots, place=which, units=few, more=few)
    def remove(self, lot: str, place: int, units: int, more: int) -> None:
        """From one place or two, promised or not."""
        kinds = {name: one.kind for name, one in self.oracle.places.items()}
        here = [
            key
            for key in sorted(self.oracle.stock, key=str)
            if key[:2] == ("VITAMIN", lot)
            and self.oracle.stock[key]
            and kinds[key[2]] not in ("dock", "quarantine")
        ]
        if not here:
            return  # nothing of the lot stands where it could be taken
        wanted = dict(zip((here * 2)[place % len(here) :], (units, more), strict=False))
        takes: dict[Key, int] = {
            key: min(quantity, self.oracle.stock[key]) for key, quantity in wanted.items()
        }
        self.both(lambda: self.carry_out(lot, takes), lambda: self.oracle.remove(takes))

    def carry_out(self, lot: str, takes: dict[Key, int]) -> None:
        asked = {"action": "dispose", "reason": "Wet", "quantity": sum(takes.values())}
        made = request_disposal(lot=self.lots[lot], **asked, **acting())
        places = [Take(self.places[key[2]].pk, units) for key, units in takes.items()]
        done = carry_out_disposal(request_id=made.pk, takes=places, **acting())
        assert done.status == "done"

    @precondition(lambda self: +self.oracle.stock)
    @rule(place=which, into=bins)
    def consolidate(self, place: int, into: str) -> None:
        sku, lot, _ = pick(place, sorted(+self.oracle.stock, key=str), self.oracle.free)
        what = {"product_id": self.products[sku].pk, "lot_id": lot and self.lots[lot].pk}
        target_id = self.places[into].pk
        self.both(
            lambda: consolidate(target_id=target_id, **what, **acting()),
            lambda: self.oracle.consolidate(sku, lot, into),
        )

    @rule(source=bins, into=bins)
    def relocate(self, source: str, into: str) -> None:
        ends = {"source_id": self.places[source].pk, "target_id": self.places[into].pk}
        self.both(
            lambda: relocate_bin(**ends, **acting()),
            lambda: self.oracle.relocate(source, into),
        )

    # Under a wrong number ------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """Lots that were mistyped and not put right yet."""
        names = [name for name in self.lots if name.startswith("WRONG")]
        return [name for name in names if self.oracle.lots["VITAMIN", name].is_active]

    @precondition(lambda self: len(self.wrong()) < 2)
    @rule(right=lots, units=few, place=st.sampled_from((*BINS, *ELSEWHERE, "STAGE")))
    def mistype(self, right: str, units: int, place: str) -> None:
        name = f"WRONG-{len(self.lots)}"
        expires_on = self.oracle.lots["VITAMIN", right].expires_on
        self.lots[name] = make_lot(self.products["VITAMIN"], name, expires_on)
        self.oracle.know_one(name, right)
        self.adjust("VITAMIN", name, units, place)

    @precondition(lambda self: self.wrong())
    @rule(place=which, units=few, single=st.booleans())
    def order_the_wrong_one(self, place: int, units: int, single: bool) -> None:
        name = pick(place, self.wrong(), bool)
        self.take_order([("VITAMIN", units, name, single, 0)], 0, country="US")

    @precondition(lambda self: self.wrong())
    @rule(place=which, units=few, where=st.sampled_from(("STAGE", *BINS, *ELSEWHERE)))
    def find_more_of_the_wrong_one(self, place: int, units: int, where: str) -> None:
        self.adjust("VITAMIN", pick(place, self.wrong(), bool), units, where)

    @precondition(lambda self: self.wrong())
    @rule(place=which, right=lots)
    def put_right(self, place: int, right: str) -> None:
        name = pick(place, self.wrong(), bool)
        wish = Wish(self.lots[name].pk, self.lots[right].pk, expiry="target")
        self.both(
            lambda: merge_lots(wish=wish, **acting()),
            lambda: self.oracle.merge(name, right),
        )
