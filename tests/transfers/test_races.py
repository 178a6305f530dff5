"""Two people at one transfer, on PostgreSQL. Each race is seen with the locks off first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from inventory.errors import LotInUse, UnitsCommitted, UnknownLot
from inventory.models import Balance
from inventory.services.lots import delete_lot
from tests.builders import acting, make_demand, make_lot, place, promised
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits
from tests.transfers.builders import TwoWarehouses, counters, make_two, planned, receive, sent
from tests.walk import assert_ledger_agrees
from transfers.errors import MoreThanInTransit, ReferenceTaken, WrongStatus
from transfers.models import Transfer
from transfers.services import (
    LineRequest,
    Stowed,
    cancel_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
    write_off_transfer,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
LOCKS_OFF = partial(patch.object, QuerySet, "select_for_update", lambda rows, **_: rows)


@pytest.fixture
def two() -> TwoWarehouses:
    return make_two()


def one_after_the_other(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """The second waits for the first, which is not committed; what it got."""
    with Thread() as other, transaction.atomic():
        first()
        got = other.submit(second)
        until_one_waits()
    return got


def receive_twice(two: TwoWarehouses) -> Any:
    transfer = sent(two, LineRequest(two.soap, 3))
    lines, who = [Stowed(two.soap, 2, "N-01")], acting()
    act = partial(receive_transfer, transfer_id=transfer.pk, lines=lines, **who)
    return one_after_the_other(act, act), transfer


def test_without_locks_units_are_received_twice(two: TwoWarehouses) -> None:
    """The negative control: the counter forgets a receipt, and more arrives than was sent."""
    with LOCKS_OFF(), patch("transfers.services.arrival.lock_products"):
        got, _ = receive_twice(two)  # which waits for the row of the balance, no longer for ours
        got.result()
    road = Balance.objects.get(location=place(two.target, "IN_TRANSIT"))
    assert road.on_hand == -1


def test_a_unit_is_received_once(two: TwoWarehouses) -> None:
    got, transfer = receive_twice(two)
    with pytest.raises(MoreThanInTransit):
        got.result()
    assert counters(transfer) == [("SOAP", None, 3, 3, 2, 0)]
    assert_ledger_agrees()


def test_it_is_sent_or_called_off(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 3))
    who = acting()
    got = one_after_the_other(
        partial(send_transfer, transfer_id=transfer.pk, **who),
        partial(cancel_transfer, transfer_id=transfer.pk, **who),
    )
    with pytest.raises(WrongStatus):
        got.result()
    transfer.refresh_from_db()
    assert transfer.status == "in_transit"


def test_it_is_received_or_written_off(two: TwoWarehouses) -> None:
    transfer = sent(two, LineRequest(two.soap, 3))
    who = acting()
    got = one_after_the_other(
        partial(write_off_transfer, transfer_id=transfer.pk, reason="Lost", **who),
        partial(
            receive_transfer, transfer_id=transfer.pk, lines=[Stowed(two.soap, 3, "N-01")], **who
        ),
    )
    with pytest.raises(WrongStatus):
        got.result()
    assert counters(transfer) == [("SOAP", None, 3, 3, 0, 3)]
    assert_ledger_agrees()


def test_units_are_sent_or_promised(two: TwoWarehouses) -> None:
    transfer = planned(two, LineRequest(two.soap, 6))
    who = acting()
    with Thread() as other:
        with transaction.atomic():
            demand = make_demand(two.soap, 5, two.source)
            got = other.submit(partial(send_transfer, transfer_id=transfer.pk, **who))
            until_one_waits()
        with pytest.raises(UnitsCommitted):
            got.result()
    assert promised(demand) == {"A-03": 5}


def test_a_backorder_waits_for_what_arrives(two: TwoWarehouses) -> None:
    transfer = sent(two, LineRequest(two.soap, 6))
    with Thread() as other:
        with transaction.atomic():
            receive(transfer, Stowed(two.soap, 6, "N-01"))
            got = other.submit(partial(make_demand, two.soap, 5, two.target))
            until_one_waits()
        demand = got.result()
    assert promised(demand) == {"N-01": 5}


def lot_and_plan(two: TwoWarehouses) -> tuple[partial[None], partial[Transfer]]:
    """A lot that nothing else names: to delete it, and to plan a transfer that names it."""
    lot = make_lot(two.vitamin, "VC-Z", date(2027, 1, 31))
    request = two.request(LineRequest(two.vitamin, 1, lot.number))
    delete = partial(delete_lot, lot_id=lot.pk, **acting())
    return delete, partial(create_transfer, request=request, **acting())


def test_without_locks_a_lot_that_goes_is_missed_at_the_end(two: TwoWarehouses) -> None:
    """The negative control: the foreign key alone refuses it, when all is done."""
    delete, plan = lot_and_plan(two)
    with locks_off():
        got = one_after_the_other(delete, plan)
        with pytest.raises(IntegrityError):
            got.result()


def test_a_lot_that_goes_is_unknown(two: TwoWarehouses) -> None:
    delete, plan = lot_and_plan(two)
    with pytest.raises(UnknownLot):
        one_after_the_other(delete, plan).result()
    assert not Transfer.objects.exists()


def test_a_lot_that_a_transfer_names_stays(two: TwoWarehouses) -> None:
    delete, plan = lot_and_plan(two)
    with pytest.raises(LotInUse):
        one_after_the_other(plan, delete).result()
    assert Transfer.objects.get().lines.get().lot.number == "VC-Z"


def test_a_reference_is_taken_once(two: TwoWarehouses) -> None:
    request = two.request(LineRequest(two.soap, 1), reference="T-1")
    act = partial(create_transfer, request=request, **acting())
    got = one_after_the_other(act, act)
    with pytest.raises(ReferenceTaken) as refused:
        got.result()
    assert isinstance(refused.value.__cause__, IntegrityError)
