"""Two returns of one order at once, on PostgreSQL. Each race is seen with the locks off first."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from inventory.errors import LotInUse, UnknownLot
from inventory.models import Lot, QuarantineCase
from inventory.services.lots import delete_lot
from returns.errors import MoreThanShipped, ReferenceTaken
from returns.models import Return
from returns.requests import ReturnRequest
from returns.services import create_return, inspect_return
from tests.builders import World, acting, make_lot, make_world, put
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits
from tests.returns.made import announced, done, find, make_arrived, shipped_order

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world() -> World:
    return make_world()


def announce_at_once(world: World, *, waits: bool) -> Any:
    """Two units each, of an order that shipped three; what the second client got."""
    soap = world.product()
    put(soap, world.bins[0], 5)
    order = shipped_order(world, soap, 3)
    who = acting()
    request = ReturnRequest(world.merchant, "rts", [announced(soap, 2)], order=order)
    with Thread() as other, transaction.atomic():
        create_return(request=request, **who)
        second = other.submit(lambda: create_return(request=request, **who))
        until_one_waits() if waits else second.exception(timeout=60)
    return second


def test_without_locks_more_comes_back_than_was_shipped(world: World) -> None:
    """The negative control."""
    with locks_off():
        announce_at_once(world, waits=False).result()
    assert sum(one.lines.get().quantity for one in Return.objects.all()) == 4


def test_two_returns_of_an_order_are_counted_one_after_the_other(world: World) -> None:
    with pytest.raises(MoreThanShipped):
        announce_at_once(world, waits=True).result()
    assert Return.objects.get().lines.get().quantity == 2


def inspect_at_once(world: World, *, locks: bool) -> list[Any]:
    """Two units of a lot each, of an order that shipped two; what was done with the second."""
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 2, 0)
    world.stock_lot(vitamin, "VC-B", date(2027, 3, 31), 9, 1)
    order = shipped_order(world, vitamin, 6)
    first, last = (make_arrived(world, announced(vitamin, 2), order=order) for _ in range(2))
    who = acting()
    inspect = partial(inspect_return, return_id=last.pk, findings=[find(last, 2, lot)], **who)
    with nullcontext() if locks else locks_off(), Thread() as other:
        with transaction.atomic():
            inspect_return(return_id=first.pk, findings=[find(first, 2, lot)], **who)
            second = other.submit(inspect)
            until_one_waits()
        second.result()
    return done(last)


def test_without_locks_more_of_a_lot_is_restocked_than_was_shipped(world: World) -> None:
    """The negative control."""
    assert inspect_at_once(world, locks=False) == [("restock", "preference", 2, "VC-A", "A-01")]


def test_units_of_a_lot_come_back_once(world: World) -> None:
    assert inspect_at_once(world, locks=True) == [
        ("quarantine", "lot_unknown", 2, "VC-A", "QUARANTINE")
    ]
    assert QuarantineCase.objects.get().quantity == 2


def named(world: World) -> tuple[Lot, ReturnRequest]:
    """A lot that nothing else names, and a return that names it."""
    vitamin = world.lot_product()
    lot = make_lot(vitamin, "VC-A", date(2026, 10, 31))
    lines = [announced(vitamin, 1, lot)]
    return lot, ReturnRequest(world.merchant, "rts", lines, warehouse=world.warehouse)


def announce_what_goes(world: World) -> Any:
    """A lot is deleted while a return is announced that names it; what came of that."""
    lot, request = named(world)
    who = acting()
    with Thread() as other:
        with transaction.atomic():
            delete_lot(lot_id=lot.pk, **who)
            second = other.submit(lambda: create_return(request=request, **who))
            until_one_waits()
        second.exception(timeout=60)
    return second


def test_without_locks_a_lot_that_goes_is_missed_at_the_end(world: World) -> None:
    """The negative control: the foreign key alone refuses it, when all is done."""
    with locks_off(), pytest.raises(IntegrityError):
        announce_what_goes(world).result()


def test_a_lot_that_goes_is_unknown(world: World) -> None:
    with pytest.raises(UnknownLot):
        announce_what_goes(world).result()
    assert not Return.objects.exists()


def test_a_lot_that_a_return_names_stays(world: World) -> None:
    lot, request = named(world)
    who = acting()
    with Thread() as other:
        with transaction.atomic():
            document = create_return(request=request, **who)
            second = other.submit(lambda: delete_lot(lot_id=lot.pk, **who))
            until_one_waits()
        with pytest.raises(LotInUse):
            second.result(timeout=60)
    assert document.lines.get().lot == lot


def test_a_reference_is_taken_once(world: World) -> None:
    soap = world.product()
    who = acting()
    lines = [announced(soap, 1)]
    request = ReturnRequest(
        world.merchant, "rts", lines, reference="R-1", warehouse=world.warehouse
    )
    with Thread() as other, transaction.atomic():
        create_return(request=request, **who)
        second = other.submit(lambda: create_return(request=request, **who))
        until_one_waits()
    with pytest.raises(ReferenceTaken):
        second.result()
    assert Return.objects.get().reference == "R-1"
