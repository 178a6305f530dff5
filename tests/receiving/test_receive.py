from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Movement, Posting, QuarantineCase
from inventory.queries.audit import differences
from inventory.services.products import update_product
from inventory.services.settings import update_lot_tracking
from merchants.errors import Malformed
from merchants.models import Event
from receiving.errors import WrongStatus
from receiving.models import Discrepancy
from receiving.services import Count
from tests.builders import acting, make_lot, make_merchant, make_product
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    count,
    counters,
    discrepancies,
    line,
    standing,
    submitted,
    topics,
)

SOON = date(2026, 10, 31)


@pytest.fixture
def wro(world, vitamin, soap):
    """100 of lot VC-A, 60 of VC-B, 10 without lots: at the door."""
    lots = [("VC-A", SOON, 100), ("VC-B", NEXT_YEAR, 60)]
    return arrived(world, line(vitamin, 160, *lots), line(soap, 10))


def test_it_works(wro, vitamin, soap):
    wro = count(
        wro,
        Count(vitamin, 100, "VC-A", SOON),
        Count(vitamin, 55, "vc-b"),
        Count(vitamin, 5, "VC-B", NEXT_YEAR, is_damaged=True),
        Count(soap, 10),
    )
    assert wro.status == "processing"
    assert counters(wro) == {
        "VITAMIN VC-A": (100, 100, 0),
        "VITAMIN VC-B": (60, 60, 5),
        "SOAP": (10, 10, 0),
    }
    assert standing(vitamin) == {
        ("DOCK", "VC-A"): 100,
        ("DOCK", "VC-B"): 55,
        ("DAMAGED", "VC-B"): 5,
    }
    assert standing(soap) == {("DOCK", ""): 10}
    assert discrepancies(wro) == [("damaged", "VITAMIN", "VC-B", 5)]
    posting = Posting.objects.get()
    assert (posting.kind, posting.reference, posting.actor.username) == (
        "receive",
        wro.number,
        "house",
    )
    assert topics(wro)[2:] == ["arrived", "received", "discrepancy.opened"]
    assert Lot.objects.get(number="VC-A").received_at == acting()["now"]


def test_counts_add_up(wro, vitamin):
    count(wro, Count(vitamin, 60, "VC-A"))
    count(wro, Count(vitamin, 30, "VC-A"), Count(vitamin, 8, "VC-A"))
    assert counters(wro)["VITAMIN VC-A"] == (100, 98, 0)
    assert standing(vitamin) == {("DOCK", "VC-A"): 98}
    assert discrepancies(wro) == []


def test_a_surplus_within_the_tolerance_is_received_as_good(wro, vitamin):
    count(wro, Count(vitamin, 110, "VC-A"))
    assert counters(wro)["VITAMIN VC-A"] == (100, 110, 0)
    assert standing(vitamin) == {("DOCK", "VC-A"): 110}
    assert discrepancies(wro) == [("overage", "VITAMIN", "VC-A", 10)]


def test_beyond_the_tolerance_the_whole_surplus_goes_to_quarantine(wro, vitamin):
    count(wro, Count(vitamin, 111, "VC-A"))
    assert counters(wro)["VITAMIN VC-A"] == (100, 111, 11)
    assert standing(vitamin) == {("DOCK", "VC-A"): 100, ("QUARANTINE", "VC-A"): 11}
    assert discrepancies(wro) == [("overage", "VITAMIN", "VC-A", 11)]
    case = QuarantineCase.objects.get()
    assert (case.source, case.reference, case.reason, case.quantity, case.may_be_released) == (
        "receiving",
        wro.number,
        "Overage: 11 more than announced",
        11,
        True,
    )


def test_the_tolerance_is_a_setting(wro, vitamin, settings):
    settings.RECEIVING_OVERAGE_PERCENT = 0
    count(wro, Count(vitamin, 101, "VC-A"))
    assert standing(vitamin) == {("DOCK", "VC-A"): 100, ("QUARANTINE", "VC-A"): 1}


def test_a_lot_that_nobody_announced_is_made_and_set_apart(wro, vitamin):
    count(wro, Count(vitamin, 90, "VC-A"), Count(vitamin, 7, "VC-X", SOON))
    assert standing(vitamin) == {("DOCK", "VC-A"): 90, ("QUARANTINE", "VC-X"): 7}
    assert discrepancies(wro) == [("lot_mismatch", "VITAMIN", "VC-X", 7)]
    made = Lot.objects.get(number="VC-X")
    assert (made.expires_on, Discrepancy.objects.get().lot) == (SOON, made)
    assert counters(wro)["VITAMIN VC-A"] == (100, 90, 0)


def test_a_known_lot_that_was_not_announced_is_set_apart_as_itself(wro, vitamin):
    known = make_lot(vitamin, "VC-OLD", SOON)
    count(wro, Count(vitamin, 7, "VC-OLD"))
    assert standing(vitamin) == {("QUARANTINE", "VC-OLD"): 7}
    assert Discrepancy.objects.get().lot == known


def test_another_expiry_than_announced_stands_without_a_lot_until_a_person_decides(wro, vitamin):
    count(wro, Count(vitamin, 90, "VC-A", SOON), Count(vitamin, 10, "VC-A", date(2027, 10, 31)))
    assert standing(vitamin) == {("DOCK", "VC-A"): 90, ("QUARANTINE", ""): 10}
    assert discrepancies(wro) == [("expiry_mismatch", "VITAMIN", "VC-A", 10)]
    found = Discrepancy.objects.get()
    assert (found.expires_on, found.lot) == (date(2027, 10, 31), Lot.objects.get(number="VC-A"))
    assert found.lot.expires_on == SOON


def test_one_unheard_number_with_two_expiries_is_a_mismatch_too(wro, vitamin):
    count(wro, Count(vitamin, 3, "NEW", SOON), Count(vitamin, 4, "NEW", NEXT_YEAR))
    assert standing(vitamin) == {("QUARANTINE", "NEW"): 3, ("QUARANTINE", ""): 4}
    assert discrepancies(wro) == [
        ("lot_mismatch", "VITAMIN", "NEW", 3),
        ("expiry_mismatch", "VITAMIN", "NEW", 4),
    ]


def test_units_whose_lot_cannot_be_read_go_to_quarantine_without_one(wro, vitamin):
    count(wro, Count(vitamin, 4), Count(vitamin, 1, is_damaged=True))
    assert standing(vitamin) == {("QUARANTINE", ""): 5}
    assert discrepancies(wro) == [
        ("unreadable_barcode", "VITAMIN", "", 4),
        ("unreadable_barcode", "VITAMIN", "", 1),
    ]
    assert counters(wro)["VITAMIN VC-A"] == (100, 0, 0)


def test_a_product_that_was_not_announced_is_set_apart(world, wro):
    oil = world.product("OIL")
    serum = world.lot_product("SERUM")
    count(wro, Count(oil, 3), Count(serum, 4, "S-1"), Count(serum, 2))
    assert standing(oil) == {("QUARANTINE", ""): 3}
    assert standing(serum) == {("QUARANTINE", "S-1"): 4, ("QUARANTINE", ""): 2}
    assert {row[0] for row in discrepancies(wro)} == {"unlisted_product"}


def test_a_lot_read_on_a_product_without_lots_is_a_mismatch(wro, soap):
    count(wro, Count(soap, 3, "S-1"))
    assert standing(soap) == {("QUARANTINE", "S-1"): 3}
    assert discrepancies(wro) == [("lot_mismatch", "SOAP", "S-1", 3)]


def test_without_the_accounts_lot_tracking_units_may_come_without_a_lot(world, vitamin):
    update_lot_tracking(
        merchant_id=world.merchant.pk, fields={"lot_tracking_active": False}, **acting()
    )
    fresh = type(vitamin).objects.get(pk=vitamin.pk)
    wro = arrived(world, line(fresh, 10))
    count(wro, Count(fresh, 10))
    assert standing(fresh) == {("DOCK", ""): 10}
    assert discrepancies(wro) == []


def test_units_of_a_line_without_lots_that_must_have_one_by_now(world, soap):
    """Announced without a lot, and so received; but in quarantine until they have one."""
    wro = arrived(world, line(soap, 10))
    fields = {"is_lot_product": True, "return_action": "quarantine"}
    update_product(product_id=soap.pk, fields=fields, **acting())
    count(wro, Count(soap, 6), Count(soap, 3, "S-1", SOON))
    assert standing(soap) == {("QUARANTINE", ""): 6, ("QUARANTINE", "S-1"): 3}
    assert counters(wro) == {"SOAP": (10, 6, 6)}
    assert discrepancies(wro) == [
        ("unreadable_barcode", "SOAP", "", 6),
        ("lot_mismatch", "SOAP", "S-1", 3),
    ]
    assert list(differences()) == []


def test_the_ledger_agrees_with_every_kind_of_receipt(world, wro, vitamin, soap):
    make_lot(soap, "S-1", SOON)
    count(
        wro,
        Count(vitamin, 130, "VC-A"),
        Count(vitamin, 5, "VC-B", is_damaged=True),
        Count(vitamin, 4, "VC-A", NEXT_YEAR),
        Count(vitamin, 3, "VC-X"),
        Count(vitamin, 2),
        Count(soap, 1, "S-1", NEXT_YEAR),
        Count(world.product("OIL"), 1),
    )
    assert list(differences()) == []


def test_expired_and_short_dated_units_go_the_ordinary_way(world, clock):
    vitamin = world.lot_product("VITAMIN", min_shelf_life_days=30)
    lots = [("OLD", date(2026, 5, 31), 5), ("SHORT", date(2026, 6, 30), 6), ("OK", SOON, 7)]
    wro = arrived(world, line(vitamin, 18, *lots))
    count(wro, *(Count(vitamin, units, number) for number, _, units in lots))
    assert standing(vitamin) == {("DOCK", "OLD"): 5, ("DOCK", "SHORT"): 6, ("DOCK", "OK"): 7}
    assert discrepancies(wro) == [
        ("expired_on_arrival", "VITAMIN", "OLD", 5),
        ("short_dated_on_arrival", "VITAMIN", "SHORT", 6),
    ]
    assert Discrepancy.objects.last().explanation == "29 days remaining, 30 needed."


def test_the_day_is_the_warehouses(world, vitamin, clock):
    """At 02:00 UTC on 2 June it is still 1 June in Chicago."""
    wro = arrived(world, line(vitamin, 5, ("TODAY", date(2026, 6, 1), 5)))
    clock.advance(hours=17)
    count(wro, Count(vitamin, 5, "TODAY"))
    assert discrepancies(wro) == []


def test_every_discrepancy_is_an_event(wro, vitamin):
    count(wro, Count(vitamin, 7, "VC-X", SOON))
    event = Event.objects.get(topic="discrepancy.opened")
    assert (event.object, event.payload) == (
        wro.number,
        {
            "discrepancy": Discrepancy.objects.get().pk,
            "type": "lot_mismatch",
            "product": vitamin.pk,
            "lot_number": "VC-X",
            "expires_on": "2026-10-31",
            "quantity": 7,
            "explanation": "In quarantine.",
        },
    )


@pytest.mark.parametrize("units", [0, -1])
def test_units_are_positive(wro, vitamin, units):
    with pytest.raises(Malformed) as refused:
        count(wro, Count(vitamin, 5, "VC-A"), Count(vitamin, units, "VC-A"))
    assert refused.value.errors[0]["field"] == "lines[1].quantity"
    assert_nothing_received(wro)


def test_something_must_be_counted(wro):
    with pytest.raises(Malformed):
        count(wro)
    assert_nothing_received(wro)


def test_another_merchants_product_is_unknown(wro):
    theirs = make_product(make_merchant("GLOW"), "CREAM")
    with pytest.raises(Malformed) as refused:
        count(wro, Count(theirs, 1))
    assert refused.value.errors[0]["code"] == "unknown_sku"
    assert_nothing_received(wro)


def test_it_has_to_arrive_first(world, soap):
    wro = submitted(world, line(soap, 5))
    with pytest.raises(WrongStatus) as refused:
        count(wro, Count(soap, 5))
    assert str(refused.value) == (
        f"{wro.number} is awaiting: only while arrived or processing can it be received."
    )
    assert not Movement.objects.exists()


@pytest.mark.postgresql
def test_statements_do_not_grow_with_the_lots(world, vitamin):
    taken = []
    for number in (1, 1000):
        lots = [(f"{number}-{n}", NEXT_YEAR, 2) for n in range(number)]
        wro = arrived(world, line(vitamin, 2 * number, *lots))
        counts = [Count(vitamin, 2, lot) for lot, _, _ in lots]
        counts += [Count(vitamin, 1, f"new-{lot}", NEXT_YEAR) for lot, _, _ in lots]
        counts += [Count(vitamin, 1, lot, is_damaged=True) for lot, _, _ in lots]
        with CaptureQueriesContext(connection) as captured:
            count(wro, *counts)
        taken.append(len(captured))
    assert taken[0] == taken[1]
    assert taken[0] < 40


def assert_nothing_received(wro):
    wro.refresh_from_db()
    assert wro.status == "arrived"
    assert not Movement.objects.exists()
    assert not Discrepancy.objects.exists()
