"""Which warehouse fills an order that names none."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from inventory.models import Demand, Location, Warehouse
from inventory.services.demands import (
    DemandRequest,
    OrderTerms,
    open_demands,
    product_ids,
    release_demands,
)
from tests.builders import (
    World,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    promised,
    put,
)
from tests.clock import CLOCK, Clock
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def east(world: World) -> Location:
    """A bin of a second warehouse, which comes after CHI by its code."""
    return make_bin(make_warehouse("EAST", "Asia/Tokyo"), "E-01")


def order(requests: list[DemandRequest], merchant_id: int) -> list[Demand]:
    terms = OrderTerms(merchant_id, "ORD-000001", CLOCK.now)
    with transaction.atomic():
        ids = open_demands(terms=terms, requests=requests)
        release_demands(demand_ids=ids, now=CLOCK.now, may_choose=True)
    return list(Demand.objects.filter(pk__in=ids).order_by("id"))


def chosen(demands: list[Demand]) -> str:
    (warehouse,) = {one.warehouse for one in demands}
    assert isinstance(warehouse, Warehouse)
    return warehouse.code


def test_the_one_that_covers_most_units(world: World, east: Location) -> None:
    soap, brush = world.product("SOAP"), world.product("BRUSH")
    put(soap, world.bins[0], 4)
    put(brush, world.bins[1], 1)
    put(soap, east, 9)
    demands = order([DemandRequest(soap.pk, 6), DemandRequest(brush.pk, 1)], world.merchant.pk)
    assert chosen(demands) == "EAST"
    assert [promised(one) for one in demands] == [{"E-01": 6}, {}]
    assert product_ids(demands) == sorted([soap.pk, brush.pk])


def test_then_the_one_that_carries_most_products(world: World, east: Location) -> None:
    soap, brush = world.product("SOAP"), world.product("BRUSH")
    put(soap, world.bins[0], 4)
    put(soap, east, 4)
    make_supply(brush, 5, east.warehouse)
    demands = order([DemandRequest(soap.pk, 3), DemandRequest(brush.pk, 1)], world.merchant.pk)
    assert chosen(demands) == "EAST"


def test_then_the_first_by_code(world: World, east: Location) -> None:
    soap = world.product("SOAP")
    put(soap, east, 4)
    put(soap, world.bins[0], 4)
    assert chosen([make_demand(soap, 3, None)]) == "CHI"
    assert chosen([make_demand(soap, 9, None)]) == "EAST"


def test_lines_of_one_product_do_not_count_its_units_twice(world: World, east: Location) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 5)
    put(soap, east, 6)
    demands = order([DemandRequest(soap.pk, 4), DemandRequest(soap.pk, 4)], world.merchant.pk)
    assert chosen(demands) == "EAST"
    assert [promised(one) for one in demands] == [{"E-01": 4}, {"E-01": 2}]


def test_what_may_not_be_allocated_does_not_count(
    world: World, east: Location, clock: Clock
) -> None:
    """Noon in Tokyo is still yesterday in Chicago: what expired there is good here."""
    clock.set(clock.now.replace(hour=3))
    product = world.lot_product()
    yesterday = date(2026, 5, 31)
    lot = make_lot(product, "A", yesterday)
    put(product, east, 9, lot)
    put(product, world.bins[0], 1, lot)
    assert promised(make_demand(product, 5, None)) == {"A-01": 1}


def test_a_line_that_names_a_lot_counts_only_that(world: World, east: Location) -> None:
    product = world.lot_product()
    wanted, other = make_lot(product, "A"), make_lot(product, "B")
    put(product, world.bins[0], 9, other)
    put(product, east, 1, wanted)
    assert promised(make_demand(product, 5, None, lot=wanted)) == {"E-01": 1}


def test_without_a_warehouse_there_is_nothing_to_choose(db: None) -> None:
    product = make_product(make_merchant("ACME"), "SOAP")
    with refused("product_not_in_warehouse"):
        make_demand(product, 1, None)
