from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import Product
from inventory.services.products import update_product
from merchants.errors import Malformed
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    house,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    promised,
    put,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def change(product: Product, **fields: Any) -> Product:
    return update_product(product_id=product.pk, fields=fields, **acting())


def test_it_works(world: World) -> None:
    product = world.product("SOAP", weight_oz=Decimal("3.5"))
    assert (product.merchant, product.sku, product.created_at) == (
        world.merchant,
        "SOAP",
        CLOCK.now,
    )
    assert (product.is_lot_product, product.return_action, product.rotation) == (
        False,
        "restock",
        None,
    )
    event = Event.objects.get(topic="product.created")
    assert (event.merchant, event.object, event.payload) == (
        world.merchant,
        str(product.pk),
        {"sku": "SOAP"},
    )
    assert product.history.get().history_user == house()


def test_customer_returns_of_a_lot_product_are_quarantined_unless_said_otherwise(
    world: World,
) -> None:
    assert world.lot_product("A").return_action == "quarantine"
    assert world.lot_product("B", return_action="dispose").return_action == "dispose"
    with refused("restock_not_supported_for_lot_product"):
        world.lot_product("C", return_action="restock")


def test_a_sku_is_unique_per_merchant(world: World) -> None:
    world.product("SOAP")
    with refused("sku_taken") as error:
        world.product("SOAP")
    assert error.value.sku == "SOAP"
    make_product(make_merchant("OTHER"), "SOAP")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sku", "", "blank"),
        ("sku", "x" * 65, "max_length"),
        ("lot_entry", "perhaps", "invalid_choice"),
        ("rotation", "lifo", "invalid_choice"),
        ("min_shelf_life_days", -1, "min_value"),
        ("weight_oz", Decimal("-0.01"), "min_value"),
    ],
)
def test_a_value_that_cannot_be(world: World, field: str, value: Any, code: str) -> None:
    product = world.product("SOAP")
    with refused("invalid") as error:
        change(product, **{field: value})
    assert [(one["field"], one["code"]) for one in error.value.errors] == [(field, code)]


def test_it_is_changed(world: World) -> None:
    product = world.product("SOAP")
    changed = change(product, name="Soap, fine", return_backup_action="dispose")
    product.refresh_from_db()
    assert (product.name, product.return_backup_action) == ("Soap, fine", "dispose")
    assert changed == product
    assert Event.objects.get(topic="product.updated").payload == {
        "sku": "SOAP",
        "changed": ["name", "return_backup_action"],
    }
    assert product.history.count() == 2


def test_nothing_changed_is_not_told(world: World) -> None:
    product = world.product("SOAP")
    change(product, sku="SOAP", rotation=None)
    assert not Event.objects.filter(topic="product.updated").exists()
    assert product.history.count() == 1


def test_what_is_not_there_is_not_changed(world: World) -> None:
    with refused("not_found"):
        update_product(product_id=0, fields={"name": "Soap"}, **acting())


def test_another_sku_is_refused_where_it_is_taken(world: World) -> None:
    world.product("SOAP")
    product = world.product("BRUSH")
    with refused("sku_taken"):
        change(product, sku="SOAP")


def test_lot_tracking_asks_what_becomes_of_customer_returns(world: World) -> None:
    product = world.product("VITAMIN")
    with refused("restock_not_supported_for_lot_product"):
        change(product, is_lot_product=True)
    assert change(product, is_lot_product=True, return_action="dispose").is_lot_product


def test_lot_tracking_stays_on_while_units_are_in_lots(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A")
    change(product, is_lot_product=False)
    change(product, is_lot_product=True)
    put(product, world.bins[0], 5, lot)
    with refused("lots_in_stock"):
        change(product, is_lot_product=False)
    put(product, world.bins[0], -5, lot)
    assert not change(product, is_lot_product=False).is_lot_product


def test_a_lower_minimum_is_offered_and_a_higher_one_takes_nothing_back(world: World) -> None:
    product = world.lot_product(min_shelf_life_days=60)
    world.stock_lot(product, "A", date(2026, 7, 1), 5, 0)  # 30 days
    demand = make_demand(product, 4, world.warehouse)
    change(product, min_shelf_life_days=31)
    assert promised(demand) == {}
    change(product, min_shelf_life_days=30)
    assert promised(demand) == {"A-01": 4}
    change(product, min_shelf_life_days=90)
    assert promised(demand) == {"A-01": 4}


def test_a_new_rotation_is_that_of_the_next_allocation(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    world.stock_lot(product, "B", date(2027, 2, 1), 5, 1)
    first = make_demand(product, 1, world.warehouse)
    change(product, rotation="lefo")
    second = make_demand(product, 1, world.warehouse)
    assert (promised(first), promised(second)) == ({"A-01": 1}, {"A-02": 1})


def test_a_minimum_of_more_than_a_hundred_years_is_refused(world: World) -> None:
    """Subtracting it from an expiry would leave the calendar."""
    product = world.lot_product()
    with pytest.raises(Malformed) as refusal:
        update_product(product_id=product.pk, fields={"min_shelf_life_days": 36_501}, **acting())
    assert refusal.value.errors[0]["field"] == "min_shelf_life_days"
    product.refresh_from_db()
    assert product.min_shelf_life_days is None
