"""A wave is worked off while a lot of it is held or an order cancelled. Seen with the locks off."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fulfillment.models import Order
from fulfillment.services import cancel_order, release_batch, release_wave
from inventory.models import Allocation
from inventory.services.holds import place_hold
from tests.builders import World, acting, stands
from tests.clock import CLOCK
from tests.fulfillment.orders import demands, line, make_open_order, status, topics
from tests.fulfillment.waves import make_wave
from tests.locks import locks_off
from tests.races.clients import FEW, Act, Clients, Gate, adds_up, sound, surfaced, told
from tests.races.stock import Scene, scenes

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def wave_of(scene: Scene) -> tuple[Order, Act]:
    """An open order of two units in a wave under way, and the next batch of the wave."""
    order = make_open_order(scene.world.merchant, line(scene.product, 2))
    wave = make_wave(order)
    release_wave(wave_id=wave.pk, **acting())
    return order, partial(release_batch, wave_id=wave.pk, now=CLOCK.now)


def hold_meanwhile(scene: Scene, clients: Clients) -> tuple[Order, list[Any]]:
    """The lot that is held is the first choice of the wave."""
    order, batch = wave_of(scene)
    hold = partial(place_hold, target=scene.lots[0], reason="Recall", **acting())
    return order, scene.meet(clients, batch, hold)


def test_without_locks_a_wave_promises_a_held_lot(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 5, 5, count=FEW):
            _, answers = hold_meanwhile(scene, clients)
            held = Allocation.objects.filter(balance__lot=scene.lots[0])
            if surfaced(answers) or held.exists():
                return
    raise AssertionError("the race was not seen")


def test_a_wave_promises_no_held_lot(world: World, clients: Clients) -> None:
    for scene in scenes(world, 5, 5):
        order, answers = hold_meanwhile(scene, clients)
        assert told(answers) == ("done", "done")
        assert stands(scene.product) == {("A-01", "L-0"): (5, 0), ("A-02", "L-1"): (5, 2)}
        told_of = topics(order)[1:]
        moved = scene.turn.came_first(0, unless=len(told_of) == 2)
        assert told_of == ["order.allocated"] * (1 + moved)
        adds_up(scene.product.pk)
    sound()


def cancel_meanwhile(scene: Scene, clients: Clients) -> tuple[Order, list[Any]]:
    order, batch = wave_of(scene)
    cancel = partial(cancel_order, order_id=order.pk, **acting())
    acts = [batch, cancel]
    return order, clients.meet(scene.turn, acts, lock=Gate(Order, [order.pk]), write=scene.write)


def test_without_locks_a_cancelled_order_is_promised_units(world: World, clients: Clients) -> None:
    """The negative control: the database has to refuse it."""
    with locks_off():
        for scene in scenes(world, 5, count=FEW):
            _, answers = cancel_meanwhile(scene, clients)
            if surfaced(answers):
                return
    raise AssertionError("the race was not seen")


def test_a_wave_leaves_a_cancelled_order_alone(world: World, clients: Clients) -> None:
    for scene in scenes(world, 5):
        order, answers = cancel_meanwhile(scene, clients)
        assert told(answers) == ("done", "done")
        (demand,) = demands(order)
        assert (status(order), demand.allocated, demand.shipped) == ("cancelled", 0, 0)
        assert stands(scene.product) == {("A-01", "L-0"): (5, 0)}
        adds_up(scene.product.pk)
    sound()
