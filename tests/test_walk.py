"""The walk of the seeds: a lot comes in, is seen, goes out first-expired-first-out, and comes back.

Over the REST API alone, from an empty database and a key that `create_api_key --staff` printed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.merchants.api import assert_problem
from tests.walk import DAYS, EARLY, LATE, SKU, Walk, assert_ledger_agrees, make_house, make_walk, ok


@pytest.fixture
def walk(db: None) -> Any:
    """With the lot product, of which nothing was ever there."""
    yield make_walk(make_house(), is_lot_product=True)
    assert_ledger_agrees()


# The steps ----------------------------------------------------------------------------------------


def announce(walk: Walk) -> dict[str, Any]:
    """A draft with both lots, submitted."""
    body = {
        "reference": "PO-1",
        "warehouse": "CHI",
        "expected_arrival_on": "2026-06-03",
        "boxes": [{"tracking_number": "1Z-1"}, {"tracking_number": "1Z-2"}],
        "lines": [
            {
                "sku": SKU,
                "quantity": 30,
                "lots": [
                    {"number": "VC-2026-10-A", "expires_on": "2026-10-31", "quantity": 10},
                    {"number": "VC-2027-03-B", "expires_on": "2027-03-31", "quantity": 20},
                ],
            }
        ],
    }
    draft = ok(walk.merchant.post("wros/", body), 201)
    assert (draft["status"], draft["number"]) == ("draft", f"WRO-{draft['id']:06d}")
    assert (walk.inventory(), walk.lots()) == ({}, {})
    submitted: dict[str, Any] = ok(walk.merchant.post(f"wros/{draft['id']}/submit/"))
    assert submitted["status"] == "awaiting"
    assert walk.inventory() == {"incoming": 30}
    assert walk.lots() == {"VC-2026-10-A": {"incoming": 10}, "VC-2027-03-B": {"incoming": 20}}
    return submitted


def bring_in(walk: Walk) -> None:
    """Announced, arrived, received and stowed apart, the early lot into A-01-01."""
    path = f"wros/{announce(walk)['id']}/"
    assert ok(walk.staff.post(path + "arrive/"))["status"] == "arrived"
    counted = [{"sku": SKU, **EARLY, "quantity": 10}, {"sku": SKU, **LATE, "quantity": 20}]
    received = ok(walk.staff.post(path + "receive/", {"lines": counted}))
    assert received["status"] == "processing"
    assert (received["lines"][0]["received"], received["lines"][0]["stowed"]) == (30, 0)
    assert walk.inventory() == {"incoming": 30}
    assert_problem(walk.staff.post(path + "complete/"), 409, "units_at_dock")
    together = [
        {"sku": SKU, **EARLY, "quantity": 10, "location": "A-01-01"},
        {"sku": SKU, **LATE, "quantity": 20, "location": "A-01-01"},
    ]
    refused = walk.staff.post(path + "stow/", {"lines": together})
    assert_problem(refused, 409, "other_lot_in_location")
    apart = [together[0], {**together[1], "location": "A-01-02"}]
    stowed = ok(walk.staff.post(path + "stow/", {"lines": apart}))
    assert (stowed["lines"][0]["received"], stowed["lines"][0]["stowed"]) == (30, 30)
    completed = ok(walk.staff.post(path + "complete/"))
    assert (completed["status"], completed["discrepancies"]) == ("completed", [])


def order(walk: Walk, quantity: int) -> dict[str, Any]:
    body = {
        "ship_to": {"name": "Ada", "country": "US"},
        "lines": [{"sku": SKU, "quantity": quantity}],
    }
    made: dict[str, Any] = ok(walk.merchant.post("orders/", body), 201)
    return made


def ship(walk: Walk) -> dict[str, Any]:
    """Four units of the early lot went to a customer."""
    made = order(walk, 4)
    shipped: dict[str, Any] = ok(walk.staff.post(f"orders/{made['id']}/ship/"))
    assert shipped["status"] == "shipped"
    return shipped


def come_back(walk: Walk, shipped: dict[str, Any], kind: str) -> str:
    """Two of the units are at the door again; the path of the return."""
    body = {"kind": kind, "order": shipped["id"], "lines": [{"sku": SKU, "quantity": 2, **EARLY}]}
    announced = ok(walk.merchant.post("returns/", body), 201)
    assert (announced["status"], announced["warehouse"]) == ("awaiting", "CHI")
    path = f"returns/{announced['id']}/"
    assert ok(walk.staff.post(path + "arrive/"))["status"] == "arrived"
    return path


def inspect(walk: Walk, path: str, quantity: int = 2, *, passed: bool = True) -> Any:
    """What was done with the units, by the inspection."""
    line = ok(walk.merchant.get(path))["lines"][0]["id"]
    found = {"line": line, "quantity": quantity, "passed": passed, **EARLY}
    told = ok(walk.staff.post(path + "inspect/", {"lines": [found]}))
    assert told["status"] == "processing"
    return told["lines"][0]["dispositions"]


def done(quantity: int, location: str, rule: str, action: str, why: str) -> dict[str, Any]:
    return {
        "action": action,
        "rule": rule,
        "explanation": why,
        "quantity": quantity,
        **EARLY,
        "location": location,
    }


# The walk -----------------------------------------------------------------------------------------


def test_a_lot_comes_in_and_is_seen(walk: Walk) -> None:
    bring_in(walk)
    assert walk.inventory() == {"on_hand": 30, "fulfillable": 30}
    rows = ok(walk.merchant.get(f"inventory/{walk.product['id']}/lots/"))["results"]
    early, late = (row["lot"] for row in rows)
    assert early == {
        "id": early["id"],
        "number": "VC-2026-10-A",
        "expires_on": "2026-10-31",
        "days_remaining": DAYS,
    }
    assert (late["number"], late["expires_on"], late["days_remaining"]) == (
        "VC-2027-03-B", "2027-03-31", DAYS + 151
    )  # fmt: skip
    assert [(row["on_hand"], row["fulfillable"]) for row in rows] == [(10, 10), (20, 20)]
    assert walk.in_bins() == [
        ("A-01-01", "VC-2026-10-A", 10, 0),
        ("A-01-02", "VC-2027-03-B", 20, 0),
    ]
    history = ok(walk.merchant.get(f"inventory/{walk.product['id']}/history/"))["results"]
    assert [(one["kind"], one["source"], one["target"], one["quantity"]) for one in history] == [
        ("stow", "DOCK", "A-01-02", 20),
        ("stow", "DOCK", "A-01-01", 10),
        ("receive", "SUPPLIER", "DOCK", 20),
        ("receive", "SUPPLIER", "DOCK", 10),
    ]


def test_an_order_takes_the_earlier_lot(walk: Walk) -> None:
    bring_in(walk)
    (line,) = order(walk, 4)["lines"]
    assert line["allocations"] == [{**EARLY, "location": "A-01-01", "quantity": 4}]
    assert (line["backordered"], line["skipped"]) == (0, [])
    assert walk.lots() == {
        "VC-2026-10-A": {"on_hand": 10, "committed": 4, "fulfillable": 6},
        "VC-2027-03-B": {"on_hand": 20, "fulfillable": 20},
    }
    (line,) = order(walk, 8)["lines"]
    assert line["allocations"] == [
        {**EARLY, "location": "A-01-01", "quantity": 6},
        {**LATE, "location": "A-01-02", "quantity": 2},
    ]


def test_it_is_shipped_and_comes_back_into_its_lot(walk: Walk) -> None:
    bring_in(walk)
    shipped = ship(walk)
    assert shipped["shipments"][0]["lines"] == [{"sku": SKU, **EARLY, "quantity": 4}]
    assert (shipped["lines"][0]["shipped"], shipped["lines"][0]["allocations"]) == (4, [])
    assert walk.lots() == {
        "VC-2026-10-A": {"on_hand": 6, "fulfillable": 6},
        "VC-2027-03-B": {"on_hand": 20, "fulfillable": 20},
    }
    path = come_back(walk, shipped, "rts")
    why = "The product's preference for RTS is to restock them."
    assert inspect(walk, path) == [done(2, "A-01-01", "preference", "restock", why)]
    assert ok(walk.staff.post(path + "complete/"))["status"] == "completed"
    assert walk.in_bins() == [("A-01-01", "VC-2026-10-A", 8, 0), ("A-01-02", "VC-2027-03-B", 20, 0)]
    (again,) = order(walk, 8)["lines"]
    assert again["allocations"] == [{**EARLY, "location": "A-01-01", "quantity": 8}]


@pytest.mark.parametrize(
    ("minimum", "backup", "expected"),
    [
        (DAYS, "dispose", ("restock", "preference", "A-01-01")),  # so many days exactly are enough
        (DAYS + 1, "quarantine", ("quarantine", "below_min_shelf_life", "QUARANTINE")),
        (DAYS + 1, "dispose", ("dispose", "below_min_shelf_life", "DISPOSED")),
    ],
)
def test_below_the_minimum_shelf_life_the_backup_action_happens(
    walk: Walk, minimum: int, backup: str, expected: tuple[str, str, str]
) -> None:
    bring_in(walk)
    path = come_back(walk, ship(walk), "rts")
    change = {
        "min_shelf_life_days": minimum,
        "return_preferences": {"rts_backup_action": backup},
    }
    ok(walk.merchant.patch(f"products/{walk.product['id']}/", change))
    (made,) = inspect(walk, path)
    assert (made["action"], made["rule"], made["location"]) == expected
    if expected[0] != "restock":
        needed = f"Lot VC-2026-10-A has 152 days remaining and needs {minimum}."
        assert made["explanation"].startswith(needed)
    in_quarantine = {"QUARANTINE": 2}.get(expected[2], 0)
    cases = ok(walk.staff.get("quarantine/"))["results"]
    assert sum(one["quantity"] for one in cases) == in_quarantine
    assert walk.lots()["VC-2026-10-A"]["on_hand"] == 10 - 4 + (2 if expected[0] != "dispose" else 0)


def test_the_same_unit_as_a_customer_return_is_never_restocked(walk: Walk) -> None:
    bring_in(walk)
    shipped = ship(walk)
    asked = {
        "kind": "customer_return",
        "order": shipped["id"],
        "lines": [{"sku": SKU, "quantity": 2, "requested_action": "restock"}],
    }
    refused = walk.merchant.post("returns/", asked)
    assert_problem(refused, 409, "restock_not_supported_for_lot_product")
    preferences = {"return_preferences": {"return_action": "restock"}}
    refused = walk.merchant.patch(f"products/{walk.product['id']}/", preferences)
    assert_problem(refused, 409, "restock_not_supported_for_lot_product")

    path = come_back(walk, shipped, "customer_return")
    why = "The product's preference for customer returns is to quarantine them."
    assert inspect(walk, path) == [done(2, "QUARANTINE", "preference", "quarantine", why)]
    assert walk.lots()["VC-2026-10-A"] == {"on_hand": 8, "fulfillable": 6, "exception": 2}
    (case,) = ok(walk.staff.get("quarantine/"))["results"]
    assert (case["quantity"], case["source"], case["may_be_released"]) == (
        2,
        "customer_return",
        False,
    )
    reason = {"reason": "They look new."}
    case_path = f"quarantine/{case['id']}/"
    assert_problem(walk.staff.post(case_path + "release/", reason), 409, "not_releasable")
    ok(walk.staff.post(case_path + "dispose/", {"quantity": 1, "reason": "Opened."}))
    ok(walk.staff.post(case_path + "return-to-merchant/", {"reason": "They asked for it."}))
    assert ok(walk.staff.get("quarantine/"))["results"] == []
    assert walk.lots()["VC-2026-10-A"] == {"on_hand": 6, "fulfillable": 6}


def test_more_than_was_shipped_never_comes_back(walk: Walk) -> None:
    bring_in(walk)
    shipped = ship(walk)
    come_back(walk, shipped, "rts")
    body = {"kind": "rts", "order": shipped["id"], "lines": [{"sku": SKU, "quantity": 3}]}
    assert_problem(walk.merchant.post("returns/", body), 409, "more_than_shipped")
