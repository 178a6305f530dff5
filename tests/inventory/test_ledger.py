"""The one writer of stock, at its own level: postings, promises and what they refuse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory import ledger
from inventory.errors import InsufficientStock, OtherLotInLocation, UnitsCommitted
from inventory.ledger import Act, CaseEntry, Place, Progress, Promise, Transfer
from inventory.models import (
    Allocation,
    Balance,
    CaseSource,
    Demand,
    Location,
    Lot,
    Movement,
    Posting,
    PostingKind,
    Product,
    QuarantineCase,
    Supply,
)
from inventory.queries.lots import LotRef
from inventory.rotation import Pick
from inventory.services.demands import DemandRequest, OrderTerms, open_demands
from inventory.services.lots import create_lots
from inventory.services.supplies import SupplyRequest, announce
from tests.builders import (
    World,
    acting,
    balance,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_supply,
    put,
    stands,
)
from tests.clock import CLOCK

pytestmark = pytest.mark.usefixtures("sound")


def act(world: World, kind: PostingKind = PostingKind.RECEIVE, reference: str = "") -> Act:
    return Act(kind, world.merchant.pk, house(), CLOCK.now, reference, "Because")


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = list(Balance.objects.order_by("id").values_list("id", "on_hand", "committed"))
    postings = Posting.objects.count()
    with transaction.atomic():
        yield
    assert list(Balance.objects.order_by("id").values_list("id", "on_hand", "committed")) == before
    assert Posting.objects.count() == postings


def test_it_works(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A", date(2027, 1, 1))
    supply = make_supply(product, 10, world.warehouse, lot)
    supplier, dock = world.place("SUPPLIER"), world.place("DOCK")
    transfer = Transfer(product.pk, Place(supplier.pk, lot.pk), Place(dock.pk, lot.pk), 8)
    progress = [Progress(supply.pk, received=8)]
    posting = ledger.post(act(world, reference="WRO-000001"), [transfer], progress=progress)
    movement = Movement.objects.get()
    assert movement.posting == posting
    assert (movement.source.location, movement.target.location) == (supplier, dock)
    assert (movement.source.lot, movement.target.lot, movement.quantity) == (lot, lot, 8)
    assert movement.merchant == world.merchant
    assert (posting.kind, posting.reference, posting.reason) == ("receive", "WRO-000001", "Because")
    assert (posting.actor, posting.occurred_at) == (house(), CLOCK.now)
    assert balance(product, supplier, lot).on_hand == -8
    assert balance(product, dock, lot).on_hand == 8
    supply.refresh_from_db()
    assert (supply.received, supply.stowed) == (8, 0)
    lot.refresh_from_db()
    assert lot.received_at == CLOCK.now


def test_progress_adds_up(world: World) -> None:
    product = world.product()
    supply = make_supply(product, 10, world.warehouse)
    supplier, dock = Place(world.place("SUPPLIER").pk), Place(world.place("DOCK").pk)
    shelf = Place(world.bins[0].pk)
    receive = [Transfer(product.pk, supplier, dock, units) for units in (4, 3)]
    header = act(world, reference="WRO-000001")
    ledger.post(header, receive, progress=[Progress(supply.pk, 4), Progress(supply.pk, 3)])
    stow = [Transfer(product.pk, dock, shelf, 5)]
    header = act(world, PostingKind.STOW, reference="WRO-000001")
    ledger.post(header, stow, progress=[Progress(supply.pk, stowed=5)])
    supply.refresh_from_db()
    assert (supply.expected, supply.received, supply.stowed) == (10, 7, 5)
    assert Movement.objects.count() == 3


def test_one_posting_may_pass_units_on(world: World) -> None:
    """What comes in and goes out again in one act never stood there."""
    product = world.product()
    put(product, world.bins[0], 5)
    first, second, third = (Place(one.pk) for one in world.bins[:3])
    chain = [Transfer(product.pk, first, second, 5), Transfer(product.pk, second, third, 5)]
    ledger.post(act(world, PostingKind.RELOCATE), chain)
    assert stands(product) == {("A-03", None): (5, 0)}


def test_two_lots_change_places_in_one_act(world: World) -> None:
    product = world.lot_product()
    lots = [world.stock_lot(product, name, None, 5, bin) for bin, name in enumerate("AB")]
    here, there = world.bins[:2]
    swap = [
        Transfer(product.pk, Place(here.pk, lots[0].pk), Place(there.pk, lots[0].pk), 5),
        Transfer(product.pk, Place(there.pk, lots[1].pk), Place(here.pk, lots[1].pk), 5),
    ]
    ledger.post(act(world, PostingKind.RELOCATE), swap)
    assert stands(product) == {("A-02", "A"): (5, 0), ("A-01", "B"): (5, 0)}


def test_a_shipment_keeps_a_part_of_a_promise_and_the_whole_of_another(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 10)
    demands = [make_demand(product, 4, world.warehouse, number=f"ORD-{n}") for n in range(2)]
    shelf, customer = Place(world.bins[0].pk), Place(world.place("CUSTOMER").pk)
    for number, (demand, units) in enumerate(zip(demands, (3, 4), strict=True)):
        (one,) = demand.allocations.all()
        kept = Promise(one.pk, demand.pk, one.balance_id, units)
        transfer = Transfer(product.pk, shelf, customer, units, fulfils=kept)
        ledger.post(act(world, PostingKind.SHIP, f"ORD-{number}"), [transfer])
    assert stands(product) == {("A-01", None): (3, 1)}
    rows = Demand.objects.order_by("id").values_list("quantity", "allocated", "shipped")
    assert list(rows) == [(4, 1, 3), (4, 0, 4)]
    assert [one.quantity for one in Allocation.objects.all()] == [1]


def test_two_promises_of_one_shipment_leave_one_balance(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 10)
    demands = [make_demand(product, 4, world.warehouse, number="ORD-1") for _ in range(2)]
    shelf, customer = Place(world.bins[0].pk), Place(world.place("CUSTOMER").pk)
    kept = [
        Promise(one.pk, demand.pk, one.balance_id, units)
        for demand, units in zip(demands, (4, 2), strict=True)
        for one in demand.allocations.all()
    ]
    transfers = [Transfer(product.pk, shelf, customer, one.quantity, fulfils=one) for one in kept]
    ledger.post(act(world, PostingKind.SHIP, "ORD-1"), transfers)
    assert stands(product) == {("A-01", None): (4, 2)}


# What it refuses ----------------------------------------------------------------------------------


def test_more_than_stands_there(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    one = Transfer(product.pk, Place(world.bins[0].pk), Place(world.bins[1].pk), 6)
    with nothing_changes(), pytest.raises(InsufficientStock) as refused, transaction.atomic():
        ledger.post(act(world, PostingKind.RELOCATE), [one])
    assert (refused.value.requested, refused.value.available) == (6, 5)


def test_units_that_are_promised(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    make_demand(product, 3, world.warehouse)
    one = Transfer(product.pk, Place(world.bins[0].pk), Place(world.bins[1].pk), 3)
    with nothing_changes(), pytest.raises(UnitsCommitted) as refused, transaction.atomic():
        ledger.post(act(world, PostingKind.RELOCATE), [one])
    assert (refused.value.requested, refused.value.available) == (3, 2)


@pytest.mark.parametrize("second", ["B", None])
def test_two_lots_that_one_act_brings_into_an_empty_bin(world: World, second: str | None) -> None:
    product = world.lot_product()
    lots = [make_lot(product, "A").pk, make_lot(product, second).pk if second else None]
    shelf, outside = world.bins[0].pk, world.place("ADJUSTMENT").pk
    both = [Transfer(product.pk, Place(outside, lot), Place(shelf, lot), 1) for lot in lots]
    with pytest.raises(OtherLotInLocation) as refused, transaction.atomic():
        ledger.post(act(world, PostingKind.ADJUST), both)
    assert refused.value.location == "A-01"
    assert not Balance.objects.exists()


@pytest.mark.parametrize(("first", "second"), [("A", None), (None, "A")])
def test_a_bin_with_other_units_of_the_product(
    world: World, first: str | None, second: str | None
) -> None:
    product = world.lot_product()
    lots = {name: make_lot(product, name).pk if name else None for name in (first, second)}
    shelf, outside = world.bins[0].pk, world.place("ADJUSTMENT").pk

    def bring(name: str | None) -> None:
        lot = lots[name]
        one = Transfer(product.pk, Place(outside, lot), Place(shelf, lot), 1)
        ledger.post(act(world, PostingKind.ADJUST), [one])

    bring(first)
    with nothing_changes(), pytest.raises(OtherLotInLocation) as refused, transaction.atomic():
        bring(second)
    assert refused.value.lot_id == lots[first]
    assert "A-01 holds" in str(refused.value)


def test_several_products_share_a_bin(world: World) -> None:
    soap, brush = world.product("SOAP"), world.product("BRUSH")
    put(soap, world.bins[0], 1)
    put(brush, world.bins[0], 1)
    assert stands(brush) == {("A-01", None): (1, 0)}


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_movement_of_no_units(world: World, quantity: int) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    ends = (Place(world.bins[0].pk), Place(world.place("ADJUSTMENT").pk))
    one = Transfer(product.pk, *ends, quantity)
    with nothing_changes(), pytest.raises(DatabaseError), transaction.atomic():
        ledger.post(act(world, PostingKind.RELOCATE), [one])


@pytest.mark.parametrize(
    ("source", "target", "named"),
    [
        ("A-01", "QUARANTINE", {}),
        ("A-01", "A-02", {"case": True}),
        ("A-01", "A-02", {"case_id": 1}),
        ("QUARANTINE", "A-02", {}),
        ("QUARANTINE", "QUARANTINE", {"case_id": 1}),
    ],
)
def test_a_quarantine_case_that_is_not_named_where_it_must_be(
    world: World, source: str, target: str, named: dict[str, Any]
) -> None:
    product = world.product()
    put(product, world.place(source), 5)
    if "case" in named:
        named = {"case": CaseEntry(CaseSource.MOVE, "Why")}
    ends = (Place(world.place(source).pk), Place(world.place(target).pk))
    with nothing_changes(), pytest.raises(ValueError, match="case"), transaction.atomic():
        ledger.post(act(world), [Transfer(product.pk, *ends, 5, **named)])


def test_more_than_a_case_holds(world: World) -> None:
    product = world.product()
    put(product, world.place("QUARANTINE"), 5)
    put(product, world.place("QUARANTINE"), 5)
    case = QuarantineCase.objects.first()
    ends = (Place(world.place("QUARANTINE").pk), Place(world.place("DISPOSED").pk))
    one = Transfer(product.pk, *ends, 6, case_id=case.pk)
    with nothing_changes(), pytest.raises(DatabaseError), transaction.atomic():
        ledger.post(act(world), [one])


def test_to_promise_what_is_not_there(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    demand = make_demand(product, 9, world.warehouse)
    here = balance(product, world.bins[0])
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        ledger.promise([Pick(demand.pk, here.pk, 1)])


def test_to_promise_a_line_more_than_it_asks_for(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    demand = make_demand(product, 2, world.warehouse)
    here = balance(product, world.bins[0])
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        ledger.promise([Pick(demand.pk, here.pk, 1)])


def test_nothing_to_promise_and_nothing_to_take_back_is_no_statement(
    db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        ledger.promise([])
        ledger.take_back([])


# How much work it is ------------------------------------------------------------------------------

SIZES = (1, 10, 1_000, 5_000)


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def many_lots(product: Product, count: int) -> list[Lot]:
    refs = [LotRef(product.pk, f"L-{number}") for number in range(count)]
    made = create_lots(refs=refs, merchant_id=product.merchant_id, **acting())
    return [made[ref] for ref in refs]


def analyze() -> None:
    """Give the planner the statistics that a server gathers by itself once rows are committed."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class Batch:
    """So many lots of a product, one unit of each passing through the warehouse in one act."""

    def __init__(self, world: World, size: int, staging: Location) -> None:
        self.world, self.product = world, world.lot_product(f"P-{size}")
        self.lots = many_lots(self.product, size)
        self.staging = staging
        self.supplies = announce(
            merchant_id=self.product.merchant_id,
            warehouse_id=world.warehouse.pk,
            wro_number="WRO-000001",
            requests=[SupplyRequest(self.product.pk, lot.pk, 1) for lot in self.lots],
        )

    def transfers(self, source: Location, target: Location) -> list[Transfer]:
        return [
            Transfer(self.product.pk, Place(source.pk, lot.pk), Place(target.pk, lot.pk), 1)
            for lot in self.lots
        ]

    def receive(self) -> Callable[[], Any]:
        between = self.world.place("SUPPLIER"), self.world.place("DOCK")
        progress = [Progress(supply.pk, received=1) for supply in self.supplies]
        return self.post(PostingKind.RECEIVE, self.transfers(*between), progress)

    def stow(self) -> Callable[[], Any]:
        between = self.world.place("DOCK"), self.staging
        progress = [Progress(supply.pk, stowed=1) for supply in self.supplies]
        return self.post(PostingKind.STOW, self.transfers(*between), progress)

    def post(
        self, kind: PostingKind, transfers: list[Transfer], progress: list[Progress]
    ) -> Callable[[], Any]:
        reference = f"ORD-{self.product.sku}" if kind == PostingKind.SHIP else "WRO-000001"
        header = act(self.world, kind, reference)
        return lambda: ledger.post(header, transfers, progress=progress)

    def demands(self) -> list[Demand]:
        number = f"ORD-{self.product.sku}"
        terms = OrderTerms(self.product.merchant_id, number, CLOCK.now, self.world.warehouse.pk)
        requests = [DemandRequest(self.product.pk, 1, lot.pk) for lot in self.lots]
        open_demands(terms=terms, requests=requests)
        made = Demand.objects.filter(order_number=number).order_by("id")
        made.update(is_released=True)
        return list(made)

    def promises(self) -> list[Promise]:
        rows = Allocation.objects.filter(product=self.product).order_by("id")
        return [Promise(*row) for row in rows.values_list("id", "demand", "balance", "quantity")]

    def picks(self) -> list[Pick]:
        shelves = Balance.objects.filter(product=self.product, location=self.staging)
        at = dict(shelves.values_list("lot_id", "id"))
        return [Pick(one.pk, at[one.lot_id], 1) for one in self.demands()]

    def ship(self) -> Callable[[], Any]:
        customer = self.world.place("CUSTOMER").pk
        lot_of = dict(Balance.objects.filter(product=self.product).values_list("id", "lot_id"))
        transfers = [
            Transfer(
                self.product.pk,
                Place(self.staging.pk, lot_of[one.balance_id]),
                Place(customer, lot_of[one.balance_id]),
                1,
                fulfils=one,
            )
            for one in self.promises()
        ]
        return self.post(PostingKind.SHIP, transfers, [])


@pytest.mark.postgresql
def test_the_number_of_statements_does_not_grow_with_the_movements(world: World) -> None:
    staging = make_bin(world.warehouse, "STAGE", kind="staging")
    counts: dict[str, list[int]] = defaultdict(list)
    for size in SIZES:
        batch = Batch(world, size, staging)
        counts["receive"].append(statements(batch.receive()))
        counts["stow"].append(statements(batch.stow()))
        picks = batch.picks()
        counts["promise"].append(statements(partial(ledger.promise, picks)))
        counts["take back"].append(statements(partial(ledger.take_back, batch.promises())))
        ledger.promise(picks)
        counts["ship"].append(statements(batch.ship()))
        assert Movement.objects.filter(product=batch.product).count() == 3 * size
        assert Demand.objects.filter(product=batch.product, shipped=1).count() == size
        assert Supply.objects.filter(product=batch.product, stowed=1).count() == size
    assert counts == {
        "receive": [9] * 4,
        "stow": [9] * 4,
        "promise": [3] * 4,
        "take back": [3] * 4,
        "ship": [9] * 4,
    }
    analyze()


@pytest.mark.postgresql
def test_cases_take_one_statement_however_many_are_opened(world: World) -> None:
    counts = []
    entry = CaseEntry(CaseSource.ADJUSTMENT, "Found")
    for size in SIZES[:3]:
        product = world.lot_product(f"P-{size}")
        ends = world.place("ADJUSTMENT").pk, world.place("QUARANTINE").pk
        found = [
            Transfer(product.pk, Place(ends[0], lot.pk), Place(ends[1], lot.pk), 1, case=entry)
            for lot in many_lots(product, size)
        ]
        header = act(world, PostingKind.ADJUST)
        counts.append(statements(partial(ledger.post, header, found)))
        assert QuarantineCase.objects.filter(product=product).count() == size
    assert counts == [9] * 3
    analyze()
