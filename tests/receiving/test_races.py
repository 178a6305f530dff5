"""Several people at one WRO, on PostgreSQL. Each race is seen with the locks off first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from inventory.errors import InsufficientStock
from inventory.models import Lot, Supply
from merchants.errors import DomainError
from receiving.errors import MoreThanReceived, ReferenceTaken, UnitsAtDock, WrongStatus
from receiving.models import WRO, Discrepancy
from receiving.services import (
    Count,
    StowLine,
    complete_wro,
    create_wro,
    receive,
    stow,
    submit_wro,
)
from tests.builders import World, acting, make_world
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    counters,
    draft,
    line,
    received,
    standing,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CLIENTS = 8
ROUNDS = 200  # a race need not be lost the first time; the first that is ends it


@pytest.fixture
def world() -> World:
    return make_world()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each client got, or the kind of refusal that it met."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            ready.wait()
            return act()
        except (DomainError, IntegrityError) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def all_stow(world: World, sku: str) -> list[Any]:
    """Each client stows all that stands at the dock."""
    soap = world.product(sku)
    wro = received(world, line(soap, 5))
    lines = [StowLine(soap, 5, "A-01")]
    return at_once(*[partial(stow, wro_id=wro.pk, lines=lines, **acting())] * CLIENTS)


def all_receive(world: World, sku: str) -> int:
    """Each client counts the ten units that are expected; the surplus that is found."""
    soap = world.product(sku)
    wro = arrived(world, line(soap, 10))
    counts = [Count(soap, 10)]
    at_once(*[partial(receive, wro_id=wro.pk, counts=counts, **acting())] * CLIENTS)
    found = Discrepancy.objects.filter(wro=wro).aggregate(units=Sum("quantity", default=0))
    return found["units"]


def kind(got: Any) -> Any:
    return got if isinstance(got, type) else type(got)


def test_without_locks_more_is_stowed_than_the_dock_has(world):
    """The negative control: the ledger has to refuse what the rule let pass."""
    passed = {InsufficientStock, IntegrityError}
    with locks_off():
        assert any(passed & {*map(kind, all_stow(world, f"SOAP-{n}"))} for n in range(ROUNDS))


def test_units_are_stowed_once(world):
    got = all_stow(world, "SOAP")
    assert got.count(MoreThanReceived) == CLIENTS - 1
    assert standing(world.merchant.products.get()) == {("A-01", ""): 5}


def test_without_locks_surplus_passes_unseen(world):
    """The negative control: every client decides on the same count."""
    with locks_off():
        assert any(all_receive(world, f"SOAP-{n}") < 70 for n in range(ROUNDS))


def test_counts_of_many_add_up(world):
    assert all_receive(world, "SOAP") == 70
    assert counters(WRO.objects.get()) == {"SOAP": (10, 80, 70)}
    assert standing(world.merchant.products.get()) == {("DOCK", ""): 10, ("QUARANTINE", ""): 70}


def test_a_wro_is_completed_or_received(world):
    """No unit comes in once it is completed."""
    for n in range(5):
        soap = world.product(f"SOAP-{n}")
        wro = arrived(world, line(soap, 5))
        who = acting()
        got = at_once(
            partial(complete_wro, wro_id=wro.pk, **who),
            partial(receive, wro_id=wro.pk, counts=[Count(soap, 5)], **who),
        )
        wro.refresh_from_db()
        if wro.status == "completed":
            assert got[1] is WrongStatus
            assert standing(soap) == {}
        else:
            assert got[0] is UnitsAtDock
            assert standing(soap) == {("DOCK", ""): 5}


def test_it_is_submitted_once_and_its_lot_is_made_once(world):
    vitamin = world.lot_product("VITAMIN")
    wros = [draft(world, line(vitamin, 5, ("VC-A", NEXT_YEAR, 5))) for _ in range(2)]
    got = at_once(*[partial(submit_wro, wro_id=wro.pk, **acting()) for wro in wros * 4])
    assert got.count(WrongStatus) == 6
    assert Lot.objects.count() == 1
    assert Supply.objects.count() == 2


def test_a_reference_is_taken_once(world):
    fields = {"warehouse": world.warehouse, "reference": "PO-1"}
    who = acting()
    got = at_once(*[partial(create_wro, merchant=world.merchant, fields=fields, **who)] * CLIENTS)
    assert got.count(ReferenceTaken) == CLIENTS - 1
    assert WRO.objects.count() == 1


def test_a_reference_that_is_taken_but_not_committed_is_waited_for(world):
    fields = {"warehouse": world.warehouse, "reference": "PO-1"}
    create = partial(create_wro, merchant=world.merchant, fields=fields, **acting())
    with Thread() as other, transaction.atomic():
        create()
        waiting = other.submit(create)
        until_one_waits()
    with pytest.raises(ReferenceTaken) as refused:
        waiting.result()
    assert isinstance(refused.value.__cause__, IntegrityError)


def test_two_wros_of_the_same_products_do_not_block_each_other_for_good(world):
    """Products are locked in one order, whatever the order of the lines."""
    soap, oil = world.product("SOAP"), world.product("OIL")
    first = arrived(world, line(soap, 50), line(oil, 50))
    second = arrived(world, line(oil, 50), line(soap, 50))
    who = acting()
    acts = [
        partial(receive, wro_id=first.pk, counts=[Count(soap, 5), Count(oil, 5)], **who),
        partial(receive, wro_id=second.pk, counts=[Count(oil, 5), Count(soap, 5)], **who),
    ]
    got = at_once(*acts * 4)
    assert {*map(kind, got)} == {WRO}
    assert standing(soap) == {("DOCK", ""): 40}
