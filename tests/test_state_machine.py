"""The verbs at random, held against a plain model of the warehouse after every step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from fulfillment.services import allocate_order, cancel_order, ship_order
from inventory.models import (
    Hold,
    QuarantineCase,
)
from inventory.services import holds, places, quarantine, stock
from inventory.services.lots import update_lot
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.services import Count, StowLine, complete_wro, receive, stow
from returns.requests import Finding
from returns.requests import LineRequest as ReturnedLine
from tests.builders import acting, set_lots_active
from tests.clock import CLOCK
from tests.floor import Floor
from tests.oracle import Key, Supply
from tests.receiving.builders import arrived
from tests.returns.made import done, inspect, make_arrived
from tests.two_houses import (
    AREAS,
    BINS,
    LOTS,
    SKUS,
    Wish,
    anywhere,
    bins,
    channels,
    countries,
    customers,
    expiries,
    few,
    lot_of,
    lots,
    mostly,
    orders,
    pick,
    rarely,
    skus,
    which,
)
from tests.two_houses_lots import LotWork
from tests.two_houses_transfers import Transfers
from tests.two_houses_work import Work


class Warehouse(Floor, Transfers, LotWork, Work):
    """Each rule is a verb, done here and by the oracle: both do it, or both refuse it alike."""

    # Time ----------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 5, 14, 24, 48, 72]))
    def time_passes(self, hours: int) -> None:
        self.oracle.now = CLOCK.advance(hours=hours)

    # In ------------------------------------------------------------------------------------------

    @rule(sku=skus, announced=st.dictionaries(lots, few, min_size=1, max_size=2))
    def announce(self, sku: str, announced: dict[str, int]) -> None:
        parts: dict[str | None, int] = dict(announced)
        if sku == "SOAP":
            parts = {None: sum(announced.values())}
        named = tuple(AnnouncedLot(lot, None, units) for lot, units in parts.items() if lot)
        line = AnnouncedLine(self.products[sku], sum(parts.values()), named)
        self.wros.append(arrived(self, line))
        self.oracle.announce(sku, parts)

    @precondition(lambda self: self.wros)
    @rule(place=which, units=few, good=mostly)
    def receive(self, place: int, units: int, good: bool) -> None:
        document, supply = self.announced(place, lambda one: one.is_open)
        count = Count(self.products[supply.sku], units, supply.lot or "", None, not good)
        self.both(
            lambda: receive(wro_id=document.pk, counts=[count], **acting()),
            lambda: self.oracle.receive(supply, units, damaged=not good),
        )

    @precondition(lambda self: any(supply.received for supply in self.supplies))
    @rule(place=which, units=few, where=which)
    def stow(self, place: int, units: int, where: int) -> None:
        document, supply = self.announced(place, lambda one: one.received > one.stowed)
        if not supply.received:
            return  # nothing of it is at the dock: another refusal, and another test
        units = min(units, supply.received - supply.stowed + 1)
        into = self.into(where, supply.sku, supply.lot)
        line = StowLine(self.products[supply.sku], units, into, supply.lot or "")
        self.both(
            lambda: stow(wro_id=document.pk, lines=[line], **acting()),
            lambda: self.oracle.stow(supply, units, into),
        )

    @precondition(lambda self: self.wros)
    @rule(place=which)
    def complete(self, place: int) -> None:
        document, supply = self.announced(place, lambda one: one.is_open and one.received)
        wro = next(wro for wro in self.oracle.wros if supply in wro)
        self.both(
            lambda: complete_wro(wro_id=document.pk, **acting()),
            lambda: self.oracle.complete(wro),
        )

    @property
    def supplies(self) -> list[Supply]:
        return [supply for wro in self.oracle.wros for supply in wro]

    def announced(self, place: int, wanted: Callable[[Supply], Any]) -> tuple[Any, Supply]:
        """A WRO and one of its supplies, rather one that is as wanted."""
        supply = pick(place, self.supplies, wanted)
        return next(
            document
            for document, wro in zip(self.wros, self.oracle.wros, strict=True)
            if supply in wro
        ), supply

    # Inside --------------------------------------------------------------------------------------

    @precondition(lambda self: +self.oracle.stock)
    @rule(place=which, units=few, where=which, apart=rarely)
    def move(self, place: int, units: int, where: int, apart: bool) -> None:
        sku, lot, source = self.standing(place)
        into = AREAS[where % 3] if apart else self.into(where, sku, lot)
        units = min(units, self.oracle.stock[sku, lot, source] + 1)
        ends = {"source_id": self.places[source].pk, "target_id": self.places[into].pk}
        self.both(
            lambda: stock.move(units=self.units(sku, lot, units), **ends, **acting()),
            lambda: self.oracle.move(sku, lot, units, source, into),
        )

    @rule(sku=skus, lot=st.none() | lots | lots | lots, units=few, where=which)
    def find(self, sku: str, lot: str | None, units: int, where: int) -> None:
        lot = lot_of(sku, lot)
        self.adjust(sku, lot, units, self.into(where, sku, lot))

    @precondition(lambda self: +self.oracle.stock)
    @rule(place=which, units=few)
    def lose(self, place: int, units: int) -> None:
        key = self.standing(place)
        self.adjust(key[0], key[1], -min(units, self.oracle.stock[key] + 1), key[2])

    def into(self, place: int, sku: str, lot: str | None) -> str:
        """A place, rather a bin with no other lot of the product."""

        def fits(name: str) -> bool:
            others = [key for key in self.oracle.stock if key[::2] == (sku, name) and key[1] != lot]
            return name in BINS and not any(self.oracle.stock[key] for key in others)

        return pick(place, (*BINS, *AREAS), fits)

    def standing(self, place: int) -> Key:
        """Where units stand, rather promised ones."""
        keys = [key for key in sorted(self.oracle.stock, key=str) if self.oracle.stock[key]]
        return pick(place, keys, self.oracle.committed)

    @precondition(lambda self: any(lot is None for sku, lot, _ in +self.oracle.stock))
    @rule(lot=lots, place=st.sampled_from(["A-04"] * 8 + [*BINS, *AREAS]), units=st.none() | few)
    def assign(self, lot: str, place: str, units: int | None) -> None:
        given = {"lot_id": self.lots[lot].pk, "location_id": self.places[place].pk}
        self.both(
            lambda: stock.assign_lot(quantity=units, **given, **acting()),
            lambda: self.oracle.assign("VITAMIN", lot, place, units),
        )

    @rule(place=bins, pickable=mostly)
    def set_pickable(self, place: str, pickable: bool) -> None:
        fields = {"pickable": pickable}
        places.update_location(location_id=self.places[place].pk, fields=fields, **acting())
        self.oracle.set_pickable(place, pickable=pickable)

    @rule(lot=lots, is_active=mostly)
    def activate(self, lot: str, is_active: bool) -> None:
        set_lots_active(lot_ids=[self.lots[lot].pk], is_active=is_active, **acting())
        self.oracle.activate("VITAMIN", lot, is_active=is_active)

    @rule(place=which, days=expiries)
    def correct(self, place: int, days: int | None) -> None:
        promised = [one.key[1] for one in self.oracle.promises]
        lot = pick(place, LOTS, promised.count)
        expires_on = None if days is None else self.oracle.today + timedelta(days=days)
        fields = {"expires_on": expires_on}
        update_lot(lot_id=self.lots[lot].pk, fields=fields, **acting())
        self.oracle.correct("VITAMIN", lot, expires_on)

    @precondition(lambda self: len(self.oracle.holds) < 2)
    @rule(on=st.sampled_from((*SKUS, *BINS, *LOTS, *LOTS)))
    def hold(self, on: str) -> None:
        if on in LOTS:
            holds.place_hold(target=self.lots[on], reason="Recall", **acting())
            self.oracle.hold("lot", ("VITAMIN", on))
        elif on in SKUS:
            holds.place_hold(target=self.products[on], reason="Recall", **acting())
            self.oracle.hold("product", on)
        else:
            holds.place_hold(target=self.places[on], reason="Leak", **acting())
            self.oracle.hold("place", on)

    @precondition(lambda self: self.oracle.holds)
    @rule(hold=which)
    def release(self, hold: int) -> None:
        active = list(Hold.objects.active().order_by("id"))
        place = hold % len(active)
        holds.release_hold(hold_id=active[place].pk, **acting())
        self.oracle.release(place)

    # Out -----------------------------------------------------------------------------------------

    @rule(
        wanted=orders,
        priority=st.integers(0, 1),
        channel=channels,
        country=countries,
        customer=customers,
    )
    def order(self, wanted: list[Wish], priority: int, **whose: str) -> None:
        self.take_order(wanted, priority, **whose)

    @precondition(lambda self: self.orders)
    @rule(order=which)
    def ship(self, order: int) -> None:
        self.to_an_order(ship_order, self.oracle.ship, order)

    @precondition(lambda self: self.orders)
    @rule(order=which, days=st.integers(1, 4))
    def ship_late(self, order: int, days: int) -> None:
        """Nothing was planned anew since: what expired meanwhile is still promised."""
        self.oracle.now = CLOCK.advance(days=days)
        self.to_an_order(ship_order, self.oracle.ship, order)

    @precondition(lambda self: self.orders)
    @rule(order=which)
    def cancel(self, order: int) -> None:
        self.to_an_order(cancel_order, self.oracle.cancel, order)

    @precondition(lambda self: self.orders)
    @rule(order=which)
    def allocate(self, order: int) -> None:
        self.to_an_order(allocate_order, self.oracle.allocate, order)

    def to_an_order(self, do: Callable[..., Any], expect: Callable[..., Any], order: int) -> None:
        model = pick(order, self.oracle.orders, self.oracle.is_promised)
        document = self.orders[self.oracle.orders.index(model)]
        self.both(
            lambda: do(order_id=document.pk, **acting()),
            lambda: expect(model),
        )

    # Back ----------------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(["rts", "customer_return"]),
        sku=skus,
        lot=st.none() | lots,
        units=few,
        passed=st.sampled_from([True, True, False]),
        place=anywhere,
    )
    def take_back(
        self, kind: str, sku: str, lot: str | None, units: int, passed: bool, place: str
    ) -> None:
        lot = lot_of(sku, lot)
        document = make_arrived(self, ReturnedLine(sku, units), kind=kind)
        line = document.lines.get().pk
        found = Finding(line, units, passed, lot_number=lot or "", location=place)
        expected: list[tuple[str, str]] = []
        given = {"passed": passed, "place": place}
        answer = self.both(
            lambda: inspect(document, found),
            lambda: expected.append(self.oracle.take_back(kind, sku, lot, units, **given)),
        )
        if answer is not None:
            assert [(action, why) for action, why, *_ in done(document)] == expected

    @precondition(lambda self: any(case.units for case in self.oracle.cases))
    @rule(case=which, units=few, place=anywhere)
    def release_case(self, case: int, units: int, place: str) -> None:
        row, model = self.case(case)
        units = min(units, model.units + 1)
        decision = quarantine.Decision(row.pk, "Fine", units)
        where = self.places[place].pk
        self.both(
            lambda: quarantine.release_case(decision=decision, location_id=where, **acting()),
            lambda: self.oracle.release_case(model, units, place),
        )

    @precondition(lambda self: any(case.units for case in self.oracle.cases))
    @rule(case=which, units=few)
    def dispose_case(self, case: int, units: int) -> None:
        row, model = self.case(case)
        units = min(units, model.units + 1)
        decision = quarantine.Decision(row.pk, "Rotten", units)
        self.both(
            lambda: quarantine.dispose_case(decision=decision, **acting()),
            lambda: self.oracle.dispose_case(model, units),
        )

    def case(self, place: int) -> tuple[QuarantineCase, Any]:
        rows = list(QuarantineCase.objects.open().order_by("id"))
        models = [case for case in self.oracle.cases if case.units]
        return rows[place % len(rows)], models[place % len(models)]


@pytest.mark.django_db
def test_the_verbs_at_random() -> None:
    run_state_machine_as_test(
        Warehouse,
        settings=settings(
            max_examples=16,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
