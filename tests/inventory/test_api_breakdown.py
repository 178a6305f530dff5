"""products/{id}/break-down/, and how a product says that it has units without a lot."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Product
from tests.builders import World, make_demand, make_lot, make_merchant, put, stands
from tests.inventory.refused import assert_refused
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = pytest.mark.usefixtures("sound")

LINES = [
    {"lot_number": "VC-A", "expires_on": "2027-01-01", "quantity": 40},
    {"lot_number": "", "expires_on": "2027-09-01", "quantity": 30},
]


@pytest.fixture
def product(world: World) -> Product:
    """40 units in A-01 and 30 in A-02, without a lot."""
    product = world.product("VITAMIN")
    put(product, world.bins[0], 40)
    put(product, world.bins[1], 30)
    return product


@pytest.fixture
def client(world: World) -> Caller:
    return caller(world.merchant)


def url(product: Product) -> str:
    return f"products/{product.pk}/break-down/"


def test_it_works(world: World, product: Product, client: Caller) -> None:
    make_demand(product, 5, world.warehouse)
    answer = client.post(url(product), {"lines": LINES})
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [
            {
                "location": "A-01",
                "location_id": world.bins[0].pk,
                "lot_number": "VC-A",
                "expires_on": "2027-01-01",
                "quantity": 40,
            },
            {
                "location": "A-02",
                "location_id": world.bins[1].pk,
                "lot_number": "",
                "expires_on": "2027-09-01",
                "quantity": 30,
            },
        ],
        "released": 5,
        "unlotted": 0,
        "dry_run": False,
    }
    assert stands(product) == {
        ("A-01", "VC-A"): (40, 5),
        ("A-02", "expiring 2027-09-01"): (30, 0),
    }


def test_the_history_shows_before_and_after(world: World, product: Product, client: Caller) -> None:
    client.post(url(product), {"lines": LINES, "reason": "Read from the boxes"})
    row = client.get(f"inventory/{product.pk}/history/").json()["results"][1]
    lot = {"number": "VC-A", "expires_on": "2027-01-01"}
    assert row["lot"] == row["target_lot"] == {"id": row["lot"]["id"], **lot}
    assert row["source_lot"] is None
    assert (row["kind"], row["quantity"], row["reason"]) == (
        "assign_lot",
        40,
        "Read from the boxes",
    )


def test_a_dry_run_tells_the_plan(product: Product, client: Caller) -> None:
    answer = client.post(url(product), {"lines": LINES, "dry_run": True})
    told = answer.json()
    assert [(one["location"], one["quantity"]) for one in told["results"]] == [
        ("A-01", 40),
        ("A-02", 30),
    ]
    assert (told["unlotted"], told["dry_run"]) == (70, True)
    assert stands(product) == {("A-01", None): (40, 0), ("A-02", None): (30, 0)}


def test_by_location_and_by_warehouse(world: World, product: Product, client: Caller) -> None:
    here = {"location": world.bins[1].pk, "lot_number": "B", "quantity": 30}
    told = client.post(url(product), {"lines": [here]}).json()
    assert told["unlotted"] == 40
    line = {"lot_number": "A", "quantity": 40}
    told = client.post(url(product), {"warehouse": "CHI", "lines": [line]}).json()
    assert told["unlotted"] == 0
    assert stands(product) == {("A-01", "A"): (40, 0), ("A-02", "B"): (30, 0)}


def test_what_is_refused(world: World, product: Product, client: Caller) -> None:
    make_lot(product, "KNOWN", date(2027, 1, 1))
    post = client.post
    with assert_refused("breakdown_does_not_sum") as answers:
        answers(post(url(product), {"lines": LINES[:1]}))
    with assert_refused("other_lot_in_location") as answers:
        split = [LINES[0] | {"quantity": 30}, LINES[1] | {"quantity": 40}]
        answers(post(url(product), {"lines": split}))
    with assert_refused("lot_conflict") as answers:
        line = {"lot_number": "known", "expires_on": "2027-02-01", "quantity": 70}
        answers(post(url(product), {"lines": [line]}))
    with assert_refused("not_found", 404) as answers:
        answers(post(url(product), {"lines": [LINES[0] | {"location": 987_654}]}))
        virtual = world.place("CUSTOMER").pk
        answers(post(url(product), {"lines": [LINES[0] | {"location": virtual}]}))
    assert errors_of(post(url(product), {"lines": []})) == [("lines", "empty")]
    assert errors_of(post(url(product), {"lines": [{"quantity": 70}]})) == [
        ("lines[0].lot_number", "lot_or_expiry_required")
    ]
    assert errors_of(post(url(product), {"warehouse": "NONE", "lines": LINES})) == [
        ("warehouse", "unknown_warehouse")
    ]


def test_another_merchants_product_is_not_there(product: Product) -> None:
    other = caller(make_merchant("NORD"))
    assert_problem(other.post(url(product), {"lines": LINES}), 404, "not_found")


def test_a_product_says_what_has_no_lot(world: World, product: Product, client: Caller) -> None:
    world.lot_product("OTHER")
    path = f"products/{product.pk}/"
    assert client.get(path).json()["unlotted"] == 70

    def skus(query: str) -> list[str]:
        return [one["sku"] for one in client.get(f"products/?{query}").json()["results"]]

    assert skus("lacks_lots=true") == []
    body = {"is_lot_product": True, "return_preferences": {"return_action": "quarantine"}}
    switched = client("patch", path, body)
    assert (switched.json()["is_lot_product"], switched.json()["unlotted"]) == (True, 70)
    assert skus("lacks_lots=true") == ["VITAMIN"]
    assert skus("lacks_lots=false") == ["OTHER"]
    client.post(url(product), {"lines": LINES})
    assert client.get(path).json()["unlotted"] == 0
    assert skus("lacks_lots=true") == []


def test_look_alikes_are_asked_about(product: Product, client: Caller) -> None:
    lines = [
        {"lot_number": number, "quantity": units} for number, units in (("A0", 40), ("AO", 30))
    ]
    assert_problem(client.post(url(product), {"lines": lines}), 409, "lot_looks_like")
    answer = client.post(url(product), {"lines": lines, "confirm_new": True})
    assert answer.status_code == 200
    assert stands(product) == {("A-01", "A0"): (40, 0), ("A-02", "AO"): (30, 0)}
