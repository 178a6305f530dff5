"""Units leave their bins and are in transit, counted at the target."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Posting, Product
from inventory.queries.places import carried, todays
from inventory.queries.status import inventory_by_lot, inventory_by_product
from inventory.services.holds import place_hold
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.products import update_product
from inventory.services.stock import Units, move
from merchants.errors import Malformed
from merchants.models import Event
from tests.builders import (
    acting,
    balance,
    house,
    make_demand,
    make_lot,
    place,
    promised,
    put,
    set_lots_active,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused
from tests.transfers.builders import (
    LATE,
    TwoWarehouses,
    counters,
    planned,
    receive,
    send,
    sent,
)
from tests.walk import assert_ledger_agrees
from transfers.services import LineRequest, Stowed, Taken, send_transfer


def lot(two: TwoWarehouses, number: str) -> Lot:
    return two.vitamin.lots.get(number=number)


def moved(posting: Posting) -> list[tuple[str | None, str, str, int]]:
    rows = posting.movements.order_by("id").select_related("source__lot", "target__location")
    return [
        (
            one.source.lot.number if one.source.lot else None,
            one.source.location.name,
            one.target.location.name,
            one.quantity,
        )
        for one in rows
    ]


def test_it_works(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 4, "EARLY"), LineRequest(two.soap, 3))
    send(transfer, tracking_number=" TRUCK-7 ")
    transfer.refresh_from_db()
    assert (transfer.status, transfer.sent_at) == ("in_transit", CLOCK.now)
    assert transfer.tracking_number == "TRUCK-7"
    assert counters(transfer) == [("VITAMIN", "EARLY", 4, 4, 0, 0), ("SOAP", None, 3, 3, 0, 0)]
    posting = Posting.objects.get(reference=transfer.number)
    assert (posting.kind, posting.actor, posting.merchant) == (
        "transfer",
        house(),
        two.world.merchant,
    )
    assert moved(posting) == [
        ("EARLY", "A-01", "IN_TRANSIT", 4),
        (None, "A-03", "IN_TRANSIT", 3),
    ]
    road = place(two.target, "IN_TRANSIT")
    assert balance(two.vitamin, road, lot(two, "EARLY")).on_hand == 4
    assert stands(two.soap) == {("A-03", None): (5, 0)}
    event = Event.objects.get(topic="transfer.sent")
    assert event.payload == {
        "reference": "",
        "status": "in_transit",
        "tracking_number": "TRUCK-7",
        "units": 7,
    }
    assert_ledger_agrees()


def test_units_in_transit_are_counted_at_the_target_per_product_and_lot(two: TwoWarehouses) -> None:
    sent(two, LineRequest(two.vitamin, 12))

    def figures(warehouse: Any) -> tuple[int, int, int]:
        found = inventory_by_product(
            [two.vitamin.pk], todays=todays(CLOCK.now), warehouse_id=warehouse and warehouse.pk
        )[two.vitamin.pk]
        return found.on_hand, found.fulfillable, found.in_transit

    assert figures(two.source) == (18, 18, 0)
    assert figures(two.target) == (0, 0, 12)
    assert figures(None) == (18, 18, 12)
    rows = inventory_by_lot(two.vitamin.pk, todays=todays(CLOCK.now), now=CLOCK.now)
    assert [(str(row.lot), row.figures.on_hand, row.figures.in_transit) for row in rows] == [
        ("EARLY", 0, 10),
        ("LATE", 18, 2),
    ]
    assert carried([two.vitamin.pk], [two.target.pk]) == {(two.vitamin.pk, two.target.pk)}


def test_the_bins_are_drawn_on_in_rotation_order(two: TwoWarehouses) -> None:
    put(two.vitamin, two.bin("A-05"), 3, lot(two, "EARLY"))  # fewer units: emptied first
    transfer = sent(two, LineRequest(two.vitamin, 8, "EARLY"))
    assert moved(Posting.objects.get(reference=transfer.number)) == [
        ("EARLY", "A-05", "IN_TRANSIT", 3),
        ("EARLY", "A-01", "IN_TRANSIT", 5),
    ]


def test_named_bins_are_drawn_on_and_the_rest_stays(two: TwoWarehouses) -> None:
    put(two.vitamin, two.bin("A-05"), 3, lot(two, "EARLY"))
    transfer = planned(two, LineRequest(two.vitamin, 8, "EARLY"), LineRequest(two.soap, 3))
    send(
        transfer,
        Taken(two.vitamin, 2, "A-01", "EARLY"),
        Taken(two.vitamin, 1, "A-05", "early "),
    )
    assert counters(transfer) == [("VITAMIN", "EARLY", 8, 3, 0, 0), ("SOAP", None, 3, 0, 0, 0)]
    assert stands(two.vitamin) == {
        ("A-01", "EARLY"): (8, 0),
        ("A-02", "LATE"): (20, 0),
        ("A-05", "EARLY"): (2, 0),
    }
    assert_ledger_agrees()


def test_promised_units_stay(two: TwoWarehouses) -> None:
    demand = make_demand(two.vitamin, 6, two.source)
    transfer = planned(two, LineRequest(two.vitamin, 5, "EARLY"))
    with refused("units_committed") as found:
        send(transfer)
    assert (found.value.requested, found.value.available) == (5, 4)
    assert str(found.value) == (
        "5 units of VITAMIN, lot EARLY, are to be sent; 10 stand in the bins of CHI, 4 of them "
        "are not promised to orders."
    )
    with refused("units_committed"):
        send(transfer, Taken(two.vitamin, 5, "A-01", "EARLY"))
    send(transfer, Taken(two.vitamin, 4, "A-01", "EARLY"))
    assert promised(demand) == {"A-01": 6}


def test_more_than_stands_there_is_refused(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 11, "EARLY"), LineRequest(two.soap, 9))
    with refused("insufficient_stock"):
        send(transfer)
    with refused("insufficient_stock"):
        send(transfer, Taken(two.vitamin, 11, "A-01", "EARLY"))
    with refused("insufficient_stock"):
        send(transfer, Taken(two.soap, 9, "A-03"))


def test_more_than_is_asked_for_is_refused(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 5, "EARLY"))
    with refused("more_than_asked") as found:
        send(
            transfer,
            Taken(two.vitamin, 5, "A-01", "EARLY"),
            Taken(two.vitamin, 1, "A-01", "EARLY"),
        )
    assert (found.value.requested, found.value.asked) == (6, 5)


def test_only_bins_of_the_source_are_drawn_on(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 5, "EARLY"))
    for name, code in (
        ("N-01", "invalid"),
        ("IN_TRANSIT", "invalid"),
        ("QUARANTINE", "wrong_location_kind"),
        ("DOCK", "wrong_location_kind"),
    ):
        with refused(code):
            send(transfer, Taken(two.vitamin, 1, name, "EARLY"))


@pytest.mark.parametrize(
    ("taken", "code", "field"),
    [
        (("VITAMIN", 1, "LATE"), "not_on_transfer", "lines[0].lot_number"),
        (("VITAMIN", 1, ""), "not_on_transfer", "lines[0].lot_number"),
        (("SOAP", 1, ""), "not_on_transfer", "lines[0].sku"),
        (("VITAMIN", 1, "TYPO"), "unknown_lot", "lines[0].lot_number"),
        (("VITAMIN", 0, "EARLY"), "min_value", "lines[0].quantity"),
    ],
)
def test_what_is_not_on_the_transfer_is_refused(
    two: TwoWarehouses, taken: tuple[str, int, str], code: str, field: str
) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 5, "EARLY"))
    sku, units, number = taken
    product: Product = two.world.merchant.products.get(sku=sku)
    with refused(code) as found:
        send(transfer, Taken(product, units, "A-01", number))
    assert isinstance(found.value, Malformed)
    assert [error["field"] for error in found.value.errors] == [field]


def test_nothing_is_no_shipment(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 5))
    with refused("required"):
        send_transfer(transfer_id=transfer.pk, lines=[], **acting())


def test_it_is_sent_once(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 5))
    send(transfer, Taken(two.soap, 2, "A-03"))
    with refused("wrong_status"):
        send(transfer, Taken(two.soap, 3, "A-03"))


def test_a_lot_on_hold_may_go_and_stays_on_hold(two: TwoWarehouses) -> None:
    place_hold(target=lot(two, "EARLY"), reason="Recall", **acting())
    transfer = sent(two, LineRequest(two.vitamin, 4, "EARLY"))
    receive(transfer, Stowed(two.vitamin, 4, "N-01", "EARLY"))
    assert balance(two.vitamin, two.bin("N-01"), lot(two, "EARLY")).is_blocked
    assert_ledger_agrees()


def test_a_lot_that_is_held_while_in_transit_arrives_on_hold(two: TwoWarehouses) -> None:
    transfer = sent(two, LineRequest(two.vitamin, 10, "EARLY"))
    demand = make_demand(two.vitamin, 5, two.target, lot=lot(two, "EARLY"))
    place_hold(target=lot(two, "EARLY"), reason="Recall", **acting())
    receive(transfer, Stowed(two.vitamin, 10, "N-01", "EARLY"))
    arrived = balance(two.vitamin, two.bin("N-01"), lot(two, "EARLY"))
    assert (arrived.on_hand, arrived.committed, arrived.is_blocked) == (10, 0, True)
    demand.refresh_from_db()
    assert demand.backordered == 5


def test_an_inactive_lot_may_go(two: TwoWarehouses) -> None:
    set_lots_active(lot_ids=[lot(two, "EARLY").pk], is_active=False, **acting())
    assert counters(sent(two, LineRequest(two.vitamin, 4, "EARLY"))) == [
        ("VITAMIN", "EARLY", 4, 4, 0, 0)
    ]


def test_lot_tracking_stays_on_while_units_are_in_transit(two: TwoWarehouses) -> None:
    product = two.world.lot_product("SYRUP")
    make_lot(product, "ONLY", LATE)
    put(product, two.bin("A-06"), 3, product.lots.get())
    sent(two, LineRequest(product, 3, "ONLY"))
    with refused("lots_in_stock"):
        update_product(product_id=product.pk, fields={"is_lot_product": False}, **acting())


def test_the_number_of_statements_does_not_grow(two: TwoWarehouses) -> None:
    def statements(lines: int) -> int:
        products = [two.world.product(f"P{lines}-{n}") for n in range(lines)]
        for product in products:
            put(product, two.bin("A-09"), 2)
        transfer = planned(two, *[LineRequest(product, 2) for product in products])
        with CaptureQueriesContext(connection) as asked:
            send(transfer)
        sending = len(asked)
        with CaptureQueriesContext(connection) as asked:
            receive(transfer, *[Stowed(product, 2, "N-03") for product in products])
        return sending + len(asked)

    assert statements(2) == statements(20)


def test_within_a_warehouse_units_are_moved(two: TwoWarehouses) -> None:
    units = Units(two.soap.pk, None, 1)
    ends = {"source_id": two.bin("A-03").pk, "target_id": two.bin("N-01").pk}
    with refused("wrong_location_kind"):
        move(units=units, **ends, **acting())


def test_lots_that_were_merged_since_go_out_as_what_they_are(two: TwoWarehouses) -> None:
    """EARLY became RIGHT, which has a line of its own: one line, and one lot that is under way."""
    right = make_lot(two.vitamin, "RIGHT", LATE)
    put(two.vitamin, two.world.bins[3], 4, right)
    lines = [LineRequest(two.vitamin, 3, lot_number=number) for number in ("EARLY", "RIGHT")]
    transfer = planned(two, *lines, LineRequest(two.vitamin, 5, lot_number="LATE"))
    merge_lots(wish=Wish(lot(two, "EARLY").pk, right.pk, "target"), **acting())

    send(transfer)

    assert counters(transfer) == [
        ("VITAMIN", "RIGHT", 6, 6, 0, 0),
        ("VITAMIN", "LATE", 5, 5, 0, 0),
    ]
    assert_ledger_agrees()


def test_a_line_is_named_by_the_old_number_too(two: TwoWarehouses) -> None:
    right = make_lot(two.vitamin, "RIGHT", LATE)
    transfer = planned(two, LineRequest(two.vitamin, 3, lot_number="EARLY"))
    merge_lots(wish=Wish(lot(two, "EARLY").pk, right.pk, "target"), **acting())
    send(transfer, Taken(two.vitamin, 2, "A-01", "EARLY"))
    assert counters(transfer) == [("VITAMIN", "RIGHT", 3, 2, 0, 0)]
