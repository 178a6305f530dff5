"""A wave released, worked off, interrupted, resumed, run again and cancelled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from fulfillment.models import Order, Wave
from fulfillment.services import cancel_order, cancel_wave, interrupt_wave, release_wave, waves
from fulfillment.tasks import run_wave
from inventory.models import Allocation, Balance, Demand, Product
from inventory.queries.audit import differences
from inventory.services.holds import place_hold, release_hold
from tests.builders import World, acting, make_bin, make_warehouse, put
from tests.clock import Clock
from tests.fulfillment.orders import (
    demands,
    line,
    make_open_order,
    promised,
    ship,
    status,
)
from tests.fulfillment.orders import topics as topics_of_order
from tests.fulfillment.waves import make_wave, next_batch, run, topics
from tests.refusals import refused, state

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)


@pytest.fixture
def soap(world: World) -> Product:
    return world.product("SOAP")


@pytest.fixture(autouse=True)
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders a transaction, so that a handful of orders are several batches."""
    monkeypatch.setattr(waves, "BATCH", 2)


def make_open(world: World, soap: Product, *units: int, **fields: Any) -> list[Order]:
    return [make_open_order(world.merchant, line(soap, one), **fields) for one in units]


def stock() -> list[Any]:
    """All that a run could change but for the wave itself."""
    return [
        list(model.objects.order_by("pk").values_list()) for model in (Demand, Allocation, Balance)
    ]


def cover(orders: list[Order]) -> list[int]:
    return [sum(demand.allocated for demand in demands(order)) for order in orders]


def act(verb: Any, wave: Wave) -> Wave:
    found: Wave = verb(wave_id=wave.pk, **acting())
    return found


# Running ------------------------------------------------------------------------------------------


def test_it_releases_every_order_first_expired_first(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "LATE", LATE, 9, 0)
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    first, second = make_open(world, vitamin, 3, 3)
    wave = run(make_wave())
    assert promised(first) == [("VITAMIN", "EARLY", "A-02", 3)]
    assert promised(second) == [("VITAMIN", "EARLY", "A-02", 1), ("VITAMIN", "LATE", "A-01", 2)]
    assert (wave.status, wave.done_count, wave.order_count) == ("completed", 2, 2)
    assert topics(wave) == ["wave.created", "wave.released", "wave.completed"]
    assert topics_of_order(first) == ["order.created", "order.allocated"]
    assert not list(differences())


def test_priority_then_age_decides_who_gets_scarce_units(
    world: World, soap: Product, clock: Clock
) -> None:
    put(soap, world.bins[0], 7)
    clock.advance(hours=2)
    (late,) = make_open(world, soap, 3)
    (urgent,) = make_open(world, soap, 3, priority=1)
    clock.advance(hours=-1)
    (early,) = make_open(world, soap, 3)
    wave = run(make_wave())
    assert cover([urgent, early, late]) == [3, 3, 1]
    assert [status(one) for one in (urgent, early, late)] == [
        "allocated",
        "allocated",
        "backordered",
    ]
    assert wave.status == "completed"


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_it(soap: Product, world: World) -> None:
    put(soap, world.bins[0], 50)
    orders = make_open(world, soap, 1, 2, 3, 4, 5)
    wave = act(release_wave, make_wave())
    assert (wave.status, cover(orders)) == ("released", [0, 0, 0, 0, 0])
    call_command("worker", batch=True)
    wave.refresh_from_db()
    assert (wave.status, wave.done_count, cover(orders)) == ("completed", 5, [1, 2, 3, 4, 5])
    assert wave.completed_at == wave.released_at == acting()["now"]


def test_the_job_and_the_release_come_together_or_not_at_all(world: World, soap: Product) -> None:
    make_open(world, soap, 1)
    wave = act(release_wave, make_wave())
    (job,) = DBTaskResult.objects.all()
    assert (job.task_path, job.args_kwargs["kwargs"]) == (
        "fulfillment.tasks.run_wave",
        {"wave_id": wave.pk},
    )
    with refused("wave_under_way"):
        act(release_wave, wave)
    assert DBTaskResult.objects.count() == 1


def test_the_house_chooses_the_warehouse_where_none_is_named(world: World, soap: Product) -> None:
    east = make_warehouse("EAST")
    put(soap, make_bin(east, "E-01"), 5)
    (free,) = make_open(world, soap, 3)
    (named,) = make_open(world, soap, 3, warehouse=world.warehouse)
    run(make_wave())
    assert [demands(one)[0].warehouse for one in (free, named)] == [east, world.warehouse]
    assert cover([free, named]) == [3, 0]


def test_what_was_cancelled_or_shipped_meanwhile_is_passed_over(
    world: World, soap: Product
) -> None:
    put(soap, world.bins[0], 9)
    cancelled, left = make_open(world, soap, 3, 3)
    wave = make_wave()
    cancel_order(order_id=cancelled.pk, **acting())
    run(wave)
    assert (status(cancelled), status(left)) == ("cancelled", "allocated")
    ship(left)
    before = stock()
    assert run(wave).done_count == 2
    assert stock() == before


def test_its_statements_do_not_grow_with_the_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waves, "BATCH", 50)
    goods = [world.product(f"SOAP-{n}") for n in range(4)]
    for number, one in enumerate(goods):
        put(one, world.bins[number], 500)

    def statements(orders: int) -> int:
        for _ in range(orders):
            make_open_order(world.merchant, *(line(one, 1) for one in goods))
        wave = act(release_wave, make_wave())
        with CaptureQueriesContext(connection) as made:
            assert next_batch(wave)
        assert not Demand.objects.filter(is_released=False).exists()
        run_out = next_batch(wave)
        assert not run_out
        return len(made)

    assert statements(40) == statements(2)


# Interrupting and resuming ------------------------------------------------------------------------


def test_an_interrupted_wave_goes_on_where_it_stopped(world: World, soap: Product) -> None:
    put(soap, world.bins[0], 50)
    orders = make_open(world, soap, 1, 1, 1, 1, 1)
    wave = act(release_wave, make_wave())
    assert next_batch(wave)
    assert act(interrupt_wave, wave).status == "interrupted"
    before = stock()
    assert not next_batch(wave)
    assert (stock() == before, cover(orders)) == (True, [1, 1, 0, 0, 0])
    assert [status(one) for one in orders[1:3]] == ["allocated", "open"]
    wave = run(wave)
    assert (wave.status, cover(orders)) == ("completed", [1, 1, 1, 1, 1])
    assert topics(wave) == [
        "wave.created",
        "wave.released",
        "wave.interrupted",
        "wave.released",
        "wave.completed",
    ]


def test_it_may_be_interrupted_before_a_worker_has_it(world: World, soap: Product) -> None:
    (order,) = make_open(world, soap, 1)
    wave = act(interrupt_wave, act(release_wave, make_wave()))
    run_wave.call(wave_id=wave.pk)
    assert (Wave.objects.get().status, status(order)) == ("interrupted", "open")
    assert run(wave).status == "completed"


def test_a_batch_that_fails_leaves_nothing_half_done(
    world: World, soap: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(soap, world.bins[0], 9)
    orders = make_open(world, soap, 1, 1, 1)
    wave = act(release_wave, make_wave())
    next_batch(wave)
    before = stock()

    def killed(*args: Any, **kwargs: Any) -> Any:
        release(*args, **kwargs)
        raise KeyboardInterrupt

    release = waves.planning.release
    with monkeypatch.context() as patched:
        patched.setattr(waves.planning, "release", killed)
        with pytest.raises(KeyboardInterrupt):
            next_batch(wave)
    assert stock() == before
    wave.refresh_from_db()
    assert (wave.status, wave.done_count) == ("running", 2)
    assert next_batch(wave)
    assert not next_batch(wave)
    assert cover(orders) == [1, 1, 1]


# Again --------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(world: World, soap: Product) -> None:
    put(soap, world.bins[0], 4)
    orders = make_open(world, soap, 3, 3, 3)
    wave = run(make_wave())
    before, said = stock(), [topics_of_order(one) for one in orders]
    wave = run(wave)
    assert (wave.status, wave.done_count) == ("completed", 3)
    assert stock() == before
    assert [topics_of_order(one) for one in orders] == said


def test_a_second_run_serves_what_is_short_by_priority(world: World, soap: Product) -> None:
    """What arrives in the ordinary way reaches backorders by itself; another warehouse does not."""
    low, high = make_open(world, soap, 3)[0], make_open(world, soap, 3, priority=1)[0]
    wave = run(make_wave())
    assert cover([low, high]) == [0, 0]
    put(soap, make_bin(make_warehouse("EAST"), "E-01"), 4)
    assert cover([low, high]) == [0, 0]
    run(wave)
    assert cover([high, low]) == [3, 1]
    assert [demands(one)[0].warehouse.code for one in (high, low)] == ["EAST", "EAST"]


def test_units_that_a_hold_lets_go_reach_the_wave_without_a_run(
    world: World, soap: Product
) -> None:
    put(soap, world.bins[0], 4)
    hold = place_hold(target=soap, reason="Recall", **acting())
    (order,) = make_open(world, soap, 3)
    run(make_wave())
    assert (status(order), cover([order])) == ("backordered", [0])
    release_hold(hold_id=hold.pk, **acting())
    assert cover([order]) == [3]


# Cancelling ---------------------------------------------------------------------------------------


def test_a_cancelled_wave_keeps_its_promises_and_lets_the_rest_go(
    world: World, soap: Product
) -> None:
    put(soap, world.bins[0], 9)
    orders = make_open(world, soap, 1, 1, 1)
    wave = act(release_wave, make_wave())
    next_batch(wave)
    assert act(cancel_wave, wave).status == "cancelled"
    assert not next_batch(wave)
    assert cover(orders) == [1, 1, 0]
    assert make_wave().order_count == 1
    for verb, code in (
        (release_wave, "already_cancelled"),
        (interrupt_wave, "already_cancelled"),
        (cancel_wave, "already_cancelled"),
    ):
        with refused(code):
            act(verb, wave)


def test_what_cannot_be_is_refused(world: World, soap: Product) -> None:
    make_open(world, soap, 1)
    wave = make_wave()
    with refused("wave_not_under_way"):
        act(interrupt_wave, wave)
    run(wave)
    with refused("wave_not_under_way"):
        act(interrupt_wave, wave)
    with refused("already_completed"):
        act(cancel_wave, wave)
    for verb in (release_wave, interrupt_wave, cancel_wave):
        with refused("not_found"):
            verb(wave_id=987_654, **acting())


def test_a_job_without_a_wave_has_nothing_to_do(world: World) -> None:
    before = state()
    run_wave.call(wave_id=987_654)
    assert state() == before
