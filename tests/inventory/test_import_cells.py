from datetime import date, datetime, time
from decimal import Decimal

import pytest

from inventory.spreadsheets.cells import (
    UNSAID,
    Broken,
    Choice,
    Day,
    Expected,
    Formula,
    Measure,
    Named,
    Text,
    Whole,
    YesNo,
    shown,
)

CODE = Text(64, code=True)
UNITS = Whole(1, required=True)
at = datetime.fromisoformat  # of a cell: it knows no time zone


@pytest.mark.parametrize(
    ("rule", "cell", "value"),
    [
        (CODE, "00123", "00123"),
        (CODE, "1E5", "1E5"),
        (CODE, " \u00a0VC-A ", "VC-A"),
        (CODE, "", ""),
        (Text(20), "👩\u200d🔬 漢 é", "👩\u200d🔬 漢 é"),
        (Text(20), '=HYPERLINK("x")', '=HYPERLINK("x")'),
        (Text(20, multiline=True), "one\ntwo\tthree", "one\ntwo\tthree"),
        (UNITS, 12, 12),
        (UNITS, 12.0, 12),
        (UNITS, "12", 12),
        (UNITS, 2_147_483_647, 2_147_483_647),
        (Whole(), 0, 0),
        (Whole(), None, UNSAID),
        (Whole(empty=None), "  ", None),
        (Measure(), 0.1, Decimal("0.1")),
        (Measure(), "4.75", Decimal("4.75")),
        (Measure(), 4, Decimal(4)),
        (Measure(), 999999.99, Decimal("999999.99")),
        (Day(), at("2026-10-31"), date(2026, 10, 31)),
        (Day(), date(2026, 10, 31), date(2026, 10, 31)),
        (Day(), "2026-10-31", date(2026, 10, 31)),
        (YesNo(), True, True),
        (YesNo(), "No", False),
        (YesNo(), 1, True),
        (Choice(["fefo", "fifo"]), "FEFO", "fefo"),
        (Choice(["fefo", "fifo"]), None, UNSAID),
    ],
)
def test_it_works(rule, cell, value):
    read = rule.clean(cell)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("rule", "cell", "code"),
    [
        (CODE, 123, "must_be_text"),
        (CODE, 12345678901234567, "must_be_text"),
        (CODE, 100000.0, "must_be_text"),
        (CODE, at("2026-03-24"), "must_be_text"),
        (CODE, True, "must_be_text"),
        (CODE, "a" * 65, "value_too_long"),
        (CODE, "VC\u200bA", "control_character"),
        (CODE, "VC\tA", "control_character"),
        (Text(20), "VC\u202eA", "control_character"),
        (Text(20), "one\ntwo", "control_character"),
        (Text(20), "\x7f", "control_character"),
        (Text(20, multiline=True), "\x00", "control_character"),
        (Text(20, required=True), None, "required"),
        (UNITS, Formula("=1+1"), "formula_not_allowed"),
        (CODE, Formula("=1+1"), "formula_not_allowed"),
        (UNITS, Broken("#REF!"), "cell_error"),
        (UNITS, None, "required"),
        (UNITS, 0, "min_value"),
        (UNITS, -1, "min_value"),
        (UNITS, "-1", "not_a_whole_number"),
        (UNITS, 1.5, "not_a_whole_number"),
        (UNITS, 2.9999999999999996, "not_a_whole_number"),
        (UNITS, "1,5", "not_a_whole_number"),
        (UNITS, "1 000", "not_a_whole_number"),
        (UNITS, "1e3", "not_a_whole_number"),
        (UNITS, "ten", "not_a_whole_number"),
        (UNITS, "٣", "not_a_whole_number"),
        (UNITS, float("nan"), "not_a_whole_number"),
        (UNITS, float("inf"), "not_a_whole_number"),
        (UNITS, True, "not_a_whole_number"),
        (UNITS, at("2026-01-01"), "not_a_whole_number"),
        (UNITS, 2_147_483_648, "too_large"),
        (UNITS, 9e18, "too_large"),
        (Whole(maximum=100), 101, "too_large"),
        (Measure(), 0.123, "not_a_number"),
        (Measure(), -1, "not_a_number"),
        (Measure(), "1e3", "not_a_number"),
        (Measure(), True, "not_a_number"),
        (Measure(), 1_000_000, "not_a_number"),
        (Measure(), float("nan"), "not_a_number"),
        (Day(), 46387, "ambiguous_date"),
        (Day(), "03/04/2027", "ambiguous_date"),
        (Day(), "12/2027", "ambiguous_date"),
        (Day(), "DEC 2027", "ambiguous_date"),
        (Day(), "20270430", "ambiguous_date"),
        (Day(), "٢٠٢٧-٠٤-٣٠", "ambiguous_date"),
        (Day(), at("2026-10-31T23:30"), "ambiguous_date"),
        (Day(), time(12, 0), "ambiguous_date"),
        (Day(), "2027-02-30", "invalid_date"),
        (Day(), "2027-13-01", "invalid_date"),
        (Day(), at("1900-02-28"), "invalid_date"),
        (Day(), "2200-01-01", "invalid_date"),
        (Named("merchant"), 5, "must_be_text"),
        (Named("merchant"), "GLOW", "unknown_merchant"),
        (Named("merchant"), None, "required"),
        (YesNo(), "maybe", "invalid_choice"),
        (YesNo(), 2, "invalid_choice"),
        (YesNo(), 1.0, "invalid_choice"),
        (Choice(["fefo", "fifo"]), "newest", "invalid_choice"),
        (Choice(["fefo", "fifo"]), 1, "invalid_choice"),
    ],
)
def test_what_could_mean_two_things_is_refused(rule, cell, code):
    with pytest.raises(Expected) as refused:
        rule.clean(cell)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (Formula("=1+1"), "=1+1"),
        (Broken("#REF!"), "#REF!"),
        (at("2026-10-31"), "2026-10-31"),
        ("a\u202eb\n", "a\\x202eb\\x0a"),
        ("x" * 70, "x" * 60 + "…"),
    ],
)
def test_a_cell_is_quoted_so_that_one_can_see_it(cell, text):
    assert shown(cell) == text
