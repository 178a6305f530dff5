import pytest

from inventory.models import Location, Warehouse
from tests.builders import make_warehouse, make_world, put
from tests.inventory.admin import browser, errors, html, member_of, page, says
from tests.receiving.builders import line, received

pytestmark = pytest.mark.django_db


def location(**changes):
    return {"name": "A-01", "kind": "storage", "pick_sequence": "3"} | changes


def bins(warehouse, **changes):
    return {
        "warehouse": warehouse.pk,
        "prefix": "B-",
        "first": "8",
        "last": "11",
        "digits": "2",
        "first_pick_sequence": "5",
    } | changes


def test_a_warehouse_comes_with_its_places():
    data = {"code": "CHI", "name": "Chicago", "timezone": "America/Chicago"}
    assert browser().post(page("warehouse_add"), data).status_code == 302
    warehouse = Warehouse.objects.get()
    assert warehouse.timezone == "America/Chicago"
    assert warehouse.locations.real().count() == 3


def test_an_unknown_time_zone_is_told():
    data = {"code": "CHI", "name": "Chicago", "timezone": "Chicago"}
    response = browser().post(page("warehouse_add"), data)
    assert list(errors(response)) == ["timezone"]
    assert not Warehouse.objects.exists()


def test_a_warehouse_code_is_taken_whatever_its_case():
    make_warehouse("EAST")
    data = {"code": "east", "name": "East", "timezone": "UTC"}
    response = browser().post(page("warehouse_add"), data)
    assert errors(response) == {"code": ["There is already a warehouse east."]}


def test_a_warehouse_is_renamed_and_keeps_its_code():
    warehouse = make_warehouse("EAST")
    data = {"code": "WEST", "name": "New", "timezone": "UTC"}
    assert browser().post(page("warehouse_change", warehouse.pk), data).status_code == 302
    warehouse.refresh_from_db()
    assert (warehouse.code, warehouse.name) == ("EAST", "New")


def test_a_location_is_added():
    warehouse = make_warehouse()
    data = location(warehouse=warehouse.pk, pickable="on", sellable="on")
    assert browser().post(page("location_add"), data).status_code == 302
    made = Location.objects.get(name="A-01")
    assert (made.pickable, made.sellable, made.mixed, made.pick_sequence) == (True, True, False, 3)


def test_a_quarantine_area_with_the_flags_of_a_bin_is_refused():
    warehouse = make_warehouse()
    data = location(warehouse=warehouse.pk, kind="quarantine", pickable="on")
    response = browser().post(page("location_add"), data)
    assert set(errors(response)) <= {"mixed", "pickable", "sellable"}
    assert not Location.objects.filter(name="A-01").exists()


def test_a_kind_changes_only_while_the_location_is_empty():
    world = make_world()
    product = world.product()
    world.stock_lot(product, "A", None, 5, bin=0)
    place = world.bins[0]
    data = location(name=place.name, kind="staging", pickable="on", sellable="on")
    response = browser().post(page("location_change", place.pk), data)
    assert list(errors(response)) == ["kind"]
    place.refresh_from_db()
    assert place.kind == "storage"


def test_virtual_locations_are_neither_listed_nor_opened():
    warehouse = make_warehouse()
    customer = warehouse.locations.get(kind="customer")
    client = browser()
    shown = client.get(page("location_changelist"))
    assert [row.name for row in shown.context["cl"].result_list] == [
        "DAMAGED",
        "DOCK",
        "QUARANTINE",
    ]
    assert client.get(page("location_change", customer.pk)).status_code == 302


def test_a_location_gets_a_size_and_a_zone():
    world = make_world()
    place = world.bins[0]
    data = location(name=place.name, pickable="on", sellable="on", zone="A", capacity_in3="1728")
    assert browser().post(page("location_change", place.pk), data).status_code == 302
    place.refresh_from_db()
    assert (place.zone, place.capacity_in3) == ("A", 1728)
    response = browser().post(page("location_change", place.pk), data | {"capacity_in3": "0"})
    assert list(errors(response)) == ["capacity_in3"]
    place.refresh_from_db()
    assert place.capacity_in3 == 1728


def test_a_range_of_bins_of_a_size_in_a_zone():
    sized = bins(make_warehouse(), zone="COLD", capacity_in3="500")
    browser().post(page("location_add_bins"), sized)
    made = Location.objects.filter(name__startswith="B-")
    assert set(made.values_list("zone", "capacity_in3")) == {("COLD", 500)}


def test_a_range_of_bins_is_added():
    warehouse = make_warehouse()
    response = browser().post(page("location_add_bins"), bins(warehouse))
    assert says(response) == ["Added 4 bins to EAST: B-08 to B-11."]
    made = Location.objects.filter(name__startswith="B-")
    assert [(one.name, one.pick_sequence) for one in made.order_by("name")] == [
        ("B-08", 5),
        ("B-09", 6),
        ("B-10", 7),
        ("B-11", 8),
    ]


@pytest.mark.parametrize(
    ("last", "message"),
    [("7", "The last number is below the first."), ("600", "Add at most 500 bins at once.")],
)
def test_a_range_that_cannot_be_meant_is_refused(last, message):
    response = browser().post(page("location_add_bins"), bins(make_warehouse(), last=last))
    assert errors(response) == {"last": [message]}
    assert not Location.objects.filter(name__startswith="B-").exists()


def test_one_taken_name_refuses_the_whole_range():
    world = make_world()
    response = browser().post(
        page("location_add_bins"), bins(world.warehouse, prefix="A-", last="11")
    )
    assert "already a location A-08" in errors(response)["__all__"][0]
    assert not Location.objects.filter(name="A-10").exists()


def test_the_page_of_a_location_shows_what_stands_there():
    world = make_world()
    product = world.lot_product()
    world.stock_lot(product, "VC-A", None, 5, bin=0)
    shown = browser().get(page("location_change", world.bins[0].pk)).content.decode()
    assert "VC-A" in shown
    assert page("balance_move", product.balances.get(location=world.bins[0]).pk) in shown


@pytest.mark.parametrize(
    ("name", "offered"), [("A-01", ["Move", "Adjust"]), ("QUARANTINE", ["Cases", "Adjust"])]
)
def test_only_what_may_be_done_there_is_offered(name, offered):
    world = make_world()
    product = world.product()
    put(product, world.place(name), 5)
    text = html(browser().get(page("location_change", world.place(name).pk)))
    table = text[text.index("What stands here") :]
    assert [verb for verb in ("Move", "Cases", "Adjust") if f">{verb}</a>" in table] == offered


def test_units_at_a_dock_leave_by_stowing():
    world = make_world()
    received(world, line(world.product(), 5))
    text = html(browser().get(page("location_change", world.place("DOCK").pk)))
    assert "Leaves by stowing" in text
    assert "/adjust/" not in text


def test_an_empty_location_says_how_units_come():
    world = make_world()
    shown = browser().get(page("location_change", world.bins[0].pk)).content.decode()
    assert "Nothing stands here." in shown


@pytest.mark.parametrize(
    ("chosen", "names"),
    [("filled", ["A-01"]), ("empty", [f"A-0{n}" for n in range(2, 10)])],
)
def test_locations_are_filtered_by_what_stands_there(chosen, names):
    world = make_world()
    world.stock_lot(world.product(), "A", None, 5, bin=0)
    shown = browser().get(page("location_changelist"), {"contents": chosen, "kind": "storage"})
    assert [row.name for row in shown.context["cl"].result_list] == names


def test_an_associate_adds_no_bins():
    warehouse = make_warehouse()
    client = member_of("associate")
    assert client.get(page("location_add_bins")).status_code == 403
    assert client.post(page("location_add_bins"), bins(warehouse)).status_code == 403
    assert not Location.objects.filter(name__startswith="B-").exists()
