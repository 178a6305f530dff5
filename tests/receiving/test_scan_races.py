"""Several scanners at one WRO, on PostgreSQL. Each race is seen with the locks off first."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError

from receiving.errors import NothingCounted, OpenScans
from receiving.models import WRO, Scan
from receiving.services import complete_wro
from receiving.services.scanning import Shot, receive_scans, scan, undo_scan
from tests.builders import World, acting, make_world
from tests.locks import locks_off
from tests.receiving.builders import arrived, counters, discrepancies, line
from tests.receiving.test_races import CLIENTS, ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world() -> World:
    return make_world()


def shots(wro: WRO, *keys: UUID) -> list[Any]:
    return [partial(scan, wro_id=wro.pk, shot=Shot(key, "SOAP"), **acting()) for key in keys]


def one_wro(world: World, quantity: int) -> WRO:
    soap = world.merchant.products.filter(sku="SOAP").first() or world.product("SOAP")
    return arrived(world, line(soap, quantity))


def all_finish(world: World) -> list[Any]:
    """Five units are scanned, and each client says that the count of all is done."""
    wro = one_wro(world, 5)
    for act in shots(wro, *(uuid4() for _ in range(5))):
        act()
    verb = partial(receive_scans, wro_id=wro.pk, of_all=True, **acting())
    return [wro, *at_once(*[verb] * CLIENTS)]


def test_without_locks_one_scan_meets_itself(world):
    """The negative control: only the database keeps it from counting twice."""
    with locks_off():
        got = [at_once(*shots(one_wro(world, 9), *[uuid4()] * CLIENTS)) for _ in range(ROUNDS)]
    assert any(IntegrityError in answers for answers in got)


def test_a_scan_that_is_sent_many_times_counts_once(world):
    wro = one_wro(world, 9)
    got = at_once(*shots(wro, *[uuid4()] * CLIENTS))
    assert len({row.pk for row in got}) == 1
    assert Scan.objects.open().count() == 1


def test_scans_of_many_add_up_and_the_counter_says_so(world):
    wro = one_wro(world, CLIENTS)
    got = at_once(*shots(wro, *(uuid4() for _ in range(CLIENTS))))
    told = {f"1 of SOAP: {n} of {CLIENTS}." for n in range(1, CLIENTS + 1)}
    assert {row.told for row in got} == told


def test_without_locks_units_are_received_more_than_once(world):
    """The negative control."""
    with locks_off():
        answers = [all_finish(world) for _ in range(ROUNDS)]
    assert any(got.count(NothingCounted) < CLIENTS - 1 for _, *got in answers)


def test_scanned_units_are_received_once(world):
    wro, *got = all_finish(world)
    assert sorted(map(str, got)) == sorted(["5", *[str(NothingCounted)] * (CLIENTS - 1)])
    assert counters(wro) == {"SOAP": (5, 5, 0)}
    assert discrepancies(wro) == []


def test_an_undo_that_is_sent_many_times_takes_back_one(world):
    key = uuid4()
    wro = one_wro(world, 9)
    for act in shots(wro, uuid4(), uuid4()):
        act()
    at_once(*[partial(undo_scan, wro_id=wro.pk, key=key, **acting())] * CLIENTS)
    assert wro.scans.open().count() == 1


def test_a_wro_is_completed_or_scanned(world):
    """No scanned unit is left behind in a completed WRO."""
    for _ in range(5):
        wro = one_wro(world, 5)
        done, row = at_once(partial(complete_wro, wro_id=wro.pk, **acting()), *shots(wro, uuid4()))
        if done is OpenScans:
            assert row.quantity == 1
        else:
            assert (row.code, row.quantity) == ("wrong_status", 0)
