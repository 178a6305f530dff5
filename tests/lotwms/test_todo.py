"""The index page counts what waits, and links to where it is done."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.services.disposals import request_disposal
from merchants.models import User
from receiving.services import Count
from tests.builders import acting, make_demand, make_warehouse, make_world, place, put
from tests.inventory.admin import browser, member_of
from tests.receiving.builders import arrived, count, line, submitted
from tests.returns.made import announced, make_arrived, make_return
from transfers.services import LineRequest, TransferRequest, create_transfer, send_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def tasks(client=None):
    shown = (client or browser()).get("/admin/")
    return {task.name: (task.count, task.hint, task.url) for task in shown.context["tasks"]}


def test_an_empty_house_says_so(world):
    found = tasks()
    assert all(count == 0 for count, _, _ in found.values())
    assert found["quarantine cases"][1] == "Nothing waits for a decision"
    assert found["backordered orders"][1] == "Every released order has its units"


def test_orders_are_counted_by_what_they_wait_for(world):
    product = world.product()
    put(product, world.bins[0], 10)
    make_demand(product, 4, world.warehouse, number="ORD-000001")
    make_demand(product, 9, world.warehouse, number="ORD-000002")
    found = tasks()
    assert found["order to ship"] == (
        1,
        "All of their units are allocated",
        "/admin/fulfillment/order/?status=allocated",
    )
    assert found["backordered order"] == (
        1,
        "The oldest is of 2026-06-01",
        "/admin/fulfillment/order/?status=backordered",
    )


def test_what_should_have_come_is_counted(world):
    product = world.product()
    submitted(world, line(product, 5), expected_arrival_on=date(2026, 5, 31))
    submitted(world, line(product, 5), expected_arrival_on=date(2026, 6, 1))
    late = "2 more on the way, 1 late"
    assert tasks()["WROs to receive"] == (0, late, "/admin/receiving/wro/?arrival=late")
    arrived(world, line(product, 5))
    here = "/admin/receiving/wro/?status__exact=arrived"
    assert tasks()["WRO to receive"] == (1, late, here)


def test_what_came_to_the_dock_is_counted(world):
    product = world.product()
    submitted(world, line(product, 5))
    assert tasks()["WROs to receive"][1] == "1 more on the way"
    wro = arrived(world, line(product, 5))
    assert tasks()["WRO to receive"] == (
        1,
        "1 more on the way",
        "/admin/receiving/wro/?status__exact=arrived",
    )
    count(wro, Count(product, 5))
    found = tasks()
    assert found["WROs to receive"][0] == 0
    assert found["units at a dock to stow"] == (
        5,
        "All of one product",
        "/admin/receiving/wro/stow-tasks/",
    )


def test_transfers_are_counted_by_what_is_under_way(world):
    product, east = world.product(), make_warehouse("EAST")
    put(product, world.bins[0], 9)
    assert tasks()["transfers to receive"][1] == "0 units are under way"
    lines = [LineRequest(product, 4)]
    request = TransferRequest(world.merchant, world.warehouse, east, lines)
    create_transfer(request=request, **acting())
    transfer = create_transfer(request=request, **acting())
    send_transfer(transfer_id=transfer.pk, **acting())
    assert tasks()["transfer to receive"] == (
        1,
        "4 units are under way; 1 more to send",
        "/admin/transfers/transfer/?status__exact=in_transit",
    )


def test_returns_are_counted_by_where_they_are(world):
    product = world.product()
    make_return(world, announced(product, 1))
    make_arrived(world, announced(product, 2))
    assert tasks()["return to inspect"] == (
        1,
        "1 more on the way",
        "/admin/returns/return/?status__exact=arrived",
    )


def test_quarantine_cases_are_counted_with_their_age(world, clock):
    product = world.product()
    put(product, place(world.warehouse, "QUARANTINE"), 2)
    assert tasks()["quarantine case"][1] == "The oldest is less than a day old"
    clock.advance(days=3)
    assert tasks()["quarantine case"] == (
        1,
        "The oldest is 3 days old",
        "/admin/inventory/quarantinecase/",
    )


def test_disposal_requests_are_counted_with_their_age(world, clock):
    lot = world.stock_lot(world.lot_product(), "A", date(2026, 9, 1), 3, bin=0)
    request_disposal(lot=lot, action="dispose", reason="Recalled", **acting())
    clock.advance(days=1)
    assert tasks()["disposal request"] == (
        1,
        "The oldest is 1 day old",
        "/admin/inventory/disposalrequest/",
    )


def test_lots_that_run_out_are_counted(world):
    product = world.lot_product()
    for number, days in enumerate((-1, 0, 30, 31)):
        expiry = date(2026, 6, 1) + timedelta(days)
        world.stock_lot(product, f"L{number}", expiry, 1, bin=number)
    assert tasks()["lots expire within 30 days"] == (
        2,
        "1 in stock has expired already",
        "/admin/inventory/lot/?expiry=30",
    )


def test_only_expired_lots_lead_to_the_expired(world):
    world.stock_lot(world.lot_product(), "OLD", date(2026, 5, 31), 1, bin=0)
    assert tasks()["lots expire within 30 days"][2] == "/admin/inventory/lot/?expiry=expired"


def test_the_number_of_queries_does_not_grow(world):
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as asked:
            tasks(client)
        return len(asked)

    queries()
    before = queries()
    for number in range(1, 8):
        product = world.lot_product(f"VITAMIN-{number}")
        world.stock_lot(product, "A", date(2026, 6, 20), 5, bin=number)
        put(product, place(world.warehouse, "QUARANTINE"), 2)
        make_demand(product, 9, world.warehouse, number=f"ORD-{number:06d}")
    assert queries() == before


def test_people_see_the_tasks_that_they_may_see(world):
    assert tasks(member_of("manager")).keys() == tasks().keys()


def test_who_may_see_nothing_is_told_so(world):
    nobody = User.objects.create_user("nobody", password="x", is_staff=True)
    client = browser(nobody)
    shown = client.get("/admin/")
    assert shown.context["tasks"] == []
    assert "permission to view or edit anything" in shown.content.decode()
