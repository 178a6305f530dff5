from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import Movement, Product, QuarantineCase
from inventory.services.places import update_location
from inventory.services.stock import Units, move
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    make_bin,
    make_demand,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def relocate(
    world: World, product: Product, quantity: int, source: str, target: str, **fields: Any
) -> Any:
    lot = fields.pop("lot", None)
    return move(
        units=Units(product.pk, lot and lot.pk, quantity),
        source_id=world.place(source).pk,
        target_id=world.place(target).pk,
        **fields,
        **acting(),
    )


def test_it_works(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    posting = relocate(world, product, 2, "A-01", "A-02", lot=lot, reason="Tidying up")
    assert stands(product) == {("A-01", "A"): (3, 0), ("A-02", "A"): (2, 0)}
    assert (posting.kind, posting.reason) == ("relocate", "Tidying up")
    event = Event.objects.get(topic="stock.moved")
    assert event.merchant == world.merchant
    assert event.payload == {
        "sku": "VITAMIN",
        "lot": lot.pk,
        "quantity": 2,
        "source": "A-01",
        "target": "A-02",
    }


def test_promised_units_stay(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    make_demand(product, 3, world.warehouse)
    with refused("units_committed") as error:
        relocate(world, product, 3, "A-01", "A-02")
    assert (error.value.requested, error.value.available) == (3, 2)
    relocate(world, product, 2, "A-01", "A-02")
    assert stands(product) == {("A-01", None): (3, 3), ("A-02", None): (2, 0)}


@pytest.mark.parametrize("area", ["DAMAGED", "QUARANTINE"])
def test_the_newest_promises_give_way_to_a_move_apart(world: World, area: str) -> None:
    product = world.product()
    put(product, world.bins[0], 10)
    old = make_demand(product, 4, world.warehouse, number="ORD-1")
    new = make_demand(product, 4, world.warehouse, number="ORD-2")
    relocate(world, product, 5, "A-01", area)
    assert stands(product) == {("A-01", None): (5, 5), (area, None): (5, 0)}
    assert (promised(old), promised(new)) == ({"A-01": 4}, {"A-01": 1})
    events = Event.objects.filter(object__in=["ORD-1", "ORD-2"]).order_by("id")
    assert [(one.topic, one.object, one.payload) for one in events][2:] == [
        ("order.backordered", "ORD-2", {"allocated": 1, "backordered": 3})
    ]


def test_what_gave_way_is_promised_from_another_bin(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 3)
    demand = make_demand(product, 3, world.warehouse)
    put(product, world.bins[1], 3)
    relocate(world, product, 2, "A-01", "DAMAGED")
    assert promised(demand) == {"A-01": 1, "A-02": 2}
    last = Event.objects.filter(object="ORD-000001").latest("id")
    assert (last.topic, last.payload) == ("order.allocated", {"allocated": 3, "backordered": 0})


def test_unpromised_units_are_moved_apart_first(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    demand = make_demand(product, 3, world.warehouse)
    relocate(world, product, 2, "A-01", "DAMAGED")
    assert promised(demand) == {"A-01": 3}
    assert Event.objects.filter(object="ORD-000001").count() == 1


def test_a_line_that_asked_for_a_single_lot_gives_way_whole(world: World) -> None:
    """Else the rest of it would stay with one lot while the freed units came from another."""
    product = world.lot_product()
    a = world.stock_lot(product, "A", date(2027, 1, 1), 3, 0)
    world.stock_lot(product, "A", date(2027, 1, 1), 3, 1)
    demand = make_demand(product, 5, world.warehouse, single_lot=True)
    assert promised(demand) == {"A-01": 3, "A-02": 2}
    world.stock_lot(product, "B", date(2027, 2, 1), 9, 2)
    relocate(world, product, 2, "A-01", "DAMAGED", lot=a)
    assert promised(demand) == {"A-03": 5}


def test_units_that_enter_quarantine_open_a_case(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    first = relocate(world, product, 2, "A-01", "QUARANTINE")
    relocate(world, product, 1, "A-01", "QUARANTINE", reason="Smells")
    assert first.kind == "quarantine"
    cases = QuarantineCase.objects.values_list("source", "reason", "quantity", "may_be_released")
    assert list(cases) == [("move", "Moved from A-01", 2, True), ("move", "Smells", 1, True)]


def test_units_that_reach_a_pickable_bin_are_offered_to_backorders(world: World) -> None:
    product = world.product()
    reserve = make_bin(world.warehouse, "RESERVE", pickable=False)
    put(product, reserve, 5)
    demand = make_demand(product, 3, world.warehouse)
    assert promised(demand) == {}
    relocate(world, product, 4, "RESERVE", "A-01")
    assert promised(demand) == {"A-01": 3}


@pytest.mark.parametrize(
    ("source", "target", "quantity", "code"),
    [
        ("A-01", "A-02", 6, "insufficient_stock"),
        ("A-01", "DAMAGED", 6, "insufficient_stock"),
        ("A-03", "DAMAGED", 1, "insufficient_stock"),
        ("A-01", "A-02", 0, "min_value"),
        ("A-01", "A-02", -1, "min_value"),
        ("A-01", "A-01", 1, "wrong_location_kind"),
        ("A-01", "DOCK", 1, "wrong_location_kind"),
        ("DOCK", "A-01", 1, "wrong_location_kind"),
        ("QUARANTINE", "A-01", 1, "wrong_location_kind"),
        ("A-01", "CUSTOMER", 1, "not_found"),
        ("SUPPLIER", "A-01", 1, "not_found"),
    ],
)
def test_it_is_refused(world: World, source: str, target: str, quantity: int, code: str) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    put(product, world.place("QUARANTINE"), 5)
    make_demand(product, 3, world.warehouse)
    with refused(code):
        relocate(world, product, quantity, source, target)


def test_lots_are_kept_apart(world: World) -> None:
    product = world.lot_product()
    a = world.stock_lot(product, "A", None, 5, 0)
    world.stock_lot(product, "B", None, 5, 1)
    with refused("other_lot_in_location") as error:
        relocate(world, product, 1, "A-01", "A-02", lot=a)
    assert "A-02 holds lot B of VITAMIN" in str(error.value)


def test_a_bin_that_is_too_small_takes_them_only_with_a_reason(world: World) -> None:
    cube = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(10))
    product = world.product(**cube)
    put(product, world.bins[0], 6)
    update_location(location_id=world.bins[1].pk, fields={"capacity_in3": 4999}, **acting())
    with refused("bin_too_small") as caught:
        relocate(world, product, 5, "A-01", "A-02")
    assert (caught.value.requested, caught.value.available) == (5, 4)
    relocate(world, product, 5, "A-01", "A-02", reason="They stand in front of it.")
    assert stands(product)["A-02", None] == (5, 0)


def test_another_warehouse_is_no_target(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    elsewhere = make_bin(make_warehouse("EAST"), "E-01")
    units = Units(product.pk, None, 1)
    with refused("wrong_location_kind"):
        move(units=units, source_id=world.bins[0].pk, target_id=elsewhere.pk, **acting())


def test_what_does_not_exist(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    ends = {"source_id": world.bins[0].pk, "target_id": world.bins[1].pk}
    with refused("not_found"):
        move(units=Units(product.pk, None, 1), **{**ends, "target_id": 0}, **acting())
    with refused("not_found"):
        move(units=Units(0, None, 1), **ends, **acting())
    assert Movement.objects.count() == 1
