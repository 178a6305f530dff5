"""The verbs at random, held against a plain model of the warehouse after every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fulfillment.requests import LineRequest
from fulfillment.services import allocate_order, cancel_order, ship_order
from inventory.models import (
    Allocation,
    Balance,
    Demand,
    Hold,
    QuarantineCase,
)
from inventory.queries.audit import differences
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_lot, inventory_by_product, total
from inventory.services import holds, places, quarantine, stock
from inventory.services.lots import set_lots_active, update_lot
from inventory.services.products import update_product
from merchants.errors import DomainError
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.services import Count, StowLine, complete_wro, receive, stow
from returns.requests import Finding
from returns.requests import LineRequest as ReturnedLine
from tests.builders import acting, make_bin, make_lot, make_merchant, make_warehouse, put
from tests.builders import make_product as register
from tests.clock import CLOCK, START
from tests.fulfillment.orders import make_order
from tests.invariants import counted, recompute
from tests.oracle import Key, Place, Product, Supply
from tests.oracle_verbs import Oracle, Refused
from tests.receiving.builders import arrived
from tests.returns.made import done, inspect, make_arrived

SKUS = ("VITAMIN", "SOAP")
LOTS = "ABCDE"
EXPIRY = {"A": 2, "B": 5, "C": 5, "D": None, "E": 30}
BINS = ("A-01", "A-02", "A-03", "A-04", "STAGE")
AREAS = ("DOCK", "QUARANTINE", "DAMAGED")

skus = st.sampled_from(("VITAMIN", "VITAMIN", "SOAP"))
lots = st.sampled_from(LOTS)
bins = st.sampled_from(BINS)
anywhere = st.sampled_from((*BINS, *BINS, *AREAS))
few = st.integers(1, 6)
which = st.integers(0, 99)  # the one of this place, counted round and round
mostly = st.sampled_from([True, True, True, False])
expiries = st.sampled_from([None, -1, 0, 1, 3, 9, 9])
wishes = st.tuples(skus, st.integers(1, 8), st.none() | lots, st.booleans(), st.integers(0, 4))


def day(days: int | None) -> date | None:
    return None if days is None else START.date() + timedelta(days=days)


def lot_of(sku: str, lot: str | None) -> str | None:
    """SOAP comes without lots."""
    return lot if sku == "VITAMIN" else None


def pick(place: int, things: Sequence[Any], wanted: Callable[[Any], Any]) -> Any:
    """One of these things; three times of four one that is as wanted, where there is any."""
    good = [one for one in things if wanted(one)] if place % 4 else []
    return (good or things)[place // 4 % len(good or things)]


class Warehouse(RuleBasedStateMachine):
    """Each rule is a verb, done here and by the oracle: both do it, or both refuse it alike."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        CLOCK.set(START)

    def teardown(self) -> None:
        connection.check_constraints()  # what would be checked at the end of the transaction
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(
        rotation=st.sampled_from(["fefo", "fefo", "lefo", "fifo"]), minimum=st.integers(0, 3)
    )
    def open_the_house(self, rotation: str, minimum: int) -> None:
        self.warehouse = make_warehouse("CHI", "America/Chicago")
        for sequence, name in enumerate(BINS[:4]):
            make_bin(self.warehouse, name, pick_sequence=sequence)
        make_bin(self.warehouse, "STAGE", kind="staging", pick_sequence=9)
        self.places = {one.name: one for one in self.warehouse.locations.all()}
        self.merchant = make_merchant("ACME")
        self.products = {sku: register(self.merchant, sku) for sku in SKUS}
        vitamin = self.products["VITAMIN"]
        put(vitamin, self.places["A-04"], 6)
        fields = {
            "is_lot_product": True,
            "rotation": rotation,
            "min_shelf_life_days": minimum,
            "return_action": "quarantine",
            "rts_backup_action": "dispose",
        }
        self.products["VITAMIN"] = update_product(product_id=vitamin.pk, fields=fields, **acting())
        self.lots = {name: make_lot(vitamin, name, day(EXPIRY[name])) for name in LOTS}
        self.wros: list[Any] = []
        self.orders: list[Any] = []
        self.before: dict[tuple[int, int], int] = {}
        self.open_the_oracle(rotation, minimum)

    def open_the_oracle(self, rotation: str, minimum: int) -> None:
        self.oracle = Oracle(
            START,
            {
                **{name: Place("storage", n) for n, name in enumerate(BINS[:4])},
                "STAGE": Place("staging", 9, mixed=True),
                **{name: Place(name.lower(), 0, mixed=True, pickable=False) for name in AREAS},
            },
            {"VITAMIN": Product(True, minimum, rotation), "SOAP": Product(False, 0, "fefo")},
        )
        self.oracle.enter(("VITAMIN", None, "A-04"), 6)
        self.oracle.know("VITAMIN", {name: day(EXPIRY[name]) for name in LOTS})
        for lot, place, units in (("A", "A-01", 4), ("B", "A-02", 8)):
            put(self.products["VITAMIN"], self.places[place], units, self.lots[lot])
            self.oracle.adjust("VITAMIN", lot, units, place)

    def both(self, do: Callable[[], Any], expect: Callable[[], Any]) -> Any:
        """Do it in both houses; what lotwms answered, None where both refused."""
        expected = refused = None
        try:
            expect()
        except Refused as refusal:
            expected = str(refusal)
        try:
            answer = do()
        except DomainError as error:
            answer, refused = None, error.code
        assert refused == expected
        event(f"{do.__qualname__}: {refused or 'done'}")
        return answer

    def units(self, sku: str, lot: str | None, quantity: int) -> stock.Units:
        return stock.Units(self.products[sku].pk, lot and self.lots[lot].pk, quantity)

    # Time ----------------------------------------------------------------------------------------

    @rule(hours=st.integers(1, 20))
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
    @rule(place=which, units=few, into=anywhere)
    def stow(self, place: int, units: int, into: str) -> None:
        document, supply = self.announced(place, lambda one: one.received > one.stowed)
        if not supply.received:
            return  # nothing of it is at the dock: another refusal, and another test
        units = min(units, supply.received - supply.stowed + 1)
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

    @rule(place=which, units=few, into=anywhere)
    def move(self, place: int, units: int, into: str) -> None:
        sku, lot, source = self.standing(place)
        units = min(units, self.oracle.stock[sku, lot, source] + 1)
        ends = {"source_id": self.places[source].pk, "target_id": self.places[into].pk}
        self.both(
            lambda: stock.move(units=self.units(sku, lot, units), **ends, **acting()),
            lambda: self.oracle.move(sku, lot, units, source, into),
        )

    @rule(sku=skus, lot=st.none() | lots, units=few, place=anywhere)
    def find(self, sku: str, lot: str | None, units: int, place: str) -> None:
        self.adjust(sku, lot_of(sku, lot), units, place)

    @rule(place=which, units=few)
    def lose(self, place: int, units: int) -> None:
        key = self.standing(place)
        self.adjust(key[0], key[1], -min(units, self.oracle.stock[key] + 1), key[2])

    def adjust(self, sku: str, lot: str | None, units: int, place: str) -> None:
        where = {"location_id": self.places[place].pk, "reason": "Counted"}
        self.both(
            lambda: stock.adjust(units=self.units(sku, lot, units), **where, **acting()),
            lambda: self.oracle.adjust(sku, lot, units, place),
        )

    def standing(self, place: int) -> Key:
        """Where units stand, rather promised ones."""
        keys = [key for key in sorted(self.oracle.stock, key=str) if self.oracle.stock[key]]
        return pick(place, keys, self.oracle.committed)

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

    @rule(lot=lots, days=expiries)
    def correct(self, lot: str, days: int | None) -> None:
        expires_on = None if days is None else self.oracle.today + timedelta(days=days)
        fields = {"expires_on": expires_on}
        update_lot(lot_id=self.lots[lot].pk, fields=fields, **acting())
        self.oracle.correct("VITAMIN", lot, expires_on)

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

    @rule(wanted=st.lists(wishes, min_size=1, max_size=2), priority=st.integers(0, 1))
    def order(self, wanted: list[tuple[str, int, str | None, bool, int]], priority: int) -> None:
        wanted = [(sku, units, lot_of(sku, lot), *how) for sku, units, lot, *how in wanted]
        lines = [
            LineRequest(sku, units, lot or "", single_lot=single, min_shelf_life_days=minimum)
            for sku, units, lot, single, minimum in wanted
        ]
        fields = {"warehouse": self.warehouse, "priority": priority}
        self.orders.append(make_order(self.merchant, *lines, **fields))
        self.oracle.order(wanted, priority)

    @precondition(lambda self: self.orders)
    @rule(order=which)
    def ship(self, order: int) -> None:
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

    # After every step ----------------------------------------------------------------------------

    @invariant()
    def the_ledger_agrees_with_itself(self) -> None:
        assert list(differences()) == []
        recompute()

    @invariant()
    def both_houses_are_alike(self) -> None:
        names = {one.pk: name for name, one in self.places.items()}
        numbers = {one.pk: name for name, one in self.lots.items()}
        skus = {one.pk: sku for sku, one in self.products.items()}
        stands, committed, keys = {}, {}, {}
        for one in Balance.objects.filter(location_id__in=self.real_places()):
            key = (skus[one.product_id], numbers.get(one.lot_id), names[one.location_id])
            keys[one.pk] = key
            stands[key], committed[key] = one.on_hand, one.committed
        assert +Counter(stands) == +self.oracle.stock
        assert +Counter(committed) == +Counter({key: self.oracle.committed(key) for key in stands})
        lines = {pk: number for number, pk in enumerate(self.demand_ids())}
        rows = Allocation.objects.order_by("id").values_list("demand_id", "balance_id", "quantity")
        assert [(lines[line], keys[at], units) for line, at, units in rows] == [
            (one.line.number, one.key, one.units) for one in self.oracle.promises
        ]
        counters = Demand.objects.order_by("id").values_list("allocated", "shipped", "is_cancelled")
        assert list(counters) == [
            (self.oracle.allocated(line), line.shipped, line.order.is_cancelled)
            for line in self.oracle.lines
        ]
        cases = QuarantineCase.objects.open().order_by("id")
        assert [
            (skus[one.product_id], numbers.get(one.balance.lot_id), one.quantity)
            for one in cases.select_related("balance")
        ] == [(one.sku, one.lot, one.units) for one in self.oracle.cases if one.units]

    def real_places(self) -> list[int]:
        return [self.places[name].pk for name in (*BINS, *AREAS)]

    def demand_ids(self) -> list[int]:
        return list(Demand.objects.order_by("id").values_list("id", flat=True))

    @invariant()
    def the_status_is_that_of_the_oracle(self) -> None:
        days = todays(CLOCK.now)
        ids = {sku: one.pk for sku, one in self.products.items()}
        products = inventory_by_product(list(ids.values()), todays=days)
        for sku, pk in ids.items():
            rows = self.oracle.figures(sku).values()
            assert counted(products[pk]) == sum(rows, Counter())
        rows = inventory_by_lot(ids["VITAMIN"], todays=days, now=CLOCK.now)
        found = {row.lot and row.lot.number: counted(row.figures) for row in rows}
        assert found == self.oracle.figures("VITAMIN")
        assert counted(total(rows)) == counted(products[ids["VITAMIN"]])
        for one in (*products.values(), *(row.figures for row in rows)):
            assert one.on_hand == one.fulfillable + one.committed + one.exception
            assert one.exception == sum(one.reasons.values())

    @invariant()
    def what_was_promised_last_expires_first(self) -> None:
        """No unit that is free now would have gone out before one that was promised just now."""
        now = dict(Allocation.objects.values_list("id", "quantity"))
        grown = [pk for pk, units in now.items() if units > self.before.get(pk, 0)]
        self.before = now
        promised = Allocation.objects.filter(pk__in=grown).select_related("demand", "balance")
        for one in promised.filter(product=self.products["VITAMIN"]):
            if one.demand.lot_id or one.demand.single_lot:
                continue
            if self.oracle.products["VITAMIN"].rotation == "fefo":
                assert not self.goes_first(one), one

    def goes_first(self, one: Allocation) -> list[Balance]:
        minimum = self.oracle.products["VITAMIN"].minimum
        least = self.oracle.today + timedelta(
            days=max(minimum, one.demand.min_shelf_life_days or 0)
        )
        rows = Balance.objects.filter(product_id=one.product_id, is_blocked=False)
        return [
            other
            for other in rows.filter(location_id__in=[self.places[name].pk for name in BINS])
            if other.on_hand > other.committed
            and (other.expires_on or date.max) >= least
            and (other.expires_on or date.max) < (one.balance.expires_on or date.max)
        ]


@pytest.mark.django_db
def test_the_verbs_at_random() -> None:
    run_state_machine_as_test(
        Warehouse,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
