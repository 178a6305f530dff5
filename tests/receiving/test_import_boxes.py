"""What is in which box, by spreadsheet."""

import pytest

from receiving.models import WRO
from receiving.packing import AnnouncedBox, Packed
from receiving.services import update_wro
from receiving.services.boxes import announced_boxes
from tests.builders import acting
from tests.inventory.admin import browser
from tests.inventory.sheets import comma, confirm, faults, outcome, preview, xlsx
from tests.receiving.builders import NEXT_YEAR, draft, line

NEW = "/admin/receiving/wro/import/"
LOTS = ["sku", "quantity", "lot_number", "expires_on", "lot_quantity"]
HEAD = [*LOTS, "box", "tracking_number", "box_quantity"]


def url(wro, verb="import"):
    return f"/admin/receiving/wro/{wro.pk}/{verb}/"


def packed(wro):
    """(tracking number, [(what, units)]) of each box."""
    return [
        (box.tracking_number, [(str(one), one.quantity) for one in box.contents])
        for box in announced_boxes(wro)
    ]


@pytest.fixture
def wro(world, vitamin, soap):
    """160 vitamins in two lots and 25 soaps, in three boxes of which one is not told."""
    lots = [("VC-A", NEXT_YEAR, 100), ("", NEXT_YEAR, 60)]
    made = draft(world, line(vitamin, 160, *lots), line(soap, 25))
    a, b = Packed(vitamin, 60, "VC-A"), Packed(vitamin, 40, "VC-A")
    rest = (b, Packed(vitamin, 60, "", NEXT_YEAR), Packed(soap, 25))
    boxes = [AnnouncedBox("1Z1", (a,)), AnnouncedBox("", rest), AnnouncedBox("1Z3", ())]
    return update_wro(wro_id=made.pk, fields={}, boxes=boxes, **acting())


def test_a_file_says_what_is_in_which_box(world, vitamin, soap):
    data = xlsx(
        HEAD,
        ["VITAMIN", 160, "VC-A", "2027-06-01", 100, 1, "1Z1", 60],
        ["VITAMIN", None, " vc-a", None, None, 2, None, 40],
        ["VITAMIN", None, "VC-B", None, 60, 2, None, None],
        ["SOAP", 25, None, None, None, 1, "1Z1", 5],
        ["SOAP", None, None, None, None, 3, "1Z3", 20],
    )
    client = browser()
    details = {"merchant": world.merchant.pk, "warehouse": world.warehouse.pk}
    details |= {"package_type": "box", "purchase_order_number": "4500-1"}
    shown = preview(client, NEW, data, "w.xlsx", **details)
    assert outcome(shown) == {"new": 5}
    confirm(client, shown, NEW)
    wro = WRO.objects.get()
    assert wro.purchase_order_number == "4500-1"
    assert packed(wro) == [
        ("1Z1", [("VITAMIN VC-A", 60), ("SOAP", 5)]),
        ("", [("VITAMIN VC-A", 40), ("VITAMIN VC-B", 60)]),
        ("1Z3", [("SOAP", 20)]),
    ]
    again = preview(client, NEW, data, "w.xlsx", **details)
    assert list(again.context["details_form"].errors) == ["purchase_order_number"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_went_out_comes_in_as_it_is(wro, kind):
    client = browser()
    before = packed(wro)
    data = client.get(url(wro, "export"), {"format": kind}).content
    shown = preview(client, url(wro), data, f"w.{kind}")
    assert outcome(shown) == {"skip": 4}
    assert packed(wro) == before


def test_a_file_without_boxes_leaves_them(wro):
    data = comma(
        LOTS,
        ["VITAMIN", 160, "VC-A", "2027-06-01", 90],
        ["VITAMIN", 160, "", "2027-06-01", 70],
        ["SOAP", 25, "", "", ""],
    )
    client = browser()
    before = packed(wro)
    confirm(client, preview(client, url(wro), data), url(wro))
    assert packed(wro) == before


def test_the_preview_says_what_changes_in_the_boxes(wro):
    data = comma(
        HEAD,
        ["VITAMIN", 160, "VC-A", "2027-06-01", 100, 1, "1Z7", 70],
        ["VITAMIN", 160, "VC-A", "2027-06-01", 100, 3, "", 30],
        ["VITAMIN", 160, "", "2027-06-01", 60, 2, "", 60],
        ["SOAP", 25, "", "", "", "", "", ""],
    )
    client = browser()
    shown = preview(client, url(wro), data)
    assert outcome(shown) == {"update": 2, "skip": 2, "delete": 2}
    changes = {
        row.label: [(one.column, one.before, one.after) for one in row.changes]
        for row in shown.context["changes"]
        if row.number != 3
    }
    assert changes == {
        "VITAMIN · VC-A": [("box_quantity", "60", "70"), ("tracking_number", "1Z1", "1Z7")],
        "VITAMIN VC-A · box 2": [],
        "SOAP · box 2": [],
    }
    (third,) = [row for row in shown.context["changes"] if row.number == 3]
    assert [(one.column, one.after) for one in third.changes] == [
        ("box", "3"),
        ("box_quantity", "30"),
    ]
    confirm(client, shown, url(wro))
    assert packed(wro) == [
        ("1Z7", [("VITAMIN VC-A", 70)]),
        ("", [("VITAMIN expiring 2027-06-01", 60)]),
        ("1Z3", [("VITAMIN VC-A", 30)]),
    ]


A = ["VITAMIN", 100, "A", None, 100]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[*A, 51]], [(2, "box", "51", "too_large")]),
        ([[*A, 0]], [(2, "box", "0", "min_value")]),
        ([[*A, None, "1Z"]], [(2, "box", "", "required")]),
        ([[*A, None, None, 5]], [(2, "box", "", "required")]),
        ([[*A, 1, None, 60], [*A, 1, None, 40]], [(3, "box", "1", "duplicate_content")]),
        ([[*A, 1, None, 60], [*A, 2]], [(3, "box_quantity", "", "required")]),
        (
            [[*A, 1, None, 60], [*A]],
            [(2, "quantity", "100", "lots_do_not_sum"), (3, "lot_number", "A", "duplicate_lot")],
        ),
        (
            [[*A, 1, None, 60], ["VITAMIN", 100, "A", None, 90, 2, None, 40]],
            [(3, "lot_quantity", "90", "totals_differ")],
        ),
        (
            [
                ["VITAMIN", 100, "A", "2027-01-01", 100, 1, None, 60],
                ["VITAMIN", 100, "A", "2027-01-02", None, 2, None, 40],
            ],
            [(3, "expires_on", "2027-01-02", "totals_differ")],
        ),
        (
            [[*A, 1, "1Z1", 60], [*A, 2, "1Z2", 40], ["SOAP", 5, *[None] * 3, 1, "1Z9"]],
            [(4, "tracking_number", "1Z9", "totals_differ")],
        ),
        (
            [["SOAP", 5, *[None] * 3, 1, None, 3], ["SOAP", 5]],
            [(3, "sku", "SOAP", "duplicate_sku")],
        ),
    ],
)
def test_what_is_wrong_with_boxes_is_told_by_row_and_column(wro, rows, expected):
    client = browser()
    before = packed(wro)
    rows = [[*row, *[None] * (len(HEAD) - len(row))] for row in rows]
    shown = preview(client, url(wro), xlsx(HEAD, *rows), "w.xlsx")
    assert faults(shown) == expected
    confirm(client, shown, url(wro))
    assert packed(wro) == before
