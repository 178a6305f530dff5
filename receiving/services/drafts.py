"""Drafts: a WRO as it is written, before the warehouse knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypedDict

from django.db import IntegrityError, transaction

from inventory.models import Warehouse
from inventory.services.checks import check_fields
from merchants.errors import Refusal
from merchants.models import Merchant, User
from merchants.transactions import act
from receiving.announcement import AnnouncedLine, merged
from receiving.errors import PurchaseOrderNumberTaken, ReferenceTaken
from receiving.models import WRO
from receiving.packing import AnnouncedBox
from receiving.services.boxes import write_boxes
from receiving.services.documents import lock_wro, note_status, tell
from receiving.services.lines import announced_lines, check_lines, write_lines

# The merchant's own numbers, each given once if at all.
UNIQUE: dict[str, tuple[type[Refusal], str]] = {
    "reference": (ReferenceTaken, "reference"),
    "purchase_order_number": (PurchaseOrderNumberTaken, "purchase-order number"),
}


class WROFields(TypedDict, total=False):
    """What may be set on a draft; a field that is absent stays as it is."""

    reference: str
    purchase_order_number: str
    warehouse: Warehouse
    package_type: str
    expected_arrival_on: date | None


@act
def create_wro(
    *,
    actor: User,
    now: datetime,
    merchant: Merchant,
    fields: WROFields,
    lines: Sequence[AnnouncedLine] = (),
    boxes: Sequence[AnnouncedBox] = (),
) -> WRO:
    """Begin a WRO as a draft; its lines may come later, but what is given is checked.

    Raises: Malformed (fields, lines, lots, more than 50 boxes), ReferenceTaken,
    PurchaseOrderNumberTaken.
    """
    wro = WRO(merchant=merchant, created_at=now, created_by=actor, saved_at=now, **fields)
    _save(wro)
    note_status(wro, actor=actor, now=now)
    _write(wro, merged(lines, {}), boxes)
    tell("created", wro, now)
    return wro


@act
def update_wro(
    *,
    actor: User,
    now: datetime,
    wro_id: int,
    fields: WROFields,
    lines: Sequence[AnnouncedLine] | None = None,
    boxes: Sequence[AnnouncedBox] | None = None,
) -> WRO:
    """Change a draft. Lines and boxes are given whole; what a line leaves unsaid stays.

    A line is the draft's line of its product, a lot its lot of that number (or expiry), a box that
    at its place. What boxes hold of a lot that is no longer announced goes with it. Raises:
    NotFound, WrongStatus, Malformed, ReferenceTaken, PurchaseOrderNumberTaken. Locks the WRO.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.DRAFT, to="changed")
    for name, value in fields.items():
        setattr(wro, name, value)
    wro.saved_at = now
    _save(wro)
    announced = None if lines is None else merged(lines, announced_lines(wro))
    _write(wro, announced, boxes)
    tell("updated", wro, now)
    return wro


def _write(
    wro: WRO, lines: Sequence[AnnouncedLine] | None, boxes: Sequence[AnnouncedBox] | None
) -> None:
    """Lines first: boxes hold what they announce. None: they stay."""
    if lines is not None:
        check_lines(wro, lines)
        write_lines(wro, lines)
    if boxes is not None:
        write_boxes(wro, boxes)


def _save(wro: WRO) -> None:
    for name in UNIQUE:
        setattr(wro, name, getattr(wro, name).strip())
    check_fields(wro)
    for refusal in _taken(wro):
        raise refusal
    try:
        with transaction.atomic():
            wro.save()
    except IntegrityError as error:  # another request took one of them since
        raise next(_taken(wro), error) from error


def _taken(wro: WRO) -> Iterator[Exception]:
    """The numbers of this WRO that another one has. A query for each number that is given."""
    for name, (refusal, called) in UNIQUE.items():
        value = getattr(wro, name)
        same = WRO.objects.filter(merchant_id=wro.merchant_id, **{name: value})
        if value and same.exclude(pk=wro.pk).exists():
            yield refusal(message=f"There is already a WRO with the {called} {value}.")
