from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.services.settings import require_expired_excluded, update_lot_tracking
from merchants.models import Event, Merchant
from tests.builders import World, acting, house, make_demand, make_merchant, promised
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def change(merchant: Merchant, **fields: Any) -> Merchant:
    return update_lot_tracking(merchant_id=merchant.pk, fields=fields, **acting())


def test_it_works(world: World) -> None:
    changed = change(world.merchant, verify_lot=True, lot_tracking_active=False)
    world.merchant.refresh_from_db()
    assert (world.merchant.verify_lot, world.merchant.lot_tracking_active) == (True, False)
    assert changed == world.merchant
    event = Event.objects.get(topic="settings.updated")
    assert event.payload == {"changed": ["lot_tracking_active", "verify_lot"]}
    assert (event.merchant, event.object) == (world.merchant, "ACME")
    assert world.merchant.history.first().history_user == house()


def test_nothing_changed_is_not_told(world: World) -> None:
    change(world.merchant, verify_lot=False, rotation="fefo")
    assert not Event.objects.filter(topic="settings.updated").exists()
    assert world.merchant.history.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("rotation", "lifo"), ("picking_disabled_days", -1), ("b2b_min_shelf_life_days", 36_501)],
)
def test_a_value_that_cannot_be(world: World, field: str, value: Any) -> None:
    with refused("invalid") as error:
        change(world.merchant, **{field: value})
    assert [one["field"] for one in error.value.errors] == [field]


def test_fewer_days_are_offered_and_more_take_nothing_back(world: World) -> None:
    change(world.merchant, picking_disabled_days=31)
    product = world.lot_product(min_shelf_life_days=10)
    world.stock_lot(product, "A", date(2026, 7, 1), 5, 0)  # 30 days
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {}
    change(world.merchant, picking_disabled_days=30)
    assert promised(demand) == {"A-01": 4}
    change(world.merchant, picking_disabled_days=60)
    assert promised(demand) == {"A-01": 4}


def test_a_channels_minimum_counts_for_its_orders_and_takes_nothing_back(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", date(2026, 7, 1), 9, 0)  # 30 days
    kept = make_demand(product, 1, world.warehouse, channel="b2b")
    change(world.merchant, b2b_min_shelf_life_days=31)
    assert promised(kept) == {"A-01": 1}
    refused_now = make_demand(product, 2, world.warehouse, channel="b2b")
    other = make_demand(product, 3, world.warehouse, channel="dtc")
    assert (promised(refused_now), promised(other)) == ({}, {"A-01": 3})
    change(world.merchant, b2b_min_shelf_life_days=30)
    assert promised(refused_now) == {"A-01": 2}


def test_the_accounts_rotation_is_that_of_products_without_their_own(world: World) -> None:
    change(world.merchant, rotation="lefo")
    mine, own = world.lot_product("MINE"), world.lot_product("OWN", rotation="fefo")
    for product, bin in ((mine, 0), (own, 2)):
        world.stock_lot(product, "A", date(2027, 1, 1), 5, bin)
        world.stock_lot(product, "B", date(2027, 2, 1), 5, bin + 1)
    assert promised(make_demand(mine, 1, world.warehouse)) == {"A-02": 1}
    assert promised(make_demand(own, 1, world.warehouse)) == {"A-03": 1}


def test_another_merchants_stock_is_not_touched(world: World) -> None:
    other = make_merchant("OTHER")
    product = world.lot_product(min_shelf_life_days=31)
    world.stock_lot(product, "A", date(2026, 7, 1), 5, 0)
    make_demand(product, 4, world.warehouse)
    events = Event.objects.filter(merchant=world.merchant).count()
    change(other, picking_disabled_days=5)
    assert Event.objects.filter(merchant=world.merchant).count() == events


def test_expired_units_are_never_available(db: None) -> None:
    require_expired_excluded(True)
    with refused("expired_never_available"):
        require_expired_excluded(False)
