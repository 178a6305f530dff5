"""Counting by scanner: kept at once, counted once, undone, and received when the count is done."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Posting
from inventory.services.products import update_product
from merchants.errors import NotFound
from merchants.models import User
from receiving.errors import NothingCounted, NothingToUndo, OpenScans, WrongStatus
from receiving.models import WRO, Scan
from receiving.packing import AnnouncedBox, Packed
from receiving.services import announce_wro, arrive_wro, complete_wro
from receiving.services.rules import save_rule
from receiving.services.scanning import Shot, receive_scans, scan, undo_scan
from tests.builders import acting, make_lot, make_merchant, make_product
from tests.clock import CLOCK
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    counters,
    discrepancies,
    draft,
    line,
    standing,
    submitted,
    topics,
)

SOON = date(2026, 10, 31)
GTIN = "9506000134352"
CASE = f"010{GTIN}172610313724\x1d10VC-A"  # 24 of lot VC-A, as a scanner types it


@pytest.fixture
def vitamin(world):
    return world.lot_product("VITAMIN", barcode=GTIN)


@pytest.fixture
def wro(world, vitamin, soap):
    """100 of lot VC-A, 60 of VC-B and 10 without lots, in two boxes: at the door."""
    lots = [("VC-A", SOON, 100), ("VC-B", NEXT_YEAR, 60)]
    lines = [line(vitamin, 160, *lots), line(soap, 10)]
    return at_the_door(world, lines, AnnouncedBox("1Z1"), AnnouncedBox("1Z2"))


def at_the_door(world, lines, *boxes):
    wro = announce_wro(
        merchant=world.merchant,
        fields={"warehouse": world.warehouse},
        lines=lines,
        boxes=boxes,
        **acting(),
    )
    return arrive_wro(wro_id=wro.pk, **acting())


def staff(name):
    return User.objects.create_user(name, password="correct horse", is_staff=True)


def shoot(wro, *texts, actor=None, **said):
    """Scan these one after the other; the last one's row."""
    who = {"actor": actor, "now": CLOCK.now} if actor else acting()
    rows = [scan(wro_id=wro.pk, shot=Shot(uuid4(), text, **said), **who) for text in texts]
    return rows[-1]


def in_box(wro, *texts, box=1, **said):
    return shoot(wro, f"{wro.number}/{box}", *texts, **said)


def counted(wro):
    """Open units by 'box SKU lot'."""
    rows = wro.scans.open().select_related("product")
    found = {}
    for one in rows:
        name = f"{one.box} {one.product.sku} {one.lot_number}".strip()
        found[name] = found.get(name, 0) + one.quantity
    return found


def test_it_works(wro, vitamin, soap):
    in_box(wro, CASE, GTIN, "VC-B", "vc-b", "SOAP")
    assert counted(wro) == {
        "1 VITAMIN VC-A": 24,
        "1 VITAMIN VC-B": 1,
        "1 VITAMIN vc-b": 1,
        "1 SOAP": 1,
    }
    assert counters(wro)["VITAMIN VC-A"] == (100, 0, 0)  # nothing is received yet
    assert receive_scans(wro_id=wro.pk, **acting()) == 27
    assert counted(wro) == {}
    assert counters(wro) == {
        "VITAMIN VC-A": (100, 24, 0),
        "VITAMIN VC-B": (60, 2, 0),
        "SOAP": (10, 1, 0),
    }
    assert standing(vitamin) == {("DOCK", "VC-A"): 24, ("DOCK", "VC-B"): 2}
    assert discrepancies(wro) == []
    assert Posting.objects.get().kind == "receive"
    assert topics(wro)[-1] == "received"


def test_what_differs_becomes_a_discrepancy_when_it_is_received(world, wro, vitamin):
    make_product(world.merchant, "STRANGER", barcode="4006381333931")
    in_box(wro, "4006381333931", f"010{GTIN}17270301\x1d10VC-A", GTIN)
    shoot(wro, "", says="unreadable")
    shoot(wro, GTIN, "VC-X")
    codes = list(wro.scans.open().values_list("code", flat=True))
    assert codes == ["unlisted_product", "expiry_mismatch", "unreadable_barcode", "lot_mismatch"]
    receive_scans(wro_id=wro.pk, **acting())
    assert sorted(one[0] for one in discrepancies(wro)) == sorted(codes)


def test_a_refusal_is_kept_and_counts_nothing(wro):
    row = in_box(wro, f"010{GTIN[:-1]}317261031")
    assert (row.outcome, row.code, row.quantity) == ("refused", "wrong_check_digit", 0)
    assert "check digit" in row.told
    assert counted(wro) == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"010{GTIN[:-1]}317261031", "wrong_check_digit"),
        (f"010{GTIN}10VC-A17261031", "missing_separator"),
        (f"010{GTIN}99", "incomplete"),
        (f"010{GTIN}\x1d5417261031", "unknown_element"),
        (f"010{GTIN}10" + "X" * 21, "lot_too_long"),
        (f"010{GTIN}17261331", "bad_date"),
        ("WRO-999999/1", "other_wro"),
        ("4006381333931", "unknown_product"),
        ("x" * 501, "too_long"),
        ("", "empty"),
    ],
)
def test_refusals_are_told_apart(wro, text, code):
    assert in_box(wro, text).code == code


def test_the_same_key_counts_once(wro):
    in_box(wro)
    shot = Shot(UUID(int=7), "SOAP")
    first = scan(wro_id=wro.pk, shot=shot, **acting())
    again = scan(wro_id=wro.pk, shot=shot, **acting())
    assert again == first
    assert counted(wro) == {"1 SOAP": 1}


def test_each_person_has_their_own_box_and_product_in_hand(wro):
    ana, bo = staff("ana"), staff("bo")
    in_box(wro, GTIN, box=1, actor=ana)
    in_box(wro, "SOAP", box=2, actor=bo)
    shoot(wro, "VC-A", actor=ana)
    assert shoot(wro, "VC-A", actor=bo).code == "unknown_product"
    assert counted(wro) == {"2 SOAP": 1, "1 VITAMIN VC-A": 1}


def test_the_counter_that_is_told_holds_the_units_of_all(wro):
    in_box(wro, CASE, actor=staff("ana"))
    told = in_box(wro, CASE, box=2, actor=staff("bo")).told
    assert told == "24 of VITAMIN, lot VC-A, expiry 2026-10-31: 48 of 100."
    receive_scans(wro_id=wro.pk, of_all=True, **acting())
    assert in_box(wro, CASE).told.endswith(": 72 of 100.")


def test_units_are_typed_as_a_scan_or_beside_it(wro):
    in_box(wro, "*4", "SOAP", "SOAP")
    shoot(wro, "SOAP", wanted=2)
    assert counted(wro) == {"1 SOAP": 7}


def test_a_tracking_number_opens_its_box(wro):
    assert shoot(wro, "1z2").box == 2


def test_a_tracking_number_of_several_boxes_opens_none(world, soap):
    boxes = [AnnouncedBox("1Z1"), AnnouncedBox("1z1"), AnnouncedBox("")]
    wro = at_the_door(world, [line(soap, 10)], *boxes)
    shoot(wro, f"{wro.number}/3")
    row = shoot(wro, "1Z1")
    assert (row.outcome, row.code, row.box) == ("refused", "ambiguous_box", None)
    assert row.told == (
        f"2 boxes of {wro.number} have this tracking number: scan our label on the box, or type "
        f"its number, such as {wro.number}/1."
    )
    assert shoot(wro, f"{wro.number}/1").box == 1


def test_units_in_another_box_than_announced_count_and_are_said(world, vitamin):
    boxes = [
        AnnouncedBox("", (Packed(vitamin, 100, "VC-A", SOON),)),
        AnnouncedBox("", (Packed(vitamin, 60, "VC-B", NEXT_YEAR),)),
    ]
    lots = [("VC-A", SOON, 100), ("VC-B", NEXT_YEAR, 60)]
    wro = at_the_door(world, [line(vitamin, 160, *lots)], *boxes)
    assert in_box(wro, CASE).outcome == "counted"
    assert in_box(wro, CASE, box=2).code == "other_box"
    assert counted(wro) == {"1 VITAMIN VC-A": 24, "2 VITAMIN VC-A": 24}


def test_a_text_that_may_be_a_lot_is_one_when_the_person_says_so(wro):
    assert in_box(wro, GTIN, "87654322").offers == "lot"
    shoot(wro, "87654322", says="lot")
    assert counted(wro) == {"1 VITAMIN 87654322": 1}


def test_lot_and_expiry_are_typed_by_hand(wro):
    in_box(wro, GTIN)
    shoot(wro, "", lot_number="VC-A", expires_on=SOON, wanted=3)
    assert counted(wro) == {"1 VITAMIN VC-A": 3}


def test_an_unnumbered_lot_is_scanned_by_its_date(world, vitamin):
    wro = arrived(world, line(vitamin, 5, ("", SOON, 5)))
    shoot(wro, GTIN, "2026-10-31")
    receive_scans(wro_id=wro.pk, **acting())
    assert counters(wro) == {"VITAMIN expiring 2026-10-31": (5, 1, 0)}


def test_a_lot_product_that_needs_both_asks_for_the_date(world, wro, vitamin):
    update_product(product_id=vitamin.pk, fields={"lot_entry": "both"}, **acting())
    make_lot(vitamin, "VC-OLD", NEXT_YEAR)
    assert in_box(wro, GTIN, "VC-NEW").asks == "expiry"
    assert shoot(wro, "2027-01-31").quantity == 1
    assert shoot(wro, GTIN, "VC-OLD").quantity == 1


def test_shelf_life_that_is_asked_on_arrival_is_said_at_once(world, wro, vitamin):
    save_rule(merchant=world.merchant, fields={"min_days": 200, "channel": "b2b"}, **acting())
    row = in_box(wro, CASE)
    assert (row.outcome, row.code, row.quantity) == ("differs", "short_dated_on_arrival", 24)
    assert "152 days remaining, 200 needed for Business to business." in row.told


# Undo ---------------------------------------------------------------------------------------------


def test_the_last_scan_is_undone_and_what_was_in_hand_is_in_hand_again(wro):
    in_box(wro, GTIN, "VC-A", "nonsense-of-a-label\x1d")
    undone = undo_scan(wro_id=wro.pk, key=uuid4(), **acting())
    assert (undone.text, undone.undone_at) == ("VC-A", CLOCK.now)
    assert counted(wro) == {}
    shoot(wro, "VC-B")
    assert counted(wro) == {"1 VITAMIN VC-B": 1}


def test_one_undo_after_the_other_takes_back_all(wro):
    in_box(wro, "SOAP", "SOAP")
    for text in ("SOAP", "SOAP", f"{wro.number}/1"):
        assert undo_scan(wro_id=wro.pk, key=uuid4(), **acting()).text == text
    with pytest.raises(NothingToUndo) as refusal:
        undo_scan(wro_id=wro.pk, key=uuid4(), **acting())
    assert refusal.value.code == "nothing_to_undo"


def test_the_same_undo_takes_back_one(wro):
    in_box(wro, "SOAP", "SOAP")
    key = uuid4()
    assert undo_scan(wro_id=wro.pk, key=key, **acting()) == undo_scan(
        wro_id=wro.pk, key=key, **acting()
    )
    assert counted(wro) == {"1 SOAP": 1}


def test_nobody_undoes_what_another_scanned_or_what_is_received(wro):
    in_box(wro, "SOAP")
    with pytest.raises(NothingToUndo):
        undo_scan(wro_id=wro.pk, key=uuid4(), actor=staff("bo"), now=CLOCK.now)
    receive_scans(wro_id=wro.pk, **acting())
    with pytest.raises(NothingToUndo):
        undo_scan(wro_id=wro.pk, key=uuid4(), **acting())
    assert counters(wro)["SOAP"] == (10, 1, 0)


# The count is done --------------------------------------------------------------------------------


def test_only_the_persons_own_units_of_one_box_are_received(wro):
    ana = staff("ana")
    in_box(wro, "SOAP", box=1)
    in_box(wro, "SOAP", box=2)
    in_box(wro, "SOAP", box=1, actor=ana)
    assert receive_scans(wro_id=wro.pk, box=1, **acting()) == 1
    assert counted(wro) == {"2 SOAP": 1, "1 SOAP": 1}
    assert receive_scans(wro_id=wro.pk, of_all=True, actor=ana, now=CLOCK.now) == 2
    assert counters(wro)["SOAP"] == (10, 3, 0)


def test_a_done_box_is_out_of_hand(wro):
    in_box(wro, "SOAP")
    receive_scans(wro_id=wro.pk, **acting())
    assert shoot(wro, "SOAP").code == "box_first"


def test_nothing_counted_is_refused(wro):
    in_box(wro, GTIN)
    with pytest.raises(NothingCounted) as refusal:
        receive_scans(wro_id=wro.pk, **acting())
    assert refusal.value.code == "nothing_counted"
    assert WRO.objects.get().status == "arrived"


def test_damaged_units_are_received_as_such(wro, vitamin):
    in_box(wro, GTIN, is_damaged=True)
    shoot(wro, "VC-A", "VC-A")
    receive_scans(wro_id=wro.pk, **acting())
    assert standing(vitamin) == {("DAMAGED", "VC-A"): 1, ("DOCK", "VC-A"): 1}


def test_a_wro_with_open_scans_is_not_completed(wro):
    in_box(wro, CASE)
    with pytest.raises(OpenScans) as refusal:
        complete_wro(wro_id=wro.pk, **acting())
    assert (refusal.value.code, refusal.value.units) == ("open_scans", 24)
    assert WRO.objects.get().status == "arrived"


def test_a_scan_that_comes_late_is_kept_and_counts_nothing(wro):
    complete_wro(wro_id=wro.pk, **acting())
    row = shoot(wro, "SOAP")
    assert (row.outcome, row.code, row.quantity) == ("refused", "wrong_status", 0)
    with pytest.raises(WrongStatus):
        receive_scans(wro_id=wro.pk, **acting())


def test_a_draft_is_not_scanned(world, soap):
    with pytest.raises(WrongStatus):
        shoot(draft(world, line(soap, 1)), "SOAP")
    assert Scan.objects.count() == 0


def test_another_merchants_user_scans_nothing(wro):
    rival = make_merchant("RIVAL")
    stranger = User.objects.create_user("stranger", merchant=rival)
    for verb, named in (
        (scan, {"shot": Shot(uuid4(), "SOAP")}),
        (undo_scan, {"key": uuid4()}),
        (receive_scans, {}),
    ):
        with pytest.raises(NotFound):
            verb(wro_id=wro.pk, actor=stranger, now=CLOCK.now, **named)
    assert Scan.objects.count() == 0


def test_a_product_of_another_merchant_is_unknown(wro):
    make_product(make_merchant("RIVAL"), "RIVALS", barcode="4006381333931")
    assert in_box(wro, "4006381333931").code == "unknown_product"


def test_statements_do_not_grow_with_what_was_scanned(wro):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            in_box(wro, CASE)
        return len(captured)

    in_box(wro, GTIN, "VC-B")  # something in hand, as later
    before = statements()
    for _ in range(5):
        in_box(wro, "SOAP", GTIN, "VC-B")
    assert statements() == before


def test_statements_to_receive_do_not_grow_either(wro):
    def statements(scans):
        in_box(wro, *["SOAP"] * scans)
        with CaptureQueriesContext(connection) as captured:
            receive_scans(wro_id=wro.pk, **acting())
        return len(captured)

    statements(1)
    assert statements(1) == statements(5)


def test_a_submitted_wro_has_not_arrived_yet(world, soap):
    wro = submitted(world, line(soap, 1))
    assert shoot(wro, "SOAP").told == f"{wro.number} is awaiting: nothing is counted."
