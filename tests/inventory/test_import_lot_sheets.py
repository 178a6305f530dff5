"""Breakdowns, and lots activated and deactivated, by spreadsheet."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Lot, Product
from tests.builders import World, make_demand, make_lot, make_merchant, make_product, put, stands
from tests.inventory.admin import browser, html, member_of, says
from tests.inventory.sheets import confirm, faults, make, outcome, preview

pytestmark = pytest.mark.usefixtures("sound")

BREAKDOWN = "/admin/inventory/product/break-down/import/"
ACTIVITY = "/admin/inventory/lot/activity/import/"
PORTIONS = ["sku", "warehouse", "location", "lot_number", "expires_on", "quantity"]
STATES = ["merchant", "sku", "lot_number", "expires_on", "is_active", "reason"]
SOON = date(2026, 9, 1)


@pytest.fixture
def product(world: World) -> Product:
    """40 units in A-01 and 30 in A-02, without a lot."""
    product = world.product("VITAMIN")
    put(product, world.bins[0], 40)
    put(product, world.bins[1], 30)
    return product


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_breakdown(world: World, product: Product, kind: str) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[2], 7)
    client, whose = browser(), {"merchant": world.merchant.pk}
    rows = [
        ["VITAMIN", "CHI", "A-01", "VC-A", "2026-09-01", 40],
        ["VITAMIN", "chi", "A-02", "VC-B", "", 30],
        ["SOAP", "", "", "", "2027-01-01", 7],
    ]
    seen = preview(client, BREAKDOWN, make(kind, PORTIONS, *rows), f"file.{kind}", **whose)
    assert outcome(seen) == {"update": 3}
    assert "40 without a lot → VC-A 2026-09-01" in html(seen)
    assert not Lot.objects.exists()
    done = confirm(client, seen, BREAKDOWN)
    assert says(done) == ["77 units without a lot are of 3 lots now."]
    assert stands(product) == {("A-01", "VC-A"): (40, 0), ("A-02", "VC-B"): (30, 0)}
    assert stands(soap) == {("A-03", "expiring 2027-01-01"): (7, 0)}


def test_a_breakdown_with_mistakes(world: World, product: Product) -> None:
    make_product(make_merchant("NORD"), "THEIRS")
    client, whose = browser(), {"merchant": world.merchant.pk}
    rows = [
        ["VITAMIN", "CHI", "A-01", "VC-A", "soon", 0],
        ["THEIRS", "", "", "A", "", 1],
        ["VITAMIN", "", "A-01", "A", "", 1],
        ["VITAMIN", "CHI", "NOWHERE", "A", "", 1],
        ["VITAMIN", "MARS", "", "A", "", 1],
    ]
    seen = preview(client, BREAKDOWN, make("csv", PORTIONS, *rows), **whose)
    assert faults(seen) == [
        (2, "expires_on", "soon", "ambiguous_date"),
        (2, "quantity", "0", "min_value"),
        (3, "sku", "THEIRS", "unknown_sku"),
        (4, "warehouse", "", "unknown_warehouse"),
        (5, "location", "NOWHERE", "unknown_location"),
        (6, "warehouse", "MARS", "unknown_warehouse"),
    ]
    rows = [["VITAMIN", "CHI", "A-01", "A", "", 40], ["VITAMIN", "CHI", "A-02", "", "", 30]]
    seen = preview(client, BREAKDOWN, make("csv", PORTIONS, *rows), **whose)
    assert faults(seen) == [(3, "lot_number", "", "lot_or_expiry_required")]
    seen = preview(client, BREAKDOWN, make("csv", PORTIONS, [*rows[0][:5], 39]), **whose)
    assert "stand without a lot at A-01; the breakdown has 39." in html(seen)
    assert not Lot.objects.exists()


def test_a_breakdown_with_look_alikes(world: World, product: Product) -> None:
    client, whose = browser(), {"merchant": world.merchant.pk}
    rows = [["VITAMIN", "CHI", "A-01", "A0", "", 40], ["VITAMIN", "CHI", "A-02", "AO", "", 30]]
    seen = preview(client, BREAKDOWN, make("csv", PORTIONS, *rows), **whose)
    assert "AO looks like the lot A0." in html(seen)
    seen = preview(client, BREAKDOWN, make("csv", PORTIONS, *rows), confirm_new="on", **whose)
    assert outcome(seen) == {"update": 2}
    confirm(client, seen, BREAKDOWN)
    assert stands(product) == {("A-01", "A0"): (40, 0), ("A-02", "AO"): (30, 0)}


def test_activity(world: World) -> None:
    product = world.lot_product()
    first = world.stock_lot(product, "A", SOON, 10, 0)
    world.stock_lot(product, "B", date(2027, 9, 1), 3, 1)
    idle = make_lot(product, "", date(2028, 1, 1), is_active=False)
    demand = make_demand(product, 5, world.warehouse)
    client = browser()
    rows = [
        ["ACME", "VITAMIN", " a ", "", "no", "Recalled"],
        ["acme", "VITAMIN", "B", "2027-09-01", "yes", ""],
        ["ACME", "VITAMIN", "", "2028-01-01", "yes", ""],
    ]
    seen = preview(client, ACTIVITY, make("csv", STATES, *rows))
    assert outcome(seen) == {"update": 2, "skip": 1}
    told = "5 promised units are taken back, 3 are promised anew, and 2 are backordered then."
    assert told in html(seen)
    assert "It touches ORD-000001." in html(seen)
    demand.refresh_from_db()
    assert (demand.allocated, Lot.objects.get(pk=first.pk).is_active) == (5, True)
    done = confirm(client, seen, ACTIVITY)
    assert says(done) == [f"2 lots changed, 1 were so already. {told} It touches ORD-000001."]
    first.refresh_from_db()
    idle.refresh_from_db()
    demand.refresh_from_db()
    assert (first.is_active, idle.is_active, demand.allocated) == (False, True, 3)
    assert first.history.first().history_change_reason == "Recalled"
    page = html(client.get(f"/admin/inventory/lot/{first.pk}/history/"))
    assert "<div>Recalled</div>" in page


def test_activity_that_touches_no_order_or_many(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", SOON, 20, 0)
    row = ["ACME", "VITAMIN", "A", "", "no", "Expired"]
    client = browser()
    seen = preview(client, ACTIVITY, make("csv", STATES, row))
    assert "No open order gains or loses units." in html(seen)
    for number in range(11):
        make_demand(product, 1, world.warehouse, number=f"ORD-0000{number:02}")
    seen = preview(client, ACTIVITY, make("csv", STATES, row))
    assert "ORD-000009 and 1 more." in html(seen)
    assert Lot.objects.get(pk=lot.pk).is_active


def test_activity_with_mistakes(world: World) -> None:
    product = world.lot_product()
    make_lot(product, "A", SOON)
    client = browser()
    rows = [
        ["ACME", "VITAMIN", "A", "", "no", ""],
        ["ACME", "VITAMIN", "A", "2027-01-01", "yes", ""],
        ["ACME", "VITAMIN", "X", "", "yes", ""],
        ["ACME", "NONE", "A", "", "yes", ""],
        ["NONE", "VITAMIN", "A", "", "perhaps", "x" * 101],
    ]
    seen = preview(client, ACTIVITY, make("csv", STATES, *rows))
    assert faults(seen) == [
        (2, "reason", "", "required"),
        (3, "expires_on", "2027-01-01", "unknown_lot"),
        (4, "lot_number", "X", "unknown_lot"),
        (5, "sku", "NONE", "unknown_sku"),
        (6, "merchant", "NONE", "unknown_merchant"),
        (6, "is_active", "perhaps", "invalid_choice"),
        (6, "reason", "x" * 60 + "…", "value_too_long"),
    ]
    row = ["ACME", "VITAMIN", "A", "", "yes", ""]
    seen = preview(client, ACTIVITY, make("csv", STATES, row, row))
    assert faults(seen) == [(3, "lot_number", "A", "duplicate_row")]
    seen = preview(client, ACTIVITY, make("csv", STATES, row))
    assert "there is nothing to import" in html(seen)


def test_who_may(world: World) -> None:
    associate, care = member_of("associate"), member_of("merchant care")
    assert [associate.get(one).status_code for one in (BREAKDOWN, ACTIVITY)] == [200, 403]
    assert [care.get(one).status_code for one in (BREAKDOWN, ACTIVITY)] == [403, 200]
