"""What scanners type: 60 codes that read, 140 that are refused, and what is written reads back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.gs1 import (
    Fault,
    Kind,
    NotWritable,
    Scan,
    ScanRefused,
    barcodes_of,
    digital_link,
    element_string,
    elements_of,
    gtin14,
    human_readable,
    read,
    read_lot,
    with_check_digit,
)
from inventory.gs1.scans import CHARACTERS
from tests.inventory import gs1_valid as valid
from tests.inventory.gs1_broken import BROKEN

YEAR = 2026
GS = "\x1d"
TOLD = [
    *("gtin", "lot_number", "expires_on", "best_before_on", "sell_by_on", "manufactured_on"),
    *("packed_on", "quantity", "serial_number", "sscc", "wro_id", "box"),
]
NOTHING = {"gtin": "", "lot_number": "", "serial_number": "", "sscc": ""}
KINDS = {
    "gs1": [*valid.GS1_128, *valid.MATRIX],
    "digital_link": valid.LINKS,
    "gtin": valid.PRODUCTS,
    "plain": valid.TEXTS,
}
VALID = [(scanned, kind, told) for kind, rows in KINDS.items() for scanned, told in rows]
REFUSED = [(scanned, code) for code, rows in BROKEN.items() for scanned in rows]


def scanned(text: str) -> str:
    return text.replace("␝", GS)


def fact(told: Mapping[str, Any], name: str) -> Any:
    """What a row of the table says of a field; best before and sell by are an expiry too."""
    return told.get(name, NOTHING.get(name))


def test_there_are_200_vectors_and_none_comes_twice():
    texts = {text for text, *_ in (*VALID, *REFUSED)}
    assert (len(VALID), len(REFUSED), len(texts)) == (60, 140, 200)


@pytest.mark.parametrize(("text", "kind", "told"), VALID)
def test_a_valid_code_tells_its_fields_and_nothing_else(text: str, kind: str, told: dict[str, Any]):
    scan = read(scanned(text), year=YEAR)
    assert scan.kind == told.get("kind", kind)
    assert {name: getattr(scan, name) for name in TOLD} == {n: fact(told, n) for n in TOLD}
    assert len(scan.doubts) == told.get("doubts", 0)
    assert scan.text == told.get("text", scan.text)


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_a_broken_code_is_refused_with_its_reason(text: str, code: str):
    with pytest.raises(ScanRefused) as refusal:
        read(scanned(text), year=YEAR)
    assert refusal.value.code == code
    assert refusal.value.text == scanned(text)
    assert refusal.value.message.endswith(".")


def test_a_separator_typed_as_another_character_is_told_to_the_reader():
    scan = read("0109506000134352" + "10LOT-A1~17261231", year=YEAR, separator="~")
    assert (scan.lot_number, scan.expires_on) == ("LOT-A1", date(2026, 12, 31))


def test_a_missing_separator_says_what_was_swallowed_and_what_to_do():
    with pytest.raises(ScanRefused) as refusal:
        read("0109506000134352" + "10LOT-A117261231", year=YEAR)
    assert (refusal.value.element, refusal.value.value) == ("10", "LOT-A117261231")
    assert "Set the scanner to send the separator" in refusal.value.message


@pytest.mark.parametrize(
    ("year", "two_digits", "expected"),
    [
        (2026, "76", 2076),
        (2026, "77", 1977),
        (2026, "25", 2025),
        (2060, "10", 2110),
        (2060, "11", 2011),
    ],
)
def test_the_century_is_the_one_nearest_the_year_passed_in(year, two_digits, expected):
    scan = read("]C10109506000134352" + f"17{two_digits}0101", year=year)
    assert scan.expires_on == date(expected, 1, 1)


def test_a_date_too_far_away_to_be_an_expiry_is_a_part_of_the_lot():
    assert read("]d20109506000134352" + "10A17600101", year=YEAR).lot_number == "A17600101"
    assert read("]d20109506000134352" + "10A17261301", year=YEAR).lot_number == "A17261301"


def test_a_count_that_may_hold_a_lot_is_doubted():
    scan = read("]C10109506000134352" + "17261231" + "37241012", year=YEAR)
    assert (scan.quantity, len(scan.doubts)) == (241012, 1)


@pytest.mark.parametrize(
    "text", ["12345678", "4006381333932", "106141412345678900", "20250808", "20250102"]
)
def test_where_a_lot_is_expected_digits_are_its_number(text):
    scan = read_lot(text, year=YEAR)
    assert (scan.kind, scan.lot_number) == (Kind.PLAIN, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("]d2" + "21" + "A" * 21 + GS + "10A", Fault.ELEMENT_TOO_LONG),
        ("]d2" + "8005" + "12345" + GS, Fault.INCOMPLETE),
        ("https://[shop/01/09506000134352", Fault.INCOMPLETE),
        ("20251399", Fault.WRONG_CHECK_DIGIT),
    ],
)
def test_rare_faults_have_their_codes_too(text, code):
    assert told_by(read, text) == code


def test_where_a_lot_is_expected_a_products_barcode_stays_one():
    assert read_lot("9506000134352", year=YEAR).kind == Kind.GTIN
    assert read_lot("]d20109506000134352" + "10A", year=YEAR).lot_number == "A"


def test_a_plain_lot_is_taken_as_it_is():
    for text in [
        "2505-LWX-WLD01-001",
        "PRD101-20250808",
        "230815A",
        "TSH001-202508-05",
        "Ż (2)",
        "7",
    ]:
        assert read_lot(text, year=YEAR).lot_number == text


def test_a_wros_own_number_is_read_without_a_box():
    scan = read("WRO-000042", year=YEAR)
    assert (scan.kind, scan.wro_id, scan.box) == (Kind.WRO, 42, None)


def test_a_gtin_is_found_under_every_length_that_a_product_may_carry():
    assert barcodes_of("00000096385074") == [
        "00000096385074",
        "0000096385074",
        "000096385074",
        "96385074",
    ]
    assert read("9506000134352", year=YEAR).barcodes == ["09506000134352", "9506000134352"]
    assert read("10614141000415", year=YEAR).barcodes == ["10614141000415"]
    assert barcodes_of("") == []


@pytest.mark.parametrize(
    ("barcode", "gtin"),
    [
        ("9506000134352", "09506000134352"),
        (" 96385074 ", "00000096385074"),
        ("9506000134353", ""),
        ("SKU-1", ""),
        ("", ""),
        ("٩٥٠٦٠٠٠١٣٤٣٥٢", ""),
    ],
)
def test_a_products_barcode_is_a_gtin_by_length_and_check_digit(barcode, gtin):
    assert gtin14(barcode) == gtin


def test_a_check_digit_is_the_one_that_is_read():
    for digits in ("950600013435", "9638507", "1061414100041", "10614141234567890"):
        assert told_by(read, with_check_digit(digits)) in (Kind.GTIN, Kind.SSCC)


# Written ------------------------------------------------------------------------------------------


def written(
    lot_number: str = "A1",
    expires_on: date | None = date(2026, 12, 31),
    units: int | None = None,
    barcode: str = valid.G13,
) -> dict[str, str]:
    return elements_of(
        barcode=barcode, lot_number=lot_number, expires_on=expires_on, units=units, year=YEAR
    )


def test_the_lot_comes_last_and_the_count_before_it():
    elements = written(units=24)
    assert element_string(elements, year=YEAR) == "0109506000134352" + "17261231" + f"3724{GS}10A1"
    assert human_readable(elements) == "(01)09506000134352(17)261231(37)24(10)A1"
    link = "https://id.gs1.org/01/09506000134352/10/A1?17=261231&37=24"
    assert digital_link(elements, domain="https://id.gs1.org/") == link


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        (written("LX17260831", None), f"10LX17260831{GS}0109506000134352"),
        (written("L15260831"), f"010950600013435210L15260831{GS}17261231"),
        (written("", units=121012), f"010950600013435237121012{GS}17261231"),
    ],
)
def test_what_could_be_misread_is_followed_by_a_separator(elements, text):
    assert element_string(elements, year=YEAR) == text


def test_a_lot_without_a_number_and_one_without_an_expiry_are_written():
    assert element_string(written(""), year=YEAR) == "0109506000134352" + "17261231"
    assert element_string(written("A", None), year=YEAR) == "0109506000134352" + "10A"
    assert digital_link(written("", None), domain="https://a.example") == (
        "https://a.example/01/09506000134352"
    )


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"barcode": "SKU-1"}, "no_gtin", "the product's barcode is no GTIN"),
        ({"barcode": ""}, "no_gtin", "the product has no barcode"),
        ({"lot_number": "A" * 21}, "lot_too_long", "the lot number has more than 20 characters"),
        ({"lot_number": "VC A"}, "bad_character", "the lot number holds a space"),
        ({"lot_number": "Ż1"}, "bad_character", "the lot number holds “Ż”"),
        (
            {"expires_on": date(2077, 1, 1)},
            "bad_date",
            "the expiry is too far away for two digits of year",
        ),
        ({"units": 0}, "too_many_units", "a code counts 1 to 99,999,999 units"),
        ({"units": 10**8}, "too_many_units", "a code counts 1 to 99,999,999 units"),
    ],
)
def test_what_gs1_cannot_write_is_refused_with_the_reason(given, code, message):
    with pytest.raises(NotWritable) as refusal:
        written(**given)
    assert (refusal.value.code, refusal.value.message) == (code, message)


lots = st.text(alphabet=sorted(CHARACTERS), max_size=20)
tricky = st.from_regex(
    r"[A-Z0-9]{1,8}(17|15|11|37|21|10)(2[4-9]|30)(0[1-9]|1[0-2])(0[0-9]|[12][0-9])", fullmatch=True
)
dates = st.none() | st.dates(min_value=date(YEAR - 49, 1, 1), max_value=date(YEAR + 50, 12, 31))
counts = st.none() | st.integers(1, 99_999_999)


@given(lot_number=lots | tricky, expires_on=dates, units=counts, has_prefix=st.booleans())
def test_whatever_is_written_reads_back_without_a_doubt(lot_number, expires_on, units, has_prefix):
    elements = written(lot_number, expires_on, units)
    text = element_string(elements, year=YEAR)
    told = (valid.G14, lot_number, expires_on, units, ())
    link = digital_link(elements, domain="https://id.gs1.org")
    starts_with_gtin = text.startswith("01") or GS in text
    for code in [("]C1" if has_prefix or not starts_with_gtin else "") + text, link]:
        scan = read(code, year=YEAR)
        found = (scan.gtin, scan.lot_number, scan.expires_on, scan.quantity, scan.doubts)
        assert found == told


@given(st.text(max_size=80) | st.text(alphabet="0123456789" + GS, max_size=60))
def test_whatever_is_scanned_is_read_or_refused(text):
    for way in (read, read_lot):
        assert told_by(way, text) in {*Kind, *Fault}


def told_by(way: Callable[..., Scan], text: str) -> str:
    try:
        return way(text, year=YEAR).kind
    except ScanRefused as refusal:
        return refusal.code
