"""Sixteen who draw a lot number at once, on PostgreSQL: each gets one of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from inventory.models import LotSequence, Product, SpentLotNumber
from inventory.services.lot_numbers import create_lot_format, draw_lot_number
from tests.builders import World, acting, make_world
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CLIENTS = 16


@pytest.fixture
def world() -> World:
    world = make_world()
    create_lot_format(
        merchant=world.merchant, product=None, fields={"pattern": "{YY}{MM}-{SEQ:3}"}, **acting()
    )
    return world


def at_once(acts: list[Callable[[], str]]) -> list[str]:
    barrier = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def drawing(product: Product) -> Callable[[], str]:
    known = acting()
    return lambda: draw_lot_number(product=product, **known).number


def test_without_the_locks_two_get_one_number(world: World) -> None:
    """The negative control: the second waits at the write only, and writes what the first did."""
    one, other = world.lot_product("ONE"), world.lot_product("OTHER")
    drawing(one)()
    with locks_off(), Thread() as thread, transaction.atomic():
        first = drawing(one)()
        waiting = thread.submit(drawing(other))
        until_one_waits()
    assert waiting.result() == first == "2606-002"


def test_with_them_they_get_two(world: World) -> None:
    one, other = world.lot_product("ONE"), world.lot_product("OTHER")
    drawing(one)()
    with Thread() as thread, transaction.atomic():
        first = drawing(one)()
        waiting = thread.submit(drawing(other))
        until_one_waits()
    assert (first, waiting.result()) == ("2606-002", "2606-003")


@pytest.mark.parametrize("products", [1, CLIENTS])
def test_sixteen_draws_are_sixteen_numbers(world: World, products: int) -> None:
    """Of one product, and of sixteen that share the merchant's format and its sequence."""
    made = [world.lot_product(f"P{n:02}") for n in range(products)]
    acts = [drawing(made[n % products]) for n in range(CLIENTS)]

    numbers = at_once(acts)

    assert sorted(numbers) == [f"2606-{n:03}" for n in range(1, CLIENTS + 1)]
    assert LotSequence.objects.get().last == CLIENTS
    assert SpentLotNumber.objects.count() == CLIENTS
