"""The set-up and the checks of the state machine; its rules are in `test_state_machine`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
)

from fulfillment.requests import LineRequest
from inventory.models import (
    Allocation,
    Balance,
    Demand,
    QuarantineCase,
)
from inventory.queries.audit import differences
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_lot, inventory_by_product, total
from inventory.services import stock
from inventory.services.products import update_product
from merchants.errors import DomainError
from tests.builders import acting, make_bin, make_lot, make_merchant, make_warehouse, put
from tests.builders import make_product as register
from tests.clock import CLOCK, START
from tests.fulfillment.orders import make_order
from tests.invariants import counted, recompute
from tests.oracle import Line, Place, Product
from tests.oracle_verbs import Refused
from tests.oracle_work import WorkOracle

SKUS = ("VITAMIN", "SOAP")
LOTS = "ABCDE"
EXPIRY = {"A": 2, "B": 5, "C": 5, "D": None, "E": 30}
BINS = ("A-01", "A-02", "A-03", "A-04", "STAGE")
Wish = tuple[str, int, str | None, bool, int]  # sku, units, lot, from one lot, minimum days
AREAS = ("DOCK", "QUARANTINE", "DAMAGED")
ELSEWHERE = ("N-01", "N-02")  # bins of the other warehouse, NJ

skus = st.sampled_from(("VITAMIN", "VITAMIN", "SOAP"))
lots = st.sampled_from(LOTS)
bins = st.sampled_from(BINS)
anywhere = st.sampled_from((*BINS, *BINS, *AREAS))
few = st.integers(1, 6)
which = st.integers(0, 99)  # the one of this place, counted round and round
mostly = st.sampled_from([True, True, True, False])
expiries = st.sampled_from([None, -1, 0, 1, 2, 3, 9, 9])
rarely = st.sampled_from([False, False, False, True])
wishes = st.tuples(
    skus,
    st.integers(1, 8),
    st.none() | st.none() | st.none() | lots,
    rarely,
    st.sampled_from([0, 0, 1, 4]),
)
orders = st.lists(wishes, min_size=1, max_size=2)
channels = st.sampled_from(["dtc", "dtc", "b2b"])
countries = st.sampled_from(["US", "DE", "US", ""])
customers = st.sampled_from(["", "Nord"])


def day(days: int | None) -> date | None:
    return None if days is None else START.date() + timedelta(days=days)


def lot_of(sku: str, lot: str | None) -> str | None:
    """SOAP comes without lots."""
    return lot if sku == "VITAMIN" else None


def pick(place: int, things: Sequence[Any], wanted: Callable[[Any], Any]) -> Any:
    """One of these things; three times of four one that is as wanted, where there is any."""
    good = [one for one in things if wanted(one)] if place % 4 else []
    return (good or things)[place // 4 % len(good or things)]


class TwoHouses(RuleBasedStateMachine):
    """A warehouse of lotwms and one of the oracle, which start alike and have to stay so."""

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
        rotation=st.sampled_from(["fefo", "fefo", "lefo", "fifo"]),
        minimum=st.integers(0, 2),
        first=st.lists(orders, min_size=1, max_size=3),
    )
    def open_the_house(self, rotation: str, minimum: int, first: list[list[Wish]]) -> None:
        self.warehouse = make_warehouse("CHI", "America/Chicago")
        for sequence, name in enumerate(BINS[:4]):
            make_bin(self.warehouse, name, pick_sequence=sequence)
        make_bin(self.warehouse, "STAGE", kind="staging", pick_sequence=9)
        self.places = {one.name: one for one in self.warehouse.locations.all()}
        self.other = make_warehouse("NJ", "America/Chicago")
        self.places |= {name: make_bin(self.other, name) for name in ELSEWHERE}
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
        self.transfers: list[Any] = []
        self.orders: list[Any] = []
        self.before: dict[int, int] = {}
        self.chosen_by_hand = False
        self.open_the_oracle(rotation, minimum)
        for wanted in first:
            self.take_order(wanted, 0)

    def open_the_oracle(self, rotation: str, minimum: int) -> None:
        self.oracle = WorkOracle(
            START,
            {
                **{name: Place("storage", n) for n, name in enumerate(BINS[:4])},
                "STAGE": Place("staging", 9, mixed=True),
                **{name: Place(name.lower(), 0, mixed=True, pickable=False) for name in AREAS},
                **{name: Place("storage", house="NJ") for name in ELSEWHERE},
            },
            {"VITAMIN": Product(True, minimum, rotation), "SOAP": Product(False, 0, "fefo")},
        )
        self.oracle.enter(("VITAMIN", None, "A-04"), 6)
        self.oracle.know("VITAMIN", {name: day(EXPIRY[name]) for name in LOTS})
        for lot, place, units in (
            ("A", "A-01", 4),
            ("B", "A-02", 8),
            ("D", "STAGE", 3),
            ("E", "STAGE", 5),
        ):
            self.adjust("VITAMIN", lot, units, place)
        self.adjust("SOAP", None, 7, "A-03")

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

    def adjust(self, sku: str, lot: str | None, units: int, place: str) -> None:
        where = {"location_id": self.places[place].pk, "reason": "Counted"}
        self.both(
            lambda: stock.adjust(units=self.units(sku, lot, units), **where, **acting()),
            lambda: self.oracle.adjust(sku, lot, units, place),
        )

    def take_order(
        self,
        wanted: list[Wish],
        priority: int,
        channel: str = "dtc",
        country: str = "",
        customer: str = "",
    ) -> None:
        wanted = [(sku, units, lot_of(sku, lot), *how) for sku, units, lot, *how in wanted]
        lines = [
            LineRequest(sku, units, lot or "", single_lot=single, min_shelf_life_days=minimum)
            for sku, units, lot, single, minimum in wanted
        ]
        whose = {"channel": channel, "customer": customer}
        fields = {"warehouse": self.warehouse, "priority": priority, **whose}
        ship_to = {"country": country}
        self.orders.append(make_order(self.merchant, *lines, ship_to=ship_to, **fields))
        self.oracle.order(wanted, priority, country=country, **whose)

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
        return [self.places[name].pk for name in (*BINS, *AREAS, *ELSEWHERE)]

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
        """No unit that is free now would have gone out before one that was promised just now.

        Units set aside go out before others, and a swapped lot is a person's choice.
        """
        now = dict(Allocation.objects.values_list("id", "quantity"))
        grown = [pk for pk, units in now.items() if units > self.before.get(pk, 0)]
        self.before, chosen, self.chosen_by_hand = now, self.chosen_by_hand, False
        if chosen or any(not one.is_cancelled for one in self.oracle.set_asides):
            return
        numbers = {pk: number for number, pk in enumerate(self.demand_ids())}
        promised = Allocation.objects.filter(pk__in=grown).select_related("demand", "balance")
        for one in promised.filter(product=self.products["VITAMIN"]):
            if one.demand.lot_id or one.demand.single_lot:
                continue
            if self.oracle.products["VITAMIN"].rotation == "fefo":
                assert not self.goes_first(one, self.oracle.lines[numbers[one.demand_id]]), one

    def goes_first(self, one: Allocation, line: Line) -> list[Balance]:
        least = self.oracle.today + timedelta(days=self.oracle.minimum(line))
        rows = Balance.objects.filter(product_id=one.product_id, is_blocked=False)
        here = rows.filter(location_id__in=[self.places[name].pk for name in BINS])
        return [
            other
            for other in here.select_related("lot")
            if other.on_hand > other.committed
            and (other.expires_on or date.max) >= least
            and (other.expires_on or date.max) < (one.balance.expires_on or date.max)
            and self.oracle.may_go(self.oracle.lots["VITAMIN", other.lot.number], line.order)
        ]
