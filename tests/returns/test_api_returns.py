"""returns/ of the REST API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Posting
from merchants.models import Event
from returns.models import Return
from tests.builders import World, api, make_lot, make_merchant, make_product, make_warehouse, put
from tests.returns.made import announced, find, inspect, make_arrived, make_return, shipped_order

A = date(2026, 10, 31)
URL = "/api/v1/returns/"


@pytest.fixture
def client(world: World) -> APIClient:
    return api(world.merchant)


@pytest.fixture
def staff(world: World) -> APIClient:
    return api()


def post(client: APIClient, path: str = "", body: Any = None, **headers: str) -> Any:
    return client.post(f"{URL}{path}", body, format="json", headers=headers)


def body(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "rts",
        "warehouse": "CHI",
        "lines": [{"sku": "VITAMIN", "quantity": 2}],
        **fields,
    }


def test_it_works(world: World, client: APIClient, staff: APIClient) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 10, 0)
    order = shipped_order(world, product, 3, lot)
    line = {
        "sku": "VITAMIN",
        "quantity": 3,
        "lot_number": "VC-A",
        "expires_on": "2026-10-31",
        "requested_action": "restock",
    }
    answer = post(client, "", {"kind": "rts", "order": order.pk, "lines": [line]})
    assert answer.status_code == 201
    made = answer.json()
    pk, key = made["id"], made["lines"][0]["id"]
    assert made == {
        "id": pk,
        "number": f"RET-{pk:06d}",
        "kind": "rts",
        "reference": "",
        "order": order.pk,
        "warehouse": "CHI",
        "status": "awaiting",
        "lines": [{"id": key, **line, "dispositions": []}],
    }
    assert client.get(f"{URL}{pk}/").json() == made
    arrived = post(staff, f"{pk}/arrive/")
    assert (arrived.status_code, arrived.json()["status"]) == (200, "arrived")
    found = [
        {"line": key, "quantity": 2, "passed": True, "lot_number": "VC-A"},
        {"line": key, "quantity": 1, "passed": False, "lot_number": "vc-a", "note": "wet"},
    ]
    inspected = post(staff, f"{pk}/inspect/", {"lines": found})
    assert (inspected.status_code, inspected.json()["status"]) == (200, "processing")
    named = {"lot_number": "VC-A", "expires_on": "2026-10-31"}
    assert inspected.json()["lines"][0]["dispositions"] == [
        {
            "action": "restock",
            "rule": "requested",
            "explanation": "The merchant asked to restock them.",
            "quantity": 2,
            **named,
            "location": "A-01",
        },
        {
            "action": "quarantine",
            "rule": "inspection_failed",
            "explanation": "The units failed inspection. "
            "The backup action for RTS is to quarantine them.",
            "quantity": 1,
            **named,
            "location": "QUARANTINE",
        },
    ]
    completed = post(staff, f"{pk}/complete/")
    assert (completed.status_code, completed.json()["status"]) == (200, "completed")


def test_staff_name_the_merchant(world: World, staff: APIClient) -> None:
    world.lot_product()
    assert post(staff, "", body()).status_code == 400
    assert post(staff, "", body(merchant="ACME")).status_code == 201
    assert Return.objects.get().merchant == world.merchant


def test_what_is_done_again_with_a_key_is_done_once(world: World, client: APIClient) -> None:
    world.lot_product()
    first = post(client, "", body(), **{"Idempotency-Key": "one"})
    second = post(client, "", body(), **{"Idempotency-Key": "one"})
    assert first.json() == second.json()
    assert Return.objects.count() == 1


def test_read_only_fields_are_ignored(world: World, client: APIClient) -> None:
    world.lot_product()
    line = {"id": 77, "sku": "VITAMIN", "quantity": 2, "dispositions": [{"action": "restock"}]}
    answer = post(client, "", body(id=9, number="X", status="completed", lines=[line]))
    assert answer.status_code == 201
    assert answer.json()["status"] == "awaiting"
    assert answer.json()["lines"][0]["dispositions"] == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"kind": "swap"}, "invalid_choice", "kind"),
        ({"warehouse": "WEST"}, "unknown_warehouse", "warehouse"),
        ({"warehouse": None}, "required", "warehouse"),
        ({"order": "ORD-000001"}, "invalid", "order"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"lines": []}, "empty", "lines"),
        ({"lines": [{"sku": "NONE", "quantity": 1}]}, "unknown_sku", "lines[0].sku"),
        ({"lines": [{"sku": "VITAMIN", "quantity": 0}]}, "min_value", "lines[0].quantity"),
        ({"lines": [{"sku": "VITAMIN"}]}, "required", "lines[0].quantity"),
        (
            {"lines": [{"sku": "VITAMIN", "quantity": 1, "lot_number": "VC-X"}]},
            "unknown_lot",
            "lines[0].lot_number",
        ),
        (
            {"lines": [{"sku": "VITAMIN", "quantity": 1, "requested_action": "burn"}]},
            "invalid_choice",
            "lines[0].requested_action",
        ),
    ],
)
def test_malformed(
    world: World, client: APIClient, fields: dict[str, Any], code: str, field: str
) -> None:
    world.lot_product()
    answer = post(client, "", body(**fields))
    assert (answer.status_code, answer.headers["content-type"]) == (
        400,
        "application/problem+json",
    )
    assert [(one["code"], one["field"]) for one in answer.json()["errors"]] == [(code, field)]
    assert not Return.objects.exists()


def test_refused(world: World, client: APIClient) -> None:
    product = world.lot_product()
    world.stock_lot(product, "VC-A", A, 10, 0)
    order = shipped_order(world, product, 1)
    restock = [{"sku": "VITAMIN", "quantity": 1, "requested_action": "restock"}]
    made = post(client, "", body(reference="R-1"))
    assert made.status_code == 201
    for fields, code in (
        ({"kind": "customer_return", "lines": restock}, "restock_not_supported_for_lot_product"),
        ({"order": order.pk}, "more_than_shipped"),
        ({"reference": "R-1"}, "reference_taken"),
    ):
        answer = post(client, "", body(**fields))
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert Return.objects.count() == 1


def test_foreign_objects_are_unknown(world: World, client: APIClient) -> None:
    other = make_merchant("OTHER")
    theirs = make_product(other, "THEIRS")
    put(theirs, world.bins[0], 5)
    theirs_order = shipped_order(World(world.warehouse, other, world.bins), theirs, 2)
    world.lot_product()
    foreign, nobodys = (post(client, "", body(order=pk)) for pk in (theirs_order.pk, 4711))
    assert foreign.status_code == nobodys.status_code == 404
    assert foreign.json() == nobodys.json()
    answer = post(client, "", body(lines=[{"sku": "THEIRS", "quantity": 1}]))
    assert answer.json()["errors"][0]["code"] == "unknown_sku"


def test_the_outsider_sees_nothing(world: World) -> None:
    document = make_return(world, announced(world.product(), 1))
    outsider = api(make_merchant("OTHER"))
    assert outsider.get(URL).json()["results"] == []
    assert outsider.get(f"{URL}{document.pk}/").json() == outsider.get(f"{URL}999/").json()
    assert outsider.patch(f"{URL}{document.pk}/", {}, format="json").status_code == 404
    assert post(outsider, f"{document.pk}/cancel/").status_code == 404
    document.refresh_from_db()
    assert document.status == "awaiting"


@pytest.mark.parametrize("name", ["arrive", "inspect", "complete"])
def test_the_verbs_of_staff_do_not_exist_for_a_merchant(
    world: World, client: APIClient, name: str
) -> None:
    document = make_return(world, announced(world.product(), 1))
    answer = post(client, f"{document.pk}/{name}/", {"nonsense": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_return_is_changed_while_awaiting(world: World, client: APIClient) -> None:
    product = world.lot_product()
    make_lot(product, "VC-A", A)
    document = make_return(world, announced(product, 3))
    key = document.lines.get().pk
    change = {"reference": "R-7", "lines": [{"id": key, "lot_number": "VC-A"}]}
    answer = client.patch(f"{URL}{document.pk}/", change, format="json")
    assert answer.status_code == 200
    assert answer.json()["reference"] == "R-7"
    assert answer.json()["kind"] == "rts"
    assert answer.json()["lines"] == [
        {
            "id": key,
            "sku": "VITAMIN",
            "quantity": 3,
            "lot_number": "VC-A",
            "expires_on": "2026-10-31",
            "requested_action": "default",
            "dispositions": [],
        }
    ]
    wrong = client.patch(f"{URL}{document.pk}/", {"lines": [{"id": 99}]}, format="json")
    assert wrong.json()["errors"][0]["field"] == "lines[0].id"
    assert post(client, f"{document.pk}/cancel/").json()["status"] == "cancelled"
    late = client.patch(f"{URL}{document.pk}/", {"reference": "R-8"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_status")


def test_what_cannot_be_inspected(world: World, staff: APIClient) -> None:
    product = world.lot_product()
    document = make_arrived(world, announced(product, 3))
    key = document.lines.get().pk
    good = {"line": key, "quantity": 1, "passed": True}
    postings, events = Posting.objects.count(), Event.objects.count()
    for line, code, field in (
        ({**good, "line": 99}, "unknown_line", "lines[0].line"),
        ({**good, "quantity": 0}, "min_value", "lines[0].quantity"),
        ({**good, "quantity": "2"}, "invalid", "lines[0].quantity"),
        ({**good, "passed": "yes"}, "invalid", "lines[0].passed"),
        ({"line": key, "quantity": 1}, "required", "lines[0].passed"),
        ({**good, "location": "Z-99"}, "unknown_location", "lines[0].location"),
        ({**good, "expires_on": "31.10.2026"}, "invalid", "lines[0].expires_on"),
    ):
        answer = post(staff, f"{document.pk}/inspect/", {"lines": [line]})
        assert answer.status_code == 400
        assert [(one["code"], one["field"]) for one in answer.json()["errors"]] == [(code, field)]
    assert post(staff, f"{document.pk}/inspect/", {"lines": []}).status_code == 400
    assert (Posting.objects.count(), Event.objects.count()) == (postings, events)


def test_nothing_read_and_something_unknown_read(world: World, staff: APIClient) -> None:
    document = make_arrived(world, announced(world.lot_product(), 3))
    inspect(
        document,
        find(document, 1),
        find(document, 1, lot_number="VC-X"),
        find(document, 1, expires_on=A),
    )
    (line,) = staff.get(f"{URL}{document.pk}/").json()["lines"]
    assert [(one["lot_number"], one["expires_on"]) for one in line["dispositions"]] == [
        (None, None),
        ("VC-X", None),
        ("", "2026-10-31"),
    ]
    assert (line["lot_number"], line["expires_on"]) == (None, None)


def test_filters(world: World, client: APIClient, staff: APIClient) -> None:
    make_warehouse("WEST")
    product = world.product()
    put(product, world.bins[0], 9)
    order = shipped_order(world, product, 2)
    first = make_return(world, announced(product, 1), reference="R-1", order=order)
    second = make_arrived(world, announced(product, 1), kind="customer_return")
    for query, found in (
        ("", [first, second]),
        ("?status=arrived", [second]),
        ("?kind=rts", [first]),
        ("?reference=R-1", [first]),
        (f"?order={order.pk}", [first]),
        ("?warehouse=WEST", []),
        ("?search=r-1", [first]),
        (f"?search={second.number}", [second]),
        ("?page_size=1", [first]),
    ):
        results = client.get(f"{URL}{query}").json()["results"]
        assert [one["id"] for one in results] == [one.pk for one in found], query
    assert client.get(f"{URL}?colour=red").status_code == 400
    assert client.get(f"{URL}?status=gone").status_code == 400
    assert len(staff.get(f"{URL}?merchant=ACME").json()["results"]) == 2


def test_a_page_takes_as_many_queries_as_one(
    world: World, client: APIClient, django_assert_max_num_queries: Any
) -> None:
    product = world.product()
    for _ in range(5):
        document = make_arrived(world, announced(product, 2), announced(product, 2))
        inspect(document, find(document, 1), find(document, 1, passed=False))
    with django_assert_max_num_queries(10):
        assert len(client.get(URL).json()["results"]) == 5
