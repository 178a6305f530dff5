"""Several people at one order, on PostgreSQL. Each race is seen with the locks off first."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from fulfillment.errors import AlreadyShipped, ReferenceTaken
from fulfillment.models import Order, Shipment
from fulfillment.requests import LineRequest, OrderRequest
from fulfillment.services import cancel_order, create_order, open_order, ship_order
from inventory.models import Balance, Demand
from inventory.services.lot_merges import Wish, merge_lots
from merchants.errors import DomainError
from tests.builders import World, acting, make_lot, make_world, put
from tests.fulfillment.orders import line, make_order, status
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits
from tests.races.clients import Act, Clients, Gate, Round, surfaced

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CLIENTS = 8


@pytest.fixture
def world() -> World:
    return make_world()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each client got, or the refusal that it met."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            ready.wait()
            return act()
        except (DomainError, IntegrityError) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refused_without_locks(world: World, acts: Sequence[Act]) -> list[type]:
    """What the database says to two who both decided before one of them wrote.

    Somebody holds the newest balance of the first bin, to which both write.
    """
    stock = Gate(Balance, [Balance.objects.filter(location=world.bins[0]).latest("id").pk])
    turn = Round(0, first=0, at_write=True)
    with locks_off(), Clients() as clients:
        answers = clients.meet(turn, acts, lock=stock, write=stock)
    return [type(one) for one in surfaced(answers)]


def both_want_the_units(world: World) -> list[Act]:
    """Each client wants the only two units."""
    soap = world.product("SOAP")
    put(soap, world.bins[0], 2)
    request = OrderRequest(world.merchant, [LineRequest(soap.sku, 2)])
    return [partial(create_order, request=request, **acting())] * 2


def both_ship(world: World) -> list[Act]:
    """Each client ships the whole order."""
    soap = world.product("SOAP")
    put(soap, world.bins[0], 5)
    order = make_order(world.merchant, line(soap, 5))
    return [partial(ship_order, order_id=order.pk, **acting())] * 2


@pytest.mark.parametrize("both", [both_want_the_units, both_ship])
def test_without_locks_the_database_has_to_refuse(world: World, both: Any) -> None:
    """The negative control: who is second decided on what is no longer so."""
    assert refused_without_locks(world, both(world)) == [IntegrityError]


def test_one_of_many_ships_an_order(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 5)
    order = make_order(world.merchant, line(soap, 5))
    who = acting()
    got = at_once(*[partial(ship_order, order_id=order.pk, **who)] * CLIENTS)
    assert got.count(AlreadyShipped) == CLIENTS - 1
    assert Shipment.objects.count() == 1
    assert Demand.objects.get().shipped == 5
    assert Balance.objects.get(location=world.bins[0]).on_hand == 0


def test_an_order_is_shipped_or_cancelled(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 40)
    who = acting()
    for _ in range(5):
        order = make_order(world.merchant, line(soap, 5))
        verbs = (ship_order, cancel_order, ship_order, cancel_order)
        at_once(*[partial(verb, order_id=order.pk, **who) for verb in verbs])
        demand = order.lines.get().demand
        assert (status(order), demand.shipped, demand.allocated) in [
            ("shipped", 5, 0),
            ("cancelled", 0, 0),
        ]
    assert Balance.objects.get(location=world.bins[0]).committed == 0


def test_a_reference_is_taken_once(world: World) -> None:
    soap = world.product("SOAP")
    who = acting()
    request = OrderRequest(world.merchant, [LineRequest(soap.sku, 1)], reference="S-1")
    got = at_once(*[partial(create_order, request=request, **who)] * CLIENTS)
    assert got.count(ReferenceTaken) == CLIENTS - 1
    assert Order.objects.count() == 1


def test_nothing_is_promised_twice(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 5)
    who = acting()
    request = OrderRequest(world.merchant, [LineRequest(soap.sku, 2)])
    at_once(*[partial(create_order, request=request, **who)] * CLIENTS)
    assert sorted(Demand.objects.values_list("allocated", flat=True)) == [0] * 5 + [1, 2, 2]
    assert Balance.objects.get(location=world.bins[0]).committed == 5


def test_an_open_order_waits_for_the_lot_that_it_names(world: World) -> None:
    """The lot is merged meanwhile: the order names the one that it became."""
    vitamin = world.lot_product()
    typed, good = (make_lot(vitamin, number, date(2027, 1, 1)) for number in ("VC-O", "VC-1"))
    request = OrderRequest(world.merchant, [LineRequest(vitamin.sku, 2, "VC-O")])
    with Thread() as other, transaction.atomic():
        merge_lots(wish=Wish(typed.pk, good.pk), **acting())
        waiting = other.submit(partial(open_order, request=request, **acting()))
        until_one_waits()
    (demand,) = Demand.objects.filter(order_line__order=waiting.result())
    assert demand.lot == good
