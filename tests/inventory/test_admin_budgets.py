"""No list asks more queries for more rows."""

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.services.digests import write_digests
from inventory.services.disposals import request_disposal
from inventory.services.expiry_run import run_due
from inventory.services.holds import place_hold
from inventory.services.lot_numbers import create_lot_format
from inventory.services.set_asides import Wish, set_aside
from tests.builders import (
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    make_world,
    put,
)
from tests.clock import CLOCK
from tests.inventory.admin import browser, page

pytestmark = pytest.mark.django_db

LISTS = sorted(
    model._meta.model_name for model in admin.site._registry if model._meta.app_label == "inventory"
)


def fill(world, first, last):
    for number in range(first, last):
        place = make_bin(world.warehouse, f"B-{number}")
        product = world.lot_product(f"VITAMIN-{number}")
        lot = world.stock_lot(product, f"L{number}", date(2026, 6, 1) + timedelta(number), 9, bin=0)
        put(product, world.place("QUARANTINE"), 2, lot)
        make_demand(product, 2, world.warehouse, number=f"ORD-{number:06d}")
        wish = Wish(product, 1, world.warehouse, "Promised", customer=f"C-{number}")
        set_aside(wish=wish, **acting())
        place_hold(target=(lot, place, product)[number % 3], reason="Recall", **acting())
        request_disposal(lot=lot, action="dispose", reason="Recall", **acting())
        fields = {"pattern": "LOT-{SEQ:3}"}
        create_lot_format(merchant=world.merchant, product=product, fields=fields, **acting())
        make_warehouse(f"W{number}")
        other = make_product(make_merchant(f"M{number}"), is_lot_product=True)
        put(other, world.place("QUARANTINE"), 2, make_lot(other, "L", date(2026, 7, 1)))
    run_due(now=CLOCK.now)
    write_digests(now=CLOCK.now)


def queries(client, address):
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200
    return len(asked), len(response.context["cl"].result_list)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_same_number_of_queries_for_more_rows(name):
    world = make_world()
    client = browser()
    address = page(f"{name}_changelist")
    fill(world, 0, 3)
    queries(client, address)  # what Django looks up only once
    asked, rows = queries(client, address)
    fill(world, 3, 12)
    asked_now, rows_now = queries(client, address)
    assert rows_now > rows > 0
    assert asked_now == asked


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_opens(name):
    _, rows = queries(browser(), page(f"{name}_changelist"))
    assert rows == 0
