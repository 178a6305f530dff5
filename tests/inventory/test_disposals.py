from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Balance, DisposalRequest, Lot, Movement, Product, QuarantineCase
from inventory.services.disposals import (
    Take,
    cancel_disposal,
    carry_out_disposal,
    refuse_disposal,
    request_disposal,
)
from merchants.models import Event, User
from tests.builders import (
    World,
    acting,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_warehouse,
    place,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

EXPIRY = date(2026, 9, 1)


@pytest.fixture
def product(world: World) -> Product:
    return world.lot_product()


@pytest.fixture
def lot(world: World, product: Product) -> Lot:
    """10 units in A-01 and 6 in A-02."""
    lot = world.stock_lot(product, "A", EXPIRY, 10, 0)
    put(product, world.bins[1], 6, lot)
    return lot


def asked(lot: Lot, quantity: int | None = None, action: str = "dispose") -> DisposalRequest:
    named = {"quantity": quantity, "action": action, "reason": "Recalled by the maker"}
    return request_disposal(lot=lot, **named, **acting())


def carried_out(made: DisposalRequest, *takes: tuple[Any, int], note: str = "") -> DisposalRequest:
    some = [Take(location.pk, quantity) for location, quantity in takes]
    return carry_out_disposal(request_id=made.pk, takes=some, note=note, **acting())


def topics() -> list[str]:
    rows = Event.objects.filter(topic__startswith="disposal.").order_by("id")
    return list(rows.values_list("topic", flat=True))


def outside(lot: Lot) -> dict[str, int]:
    rows = Balance.objects.filter(lot=lot, location_kind__in=["disposed", "merchant"])
    return dict(rows.exclude(on_hand=0).values_list("location_kind", "on_hand"))


def test_it_works(world: World, lot: Lot) -> None:
    made = asked(lot, 12)
    assert (str(made), made.status) == (f"DSP-{made.pk:06d}", "requested")
    assert stands(lot.product) == {("A-01", "A"): (10, 0), ("A-02", "A"): (6, 0)}
    done = carried_out(made, (world.bins[0], 10), (world.bins[1], 1), (world.bins[1], 1))
    assert (done.status, done.done, done.missing) == ("done", 12, 0)
    assert (done.ended_at, done.ended_by) == (CLOCK.now, house())
    assert stands(lot.product) == {("A-02", "A"): (4, 0)}
    assert outside(lot) == {"disposed": 12}
    moved = Movement.objects.filter(posting__kind="dispose").select_related("posting")
    assert {(one.posting.reference, one.posting.reason) for one in moved} == {
        (made.number, "Recalled by the maker")
    }
    assert topics() == ["disposal.requested", "disposal.done"]
    event = Event.objects.get(topic="disposal.done")
    assert (event.object, event.payload) == (
        made.number,
        {
            "sku": "VITAMIN",
            "lot": lot.pk,
            "action": "dispose",
            "quantity": 12,
            "done": 12,
            "note": "",
        },
    )


def test_units_go_back_to_the_merchant_from_each_warehouse(world: World, lot: Lot) -> None:
    east = make_warehouse("EAST")
    bin = make_bin(east, "E-01")
    put(lot.product, bin, 3, lot)
    made = asked(lot, action="return_to_merchant")
    carried_out(made, (world.bins[0], 10), (world.bins[1], 6), (bin, 3), note="By truck")
    made.refresh_from_db()
    assert (made.status, made.done, made.note) == ("done", 19, "By truck")
    places = [place(east, "MERCHANT"), place(world.warehouse, "MERCHANT")]
    assert [Balance.objects.get(location=one, lot=lot).on_hand for one in places] == [3, 16]


def test_a_part_leaves_the_request_open(world: World, lot: Lot) -> None:
    made = carried_out(asked(lot, 12), (world.bins[0], 5))
    assert (made.status, made.done, made.missing) == ("requested", 5, 7)
    cancel_disposal(request_id=made.pk, **acting())
    everything = carried_out(asked(lot), (world.bins[0], 5))
    assert (everything.is_open, everything.missing) == (True, None)
    assert topics() == ["disposal.requested", "disposal.cancelled", "disposal.requested"]
    assert carried_out(everything, (world.bins[1], 6)).status == "done"


def test_units_that_left_otherwise_are_not_there_to_take(world: World, lot: Lot) -> None:
    made = asked(lot, 12)
    put(lot.product, world.bins[1], -6, lot)
    with refused("insufficient_stock") as error:
        carried_out(made, (world.bins[1], 1))
    assert str(error.value) == (
        "1 units of lot A are to leave from that location, where 0 can be taken."
    )


def test_the_newest_promises_are_released_and_planned_anew(world: World, lot: Lot) -> None:
    first = make_demand(lot.product, 6, world.warehouse)
    second = make_demand(lot.product, 8, world.warehouse, number="ORD-000002")
    assert (promised(first), promised(second)) == ({"A-02": 6}, {"A-01": 8})
    carried_out(asked(lot, 7), (world.bins[0], 7))
    assert (promised(first), promised(second)) == ({"A-02": 6}, {"A-01": 3})
    event = Event.objects.filter(topic="order.backordered").first()
    assert (event.object, event.payload["backordered"]) == ("ORD-000002", 5)
    made = asked(lot, 3)
    carried_out(made, (world.bins[0], 3))
    assert promised(second) == {}


def test_units_in_quarantine_leave_with_their_oldest_cases(world: World, lot: Lot) -> None:
    for units in (2, 4, 1):
        put(lot.product, world.place("QUARANTINE"), units, lot)
    made = asked(lot, 5)
    carried_out(made, (world.place("QUARANTINE"), 5))
    cases = QuarantineCase.objects.order_by("id").values_list("quantity", flat=True)
    assert list(cases) == [0, 1, 1]


def test_units_that_were_not_found_are_not_there_to_take(world: World, lot: Lot) -> None:
    put(lot.product, world.place("QUARANTINE"), 2, lot)
    QuarantineCase.objects.update(source="short_pick")
    put(lot.product, world.place("QUARANTINE"), 3, lot)
    made = asked(lot, 10)
    with refused("insufficient_stock") as error:
        carried_out(made, (world.place("QUARANTINE"), 4))
    assert str(error.value) == (
        "4 units of lot A are to leave from QUARANTINE, where 3 can be taken."
    )
    carried_out(made, (world.place("QUARANTINE"), 3))
    assert QuarantineCase.objects.open().get().quantity == 2


def test_more_than_was_asked(world: World, lot: Lot) -> None:
    made = asked(lot, 3)
    with refused("insufficient_stock") as error:
        carried_out(made, (world.bins[0], 4))
    assert str(error.value) == f"{made.number} asks for 3 more units, not 4."


@pytest.mark.parametrize("quantity", [None, 17])
def test_more_than_there_are(world: World, lot: Lot, quantity: int | None) -> None:
    empty = make_lot(lot.product, "EMPTY", EXPIRY)
    with refused("insufficient_stock") as error:
        asked(lot if quantity else empty, quantity)
    assert str(error.value) == (
        "16 units of lot A stand in the house, not 17."
        if quantity
        else "0 units of lot EMPTY stand in the house."
    )


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (6, 11, "Of 16 units of lot A 6 are asked for already ({}): 10 can be asked for."),
        (6, None, "Of 16 units of lot A 6 are asked for already ({}): 10 can be asked for."),
        (16, 1, "Of 16 units of lot A 16 are asked for already ({}): none can be asked for."),
        (None, 1, "Of 16 units of lot A 16 are asked for already ({}): none can be asked for."),
        (None, None, "Of 16 units of lot A 16 are asked for already ({}): none can be asked for."),
    ],
)
def test_no_unit_is_asked_for_twice(
    lot: Lot, first: int | None, second: int | None, told: str
) -> None:
    earlier = asked(lot, first)
    with refused("already_requested") as error:
        asked(lot, second, "return_to_merchant")
    assert str(error.value) == told.format(earlier.number)


def test_what_open_requests_leave_can_be_asked_for(world: World, lot: Lot) -> None:
    first, second = asked(lot, 6), asked(lot, 10)
    with refused("already_requested") as error:
        asked(lot, 1)
    assert str(error.value).endswith(f"({first.number}, {second.number}): none can be asked for.")
    put(lot.product, world.bins[0], 1, lot)
    third = asked(lot, 1)
    carried_out(third, (world.bins[0], 1))  # and of what was carried out nothing is asked for
    cancel_disposal(request_id=second.pk, **acting())
    carried_out(first, (world.bins[0], 4))
    assert stands(lot.product) == {("A-01", "A"): (6, 0), ("A-02", "A"): (6, 0)}
    with refused("already_requested"):
        asked(lot, 11)
    assert asked(lot, 10).missing == 10


def test_a_lot_of_which_units_left_otherwise_is_not_asked_for_again(world: World, lot: Lot) -> None:
    asked(lot, 12)
    put(lot.product, world.bins[1], -6, lot)
    with refused("already_requested") as error:
        asked(lot, 1)
    assert error.value.data["already_requested"] == 10


def test_other_lots_are_asked_for_each_by_itself(world: World, lot: Lot) -> None:
    asked(lot)
    other = world.stock_lot(lot.product, "B", EXPIRY, 4, 2)
    assert asked(other, 4).lot == other


def test_a_refusal_says_why(lot: Lot, world: World) -> None:
    made = asked(lot)
    with refused("required"):
        refuse_disposal(request_id=made.pk, reason=" ", **acting())
    done = refuse_disposal(request_id=made.pk, reason="They are sold", **acting())
    assert (done.status, done.note, done.ended_by) == ("refused", "They are sold", house())
    other = carried_out(asked(lot), (world.bins[0], 1))
    done = refuse_disposal(request_id=other.pk, reason="The rest is gone", **acting())
    assert (done.status, done.done) == ("done", 1)
    assert topics()[1:] == ["disposal.refused", "disposal.requested", "disposal.done"]


def test_a_request_is_taken_back_once(world: World, lot: Lot) -> None:
    made = asked(lot)
    assert cancel_disposal(request_id=made.pk, **acting()).status == "cancelled"
    assert topics() == ["disposal.requested", "disposal.cancelled"]
    for verb in (
        lambda: cancel_disposal(request_id=made.pk, **acting()),
        lambda: refuse_disposal(request_id=made.pk, reason="No", **acting()),
        lambda: carried_out(made, (world.bins[0], 1)),
    ):
        with refused("already_ended") as error:
            verb()
        assert str(error.value) == f"{made.number} is cancelled already."


def test_another_merchants_lot_and_request_are_not_there(world: World, lot: Lot) -> None:
    made = asked(lot)
    stranger = User.objects.create_user("stranger", merchant=make_merchant("NORD"))
    named = {"actor": stranger, "now": CLOCK.now}
    with refused("not_found"):
        request_disposal(lot=lot, action="dispose", reason="Mine", **named)
    with refused("not_found"):
        cancel_disposal(request_id=made.pk, **named)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"action": "sell"}, "invalid_choice"),
        ({"quantity": 0}, "min_value"),
        ({"reason": " "}, "required"),
        ({"reason": "x" * 501}, "invalid"),
    ],
)
def test_what_cannot_be_asked(lot: Lot, wrong: dict[str, Any], code: str) -> None:
    with refused(code):
        request_disposal(lot=lot, **{"action": "dispose", "reason": "Old"} | wrong, **acting())


def test_what_cannot_be_carried_out(world: World, lot: Lot) -> None:
    made = asked(lot)
    with refused("required"):
        carried_out(made)
    with refused("min_value"):
        carried_out(made, (world.bins[0], 0))


def test_a_list_of_places_is_one_query(world: World, lot: Lot) -> None:
    made = asked(lot)
    with CaptureQueriesContext(connection) as two:
        carried_out(made, (world.bins[0], 1), (world.bins[1], 1))
    with CaptureQueriesContext(connection) as one:
        carried_out(made, (world.bins[0], 1))
    assert len(two) == len(one)
