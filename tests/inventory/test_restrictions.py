"""Lots that may go to some countries or through some channels only."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Demand, Lot
from inventory.restrictions import kept
from inventory.services.lots import update_lot
from merchants.models import Event
from tests.builders import World, acting, house, make_demand, make_lot, promised
from tests.inventory.admin import browser, errors, html, page
from tests.merchants.api import caller, errors_of
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

SOON, LATE = date(2027, 1, 1), date(2027, 2, 1)


def restrict(lot: Lot, **fields: Any) -> Lot:
    return update_lot(lot_id=lot.pk, fields=fields, **acting())


@pytest.fixture
def lot(world: World) -> Lot:
    """EU, 9 units in A-01; OPEN expires later and has 9 in A-02."""
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "OPEN", LATE, 9, 1)
    return world.stock_lot(vitamin, "EU", SOON, 9, 0)


def demand(of: Lot, world: World, quantity: int = 3, **fields: Any) -> Demand:
    return make_demand(of.product, quantity, world.warehouse, **fields)


# How they are written -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("only_countries", " fr, de;DE\nat ", "AT DE FR"),
        ("never_countries", "", ""),
        ("only_channels", "FBA dtc", "dtc fba"),
    ],
)
def test_codes_are_kept_sorted_each_once(name: str, typed: str, expected: str) -> None:
    assert kept(name, typed) == expected


def test_it_works(world: World, lot: Lot) -> None:
    changed = restrict(lot, only_countries="fr de", never_countries="us", only_channels="B2B")
    lot.refresh_from_db()
    assert changed == lot
    assert (lot.only_countries, lot.never_countries, lot.only_channels) == ("DE FR", "US", "b2b")
    before, after = lot.history.all()[1], lot.history.all()[0]
    assert (before.only_countries, after.only_countries) == ("", "DE FR")
    assert after.history_user == house()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"only_countries": "DE Germany"}, "only_countries", "invalid_country"),
        ({"never_countries": "D3"}, "never_countries", "invalid_country"),
        ({"only_channels": "web"}, "only_channels", "invalid_choice"),
        ({"only_countries": "DE FR", "never_countries": "fr"}, "never_countries", "contradiction"),
    ],
)
def test_codes_that_cannot_be_meant(
    lot: Lot, fields: dict[str, str], field: str, code: str
) -> None:
    with refused("invalid") as error:
        restrict(lot, **fields)
    assert [(one["field"], one["code"]) for one in error.value.errors] == [(field, code)]


# What they do -------------------------------------------------------------------------------------


def test_orders_get_what_may_go_to_them(world: World, lot: Lot) -> None:
    restrict(lot, only_countries="DE FR", only_channels="dtc")
    assert promised(demand(lot, world, country="DE")) == {"A-01": 3}
    assert promised(demand(lot, world, country="US", quantity=1)) == {"A-02": 1}
    assert promised(demand(lot, world, country="DE", channel="b2b", quantity=1)) == {"A-02": 1}
    assert promised(demand(lot, world, quantity=1)) == {"A-02": 1}


def test_a_tighter_restriction_takes_promises_back_at_once(world: World, lot: Lot) -> None:
    german = demand(lot, world, country="DE", number="ORD-1")
    american = demand(lot, world, country="US", number="ORD-2")
    business = demand(lot, world, country="DE", channel="b2b", number="ORD-3")
    nowhere = demand(lot, world, 1, number="ORD-4", lot=lot)
    assert [promised(one) for one in (german, american, business)] == [{"A-01": 3}] * 3
    assert promised(nowhere) == {}  # nothing is left of it
    restrict(lot, never_countries="US")
    assert promised(american) == {"A-02": 3}
    restrict(lot, never_countries="US", only_channels="dtc")
    assert [promised(one) for one in (german, business)] == [{"A-01": 3}, {"A-02": 3}]
    # The line that names the lot and no country waits until the lot may go anywhere.
    assert promised(nowhere) == {}
    restrict(lot, never_countries="", only_channels="")
    assert promised(nowhere) == {"A-01": 1}
    told = Event.objects.filter(topic="order.allocated").order_by("id")
    assert [one.object for one in told][-3:] == ["ORD-2", "ORD-3", "ORD-4"]


def test_a_single_lot_line_loses_all_of_it_together(world: World, lot: Lot) -> None:
    line = demand(lot, world, 5, country="US", single_lot=True)
    restrict(lot, only_countries="DE")
    assert promised(line) == {"A-02": 5}


def test_another_change_of_the_lot_takes_nothing_back(world: World, lot: Lot) -> None:
    line = demand(lot, world, country="US")
    restrict(lot, supplier_number="X-1")
    assert promised(line) == {"A-01": 3}
    assert not Event.objects.filter(topic="order.backordered").exists()


# The API and the admin ----------------------------------------------------------------------------


def test_the_api_has_them_as_lists(world: World, lot: Lot) -> None:
    client = caller(world.merchant)
    line = demand(lot, world, country="US")
    sent = {"only_countries": ["fr", "DE", "DE"], "only_channels": ["fba", "dtc"]}
    answer = client.patch(f"lots/{lot.pk}/", sent)
    assert answer.status_code == 200
    told = {**sent, "only_countries": ["DE", "FR"], "only_channels": ["dtc", "fba"]}
    assert {name: answer.json()[name] for name in sent} == told
    assert answer.json()["never_countries"] == []
    assert promised(line) == {"A-02": 3}
    body = {"sku": "VITAMIN", "number": "NEW", "never_countries": ["us"]}
    assert client.post("lots/", body).json()["never_countries"] == ["US"]
    assert client.patch(f"lots/{lot.pk}/", {"only_countries": []}).json()["only_countries"] == []


def test_the_api_names_what_is_wrong(world: World, lot: Lot) -> None:
    client = caller(world.merchant)
    sent = {"only_countries": ["DE", "Germany"], "never_countries": "US", "only_channels": ["web"]}
    assert errors_of(client.patch(f"lots/{lot.pk}/", sent)) == [
        ("only_countries[1]", "invalid_country"),
        ("never_countries", "not_a_list"),
        ("only_channels[0]", "invalid_choice"),
    ]
    both = {"only_countries": ["DE"], "never_countries": ["DE"]}
    assert errors_of(client.patch(f"lots/{lot.pk}/", both)) == [
        ("never_countries", "contradiction")
    ]
    lot.refresh_from_db()
    assert (lot.only_countries, lot.never_countries) == ("", "")


def form(**changes: str) -> dict[str, str]:
    return {"number": "EU", "expires_on": "2027-01-01", "date_kind": "use_by"} | {
        "is_active": "on",
        **changes,
    }


def test_they_are_set_on_the_lots_page(world: World, lot: Lot) -> None:
    line = demand(lot, world, country="US")
    client = browser()
    response = client.post(page("lot_change", lot.pk), form(only_countries="de, fr"))
    assert response.status_code == 302
    lot.refresh_from_db()
    assert lot.only_countries == "DE FR"
    assert promised(line) == {"A-02": 3}
    assert "Where it may go" in html(client.get(page("lot_change", lot.pk)))
    wrong = client.post(page("lot_change", lot.pk), form(only_countries="Germany"))
    assert errors(wrong) == {"only_countries": ["GERMANY: a country has two letters, such as DE."]}


def test_a_new_lot_may_be_restricted(world: World) -> None:
    lot = make_lot(world.lot_product(), "EU", SOON, only_countries="de")
    assert Lot.objects.get(pk=lot.pk).only_countries == "DE"
