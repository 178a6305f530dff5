from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Supply
from receiving.models import WRO
from tests.builders import World, make_lot, make_merchant, make_product, make_warehouse
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.receiving.builders import (
    NEXT_YEAR,
    draft,
    line,
    received,
    standing,
    submitted,
)

pytestmark = pytest.mark.usefixtures("vitamin", "soap")


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


def body(**fields: Any) -> dict[str, Any]:
    lots = [
        {"number": "VC-A", "expires_on": "2026-10-31", "quantity": 100},
        {"expires_on": "2027-06-01", "quantity": 60},
    ]
    lines = [
        {"sku": "VITAMIN", "quantity": 160, "lots": lots},
        {"sku": "SOAP", "quantity": 10},
    ]
    return {"warehouse": "CHI", "lines": lines} | fields


def vitamin_with(*lots: dict[str, Any], quantity: int = 10) -> dict[str, Any]:
    return body(lines=[{"sku": "VITAMIN", "quantity": quantity, "lots": list(lots)}])


def test_it_works(merchant):
    asked = body(
        reference="PO-1",
        package_type="pallet",
        expected_arrival_on="2026-06-09",
        boxes=[{"tracking_number": "1Z1"}, {}],
    )
    made = merchant.post("wros/", asked)
    assert made.status_code == 201, made.content
    wro = WRO.objects.get()
    first, second = wro.lines.all()
    boxes = wro.boxes.all()
    by = wro.created_by.username
    assert made.json() == {
        "id": wro.pk,
        "number": wro.number,
        "reference": "PO-1",
        "purchase_order_number": "",
        "warehouse": "CHI",
        "status": "draft",
        "package_type": "pallet",
        "expected_arrival_on": "2026-06-09",
        "boxes": [
            {"id": boxes[0].pk, "position": 1, "tracking_number": "1Z1", "contents": []},
            {"id": boxes[1].pk, "position": 2, "tracking_number": "", "contents": []},
        ],
        "lines": [
            {
                "id": first.pk,
                "sku": "VITAMIN",
                "quantity": 160,
                "lots": [
                    {"number": "VC-A", "expires_on": "2026-10-31", "quantity": 100},
                    {"number": "", "expires_on": "2027-06-01", "quantity": 60},
                ],
                "received": 0,
                "stowed": 0,
            },
            {
                "id": second.pk,
                "sku": "SOAP",
                "quantity": 10,
                "lots": [],
                "received": 0,
                "stowed": 0,
            },
        ],
        "discrepancies": [],
        "history": [{"status": "draft", "at": "2026-06-01T09:00:00Z", "by": by}],
    }
    assert merchant.get(f"wros/{wro.pk}/").json() == made.json()
    assert Lot.objects.count() == 0


def test_from_announcement_to_completion(merchant, staff, vitamin):
    made = merchant.post("wros/", body(submit=True))
    assert (made.status_code, made.json()["status"]) == (201, "awaiting")
    path = f"wros/{made.json()['id']}/"
    assert staff.post(path + "arrive/").json()["status"] == "arrived"
    counted = {
        "lines": [
            {"sku": "VITAMIN", "lot_number": "VC-A", "expires_on": "2026-10-31", "quantity": 98},
            {"sku": "VITAMIN", "expires_on": "2027-06-01", "quantity": 58},
            {
                "sku": "VITAMIN",
                "lot_number": "",
                "expires_on": "2027-06-01",
                "quantity": 2,
                "condition": "damaged",
            },
            {"sku": "SOAP", "quantity": 10},
            {"sku": "SOAP", "lot_number": None, "expires_on": None, "quantity": 1},
        ]
    }
    answer = staff.post(path + "receive/", counted)
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "processing"
    first, second = answer.json()["lines"]
    assert (first["received"], first["stowed"]) == (158, 2)
    assert (second["received"], second["stowed"]) == (11, 0)
    ids = WRO.objects.get().discrepancies.values_list("id", flat=True)
    named = {"sku": "VITAMIN", "expires_on": "2027-06-01", "status": "open"}
    none = {"sku": "SOAP", "lot_number": None, "expires_on": None, "status": "open"}
    assert answer.json()["discrepancies"] == [
        {"id": ids[0], "type": "damaged", "lot_number": "", "quantity": 2, **named},
        {"id": ids[1], "type": "overage", "quantity": 1, **none},
    ]
    assert_problem(staff.post(path + "complete/"), 409, "units_at_dock")
    stowed = {
        "lines": [
            {"sku": "VITAMIN", "lot_number": "VC-A", "quantity": 98, "location": "A-01"},
            {"sku": "VITAMIN", "expires_on": "2027-06-01", "quantity": 58, "location": "A-02"},
            {"sku": "SOAP", "quantity": 11, "location": "A-02"},
        ]
    }
    answer = staff.post(path + "stow/", stowed)
    assert answer.status_code == 200, answer.content
    assert [one["stowed"] for one in answer.json()["lines"]] == [158, 11]
    assert standing(vitamin) == {
        ("DAMAGED", "expiring 2027-06-01"): 2,
        ("A-01", "VC-A"): 98,
        ("A-02", "expiring 2027-06-01"): 58,
    }
    answer = staff.post(path + "complete/")
    assert answer.json()["status"] == "completed"
    assert answer.json()["discrepancies"][2] | {"id": 0} == {
        "id": 0,
        "type": "short",
        "sku": "VITAMIN",
        "lot_number": "VC-A",
        "expires_on": "2026-10-31",
        "quantity": 2,
        "status": "open",
    }
    assert merchant.get(path).json() == answer.json()


def test_submit_and_cancel(merchant):
    path = f"wros/{merchant.post('wros/', body()).json()['id']}/"
    assert merchant.post(path + "submit/").json()["status"] == "awaiting"
    assert_problem(merchant.post(path + "submit/"), 409, "wrong_status")
    assert_problem(merchant.patch(path, {"reference": "x"}), 409, "wrong_status")
    assert merchant.post(path + "cancel/").json()["status"] == "cancelled"
    assert_problem(merchant.post(path + "cancel/"), 409, "wrong_status")
    assert not Supply.objects.open().exists()


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        (vitamin_with(), [("lines[0].lots", "lots_required")]),
        (vitamin_with({"quantity": 10}), [("lines[0].lots[0]", "lot_or_expiry_required")]),
        (
            vitamin_with({"number": " ", "expires_on": "", "quantity": 10}),
            [("lines[0].lots[0]", "lot_or_expiry_required")],
        ),
        (
            vitamin_with({"number": "A", "quantity": 9}),
            [("lines[0].lots", "lots_do_not_sum")],
        ),
        (vitamin_with({"number": "A"}), [("lines[0].lots[0].quantity", "required")]),
        (
            vitamin_with({"number": "A", "quantity": "10"}),
            [("lines[0].lots[0].quantity", "invalid")],
        ),
        (
            body(lines=[{"sku": "SOAP", "quantity": 1}, {"sku": "TYPO", "quantity": 1}]),
            [("lines[1].sku", "unknown_sku")],
        ),
        (body(lines=[{"sku": "CREAM", "quantity": 1}]), [("lines[0].sku", "unknown_sku")]),
        (body(lines=[{"sku": "SOAP", "quantity": 0}]), [("lines[0].quantity", "min_value")]),
        (body(lines=[{"sku": "SOAP"}]), [("lines[0].quantity", "required")]),
        (body(lines=[]), [("lines", "empty")]),
        ({"warehouse": "CHI"}, [("lines", "required")]),
        (body(warehouse="NOWHERE"), [("warehouse", "unknown_warehouse")]),
        (body(package_type="crate"), [("package_type", "invalid_choice")]),
        (body(expected_arrival_on="9 June"), [("expected_arrival_on", "invalid")]),
        (body(boxes=[{"tracking_number": "1Z"}] * 51), [("boxes", "too_many_boxes")]),
        (body(colour="red"), [("colour", "unknown_field")]),
    ],
)
def test_what_cannot_be_meant_is_refused(merchant, asked, errors):
    make_product(make_merchant("GLOW"), "CREAM")
    assert errors_of(merchant.post("wros/", asked)) == errors
    assert errors_of(merchant.post("wros/", asked | {"submit": True})) == errors
    assert WRO.objects.count() == 0


def test_a_lot_conflict_leaves_nothing(merchant, vitamin):
    make_lot(vitamin, "VC-A", NEXT_YEAR)
    assert_problem(merchant.post("wros/", body(submit=True)), 409, "lot_conflict")
    assert WRO.objects.count() == 0
    path = f"wros/{merchant.post('wros/', body()).json()['id']}/"
    assert_problem(merchant.post(path + "submit/"), 409, "lot_conflict")
    assert merchant.get(path).json()["status"] == "draft"


def test_a_taken_reference(merchant):
    assert merchant.post("wros/", body(reference="PO-1")).status_code == 201
    assert_problem(merchant.post("wros/", body(reference="PO-1")), 409, "reference_taken")
    assert WRO.objects.count() == 1


def test_patch_merges(merchant):
    made = merchant.post("wros/", body(reference="PO-1")).json()
    path = f"wros/{made['id']}/"
    make_warehouse("WEST")
    assert merchant.patch(path, {"warehouse": "WEST"}).json() == made | {"warehouse": "WEST"}
    lines = [{"sku": "VITAMIN"}, {"sku": "SOAP", "quantity": 12}]
    answer = merchant.patch(path, {"lines": lines, "boxes": [{}]}).json()
    assert answer["lines"] == [made["lines"][0], made["lines"][1] | {"quantity": 12}]
    assert [one["tracking_number"] for one in answer["boxes"]] == [""]
    assert answer["reference"] == "PO-1"
    lots = [{"number": "VC-A"}, {"number": "VC-B", "quantity": 60}]
    answer = merchant.patch(path, {"lines": [{"sku": "VITAMIN", "lots": lots}]}).json()
    assert [(lot["number"], lot["quantity"]) for lot in answer["lines"][0]["lots"]] == [
        ("VC-A", 100),
        ("VC-B", 60),
    ]
    assert errors_of(merchant.patch(path, {"lines": [{"sku": "SOAP"}]})) == [
        ("lines[0].quantity", "required")
    ]
    assert errors_of(merchant.patch(path, {"lines": [{"quantity": 4}]})) == [
        ("lines[0].sku", "required")
    ]
    assert errors_of(merchant.patch(path, {"submit": True})) == [("submit", "unknown_field")]
    assert merchant.get(path).json() == merchant.patch(path, {}).json()


def test_receiving_refusals(world, staff, soap):
    wro = submitted(world, line(soap, 5))
    path = f"wros/{wro.pk}/receive/"
    counted = {"lines": [{"sku": "SOAP", "quantity": 5}]}
    assert_problem(staff.post(path, counted), 409, "wrong_status")
    staff.post(f"wros/{wro.pk}/arrive/")
    for lines, errors in [
        ([], [("lines", "empty")]),
        ([{"sku": "TYPO", "quantity": 1}], [("lines[0].sku", "unknown_sku")]),
        ([{"sku": "SOAP", "quantity": 0}], [("lines[0].quantity", "min_value")]),
        (
            [{"sku": "SOAP", "quantity": 1, "condition": "wet"}],
            [("lines[0].condition", "invalid_choice")],
        ),
    ]:
        assert errors_of(staff.post(path, {"lines": lines})) == errors
    assert staff.get(f"wros/{wro.pk}/").json()["status"] == "arrived"


def test_stowing_refusals(world, staff, vitamin):
    lots = [("VC-A", NEXT_YEAR, 6), ("VC-B", NEXT_YEAR, 4)]
    wro = received(world, line(vitamin, 10, *lots))
    path = f"wros/{wro.pk}/stow/"

    def stow(*lines: tuple[str, int, str]) -> Any:
        named = [
            {"sku": "VITAMIN", "lot_number": number, "quantity": units, "location": name}
            for number, units, name in lines
        ]
        return staff.post(path, {"lines": named})

    assert_problem(stow(("VC-A", 7, "A-01")), 409, "more_than_received")
    assert_problem(stow(("VC-A", 1, "A-01"), ("VC-B", 1, "A-01")), 409, "other_lot_in_location")
    assert_problem(stow(("VC-A", 1, "DAMAGED")), 409, "wrong_location_kind")
    assert errors_of(stow(("VC-A", 1, "B-99"))) == [("lines[0].location", "unknown_location")]
    assert errors_of(stow(("TYPO", 1, "A-01"))) == [("lines[0].lot_number", "unknown_lot")]
    assert staff.get(f"wros/{wro.pk}/").json()["lines"][0]["stowed"] == 0


def test_a_merchant_neither_receives_nor_sees_others(world, merchant, soap):
    wro = submitted(world, line(soap, 5))
    for verb in ("arrive", "receive", "stow", "complete"):
        assert_problem(merchant.post(f"wros/{wro.pk}/{verb}/", "{"), 404, "not_found")
    outsider = caller(make_merchant("GLOW"))
    for path in (f"wros/{wro.pk}/", "wros/999999/"):
        assert_problem(outsider.get(path), 404, "not_found")
        assert_problem(outsider.patch(path, {"reference": "x"}), 404, "not_found")
        assert_problem(outsider.post(path + "submit/"), 404, "not_found")
        assert_problem(outsider.post(path + "cancel/"), 404, "not_found")
    assert outsider.get("wros/").json()["results"] == []
    wro.refresh_from_db()
    assert (wro.status, wro.reference) == ("awaiting", "")


def test_staff_name_the_merchant(world, staff):
    assert errors_of(staff.post("wros/", body())) == [("merchant", "required")]
    made = staff.post("wros/", body(merchant="ACME"))
    assert made.status_code == 201
    assert WRO.objects.get().merchant == world.merchant


def test_filters(world, merchant, soap, vitamin):
    draft(world, line(soap, 1), reference="PO-1")
    submitted(world, line(vitamin, 1, ("VC-A", NEXT_YEAR, 1)))

    def found(query: str) -> list[str]:
        return [one["status"] for one in merchant.get(f"wros/?{query}").json()["results"]]

    assert found("") == ["draft", "awaiting"]
    assert found("status=draft") == ["draft"]
    assert found("reference=PO-1") == ["draft"]
    assert found("warehouse=CHI") == ["draft", "awaiting"]
    assert found("search=vc-a") == ["awaiting"]
    assert errors_of(merchant.get("wros/?status=lost"))[0][0] == "status"
    assert errors_of(merchant.get("wros/?colour=red")) == [("colour", "unknown_parameter")]


def test_a_page_takes_the_same_queries_however_many_wros(world, merchant, soap, vitamin):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert merchant.get("wros/").status_code == 200
        return len(captured)

    lots = [("VC-A", NEXT_YEAR, 3), ("VC-B", NEXT_YEAR, 4)]
    received(world, line(vitamin, 7, *lots), line(soap, 1))
    merchant.get("wros/")
    few = queries()
    for _ in range(5):
        received(world, line(vitamin, 7, *lots), line(soap, 1))
    assert queries() == few
