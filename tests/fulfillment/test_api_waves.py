"""waves/: staff choose, release, watch, interrupt and pick."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fulfillment.models import Wave
from fulfillment.tasks import run_wave
from tests.builders import World
from tests.fulfillment.orders import line, make_open_order, make_order, status
from tests.fulfillment.waves import run
from tests.merchants.api import Caller, assert_problem, caller, errors_of

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


@pytest.fixture
def stocked(world: World) -> World:
    """VITAMIN: EARLY 4 units in A-02, LATE 2 in A-01; three open orders of 3 units."""
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "LATE", LATE, 2, 0)
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    for priority in (0, 2, 1):
        make_open_order(world.merchant, line(vitamin, 3), priority=priority)
    return world


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


def test_it_works(stocked: World, staff: Caller) -> None:
    made = ok(staff.post("waves/", {"merchant": "ACME", "channel": "dtc"}), 201)
    wave = Wave.objects.get()
    assert made == {
        "id": wave.pk,
        "number": wave.number,
        "status": "open",
        "merchant": "ACME",
        "warehouse": None,
        "channel": "dtc",
        "ship_by": None,
        "min_priority": None,
        "is_chosen_by_hand": False,
        "failure": None,
        "progress": {"orders": 3, "done": 0},
        "created_at": "2026-06-01T09:00:00Z",
        "released_at": None,
        "completed_at": None,
        "results": {
            "covered": 0,
            "short": 0,
            "left": 3,
            "cancelled": 0,
            "short_lines": 0,
            "units": 9,
            "allocated": 0,
            "shipped": 0,
        },
    }
    assert ok(staff.post(f"waves/{wave.pk}/release/"))["status"] == "released"
    run_wave.call(wave_id=wave.pk)
    told = ok(staff.get(f"waves/{wave.pk}/"))
    assert (told["status"], told["progress"]) == ("completed", {"orders": 3, "done": 3})
    assert told["results"] == {
        "covered": 2,
        "short": 1,
        "left": 0,
        "cancelled": 0,
        "short_lines": 1,
        "units": 9,
        "allocated": 6,
        "shipped": 0,
    }
    (listed,) = ok(staff.get("waves/?status=completed"))["results"]
    assert listed == {name: value for name, value in told.items() if name != "results"}
    assert ok(staff.get("waves/?status=open"))["results"] == []


def test_it_is_released_in_the_same_call(stocked: World, staff: Caller) -> None:
    made = ok(staff.post("waves/", {"release": True}), 201)
    assert (made["status"], made["released_at"]) == ("released", "2026-06-01T09:00:00Z")


def test_its_orders_by_place_and_the_short_ones_with_their_reasons(
    stocked: World, staff: Caller
) -> None:
    wave = ok(staff.post("waves/", {"min_priority": 0}), 201)["id"]
    run(Wave.objects.get())
    vitamin = stocked.merchant.products.get()
    stocked.stock_lot(vitamin, "GONE", date(2026, 5, 1), 5, 4)
    page = ok(staff.get(f"waves/{wave}/orders/?page_size=2"))
    assert [(one["position"], one["status"]) for one in page["results"]] == [
        (1, "allocated"),
        (2, "allocated"),
    ]
    (last,) = ok(staff.get(page["next"]))["results"]
    assert (last["position"], last["status"], last["merchant"]) == (3, "backordered", "ACME")
    (short,) = ok(staff.get(f"waves/{wave}/orders/?short=true"))["results"]
    assert short == last
    (told,) = short["lines"]
    assert (told["sku"], told["quantity"], told["backordered"]) == ("VITAMIN", 3, 3)
    assert [(one["lot_number"], one["reason"]) for one in told["skipped"]] == [("GONE", "expired")]
    covered = ok(staff.get(f"waves/{wave}/orders/?short=false"))["results"]
    assert [one["position"] for one in covered] == [1, 2]
    assert errors_of(staff.get(f"waves/{wave}/orders/?short=maybe")) == [("short", "invalid")]


def test_the_pick_list_is_in_walking_order(stocked: World, staff: Caller) -> None:
    wave = ok(staff.post("waves/", {}), 201)["id"]
    run(Wave.objects.get())
    page = ok(staff.get(f"waves/{wave}/pick-list/"))
    assert (page["next"], page["previous"]) == (None, None)
    seen = [
        (one["warehouse"], one["location"], one["lot_number"], one["quantity"], one["orders"])
        for one in page["results"]
    ]
    assert seen == [("CHI", "A-01", "LATE", 2, 1), ("CHI", "A-02", "EARLY", 4, 2)]


def test_it_is_interrupted_resumed_and_cancelled(stocked: World, staff: Caller) -> None:
    wave = ok(staff.post("waves/", {"release": True}), 201)["id"]
    assert ok(staff.post(f"waves/{wave}/interrupt/"))["status"] == "interrupted"
    assert_problem(staff.post(f"waves/{wave}/interrupt/"), 409, "wave_not_under_way")
    assert ok(staff.post(f"waves/{wave}/release/"))["status"] == "released"
    assert_problem(staff.post(f"waves/{wave}/release/"), 409, "wave_under_way")
    told = ok(staff.post(f"waves/{wave}/cancel/"))
    assert (told["status"], told["progress"], told["results"]["left"]) == (
        "cancelled",
        {"orders": 3, "done": 0},
        3,
    )
    assert_problem(staff.post(f"waves/{wave}/cancel/"), 409, "already_cancelled")


def test_what_a_wave_cannot_take_is_refused(stocked: World, staff: Caller) -> None:
    vitamin = stocked.merchant.products.get()
    released = make_order(stocked.merchant, line(vitamin, 1))
    left = make_open_order(stocked.merchant, line(vitamin, 1))
    assert_problem(staff.post("waves/", {"channel": "fba"}), 409, "no_open_orders")
    assert_problem(staff.post("waves/", {"orders": [released.pk]}), 409, "order_not_open")
    assert ok(staff.post("waves/", {"orders": [left.pk]}), 201)["is_chosen_by_hand"]
    assert_problem(staff.post("waves/", {"orders": [left.pk]}), 409, "already_in_wave")
    assert_problem(staff.post("waves/", {"orders": [987_654]}), 404, "not_found")
    assert (Wave.objects.count(), status(left)) == (1, "open")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"merchant": "NOBODY"}, ("merchant", "unknown_merchant")),
        ({"warehouse": "MOON"}, ("warehouse", "unknown_warehouse")),
        ({"channel": "mail"}, ("channel", "invalid_choice")),
        ({"ship_by": "soon"}, ("ship_by", "invalid")),
        ({"min_priority": "high"}, ("min_priority", "invalid")),
        ({"orders": []}, ("orders", "empty")),
        ({"orders": ["1"]}, ("orders[0]", "invalid")),
        ({"release": "yes"}, ("release", "invalid")),
        ({"pickers": 2}, ("pickers", "unknown_field")),
    ],
)
def test_a_wrong_field_is_named(world: World, staff: Caller, body: Any, error: Any) -> None:
    assert errors_of(staff.post("waves/", body)) == [error]
    assert not Wave.objects.exists()


def test_a_merchants_key_is_told_that_there_are_no_waves(stocked: World, staff: Caller) -> None:
    wave = ok(staff.post("waves/", {}), 201)["id"]
    mine = caller(stocked.merchant)
    for path in ("waves/", f"waves/{wave}/", f"waves/{wave}/orders/", f"waves/{wave}/pick-list/"):
        assert_problem(mine.get(path), 404, "not_found")
    assert_problem(mine.post("waves/", {}), 404, "not_found")
    assert Wave.objects.get().status == "open"
