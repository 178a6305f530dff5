"""What a scan means in the light of the one before it: the rule alone, as a table."""

from dataclasses import replace
from datetime import date

import pytest

from inventory.models import LotEntry
from receiving.dock import (
    Announced,
    Facts,
    Item,
    KnownLot,
    Reading,
    State,
    as_date,
    as_expiry,
    as_units,
    decide,
)
from receiving.shelf_life import CheckIn

TODAY = date(2026, 6, 1)
OCTOBER, MARCH = date(2026, 10, 31), date(2027, 3, 1)
VITAMIN = Item(1, "VITAMIN", is_tracked=True, check_in=(CheckIn(min_days=30),))
SOAP = Item(2, "SOAP")
STRANGER = Item(3, "STRANGER", is_listed=False)
GTIN = "09506000134352"

LOTS = {
    (1, "vc-a"): KnownLot("VC-A", OCTOBER, Announced(11, 100, came=40)),
    (1, "vc-old"): KnownLot("VC-OLD", MARCH),
    (1, "12345678"): KnownLot("12345678", OCTOBER, Announced(12, 5)),
}
FACTS = Facts(
    "WRO-000042",
    TODAY,
    boxes=frozenset({1, 2, 3}),
    tracked_boxes={"1z999": [2], "106141411234567897": [3], "1zall": [1, 2, 3]},
    lots=LOTS,
    dated={(1, MARCH): KnownLot("", MARCH, Announced(13, 20))},
    loose={2: Announced(21, 10, came=9)},
)
IN_BOX = State(box=1)
WITH_VITAMIN = State(box=1, product_id=1, asks="lot")


def facts(*named, in_hand=None, **others):
    return replace(FACTS, items=named, in_hand=in_hand, **others)


def units(step):
    """(quantity, lot number, expiry, supply) of what a step counts."""
    one = step.units
    return one and (one.quantity, one.lot_number, one.expires_on, one.supply_id)


# Boxes --------------------------------------------------------------------------------------------

BOXES = {
    "our label": (Reading("WRO-000042/2", box=("WRO-000042", 2)), 2, ""),
    "a tracking number in any case": (Reading("1Z999"), 2, ""),
    "a pallet's SSCC": (Reading("00106141411234567897", sscc="106141411234567897"), 3, ""),
    "no box": (Reading("WRO-000042/0", box=("WRO-000042", 0)), 0, ""),
    "another WRO's box": (Reading("WRO-000043/2", box=("WRO-000043", 2)), None, "other_wro"),
    "a box it has not": (Reading("WRO-000042/4", box=("WRO-000042", 4)), None, "unknown_box"),
    "a number of several boxes": (Reading("1ZALL"), None, "ambiguous_box"),
    "an unknown SSCC": (Reading("00106141411234567880", sscc="10614"), None, "unknown_box"),
}


@pytest.mark.parametrize("case", BOXES)
def test_a_box_is_opened_and_what_was_in_hand_put_down(case):
    reading, box, code = BOXES[case]
    step = decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))
    assert (step.state, step.code, step.units) == (State(box=box), code, None)
    assert step.outcome == ("refused" if code else "noted")


def test_the_sheet_of_the_wro_changes_nothing():
    step = decide(WITH_VITAMIN, Reading("WRO-000042", box=("WRO-000042", None)), facts())
    assert (step.state, step.outcome) == (WITH_VITAMIN, "noted")


def test_several_boxes_ask_for_one_first():
    step = decide(State(), Reading("SOAP"), facts(SOAP))
    assert (step.code, step.units, step.state) == ("box_first", None, State())


def test_the_only_box_needs_no_scan():
    step = decide(State(), Reading("SOAP"), facts(SOAP, boxes=frozenset({1})))
    assert (units(step), step.state.box) == ((1, "", None, 21), 1)


def test_a_wro_without_boxes_asks_for_none():
    step = decide(State(), Reading("SOAP"), facts(SOAP, boxes=frozenset()))
    assert (units(step), step.state.box) == ((1, "", None, 21), None)


# Products -----------------------------------------------------------------------------------------


def test_a_product_without_lots_counts_at_once():
    step = decide(IN_BOX, Reading("SOAP"), facts(SOAP))
    assert (step.outcome, units(step)) == ("counted", (1, "", None, 21))
    assert step.told == "1 of SOAP: 10 of 10."
    assert step.state == State(box=1, product_id=2)


@pytest.mark.parametrize(
    ("entry", "asks"),
    [("either", "lot"), ("number", "lot"), ("both", "lot"), ("expiry", "expiry")],
)
def test_a_lot_product_asks_for_what_it_needs(entry, asks):
    step = decide(IN_BOX, Reading("VITAMIN"), facts(replace(VITAMIN, lot_entry=entry)))
    assert (step.outcome, step.units, step.state.asks) == ("noted", None, asks)


def test_a_gs1_code_counts_product_lot_and_expiry_at_once():
    reading = Reading("01…", gtin=GTIN, lot_number="VC-A", expires_on=OCTOBER, units=24)
    step = decide(State(box=1, product_id=2), reading, facts(VITAMIN, in_hand=SOAP))
    assert (step.outcome, units(step)) == ("counted", (24, "VC-A", OCTOBER, 11))
    assert step.told == "24 of VITAMIN, lot VC-A, expiry 2026-10-31: 64 of 100."


def test_a_gs1_lot_of_a_product_without_lots_is_left_out():
    reading = Reading("01…", gtin=GTIN, lot_number="X", expires_on=OCTOBER)
    assert units(decide(IN_BOX, reading, facts(SOAP))) == (1, "", None, 21)


def test_an_unlisted_product_counts_and_is_said():
    step = decide(IN_BOX, Reading("STRANGER"), facts(STRANGER))
    assert (step.outcome, step.code) == ("differs", "unlisted_product")
    assert step.units.supply_id is None


def test_of_several_products_of_a_barcode_the_announced_one_is_meant():
    assert units(decide(IN_BOX, Reading("950"), facts(STRANGER, SOAP))) == (1, "", None, 21)


@pytest.mark.parametrize("named", [(VITAMIN, SOAP), (STRANGER, replace(STRANGER, sku="S-2"))])
def test_several_that_may_be_meant_are_refused(named):
    step = decide(WITH_VITAMIN, Reading("950"), facts(*named))
    assert (step.code, step.state) == ("ambiguous_product", IN_BOX)
    assert named[0].sku in step.told


def test_a_barcode_that_nobody_has_puts_the_product_down():
    """So that the lot that is scanned next is not counted for the product before."""
    step = decide(State(box=1, product_id=2), Reading("9", gtin=GTIN), facts(in_hand=SOAP))
    assert (step.code, step.state, step.offers) == ("unknown_product", IN_BOX, "")
    assert step.told == "No product has the barcode 9506000134352: scan or type its SKU."


@pytest.mark.parametrize(
    ("in_hand", "told"),
    [
        (None, "“X-1” is no product: scan a product first, then its lot."),
        (SOAP, "“X-1” is no product, and SOAP has no lots."),
    ],
)
def test_a_text_that_can_be_no_lot_is_refused(in_hand, told):
    step = decide(State(box=1, product_id=2), Reading("X-1"), facts(in_hand=in_hand))
    assert (step.code, step.told, step.state) == ("unknown_product", told, IN_BOX)


FAULTS = [
    "missing_separator",
    "unknown_element",
    "lot_too_long",
    "bad_date",
    "bad_character",
    "incomplete",
]


@pytest.mark.parametrize("code", FAULTS)
def test_a_misread_code_is_refused_and_puts_the_product_down(code):
    reading = Reading("]C1…", fault=(code, "Scan it again."))
    step = decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))
    assert (step.outcome, step.code, step.told) == ("refused", code, "Scan it again.")
    assert (step.state, step.offers) == (IN_BOX, "")


# Lots ---------------------------------------------------------------------------------------------


def test_a_lot_counts_and_may_be_scanned_again():
    step = decide(WITH_VITAMIN, Reading("vc-a"), facts(in_hand=VITAMIN))
    assert (step.outcome, units(step)) == ("counted", (1, "vc-a", None, 11))
    assert step.state == State(box=1, product_id=1, lot_number="vc-a")
    again = decide(step.state, Reading("VC-A"), facts(in_hand=VITAMIN))
    assert units(again) == (1, "VC-A", None, 11)


def test_digits_that_are_an_announced_lot_are_that_lot():
    reading = Reading("12345678", fault=("wrong_check_digit", "Wrong."))
    step = decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))
    assert units(step) == (1, "12345678", None, 12)


@pytest.mark.parametrize(
    "reading",
    [
        Reading("87654321", fault=("wrong_check_digit", "Wrong.")),
        Reading("9506000134352", gtin=GTIN),
    ],
)
def test_digits_that_may_be_a_lot_are_asked_about(reading):
    step = decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))
    assert (step.outcome, step.offers, step.state) == ("refused", "lot", WITH_VITAMIN)
    said = decide(step.state, replace(reading, is_lot=True), facts(in_hand=VITAMIN))
    assert (units(said), said.code) == ((1, reading.text, None, None), "lot_mismatch")


def test_a_doubtful_code_is_asked_about():
    reading = Reading("01…", gtin=GTIN, lot_number="A1371", doubt="Is the lot really “A1371”?")
    step = decide(IN_BOX, reading, facts(VITAMIN))
    assert (step.code, step.offers, step.units) == ("doubtful", "sure", None)
    assert step.state == State(box=1, product_id=1)
    sure = decide(step.state, replace(reading, is_sure=True), facts(VITAMIN))
    assert (units(sure), sure.code) == ((1, "A1371", None, None), "lot_mismatch")


def test_an_announced_lot_is_not_doubted():
    reading = Reading("01…", gtin=GTIN, lot_number="VC-A", doubt="Really?")
    assert units(decide(IN_BOX, reading, facts(VITAMIN))) == (1, "VC-A", None, 11)


@pytest.mark.parametrize("number", ["VC-OLD", "VC-NEW"])
def test_a_lot_that_is_not_announced_is_counted_and_said(number):
    step = decide(WITH_VITAMIN, Reading(number), facts(in_hand=VITAMIN))
    assert (step.outcome, step.code) == ("differs", "lot_mismatch")
    assert units(step) == (1, number, None, None)


def test_another_expiry_than_known_is_counted_and_said():
    reading = Reading("01…", gtin=GTIN, lot_number="VC-A", expires_on=MARCH)
    step = decide(IN_BOX, reading, facts(VITAMIN))
    assert (step.code, units(step)) == ("expiry_mismatch", (1, "VC-A", MARCH, None))
    assert "VC-A is known with 2026-10-31: to quarantine." in step.told


def test_a_lot_by_its_expiry_alone():
    step = decide(WITH_VITAMIN, Reading("2027-03-01"), facts(in_hand=VITAMIN))
    assert (step.outcome, units(step)) == ("counted", (1, "", MARCH, 13))


def test_an_unknown_lot_asks_for_its_expiry_where_the_product_does():
    both = replace(VITAMIN, lot_entry=LotEntry.BOTH)
    asked = decide(WITH_VITAMIN, Reading("VC-NEW"), facts(in_hand=both))
    assert (asked.units, asked.state.asks) == (None, "expiry")
    wrong = decide(asked.state, Reading("tomorrow"), facts(in_hand=both))
    assert (wrong.code, wrong.state) == ("bad_expiry", asked.state)
    step = decide(asked.state, Reading("2027-03-01"), facts(in_hand=both))
    assert units(step) == (1, "VC-NEW", MARCH, None)
    known = decide(WITH_VITAMIN, Reading("VC-A"), facts(in_hand=both))
    assert units(known) == (1, "VC-A", None, 11)


def test_a_date_before_the_number_is_kept_for_it():
    both = replace(VITAMIN, lot_entry=LotEntry.BOTH)
    asked = decide(WITH_VITAMIN, Reading("2026-10-31"), facts(in_hand=both))
    assert (asked.state.asks, asked.state.expires_on) == ("lot", OCTOBER)
    step = decide(asked.state, Reading("VC-A"), facts(in_hand=both))
    assert units(step) == (1, "VC-A", OCTOBER, 11)


def test_the_date_of_a_counted_lot_counts_nothing():
    counted = State(box=1, product_id=1, lot_number="VC-A")
    same = decide(counted, Reading("2026-10-31"), facts(in_hand=VITAMIN))
    assert (same.outcome, same.units, same.state) == ("noted", None, counted)
    other = decide(counted, Reading("2027-03-01"), facts(in_hand=VITAMIN))
    assert (other.outcome, other.code, other.state) == ("refused", "other_expiry", counted)


def test_lot_and_expiry_by_hand():
    reading = Reading(lot_number="VC-A", expires_on=OCTOBER)
    assert units(decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))) == (
        1,
        "VC-A",
        OCTOBER,
        11,
    )


def test_a_lot_that_cannot_be_read_counts_for_quarantine():
    step = decide(WITH_VITAMIN, Reading(is_unreadable=True), facts(in_hand=VITAMIN))
    assert (step.code, units(step)) == ("unreadable_barcode", (1, "", None, None))
    first = decide(IN_BOX, Reading(is_unreadable=True), facts())
    assert (first.code, first.units) == ("product_first", None)


def test_a_lot_number_of_more_than_64_characters_is_refused():
    step = decide(WITH_VITAMIN, Reading(lot_number="X" * 65), facts(in_hand=VITAMIN))
    assert (step.code, step.state) == ("lot_too_long", WITH_VITAMIN)


@pytest.mark.parametrize("typed", ["0027-06-30", "2027-13-01", "20270-06-30", "tomorrow"])
def test_an_expiry_that_cannot_be_meant_is_refused(typed):
    """A browser lets the year be typed with two digits, or with five."""
    reading = Reading(lot_number="VC-A", expires_on=as_expiry(typed))
    step = decide(WITH_VITAMIN, reading, facts(in_hand=VITAMIN))
    assert (step.code, step.state, step.units) == ("bad_expiry", WITH_VITAMIN, None)
    assert step.told == ("An expiry is a date such as 2027-06-30: give a date from 1900 to 2200.")


def test_an_expiry_is_scanned_with_a_year_that_can_be_meant():
    asked = State(box=1, product_id=1, asks="expiry")
    step = decide(asked, Reading("0027-06-30"), facts(in_hand=VITAMIN))
    assert (step.code, step.state) == ("bad_expiry", asked)


# Units, and what is said about them ---------------------------------------------------------------


def test_units_that_are_typed_wait_for_the_scan_that_counts():
    step = decide(IN_BOX, Reading(wanted=24, is_damaged=True), facts())
    assert step.told == "The next scan counts 24 damaged units."
    asked = decide(step.state, Reading("VITAMIN"), facts(VITAMIN))
    counted = decide(asked.state, Reading("VC-A"), facts(in_hand=VITAMIN))
    assert (units(counted), counted.units.is_damaged) == ((24, "VC-A", None, 11), True)
    assert counted.told == "24 damaged of VITAMIN, lot VC-A, expiry 2026-10-31: 64 of 100."
    assert (counted.state.wanted, counted.state.is_damaged) == (None, False)


@pytest.mark.parametrize("wanted", [0, 100_000, 4006381333931])
def test_a_barcode_in_the_field_of_units_is_refused(wanted):
    step = decide(IN_BOX, Reading("SOAP", wanted=wanted), facts(SOAP))
    assert (step.code, step.units, step.state.wanted) == ("bad_quantity", None, None)


def test_units_in_the_code_and_others_typed_are_refused():
    reading = Reading("01…", gtin=GTIN, lot_number="VC-A", units=24, wanted=3)
    step = decide(IN_BOX, reading, facts(VITAMIN))
    assert (step.code, step.state) == ("quantity_twice", State(box=1, product_id=1))
    same = decide(IN_BOX, replace(reading, wanted=24), facts(VITAMIN))
    assert units(same) == (24, "VC-A", None, 11)


def test_nothing_read_is_refused():
    assert decide(WITH_VITAMIN, Reading(), facts(in_hand=VITAMIN)).code == "empty"


def test_more_than_announced_is_said():
    step = decide(IN_BOX, Reading("SOAP", wanted=3), facts(SOAP))
    assert (step.outcome, step.code) == ("differs", "overage")
    assert step.told == "3 of SOAP: 12 of 10. 2 more than announced."


@pytest.mark.parametrize(
    ("expires_on", "code"),
    [
        (date(2026, 5, 31), "expired_on_arrival"),
        (date(2026, 6, 30), "short_dated_on_arrival"),
        (date(2026, 7, 1), ""),
    ],
)
def test_a_short_life_is_said(expires_on, code):
    lots = {(1, "s"): KnownLot("S", expires_on, Announced(14, 5))}
    step = decide(WITH_VITAMIN, Reading("S"), facts(in_hand=VITAMIN, lots=lots))
    assert (step.code, units(step)) == (code, (1, "S", None, 14))


def test_another_box_than_announced_is_said():
    packed = {1: frozenset({99})}
    step = decide(WITH_VITAMIN, Reading("VC-A"), facts(in_hand=VITAMIN, packed=packed))
    assert (step.outcome, step.code) == ("differs", "other_box")
    fits = facts(in_hand=VITAMIN, packed={1: frozenset({11})})
    assert decide(WITH_VITAMIN, Reading("VC-A"), fits).outcome == "counted"


def test_a_product_announced_by_lots_is_counted_by_lots_even_where_nothing_is_tracked():
    untracked = replace(VITAMIN, is_tracked=False)
    step = decide(IN_BOX, Reading("VITAMIN"), facts(untracked))
    assert step.state.asks == "lot"
    counted = decide(step.state, Reading("VC-A"), facts(in_hand=untracked))
    assert units(counted) == (1, "VC-A", None, 11)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2027-06-30", date(2027, 6, 30)), ("2027-02-30", None), ("20270630", None), ("A", None)],
)
def test_dates_are_written_one_way(text, day):
    assert as_date(text) == day


@pytest.mark.parametrize(("text", "expected"), [("", None), (" 24 ", 24), ("two", 0), ("٢", 0)])
def test_units_are_digits(text, expected):
    assert as_units(text) == expected
