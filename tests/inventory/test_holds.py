from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from inventory.models import Balance, Hold
from inventory.services.holds import lift_overdue_holds, place_hold, release_hold
from merchants.models import Event, Merchant, User
from merchants.services import create_api_key
from tests.builders import (
    World,
    acting,
    house,
    make_demand,
    make_merchant,
    promised,
    put,
)
from tests.clock import CLOCK, Clock
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def hold_back(target: object, **fields: object) -> Hold:
    return place_hold(target=target, **{"reason": "Recall", **fields}, **acting())


def user_of(merchant: Merchant) -> User:
    create_api_key(merchant=merchant, name="test", **acting())
    return User.objects.get(merchant=merchant)


def test_it_works(world: World) -> None:
    product = world.lot_product()
    first = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    world.stock_lot(product, "B", date(2027, 2, 1), 2, 1)
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {"A-01": 4}
    hold = hold_back(first, reason=" Recall ")
    assert promised(demand) == {"A-02": 2}
    assert (hold.lot, hold.reason, hold.merchant) == (first, "Recall", world.merchant)
    assert (hold.placed_by, hold.placed_at, hold.released_at) == (house(), CLOCK.now, None)
    assert Balance.objects.get(location=world.bins[0]).is_blocked
    events = Event.objects.order_by("-id")[:2]
    assert [(one.topic, one.object) for one in events] == [
        ("hold.placed", str(hold.pk)),
        ("order.backordered", "ORD-000001"),
    ]
    assert events[0].payload == {"lot": first.pk, "reason": "Recall"}
    assert events[1].payload == {"allocated": 2, "backordered": 2}


def test_release_offers_the_units_to_backorders(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    hold = hold_back(product)
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {}
    CLOCK.advance(days=1)
    released = release_hold(hold_id=hold.pk, **acting())
    assert (released.released_at, released.released_by) == (CLOCK.now, house())
    assert promised(demand) == {"A-01": 4}
    assert not Balance.objects.get(location=world.bins[0]).is_blocked
    events = Event.objects.order_by("-id")[:2]
    assert [one.topic for one in events] == ["hold.released", "order.allocated"]


def test_a_hold_on_a_location_stops_every_product_there(world: World) -> None:
    products = [world.product("SOAP"), world.product("BRUSH"), world.product("TOWEL")]
    demands = []
    for number, product in enumerate(products):
        put(product, world.bins[0] if number < 2 else world.bins[1], 5)
        demands.append(make_demand(product, 4, world.warehouse, number=f"ORD-{number}"))
    hold = hold_back(world.bins[0])
    assert hold.merchant is None
    assert [promised(one) for one in demands] == [{}, {}, {"A-02": 4}]
    put(products[0], world.bins[0], 5)
    assert promised(demands[0]) == {}
    release_hold(hold_id=hold.pk, **acting())
    assert [promised(one) for one in demands] == [{"A-01": 4}, {"A-01": 4}, {"A-02": 4}]


def test_units_that_come_to_held_things_are_held(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    hold_back(lot)
    put(product, world.bins[1], 5, lot)
    assert promised(make_demand(product, 1, world.warehouse)) == {}


def test_a_second_hold_keeps_what_the_first_let_go(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    first, second = hold_back(lot), hold_back(product)
    release_hold(hold_id=first.pk, **acting())
    demand = make_demand(product, 1, world.warehouse)
    assert promised(demand) == {}
    release_hold(hold_id=second.pk, **acting())
    assert promised(demand) == {"A-01": 1}


def test_a_single_lot_line_loses_all_of_its_promises_together(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", date(2027, 1, 1), 3, 0)
    world.stock_lot(product, "A", date(2027, 1, 1), 3, 1)
    demand = make_demand(product, 5, world.warehouse, single_lot=True)
    assert promised(demand) == {"A-01": 3, "A-02": 2}
    hold_back(world.bins[0])
    assert promised(demand) == {}
    world.stock_lot(product, "B", date(2027, 2, 1), 5, 2)
    assert promised(demand) == {"A-03": 5}


def test_a_promise_that_may_still_ship_is_never_moved(world: World) -> None:
    product = world.lot_product()
    later = world.stock_lot(product, "B", date(2027, 2, 1), 5, 1)
    demand = make_demand(product, 4, world.warehouse)
    other = world.stock_lot(product, "C", date(2027, 3, 1), 5, 2)
    world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    hold_back(other)
    assert promised(demand) == {"A-02": 4}
    hold_back(later)
    assert promised(demand) == {"A-01": 4}


def test_overdue_holds_are_lifted_and_never_early(world: World, clock: Clock) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    overdue = hold_back(product, until=clock.now + timedelta(hours=1))
    hold_back(product, until=clock.now + timedelta(hours=3))
    hold_back(product)
    demand = make_demand(product, 4, world.warehouse)
    clock.advance(minutes=59)
    assert lift_overdue_holds(now=clock.now) == 0
    clock.advance(minutes=1)
    assert lift_overdue_holds(now=clock.now) == 1
    lifted = Hold.objects.exclude(released_at=None).get()
    assert (lifted, lifted.released_by) == (overdue, None)
    clock.advance(days=1)
    assert lift_overdue_holds(now=clock.now) == 1
    assert promised(demand) == {}


def test_the_command_for_the_schedule_lifts_them(
    world: World, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    hold_back(product, until=clock.now + timedelta(hours=1))
    demand = make_demand(product, 4, world.warehouse)
    for hours, said in ((0, "No hold was due."), (1, "1 hold lifted."), (1, "No hold was due.")):
        clock.advance(hours=hours)
        call_command("lift_holds")
        assert capsys.readouterr().out == f"{said}\n"
    assert promised(demand) == {"A-01": 4}


def test_a_hold_is_released_once(world: World) -> None:
    hold = hold_back(world.product())
    release_hold(hold_id=hold.pk, **acting())
    with refused("already_released"):
        release_hold(hold_id=hold.pk, **acting())
    with refused("not_found"):
        release_hold(hold_id=0, **acting())


def test_a_reason_is_asked_for(world: World) -> None:
    product = world.product()
    with refused("invalid") as error:
        hold_back(product, reason="  ")
    assert [one["field"] for one in error.value.errors] == ["reason"]


def test_a_merchant_releases_the_holds_it_placed_and_no_others(world: World) -> None:
    product = world.product()
    mine, outsider = user_of(world.merchant), user_of(make_merchant("OTHER"))
    by_house = hold_back(product)
    own = place_hold(target=product, reason="Our own", actor=mine, now=CLOCK.now)
    on_location = hold_back(world.bins[0])
    for hold, actor in ((by_house, mine), (own, outsider), (on_location, mine)):
        with refused("not_found"):
            release_hold(hold_id=hold.pk, actor=actor, now=CLOCK.now)
    assert release_hold(hold_id=own.pk, actor=mine, now=CLOCK.now).released_by == mine
