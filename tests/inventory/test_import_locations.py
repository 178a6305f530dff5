from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Location
from inventory.resources import LocationResource
from inventory.spreadsheets.formats import FORMATS
from inventory.spreadsheets.reading import read_file
from tests.builders import acting, make_bin, make_demand, make_lot, make_world, put
from tests.inventory.admin import browser, member_of, page, says
from tests.inventory.sheets import LOCATIONS, comma, confirm, faults, make, outcome, preview

pytestmark = pytest.mark.django_db
HEAD = ["warehouse", "name", "kind", "pickable", "mixed", "pick_sequence"]
SIZED = ["warehouse", "name", "zone", "capacity_in3"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_works(kind):
    world = make_world()
    data = make(
        kind,
        HEAD,
        ["chi", "B-01", "storage", "yes", "", "50"],
        ["CHI", "STAGE-2", "staging", "", "", ""],
        ["CHI", "A-01", "", "no", "", "7"],
        ["CHI", "A-02", "", "", "", ""],
    )
    client = browser()
    shown = preview(client, LOCATIONS, data, f"bins.{kind}")
    assert outcome(shown) == {"new": 2, "update": 1, "skip": 1}
    response = confirm(client, shown, LOCATIONS)
    assert says(response) == ["Imported locations: 2 new, 1 changed, 1 as they were."]
    made = Location.objects.get(name="B-01")
    assert (made.warehouse, made.kind, made.pick_sequence) == (world.warehouse, "storage", 50)
    assert Location.objects.get(name="STAGE-2").mixed is True
    changed = Location.objects.get(name="A-01")
    assert (changed.pickable, changed.sellable, changed.pick_sequence) == (False, True, 7)
    assert changed.history.count() == 2
    assert Location.objects.get(name="A-02").history.count() == 1


def test_a_size_and_a_zone_are_given_and_taken_away():
    world = make_world()
    client = browser()
    confirm(
        client, preview(client, LOCATIONS, comma(SIZED, ["CHI", "A-01", "A", "1728"])), LOCATIONS
    )
    first = world.warehouse.locations.get(name="A-01")
    assert (first.zone, first.capacity_in3) == ("A", 1728)
    confirm(client, preview(client, LOCATIONS, comma(SIZED, ["CHI", "A-01", "", ""])), LOCATIONS)
    first.refresh_from_db()
    assert (first.zone, first.capacity_in3) == ("", None)
    assert faults(preview(client, LOCATIONS, comma(SIZED, ["CHI", "A-01", "A", "0"]))) == [
        (2, "capacity_in3", "0", "min_value")
    ]


def test_a_location_that_may_no_longer_be_sold_from_gives_its_promises_back():
    world = make_world()
    soap = world.product()
    put(soap, world.bins[0], 5)
    demand = make_demand(soap, 5, world.warehouse)
    client = browser()
    data = comma(["warehouse", "name", "sellable"], ["CHI", "A-01", "no"])
    shown = preview(client, LOCATIONS, data)
    demand.refresh_from_db()
    assert demand.allocated == 5
    confirm(client, shown, LOCATIONS)
    balance = soap.balances.get(location=world.bins[0])
    assert balance.is_blocked is True


def test_every_fault_is_told_and_nothing_is_imported():
    world = make_world()
    pills = world.lot_product("PILLS")
    mixed = make_bin(world.warehouse, "MIXED", mixed=True)
    put(pills, mixed, 1, make_lot(pills, "L1", date(2027, 1, 1)))
    put(pills, mixed, 1, make_lot(pills, "L2", date(2027, 1, 1)))
    before = Location.objects.count()
    data = comma(
        HEAD,
        ["CHI", "GOOD", "storage", "", "", ""],
        ["MARS", "A", "storage", "", "", ""],
        ["CHI", "MIXED", "", "", "no", ""],
        ["CHI", "MIXED-2", "supplier", "", "", ""],
        ["CHI", "DOCK", "", "yes", "", ""],
        ["CHI", "CUSTOMER", "", "", "", ""],
        ["CHI", "X", "", "", "", "-1"],
        ["CHI", "Y\u200b", "", "", "", ""],
    )
    shown = preview(browser(), LOCATIONS, data)
    assert faults(shown) == [
        (3, "warehouse", "MARS", "unknown_warehouse"),
        (4, "mixed", "no", "other_lot_in_location"),
        (5, "kind", "supplier", "invalid_choice"),
        (6, "pickable", "yes", "invalid_choice"),
        (7, "name", "CUSTOMER", "name_taken"),
        (8, "pick_sequence", "-1", "not_a_whole_number"),
        (9, "name", "Y\\x200b", "control_character"),
    ]
    assert Location.objects.count() == before


def test_a_location_with_units_keeps_its_kind():
    world = make_world()
    put(world.product(), world.bins[0], 5)
    data = comma(["warehouse", "name", "kind"], ["CHI", "A-01", "staging"])
    assert faults(preview(browser(), LOCATIONS, data)) == [
        (2, "kind", "staging", "location_in_use")
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_is_imported_unchanged(kind):
    world = make_world()
    make_bin(world.warehouse, "=A1", pickable=False, pick_sequence=3)
    client = browser()
    place = list(FORMATS).index(kind)
    response = client.post(page("location_export"), {"format": str(place)})
    assert response["Content-Disposition"] == f'attachment; filename="locations-2026-06-01.{kind}"'
    shown = preview(client, LOCATIONS, response.content, f"l.{kind}")
    assert outcome(shown) == {"skip": 13}  # nine bins, one more, dock, quarantine, damaged


@pytest.mark.postgresql
def test_the_locks_are_taken_all_at_once_and_in_the_one_order():
    """Locations, then the products that stand there, each by id, before the first change."""
    world = make_world()
    put(world.product(), world.bins[3], 5)
    rows = [["CHI", f"A-0{n}", "no"] for n in range(9, 0, -1)]
    sheet = read_file("l.csv", comma(["warehouse", "name", "pickable"], *rows))
    with CaptureQueriesContext(connection) as done:
        result = LocationResource(**acting()).import_data(sheet)
    assert dict(result.counts) == {"update": 9}
    locks = [one["sql"] for one in done if " FOR " in one["sql"]]
    assert '"inventory_location"."id" IN (' in locks[0]
    assert 'ORDER BY "inventory_location"."id" ASC FOR NO KEY UPDATE' in locks[0]
    assert 'ORDER BY "inventory_product"."id" ASC FOR NO KEY UPDATE' in locks[1]


@pytest.mark.parametrize(("group", "allowed"), [("merchant care", False), ("manager", True)])
def test_who_may_import(group, allowed):
    assert (member_of(group).get(LOCATIONS).status_code == 200) == allowed
