"""The boxes of a WRO with their contents, its numbers, history and copies, over the API."""

from typing import Any

import pytest

from receiving.models import WRO
from tests.builders import World, make_merchant, make_product
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.receiving.test_api_wros import body

pytestmark = pytest.mark.usefixtures("vitamin", "soap")


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


def packed(sku: str, number: str | None, quantity: int, **named: Any) -> dict[str, Any]:
    return {"sku": sku, "lot_number": number, "quantity": quantity, **named}


def in_boxes(*boxes: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return body(boxes=[{"contents": contents} for contents in boxes], **fields)


A_60 = packed("VITAMIN", "VC-A", 60)
REST = [
    packed("VITAMIN", "vc-a ", 40, expires_on="2026-10-31"),
    {"sku": "VITAMIN", "expires_on": "2027-06-01", "quantity": 60},
    packed("SOAP", None, 10),
]


def test_boxes_say_what_is_in_them(merchant):
    made = merchant.post("wros/", in_boxes([A_60], REST, submit=True))
    assert made.status_code == 201, made.content
    first, second = made.json()["boxes"]
    assert first["contents"] == [{**A_60, "expires_on": "2026-10-31"}]
    assert second["contents"] == [
        packed("VITAMIN", "VC-A", 40, expires_on="2026-10-31"),
        packed("VITAMIN", "", 60, expires_on="2027-06-01"),
        packed("SOAP", None, 10, expires_on=None),
    ]
    assert merchant.get(f"wros/{made.json()['id']}/").json() == made.json()


@pytest.mark.parametrize(
    ("boxes", "error"),
    [
        ([[packed("VITAMIN", "VC-X", 1)]], ("boxes[0].contents[0].lot_number", "not_announced")),
        (
            [[], [packed("VITAMIN", "VC-A", 1, expires_on="2026-11-30")]],
            ("boxes[1].contents[0].lot_number", "not_announced"),
        ),
        ([[packed("VITAMIN", None, 1)]], ("boxes[0].contents[0].sku", "not_announced")),
        ([[packed("TYPO", None, 1)]], ("boxes[0].contents[0].sku", "unknown_sku")),
        ([[packed("SOAP", None, 0)]], ("boxes[0].contents[0].quantity", "min_value")),
        ([[{"sku": "SOAP"}]], ("boxes[0].contents[0].quantity", "required")),
        ([[A_60, A_60]], ("boxes[0].contents[1]", "duplicate_content")),
    ],
)
def test_contents_that_cannot_be_meant_are_refused(merchant, boxes, error):
    assert errors_of(merchant.post("wros/", in_boxes(*boxes))) == [error]
    assert WRO.objects.count() == 0


def test_a_draft_may_be_packed_in_part_but_not_be_submitted_so(merchant):
    made = merchant.post("wros/", in_boxes([A_60], [packed("SOAP", None, 11)])).json()
    path = f"wros/{made['id']}/"
    assert errors_of(merchant.post(path + "submit/")) == [
        ("boxes[0].contents[0].quantity", "contents_do_not_sum"),
        ("boxes", "contents_do_not_sum"),
        ("boxes[1].contents[0].quantity", "contents_do_not_sum"),
    ]
    assert merchant.get(path).json() == made


def test_a_patch_of_boxes_keeps_what_it_does_not_mention(merchant):
    made = merchant.post("wros/", in_boxes([A_60], REST)).json()
    path = f"wros/{made['id']}/"
    boxes = [{"tracking_number": "1Z1"}, {}, {"tracking_number": "1Z3"}]
    answer = merchant.patch(path, {"boxes": boxes}).json()["boxes"]
    assert [(one["id"], one["tracking_number"]) for one in answer[:2]] == [
        (made["boxes"][0]["id"], "1Z1"),
        (made["boxes"][1]["id"], ""),
    ]
    assert [one["contents"] for one in answer] == [
        *(one["contents"] for one in made["boxes"]),
        [],
    ]
    assert merchant.patch(path, {"boxes": answer}).json()["boxes"] == answer
    wrong = {"boxes": [{"contents": [{"quantity": 1}]}]}
    assert errors_of(merchant.patch(path, wrong)) == [("boxes[0].contents[0].sku", "required")]
    emptied = [{"contents": []}, {"contents": []}]
    answer = merchant.patch(path, {"boxes": emptied}).json()["boxes"]
    assert [(one["tracking_number"], one["contents"]) for one in answer] == [("1Z1", []), ("", [])]


def test_contents_survive_a_change_of_lines(merchant):
    made = merchant.post("wros/", in_boxes([A_60], REST)).json()
    lots = [{"number": "VC-A", "quantity": 90}, {"number": "VC-B", "quantity": 70}]
    lines = [{"sku": "SOAP"}, {"sku": "VITAMIN", "lots": lots}]
    answer = merchant.patch(f"wros/{made['id']}/", {"lines": lines}).json()
    assert [one["id"] for one in answer["lines"]] == [one["id"] for one in made["lines"]][::-1]
    first, second = answer["boxes"]
    assert first == made["boxes"][0]
    before = made["boxes"][1]
    assert second == before | {"contents": [before["contents"][0], before["contents"][2]]}


# Its other number, its history, its copies --------------------------------------------------------


def test_a_purchase_order_number_is_the_merchants_own(merchant, staff):
    made = merchant.post("wros/", body(purchase_order_number=" 4500-1 ")).json()
    assert made["purchase_order_number"] == "4500-1"
    taken = merchant.post("wros/", body(purchase_order_number="4500-1"))
    assert_problem(taken, 409, "purchase_order_number_taken")
    other = merchant.post("wros/", body(reference="4500-1")).json()
    path = f"wros/{other['id']}/"
    answer = merchant.patch(path, {"purchase_order_number": "4500-1"})
    assert_problem(answer, 409, "purchase_order_number_taken")
    assert merchant.get(path).json() == other
    make_product(make_merchant("GLOW"), "CREAM")
    theirs = body(lines=[{"sku": "CREAM", "quantity": 1}], merchant="GLOW")
    assert staff.post("wros/", theirs | {"purchase_order_number": "4500-1"}).status_code == 201
    found = merchant.get("wros/?purchase_order_number=4500-1").json()["results"]
    assert [one["id"] for one in found] == [made["id"]]


def test_the_history_says_who_set_each_status(world, merchant, staff, clock):
    made = merchant.post("wros/", body()).json()
    path = f"wros/{made['id']}/"
    clock.advance(hours=1)
    merchant.post(path + "submit/")
    clock.advance(hours=1)
    staff.post(path + "arrive/")
    for _ in range(2):  # a second count changes no status
        clock.advance(hours=1)
        staff.post(path + "receive/", {"lines": [{"sku": "SOAP", "quantity": 1}]})
    history = merchant.get(path).json()["history"]
    assert [(one["status"], one["at"]) for one in history] == [
        ("draft", "2026-06-01T09:00:00Z"),
        ("awaiting", "2026-06-01T10:00:00Z"),
        ("arrived", "2026-06-01T11:00:00Z"),
        ("processing", "2026-06-01T12:00:00Z"),
    ]
    people = [one["by"] for one in history]
    assert people[0] == people[1] != people[2] == people[3]


def test_a_copy_begins_anew(merchant, staff):
    asked = in_boxes([A_60], REST, reference="R-1", purchase_order_number="P-1", submit=True)
    made = merchant.post("wros/", asked).json()
    copied = merchant.post(f"wros/{made['id']}/copy/")
    assert copied.status_code == 201, copied.content
    copy = copied.json()
    assert (copy["status"], copy["reference"], copy["purchase_order_number"]) == ("draft", "", "")
    assert [(one["sku"], one["quantity"], one["lots"]) for one in copy["lines"]] == [
        ("VITAMIN", 160, []),
        ("SOAP", 10, []),
    ]
    assert [one["contents"] for one in copy["boxes"]] == [[], []]
    refused = merchant.post(f"wros/{copy['id']}/submit/")
    assert errors_of(refused) == [("lines[0].lots", "lots_required")]
    assert len(merchant.get(f"wros/{made['id']}/").json()["history"]) == 2


def test_a_copy_with_its_lots(merchant):
    made = merchant.post("wros/", in_boxes([A_60], REST, submit=True)).json()
    copy = merchant.post(f"wros/{made['id']}/copy/", {"with_lots": True}).json()
    assert [one["lots"] for one in copy["lines"]] == [one["lots"] for one in made["lines"]]
    assert [one["contents"] for one in copy["boxes"]] == [one["contents"] for one in made["boxes"]]
    assert copy["package_type"] == "box"
    assert merchant.post(f"wros/{copy['id']}/submit/").json()["status"] == "awaiting"
    outsider = caller(make_merchant("GLOW"))
    assert_problem(outsider.post(f"wros/{made['id']}/copy/"), 404, "not_found")
