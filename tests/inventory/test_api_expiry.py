"""expiry/: the same rows and sums as on the page, each merchant its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.services.lot_actions import take_action
from tests.builders import (
    World,
    acting,
    make_bin,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    put,
)
from tests.clock import Clock
from tests.merchants.api import Caller, caller, errors_of
from tests.shipped import ship_units

pytestmark = pytest.mark.django_db

URL = "expiry/"
TODAY = date(2026, 6, 1)


@pytest.fixture
def client(world: World) -> Caller:
    return caller(world.merchant)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_it_works(world: World, client: Caller, clock: Clock) -> None:
    """28 sold in four weeks are one a day: of 40 that have 10 days 30 will be left."""
    product = world.lot_product(unit_value=Decimal("0.0125"))
    lot = world.stock_lot(product, "SOON", in_days(10), 60, 0)
    put(product, world.bins[1], 8, lot)
    ship_units(world, product, 28)
    clock.advance(days=3, hours=2)
    take_action(lot_id=lot.pk, action="promote", **acting())

    answer = client.get(URL)

    assert answer.status_code == 200
    assert answer.json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "lot": {"id": lot.pk, "number": "SOON", "expires_on": "2026-06-11"},
                "product": product.pk,
                "sku": "VITAMIN",
                "name": "Vitamin",
                "received_at": "2026-06-01T09:00:00Z",
                "age_days": 3,
                "age": "0-30",
                "sold": 28,
                "share_sold_percent": 41,
                "last_action": "promote",
                "places": [
                    {
                        "warehouse": "CHI",
                        "on_hand": 40,
                        "bins": 1,
                        "days_remaining": 7,
                        "life": "0-30",
                        "value": 0.5,
                        "sold_in_28_days": 28,
                        "days_of_cover": 40,
                        "left_at_expiry": 33,
                        "suggested_action": "promote",
                        "why": "At the present rate of sale 33 of 40 would be left.",
                    }
                ],
            }
        ],
    }


def numbers(client: Caller, query: str = "") -> dict[str, list[str]]:
    """The numbers of the lots, with the warehouses of each."""
    rows = client.get(URL + query).json()["results"]
    return {row["lot"]["number"]: [one["warehouse"] for one in row["places"]] for row in rows}


@pytest.fixture
def stock(world: World) -> World:
    """Lots of each bucket; GONE and NEAR also in Honolulu, where it is a day earlier.

    Beside them units without a lot, and one at the dock, which are not on hand.
    """
    product = world.lot_product()
    west = make_bin(make_warehouse("WEST", "Pacific/Honolulu"))
    days = {"GONE": -1, "NEAR": 30, "MID": 60, "FAR": 90, "LATE": 180, "LAST": 181, "NEVER": None}
    for place, (number, left) in enumerate(days.items()):
        expires_on = None if left is None else in_days(left)
        lot = world.stock_lot(product, number, expires_on, 10, place)
        if number in ("GONE", "NEAR"):
            put(product, west, 1, lot)
            west = make_bin(west.warehouse, f"B-{place}")
    put(world.product(), world.bins[8], 5)
    return world


def test_buckets_are_of_each_warehouse(stock: World, client: Caller) -> None:
    both = ["CHI", "WEST"]
    assert numbers(client) == {
        "GONE": both,
        "NEAR": both,
        "MID": ["CHI"],
        "FAR": ["CHI"],
        "LATE": ["CHI"],
        "LAST": ["CHI"],
        "NEVER": ["CHI"],
    }
    assert numbers(client, "?life=expired") == {"GONE": ["CHI"]}
    assert numbers(client, "?life=0-30") == {"GONE": ["WEST"], "NEAR": ["CHI"]}
    assert numbers(client, "?life=31-60") == {"NEAR": ["WEST"], "MID": ["CHI"]}
    assert numbers(client, "?life=61-90") == {"FAR": ["CHI"]}
    assert numbers(client, "?life=91-180") == {"LATE": ["CHI"]}
    assert numbers(client, "?life=over-180") == {"LAST": ["CHI"]}
    assert numbers(client, "?life=undated") == {"NEVER": ["CHI"]}


def test_filters(stock: World, client: Caller, clock: Clock) -> None:
    assert numbers(client, "?warehouse=WEST") == {"GONE": ["WEST"], "NEAR": ["WEST"]}
    assert numbers(client, "?warehouse=WEST&within_days=30") == {"GONE": ["WEST"]}
    assert numbers(client, "?within_days=30") == {"GONE": ["WEST"], "NEAR": ["CHI"]}
    assert numbers(client, "?sku=SOAP") == {}
    assert len(numbers(client, "?sku=VITAMIN")) == 7
    assert len(numbers(client, "?age=0-30")) == 7
    assert numbers(client, "?age=31-60") == {}
    clock.advance(days=31)
    assert len(numbers(client, "?age=31-60")) == 7
    assert numbers(client, "?age=unknown") == {}
    assert len(client.get(URL + "?page_size=2").json()["results"]) == 2


def test_the_sums_are_the_units_on_hand(stock: World, client: Caller) -> None:
    told = client.get(URL + "summary/").json()
    by = {name: {one["bucket"]: one["units"] for one in told[name]} for name in ("life", "age")}
    assert told["on_hand"] == 77
    assert by["life"] == {
        "expired": 10,
        "0-30": 11,
        "31-60": 11,
        "61-90": 10,
        "91-180": 10,
        "over-180": 10,
        "undated": 15,
    }
    assert by["age"] == {
        "0-30": 72,
        "31-60": 0,
        "61-90": 0,
        "91-180": 0,
        "over-180": 0,
        "unknown": 5,
    }
    status = client.get("inventory/").json()["results"]
    assert sum(one["on_hand"] for one in status) == 77
    west = client.get(URL + "summary/?warehouse=WEST&life=expired").json()
    assert (west["on_hand"], {one["units"] for one in west["life"]}) == (0, {0})


def test_what_is_not_understood_is_refused(world: World, client: Caller) -> None:
    asked = {
        "life=soon": [("life", "invalid_choice")],
        "age=young": [("age", "invalid_choice")],
        "within_days=-1": [("within_days", "invalid")],
        "within_days=99999": [("within_days", "max_value")],
        "warehouse=MARS": [("warehouse", "unknown_warehouse")],
        "colour=red": [("colour", "unknown_parameter")],
        "merchant=ACME": [("merchant", "unknown_parameter")],
    }
    for query, errors in asked.items():
        assert errors_of(client.get(f"{URL}?{query}")) == errors
        assert errors_of(client.get(f"{URL}summary/?{query}")) == errors


def test_each_merchant_sees_its_own(stock: World, client: Caller) -> None:
    glow = make_merchant("GLOW")
    serum = make_product(glow, "SERUM", is_lot_product=True)
    put(serum, stock.bins[8], 3, make_lot(serum, "S", in_days(5)))
    assert numbers(caller(glow)) == {"S": ["CHI"]}
    assert "S" not in numbers(client)
    assert caller(glow).get(URL + "summary/").json()["on_hand"] == 3
    staff = caller()
    assert len(numbers(staff)) == 8
    assert numbers(staff, "?merchant=GLOW") == {"S": ["CHI"]}
    assert staff.get(URL + "summary/?merchant=GLOW").json()["on_hand"] == 3
    assert staff.get(URL + "summary/").json()["on_hand"] == 80
