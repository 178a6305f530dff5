"""inventory/: the quantities by product and by lot, and the history."""

from datetime import date

import pytest

from inventory.services.holds import place_hold
from tests.builders import (
    World,
    acting,
    make_bin,
    make_demand,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    put,
)
from tests.merchants.api import assert_problem, caller, errors_of

pytestmark = pytest.mark.django_db

ZEROS = {
    "incoming": 0,
    "on_hand": 0,
    "committed": 0,
    "fulfillable": 0,
    "exception": 0,
    "exception_reasons": {},
    "backordered": 0,
    "in_transit": 0,
}


@pytest.fixture
def client(world: World):
    return caller(world.merchant)


@pytest.fixture
def vitamin(world: World):
    """Lot A with 20 units, 8 of them promised; lot B with 10 on hold; 5 of B incoming."""
    product = world.lot_product()
    world.stock_lot(product, "A", date(2026, 10, 1), 20, 0)
    held = world.stock_lot(product, "B", date(2026, 11, 1), 10, 1)
    place_hold(target=held, reason="Recall", **acting())
    make_supply(product, 5, world.warehouse, held)
    make_demand(product, 8, world.warehouse)
    return product


def test_it_works(vitamin, client):
    product = {
        **ZEROS,
        "product": vitamin.pk,
        "sku": "VITAMIN",
        "name": vitamin.name,
        "incoming": 5,
        "on_hand": 30,
        "committed": 8,
        "fulfillable": 12,
        "exception": 10,
        "exception_reasons": {"hold": 10},
    }
    assert client.get("inventory/").json() == {
        "next": None,
        "previous": None,
        "results": [product],
    }
    assert client.get(f"inventory/{vitamin.pk}/").json() == product


def test_by_lot(vitamin, client):
    a, b = vitamin.lots.order_by("number")
    assert client.get(f"inventory/{vitamin.pk}/lots/").json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                **ZEROS,
                "lot": {
                    "id": a.pk,
                    "number": "A",
                    "expires_on": "2026-10-01",
                    "days_remaining": 122,
                },
                "on_hand": 20,
                "committed": 8,
                "fulfillable": 12,
            },
            {
                **ZEROS,
                "lot": {
                    "id": b.pk,
                    "number": "B",
                    "expires_on": "2026-11-01",
                    "days_remaining": 153,
                },
                "incoming": 5,
                "on_hand": 10,
                "exception": 10,
                "exception_reasons": {"hold": 10},
            },
        ],
    }


def test_units_without_a_lot_come_last(world, client):
    soap = world.product()
    put(soap, world.bins[0], 3)
    (row,) = client.get(f"inventory/{soap.pk}/lots/").json()["results"]
    assert row == {**ZEROS, "lot": None, "on_hand": 3, "fulfillable": 3}


def test_a_warehouse_narrows_the_quantities_and_not_the_products(vitamin, client):
    west = make_warehouse("WEST")
    put(vitamin, make_bin(west), 7, vitamin.lots.get(number="A"))
    (row,) = client.get("inventory/?warehouse=WEST").json()["results"]
    assert (row["on_hand"], row["fulfillable"], row["exception"]) == (7, 7, 0)
    assert client.get(f"inventory/{vitamin.pk}/?warehouse=WEST").json() == row
    (lot,) = client.get(f"inventory/{vitamin.pk}/lots/?warehouse=WEST").json()["results"]
    assert lot["on_hand"] == 7
    assert client.get(f"inventory/{vitamin.pk}/").json()["on_hand"] == 37
    for path in ("", f"{vitamin.pk}/", f"{vitamin.pk}/lots/"):
        for code in ("MOON", "%00"):
            answer = client.get(f"inventory/{path}?warehouse={code}")
            assert errors_of(answer) == [("warehouse", "unknown_warehouse")]


def test_filters(vitamin, world, client):
    world.product("SOAP")

    def skus(query):
        return [row["sku"] for row in client.get(f"inventory/?{query}").json()["results"]]

    assert skus("") == ["VITAMIN", "SOAP"]
    assert skus("sku=SOAP") == ["SOAP"]
    assert skus("search=vita") == ["VITAMIN"]
    assert errors_of(client.get("inventory/?lot=A")) == [("lot", "unknown_parameter")]
    for path in ("", "lots/", "history/"):
        answer = client.get(f"inventory/{vitamin.pk}/{path}?sku=SOAP")
        assert errors_of(answer) == [("sku", "unknown_parameter")]


def test_pages(vitamin, world, client):
    world.product("SOAP")
    first = client.get("inventory/?page_size=1").json()
    assert [row["sku"] for row in first["results"]] == ["VITAMIN"]
    second = client.get(first["next"]).json()
    assert [row["sku"] for row in second["results"]] == ["SOAP"]
    assert second["next"] is None
    assert client.get(second["previous"]).json()["results"] == first["results"]
    assert errors_of(client.get("inventory/?page_size=201")) == [("page_size", "invalid")]


def test_history_is_newest_first(world, client):
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "A", date(2026, 10, 1), 20, 0)
    put(vitamin, world.bins[0], -2, lot)

    answer = client.get(f"inventory/{vitamin.pk}/history/").json()

    lost, found = answer["results"]
    stamped = {"id": lot.pk, "number": "A", "expires_on": "2026-10-01"}
    assert lost == {
        "kind": "adjust",
        "reference": "",
        "lot": stamped,
        "source_lot": stamped,
        "target_lot": stamped,
        "source": "A-01",
        "target": "ADJUSTMENT",
        "quantity": 2,
        "actor": "house",
        "reason": found["reason"],
        "occurred_at": "2026-06-01T09:00:00Z",
    }
    assert (found["source"], found["target"], found["quantity"]) == ("ADJUSTMENT", "A-01", 20)
    page = client.get(f"inventory/{vitamin.pk}/history/?page_size=1").json()
    assert page["results"] == [lost]
    assert client.get(page["next"]).json()["results"] == [found]


def test_another_merchants_product_answers_like_none(vitamin):
    nord = caller(make_merchant("NORD"))
    for path in ("", "lots/", "history/"):
        foreign = nord.get(f"inventory/{vitamin.pk}/{path}")
        assert_problem(foreign, 404, "not_found")
        assert foreign.content == nord.get(f"inventory/999999/{path}").content
    assert nord.get("inventory/").json()["results"] == []
    assert len(caller().get("inventory/?merchant=ACME").json()["results"]) == 1


def test_the_number_of_queries_does_not_grow(vitamin, world, client, django_assert_num_queries):
    paths = ("inventory/", f"inventory/{vitamin.pk}/lots/", f"inventory/{vitamin.pk}/history/")
    budgets = (7, 9, 3)
    client.get("inventory/")
    for _ in range(2):
        for path, budget in zip(paths, budgets, strict=True):
            with django_assert_num_queries(budget):
                client.get(path)
        for index in range(3):
            product = make_product(world.merchant, f"P-{index}-{vitamin.lots.count()}")
            put(product, world.bins[2 + index], 1)
            world.stock_lot(vitamin, f"L{index}", date(2027, 1, 1), 1, 5 + index)
