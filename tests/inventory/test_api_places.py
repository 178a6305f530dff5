"""warehouses/ and locations/."""

import pytest

from inventory.models import Location, Warehouse
from tests.builders import World, make_warehouse
from tests.inventory.refused import assert_refused
from tests.merchants.api import caller, errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World):
    return caller(world.merchant)


@pytest.fixture
def staff():
    return caller()


def test_a_warehouse_comes_with_its_places(staff):
    sent = {"code": "EAST", "name": "East", "timezone": "America/New_York"}
    made = staff.post("warehouses/", sent)
    assert made.status_code == 201
    warehouse = Warehouse.objects.get()
    assert made.json() == {"id": warehouse.pk, **sent}
    assert staff.get("warehouses/").json()["results"] == [made.json()]
    names = [row["name"] for row in staff.get("locations/").json()["results"]]
    assert names == ["DOCK", "QUARANTINE", "DAMAGED"]
    assert set(warehouse.locations.values_list("kind", flat=True)) > {"supplier", "in_transit"}


def test_warehouses_are_refused(staff):
    make_warehouse("EAST")
    with assert_refused("name_taken") as answers:
        answers(staff.post("warehouses/", {"code": "east", "name": "E", "timezone": "UTC"}))
    answer = staff.post("warehouses/", {"code": "W", "name": "W", "timezone": "Nowhere/At all"})
    assert [field for field, _ in errors_of(answer)] == ["timezone"]
    answer = staff.post("warehouses/", {"code": "W"})
    assert errors_of(answer) == [("name", "required"), ("timezone", "required")]
    assert Warehouse.objects.count() == 1


def test_staff_verbs_are_unknown_to_merchants_before_the_body_is_read(client):
    with assert_refused("not_found", 404) as answers:
        answers(client.get("warehouses/"))
        answers(client.post("warehouses/", "not even JSON"))
        answers(client.post("locations/", "not even JSON"))


def test_locations(world, client, staff):
    sent = {
        "name": "B-01",
        "warehouse": "CHI",
        "mixed": True,
        "pick_sequence": 7,
        "zone": "CHILLED",
        "capacity_in3": 1728,
    }
    made = staff.post("locations/", sent)
    assert made.status_code == 201
    location = Location.objects.get(name="B-01")
    assert made.json() == {
        "id": location.pk,
        "kind": "storage",
        "pickable": True,
        "sellable": True,
        **sent,
    }
    assert client.get("locations/?name=B-01").json()["results"] == [made.json()]


@pytest.mark.parametrize("kind", ["dock", "quarantine", "damaged"])
def test_areas_are_mixed_and_never_sold_from(kind, world, staff):
    made = staff.post("locations/", {"name": "X", "warehouse": "CHI", "kind": kind}).json()
    assert (made["mixed"], made["pickable"], made["sellable"]) == (True, False, False)
    with assert_refused("invalid_choice", 400) as answers:
        sent = {"name": "Y", "warehouse": "CHI", "kind": kind, "pickable": True}
        answers(staff.post("locations/", sent))


def test_locations_are_refused(world, staff):
    with assert_refused("name_taken") as answers:
        answers(staff.post("locations/", {"name": "A-01", "warehouse": "CHI"}))
    for sent, refused in (
        ({}, [("name", "required"), ("warehouse", "required")]),
        ({"name": "X", "warehouse": "MOON"}, [("warehouse", "unknown_warehouse")]),
        ({"name": "X", "warehouse": "CHI", "kind": "supplier"}, [("kind", "invalid_choice")]),
        ({"name": "X", "warehouse": "CHI", "mixed": 1}, [("mixed", "invalid")]),
        ({"name": "X", "warehouse": "CHI", "capacity_in3": 0}, [("capacity_in3", "min_value")]),
        (
            {"name": "X", "warehouse": "CHI", "merchant": "ACME"},
            [("merchant", "unknown_field")],
        ),
    ):
        assert errors_of(staff.post("locations/", sent)) == refused
    make_warehouse("WEST")
    assert staff.post("locations/", {"name": "A-01", "warehouse": "WEST"}).status_code == 201


def test_virtual_locations_are_never_listed(world, client):
    make_warehouse("WEST")
    rows = client.get("locations/?warehouse=CHI&page_size=100").json()["results"]
    assert {row["warehouse"] for row in rows} == {"CHI"}
    assert {row["kind"] for row in rows} == {"storage", "dock", "quarantine", "damaged"}
    assert client.get("locations/?name=SUPPLIER").json()["results"] == []


def test_the_number_of_queries_does_not_grow(world, client, django_assert_num_queries):
    client.get("locations/")
    with django_assert_num_queries(2):
        assert len(client.get("locations/").json()["results"]) == 12
