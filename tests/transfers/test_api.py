"""transfers/ as programs use it: the house moves units, merchants look on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Posting
from tests.builders import make_merchant
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.transfers.builders import TwoWarehouses, planned
from transfers.models import Transfer
from transfers.services import LineRequest


@pytest.fixture
def merchant(two: TwoWarehouses) -> Caller:
    return caller(two.world.merchant)


@pytest.fixture
def staff(two: TwoWarehouses) -> Caller:
    return caller()


def body(**fields: Any) -> dict[str, Any]:
    lines = [{"sku": "VITAMIN", "quantity": 12}, {"sku": "SOAP", "quantity": 3}]
    return {"merchant": "ACME", "source": "CHI", "target": "NJ", "lines": lines} | fields


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


def shape(sku: str, lot: str | None, expiry: str | None, *units: int) -> dict[str, Any]:
    names = ("quantity", "sent", "received", "lost", "in_transit")
    named = {"sku": sku, "lot_number": lot, "expires_on": expiry}
    return {**named, **dict(zip(names, units, strict=True))}


def lines(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in one if name != "id"} for one in told["lines"]]


def test_it_works(two: TwoWarehouses, staff: Caller, merchant: Caller) -> None:
    made = ok(staff.post("transfers/", body(reference="T-1")), 201)
    early, late, soap = "2026-10-31", "2027-03-01", ("SOAP", None, None)
    assert {name: made[name] for name in made if name != "lines"} == {
        "id": made["id"],
        "number": f"TRF-{made['id']:06d}",
        "reference": "T-1",
        "source": "CHI",
        "target": "NJ",
        "status": "awaiting",
        "tracking_number": "",
        "completed_short": False,
        "sent_at": None,
        "completed_at": None,
    }
    assert lines(made) == [
        shape(*soap, 3, 0, 0, 0, 0),
        shape("VITAMIN", "EARLY", early, 10, 0, 0, 0, 0),
        shape("VITAMIN", "LATE", late, 2, 0, 0, 0, 0),
    ]
    path = f"transfers/{made['id']}/"
    sent = ok(staff.post(path + "send/", {"tracking_number": "TRUCK-7"}))
    assert (sent["status"], sent["tracking_number"], sent["sent_at"]) == (
        "in_transit",
        "TRUCK-7",
        "2026-06-01T09:00:00Z",
    )
    assert lines(sent)[1] == shape("VITAMIN", "EARLY", early, 10, 10, 0, 0, 10)
    (row,) = ok(merchant.get("inventory/?sku=VITAMIN&warehouse=NJ"))["results"]
    assert (row["on_hand"], row["in_transit"]) == (0, 12)
    arrived = [
        {"sku": "VITAMIN", "lot_number": "EARLY", "quantity": 9, "location": "N-01"},
        {"sku": "SOAP", "quantity": 3, "location": "N-02"},
    ]
    partly = ok(staff.post(path + "receive/", {"lines": arrived}))
    assert lines(partly) == [
        shape(*soap, 3, 3, 3, 0, 0),
        shape("VITAMIN", "EARLY", early, 10, 10, 9, 0, 1),
        shape("VITAMIN", "LATE", late, 2, 2, 0, 0, 2),
    ]
    done = ok(staff.post(path + "write-off/", {"reason": "Crushed"}))
    assert (done["status"], done["completed_short"]) == ("completed", True)
    assert [one["lost"] for one in done["lines"]] == [0, 1, 2]
    assert ok(merchant.get(path)) == done
    assert ok(merchant.get("transfers/"))["results"] == [done]


def test_named_bins_are_sent_from(two: TwoWarehouses, staff: Caller) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 5, "EARLY"))
    line = {"sku": "VITAMIN", "lot_number": "EARLY", "quantity": 2, "location": "A-01"}
    sent = ok(staff.post(f"transfers/{transfer.pk}/send/", {"lines": [line]}))
    assert [(one["quantity"], one["sent"]) for one in sent["lines"]] == [(5, 2)]


def test_it_is_called_off(two: TwoWarehouses, staff: Caller) -> None:
    transfer = planned(two, LineRequest(two.soap, 5))
    assert ok(staff.post(f"transfers/{transfer.pk}/cancel/"))["status"] == "cancelled"
    assert_problem(staff.post(f"transfers/{transfer.pk}/send/"), 409, "wrong_status")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"source": "NOWHERE"}, [("source", "unknown_warehouse")]),
        ({"target": "CHI"}, [("target", "same_warehouse")]),
        ({"lines": []}, [("lines", "empty")]),
        ({"lines": [{"sku": "TYPO", "quantity": 1}]}, [("lines[0].sku", "unknown_sku")]),
        ({"lines": [{"sku": "SOAP", "quantity": 0}]}, [("lines[0].quantity", "min_value")]),
        (
            {"lines": [{"sku": "VITAMIN", "quantity": 1, "lot_number": "TYPO"}]},
            [("lines[0].lot_number", "unknown_lot")],
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    staff: Caller, fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert errors_of(staff.post("transfers/", body(**fields))) == expected
    assert not Transfer.objects.exists()


def test_a_rule_refuses_with_its_code(two: TwoWarehouses, staff: Caller) -> None:
    path = f"transfers/{planned(two, LineRequest(two.soap, 9), reference='T-1').pk}/"
    before = Posting.objects.count()
    assert_problem(staff.post("transfers/", body(reference="T-1")), 409, "reference_taken")
    assert_problem(staff.post(path + "send/"), 409, "insufficient_stock")
    line = {"sku": "SOAP", "quantity": 10, "location": "A-03"}
    assert_problem(staff.post(path + "send/", {"lines": [line]}), 409, "more_than_asked")
    nowhere = {"lines": [{**line, "location": "X"}]}
    assert errors_of(staff.post(path + "send/", nowhere)) == [
        ("lines[0].location", "unknown_location")
    ]
    ok(staff.post(path + "send/", {"lines": [{**line, "quantity": 8}]}))
    arrived = {"lines": [{**line, "location": "N-01"}]}
    assert_problem(staff.post(path + "receive/", arrived), 409, "more_than_in_transit")
    assert errors_of(staff.post(path + "write-off/", {"reason": " "})) == [("reason", "blank")]
    assert Posting.objects.count() == before + 1


def test_lists_are_filtered(two: TwoWarehouses, merchant: Caller) -> None:
    first = planned(two, LineRequest(two.soap, 1), reference="ONE")
    back = {"source": two.target, "target": two.source, "reference": "TWO"}
    second = planned(two, LineRequest(two.soap, 1), **back)

    def found(query: str) -> list[int]:
        return [one["id"] for one in ok(merchant.get(f"transfers/?{query}"))["results"]]

    assert found("status=awaiting") == [first.pk, second.pk]
    assert found("status=in_transit") == []
    assert found("reference=TWO") == found("source=NJ") == found("target=CHI") == [second.pk]
    assert found(f"search={first.number}") == [first.pk]
    answer = merchant.get("transfers/?status=lost")
    assert errors_of(answer) == [("status", "invalid_choice")]


def test_others_see_nothing_of_it(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 1))
    stranger = caller(make_merchant("OTHER"))
    assert ok(stranger.get("transfers/"))["results"] == []
    assert_problem(stranger.get(f"transfers/{transfer.pk}/"), 404, "not_found")


def test_a_list_takes_the_same_queries_however_long(two: TwoWarehouses, merchant: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            ok(merchant.get("transfers/"))
        return len(asked)

    planned(two, LineRequest(two.vitamin, 1, "LATE"), LineRequest(two.soap, 1))
    queries()
    before = queries()
    for _ in range(4):
        planned(two, LineRequest(two.vitamin, 1, "EARLY"), LineRequest(two.soap, 1))
    assert queries() == before
