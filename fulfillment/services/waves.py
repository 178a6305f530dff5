"""Waves: chosen, released, worked off batch by batch, interrupted, cancelled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from fulfillment.errors import (
    AlreadyCancelled,
    AlreadyCompleted,
    AlreadyInWave,
    NoOpenOrders,
    OrderNotOpen,
    WaveNotUnderWay,
    WaveUnderWay,
)
from fulfillment.models import Order, OrderLine, Wave, WaveOrder, WaveStatus
from fulfillment.models.waves import MOST_OF_A_FAILURE
from fulfillment.querysets import OrderQuerySet
from fulfillment.requests import WaveRequest
from inventory.locks import lock_documents, lock_stock
from inventory.services import planning
from merchants.background import enqueue, forget_failed
from merchants.columns import among
from merchants.errors import NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act

BATCH = 50  # orders of one transaction: far cheaper than one by one, and nobody waits for long


def create_wave(*, request: WaveRequest, actor: User, now: datetime) -> Wave:
    """Choose open orders for a wave; they claim no stock before it is released.

    Ten statements at most, however many orders. Raises: NotFound, NoOpenOrders, and for orders
    that are named one by one OrderNotOpen, AlreadyInWave.
    """
    try:
        return _create(request=request, actor=actor, now=now)
    except IntegrityError as error:
        taken = "Another wave took some of these orders at the same moment: choose again."
        raise AlreadyInWave(message=taken) from error


@act
def release_wave(*, wave_id: int, actor: User, now: datetime) -> Wave:
    """Have a worker release the wave's orders: all, those left, or once more those still short.

    The job is enqueued in the same transaction. A wave that was interrupted, or whose job failed,
    goes on where it stopped, and that job leaves the failed list; one that is completed is gone
    through again, and what is covered stays as it is. Records `wave.released`. Locks the wave.

    Raises: NotFound, WaveUnderWay, AlreadyCancelled.
    """
    wave = _lock(wave_id)
    if wave.is_under_way:
        raise WaveUnderWay(message=f"{wave.number} is released already.")
    if wave.status == WaveStatus.COMPLETED:
        wave.done_count, wave.completed_at = 0, None
    _leave_the_job(wave)
    wave.job_id = enqueue("fulfillment.tasks.run_wave", wave_id=wave.pk)
    _send_off(wave, now)
    return wave


@act
def release_batch(*, wave_id: int, now: datetime) -> bool:
    """Release the next orders of a wave under way and promise them what is free.

    By priority, then age. The wave's progress is written in the same transaction, so that a
    worker that dies leaves nothing half done and the next one goes on behind the last batch.
    Returns whether there may be more to do: no longer once the wave is completed, interrupted or
    cancelled. Constant number of statements. Locks the wave, the orders, their products.
    """
    wave: Wave | None = lock_documents(Wave.objects, [wave_id]).get(wave_id)
    if wave is None or not wave.is_under_way:
        return False
    last = min(wave.done_count + BATCH, wave.order_count)
    if last == wave.done_count:
        _complete(wave, now)
        return False
    places = WaveOrder.objects.filter(wave=wave, position__range=(wave.done_count + 1, last))
    _release(list(places.values_list("order_id", flat=True)), now)
    Wave.objects.filter(pk=wave_id).update(status=WaveStatus.RUNNING, done_count=last)
    return True


@act
def interrupt_wave(*, wave_id: int, actor: User, now: datetime) -> Wave:
    """Stop a wave under way before its next batch; releasing it again resumes it.

    What is promised stays promised. Records `wave.interrupted`. Locks the wave. Raises: NotFound,
    WaveNotUnderWay.
    """
    wave = _lock(wave_id)
    if not wave.is_under_way:
        raise WaveNotUnderWay(message=f"{wave.number} is not under way.")
    wave.status = WaveStatus.INTERRUPTED
    wave.save(update_fields=["status"])
    _record("wave.interrupted", wave, now)
    return wave


@act
def fail_wave(*, wave_id: int, job_id: UUID, failure: str, now: datetime) -> None:
    """Interrupt a wave under way whose job ended in the failed list, and keep why.

    A wave that another job goes through by now is left alone. Records `wave.interrupted`. Locks the
    wave.
    """
    wave = _of_the_job(wave_id, job_id)
    if wave is None or not wave.is_under_way:
        return
    wave.status, wave.failure = WaveStatus.INTERRUPTED, failure[:MOST_OF_A_FAILURE]
    wave.save(update_fields=["status", "failure"])
    _record("wave.interrupted", wave, now)


@act
def take_up_wave(*, wave_id: int, job_id: UUID, now: datetime) -> None:
    """Have a wave go on that stopped because this job failed, for the job is to be tried again.

    A wave that was resumed, or ended, in another way is left alone. Records `wave.released`. Locks
    the wave.
    """
    wave = _of_the_job(wave_id, job_id)
    if wave is not None and wave.failure:
        _send_off(wave, now)


@act
def cancel_wave(*, wave_id: int, actor: User, now: datetime) -> Wave:
    """End a wave for good: the orders left in it stay open and may join another wave.

    What is promised stays promised; a job of it that failed leaves the failed list. Records
    `wave.cancelled`. Locks the wave. Raises: NotFound, AlreadyCancelled, AlreadyCompleted.
    """
    wave = _lock(wave_id)
    if wave.status == WaveStatus.COMPLETED:
        raise AlreadyCompleted(message=f"{wave.number} is completed: nothing is left to cancel.")
    _leave_the_job(wave)
    wave.status, wave.failure = WaveStatus.CANCELLED, ""
    wave.save(update_fields=["status", "failure"])
    _let_go(wave)
    _record("wave.cancelled", wave, now)
    return wave


@act
def _create(*, request: WaveRequest, actor: User, now: datetime) -> Wave:
    if request.order_ids is not None:
        _require_waiting(request.order_ids)
    wave = Wave(
        merchant=request.merchant,
        warehouse=request.warehouse,
        channel=request.channel,
        ship_by=request.ship_by,
        min_priority=request.min_priority,
        is_chosen_by_hand=request.order_ids is not None,
        created_at=now,
        created_by=actor,
    )
    wave.save()
    wave.order_count = _take_in(wave, Order.objects.waiting().wanted_by(request))
    if not wave.order_count:
        raise NoOpenOrders(message="No open order matches: there is nothing to release.")
    wave.save(update_fields=["order_count"])
    _record("wave.created", wave, now)
    return wave


def _require_waiting(order_ids: Collection[int]) -> None:
    """Every order that is named is there, open, and in no unfinished wave."""
    asked = set(order_ids)
    rows = Order.objects.filter(pk__in=asked)
    if rows.count() < len(asked):
        raise NotFound()
    other = rows.exclude(pk__in=Order.objects.waiting().values("pk")).order_by("pk").first()
    if other is None:
        return
    if other.wave_orders.filter(is_waiting=True).exists():
        raise AlreadyInWave(message=f"{other.number} is in another wave.", order=other.number)
    raise OrderNotOpen(message=f"{other.number} is not open.", order=other.number)


INSERT = """
INSERT INTO fulfillment_waveorder (merchant_id, wave_id, order_id, position, is_waiting)
SELECT merchant_id, {wave}, id, position, {true} FROM ({chosen}) AS chosen
"""


def _take_in(wave: Wave, orders: OrderQuerySet) -> int:
    """Give these orders their places, by priority, then age; how many there are. One statement."""
    rank = [F("priority").desc(), F("created_at").asc(), F("pk").asc()]
    chosen = orders.order_by().annotate(position=Window(RowNumber(), order_by=rank))
    sql, params = chosen.values("merchant_id", "id", "position").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(wave=int(wave.pk), true="TRUE", chosen=sql), params)
        return int(cursor.rowcount)


def _lock(wave_id: int) -> Wave:
    """The wave, locked. Raises: NotFound, AlreadyCancelled."""
    wave: Wave | None = lock_documents(Wave.objects, [wave_id]).get(wave_id)
    if wave is None:
        raise NotFound()
    if wave.status == WaveStatus.CANCELLED:
        raise AlreadyCancelled(message=f"{wave.number} is cancelled.")
    return wave


def _of_the_job(wave_id: int, job_id: UUID) -> Wave | None:
    """The wave, locked, if this is the job that goes through it."""
    wave: Wave | None = lock_documents(Wave.objects, [wave_id]).get(wave_id)
    return wave if wave is not None and wave.job_id == job_id else None


def _leave_the_job(wave: Wave) -> None:
    """Nobody has to try again the job that went through it so far."""
    if wave.job_id is not None:
        forget_failed(wave.job_id)


def _send_off(wave: Wave, now: datetime) -> None:
    """From now on its job goes through it."""
    wave.status, wave.failure, wave.released_at = WaveStatus.RELEASED, "", now
    wave.save(
        update_fields=[
            *("status", "done_count", "job_id", "failure", "released_at", "completed_at"),
        ]
    )
    _record("wave.released", wave, now)


def _release(order_ids: Collection[int], now: datetime) -> None:
    """Release these orders, but for those that were cancelled or lack nothing.

    The house may choose the warehouse of an order that names none.
    """
    orders = Order.objects.filter(pk__in=among(order_ids)).order_by("pk")
    orders = orders.select_for_update(no_key=True)
    names_none = {pk for pk, place in orders.values_list("pk", "warehouse_id") if place is None}
    lines = OrderLine.objects.filter(order__in=among(order_ids)).order_by()
    asked = list(lines.values_list("order_id", "demand_id", "product_id"))
    lock_stock({product_id for *_, product_id in asked})
    planning.release(
        [demand_id for _, demand_id, _ in asked],
        now=now,
        may_choose=[demand_id for order_id, demand_id, _ in asked if order_id in names_none],
    )


def _complete(wave: Wave, now: datetime) -> None:
    wave.status, wave.completed_at = WaveStatus.COMPLETED, now
    wave.save(update_fields=["status", "completed_at"])
    _let_go(wave)
    _record("wave.completed", wave, now)


def _let_go(wave: Wave) -> None:
    """Its orders may join another wave, as far as they are still open."""
    WaveOrder.objects.filter(wave=wave, is_waiting=True).update(is_waiting=False)


def _record(topic: str, wave: Wave, now: datetime) -> None:
    record(
        topic=topic,
        merchant_id=wave.merchant_id,
        object=wave.number,
        payload={"orders": wave.order_count, "done": wave.done_count, **_why(wave)},
        at=now,
    )


def _why(wave: Wave) -> dict[str, str]:
    return {"failure": wave.failure} if wave.failure else {}
