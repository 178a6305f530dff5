"""What API.md promises for each resource, as a stranger would test it; the walks test the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Product
from receiving.models import WRO
from tests.builders import World, make_merchant, put
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.refusals import state

PREFERENCES = {
    "return_action": "restock",
    "return_backup_action": "quarantine",
    "rts_action": "restock",
    "rts_backup_action": "quarantine",
    "instructions": "",
}


@pytest.fixture
def vitamin(world: World) -> Product:
    """EARLY 5 units in A-01."""
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", date(2026, 10, 31), 5, 0)
    return vitamin


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


def lot(number: str = "", expires_on: str | None = None, quantity: int = 2) -> dict[str, Any]:
    return {"number": number, "expires_on": expires_on, "quantity": quantity}


def wro(*lots: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The body of a WRO of VITAMIN."""
    units = sum(one.get("quantity", 0) for one in lots) or 1
    line = {"sku": "VITAMIN", "quantity": units, "lots": list(lots)}
    return {"warehouse": "CHI", "lines": [line], **fields}


def arrived(merchant: Caller, staff: Caller, *lots: dict[str, Any]) -> str:
    """The path of a WRO at the door."""
    path = f"wros/{ok(merchant.post('wros/', wro(*lots, submit=True)), 201)['id']}/"
    ok(staff.post(path + "arrive/"))
    return path


# Only what is marked * is required ----------------------------------------------------------------


def test_the_least_of_a_product(merchant: Caller) -> None:
    told = ok(merchant.post("products/", {"sku": "A", "name": "Any"}), 201)
    assert told == {
        "id": told["id"],
        "sku": "A",
        "name": "Any",
        "barcode": "",
        "is_lot_product": False,
        "lot_entry": "either",
        "rotation": None,
        "min_shelf_life_days": None,
        **dict.fromkeys(("length_in", "width_in", "height_in", "weight_oz", "unit_value")),
        "zone": "",
        "is_ftl": False,
        "ftl_category": "",
        "return_preferences": PREFERENCES,
        "unlotted": 0,
    }


def test_the_least_of_a_location_and_the_kinds_there_are(staff: Caller) -> None:
    told = ok(staff.post("locations/", {"name": "B", "warehouse": "CHI"}), 201)
    assert told == {
        "id": told["id"],
        "name": "B",
        "warehouse": "CHI",
        "kind": "storage",
        "pickable": True,
        "sellable": True,
        "mixed": False,
        "pick_sequence": 0,
        "zone": "",
        "capacity_in3": None,
    }
    assert_problem(staff.post("locations/", {"name": "B", "warehouse": "CHI"}), 409, "name_taken")
    for kind in ("dock", "quarantine", "damaged"):
        body = {"name": kind, "warehouse": "CHI", "kind": kind}
        told = ok(staff.post("locations/", body), 201)
        assert (told["mixed"], told["pickable"], told["sellable"]) == (True, False, False)
    virtual = {"name": "V", "warehouse": "CHI", "kind": "supplier"}
    assert errors_of(staff.post("locations/", virtual)) == [("kind", "invalid_choice")]


def test_a_warehouse_comes_with_its_places(staff: Caller) -> None:
    body = {"code": "NJ", "name": "Newark", "timezone": "America/New_York"}
    made = ok(staff.post("warehouses/", body), 201)
    assert made == {"id": made["id"], **body}
    places = ok(staff.get("locations/?warehouse=NJ"))["results"]
    assert [(one["name"], one["kind"]) for one in places] == [
        ("DOCK", "dock"),
        ("QUARANTINE", "quarantine"),
        ("DAMAGED", "damaged"),
    ]
    assert errors_of(staff.post("warehouses/", {**body, "code": "MA", "timezone": "Mars"})) == [
        ("timezone", "invalid")
    ]


def test_a_new_merchant_has_the_defaults(staff: Caller) -> None:
    ok(staff.post("merchants/", {"code": "NEW", "name": "New"}), 201)
    assert ok(staff.get("settings/lot-tracking/?merchant=NEW")) == {
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


def test_the_least_of_documents(vitamin: Product, merchant: Caller) -> None:
    line = {"sku": "VITAMIN", "quantity": 1}
    order = ok(merchant.post("orders/", {"lines": [line]}), 201)
    assert (order["status"], order["warehouse"], order["channel"]) == ("allocated", "CHI", "dtc")
    draft = ok(merchant.post("wros/", wro(lot("NEXT"))), 201)
    assert (draft["status"], draft["package_type"], draft["boxes"]) == ("draft", "box", [])
    back = {"kind": "rts", "lines": [line]}
    assert errors_of(merchant.post("returns/", back)) == [("warehouse", "required")]
    told = ok(merchant.post("returns/", {**back, "warehouse": "CHI"}), 201)
    assert (told["status"], told["order"]) == ("awaiting", None)
    assert told["lines"][0]["requested_action"] == "default"


# Nested objects merge -----------------------------------------------------------------------------


def test_return_preferences_merge(vitamin: Product, merchant: Caller) -> None:
    path = f"products/{vitamin.pk}/"
    change = {"return_preferences": {"rts_action": "dispose"}}
    told = ok(merchant.patch(path, change))["return_preferences"]
    assert told == PREFERENCES | {"return_action": "quarantine", "rts_action": "dispose"}
    backup = {"return_preferences": {"return_backup_action": "restock"}}
    assert errors_of(merchant.patch(path, backup)) == [
        ("return_preferences.return_backup_action", "invalid_choice")
    ]


def test_the_lots_of_a_draft_merge(vitamin: Product, merchant: Caller) -> None:
    body = wro(lot("NEXT", "2027-10-31", 2), lot("", "2028-01-31", 4))
    path = f"wros/{ok(merchant.post('wros/', body), 201)['id']}/"
    lots = [{"number": "NEXT", "quantity": 3}, {"expires_on": "2028-01-31"}]
    told = ok(merchant.patch(path, {"lines": [{"sku": "VITAMIN", "quantity": 7, "lots": lots}]}))
    assert told["lines"][0]["lots"] == [lot("NEXT", "2027-10-31", 3), lot("", "2028-01-31", 4)]
    undated = [{"number": "NEXT", "expires_on": None}, {"expires_on": "2028-01-31"}]
    told = ok(merchant.patch(path, {"lines": [{"sku": "VITAMIN", "lots": undated}]}))
    assert told["lines"][0]["lots"] == [lot("NEXT", None, 3), lot("", "2028-01-31", 4)]


# WROs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (wro(), ("lines[0].lots", "lots_required")),
        (wro(lot()), ("lines[0].lots[0]", "lot_or_expiry_required")),
        (wro(lot(" ")), ("lines[0].lots[0]", "lot_or_expiry_required")),
        (
            {"warehouse": "CHI", "lines": [{"sku": "VITAMIN", "quantity": 3, "lots": [lot("N")]}]},
            ("lines[0].lots", "lots_do_not_sum"),
        ),
        (wro(lot("N"), boxes=[{}] * 51), ("boxes", "too_many_boxes")),
    ],
)
def test_a_wro_with_wrong_lots(
    vitamin: Product, merchant: Caller, body: dict[str, Any], error: tuple[str, str]
) -> None:
    before = state()
    for submit in (False, True):
        assert errors_of(merchant.post("wros/", {**body, "submit": submit})) == [error]
    assert state()["receiving.WRO"] == before["receiving.WRO"]


def test_a_known_number_with_another_expiry(
    vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    conflict = wro(lot("early", "2027-10-31"))
    assert_problem(merchant.post("wros/", {**conflict, "submit": True}), 409, "lot_conflict")
    assert WRO.objects.count() == 0
    draft = ok(merchant.post("wros/", conflict), 201)
    assert_problem(merchant.post(f"wros/{draft['id']}/submit/"), 409, "lot_conflict")
    assert ok(merchant.get(f"wros/{draft['id']}/"))["status"] == "draft"

    path = arrived(merchant, staff, lot("EARLY", "2026-10-31"))
    wrong = {"sku": "VITAMIN", "lot_number": "EARLY", "expires_on": "2027-10-31", "quantity": 2}
    (found,) = ok(staff.post(path + "receive/", {"lines": [wrong]}))["discrepancies"]
    assert found == {"id": found["id"], "type": "expiry_mismatch", "status": "open", **wrong}
    (case,) = ok(staff.get("quarantine/"))["results"]
    assert (case["quantity"], case["lot"], case["source"]) == (2, None, "receiving")


def test_an_unknown_lot_at_receipt_is_made(
    vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    path = arrived(merchant, staff, lot("NEXT", "2027-10-31"))
    assert ok(merchant.get("lots/?number=NEXT"))["results"][0]["received_at"] is None
    read = {"sku": "VITAMIN", "lot_number": "OTHER", "expires_on": None, "quantity": 1}
    (found,) = ok(staff.post(path + "receive/", {"lines": [read]}))["discrepancies"]
    assert (found["type"], found["lot_number"], found["quantity"]) == ("lot_mismatch", "OTHER", 1)
    (made,) = ok(merchant.get("lots/?number=OTHER"))["results"]
    assert [one["location"] for one in made["locations"]] == ["QUARANTINE"]


def test_more_than_received_and_units_at_the_dock(
    vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    path = arrived(merchant, staff, lot("NEXT", "2027-10-31", 4))
    count = {"sku": "VITAMIN", "lot_number": "NEXT", "quantity": 3}
    told = ok(staff.post(path + "receive/", {"lines": [{**count, "condition": "good"}]}))
    assert (told["lines"][0]["received"], told["lines"][0]["stowed"]) == (3, 0)
    for lines in ([{**count, "quantity": 4}], [{**count, "quantity": 2}] * 2):
        to_a_bin = {"lines": [{**one, "location": "A-05"} for one in lines]}
        assert_problem(staff.post(path + "stow/", to_a_bin), 409, "more_than_received")
    taken = {"lines": [{**count, "location": "A-01"}]}
    assert_problem(staff.post(path + "stow/", taken), 409, "other_lot_in_location")
    assert_problem(staff.post(path + "complete/"), 409, "units_at_dock")
    ok(staff.post(path + "stow/", {"lines": [{**count, "location": "A-05"}]}))
    (short,) = ok(staff.post(path + "complete/"))["discrepancies"]
    assert (short["type"], short["quantity"]) == ("short", 1)
    assert ok(merchant.get(f"inventory/{vitamin.pk}/"))["incoming"] == 0


# Orders -------------------------------------------------------------------------------------------


def test_an_open_order_waits_for_a_wave(vitamin: Product, merchant: Caller, staff: Caller) -> None:
    body = {"lines": [{"sku": "VITAMIN", "quantity": 9}], "allocate": False}
    made = ok(merchant.post("orders/", body), 201)
    assert (made["status"], made["warehouse"], made["lines"][0]["backordered"]) == ("open", None, 0)
    path = f"orders/{made['id']}/"
    assert_problem(staff.post(path + "ship/"), 409, "nothing_allocated")
    told = ok(staff.post(path + "allocate/"))
    assert (told["status"], told["warehouse"]) == ("backordered", "CHI")
    assert told["lines"][0]["backordered"] == 4


def test_the_largest_order_leaves_the_figures_whole(
    vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    body = {"lines": [{"sku": "VITAMIN", "quantity": 2**31 - 1}]}
    for _ in range(3):
        ok(merchant.post("orders/", body), 201)
    told = ok(merchant.get(f"inventory/{vitamin.pk}/"))
    assert (told["committed"], told["backordered"]) == (5, 3 * (2**31 - 1) - 5)
    (lot, none) = ok(merchant.get(f"inventory/{vitamin.pk}/lots/"))["results"]
    assert (lot["backordered"], none["backordered"]) == (0, told["backordered"])


def test_skipped_lots_are_told_also_on_a_covered_line(
    world: World, vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    world.stock_lot(vitamin, "OLD", date(2026, 5, 31), 3, 1)
    world.stock_lot(vitamin, "SHORT", date(2026, 6, 23), 3, 2)
    line = {"sku": "VITAMIN", "quantity": 5, "min_shelf_life_days": 30}
    made = ok(merchant.post("orders/", {"lines": [line]}), 201)
    assert made["status"] == "allocated"
    assert [tuple(one.values()) for one in made["lines"][0]["skipped"]] == [
        ("OLD", "2026-05-31", "expired", "expired 2026-05-31"),
        ("SHORT", "2026-06-23", "short_dated", "22 days remaining, 30 needed"),
    ]
    (promised,) = ok(merchant.post("orders/", {"lines": [line]}), 201)["lines"]
    assert [one["lot_number"] for one in promised["skipped"]] == ["OLD", "SHORT"]
    shipped = ok(staff.post(f"orders/{made['id']}/ship/"))
    assert shipped["lines"][0]["skipped"] == []
    cancelled = ok(merchant.post(f"orders/{made['id'] + 1}/cancel/"))
    assert cancelled["lines"][0]["skipped"] == []


def test_what_stops_a_shipment(vitamin: Product, merchant: Caller, staff: Caller) -> None:
    made = ok(merchant.post("orders/", {"lines": [{"sku": "VITAMIN", "quantity": 2}]}), 201)
    path = f"orders/{made['id']}/"
    early = {"sku": "VITAMIN", "lot_number": "EARLY", "quantity": 1}
    ok(merchant.post("lots/", {"sku": "VITAMIN", "number": "LATE"}), 201)
    late = {"lines": [{**early, "lot_number": "LATE"}]}
    assert_problem(staff.post(path + "ship/", late), 409, "lot_mismatch")
    ok(staff.post(path + "ship/", {"lines": [early]}))
    assert_problem(merchant.post(path + "cancel/"), 409, "already_shipped")
    ok(staff.post(path + "ship/", {"lines": [early]}))
    assert_problem(staff.post(path + "ship/"), 409, "already_shipped")
    assert_problem(staff.post(path + "allocate/"), 409, "already_shipped")


@pytest.mark.parametrize("resource", ["wros/", "orders/", "returns/"])
def test_references_are_unique_per_merchant_and_kind_of_document(
    world: World, merchant: Caller, staff: Caller, resource: str
) -> None:
    put(world.product("SOAP"), world.bins[3], 9)
    other = make_merchant("OTHER")
    caller(other).post("products/", {"sku": "SOAP", "name": "Soap"})
    warehouse = {"orders/": {}, "wros/": {"warehouse": "CHI"}}
    kind = {"returns/": {"kind": "rts", "warehouse": "CHI"}}
    body = {
        **warehouse.get(resource, {}),
        **kind.get(resource, {}),
        "lines": [{"sku": "SOAP", "quantity": 1}],
    }
    for _ in range(2):
        ok(merchant.post(resource, body), 201)
    ok(merchant.post(resource, {**body, "reference": "R-1"}), 201)
    refused = merchant.post(resource, {**body, "reference": " R-1 "})
    assert_problem(refused, 409, "reference_taken")
    ok(caller(other).post(resource, {**body, "reference": "R-1"}), 201)


# Holds, quarantine, moves -------------------------------------------------------------------------


def test_a_hold_is_on_one_thing_and_starts_now(vitamin: Product, merchant: Caller) -> None:
    early = vitamin.lots.get().pk
    both = {"lot": early, "product": vitamin.pk, "reason": "Recall"}
    assert errors_of(merchant.post("holds/", both)) == [("", "name_one")]
    past = {"lot": early, "reason": "Recall", "until": "2026-05-31T00:00:00Z"}
    assert errors_of(merchant.post("holds/", past)) == [("until", "in_the_past")]
    assert errors_of(merchant.post("holds/", {"lot": early})) == [("reason", "required")]
    made = ok(merchant.post("holds/", {"lot": early, "reason": "Recall", "until": None}), 201)
    told = ok(merchant.get(f"inventory/{vitamin.pk}/"))
    assert (told["fulfillable"], told["exception_reasons"]) == (0, {"hold": 5})
    ok(merchant.post(f"holds/{made['id']}/release/"))
    assert ok(merchant.get(f"inventory/{vitamin.pk}/"))["fulfillable"] == 5


def test_a_merchant_holds_its_own_and_releases_what_it_placed(
    world: World, vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    for path in ("location", "product", "lot"):
        body = {path: world.bins[0].pk if path == "location" else 999, "reason": "Recall"}
        assert_problem(merchant.post("holds/", body), 404, "not_found")
    ours = ok(staff.post("holds/", {"lot": vitamin.lots.get().pk, "reason": "Recall"}), 201)
    assert_problem(merchant.post(f"holds/{ours['id']}/release/"), 404, "not_found")
    ok(staff.post(f"holds/{ours['id']}/release/"))
    assert_problem(staff.post(f"holds/{ours['id']}/release/"), 409, "already_released")


def test_a_case_is_worked_off_once(
    world: World, vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    body = {
        "merchant": "ACME",
        "sku": "VITAMIN",
        "lot_number": "EARLY",
        "source": world.bins[0].pk,
        "target": world.place("QUARANTINE").pk,
        "quantity": 2,
        "reason": "Wet",
    }
    ok(staff.post("item-locations/move/", body))
    (case,) = ok(merchant.get("quarantine/"))["results"]
    assert (case["sku"], case["location"], case["quantity"], case["reason"]) == (
        "VITAMIN",
        "QUARANTINE",
        2,
        "Wet",
    )
    path = f"quarantine/{case['id']}/"
    assert errors_of(staff.post(path + "dispose/", {"quantity": 1})) == [("reason", "required")]
    ok(staff.post(path + "release/", {"quantity": 1, "location": "A-01", "reason": "Dry"}))
    ok(staff.post(path + "dispose/", {"reason": "Still wet"}))
    again = assert_problem(
        staff.post(path + "dispose/", {"reason": "Twice"}), 409, "insufficient_stock"
    )
    assert again["detail"] == "The case is worked off: none of its units are open."
    assert ok(merchant.get("quarantine/"))["results"] == []


def test_moves_and_adjustments_keep_lots_and_promises(
    world: World, vitamin: Product, merchant: Caller, staff: Caller
) -> None:
    world.stock_lot(vitamin, "LATE", date(2027, 3, 31), 5, 1)
    ok(merchant.post("orders/", {"lines": [{"sku": "VITAMIN", "quantity": 4}]}), 201)
    early = {"merchant": "ACME", "sku": "VITAMIN", "lot_number": "EARLY", "reason": "Count"}
    first, second, third = (one.pk for one in world.bins[:3])
    move = {**early, "source": first, "target": third, "quantity": 2}
    assert_problem(staff.post("item-locations/move/", move), 409, "units_committed")
    move = {**move, "quantity": 1, "target": second}
    assert_problem(staff.post("item-locations/move/", move), 409, "other_lot_in_location")
    told = ok(staff.post("item-locations/move/", {**move, "target": third}))
    assert (told["source"]["on_hand"], told["target"]["on_hand"]) == (4, 1)
    lost = {**early, "location": first, "quantity": -4}
    ok(staff.post("adjustments/", lost), 201)
    (ordered,) = ok(merchant.get("orders/"))["results"][0]["lines"]
    assert [(one["lot_number"], one["quantity"]) for one in ordered["allocations"]] == [
        ("EARLY", 1),
        ("LATE", 3),
    ]
    for quantity, code in ((0, "zero"), (None, "null"), ("1", "invalid")):
        wrong = {**lost, "quantity": quantity}
        assert errors_of(staff.post("adjustments/", wrong)) == [("quantity", code)]
    assert_problem(staff.post("adjustments/", {**lost, "quantity": -9}), 409, "insufficient_stock")
    mixed = {**early, "location": second, "quantity": 1}
    assert_problem(staff.post("adjustments/", mixed), 409, "other_lot_in_location")
