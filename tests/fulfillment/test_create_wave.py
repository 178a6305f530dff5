from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import Order, Wave
from fulfillment.queries import Choice, choice
from fulfillment.requests import WaveRequest
from fulfillment.services import allocate_order, cancel_order, cancel_wave, create_wave
from tests.builders import World, acting, make_merchant, make_product, make_warehouse
from tests.clock import Clock
from tests.fulfillment.orders import line, make_open_order, make_order, status
from tests.fulfillment.waves import make_wave, places, run, topics
from tests.refusals import refused


def open_order(world: World, **fields: Any) -> Order:
    soap = world.merchant.products.filter(sku="SOAP").first() or world.product("SOAP")
    return make_open_order(world.merchant, line(soap, 2), **fields)


def test_it_takes_the_open_orders_and_leaves_them_open(world: World) -> None:
    first, second = open_order(world), open_order(world)
    wave = make_wave()
    assert (wave.number, wave.status) == (f"WAVE-{wave.pk:06d}", "open")
    assert (wave.order_count, wave.done_count, places(wave)) == (2, 0, [first.pk, second.pk])
    assert (status(first), status(second)) == ("open", "open")
    assert topics(wave) == ["wave.created"]


def test_its_orders_stand_by_priority_then_age_then_id(world: World, clock: Clock) -> None:
    clock.advance(hours=1)
    late, late_too, urgent = open_order(world), open_order(world), open_order(world, priority=5)
    clock.advance(hours=-1)
    early = open_order(world)
    low = open_order(world, priority=-1)
    assert places(make_wave()) == [urgent.pk, early.pk, late.pk, late_too.pk, low.pk]


def test_what_is_not_open_stays_out(world: World) -> None:
    order = open_order(world)
    released = make_order(world.merchant, line(world.merchant.products.get(), 1))
    cancelled = open_order(world)
    cancel_order(order_id=cancelled.pk, **acting())
    allocated = open_order(world)
    allocate_order(order_id=allocated.pk, **acting())
    assert status(released) == "backordered"
    assert places(make_wave()) == [order.pk]


@pytest.mark.parametrize(
    ("fields", "passes", "fails"),
    [
        ({"channel": "b2b"}, [{"channel": "b2b"}], [{"channel": "dtc"}]),
        ({"min_priority": 3}, [{"priority": 3}, {"priority": 4}], [{"priority": 2}]),
        ({"min_priority": 0}, [{"priority": 0}], [{"priority": -1}]),
        (
            {"ship_by": date(2026, 6, 2)},
            [{"ship_by": date(2026, 6, 2)}, {"ship_by": date(2026, 5, 1)}],
            [{"ship_by": date(2026, 6, 3)}, {}],
        ),
    ],
)
def test_filters(world: World, fields: Any, passes: Any, fails: Any) -> None:
    taken = {open_order(world, **one).pk for one in passes}
    for one in fails:
        open_order(world, **one)
    assert set(places(make_wave(**fields))) == taken


def test_the_warehouse_is_the_one_that_the_order_names(world: World) -> None:
    named = open_order(world, warehouse=world.warehouse)
    open_order(world, warehouse=make_warehouse("EAST"))
    open_order(world)
    assert places(make_wave(warehouse=world.warehouse)) == [named.pk]


def test_a_wave_may_be_of_one_merchant_or_of_all(world: World) -> None:
    other = make_merchant("GLOW")
    mine = open_order(world)
    theirs = make_open_order(other, line(make_product(other, "CREAM"), 1))
    assert choice(WaveRequest(merchant=other)) == Choice(orders=1, units=1)
    assert choice(WaveRequest()) == Choice(orders=2, units=3)
    wave = make_wave(merchant=other)
    assert (places(wave), wave.merchant) == ([theirs.pk], other)
    assert places(make_wave()) == [mine.pk]
    rows = Wave.objects.for_user
    assert [rows(user).count() for user in (acting()["actor"],)] == [2]


def test_the_choice_counts_what_the_wave_would_take(world: World) -> None:
    soap = world.product("SOAP")
    make_open_order(world.merchant, line(soap, 2), line(soap, 5))
    make_open_order(world.merchant, line(soap, 3), channel="b2b")
    assert choice(WaveRequest()) == Choice(orders=2, units=10)
    assert choice(WaveRequest(channel="b2b")) == Choice(orders=1, units=3)
    assert choice(WaveRequest(channel="fba")) == Choice(orders=0, units=0)


def test_orders_may_be_named_one_by_one(world: World) -> None:
    first, _, third = open_order(world), open_order(world), open_order(world)
    wave = make_wave(third, first)
    assert (places(wave), wave.is_chosen_by_hand) == ([first.pk, third.pk], True)
    assert not make_wave().is_chosen_by_hand


def test_an_order_is_in_one_unfinished_wave_at_most(world: World) -> None:
    first = open_order(world)
    make_wave()
    second = open_order(world)
    assert places(make_wave()) == [second.pk]
    with refused("no_open_orders"):
        make_wave()
    with refused("already_in_wave") as info:
        make_wave(first)
    assert info.value.order == first.number


def test_an_order_that_a_wave_left_may_join_another(world: World) -> None:
    order = open_order(world)
    cancel_wave(wave_id=make_wave().pk, **acting())
    assert places(make_wave()) == [order.pk]


def test_an_order_that_is_not_open_is_refused(world: World) -> None:
    order = open_order(world)
    allocate_order(order_id=order.pk, **acting())
    with refused("order_not_open") as info:
        make_wave(order)
    assert info.value.order == order.number
    run_once = open_order(world)
    run(make_wave())
    with refused("order_not_open"):
        make_wave(run_once)


def test_an_unknown_order_is_not_found(world: World) -> None:
    order = open_order(world)
    with refused("not_found"):
        create_wave(request=WaveRequest(order_ids=[order.pk, 987_654]), **acting())


def test_nothing_open_makes_no_wave(world: World) -> None:
    with refused("no_open_orders"):
        make_wave()


def test_its_statements_do_not_grow_with_it(world: World) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            cancel_wave(wave_id=make_wave().pk, **acting())
        return len(made)

    open_order(world)
    one = statements()
    for _ in range(30):
        open_order(world)
    assert statements() == one
    assert Wave.objects.order_by("-id")[0].order_count == 31
