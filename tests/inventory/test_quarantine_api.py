"""quarantine/ of the REST API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import CaseSource, Movement, Product, QuarantineCase
from inventory.services.stock import Units, move
from tests.builders import World, acting, api, balance, make_bin, make_merchant, make_warehouse, put

A = date(2026, 10, 31)
URL = "/api/v1/quarantine/"


@pytest.fixture
def staff(world: World) -> APIClient:
    return api()


@pytest.fixture
def product(world: World) -> Product:
    return world.lot_product()


@pytest.fixture
def case(world: World, product: Product) -> QuarantineCase:
    lot = world.stock_lot(product, "VC-A", A, 10, 0)
    move(
        units=Units(product.pk, lot.pk, 6),
        source_id=world.bins[0].pk,
        target_id=world.place("QUARANTINE").pk,
        reason="smells",
        **acting(),
    )
    return QuarantineCase.objects.get()


def post(client: APIClient, case: QuarantineCase, verb: str, **body: Any) -> Any:
    return client.post(f"{URL}{case.pk}/{verb}/", body, format="json")


def test_it_works(world: World, case: QuarantineCase, product: Product) -> None:
    answer = api(world.merchant).get(URL)
    assert answer.status_code == 200
    lot = case.balance.lot
    assert answer.json()["results"] == [
        {
            "id": case.pk,
            "sku": "VITAMIN",
            "lot": {"id": lot.pk, "number": "VC-A", "expires_on": "2026-10-31"},
            "location": "QUARANTINE",
            "warehouse": "CHI",
            "quantity": 6,
            "source": "move",
            "reference": "",
            "reason": "smells",
            "may_be_released": True,
            "opened_at": "2026-06-01T09:00:00Z",
        }
    ]


@pytest.mark.parametrize("location", ["A-01", "id", None])
def test_release(
    world: World, case: QuarantineCase, product: Product, staff: APIClient, location: str | None
) -> None:
    named: Any = world.bins[0].pk if location == "id" else location
    answer = post(staff, case, "release", quantity=4, location=named, reason="aired")
    assert (answer.status_code, answer.json()["quantity"]) == (200, 2)
    assert balance(product, world.bins[0], case.balance.lot).on_hand == 8
    posting = Movement.objects.latest("id").posting
    assert (posting.kind, posting.reason) == ("release", "aired")


def test_all_units_where_no_quantity_is_given(
    world: World, case: QuarantineCase, product: Product, staff: APIClient
) -> None:
    answer = post(staff, case, "dispose", reason="spoiled")
    assert (answer.status_code, answer.json()["quantity"]) == (200, 0)
    assert balance(product, world.place("DISPOSED"), case.balance.lot).on_hand == 6
    assert staff.get(URL).json()["results"] == []
    again = post(staff, case, "dispose", reason="spoiled")
    assert (again.status_code, again.json()["code"]) == (409, "insufficient_stock")


def test_return_to_merchant(
    world: World, case: QuarantineCase, product: Product, staff: APIClient
) -> None:
    answer = post(staff, case, "return-to-merchant", quantity=6, reason="asked for")
    assert (answer.status_code, answer.json()["quantity"]) == (200, 0)
    assert balance(product, world.place("MERCHANT"), case.balance.lot).on_hand == 6


def refused(staff: APIClient, case: QuarantineCase, verb: str, **body: Any) -> Any:
    before = Movement.objects.count()
    answer = post(staff, case, verb, **body)
    assert Movement.objects.count() == before
    case.refresh_from_db()
    assert case.quantity == case.opened_quantity
    problem = answer.json()
    first = (problem.get("errors") or [{}])[0]
    return answer.status_code, first.get("code", problem["code"]), first.get("field")


def test_refusals(world: World, case: QuarantineCase, staff: APIClient) -> None:
    elsewhere = make_bin(make_warehouse("WEST"), "W-01")
    good = {"quantity": 1, "reason": "aired", "location": "A-01"}
    for change, expected in (
        ({"reason": ""}, (400, "required", "reason")),
        ({"quantity": 0}, (400, "min_value", "quantity")),
        ({"quantity": 7}, (409, "insufficient_stock", None)),
        ({"location": "W-01"}, (400, "unknown_location", "location")),
        ({"location": elsewhere.pk}, (400, "unknown_location", "location")),
        ({"location": True}, (400, "invalid", "location")),
        ({"location": "DOCK"}, (409, "wrong_location_kind", None)),
        ({"colour": "red"}, (400, "unknown_field", "colour")),
    ):
        assert refused(staff, case, "release", **(good | change)) == expected, change


def test_a_bin_with_another_lot_is_refused(
    world: World, case: QuarantineCase, product: Product, staff: APIClient
) -> None:
    world.stock_lot(product, "VC-B", A, 1, 1)
    code = refused(staff, case, "release", quantity=1, reason="aired", location="A-02")[1]
    assert code == "other_lot_in_location"


def test_without_a_free_bin_a_location_must_be_named(
    world: World, case: QuarantineCase, product: Product, staff: APIClient
) -> None:
    soap = world.product()
    put(product, world.bins[0], -4, case.balance.lot)
    for location in world.bins:
        put(soap, location, 1)
    assert refused(staff, case, "release", quantity=1, reason="aired")[1] == "no_location_free"
    answer = post(staff, case, "release", quantity=1, reason="aired", location="A-03")
    assert answer.status_code == 200


def test_a_merchant_looks_on(world: World, case: QuarantineCase) -> None:
    client = api(world.merchant)
    assert client.get(f"{URL}{case.pk}/").json()["id"] == case.pk
    for verb in ("release", "dispose", "return-to-merchant"):
        assert post(client, case, verb, nonsense=1).status_code == 404
    outsider = api(make_merchant("OTHER"))
    assert outsider.get(URL).json()["results"] == []
    assert outsider.get(f"{URL}{case.pk}/").status_code == 404


def test_filters(world: World, case: QuarantineCase, staff: APIClient) -> None:
    for query, found in (
        ("?sku=VITAMIN&warehouse=CHI&source=move", 1),
        ("?sku=SOAP", 0),
        ("?warehouse=WEST", 0),
        (f"?source={CaseSource.RTS}", 0),
        ("?merchant=ACME", 1),
    ):
        assert len(staff.get(f"{URL}{query}").json()["results"]) == found, query
    assert staff.get(f"{URL}?colour=red").status_code == 400
