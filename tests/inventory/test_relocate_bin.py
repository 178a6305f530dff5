"""Whole bins moved, lots brought together, and the page of a bin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Balance, Movement, Posting
from inventory.queries.bin_page import bin_elsewhere, fill, lately, scattered, since
from inventory.services.places import update_location
from inventory.services.relocation import consolidate, relocate_bin
from inventory.services.stock import Units, adjust, move
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    balance,
    house,
    make_bin,
    make_demand,
    make_merchant,
    make_product,
    make_warehouse,
    put,
    stands,
)
from tests.inventory.admin import browser, errors, html, member_of, page, says
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

SOON = date(2027, 1, 1)
CUBE = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(10))


def relocate(world: World, source: str, target: str, **fields: str) -> list[Posting]:
    places = {"source_id": world.place(source).pk, "target_id": world.place(target).pk}
    return relocate_bin(**places, **fields, **acting())


def bring(world: World, lot: object, target: str, **fields: str) -> Posting:
    return consolidate(
        product_id=lot.product_id,
        lot_id=lot.pk,
        target_id=world.place(target).pk,
        **fields,
        **acting(),
    )


def test_a_whole_bin_is_moved(world: World) -> None:
    """Of two merchants: a posting for each."""
    vitamin, soap = world.lot_product(), world.product()
    other = make_product(make_merchant("GLOW"), "BALM")
    lot = world.stock_lot(vitamin, "A", SOON, 5, 0)
    put(soap, world.bins[0], 3)
    put(other, world.bins[0], 7)
    postings = relocate(world, "A-01", "A-04", reason="The shelf is broken.")
    assert [(one.kind, one.reason, one.merchant.code) for one in postings] == [
        ("relocate", "The shelf is broken.", "ACME"),
        ("relocate", "The shelf is broken.", "GLOW"),
    ]
    assert stands(vitamin) == {("A-04", "A"): (5, 0)}
    assert stands(soap) == {("A-04", None): (3, 0)}
    assert stands(other) == {("A-04", None): (7, 0)}
    events = Event.objects.filter(topic="stock.moved").order_by("id")
    assert [one.payload["sku"] for one in events] == ["VITAMIN", "SOAP", "BALM"]
    assert events[0].payload == {
        "sku": "VITAMIN",
        "lot": lot.pk,
        "quantity": 5,
        "source": "A-01",
        "target": "A-04",
    }


def test_what_is_moved_where_it_may_be_picked_is_offered(world: World) -> None:
    soap = world.product()
    away = make_bin(world.warehouse, "X-01", pickable=False)
    put(soap, away, 5)
    demand = make_demand(soap, 4, world.warehouse)
    relocate(world, "X-01", "A-01")
    demand.refresh_from_db()
    assert demand.allocated == 4


def test_a_bin_with_promised_units_stays(world: World) -> None:
    soap, vitamin = world.product(), world.lot_product()
    put(soap, world.bins[0], 5)
    world.stock_lot(vitamin, "A", SOON, 5, 0)
    make_demand(soap, 2, world.warehouse)
    make_demand(vitamin, 3, world.warehouse, number="ORD-000002")
    with refused("units_committed") as caught:
        relocate(world, "A-01", "A-04")
    assert str(caught.value).startswith(
        "Promised to orders at A-01: 2 of SOAP, 3 of VITAMIN lot A. Ship or release them first"
    )
    assert caught.value.committed == 5


def test_of_many_promises_the_first_are_named(world: World) -> None:
    for number in range(6):
        product = world.product(f"P{number}")
        put(product, world.bins[0], 1)
        make_demand(product, 1, world.warehouse, number=f"ORD-00000{number}")
    with refused("units_committed") as caught:
        relocate(world, "A-01", "A-04")
    assert "1 of P4 and 1 more. Ship" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("A-01", "A-01", "wrong_location_kind"),
        ("A-01", "QUARANTINE", "wrong_location_kind"),
        ("DOCK", "A-02", "wrong_location_kind"),
        ("A-01", "CUSTOMER", "not_found"),
        ("A-03", "A-04", "insufficient_stock"),
        ("A-01", "A-02", "other_lot_in_location"),
        ("A-01", "A-05", "bin_too_small"),
    ],
)
def test_a_bin_that_cannot_be_moved(world: World, source: str, target: str, code: str) -> None:
    vitamin = world.lot_product(**CUBE)
    world.stock_lot(vitamin, "A", SOON, 5, 0)
    world.stock_lot(vitamin, "B", SOON, 5, 1)
    update_location(location_id=world.bins[4].pk, fields={"capacity_in3": 4000}, **acting())
    with refused(code):
        relocate(world, source, target)


def test_no_bin_is_moved_to_another_warehouse(world: World) -> None:
    put(world.product(), world.bins[0], 5)
    far = make_bin(make_warehouse("WEST"), "W-01")
    with refused("wrong_location_kind"):
        relocate_bin(source_id=world.bins[0].pk, target_id=far.pk, **acting())


def test_statements_do_not_grow_with_what_stands_there(world: World) -> None:
    counted = []
    for place, lines in ((0, 1), (1, 12)):
        for number in range(lines):
            put(world.product(f"P{place}-{number}"), world.bins[place], 1)
        with CaptureQueriesContext(connection) as done:
            relocate(world, f"A-0{place + 1}", f"A-0{place + 5}")
        counted.append(len(done))
    assert counted[0] == counted[1]


# One lot from several bins into one ---------------------------------------------------------------


def test_a_lot_is_brought_together(world: World) -> None:
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "A", SOON, 5, 0)
    world.stock_lot(vitamin, "A", SOON, 7, 1)
    world.stock_lot(vitamin, "A", SOON, 9, 2)
    world.stock_lot(vitamin, "B", SOON, 9, 3)
    away = make_bin(make_warehouse("WEST"), "W-01")
    put(vitamin, away, 4, lot)
    put(vitamin, world.place("QUARANTINE"), 1, lot)
    posting = bring(world, lot, "A-02", reason="One bin is enough.")
    assert (posting.kind, posting.reason) == ("relocate", "One bin is enough.")
    assert stands(vitamin) == {
        ("A-02", "A"): (21, 0),
        ("A-04", "B"): (9, 0),
        ("W-01", "A"): (4, 0),
        ("QUARANTINE", "A"): (1, 0),
    }


def test_promised_units_stay_where_they_are_picked(world: World) -> None:
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "A", SOON, 5, 0)
    make_demand(vitamin, 4, world.warehouse)
    world.stock_lot(vitamin, "A", SOON, 7, 1)
    bring(world, lot, "A-02")
    assert stands(vitamin) == {("A-01", "A"): (4, 4), ("A-02", "A"): (8, 0)}
    with refused("units_committed"):
        bring(world, lot, "A-02")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("A-01", "insufficient_stock"),
        ("A-02", "other_lot_in_location"),
        ("A-05", "bin_too_small"),
        ("DAMAGED", "wrong_location_kind"),
        ("SUPPLIER", "not_found"),
    ],
)
def test_a_lot_that_cannot_be_brought_there(world: World, target: str, code: str) -> None:
    vitamin = world.lot_product(**CUBE)
    lot = world.stock_lot(vitamin, "A", SOON, 5, 0)
    world.stock_lot(vitamin, "B", SOON, 7, 1)
    update_location(location_id=world.bins[4].pk, fields={"capacity_in3": 4000}, **acting())
    with refused(code):
        bring(world, lot, target)


def test_what_does_not_exist(world: World) -> None:
    with refused("not_found"):
        relocate_bin(source_id=0, target_id=world.bins[0].pk, **acting())


# What the pages read ------------------------------------------------------------------------------


def test_units_stand_there_since_the_bin_was_last_empty_of_them(
    world: World, django_assert_num_queries
) -> None:
    soap, oil = world.product(), world.product("OIL")
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def day(number: int, product: object, units: int) -> None:
        now = start + timedelta(days=number)
        there = {"location_id": world.bins[0].pk, "reason": "Count"}
        adjust(units=Units(product.pk, None, units), **there, actor=house(), now=now)

    for number, units in enumerate((5, -5, 3, 4, -6)):
        day(number, soap, units)
    day(9, oil, 1)
    here = [balance(one, world.bins[0]) for one in (soap, oil)]
    with django_assert_num_queries(2):
        found = since(one.pk for one in here)
    assert found == {
        here[0].pk: start + timedelta(days=2),
        here[1].pk: start + timedelta(days=9),
    }


def test_what_happened_lately_is_of_this_bin_alone(world: World) -> None:
    soap = world.product()
    put(soap, world.bins[0], 5)
    put(soap, world.bins[1], 5)
    move(
        units=Units(soap.pk, None, 2),
        source_id=world.bins[0].pk,
        target_id=world.bins[1].pk,
        **acting(),
    )
    assert [one.quantity for one in lately(world.bins[0])] == [2, 5]
    assert list(lately(world.bins[2])) == []
    assert Movement.objects.count() == 3


def test_how_full_a_bin_is(world: World) -> None:
    soap, gum = world.product(**CUBE), world.product("GUM")
    assert fill(world.bins[0], []) is None
    update_location(location_id=world.bins[0].pk, fields={"capacity_in3": 4000}, **acting())
    place = world.warehouse.locations.get(name="A-01")
    put(soap, place, 3)
    found = fill(place, Balance.objects.filter(location=place))
    assert (found.percent, found.used_in3, found.is_partly_known) == (75, 3000, False)
    put(gum, place, 3)
    assert fill(place, Balance.objects.filter(location=place)).is_partly_known


def test_lots_in_several_bins_are_found(world: World, django_assert_num_queries) -> None:
    vitamin = world.lot_product(**CUBE)
    for bin, units in ((0, 2), (1, 9), (2, 3)):
        world.stock_lot(vitamin, "A", SOON, units, bin)
    for bin in (3, 4):
        world.stock_lot(vitamin, "B", SOON, 5, bin)
    world.stock_lot(vitamin, "C", SOON, 5, 5)
    update_location(location_id=world.bins[1].pk, fields={"capacity_in3": 13_000}, **acting())
    with django_assert_num_queries(3):
        found = scattered(world.warehouse)
    assert [(str(one.lot), one.units, one.target.location.name) for one in found] == [
        ("A", 14, "A-03"),
        ("B", 10, "A-04"),
    ]
    assert scattered(make_warehouse("WEST")) == []


def test_a_move_is_suggested_another_bin_than_its_own(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "A", SOON, 5, 4)
    here = balance(vitamin, world.bins[4], vitamin.lots.get())
    assert bin_elsewhere(here, 5).name == "A-04"
    world.stock_lot(vitamin, "A", SOON, 5, 8)
    assert bin_elsewhere(here, 0).name == "A-09"


# In the admin -------------------------------------------------------------------------------------


def test_the_page_of_a_bin_tells_all_of_it(world: World) -> None:
    vitamin = world.lot_product(**CUBE)
    world.stock_lot(vitamin, "A", SOON, 5, 0)
    update_location(location_id=world.bins[0].pk, fields={"capacity_in3": 4000}, **acting())
    text = html(browser().get(page("location_change", world.bins[0].pk)))
    assert "125 % of 4000 cubic inches taken" in text
    assert "too full" in text
    assert '<td class="lw-nowrap">2026-06-01' in text
    assert "Opening stock" in text
    assert page("location_relocate", world.bins[0].pk) in text
    empty = html(browser().get(page("location_change", world.bins[1].pk)))
    assert "Nothing was ever put here." in empty
    assert "Move everything" not in empty


def test_the_page_of_a_bin_takes_as_many_queries_for_any_contents(world: World) -> None:
    client = browser()
    counted = []
    for lines in (1, 8):
        for number in range(lines):
            put(world.product(f"P{lines}-{number}"), world.bins[0], 1)
        client.get(page("location_change", world.bins[0].pk))
        with CaptureQueriesContext(connection) as done:
            client.get(page("location_change", world.bins[0].pk))
        counted.append(len(done))
    assert counted[0] == counted[1]


def test_a_bin_is_moved_from_its_page(world: World) -> None:
    soap = world.product(**CUBE)
    put(soap, world.bins[0], 5)
    client = browser()
    address = page("location_relocate", world.bins[0].pk)
    assert "SOAP" in html(client.get(address))
    update_location(location_id=world.bins[1].pk, fields={"capacity_in3": 4000}, **acting())
    answer = client.post(address, {"target": world.bins[1].pk, "reason": ""})
    (message,) = errors(answer)["reason"]
    assert message.startswith("A-02 has room for 4 units of SOAP, not for 5")
    answer = client.post(address, {"target": world.bins[2].pk, "reason": ""})
    assert says(answer) == ["Moved everything from A-01 to A-03: 1 line."]
    assert stands(soap) == {("A-03", None): (5, 0)}
    assert "Nothing stands here." in html(client.get(address))
    dock = world.place("DOCK").pk
    assert client.get(page("location_relocate", dock)).status_code == 404


def test_promised_units_are_told_before_a_bin_is_moved(world: World) -> None:
    soap = world.product()
    put(soap, world.bins[0], 5)
    for number in range(21):
        put(world.product(f"P{number}"), world.bins[0], 1)
    make_demand(soap, 1, world.warehouse)
    client = browser()
    address = page("location_relocate", world.bins[0].pk)
    text = html(client.get(address))
    assert "1 unit here is promised to orders" in text
    assert "and 2 more" in text
    answer = client.post(address, {"target": world.bins[2].pk, "reason": ""})
    assert "Promised to orders at A-01: 1 of SOAP." in errors(answer)["__all__"][0]


def test_a_lot_is_brought_together_from_the_list(world: World) -> None:
    vitamin, soap = world.lot_product(), world.product()
    lot = world.stock_lot(vitamin, "A", SOON, 5, 0)
    world.stock_lot(vitamin, "A", SOON, 7, 1)
    client = browser()
    here = balance(vitamin, world.bins[1], lot)
    address = page("location_bring_together", here.pk)
    assert address in html(client.get(page("location_scattered")))
    text = html(client.get(address))
    assert "Bring VITAMIN lot A together" in text
    answer = client.post(address, {"target": world.bins[1].pk, "reason": ""})
    assert says(answer) == ["5 units of VITAMIN lot A moved to A-02."]
    assert stands(vitamin) == {("A-02", "A"): (12, 0)}
    assert "Every lot stands in one bin." in html(client.get(page("location_scattered")))
    for place in (2, 3):
        put(soap, world.bins[place], 1)
    address = page("location_bring_together", balance(soap, world.bins[2]).pk)
    answer = client.post(address, {"target": world.bins[3].pk, "reason": ""})
    assert says(answer) == ["1 units of SOAP moved to A-04."]
    answer = client.post(address, {"target": world.bins[3].pk, "reason": ""})
    assert answer.status_code == 404


def test_the_list_is_of_one_warehouse(world: World) -> None:
    make_warehouse("WEST")
    client = browser()
    shown = client.get(page("location_scattered"), {"at": "WEST"})
    assert shown.context["warehouse"].code == "WEST"
    assert client.get(page("location_scattered")).context["warehouse"] == world.warehouse


@pytest.mark.django_db
def test_without_a_warehouse_there_is_nothing_to_list() -> None:
    assert "No warehouse" in html(browser().get(page("location_scattered")))


@pytest.mark.parametrize(("group", "status"), [("associate", 200), ("billing", 403)])
def test_who_may(world: World, group: str, status: int) -> None:
    put(world.product(), world.bins[0], 5)
    client = member_of(group)
    assert client.get(page("location_relocate", world.bins[0].pk)).status_code == status
    assert client.get(page("location_scattered")).status_code == status
