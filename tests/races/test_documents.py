"""Two people at one order, and two at one WRO. Each race is seen with the locks off first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fulfillment.models import Order
from fulfillment.services import cancel_order, ship_order
from inventory.models import Balance, Product
from inventory.services.stock import Units, assign_lot, move
from receiving.models import WRO
from receiving.services import Count, StowLine, complete_wro, receive, stow
from tests.builders import World, acting
from tests.fulfillment.orders import demands, line, make_order, status, topics
from tests.locks import locks_off
from tests.races.clients import (
    FEW,
    ROUNDS,
    Clients,
    Gate,
    Round,
    adds_up,
    rounds,
    sound,
    surfaced,
    told,
)
from tests.races.stock import NEXT_YEAR, THE_YEAR_AFTER, Scene, products, scenes
from tests.receiving.builders import arrived, counters, discrepancies, received, standing
from tests.receiving.builders import line as announced

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


# Cancel against ship ------------------------------------------------------------------------------


def cancel_while_shipping(scene: Scene, clients: Clients) -> tuple[Order, list[Any]]:
    order = make_order(scene.world.merchant, line(scene.product, 3))
    acts = [partial(verb, order_id=order.pk, **acting()) for verb in (ship_order, cancel_order)]
    return order, clients.meet(scene.turn, acts, lock=Gate(Order, [order.pk]), write=scene.write)


def test_without_locks_an_order_is_shipped_and_cancelled(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 5, count=FEW):
            order, answers = cancel_while_shipping(scene, clients)
            (demand,) = demands(order)
            if surfaced(answers) or (demand.shipped and demand.is_cancelled):
                return
    raise AssertionError("the race was not seen")


def test_an_order_is_shipped_or_cancelled(world: World, clients: Clients) -> None:
    for scene in scenes(world, 5):
        order, answers = cancel_while_shipping(scene, clients)
        codes = told(answers)
        shipped = scene.turn.came_first(0, unless=codes[0] == "done")
        (demand,) = demands(order)
        if shipped:
            assert codes == ("done", "already_shipped")
            assert (demand.shipped, demand.is_cancelled) == (3, False)
        else:
            assert codes == ("already_cancelled", "done")
            assert (demand.shipped, demand.is_cancelled) == (0, True)
        assert demand.allocated == 0
        assert topics(order)[2:] == ["order.shipped" if shipped else "order.cancelled"]
        assert status(order) == ("shipped" if shipped else "cancelled")
        left = Balance.objects.get(location=world.bins[0], product=scene.product)
        assert (left.on_hand, left.committed) == (2 if shipped else 5, 0)
        adds_up(scene.product.pk)
    sound()


# Receive against complete -------------------------------------------------------------------------


def complete_while_receiving(
    world: World, clients: Clients, turn: Round, product: Product
) -> tuple[WRO, list[Any]]:
    """The last five units are counted while somebody closes the WRO."""
    wro = arrived(world, announced(product, 5, ("L-0", NEXT_YEAR, 5)))
    acts = [
        partial(receive, wro_id=wro.pk, counts=[Count(product, 5, "L-0", NEXT_YEAR)], **acting()),
        partial(complete_wro, wro_id=wro.pk, **acting()),
    ]
    row = Gate(WRO, [wro.pk])
    answers = clients.meet(turn, acts, lock=row, write=row)
    wro.refresh_from_db()
    return wro, answers


def test_without_locks_units_come_in_after_the_end(world: World, clients: Clients) -> None:
    with locks_off():
        for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
            wro, answers = complete_while_receiving(world, clients, turn, product)
            if told(answers) == ("done", "done"):
                assert wro.completed_short
                assert standing(product) == {("DOCK", "L-0"): 5}
                return
    raise AssertionError("the race was not seen")


def test_nothing_comes_in_after_the_end(world: World, clients: Clients) -> None:
    for turn, product in zip(rounds(), products(world, ROUNDS), strict=True):
        wro, answers = complete_while_receiving(world, clients, turn, product)
        codes = told(answers)
        if turn.came_first(0, unless=codes[0] == "done"):
            assert codes == ("done", "units_at_dock")
            assert wro.status == "processing"
            assert standing(product) == {("DOCK", "L-0"): 5}
            assert counters(wro) == {f"{product.sku} L-0": (5, 5, 0)}
            assert discrepancies(wro) == []
        else:
            assert codes == ("wrong_status", "done")
            assert (wro.status, wro.completed_short) == ("completed", True)
            assert standing(product) == {}
            assert counters(wro) == {f"{product.sku} L-0": (5, 0, 0)}
            assert discrepancies(wro) == [("short", product.sku, "L-0", 5)]
        adds_up(product.pk)
    sound()


# Stow against move --------------------------------------------------------------------------------


def at_the_dock(world: World, count: int = ROUNDS) -> tuple[WRO, list[Scene]]:
    """Ten units of one lot in the first bin, six of a new one at the dock; for every round."""
    stocked = list(scenes(world, 10, count=count))
    new = ("NEW", THE_YEAR_AFTER, 6)
    return received(world, *(announced(one.product, 6, new) for one in stocked)), stocked


def move_while_stowing(wro: WRO, scene: Scene, clients: Clients) -> list[Any]:
    """One lot comes from the dock, another from the first bin: both to the same empty bin."""
    world, product = scene.world, scene.product
    target = world.bins[8]
    for lot in product.lots.all():  # their balances there are opened, so that both need a row
        assign_lot(lot_id=lot.pk, location_id=target.pk, **acting())
    acts = [
        partial(
            stow,
            wro_id=wro.pk,
            lines=[StowLine(product, 6, target.name, "NEW", THE_YEAR_AFTER)],
            **acting(),
        ),
        partial(
            move,
            units=Units(product.pk, scene.lots[0].pk, 4),
            source_id=world.bins[0].pk,
            target_id=target.pk,
            **acting(),
        ),
    ]
    there = Balance.objects.filter(product=product, location=target)
    write = Gate(Balance, list(there.values_list("id", flat=True)))
    return clients.meet(scene.turn, acts, lock=scene.lock, write=write)


def test_without_locks_two_lots_meet_in_a_bin(world: World, clients: Clients) -> None:
    """The negative control: both find the bin empty, and the database has to refuse one."""
    with locks_off():
        wro, stocked = at_the_dock(world, FEW)
        if any(surfaced(move_while_stowing(wro, scene, clients)) for scene in stocked):
            return
    raise AssertionError("the race was not seen")


def test_a_bin_gets_one_lot(world: World, clients: Clients) -> None:
    wro, stocked = at_the_dock(world)
    for scene in stocked:
        codes = told(move_while_stowing(wro, scene, clients))
        if scene.turn.came_first(0, unless=codes[0] == "done"):
            assert codes == ("done", "other_lot_in_location")
            assert standing(scene.product) == {("A-01", "L-0"): 10, ("A-09", "NEW"): 6}
        else:
            assert codes == ("other_lot_in_location", "done")
            assert standing(scene.product) == {
                ("A-01", "L-0"): 6,
                ("A-09", "L-0"): 4,
                ("DOCK", "NEW"): 6,
            }
        adds_up(scene.product.pk)
    sound()
