"""Units come out of transit into their places by lot; what never comes is written off."""

from __future__ import annotations

import pytest

from inventory.models import Balance, Posting, QuarantineCase
from inventory.services.products import update_product
from inventory.services.quarantine import Decision, release_case
from merchants.models import Event
from tests.builders import acting, make_demand, place, promised, put, stands
from tests.clock import CLOCK, Clock
from tests.refusals import refused
from tests.transfers.builders import LATE, TwoWarehouses, counters, planned, receive, sent
from tests.walk import assert_ledger_agrees
from transfers.models import Transfer
from transfers.services import LineRequest, Stowed, write_off_transfer


@pytest.fixture
def under_way(two: TwoWarehouses) -> Transfer:
    """10 of EARLY, 2 of LATE, 3 of SOAP."""
    return sent(two, LineRequest(two.vitamin, 12), LineRequest(two.soap, 3))


def everything(two: TwoWarehouses) -> list[Stowed]:
    return [
        Stowed(two.vitamin, 10, "N-01", "EARLY"),
        Stowed(two.vitamin, 2, "N-02", "LATE", LATE),
        Stowed(two.soap, 3, "N-03"),
    ]


def in_transit(two: TwoWarehouses) -> dict[tuple[str, str | None], int]:
    rows = Balance.objects.filter(location=place(two.target, "IN_TRANSIT")).exclude(on_hand=0)
    return {
        (one.product.sku, one.lot and str(one.lot)): one.on_hand
        for one in rows.select_related("product", "lot")
    }


def test_it_works(two: TwoWarehouses, under_way: Transfer, clock: Clock) -> None:
    clock.advance(days=2)
    receive(under_way, *everything(two))
    under_way.refresh_from_db()
    assert (under_way.status, under_way.completed_at) == ("completed", CLOCK.now)
    assert under_way.completed_short is False
    assert stands(two.vitamin) == {("A-02", "LATE"): (18, 0), ("N-01", "EARLY"): (10, 0),
                                   ("N-02", "LATE"): (2, 0)}  # fmt: skip
    assert in_transit(two) == {}
    events = Event.objects.filter(object=under_way.number).order_by("id")
    assert [(one.topic, one.payload) for one in events[2:]] == [
        ("transfer.received", {"reference": "", "status": "in_transit", "units": 15}),
        ("transfer.completed", {"reference": "", "status": "completed", "missing": 0}),
    ]
    assert_ledger_agrees()


def test_what_is_not_counted_stays_in_transit(two: TwoWarehouses, under_way: Transfer) -> None:
    receive(under_way, Stowed(two.vitamin, 6, "N-01", "EARLY"), Stowed(two.soap, 3, "N-03"))
    under_way.refresh_from_db()
    assert under_way.status == "in_transit"
    assert counters(under_way) == [
        ("SOAP", None, 3, 3, 3, 0),
        ("VITAMIN", "EARLY", 10, 10, 6, 0),
        ("VITAMIN", "LATE", 2, 2, 0, 0),
    ]
    assert in_transit(two) == {("VITAMIN", "EARLY"): 4, ("VITAMIN", "LATE"): 2}
    receive(under_way, Stowed(two.vitamin, 4, "N-01", "EARLY"))
    receive(under_way, Stowed(two.vitamin, 2, "N-02", "LATE"))
    under_way.refresh_from_db()
    assert under_way.status == "completed"
    assert_ledger_agrees()


def test_backorders_at_the_target_are_offered_what_came(
    two: TwoWarehouses, under_way: Transfer
) -> None:
    demand = make_demand(two.vitamin, 7, two.target)
    assert promised(demand) == {}
    receive(under_way, Stowed(two.vitamin, 10, "N-01", "EARLY"))
    assert promised(demand) == {"N-01": 7}
    topics = Event.objects.filter(object=demand.order_number).order_by("id")
    assert [one.topic for one in topics] == ["order.backordered", "order.allocated"]


def test_more_than_is_in_transit_is_refused(two: TwoWarehouses, under_way: Transfer) -> None:
    with refused("more_than_in_transit") as found:
        receive(
            under_way,
            Stowed(two.vitamin, 10, "N-01", "EARLY"),
            Stowed(two.vitamin, 1, "N-01", "EARLY"),
        )
    assert (found.value.requested, found.value.available) == (11, 10)
    receive(under_way, Stowed(two.soap, 3, "N-03"))
    with refused("more_than_in_transit"):
        receive(under_way, Stowed(two.soap, 1, "N-03"))


def test_lots_are_kept_apart(two: TwoWarehouses, under_way: Transfer) -> None:
    with refused("other_lot_in_location"):
        receive(
            under_way,
            Stowed(two.vitamin, 10, "N-01", "EARLY"),
            Stowed(two.vitamin, 2, "N-01", "LATE"),
        )


def test_units_come_into_places_of_the_target_only(two: TwoWarehouses, under_way: Transfer) -> None:
    for name, code in (
        ("A-09", "invalid"),
        ("IN_TRANSIT", "invalid"),
        ("DOCK", "wrong_location_kind"),
    ):
        with refused(code):
            receive(under_way, Stowed(two.soap, 1, name))


def test_what_is_not_on_the_transfer_is_refused(two: TwoWarehouses) -> None:
    transfer = sent(two, LineRequest(two.vitamin, 1, "EARLY"))
    with refused("not_on_transfer"):
        receive(transfer, Stowed(two.vitamin, 1, "N-01", "LATE"))
    with refused("required"):
        receive(transfer)


def test_nothing_is_received_before_it_is_sent_or_after_it_is_complete(
    two: TwoWarehouses, under_way: Transfer
) -> None:
    waiting = planned(two, LineRequest(two.soap, 1))
    with refused("wrong_status"):
        receive(waiting, Stowed(two.soap, 1, "N-03"))
    receive(under_way, *everything(two))
    with refused("wrong_status"):
        receive(under_way, Stowed(two.soap, 1, "N-03"))


def test_damaged_and_doubtful_units_go_to_their_areas(
    two: TwoWarehouses, under_way: Transfer
) -> None:
    receive(
        under_way,
        Stowed(two.vitamin, 1, "DAMAGED", "EARLY"),
        Stowed(two.vitamin, 2, "QUARANTINE", "EARLY"),
        Stowed(two.vitamin, 7, "N-01", "EARLY"),
    )
    case = QuarantineCase.objects.get()
    assert (case.quantity, case.source, case.reference, case.reason) == (
        2,
        "receiving",
        under_way.number,
        f"Arrived with {under_way.number}",
    )
    release_case(decision=Decision(case.pk, "Fine", 2), location_id=two.bin("N-01").pk, **acting())
    assert stands(two.vitamin)["N-01", "EARLY"] == (9, 0)
    assert_ledger_agrees()


def test_what_never_came_is_written_off_with_a_reason(
    two: TwoWarehouses, under_way: Transfer
) -> None:
    receive(under_way, Stowed(two.vitamin, 8, "N-01", "EARLY"))
    with refused("required"):
        write_off_transfer(transfer_id=under_way.pk, reason="  ", **acting())
    write_off_transfer(transfer_id=under_way.pk, reason="The pallet was stolen.", **acting())
    under_way.refresh_from_db()
    assert (under_way.status, under_way.completed_short) == ("completed", True)
    assert counters(under_way) == [
        ("SOAP", None, 3, 3, 0, 3),
        ("VITAMIN", "EARLY", 10, 10, 8, 2),
        ("VITAMIN", "LATE", 2, 2, 0, 2),
    ]
    assert in_transit(two) == {}
    posting = Posting.objects.filter(reference=under_way.number).order_by("id").last()
    assert posting is not None
    assert (posting.kind, posting.reason) == ("adjust", "The pallet was stolen.")
    event = Event.objects.get(topic="transfer.completed")
    assert event.payload == {
        "reference": "",
        "status": "completed",
        "missing": 7,
        "reason": "The pallet was stolen.",
    }
    assert_ledger_agrees()
    with refused("wrong_status"):
        write_off_transfer(transfer_id=under_way.pk, reason="Again", **acting())


def test_nothing_is_written_off_before_it_is_sent(two: TwoWarehouses) -> None:
    waiting = planned(two, LineRequest(two.soap, 1))
    with refused("wrong_status"):
        write_off_transfer(transfer_id=waiting.pk, reason="Why", **acting())


def test_two_transfers_of_a_lot_are_told_apart(two: TwoWarehouses) -> None:
    first = sent(two, LineRequest(two.vitamin, 3, "EARLY"))
    second = sent(two, LineRequest(two.vitamin, 4, "EARLY"))
    with refused("more_than_in_transit"):
        receive(first, Stowed(two.vitamin, 4, "N-01", "EARLY"))
    receive(second, Stowed(two.vitamin, 4, "N-01", "EARLY"))
    assert in_transit(two) == {("VITAMIN", "EARLY"): 3}
    assert counters(first) == [("VITAMIN", "EARLY", 3, 3, 0, 0)]
    assert_ledger_agrees()


def test_units_without_a_lot_of_a_lot_product_travel_so(two: TwoWarehouses) -> None:
    oil = two.world.product("OIL")
    put(oil, two.bin("A-07"), 4)
    fields = {"is_lot_product": True, "return_action": "quarantine"}
    oil = update_product(product_id=oil.pk, fields=fields, **acting())
    transfer = sent(two, LineRequest(oil, 4))
    assert counters(transfer) == [("OIL", None, 4, 4, 0, 0)]
    receive(transfer, Stowed(oil, 4, "N-02"))
    assert stands(oil) == {("N-02", None): (4, 0)}
