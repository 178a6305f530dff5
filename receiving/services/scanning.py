"""Counting by scanner: each scan is kept at once, and received when the count is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast
from uuid import UUID

from inventory.models import Product
from merchants.models import User
from merchants.transactions import act
from receiving.dock import Reading, State, Step, decide
from receiving.errors import NothingCounted, NothingToUndo
from receiving.facts import LONGEST_TEXT, facts_for, reading_of
from receiving.models import WRO, Scan
from receiving.services.documents import lock_wro
from receiving.services.receipt import Count, receive

UNDER_WAY = (WRO.Status.ARRIVED, WRO.Status.PROCESSING)
SUBMITTED = (WRO.Status.AWAITING, *UNDER_WAY, WRO.Status.COMPLETED, WRO.Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Shot:
    """What a device sends for one scan.

    ``key`` is the device's own, ``wanted`` the units typed beside it; ``says`` is what the person
    says about the text: ``lot``, ``sure`` or ``unreadable``. ``lot_number`` and ``expires_on`` are
    typed by hand for the product in hand.
    """

    key: UUID
    text: str = ""
    wanted: int | None = None
    is_damaged: bool = False
    says: str = ""
    lot_number: str = ""
    expires_on: date | None = None


@act
def scan(*, actor: User, now: datetime, wro_id: int, shot: Shot) -> Scan:
    """Keep a scan, and say what it became; the same key again answers what it became before.

    A refusal is kept too, and counts nothing: the outcome and its code are on the row. It is read
    in the light of the person's last scan of this WRO. Raises: NotFound, WrongStatus (a draft).
    Locks the WRO, so that no unit is counted while it is completed.
    """
    wro = lock_wro(actor, wro_id, *SUBMITTED, to="scanned")
    known = Scan.objects.filter(wro=wro, key=shot.key).first()
    if known is not None:
        return known
    if wro.status not in UNDER_WAY:
        told = f"{wro.number} is {wro.get_status_display().lower()}: nothing is counted."
        late = Step(State(), Scan.Outcome.REFUSED, told, code="wrong_status")
        return _keep(wro, shot, late, actor, now)
    state = state_of(wro, actor)
    reading = _as_said(reading_of(shot.text, wro.warehouse.today(now)), shot)
    step = decide(state, reading, facts_for(wro, state, reading, now))
    return _keep(wro, shot, step, actor, now)


@act
def undo_scan(*, actor: User, now: datetime, wro_id: int, key: UUID) -> Scan:
    """Take back the person's last scan that did something, and what was refused since.

    What was in hand before it is in hand again; the same key again takes back no other. Raises:
    NotFound, WrongStatus, NothingToUndo (received units too: they are no scan any more). Locks the
    WRO.
    """
    wro = lock_wro(actor, wro_id, *SUBMITTED, to="scanned")
    undone = Scan.objects.filter(wro=wro, undone_key=key).first()
    if undone is not None:
        return undone
    mine = Scan.objects.filter(wro=wro, scanned_by=actor, undone_at=None)
    last = mine.exclude(outcome=Scan.Outcome.REFUSED).order_by("-id").first()
    if last is None or last.posted_at is not None:
        raise NothingToUndo(message="There is nothing of yours to undo.")
    mine.filter(id__gt=last.pk).update(undone_at=now)
    last.undone_at, last.undone_key = now, key
    last.save(update_fields=["undone_at", "undone_key"])
    return last


@act
def receive_scans(
    *, actor: User, now: datetime, wro_id: int, box: int | None = None, of_all: bool = False
) -> int:
    """Receive what was scanned: the person's own scans, of one box where one is named, or all.

    One receipt for all of it, in the same transaction; what was scanned counts as received from
    then on. Returns the units. Raises: NothingCounted, and as ``receive``. Locks the WRO,
    then as ``receive``.
    """
    wro = lock_wro(actor, wro_id, *UNDER_WAY, to="received")
    scans = wro.scans.open().select_related("product__merchant")
    if not of_all:
        scans = scans.filter(scanned_by=actor)
    if box is not None:
        scans = scans.filter(box=box)
    counted = list(scans)
    if not counted:
        raise NothingCounted(message="Nothing is counted that is not received already.")
    counts = summed(counted)
    receive(
        actor=actor,
        now=now,
        wro_id=wro_id,
        counts=[
            Count(product, units, number, expires_on, is_damaged)
            for (product, number, expires_on, is_damaged), units in counts.items()
        ],
    )
    Scan.objects.filter(pk__in=[one.pk for one in counted]).update(posted_at=now)
    return sum(counts.values())


def state_of(wro: WRO, user: User) -> State:
    """What the person has in hand; nothing once its units are received. One query."""
    last = wro.scans.filter(scanned_by=user, undone_at=None).order_by("-id").first()
    if last is None or last.posted_at is not None:
        return State()
    return State(
        box=last.box,
        product_id=last.product_id,
        lot_number=last.lot_number,
        expires_on=last.expires_on,
        asks=last.asks,
        wanted=last.wanted,
        is_damaged=last.is_damaged and not last.quantity,
    )


def summed(scans: Iterable[Scan]) -> Counter[tuple[Product, str, date | None, bool]]:
    """Units by product, lot number, expiry and whether they are damaged."""
    units: Counter[tuple[Product, str, date | None, bool]] = Counter()
    for one in scans:
        product = cast("Product", one.product)  # "a count is of a product"
        units[product, one.lot_number, one.expires_on, one.is_damaged] += one.quantity
    return units


def _as_said(reading: Reading, shot: Shot) -> Reading:
    """What was read, with what the person says about it."""
    return replace(
        reading,
        lot_number=shot.lot_number.strip() or reading.lot_number,
        expires_on=shot.expires_on or reading.expires_on,
        wanted=reading.wanted if shot.wanted is None else shot.wanted,
        is_damaged=shot.is_damaged,
        is_lot=shot.says == "lot",
        is_sure=shot.says == "sure",
        is_unreadable=shot.says == "unreadable",
    )


def _keep(wro: WRO, shot: Shot, step: Step, actor: User, now: datetime) -> Scan:
    units, after = step.units, step.state
    return Scan.objects.create(
        merchant_id=wro.merchant_id,
        wro=wro,
        key=shot.key,
        text=shot.text[:LONGEST_TEXT],
        box=after.box,
        product_id=after.product_id,
        lot_number=after.lot_number,
        expires_on=after.expires_on,
        supply_id=units.supply_id if units else None,
        quantity=units.quantity if units else 0,
        is_damaged=units.is_damaged if units else after.is_damaged,
        wanted=after.wanted,
        asks=after.asks,
        outcome=step.outcome,
        code=step.code,
        offers=step.offers,
        told=step.told,
        scanned_at=now,
        scanned_by=actor,
    )
