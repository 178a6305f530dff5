"""The second walk of the seeds: each step of a WMS guide to lots, and all that can break it.

The product exists before it is tracked by lot, and so do units of it without a lot.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.merchants.api import Caller, assert_problem, errors_of
from tests.walk import SKU, Walk, assert_ledger_agrees, key, make_house, make_walk, ok

LOT = {"sku": SKU, "number": "VC-2026-10-A", "expires_on": "2026-10-31", "is_active": True}
TRACKED = {"is_lot_product": True, "return_preferences": {"return_action": "quarantine"}}


@pytest.fixture
def walk(db: None) -> Any:
    """With 20 units of the product in A-01-01, not yet tracked by lot."""
    walk = make_walk(make_house())
    receive(walk, 20, "A-01-01")
    yield walk
    assert_ledger_agrees()


@pytest.fixture
def tracked(walk: Walk) -> Walk:
    ok(walk.merchant.patch(product_path(walk), TRACKED))
    return walk


def receive(walk: Walk, units: int, location: str) -> None:
    line = {"sku": SKU, "quantity": units}
    wro = {"warehouse": "CHI", "lines": [line], "submit": True}
    path = f"wros/{ok(walk.merchant.post('wros/', wro), 201)['id']}/"
    ok(walk.staff.post(path + "arrive/"))
    ok(walk.staff.post(path + "receive/", {"lines": [line]}))
    ok(walk.staff.post(path + "stow/", {"lines": [{**line, "location": location}]}))
    ok(walk.staff.post(path + "complete/"))


def product_path(walk: Walk) -> str:
    return f"products/{walk.product['id']}/"


def make_lot(walk: Walk, **fields: Any) -> str:
    """The path of a new lot."""
    return f"lots/{ok(walk.merchant.post('lots/', LOT | fields), 201)['id']}/"


def location_id(walk: Walk, name: str) -> int:
    (found,) = ok(walk.merchant.get(f"locations/?warehouse=CHI&name={name}"))["results"]
    assert (found["pickable"], found["sellable"]) == (True, True)
    return int(found["id"])


def assign(walk: Walk, lot: str, location: str, **fields: Any) -> Any:
    body = {"location": location_id(walk, location), **fields}
    return walk.merchant.post(lot + "assign-to-location/", body)


# The steps of the guide ---------------------------------------------------------------------------


def test_1_the_settings_of_the_account(walk: Walk) -> None:
    settings = {
        "is_active": True,
        "rotation": "fefo",
        "picking_disabled_days": 0,
        "dtc_min_shelf_life_days": 0,
        "b2b_min_shelf_life_days": 0,
        "fba_min_shelf_life_days": 0,
        "verify_lot": False,
        "digest_email": "",
        "exclude_expired_from_available": True,
    }
    assert ok(walk.merchant.get("settings/lot-tracking/")) == settings
    changed = {"picking_disabled_days": 14, "verify_lot": True}
    assert ok(walk.merchant.patch("settings/lot-tracking/", changed)) == settings | changed
    never = walk.merchant.patch("settings/lot-tracking/", {"exclude_expired_from_available": False})
    assert_problem(never, 409, "expired_never_available")


def test_2_the_sku_becomes_lot_tracked(walk: Walk) -> None:
    (found,) = ok(walk.merchant.get(f"products/?sku={SKU}"))["results"]
    assert (found["is_lot_product"], found["return_preferences"]["return_action"]) == (
        False,
        "restock",
    )
    asks = walk.merchant.patch(product_path(walk), {"is_lot_product": True})
    assert_problem(asks, 409, "restock_not_supported_for_lot_product")
    assert ok(walk.merchant.get(product_path(walk)))["is_lot_product"] is False
    told = ok(walk.merchant.patch(product_path(walk), TRACKED))
    assert told["is_lot_product"] is True
    assert told["return_preferences"] == {
        "return_action": "quarantine",
        "return_backup_action": "quarantine",
        "rts_action": "restock",
        "rts_backup_action": "quarantine",
        "instructions": "",
    }
    assert walk.in_bins() == [("A-01-01", None, 20, 0)]


def test_3_and_4_a_lot_is_looked_for_and_created(tracked: Walk) -> None:
    assert ok(tracked.merchant.get(f"lots/?sku={SKU}"))["results"] == []
    made = ok(tracked.merchant.post("lots/", LOT), 201)
    assert made == {
        "id": made["id"],
        **LOT,
        "supplier_number": "",
        "supplier": "",
        "production_run": "",
        "manufactured_on": None,
        "only_countries": [],
        "never_countries": [],
        "only_channels": [],
        "received_at": None,
        "merged_into": None,
        "also_known_as": [],
        "days_remaining": 152,
        "locations": [],
    }
    assert ok(tracked.merchant.get(f"lots/?sku={SKU}"))["results"] == [made]
    assert tracked.in_bins() == [("A-01-01", None, 20, 0)]


def test_5_and_6_a_lot_is_assigned_and_absorbs_what_stands_there(tracked: Walk) -> None:
    path = f"item-locations/?sku={SKU}&warehouse=CHI&has_inventory=true"
    (standing,) = ok(tracked.merchant.get(path))["results"]
    assert standing == {
        "sku": SKU,
        "location": "A-01-01",
        "location_id": location_id(tracked, "A-01-01"),
        "warehouse": "CHI",
        "lot": None,
        "on_hand": 20,
        "committed": 0,
    }
    lot = make_lot(tracked)
    body = {"location": standing["location_id"]}
    told = ok(tracked.merchant.post(lot + "assign-to-location/", body))
    assert told["locations"] == [
        {
            "location": "A-01-01",
            "location_id": standing["location_id"],
            "warehouse": "CHI",
            "on_hand": 20,
            "committed": 0,
        }
    ]
    assert tracked.in_bins() == [("A-01-01", "VC-2026-10-A", 20, 0)]
    assert tracked.lots() == {"VC-2026-10-A": {"on_hand": 20, "fulfillable": 20}}


def test_6_where_nothing_stands_a_balance_of_0_is_made(tracked: Walk) -> None:
    lot = make_lot(tracked)
    told = ok(assign(tracked, lot, "A-01-03"))
    assert [(one["location"], one["on_hand"]) for one in told["locations"]] == [("A-01-03", 0)]
    empty = ok(tracked.merchant.get(f"item-locations/?sku={SKU}&has_inventory=false"))["results"]
    assert ("A-01-03", 0) in [(one["location"], one["on_hand"]) for one in empty]
    assert ok(tracked.merchant.get(lot))["received_at"] is None


def test_6_a_stated_number_is_stamped(tracked: Walk) -> None:
    lot = make_lot(tracked)
    ok(assign(tracked, lot, "A-01-01", quantity=15))
    assert sorted(tracked.in_bins(), key=str) == [
        ("A-01-01", "VC-2026-10-A", 15, 0),
        ("A-01-01", None, 5, 0),
    ]
    assert_problem(assign(tracked, lot, "A-01-01", quantity=6), 409, "insufficient_stock")
    ok(assign(tracked, lot, "A-01-01", quantity=None))
    assert tracked.in_bins() == [("A-01-01", "VC-2026-10-A", 20, 0)]


def test_7_one_lot_is_corrected(tracked: Walk) -> None:
    lot = make_lot(tracked)
    told = ok(tracked.merchant.patch(lot, {"expires_on": "2026-11-30", "is_active": True}))
    assert (told["expires_on"], told["is_active"], told["days_remaining"]) == (
        "2026-11-30",
        True,
        182,
    )
    other = {"sku": "VITAMIN-D3-120CT", "name": "Vitamin D3", **TRACKED}
    ok(tracked.merchant.post("products/", other), 201)
    moved = ok(tracked.merchant.patch(lot, {"number": "VC-A", "sku": "VITAMIN-D3-120CT"}))
    assert (moved["number"], moved["sku"]) == ("VC-A", "VITAMIN-D3-120CT")


def test_8_lots_are_deactivated_and_reactivated_together(tracked: Walk) -> None:
    first, second = make_lot(tracked), make_lot(tracked, number="VC-2026-12-B")
    ok(assign(tracked, first, "A-01-01"))
    ids = [int(path.split("/")[1]) for path in (first, second)]
    told = ok(tracked.merchant.post("lots/bulk-update/", {"ids": ids, "is_active": False}))
    assert [(one["id"], one["is_active"]) for one in told["results"]] == [
        (one, False) for one in ids
    ]
    assert tracked.lots() == {"VC-2026-10-A": {"on_hand": 20, "exception": 20}}
    inactive = ok(tracked.merchant.get(f"lots/?sku={SKU}&is_active=false"))["results"]
    assert [one["id"] for one in inactive] == ids
    ok(tracked.merchant.post("lots/bulk-update/", {"ids": ids, "is_active": True}))
    assert tracked.lots() == {"VC-2026-10-A": {"on_hand": 20, "fulfillable": 20}}


def test_9_a_lot_is_deleted_until_it_was_received(tracked: Walk) -> None:
    lot = make_lot(tracked)
    gone = tracked.merchant("delete", lot)
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(tracked.merchant.get(lot), 404, "not_found")
    assert ok(tracked.merchant.get(f"lots/?sku={SKU}"))["results"] == []

    received = make_lot(tracked)
    ok(assign(tracked, received, "A-01-01"))
    assert_problem(tracked.merchant("delete", received), 409, "lot_already_received")
    assert len(ok(tracked.merchant.get(f"lots/?sku={SKU}"))["results"]) == 1


# What can break this flow -------------------------------------------------------------------------


def wro_of(**line: Any) -> dict[str, Any]:
    return {"warehouse": "CHI", "lines": [{"sku": SKU, "quantity": 5, **line}], "submit": True}


def test_the_sku_must_be_lot_tracked_first(walk: Walk) -> None:
    lots = [{"number": "VC-2026-10-A", "expires_on": "2026-10-31", "quantity": 5}]
    refused = walk.merchant.post("wros/", wro_of(lots=lots))
    assert errors_of(refused) == [("lines[0].lots", "not_a_lot_product")]
    ok(walk.merchant.patch(product_path(walk), TRACKED))
    ok(walk.merchant.post("wros/", wro_of(lots=lots)), 201)


def test_lot_tracking_must_be_active_for_the_account_too(tracked: Walk) -> None:
    refused = tracked.merchant.post("wros/", wro_of())
    assert errors_of(refused) == [("lines[0].lots", "lots_required")]
    ok(tracked.merchant.patch("settings/lot-tracking/", {"is_active": False}))
    ok(tracked.merchant.post("wros/", wro_of()), 201)


def test_names_are_unique_per_sku_and_account(tracked: Walk) -> None:
    make_lot(tracked)
    for number in ("VC-2026-10-A", " vc-2026-10-a "):
        refused = tracked.merchant.post("lots/", LOT | {"number": number})
        assert_problem(refused, 409, "lot_number_taken")
    second = make_lot(tracked, number="VC-2026-12-B")
    refused = tracked.merchant.patch(second, {"number": "VC-2026-10-A"})
    assert_problem(refused, 409, "lot_number_taken")
    assert ok(tracked.merchant.get(second))["number"] == "VC-2026-12-B"

    ok(tracked.staff.post("merchants/", {"code": "LUMEN", "name": "Lumen"}), 201)
    other = key("--merchant", "LUMEN")
    ok(other.post("products/", {"sku": SKU, "name": "Another Vitamin C", **TRACKED}), 201)
    ok(other.post("lots/", LOT), 201)


def test_both_ids_must_be_ones_that_the_key_may_see(tracked: Walk) -> None:
    lot = make_lot(tracked)
    ok(tracked.staff.post("merchants/", {"code": "LUMEN", "name": "Lumen"}), 201)
    stranger: Caller = key("--merchant", "LUMEN")
    body = {"location": location_id(tracked, "A-01-01")}
    path = lot + "assign-to-location/"
    assert_problem(stranger.post(path, body), 404, "not_found")
    assert_problem(tracked.merchant.post(path, {"location": 999_999}), 404, "not_found")
    assert errors_of(tracked.merchant.post(path, {"location": "A-01-01"})) == [
        ("location", "invalid")
    ]
    assert tracked.in_bins() == [("A-01-01", None, 20, 0)]


def test_the_sku_must_be_in_the_warehouse(tracked: Walk) -> None:
    east = {"code": "NJ", "name": "Newark", "timezone": "America/New_York"}
    ok(tracked.staff.post("warehouses/", east), 201)
    place = ok(tracked.staff.post("locations/", {"name": "B-01", "warehouse": "NJ"}), 201)
    path = make_lot(tracked) + "assign-to-location/"
    refused = tracked.merchant.post(path, {"location": place["id"]})
    assert_problem(refused, 409, "product_not_in_warehouse")


def test_a_location_with_another_lot_is_refused(tracked: Walk) -> None:
    ok(assign(tracked, make_lot(tracked), "A-01-01"))
    second = make_lot(tracked, number="VC-2026-12-B")
    assert_problem(assign(tracked, second, "A-01-01"), 409, "other_lot_in_location")
    assert tracked.in_bins() == [("A-01-01", "VC-2026-10-A", 20, 0)]


def test_a_bulk_update_changes_nothing_else(tracked: Walk) -> None:
    lot = int(make_lot(tracked).split("/")[1])
    body = {"ids": [lot], "is_active": False, "expires_on": "2027-01-01"}
    refused = tracked.merchant.post("lots/bulk-update/", body)
    assert errors_of(refused) == [("expires_on", "unknown_field")]
    unknown = {"ids": [lot, 999_999], "is_active": False}
    assert_problem(tracked.merchant.post("lots/bulk-update/", unknown), 404, "not_found")
    assert ok(tracked.merchant.get(f"lots/{lot}/"))["is_active"] is True


def test_a_received_lot_stays_with_its_sku(tracked: Walk) -> None:
    ok(tracked.merchant.post("products/", {"sku": "D3", "name": "D3", **TRACKED}), 201)
    lot = make_lot(tracked)
    ok(assign(tracked, lot, "A-01-01"))
    assert_problem(tracked.merchant.patch(lot, {"sku": "D3"}), 409, "lot_already_received")


def test_a_lot_that_a_wro_names_is_not_deleted(tracked: Walk) -> None:
    lots = [{"number": "VC-2026-10-A", "expires_on": "2026-10-31", "quantity": 5}]
    wro = ok(tracked.merchant.post("wros/", wro_of(lots=lots)), 201)
    (lot,) = ok(tracked.merchant.get(f"lots/?wro={wro['number']}"))["results"]
    assert_problem(tracked.merchant("delete", f"lots/{lot['id']}/"), 409, "lot_in_use")
