"""An order is allocated while its lot is held, expires or is counted down.

Each race is seen with the locks off first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from fulfillment.errors import LotNotAllocatable
from fulfillment.models import Order
from fulfillment.requests import LineRequest, OrderRequest
from fulfillment.services import allocate_order, create_order, ship_order
from inventory.services.holds import place_hold
from inventory.services.stock import Units, adjust
from tests.builders import World, acting, stands
from tests.fulfillment.orders import demands, promised, topics
from tests.locks import locks_off
from tests.races.clients import FEW, Act, Clients, adds_up, sound, surfaced, told
from tests.races.stock import Scene, scenes

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

# In Chicago a lot that is good until June 1 expires at this moment.
MIDNIGHT = datetime(2026, 6, 2, 5, 0, tzinfo=UTC)
TODAY_AND_LATER = (date(2026, 6, 1), date(2027, 6, 1))


def buy(scene: Scene, units: int, **when: Any) -> Act:
    request = OrderRequest(scene.world.merchant, [LineRequest(scene.product.sku, units)])
    return partial(create_order, request=request, **acting() | when)


def lots_of(order: Order) -> dict[str, int]:
    """Promised units by lot number."""
    total: Counter[str] = Counter()
    for _, lot, _, units in promised(order):
        total[str(lot)] += units
    return dict(total)


# Against a hold -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What an order was promised, read by its client as soon as it was told of the order."""

    order: Order
    at: datetime
    lots: frozenset[str]


def order_and_read(buy: Act, times: int) -> list[Reading]:
    """Take orders one after the other and look at each: in one statement, with its time."""
    readings = []
    for _ in range(times):
        order = buy()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT statement_timestamp(), array_agg(lot.number)"
                " FROM fulfillment_orderline line"
                " JOIN inventory_allocation one ON one.demand_id = line.demand_id"
                " JOIN inventory_balance b ON b.id = one.balance_id"
                " JOIN inventory_lot lot ON lot.id = b.lot_id"
                " WHERE line.order_id = %s",
                [order.pk],
            )
            at, lots = cursor.fetchone()
        readings.append(Reading(order, at, frozenset(lots)))
    return readings


def hold_and_read(hold: Act) -> datetime:
    """Place the hold; a time at which it was committed already."""
    hold()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def hold_while_ordering(scene: Scene, clients: Clients) -> list[Any]:
    """Three orders of two units, and a hold of the lot that is their first choice."""
    hold = partial(place_hold, target=scene.lots[0], reason="Recall", **acting())
    buyer = partial(order_and_read, buy(scene, 2), 3)
    return scene.meet(clients, buyer, partial(hold_and_read, hold))


def late(answers: list[Any]) -> list[Reading]:
    """What was acknowledged when the hold was committed already."""
    readings, held_at = answers
    return [one for one in readings if one.at > held_at]


def test_without_locks_a_held_lot_is_promised(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 20, 20, count=FEW):
            answers = hold_while_ordering(scene, clients)
            if surfaced(answers) or any("L-0" in one.lots for one in late(answers)):
                return
    raise AssertionError("the race was not seen")


def test_no_order_has_a_lot_that_was_held_before(world: World, clients: Clients) -> None:
    for scene in scenes(world, 20, 20):
        answers = hold_while_ordering(scene, clients)
        assert told(answers) == ("done", "done")
        readings, _ = answers
        assert {lot for one in late(answers) for lot in one.lots} <= {"L-1"}
        assert stands(scene.product) == {
            ("A-01", "L-0"): (20, 0),
            ("A-02", "L-1"): (20, 6),
        }
        for one in readings:
            told_of = topics(one.order)
            moved = "L-0" in one.lots or len(told_of) == 3
            assert told_of == ["order.created"] + ["order.allocated"] * (1 + moved)
        if scene.turn.came_first(0):
            assert topics(readings[0].order).count("order.allocated") == 2
        if scene.turn.came_first(1):
            assert [one.lots for one in readings] == [{"L-1"}] * 3
        adds_up(scene.product.pk)
    sound()


# Against midnight ---------------------------------------------------------------------------------


def midnight_while_ordering(scene: Scene, clients: Clients) -> tuple[Order, list[Any]]:
    """By the clock of one client the lot is good, by that of the other it has expired.

    Two of its four units are promised. The first takes a further order of four, a second before
    midnight; the other re-allocates the standing order, at midnight.
    """
    before = MIDNIGHT - timedelta(seconds=1)
    standing = buy(scene, 2, now=before - timedelta(hours=1))()
    assert lots_of(standing) == {"L-0": 2}
    anew = partial(allocate_order, order_id=standing.pk, **acting() | {"now": MIDNIGHT})
    return standing, scene.meet(clients, buy(scene, 4, now=before), anew)


# What the order of four has, when it comes before the other client, and after it.
BEFORE, AFTER = {"L-1": 4}, {"L-0": 4}


def test_without_locks_midnight_tears_an_order(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 4, 20, expiries=TODAY_AND_LATER, count=FEW):
            _, answers = midnight_while_ordering(scene, clients)
            if surfaced(answers) or lots_of(answers[0]) not in (BEFORE, AFTER):
                return
    raise AssertionError("the race was not seen")


def test_an_expired_lot_is_promised_to_nobody_and_never_leaves(
    world: World, clients: Clients
) -> None:
    for scene in scenes(world, 4, 20, expiries=TODAY_AND_LATER):
        standing, answers = midnight_while_ordering(scene, clients)
        assert told(answers) == ("done", "done")
        order = answers[0]
        assert lots_of(standing) == {"L-1": 2}
        is_before = scene.turn.came_first(0, unless=lots_of(order) == BEFORE)
        assert lots_of(order) == (BEFORE if is_before else AFTER)
        late = acting() | {"now": MIDNIGHT}
        if not is_before:
            with pytest.raises(LotNotAllocatable) as refused:
                ship_order(order_id=order.pk, **late)
            assert refused.value.reason == "expired"
            assert lots_of(order) == AFTER
            allocate_order(order_id=order.pk, **late)
        ship_order(order_id=order.pk, **late)
        (demand,) = demands(order)
        assert (demand.shipped, demand.allocated) == (4, 0)
        assert stands(scene.product) == {
            ("A-01", "L-0"): (4, 0),
            ("A-02", "L-1"): (16, 2),
        }
        adds_up(scene.product.pk)
    sound()


# Against an adjustment ----------------------------------------------------------------------------


def count_while_ordering(scene: Scene, clients: Clients) -> tuple[Order, list[Any]]:
    """Two of four units are promised. An order takes the rest, of which two are found missing."""
    standing = buy(scene, 2)()
    lost = partial(
        adjust,
        units=Units(scene.product.pk, scene.lots[0].pk, -2),
        location_id=scene.world.bins[0].pk,
        reason="Counted",
        **acting(),
    )
    return standing, scene.meet(clients, buy(scene, 2), lost)


def test_without_locks_units_that_are_gone_are_promised(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 4, count=FEW):
            _, answers = count_while_ordering(scene, clients)
            if surfaced(answers):
                return
    raise AssertionError("the race was not seen")


def test_units_that_are_gone_are_promised_to_nobody(world: World, clients: Clients) -> None:
    for scene in scenes(world, 4):
        standing, answers = count_while_ordering(scene, clients)
        assert told(answers) == ("done", "done")
        order = answers[0]
        assert lots_of(standing) == {"L-0": 2}  # the oldest promise stands
        assert lots_of(order) == {}
        (demand,) = demands(order)
        assert (demand.uncovered, demand.backordered) == (2, 2)
        told_of = topics(order)[1:]
        had_them = scene.turn.came_first(0, unless=len(told_of) == 2)
        assert told_of == ["order.allocated"] * had_them + ["order.backordered"]
        assert stands(scene.product) == {("A-01", "L-0"): (2, 2)}
        adds_up(scene.product.pk)
    sound()
