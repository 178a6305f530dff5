"""Every label is drawn, rendered as a printer of 203 dpi would, and decoded again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from inventory.gs1 import read
from inventory.gs1.scans import CHARACTERS
from inventory.labels import MOST_LABELS, BoxLabel, LotLabel, TooManyLabels, box_labels, lot_labels
from inventory.labels.pages import DOT, module_for
from tests.inventory.label_reading import Code, codes_on, size_of, texts_on

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GS = "\x1d"
GTIN = "09506000134352"
UNIT = LotLabel(
    product_name="Vitamin C serum",
    sku="VITAMIN",
    barcode="9506000134352",
    lot_number="LOT-A1",
    expires_on=date(2026, 12, 31),
    date_kind="use_by",
    merchant="Glow",
)
BOX = BoxLabel(
    wro_number="WRO-000042",
    merchant="Glow (GLOW)",
    warehouse="EAST",
    warehouse_name="East",
    position=3,
    count=12,
    tracking_number="1Z999AA10123456784",
    reference="PO-4711",
    expected_arrival_on=date(2026, 6, 9),
    contents="24 × VITAMIN LOT-A1",
)


def lots(*labels: LotLabel, domain: str = "https://id.gs1.org") -> bytes:
    return lot_labels(labels, title="Lots", domain=domain, now=NOW)


def codes(label: LotLabel) -> list[Code]:
    (page,) = codes_on(lots(label))
    return page


def test_it_works():
    elements = GTIN + "17261231" + "10LOT-A1"
    assert codes(UNIT) == [
        Code("]C1", True, "01" + elements),
        Code("]Q1", False, f"https://id.gs1.org/01/{GTIN}/10/LOT-A1?17=261231"),
        Code("]d2", True, "01" + elements),
    ]
    (text,) = texts_on(lots(UNIT))
    for said in ("Vitamin C serum", "VITAMIN · Glow", "LOT-A1", "USE BY", "2026-12-31"):
        assert said in text
    assert size_of(lots(UNIT)) == (100, 60)


def test_a_cases_label_tells_the_units_in_it():
    case = replace(UNIT, units=24)
    assert {read(code.scanned, year=2026).quantity for code in codes(case)} == {24}
    assert "24 units" in texts_on(lots(case))[0]


def test_what_is_too_long_for_one_bar_code_stands_in_two():
    found = codes(replace(UNIT, lot_number="ABCDEFGHIJKLMNOPQRST", units=144))
    assert [code for code in found if code.symbology == "]C1"] == [
        Code("]C1", True, f"01{GTIN}" + "17261231"),
        Code("]C1", True, f"37144{GS}" + "10ABCDEFGHIJKLMNOPQRST"),
    ]
    (matrix,) = [code for code in found if code.symbology == "]d2"]
    assert matrix.text == f"01{GTIN}" + "17261231" + f"37144{GS}" + "10ABCDEFGHIJKLMNOPQRST"


def test_the_digital_link_leads_to_the_domain_that_is_set():
    (page,) = codes_on(lots(UNIT, domain="https://lots.example/v1/"))
    assert f"https://lots.example/v1/01/{GTIN}/10/LOT-A1?17=261231" in {one.text for one in page}


@pytest.mark.parametrize(
    ("change", "plain", "reason"),
    [
        ({"barcode": ""}, ["]C0", "]Q1"], "the product has no barcode"),
        ({"barcode": "9506000134353"}, ["]C0", "]Q1"], "the product's barcode is no GTIN"),
        ({"lot_number": "VC-A (2)"}, ["]C0", "]Q1"], "the lot number holds a space"),
        ({"lot_number": "A" * 21}, ["]C0", "]Q1"], "the lot number has more than 20 characters"),
        ({"lot_number": "Ż-1"}, ["]Q1"], "the lot number holds “Ż”"),
        ({"lot_number": "W" * 64}, ["]Q1"], "the lot number has more than 20 characters"),
    ],
)
def test_what_gs1_cannot_write_stands_in_plain_codes_with_the_reason(change, plain, reason):
    label = replace(UNIT, **change)
    found = codes(label)
    assert [(code.symbology, code.is_gs1) for code in found] == [(one, False) for one in plain]
    assert {code.text for code in found} == {label.lot_number}
    assert f"No GS1 codes: {reason}." in texts_on(lots(label))[0]


def test_a_lot_with_neither_number_nor_gtin_has_no_codes():
    label = replace(UNIT, barcode="", lot_number="")
    assert codes(label) == []
    assert "No GS1 codes: the product has no barcode." in texts_on(lots(label))[0]


def test_names_in_any_script_and_of_any_length_leave_the_codes_alone():
    long = replace(
        UNIT,
        product_name="Żółta κρέμα Крем ≤ 5 °C " * 9,
        sku="S" * 64,
        merchant="M" * 100,
        note="WRO-000042 · " + "9" * 150,
    )
    assert codes(long) == codes(UNIT)
    without_spaces = replace(UNIT, product_name="W" * 200)
    assert codes(without_spaces) == codes(UNIT)


def test_a_long_lot_number_is_never_cut():
    (text,) = texts_on(lots(replace(UNIT, lot_number="W" * 63 + "X")))
    assert text.count("W") == 63
    assert "…" not in text


def test_a_thousand_random_lots_decode_to_the_same_elements():
    """Alone by DataMatrix, alone by Digital Link, and by the bar codes of a label together."""
    chance = random.Random(2026)
    labels = [random_lot(chance) for _ in range(MOST_LABELS)]
    assert len({label.lot_number for label in labels}) > 900
    for label, page in zip(labels, codes_on(lots(*labels)), strict=True):
        told = (f"0{label.barcode}", label.lot_number, label.expires_on, label.units)
        assert told_by(page, "]d2", is_gs1=True) == told, label
        assert told_by(page, "]Q1", is_gs1=False) == told, label
        assert told_by(page, "]C1", is_gs1=True) == told, label


def random_lot(chance: random.Random) -> LotLabel:
    length = chance.randint(1, 20)
    letters = chance.choice(
        [sorted(CHARACTERS), "ABCDEFGHJKLMNPRSTUVWXYZ0123456789-", "0123456789"]
    )
    return replace(
        UNIT,
        barcode=chance.choice(["9506000134352", "4006381333931", "5012345678900"]),
        lot_number="".join(chance.choices(letters, k=length)),
        expires_on=chance.choice([None, date(2026, 1, 1) + timedelta(chance.randint(0, 2000))]),
        units=chance.choice([None, chance.randint(1, 9999)]),
    )


def told_by(page: list[Code], symbology: str, *, is_gs1: bool) -> tuple[object, ...]:
    """What the codes of one symbology tell together; none of them leaves a doubt."""
    found = [code for code in page if code.symbology == symbology]
    assert found
    assert all(code.is_gs1 == is_gs1 for code in found)
    scans = [read(code.scanned, year=2026) for code in found]
    gtin = "".join(scan.gtin for scan in scans)
    number = "".join(scan.lot_number for scan in scans)
    expiry = next((scan.expires_on for scan in scans if scan.expires_on), None)
    return gtin, number, expiry, next((scan.quantity for scan in scans if scan.quantity), None)


def test_a_box_label_says_whose_where_to_and_which_of_how_many():
    pdf = box_labels([BOX], title="Boxes", now=NOW)
    (text,) = texts_on(pdf)
    for said in (
        *("WRO-000042", "Box 3 of 12", "EAST · East", "Glow (GLOW)", "PO-4711"),
        *("expected 2026-06-09", "1Z999AA10123456784", "24 × VITAMIN LOT-A1"),
    ):
        assert said in text
    assert size_of(pdf) == (100, 150)


def test_every_box_label_decodes_to_its_box():
    boxes = [replace(BOX, position=place, count=50) for place in range(1, 51)]
    pdf = box_labels(boxes, title="Boxes", now=NOW)
    for box, page in zip(boxes, codes_on(pdf), strict=True):
        assert page == [Code(one, False, f"WRO-000042/{box.position}") for one in ("]C0", "]Q1")]
        scan = read(page[0].scanned, year=2026)
        assert (scan.wro_id, scan.box) == (42, box.position)


def test_a_wro_without_boxes_has_a_label_of_its_own():
    (page,) = codes_on(box_labels([replace(BOX, position=None)], title="Boxes", now=NOW))
    assert {code.text for code in page} == {"WRO-000042"}


def test_more_labels_than_a_pdf_holds_are_refused():
    with pytest.raises(TooManyLabels) as refusal:
        lots(*[UNIT] * (MOST_LABELS + 1))
    assert refusal.value.message == "1,001 labels are too many for one PDF: at most 1,000."


def test_modules_are_whole_dots_of_the_printer():
    assert module_for(100, 94) == 7 * DOT
    assert module_for(370, 94) == 2 * DOT
    assert module_for(1000, 94) == 94 / 1000
