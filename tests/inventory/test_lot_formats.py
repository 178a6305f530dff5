"""Patterns of lot numbers: what they write, what they read, and which are refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.lot_formats import parse, read, scope, write
from merchants.errors import Malformed

WORDS = {"BRAND": "LWX", "PRODUCT": "WLD01", "SUPPLIER": "S7", "LINE": "A"}
MAY = date(2025, 5, 3)

# Those of the guides that merchants read, with what each means there.
EXAMPLES = [
    ("{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}", MAY, WORDS, 1, "2505-LWX-WLD01-001", date(2025, 5, 1)),
    (
        "{PRODUCT}-{YYYY}{MM}{DD}",
        date(2025, 8, 8),
        {"PRODUCT": "PRD101"},
        0,
        "PRD101-20250808",
        date(2025, 8, 8),
    ),
    ("{YY}{MM}{DD}{LINE}", date(2023, 8, 15), WORDS, 0, "230815A", date(2023, 8, 15)),
    (
        "{PRODUCT}-{YYYY}{MM}-{SEQ:2}",
        date(2025, 8, 8),
        {"PRODUCT": "TSH001"},
        5,
        "TSH001-202508-05",
        date(2025, 8, 1),
    ),
    ("LOT-{SEQ:5}", MAY, {}, 123, "LOT-00123", None),
    ("LOT-{MM}{DD}-{LINE}", date(2025, 7, 25), {"LINE": "C3"}, 0, "LOT-0725-C3", None),
    ("{YY}{JJJ}{SUPPLIER}", date(2024, 12, 31), WORDS, 0, "24366S7", date(2024, 12, 31)),
]


@pytest.mark.parametrize(("pattern", "day", "words", "sequence", "number", "says"), EXAMPLES)
def test_an_example_is_written_and_read(pattern, day, words, sequence, number, says):
    made = parse(pattern)
    assert write(made, day=day, words=words, sequence=sequence) == number
    reading = read(made, f" {number.lower()} ", words=words)
    assert reading is not None
    assert reading.day == says


def test_what_a_number_says():
    made = parse("LOT-{MM}{DD}-{LINE}")
    reading = read(made, "LOT-0725-C3", words={})
    assert reading is not None
    assert dict(reading.parts) == {"MM": "07", "DD": "25", "LINE": "C3"}


def test_a_month_alone_is_its_last_day_for_an_expiry():
    made = parse("{YYYY}{MM}-{SEQ:2}")
    for number, day in (("202802-01", date(2028, 2, 29)), ("202612-01", date(2026, 12, 31))):
        reading = read(made, number, words={}, means="expiry")
        assert reading is not None
        assert reading.day == day


def test_a_year_alone_is_no_day():
    reading = read(parse("{YYYY}-{SEQ:2}"), "2025-01", words={})
    assert reading is not None
    assert reading.day is None


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{YY}{MM}{DD}{LINE}", "231315A"),
        ("{YY}{MM}{DD}{LINE}", "230229A"),
        ("{YY}{MM}{DD}{LINE}", "230815"),
        ("{YY}{MM}{DD}{LINE}", "230815-A"),
        ("{YY}{JJJ}", "25366"),
        ("{YY}{JJJ}", "25000"),
        ("{MM}{DD}", "0230"),
        ("{YYYY}{MM}{DD}", "18991231"),
        ("{YYYY}{MM}{DD}", "22010101"),
        ("{BRAND}-{SEQ:2}", "XXX-01"),
        ("{PRODUCT}-{SEQ:2}", "WLD02-01"),
        ("LOT-{SEQ:5}", "LOT-123"),
        ("LOT-{SEQ:5}", "LOT-000123"),
        ("LOT.{SEQ:2}", "LOTX01"),
    ],
)
def test_another_kind_of_number_says_nothing(pattern, number):
    assert read(parse(pattern), number, words=WORDS) is None


def test_a_product_with_dashes_is_read_because_it_is_known():
    words = {"PRODUCT": "WLD-BLU-SUM24"}
    made = parse("{SUPPLIER}-{PRODUCT}-{YY}{MM}{DD}")
    reading = read(made, "S7-WLD-BLU-SUM24-250503", words=words)
    assert reading is not None
    assert (reading.parts["SUPPLIER"], reading.day) == ("S7", MAY)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("{BRAND}{PRODUCT}", "ambiguous"),
        ("{BRAND}{YY}{PRODUCT}", "ambiguous"),
        ("{BRAND}X{PRODUCT}", "ambiguous"),
        ("{LINE}{SEQ:3}{SUPPLIER}-{YY}", "ambiguous"),
        ("{YY}{YY}", "token_twice"),
        ("{YY}-{YYYY}", "token_twice"),
        ("{SEQ:2}-{SEQ:3}", "token_twice"),
        ("{DD}{LINE}", "incomplete_date"),
        ("{JJJ}{LINE}", "incomplete_date"),
        ("{YY}{MM}{JJJ}", "incomplete_date"),
        ("{SEQ}", "sequence_width"),
        ("{SEQ:0}", "sequence_width"),
        ("{SEQ:10}", "sequence_width"),
        ("{YY:3}", "unknown_token"),
        ("{COLOUR}", "unknown_token"),
        ("{yy}", "unknown_token"),
        ("LOT-{SEQ:3", "unknown_token"),
        ("LOT-}", "unknown_token"),
        ("LOT", "no_token"),
        ("", "no_token"),
        ("LOT {SEQ:3}", "invalid"),
        ("LOT\u200b{SEQ:3}", "invalid"),
    ],
)
def test_a_pattern_that_cannot_be_read_back_is_refused(pattern, code):
    with pytest.raises(Malformed) as refusal:
        parse(pattern)
    assert refusal.value.code == code
    assert refusal.value.errors[0]["field"] == "pattern"


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ({}, "word_missing", "line"),
        ({"LINE": " "}, "word_missing", "line"),
        ({"LINE": "C-3"}, "word_invalid", "line"),
        ({"LINE": "C" * 60}, "too_long", "pattern"),
    ],
)
def test_a_number_that_could_not_be_read_is_not_written(words, code, field):
    made = parse("{YYYY}-{LINE}")
    with pytest.raises(Malformed) as refusal:
        write(made, day=MAY, words=words)
    assert (refusal.value.code, refusal.value.errors[0]["field"]) == (code, field)


def test_numbers_are_counted_by_what_stands_before_and_behind():
    made = parse("{YY}{MM}-{BRAND}-{SEQ:3}-{LINE}")
    assert scope(made, day=MAY, words=WORDS) == "2505-LWX-#-A"
    assert (made.has_sequence, made.last_in_sequence) == (True, 999)
    assert parse("{YY}").last_in_sequence == 0


WORD = st.text("ABC123", min_size=1, max_size=4)


@given(
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    sequence=st.integers(0, 999),
    words=st.fixed_dictionaries(dict.fromkeys(WORDS, WORD)),
    tokens=st.permutations(["{BRAND}", "{PRODUCT}", "{SUPPLIER}", "{LINE}", "{YY}{JJJ}{SEQ:3}"]),
    sign=st.sampled_from("-./_"),
)
def test_what_is_written_is_read(day, sequence, words, tokens, sign):
    made = parse(sign.join(tokens))
    reading = read(made, write(made, day=day, words=words, sequence=sequence), words=words)
    assert reading is not None
    assert reading.day == day
    assert int(reading.parts["SEQ"]) == sequence
    assert {name: reading.parts[name] for name in WORDS} == words
