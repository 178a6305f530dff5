from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Balance, Demand, Lot, Movement, Posting, Product, QuarantineCase
from inventory.services.breakdown import Breakdown, Portion, break_down
from inventory.services.stock import assign_lot
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

SOON, LATER = date(2026, 9, 1), date(2027, 9, 1)


@pytest.fixture
def product(world: World) -> Product:
    """A lot product since it has 40 units in A-01 and 30 in A-02."""
    product = world.product("VITAMIN")
    put(product, world.bins[0], 40)
    put(product, world.bins[1], 30)
    return product


def broken_down(*portions: Portion, reason: str = "") -> Breakdown:
    return break_down(portions=portions, reason=reason, **acting())


def test_it_works(world: World, product: Product) -> None:
    done = broken_down(
        Portion(product, 40, "VC-A", SOON, location_id=world.bins[0].pk),
        Portion(product, 30, "", LATER, location_id=world.bins[1].pk),
    )
    assert stands(product) == {("A-01", "VC-A"): (40, 0), ("A-02", f"expiring {LATER}"): (30, 0)}
    assert (done.posting.kind, done.released) == ("assign_lot", 0)
    assert done.posting.reason == f"70 units without a lot → VC-A 40, expiring {LATER} 30"
    moved = Movement.objects.filter(posting=done.posting).order_by("id")
    assert [(one.source.lot, str(one.target.lot), one.quantity) for one in moved] == [
        (None, "VC-A", 40),
        (None, f"expiring {LATER}", 30),
    ]
    lot = Lot.objects.get(number="VC-A")
    assert (lot.expires_on, lot.received_at) == (SOON, CLOCK.now)
    events = Event.objects.filter(topic="stock.lot_assigned").order_by("id")
    assert next(event.payload for event in events) == {
        "sku": "VITAMIN",
        "lot": lot.pk,
        "quantity": 40,
        "location": "A-01",
    }
    assert events.count() == 2


def test_without_locations_the_bins_are_filled_in_pick_order(
    world: World, product: Product
) -> None:
    put(product, world.place("QUARANTINE"), 5)
    put(product, world.place("DAMAGED"), 2)
    broken_down(Portion(product, 40, "B", LATER), Portion(product, 30, "A", SOON))
    assert stands(product) == {
        ("A-01", "B"): (40, 0),
        ("A-02", "A"): (30, 0),
        ("QUARANTINE", None): (5, 0),
        ("DAMAGED", None): (2, 0),
    }


def test_the_bins_of_one_warehouse_alone(world: World, product: Product) -> None:
    east = make_warehouse("EAST")
    put(product, make_bin(east, "E-01"), 9)
    broken_down(Portion(product, 9, "A", SOON, warehouse_id=east.pk))
    assert stands(product)["E-01", "A"] == (9, 0)
    with refused("breakdown_does_not_sum") as error:
        broken_down(Portion(product, 9, "A", SOON, warehouse_id=east.pk))
    assert str(error.value) == (
        "0 units of VITAMIN stand without a lot in the bins of EAST; the breakdown has 9. "
        "It has to have all of them."
    )
    broken_down(Portion(product, 70, "A", SOON))
    assert {lot for _, lot in stands(product)} == {"A"}


def test_a_known_lot_is_used_and_named_in_any_spelling(world: World, product: Product) -> None:
    lot = make_lot(product, "VC-A", SOON)
    broken_down(Portion(product, 50, " vc-a "), Portion(product, 20, "VC-A", SOON))
    assert stands(product) == {("A-01", "VC-A"): (40, 0), ("A-02", "VC-A"): (30, 0)}
    assert list(Lot.objects.all()) == [lot]


def test_two_lots_in_one_bin_are_refused_with_what_to_do(world: World, product: Product) -> None:
    with refused("other_lot_in_location") as error:
        broken_down(Portion(product, 25, "A", SOON), Portion(product, 45, "B", LATER))
    assert str(error.value) == (
        "A-01 has 40 units of VITAMIN without a lot, which would become 25 of lot A, 15 of lot B. "
        "Lots are kept apart: move 15 of them first (A-03 is free), or say which bin has which "
        "lot."
    )
    assert (error.value.location, error.value.units) == ("A-01", 15)


def test_several_bins_with_two_lots_and_none_empty(world: World, product: Product) -> None:
    other = world.product("OTHER")
    for bin in world.bins[2:]:
        put(other, bin, 1)
    with refused("other_lot_in_location") as error:
        broken_down(
            *(Portion(product, units, str(units), SOON) for units in (10, 35)),
            Portion(product, 25, "Z", LATER),
        )
    assert str(error.value) == (
        "A-01 has 40 units of VITAMIN without a lot, which would become 10 of lot 10, 30 of lot "
        "35. Lots are kept apart: move 10 of them first, or say which bin has which lot. So it is "
        "with 1 more."
    )


def test_a_mixed_location_takes_several_lots(world: World) -> None:
    product = world.product("VITAMIN")
    put(product, make_bin(world.warehouse, "STAGE", kind="staging"), 5)
    broken_down(Portion(product, 2, "A", SOON), Portion(product, 3, "B", LATER))
    assert stands(product) == {("STAGE", "A"): (2, 0), ("STAGE", "B"): (3, 0)}


def test_what_stands_beside_a_lot_becomes_that_lot(world: World, product: Product) -> None:
    lot = make_lot(product, "OLD", SOON)
    assign_lot(lot_id=lot.pk, location_id=world.bins[1].pk, quantity=10, **acting())
    here = {"location_id": world.bins[1].pk}
    with refused("other_lot_in_location") as error:
        broken_down(Portion(product, 20, "NEW", LATER, **here))
    assert str(error.value) == (
        "A-02 has 20 units of VITAMIN without a lot beside lot OLD, which would become 20 of lot "
        "NEW. Lots are kept apart: move 20 of them first (A-03 is free), or say which bin has "
        "which lot."
    )
    broken_down(Portion(product, 40, "NEW", LATER), Portion(product, 20, "OLD"))
    assert stands(product) == {("A-01", "NEW"): (40, 0), ("A-02", "OLD"): (30, 0)}


def test_promises_on_the_units_are_planned_anew(world: World, product: Product) -> None:
    first = make_demand(product, 60, world.warehouse)
    whole = make_demand(product, 5, world.warehouse, number="ORD-000002", single_lot=True)
    put(product, world.bins[2], 8)
    assert (promised(first), promised(whole)) == ({"A-02": 30, "A-01": 30}, {"A-01": 5})
    done = broken_down(
        Portion(product, 40, "OLD", date(2026, 5, 1), location_id=world.bins[0].pk),
        Portion(product, 30, "NEW", LATER, location_id=world.bins[1].pk),
    )
    assert done.released == 65
    assert (promised(first), promised(whole)) == ({"A-02": 30, "A-03": 8}, {})
    events = Event.objects.filter(topic="order.backordered").order_by("-id")[:2]
    assert [(event.object, event.payload) for event in events] == [
        ("ORD-000002", {"allocated": 0, "backordered": 5}),
        ("ORD-000001", {"allocated": 38, "backordered": 22}),
    ]


def test_a_line_from_a_single_lot_is_released_whole(world: World, product: Product) -> None:
    whole = make_demand(product, 45, world.warehouse, single_lot=True)
    assert sum(promised(whole).values()) == 45
    done = broken_down(Portion(product, 40, "A", SOON, location_id=world.bins[0].pk))
    assert done.released == 45
    assert Demand.objects.get(pk=whole.pk).allocated == 0


def test_units_in_quarantine_keep_their_cases(world: World, product: Product) -> None:
    quarantine = world.place("QUARANTINE")
    for units in (2, 4):
        put(product, quarantine, units)
    found_at, _ = CLOCK.now, CLOCK.advance(days=3)
    here = {"location_id": quarantine.pk}
    broken_down(Portion(product, 3, "A", SOON, **here), Portion(product, 3, "B", LATER, **here))
    cases = QuarantineCase.objects.open().order_by("id")
    assert [(str(one.balance.lot), one.quantity, one.opened_at) for one in cases] == [
        ("A", 2, found_at),
        ("A", 1, found_at),
        ("B", 3, found_at),
    ]


def test_several_products_are_broken_down_by_one_posting(world: World, product: Product) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[4], 7)
    before = Posting.objects.count()
    broken_down(Portion(product, 70, "A", SOON), Portion(soap, 7, "A", LATER), reason="Counted")
    assert stands(soap) == {("A-05", "A"): (7, 0)}
    assert Posting.objects.count() == before + 1
    assert Posting.objects.first().reason == "Counted"


def test_a_long_list_of_lots_is_cut_in_the_history(world: World) -> None:
    product = world.product("VITAMIN")
    put(product, make_bin(world.warehouse, "STAGE", kind="staging"), 60)
    done = broken_down(*(Portion(product, 1, f"LOT-NUMBER-{n}", SOON) for n in range(60)))
    assert len(done.posting.reason) == 500
    assert done.posting.reason.endswith("…")


@pytest.mark.parametrize(
    ("quantity", "named", "code", "message"),
    [
        (
            39,
            True,
            "breakdown_does_not_sum",
            (
                "40 units of VITAMIN stand without a lot at A-01; the breakdown has 39. "
                "It has to have all of them."
            ),
        ),
        (
            71,
            False,
            "breakdown_does_not_sum",
            (
                "70 units of VITAMIN stand without a lot in bins; the breakdown has 71. "
                "It has to have all of them."
            ),
        ),
        (0, True, "min_value", "Say how many units: at least one."),
    ],
)
def test_a_breakdown_has_to_sum(
    world: World, product: Product, quantity: int, named: bool, code: str, message: str
) -> None:
    where = {"location_id": world.bins[0].pk} if named else {}
    with refused(code) as error:
        broken_down(Portion(product, quantity, "A", SOON, **where))
    assert str(error.value) == message


def test_a_place_that_is_not_there_has_nothing_to_break_down(product: Product) -> None:
    for where, told in (
        ({"location_id": 987_654}, "at that location"),
        ({"warehouse_id": 987_654}, "in the bins of that warehouse"),
    ):
        with refused("breakdown_does_not_sum") as error:
            broken_down(Portion(product, 1, "A", SOON, **where))
        assert f"without a lot {told};" in str(error.value)


def test_a_lot_that_is_known_with_another_expiry(world: World, product: Product) -> None:
    make_lot(product, "A", SOON)
    make_lot(product, "N")
    for number, told in (("A", f"has the expiry {SOON}"), ("N", "has no expiry")):
        with refused("lot_conflict") as error:
            broken_down(Portion(product, 70, number, LATER))
        assert str(error.value) == (
            f"Lot {number} of VITAMIN {told}, not {LATER}: correct one of them, or give these "
            "units another number."
        )
    with refused("lot_conflict"):
        broken_down(Portion(product, 40, "NEW", SOON), Portion(product, 30, "new", LATER))


def test_every_line_names_a_lot_as_its_product_asks(world: World) -> None:
    product = world.product("VITAMIN", is_lot_product=True, lot_entry="both")
    with refused("lot_or_expiry_required") as error:
        broken_down(Portion(product, 1))
    assert error.value.errors[0]["field"] == "lines[0].lot_number"
    with refused("expiry_required") as error:
        broken_down(Portion(product, 1, "A", SOON), Portion(product, 1, "B"))
    assert error.value.errors[0]["field"] == "lines[1].expires_on"


def test_locations_are_named_in_all_lines_or_in_none(world: World, product: Product) -> None:
    with refused("name_all_locations") as error:
        broken_down(
            Portion(product, 40, "A", SOON, location_id=world.bins[0].pk),
            Portion(product, 30, "B", LATER),
        )
    assert error.value.errors == [
        {
            "field": "lines[1].location",
            "code": "name_all_locations",
            "message": "Name the location in every line of VITAMIN, or in none.",
        }
    ]


def test_nothing_and_too_much(product: Product) -> None:
    with refused("required"):
        broken_down()
    with refused("too_many_lines"):
        broken_down(*[Portion(product, 1, "A", SOON)] * 10_001)
    with refused("not_found"):
        broken_down(Portion(Product(pk=987_654), 1, "A", SOON))


def test_statements_do_not_grow_with_the_lines(world: World) -> None:
    def statements(number: int) -> int:
        product = world.product(f"P{number}", is_lot_product=False)
        for place in range(number):
            bin = make_bin(world.warehouse, f"P{number}-{place}")
            put(product, bin, 2)
        make_demand(product, number, world.warehouse, number=f"ORD-00000{number}")
        with CaptureQueriesContext(connection) as asked:
            broken_down(*(Portion(product, 2, f"L{place}", SOON) for place in range(number)))
        assert Balance.objects.filter(product=product, lot__isnull=False).count() == number
        return len(asked)

    statements(1)
    assert statements(9) == statements(2)


def test_look_alikes_are_asked_about(world: World, product: Product) -> None:
    """Among the new ones, and beside those that are known; a known number is used as it is."""
    make_lot(product, "VC-0", SOON)
    portions = [Portion(product, 40, "VC-O", SOON), Portion(product, 30, "VC-1", SOON)]
    with refused("lot_looks_like") as refusal:
        broken_down(*portions)
    assert "VC-O looks like the lot VC-0." in str(refusal.value)
    with refused("lot_looks_like"):
        broken_down(Portion(product, 40, "NEW-1", SOON), Portion(product, 30, "NEW-l", SOON))
    done = break_down(portions=portions, confirm_new=True, **acting())
    assert sorted(str(lot) for lot in done.lots.values()) == ["VC-1", "VC-O"]
    put(product, world.bins[2], 5)
    broken_down(Portion(product, 5, "vc-o"))
    assert stands(product)["A-03", "VC-O"] == (5, 0)
