"""settings/lot-tracking/."""

from datetime import date

import pytest

from tests.builders import make_demand, make_merchant
from tests.inventory.refused import assert_refused
from tests.merchants.api import caller, errors_of

pytestmark = pytest.mark.django_db

URL = "settings/lot-tracking/"
DEFAULTS = {
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


def test_it_works(world):
    client = caller(world.merchant)
    assert client.get(URL).json() == DEFAULTS
    changed = client.patch(URL, {"rotation": "lefo", "verify_lot": True})
    assert changed.status_code == 200
    assert changed.json() == {**DEFAULTS, "rotation": "lefo", "verify_lot": True}
    assert client.get(URL).json() == changed.json()
    everything = {
        **DEFAULTS,
        "is_active": False,
        "picking_disabled_days": 7,
        "dtc_min_shelf_life_days": 1,
        "b2b_min_shelf_life_days": 90,
        "fba_min_shelf_life_days": 120,
        "digest_email": "stock@acme.example",
    }
    assert client.patch(URL, everything).json() == everything


def test_expired_units_are_never_available(world):
    client = caller(world.merchant)
    with assert_refused("expired_never_available") as answers:
        sent = {"exclude_expired_from_available": False, "rotation": "fifo"}
        answers(client.patch(URL, sent))


def test_malformed_input_names_the_field(world):
    client = caller(world.merchant)
    sent = {
        "rotation": "fast",
        "picking_disabled_days": -1,
        "b2b_min_shelf_life_days": "90",
        "is_active": None,
        "colour": "red",
    }
    assert errors_of(client.patch(URL, sent)) == [
        ("is_active", "null"),
        ("rotation", "invalid_choice"),
        ("picking_disabled_days", "min_value"),
        ("b2b_min_shelf_life_days", "invalid"),
        ("colour", "unknown_field"),
    ]
    assert client.get(URL).json() == DEFAULTS


def test_staff_name_the_merchant(world):
    make_merchant("NORD", verify_lot=True)
    staff = caller()
    assert staff.get(f"{URL}?merchant=NORD").json() == {**DEFAULTS, "verify_lot": True}
    changed = staff.patch(URL, {"merchant": "ACME", "rotation": "fifo"})
    assert changed.json() == {**DEFAULTS, "rotation": "fifo"}
    assert staff.get(f"{URL}?merchant=NORD").json()["rotation"] == "fefo"
    assert errors_of(staff.get(URL)) == [("merchant", "required")]
    assert errors_of(staff.patch(URL, {})) == [("merchant", "required")]
    mine = caller(world.merchant).get(f"{URL}?merchant=NORD")
    assert errors_of(mine) == [("merchant", "unknown_parameter")]


def test_a_stricter_minimum_keeps_promises(world):
    product = world.lot_product()
    world.stock_lot(product, "A", date(2026, 6, 20), 10, 0)
    demand = make_demand(product, 6, world.warehouse)
    caller(world.merchant).patch(URL, {"picking_disabled_days": 30})
    demand.refresh_from_db()
    assert demand.allocated == 6


def test_the_digest_goes_to_an_address(world):
    client = caller(world.merchant)
    with assert_refused("invalid", 400) as answers:
        answers(client.patch(URL, {"digest_email": "nobody", "rotation": "fifo"}))
    client.patch(URL, {"digest_email": "stock@acme.example"})
    assert client.get(URL).json() == {**DEFAULTS, "digest_email": "stock@acme.example"}
    assert client.patch(URL, {"digest_email": ""}).json() == DEFAULTS
