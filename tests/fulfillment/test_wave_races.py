"""Two people at the same open orders, two workers at one wave, on PostgreSQL.

Each race is seen first with that off which decides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from fulfillment.errors import AlreadyInWave, NoOpenOrders
from fulfillment.models import Order, Wave, WaveOrder
from fulfillment.requests import WaveRequest
from fulfillment.services import create_wave, release_batch, release_wave, waves
from inventory.models import Allocation, Balance, Demand
from inventory.queries.audit import differences
from jobs.errors import JobNotFailed
from jobs.models import Job
from jobs.services import beat, fail, try_again
from merchants.errors import Refusal
from tests.builders import World, acting, make_world, put
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_open_order
from tests.fulfillment.test_races import at_once
from tests.locks import locks_off
from tests.races.clients import Clients, Gate, Round, surfaced

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
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
        first, second = one_after_the_other(world)
        assert (first.order_count, second.order_count) == (1, 1)


def one_after_the_other(world: World) -> list[Any]:
    """The first wave stands in the database, but is not committed when the second is chosen."""
    make_open_order(world.merchant, line(world.product("SOAP"), 1))
    create = partial(create_wave, request=WaveRequest(), **acting())
    with Clients() as clients:
        with transaction.atomic():
            first = create()
            second = clients.submit(0, create)
        return [first, second.result()]


def test_an_order_is_taken_by_one_wave(world: World) -> None:
    for number in range(1, 6):
        taken, refused = sorted(race_for_orders(world), key=lambda one: isinstance(one, type))
        assert (taken.order_count, refused in (AlreadyInWave, NoOpenOrders)) == (ORDERS, True)
        assert (Wave.objects.count(), WaveOrder.objects.count()) == (number, number * ORDERS)


def test_whoever_comes_second_is_told_to_choose_again(world: World) -> None:
    wave, refusal = one_after_the_other(world)
    assert isinstance(refusal, AlreadyInWave)
    assert "choose again" in refusal.message
    assert list(Wave.objects.all()) == [wave]


def failed(world: World) -> tuple[Wave, Job]:
    """A wave that stopped by itself, and the job that failed."""
    wave, _ = under_way(world)
    beat(worker_id="ada")
    job = Job.objects.get(pk=Wave.objects.get(pk=wave.pk).job_id)
    job.claim("ada")
    assert fail(job=job, error=Refusal("no_paper", "There is no paper."))
    return wave, job


def test_who_resumes_a_wave_does_not_wait_for_its_job(world: World) -> None:
    """Whoever tries the job again has its row, and wants the wave's: neither waits for ever."""
    wave, job = failed(world)
    release = partial(release_wave, wave_id=wave.pk, **acting())
    with Clients() as clients:
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job.pk)
            resumed = clients.submit(0, release)
            assert resumed.done()
            try_again(job=job)
        assert resumed.result().job_id != job.pk
    wave.refresh_from_db()
    assert (wave.status, wave.job_id) == ("released", resumed.result().job_id)


def test_a_wave_is_resumed_or_its_job_is_tried_again(world: World) -> None:
    wave, job = failed(world)
    with Clients() as clients:
        with transaction.atomic():
            resumed = release_wave(wave_id=wave.pk, **acting())
            late = clients.submit(0, partial(try_again, job=job))
        assert isinstance(late.result(), JobNotFailed)
    assert list(Job.objects.values_list("pk", flat=True)) == [resumed.job_id]


def under_way(world: World) -> tuple[Wave, Gate]:
    """A wave that nobody has begun, and the row of stock that all of its orders want."""
    soap, bin = world.product(f"SOAP-{Order.objects.count()}"), world.bins[Wave.objects.count() % 9]
    put(soap, bin, 1000)
    for _ in range(ORDERS):
        make_open_order(world.merchant, line(soap, 3), line(soap, 2))
    wave = create_wave(request=WaveRequest(), **acting())
    release_wave(wave_id=wave.pk, **acting())
    return wave, Gate(Balance, [Balance.objects.get(product=soap, location=bin).pk])


def race_of_workers(world: World) -> tuple[Wave, list[Any]]:
    """A worker was thought dead, and another has its job: both go on."""
    wave, _ = under_way(world)

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
    wave, stock = under_way(world)
    batch = partial(release_batch, wave_id=wave.pk, now=CLOCK.now)
    turn = Round(0, first=0, at_write=True)
    with locks_off(), Clients() as clients:
        answers = clients.meet(turn, [batch, batch], lock=stock, write=stock)
    assert [type(one) for one in surfaced(answers)] == [IntegrityError]


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
