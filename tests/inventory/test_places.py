from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from inventory.kinds import VIRTUAL
from inventory.locks import lock_documents, share_locations
from inventory.models import Balance, Location, Lot, Warehouse
from inventory.queries.places import carried, house_places, todays
from inventory.services.holds import place_hold
from inventory.services.places import (
    create_warehouse,
    update_location,
    update_warehouse,
)
from tests.builders import (
    World,
    acting,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_supply,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def change(location: Location, **fields: Any) -> Location:
    return update_location(location_id=location.pk, fields=fields, **acting())


# Warehouses ---------------------------------------------------------------------------------------


def test_a_warehouse_comes_with_its_areas_and_the_world_outside(db: None) -> None:
    warehouse = make_warehouse("EAST", "America/New_York")
    found = {place.name: place for place in warehouse.locations.all()}
    assert found.keys() == {"DOCK", "QUARANTINE", "DAMAGED", *(kind.upper() for kind in VIRTUAL)}
    assert {(one.mixed, one.pickable, one.sellable) for one in found.values()} == {
        (True, False, False)
    }
    assert {one.kind for one in found.values()} == {name.lower() for name in found}
    assert warehouse.history.get().history_user == house()
    assert found["DOCK"].history.get().history_user == house()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": "east"}, "name_taken"),
        ({"timezone": "Chicago"}, "invalid"),
        ({"code": ""}, "invalid"),
        ({"name": "x" * 201}, "invalid"),
    ],
)
def test_a_warehouse_that_cannot_be(db: None, fields: dict[str, str], code: str) -> None:
    make_warehouse("EAST")
    given = {"code": "WEST", "name": "West", "timezone": "UTC", **fields}
    with refused(code):
        create_warehouse(**given, **acting())


def test_a_warehouse_is_corrected(db: None) -> None:
    warehouse = make_warehouse("EAST")
    given = {"name": "East side", "timezone": "America/New_York"}
    changed = update_warehouse(warehouse_id=warehouse.pk, **given, **acting())
    warehouse.refresh_from_db()
    assert (warehouse.name, warehouse.timezone) == ("East side", "America/New_York")
    assert changed == warehouse
    with refused("invalid"):
        update_warehouse(warehouse_id=warehouse.pk, name="East", timezone="Mars", **acting())
    with refused("not_found"):
        update_warehouse(warehouse_id=0, **given, **acting())


@pytest.mark.parametrize(
    ("zone", "minute", "expected"),
    [
        ("America/Chicago", 59, date(2026, 5, 31)),
        ("America/Chicago", 60, date(2026, 6, 1)),
        ("UTC", 59, date(2026, 6, 1)),
        ("Pacific/Kiritimati", 59, date(2026, 6, 1)),
    ],
)
def test_today_is_the_warehouses(zone: str, minute: int, expected: date) -> None:
    now = datetime(2026, 6, 1, 4 + minute // 60, minute % 60, tzinfo=UTC)
    assert Warehouse(timezone=zone).today(now) == expected


def test_the_days_of_all_warehouses(db: None, django_assert_num_queries: Any) -> None:
    west, east = make_warehouse("W", "Pacific/Honolulu"), make_warehouse("E", "Asia/Tokyo")
    with django_assert_num_queries(1):
        days = todays(datetime(2026, 6, 1, 9, 30, tzinfo=UTC))
    assert (days.at(west.pk), days.at(east.pk)) == (date(2026, 5, 31), date(2026, 6, 1))
    assert days.latest() == days.latest([east.pk, west.pk]) == date(2026, 6, 1)
    assert days.latest([west.pk]) == date(2026, 5, 31)


def test_the_place_that_nobody_names(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        places = house_places(world.warehouse.pk)
    assert places["dock"] == world.place("DOCK")
    assert "storage" not in places  # bins are many, and nobody asks for just any of them
    second = make_bin(world.warehouse, "DOCK 2", kind="dock", pick_sequence=1)
    assert house_places(world.warehouse.pk)["dock"] == world.place("DOCK")
    change(world.place("DOCK"), pick_sequence=2)
    assert house_places(world.warehouse.pk)["dock"] == second


def test_what_a_warehouse_carries(world: World, django_assert_num_queries: Any) -> None:
    stocked, announced, neither = (world.product(name) for name in "ABC")
    put(stocked, world.bins[0], 1)
    put(stocked, world.bins[0], -1)
    make_supply(announced, 1, world.warehouse)
    products, here = [stocked.pk, announced.pk, neither.pk], world.warehouse.pk
    elsewhere = make_warehouse("EAST").pk
    with django_assert_num_queries(2):
        found = carried(products, [here, elsewhere])
    assert found == {(stocked.pk, here), (announced.pk, here)}


# Locations ----------------------------------------------------------------------------------------


def test_it_works(world: World) -> None:
    location = make_bin(world.warehouse, "B-01", pick_sequence=7)
    location.refresh_from_db()
    assert (location.kind, location.pick_sequence) == ("storage", 7)
    assert (location.pickable, location.sellable, location.mixed) == (True, True, False)
    assert location.history.get().history_user == house()


@pytest.mark.parametrize(
    ("kind", "flags", "expected"),
    [
        ("staging", {}, (True, True, True)),
        ("staging", {"mixed": False}, (True, True, False)),
        ("dock", {}, (False, False, True)),
        ("quarantine", {"mixed": True}, (False, False, True)),
        ("damaged", {"sellable": False}, (False, False, True)),
    ],
)
def test_the_flags_of_a_kind(
    world: World, kind: str, flags: dict[str, bool], expected: tuple[bool, bool, bool]
) -> None:
    location = make_bin(world.warehouse, "AREA", kind=kind, **flags)
    location.refresh_from_db()
    assert (location.pickable, location.sellable, location.mixed) == expected


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": "A-01"}, "name_taken", None),
        ({"name": ""}, "invalid", "name"),
        ({"pick_sequence": -1}, "invalid", "pick_sequence"),
        ({"kind": "shelf"}, "invalid", "kind"),
        ({"kind": "supplier"}, "invalid_choice", "kind"),
        ({"kind": "marketplace"}, "invalid_choice", "kind"),
        ({"kind": "dock", "mixed": False}, "invalid_choice", "mixed"),
        ({"kind": "quarantine", "pickable": True}, "invalid_choice", "pickable"),
        ({"kind": "damaged", "sellable": True}, "invalid_choice", "sellable"),
    ],
)
def test_a_location_that_cannot_be(
    world: World, fields: dict[str, Any], code: str, field: str | None
) -> None:
    with refused(code) as error:
        make_bin(world.warehouse, **{"name": "NEW", **fields})
    if field:
        assert [one["field"] for one in error.value.errors] == [field]


def test_it_is_changed(world: World) -> None:
    changed = change(world.bins[0], name="A-1", pick_sequence=9)
    world.bins[0].refresh_from_db()
    assert (world.bins[0].name, world.bins[0].pick_sequence) == ("A-1", 9)
    assert changed == world.bins[0]
    assert world.bins[0].history.count() == 2
    change(world.bins[0], name="A-1")


def test_what_cannot_be_changed(world: World) -> None:
    with refused("name_taken"):
        change(world.bins[0], name="A-02")
    with refused("not_found"):
        change(world.place("CUSTOMER"), name="BUYERS")
    with refused("not_found"):
        update_location(location_id=0, fields={}, **acting())


@pytest.mark.parametrize("flag", ["pickable", "sellable"])
def test_units_wait_where_they_may_not_be_picked_and_promises_stand(
    world: World, flag: str
) -> None:
    product = world.product()
    put(product, world.bins[0], 9)
    first = make_demand(product, 4, world.warehouse)
    change(world.bins[0], **{flag: False})
    second = make_demand(product, 4, world.warehouse)
    assert (promised(first), promised(second)) == ({"A-01": 4}, {})
    assert Balance.objects.get(location=world.bins[0]).is_blocked
    change(world.bins[0], **{flag: True})
    assert promised(second) == {"A-01": 4}


def test_the_kind_of_a_place_changes_while_it_is_empty(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    with refused("location_in_use"):
        change(world.bins[0], kind="damaged")
    change(world.bins[0], kind="storage", pick_sequence=3)
    put(product, world.bins[0], -5)
    changed = change(world.bins[0], kind="damaged")
    assert (changed.mixed, changed.pickable, changed.sellable) == (True, False, False)
    copied = Balance.objects.get(location=world.bins[0])
    assert (copied.location_kind, copied.location_mixed, copied.is_blocked) == (
        "damaged",
        True,
        True,
    )


@pytest.mark.parametrize("name", ["DOCK", "QUARANTINE", "DAMAGED"])
def test_a_warehouse_keeps_an_area_of_each_kind(world: World, name: str) -> None:
    area = world.place(name)
    with refused("location_in_use") as error:
        change(area, kind="storage", pickable=True, sellable=True)
    assert f"{name} is the only {name.lower()} area" in str(error.value)
    make_bin(world.warehouse, "SECOND", kind=area.kind)
    assert change(area, kind="storage").kind == "storage"


def test_several_lots_keep_a_place_mixed(world: World) -> None:
    product = world.lot_product()
    change(world.bins[0], mixed=True)
    for number in "AB":
        world.stock_lot(product, number, None, 5, 0)
    with refused("other_lot_in_location") as error:
        change(world.bins[0], mixed=False)
    assert "A-01 holds several lots of VITAMIN" in str(error.value)
    put(product, world.bins[0], -5, product.lots.get(number="B"))
    assert not change(world.bins[0], mixed=False).mixed
    assert stands(product) == {("A-01", "A"): (5, 0)}


def test_a_held_place_stays_held_when_it_changes(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    place_hold(target=world.bins[0], reason="Leak", **acting())
    change(world.bins[0], pick_sequence=4)
    assert promised(make_demand(product, 1, world.warehouse)) == {}


# Locks --------------------------------------------------------------------------------------------


def test_shared_locations_come_with_their_warehouse(
    world: World, django_assert_num_queries: Any
) -> None:
    ids = [world.bins[1].pk, world.bins[0].pk, world.bins[0].pk, 0]
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 1):
        found = share_locations(ids)
        assert {place.warehouse.code for place in found.values()} == {"CHI"}
    assert found.keys() == {world.bins[0].pk, world.bins[1].pk}


def test_documents_are_locked_by_primary_key(world: World) -> None:
    product = world.lot_product()
    lots = [make_lot(product, name) for name in "AB"]
    found = lock_documents(Lot.objects, [lots[1].pk, lots[0].pk, 0])
    assert list(found.items()) == [(lots[0].pk, lots[0]), (lots[1].pk, lots[1])]


def test_another_time_zone_moves_the_day(world: World) -> None:
    """At 20:00 UTC it is the next day in Auckland, where a lot of this day has expired."""
    CLOCK.set(datetime(2026, 6, 1, 20, tzinfo=UTC))
    product = world.lot_product()
    world.stock_lot(product, "A", date(2026, 6, 1), 5, 0)
    demand = make_demand(product, 5, world.warehouse)
    assert demand.allocated == 5
    update_warehouse(
        warehouse_id=world.warehouse.pk, name="Moved", timezone="Pacific/Auckland", **acting()
    )
    demand.refresh_from_db()
    assert demand.allocated == 0
