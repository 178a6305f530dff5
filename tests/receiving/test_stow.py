from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.errors import BinTooSmall, NotAStockLocation, OtherLotInLocation, UnknownLot
from inventory.models import Posting
from inventory.services.places import update_location
from inventory.services.products import update_product
from merchants.errors import Malformed
from merchants.models import Event
from receiving.errors import MoreThanReceived, WrongStatus
from receiving.queries import supplies_of
from receiving.services import Count, StowLine, stow
from tests.builders import (
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
)
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    count,
    counters,
    line,
    put_away,
    received,
    standing,
    topics,
)

SOON = date(2026, 10, 31)


@pytest.fixture
def wro(world, vitamin, soap):
    """100 of lot VC-A, 60 of VC-B, 10 without lots: at the dock."""
    lots = [("VC-A", SOON, 100), ("VC-B", NEXT_YEAR, 60)]
    return received(world, line(vitamin, 160, *lots), line(soap, 10))


def test_it_works(wro, vitamin, soap):
    put_away(
        wro,
        StowLine(vitamin, 70, "A-01", "VC-A", SOON),
        StowLine(vitamin, 30, "A-02", "vc-a"),
        StowLine(vitamin, 60, "A-03", "VC-B"),
        StowLine(soap, 4, "A-03"),
    )
    assert counters(wro) == {
        "VITAMIN VC-A": (100, 100, 100),
        "VITAMIN VC-B": (60, 60, 60),
        "SOAP": (10, 10, 4),
    }
    assert standing(vitamin) == {
        ("A-01", "VC-A"): 70,
        ("A-02", "VC-A"): 30,
        ("A-03", "VC-B"): 60,
    }
    assert standing(soap) == {("DOCK", ""): 6, ("A-03", ""): 4}
    posting = Posting.objects.order_by("-id").first()
    assert (posting.kind, posting.reference) == ("stow", wro.number)
    assert topics(wro)[-1] == "stowed"


def test_stowed_units_are_offered_to_backorders(world, wro, vitamin):
    demand = make_demand(vitamin, 50, world.warehouse)
    assert (demand.allocated, demand.backordered) == (0, 50)
    put_away(wro, StowLine(vitamin, 30, "A-01", "VC-A"))
    demand.refresh_from_db()
    assert (demand.allocated, demand.backordered) == (30, 20)


def refused(wro, error, *lines):
    before = {one.pk: (one.received, one.stowed) for one in supplies_of(wro)}
    with pytest.raises(error) as caught:
        put_away(wro, *lines)
    assert {one.pk: (one.received, one.stowed) for one in supplies_of(wro)} == before
    assert not Posting.objects.filter(kind="stow").exists()
    return caught.value


@pytest.mark.parametrize(
    "lines",
    [
        [("VC-A", 101, "A-01")],
        [("VC-A", 60, "A-01"), ("VC-A", 41, "A-02")],
        [("", 1, "A-01")],
    ],
)
def test_no_more_than_received(wro, vitamin, lines):
    named = [StowLine(vitamin, units, name, number) for number, units, name in lines]
    refused(wro, MoreThanReceived, *named)


def test_a_lot_of_which_nothing_came_is_more_than_received(wro, vitamin):
    make_lot(vitamin, "VC-C", SOON)
    error = refused(wro, MoreThanReceived, StowLine(vitamin, 1, "A-01", "VC-C"))
    assert (error.requested, error.available) == (1, 0)
    assert str(error) == (
        "0 units of VITAMIN, lot VC-C, wait at the dock for this WRO: no more can be stowed."
    )


@pytest.mark.parametrize(("number", "expires_on"), [("NONE", None), ("VC-A", NEXT_YEAR)])
def test_an_unknown_lot(wro, vitamin, number, expires_on):
    error = refused(wro, UnknownLot, StowLine(vitamin, 1, "A-01", number, expires_on))
    assert error.errors[0]["field"] == "lines[0].lot_number"


def test_lots_are_kept_apart_within_one_call(wro, vitamin):
    lines = [StowLine(vitamin, 5, "A-01", "VC-A"), StowLine(vitamin, 5, "A-01", "VC-B")]
    error = refused(wro, OtherLotInLocation, *lines)
    assert (error.sku, error.location) == ("VITAMIN", "A-01")


def test_lots_are_kept_apart_from_what_stands_there(world, wro, vitamin):
    world.stock_lot(vitamin, "VC-OLD", SOON, 1, bin=0)
    refused(wro, OtherLotInLocation, StowLine(vitamin, 5, "A-01", "VC-A"))


def test_units_are_fetched_from_the_docks_where_they_wait(world, wro, vitamin):
    make_bin(world.warehouse, "DOCK 2", kind="dock", pick_sequence=1)
    change = {"pick_sequence": 2}
    update_location(location_id=world.place("DOCK").pk, fields=change, **acting())
    count(wro, Count(vitamin, 5, "VC-A", SOON))
    assert standing(vitamin)["DOCK 2", "VC-A"] == 5
    lines = [StowLine(vitamin, 98, "A-01", "VC-A"), StowLine(vitamin, 4, "A-02", "VC-A")]
    put_away(wro, *lines)
    assert standing(vitamin)["A-01", "VC-A"] == 98
    assert standing(vitamin)["A-02", "VC-A"] == 4
    assert standing(vitamin)["DOCK 2", "VC-A"] == 3
    assert ("DOCK", "VC-A") not in standing(vitamin)


def small_bin(world, wro, vitamin):
    """A-01 takes ten units of VITAMIN, of which two stand there."""
    cube = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(10))
    update_product(product_id=vitamin.pk, fields=cube, **acting())
    update_location(location_id=world.bins[0].pk, fields={"capacity_in3": 10_500}, **acting())
    vitamin.refresh_from_db()
    put_away(wro, StowLine(vitamin, 2, "A-01", "VC-A"))


def test_no_bin_is_filled_above_its_capacity_unless_somebody_says_why(world, wro, vitamin, soap):
    small_bin(world, wro, vitamin)
    put_away(wro, StowLine(soap, 9, "A-01"))  # of an unknown size: it is never kept out
    lines = [StowLine(vitamin, 5, "A-01", "VC-A"), StowLine(vitamin, 4, "A-01", "VC-A")]
    with pytest.raises(BinTooSmall) as caught:
        put_away(wro, *lines)
    assert (caught.value.requested, caught.value.available) == (4, 3)
    assert str(caught.value).startswith("A-01 has room for 3 units of VITAMIN, not for 4: ")
    assert standing(vitamin)["A-01", "VC-A"] == 2
    stow(wro_id=wro.pk, lines=lines, reason="Until the pallet is broken.", **acting())
    assert standing(vitamin)["A-01", "VC-A"] == 11
    assert Posting.objects.order_by("-id").first().reason == "Until the pallet is broken."
    event = Event.objects.filter(topic="wro.stowed").order_by("-id").first()
    assert (event.payload["units"], event.payload["reason"]) == (9, "Until the pallet is broken.")


def test_what_just_fits_is_taken(world, wro, vitamin):
    small_bin(world, wro, vitamin)
    put_away(wro, StowLine(vitamin, 8, "A-01", "VC-A"))
    assert standing(vitamin)["A-01", "VC-A"] == 10


def test_two_lots_may_share_a_mixed_bin(world, wro, vitamin):
    make_bin(world.warehouse, "M-01", mixed=True)
    put_away(wro, StowLine(vitamin, 5, "M-01", "VC-A"), StowLine(vitamin, 5, "M-01", "VC-B"))
    assert standing(vitamin)["M-01", "VC-B"] == 5


@pytest.mark.parametrize("name", ["DOCK", "QUARANTINE", "DAMAGED"])
def test_areas_are_no_bins(wro, vitamin, name):
    refused(wro, NotAStockLocation, StowLine(vitamin, 5, name, "VC-A"))


@pytest.mark.parametrize("name", ["B-99", "CUSTOMER", "W-01", ""])
def test_unknown_virtual_and_foreign_locations(wro, vitamin, name):
    make_bin(make_warehouse("WEST"), "W-01")
    lines = [StowLine(vitamin, 5, "A-01", "VC-A"), StowLine(vitamin, 5, name, "VC-A")]
    error = refused(wro, Malformed, *lines)
    assert [(e["field"], e["code"]) for e in error.errors] == [
        ("lines[1].location", "unknown_location")
    ]


def test_units_are_positive_and_something_is_stowed(wro, vitamin):
    assert refused(wro, Malformed).errors[0]["field"] == "lines"
    error = refused(wro, Malformed, StowLine(vitamin, 0, "A-01", "VC-A"))
    assert error.errors[0]["field"] == "lines[0].quantity"


def test_another_merchants_product_is_unknown(wro):
    theirs = make_product(make_merchant("GLOW"), "CREAM")
    error = refused(wro, Malformed, StowLine(theirs, 1, "A-01"))
    assert error.errors[0]["code"] == "unknown_sku"


def test_nothing_is_stowed_before_it_is_received(world, soap):
    wro = arrived(world, line(soap, 5))
    refused(wro, WrongStatus, StowLine(soap, 5, "A-01"))


def test_units_of_another_wro_at_the_dock_are_not_ours(world, wro, soap):
    other = received(world, line(soap, 3))
    refused(other, MoreThanReceived, StowLine(soap, 4, "A-01"))
    put_away(other, StowLine(soap, 3, "A-01"))
    assert standing(soap) == {("DOCK", ""): 10, ("A-01", ""): 3}


@pytest.mark.postgresql
def test_statements_do_not_grow_with_the_lots(world, vitamin):
    for n in range(501):
        make_bin(world.warehouse, f"S-{n:03d}")
    taken = []
    for number in (1, 500):
        lots = [(f"{number}-{n}", NEXT_YEAR, 2) for n in range(number)]
        wro = arrived(world, line(vitamin, 2 * number, *lots))
        count(wro, *(Count(vitamin, 2, lot) for lot, _, _ in lots))
        shift = 0 if number == 1 else 1
        lines = [
            StowLine(vitamin, 2, f"S-{n + shift:03d}", lot) for n, (lot, _, _) in enumerate(lots)
        ]
        with CaptureQueriesContext(connection) as captured:
            put_away(wro, *lines)
        taken.append(len(captured))
    assert taken[0] == taken[1]
    assert taken[0] < 40
