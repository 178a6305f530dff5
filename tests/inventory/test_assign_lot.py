from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Balance, Location, Lot, Posting, Product, QuarantineCase
from inventory.services.quarantine import Decision, release_case
from inventory.services.stock import assign_lot
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_supply,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def assign(lot: Lot, location: Location, quantity: int | None = None) -> Posting | None:
    return assign_lot(lot_id=lot.pk, location_id=location.pk, quantity=quantity, **acting())


@pytest.fixture
def product(world: World) -> Product:
    """A product that became a lot product when five units of it stood in A-01."""
    product = world.product("VITAMIN")
    put(product, world.bins[0], 5)
    return product


def test_it_works(world: World, product: Product) -> None:
    lot = make_lot(product, "A", date(2027, 1, 1))
    posting = assign(lot, world.bins[0])
    assert stands(product) == {("A-01", "A"): (5, 0)}
    assert (posting.kind, posting.movements.get().quantity) == ("assign_lot", 5)
    lot.refresh_from_db()
    assert lot.received_at == CLOCK.now
    event = Event.objects.get(topic="stock.lot_assigned")
    facts = {"sku": "VITAMIN", "quantity": 5, "location": "A-01"}
    assert event.payload == {**facts, "lot": lot.pk}


def test_a_part_of_the_units_leaves_the_rest_beside_them(world: World, product: Product) -> None:
    lot = make_lot(product, "A")
    assign(lot, world.bins[0], 2)
    assert stands(product) == {("A-01", "A"): (2, 0), ("A-01", None): (3, 0)}
    assign(lot, world.bins[0], 3)
    assert stands(product) == {("A-01", "A"): (5, 0)}


def test_nothing_there_makes_a_balance_of_0(world: World, product: Product) -> None:
    lot = make_lot(product, "A")
    assert assign(lot, world.bins[3]) is None
    assert Balance.objects.get(lot=lot).on_hand == 0
    assert Posting.objects.count() == 1
    lot.refresh_from_db()
    assert lot.received_at is None


def test_an_announced_product_is_carried(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A")
    with refused("product_not_in_warehouse") as error:
        assign(lot, world.bins[3])
    assert str(error.value) == "VITAMIN has never been in warehouse CHI."
    make_supply(product, 5, world.warehouse, lot)
    assert assign(lot, world.bins[3]) is None


def test_another_lot_there_refuses(world: World, product: Product) -> None:
    assign(make_lot(product, "A"), world.bins[0], 2)
    other = make_lot(product, "B")
    with refused("other_lot_in_location") as error:
        assign(other, world.bins[0])
    assert str(error.value) == "A-01 holds lot A of VITAMIN. Lots are kept apart."


def test_lots_stand_together_in_a_mixed_location(world: World) -> None:
    product = world.product("VITAMIN")
    staging = make_bin(world.warehouse, "STAGE", kind="staging")
    put(product, staging, 5)
    assign(make_lot(product, "A"), staging, 2)
    assign(make_lot(product, "B"), staging, 3)
    assert stands(product) == {("STAGE", "A"): (2, 0), ("STAGE", "B"): (3, 0)}


def test_promises_on_the_stamped_units_are_planned_anew(world: World, product: Product) -> None:
    demand = make_demand(product, 4, world.warehouse)
    too_old = make_lot(product, "OLD", date(2026, 5, 1))
    assign(too_old, world.bins[0], 3)
    assert promised(demand) == {"A-01": 2}
    assert stands(product) == {("A-01", "OLD"): (3, 0), ("A-01", None): (2, 2)}
    demand.refresh_from_db()
    assert demand.uncovered == 2


def test_dated_units_are_promised_first_once_they_are_stamped(
    world: World, product: Product
) -> None:
    put(product, world.bins[1], 5)
    assign(make_lot(product, "A", date(2027, 1, 1)), world.bins[1])
    assert promised(make_demand(product, 6, world.warehouse)) == {"A-02": 5, "A-01": 1}


def test_units_in_quarantine_keep_their_cases(world: World) -> None:
    product = world.lot_product()
    for units in (2, 4):
        put(product, world.place("QUARANTINE"), units)
    found_at, _ = CLOCK.now, CLOCK.advance(days=3)
    lot = make_lot(product, "A", date(2027, 1, 1))
    first = QuarantineCase.objects.first()
    with refused("not_releasable"):
        decision = Decision(first.pk, "Fine")
        release_case(decision=decision, location_id=world.bins[0].pk, **acting())
    assign(lot, world.place("QUARANTINE"), 3)
    assert {case.opened_at for case in QuarantineCase.objects.all()} == {found_at}
    cases = QuarantineCase.objects.order_by("id").values_list("balance__lot", "quantity", "reason")
    assert list(cases) == [
        (None, 0, "Opening stock"),
        (None, 3, "Opening stock"),
        (lot.pk, 2, "Opening stock"),
        (lot.pk, 1, "Opening stock"),
    ]
    third = QuarantineCase.objects.get(quantity=2)
    decision = Decision(third.pk, "Label found")
    release_case(decision=decision, location_id=world.bins[0].pk, **acting())
    assert stands(product)["A-01", "A"] == (2, 0)


@pytest.mark.parametrize(
    ("quantity", "code"), [(6, "insufficient_stock"), (0, "min_value"), (-1, "min_value")]
)
def test_a_number_of_units_that_cannot_be(
    world: World, product: Product, quantity: int, code: str
) -> None:
    lot = make_lot(product, "A")
    with refused(code):
        assign(lot, world.bins[0], quantity)


def test_the_wrong_places(world: World, product: Product) -> None:
    lot = make_lot(product, "A")
    with refused("wrong_location_kind"):
        assign(lot, world.place("DOCK"))
    with refused("not_found"):
        assign(lot, world.place("CUSTOMER"))
    with refused("not_found"):
        assign_lot(lot_id=0, location_id=world.bins[0].pk, **acting())
