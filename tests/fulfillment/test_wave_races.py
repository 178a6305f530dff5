"""Two people at the same open orders, two workers at one wave, on PostgreSQL.

Each race is seen first with that off which decides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from fulfillment.errors import AlreadyInWave, NoOpenOrders
from fulfillment.models import Order, Wave, WaveOrder
from fulfillment.requests import WaveRequest
from fulfillment.services import create_wave, release_batch, release_wave, waves
from inventory.models import Allocation, Demand
from inventory.queries.audit import differences
from tests.builders import World, acting, make_world, put
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_open_order
from tests.fulfillment.test_races import at_once
from tests.locks import locks_off
from tests.races.clients import Clients

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = 20  # a race need not be lost the first time
ORDERS = 12


@pytest.fixture
def world() -> World:
    return make_world()


@contextmanager
def without_the_constraint() -> Iterator[None]:
    """The database lets an order into two unfinished waves."""
    name = "an_order_is_in_one_unfinished_wave_at_most"
    (constraint,) = (one for one in WaveOrder._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(WaveOrder, constraint)
    try:
        yield
    finally:
        WaveOrder.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(WaveOrder, constraint)


def race_for_orders(world: World) -> list[Any]:
    """Two people make a wave of all that is open."""
    soap = world.product(f"SOAP-{Order.objects.count()}")
    for _ in range(ORDERS):
        make_open_order(world.merchant, line(soap, 1))
    return at_once(*[partial(create_wave, request=WaveRequest(), **acting())] * 2)


def test_without_the_constraint_both_waves_take_the_orders(world: World) -> None:
    """The negative control."""
    with without_the_constraint():
        for _ in range(ROUNDS):
            if all(isinstance(one, Wave) for one in race_for_orders(world)):
                return
            Wave.objects.all().delete()
    pytest.fail("Nobody was too early: the race was never run.")


def test_an_order_is_taken_by_one_wave(world: World) -> None:
    for number in range(1, 6):
        taken, refused = sorted(race_for_orders(world), key=lambda one: isinstance(one, type))
        assert (taken.order_count, refused in (AlreadyInWave, NoOpenOrders)) == (ORDERS, True)
        assert (Wave.objects.count(), WaveOrder.objects.count()) == (number, number * ORDERS)


def test_whoever_comes_second_is_told_to_choose_again(world: World) -> None:
    """The other's wave stands in the database, but is not committed when this one is chosen."""
    soap = world.product("SOAP")
    make_open_order(world.merchant, line(soap, 1))
    create = partial(create_wave, request=WaveRequest(), **acting())
    with Clients() as clients:
        with transaction.atomic():
            wave = create()
            second = clients.submit(0, create)
        refusal = second.result()
    assert isinstance(refusal, AlreadyInWave)
    assert "choose again" in refusal.message
    assert list(Wave.objects.all()) == [wave]


def race_of_workers(world: World) -> tuple[Wave, list[Any]]:
    """A worker was thought dead, and another has its job: both go on."""
    soap = world.product(f"SOAP-{Order.objects.count()}")
    put(soap, world.bins[Wave.objects.count() % 9], 1000)
    for _ in range(ORDERS):
        make_open_order(world.merchant, line(soap, 3), line(soap, 2))
    wave = create_wave(request=WaveRequest(), **acting())
    release_wave(wave_id=wave.pk, **acting())

    def work() -> int:
        batches = 0
        while release_batch(wave_id=wave.pk, now=CLOCK.now):
            batches += 1
        return batches

    return wave, at_once(work, work)


def test_without_locks_two_workers_do_the_same_orders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the database has to refuse, or a batch is done twice."""
    monkeypatch.setattr(waves, "BATCH", 2)
    with locks_off():
        for _ in range(ROUNDS):
            _, done = race_of_workers(world)
            if any(isinstance(one, type) for one in done) or sum(done) > ORDERS // 2:
                return
            Wave.objects.filter(status="running").update(status="completed")
            WaveOrder.objects.update(is_waiting=False)
    pytest.fail("Nobody was too early: the race was never run.")


def test_two_workers_share_a_wave(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waves, "BATCH", 2)
    for _ in range(3):
        wave, done = race_of_workers(world)
        wave.refresh_from_db()
        assert (wave.status, wave.done_count, sum(done)) == ("completed", ORDERS, ORDERS // 2)
        ours = Demand.objects.filter(order_line__order__wave_orders__wave=wave)
        assert all(one.allocated == one.quantity for one in ours)
        assert Allocation.objects.filter(demand__in=ours).count() == 2 * ORDERS
    assert not list(differences())
