"""A transfer is planned, or called off; nothing moves and nothing is promised to it."""

from __future__ import annotations

from datetime import date

from inventory.errors import InsufficientStock
from inventory.models import Posting
from inventory.services.holds import place_hold
from inventory.services.lots import delete_lot
from merchants.errors import Malformed
from merchants.models import Event
from tests.builders import acting, house, make_demand, make_lot, make_merchant, make_product, put
from tests.clock import CLOCK
from tests.refusals import refused
from tests.transfers.builders import EARLY, LATE, TwoWarehouses, counters, planned, sent
from transfers.models import Transfer
from transfers.services import LineRequest, cancel_transfer, create_transfer


def test_it_works(two: TwoWarehouses) -> None:
    before = Posting.objects.count()
    transfer = planned(
        two, LineRequest(two.vitamin, 4, "late"), LineRequest(two.soap, 3), reference=" T-1 "
    )
    assert (transfer.number, transfer.status, transfer.reference) == (
        f"TRF-{transfer.pk:06d}",
        "awaiting",
        "T-1",
    )
    assert str(transfer) == transfer.number
    assert (transfer.created_at, transfer.created_by) == (CLOCK.now, house())
    assert counters(transfer) == [("VITAMIN", "LATE", 4, 0, 0, 0), ("SOAP", None, 3, 0, 0, 0)]
    assert [str(line) for line in transfer.lines.all()] == ["4 of VITAMIN", "3 of SOAP"]
    assert Posting.objects.count() == before
    event = Event.objects.get(topic="transfer.created")
    assert (event.object, event.merchant) == (transfer.number, two.world.merchant)
    assert event.payload == {"reference": "T-1", "status": "awaiting", "units": 7}


def test_lots_that_are_left_open_go_by_rotation(two: TwoWarehouses) -> None:
    assert counters(planned(two, LineRequest(two.vitamin, 14))) == [
        ("VITAMIN", "EARLY", 14 - 4, 0, 0, 0),
        ("VITAMIN", "LATE", 4, 0, 0, 0),
    ]


def test_a_lot_over_several_bins_is_one_line(two: TwoWarehouses) -> None:
    put(two.vitamin, two.bin("A-04"), 5, two.vitamin.lots.get(number="EARLY"))
    assert counters(planned(two, LineRequest(two.vitamin, 13))) == [
        ("VITAMIN", "EARLY", 13, 0, 0, 0)
    ]


def test_the_rotation_offers_what_an_order_could_get(two: TwoWarehouses) -> None:
    place_hold(target=two.vitamin.lots.get(number="EARLY"), reason="Recall", **acting())
    make_demand(two.vitamin, 5, two.source)
    assert counters(planned(two, LineRequest(two.vitamin, 15))) == [
        ("VITAMIN", "LATE", 15, 0, 0, 0)
    ]
    with refused("insufficient_stock") as found:
        planned(two, LineRequest(two.vitamin, 16))
    assert isinstance(found.value, InsufficientStock)
    assert (found.value.requested, found.value.available) == (16, 15)


def test_named_lots_come_off_what_the_rotation_offers(two: TwoWarehouses) -> None:
    lines = [LineRequest(two.vitamin, 12), LineRequest(two.vitamin, 6, expires_on=EARLY)]
    with refused("unknown_lot"):  # the lot of that date has a number
        planned(two, *lines)
    lines[1] = LineRequest(two.vitamin, 6, "EARLY", EARLY)
    assert counters(planned(two, *lines)) == [
        ("VITAMIN", "EARLY", 10, 0, 0, 0),
        ("VITAMIN", "LATE", 8, 0, 0, 0),
    ]


def test_lines_of_one_lot_are_added_up(two: TwoWarehouses) -> None:
    lines = [LineRequest(two.soap, 1), LineRequest(two.soap, 2)]
    assert counters(planned(two, *lines)) == [("SOAP", None, 3, 0, 0, 0)]


def test_more_than_there_is_may_be_planned(two: TwoWarehouses) -> None:
    """What a lot has is looked at when it is sent."""
    assert counters(planned(two, LineRequest(two.vitamin, 99, "EARLY"))) == [
        ("VITAMIN", "EARLY", 99, 0, 0, 0)
    ]


def test_one_warehouse_is_refused(two: TwoWarehouses) -> None:
    with refused("same_warehouse") as found:
        planned(two, LineRequest(two.soap, 1), target=two.source)
    assert isinstance(found.value, Malformed)
    assert found.value.errors[0]["field"] == "target"


def test_what_cannot_be_meant_is_refused(two: TwoWarehouses) -> None:
    theirs = make_product(make_merchant("OTHER"), "THEIRS")
    wrong: list[tuple[list[LineRequest], str, str]] = [
        ([], "required", "lines"),
        ([LineRequest(two.soap, 0)], "invalid", "lines[0].quantity"),
        ([LineRequest(two.soap, 1), LineRequest(theirs, 1)], "invalid", "lines[1].sku"),
        ([LineRequest(two.vitamin, 1, "TYPO")], "unknown_lot", "lines[0].lot_number"),
        ([LineRequest(two.vitamin, 1, "EARLY", LATE)], "unknown_lot", "lines[0].expires_on"),
        ([LineRequest(two.soap, 1, "EARLY")], "unknown_lot", "lines[0].lot_number"),
    ]
    for lines, code, field in wrong:
        with refused(code) as found:
            planned(two, *lines)
        assert isinstance(found.value, Malformed)
        assert [error["field"] for error in found.value.errors] == [field]


def test_a_reference_is_taken_once_per_merchant(two: TwoWarehouses) -> None:
    planned(two, LineRequest(two.soap, 1), reference="T-1")
    with refused("reference_taken"):
        planned(two, LineRequest(two.soap, 1), reference="T-1")
    planned(two, LineRequest(two.soap, 1))
    planned(two, LineRequest(two.soap, 1))
    other = make_merchant("OTHER")
    request = two.request(LineRequest(make_product(other, "THEIRS"), 1), reference="T-1")
    theirs = create_transfer(
        request=type(request)(other, two.source, two.target, request.lines, "T-1"), **acting()
    )
    assert theirs.reference == "T-1"


def test_it_is_called_off_before_it_is_sent(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 1))
    cancel_transfer(transfer_id=transfer.pk, **acting())
    transfer.refresh_from_db()
    assert (transfer.status, transfer.cancelled_at) == ("cancelled", CLOCK.now)
    assert Event.objects.filter(topic="transfer.cancelled", object=transfer.number).exists()
    with refused("wrong_status"):
        cancel_transfer(transfer_id=transfer.pk, **acting())


def test_what_is_under_way_cannot_be_called_off(two: TwoWarehouses) -> None:
    transfer = sent(two, LineRequest(two.soap, 1))
    with refused("wrong_status") as found:
        cancel_transfer(transfer_id=transfer.pk, **acting())
    assert str(found.value) == (
        f"{transfer.number} is in transit: only while awaiting can it be cancelled."
    )
    with refused("not_found"):
        cancel_transfer(transfer_id=transfer.pk + 1, **acting())


def test_search_finds_numbers_references_products_and_lots(two: TwoWarehouses) -> None:
    soap = planned(two, LineRequest(two.soap, 1), reference="HUDSON-7")
    vitamin = sent(two, LineRequest(two.vitamin, 1, "EARLY"), LineRequest(two.vitamin, 1, "LATE"))
    found = {
        words: list(Transfer.objects.search(words).order_by("id"))
        for words in (soap.number, f"trf-{soap.pk}", str(soap.pk), "hudson", "soap", "early", "x")
    }
    assert found.pop("early") == [vitamin]
    assert found.pop("x") == []
    assert all(one == [soap] for one in found.values()), found


def test_a_lot_on_a_transfer_cannot_be_deleted(two: TwoWarehouses) -> None:
    lot = make_lot(two.vitamin, "NEW", date(2028, 1, 1))
    planned(two, LineRequest(two.vitamin, 1, "NEW"))
    with refused("lot_in_use"):
        delete_lot(lot_id=lot.pk, **acting())
