"""Drafts: a WRO as it is written, before the warehouse knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypedDict

from django.db import IntegrityError, transaction

from inventory.models import Warehouse
from inventory.services.checks import check_fields
from merchants.errors import FieldError, Malformed, Refusal
from merchants.models import Merchant, User
from merchants.transactions import act
from receiving.announcement import AnnouncedLine, AnnouncedLot, faults, merged
from receiving.errors import PurchaseOrderNumberTaken, ReferenceTaken
from receiving.models import MOST_BOXES, WRO, Box, Line, LotLine
from receiving.services.documents import lock_wro, note_status, tell

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
    tracking_numbers: Sequence[str] = (),
) -> WRO:
    """Begin a WRO as a draft; its lines may come later, but what is given is checked.

    Raises: Malformed (fields, lines, lots, more than 50 boxes), ReferenceTaken,
    PurchaseOrderNumberTaken.
    """
    wro = WRO(merchant=merchant, created_at=now, created_by=actor, saved_at=now, **fields)
    _save(wro)
    note_status(wro, actor=actor, now=now)
    _write_lines(wro, merged(lines, {}))
    _write_boxes(wro, tracking_numbers)
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
    tracking_numbers: Sequence[str] | None = None,
) -> WRO:
    """Change a draft. Lines and boxes are given whole; what a line leaves unsaid stays.

    A line is the draft's line of its product, a lot its lot of that number (or expiry). Raises:
    NotFound, WrongStatus, Malformed, ReferenceTaken, PurchaseOrderNumberTaken. Locks the WRO.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.DRAFT, to="changed")
    for name, value in fields.items():
        setattr(wro, name, value)
    wro.saved_at = now
    _save(wro)
    if lines is not None:
        _write_lines(wro, merged(lines, announced_lines(wro)))
    if tracking_numbers is not None:
        _write_boxes(wro, tracking_numbers)
    tell("updated", wro, now)
    return wro


def announced_lines(wro: WRO) -> dict[int, AnnouncedLine]:
    """The lines of a WRO as it announces them, by product id, in their order. Two queries."""
    rows = wro.lines.select_related("product__merchant").prefetch_related("lots")
    return {
        line.product_id: AnnouncedLine(
            product=line.product,
            quantity=line.quantity,
            lots=tuple(
                AnnouncedLot(lot.number, lot.expires_on, lot.quantity) for lot in line.lots.all()
            ),
        )
        for line in rows
    }


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


def _write_lines(wro: WRO, lines: Sequence[AnnouncedLine]) -> None:
    """Make the draft's lines these, in this order; a product's line keeps its id."""
    wrong = [*_strangers(wro, lines), *faults(lines)]
    if wrong:
        raise Malformed(message=wrong[0]["message"], errors=wrong)
    LotLine.objects.filter(line__wro=wro).delete()
    standing = {line.product_id: line for line in wro.lines.all()}
    wanted = [_line(wro, place, line, standing) for place, line in enumerate(lines, start=1)]
    gone = standing.keys() - {line.product.pk for line in lines}
    Line.objects.filter(wro=wro, product_id__in=gone).delete()
    Line.objects.bulk_update([one for one in wanted if one.pk], ["position", "quantity"])
    Line.objects.bulk_create([one for one in wanted if not one.pk])
    LotLine.objects.bulk_create(
        LotLine(
            merchant_id=wro.merchant_id,
            product_id=row.product_id,
            line=row,
            position=place,
            number=lot.number.strip(),
            expires_on=lot.expires_on,
            quantity=lot.quantity or 0,
        )
        for row, line in zip(wanted, lines, strict=True)
        for place, lot in enumerate(line.lots or (), start=1)
    )


def _strangers(wro: WRO, lines: Sequence[AnnouncedLine]) -> list[FieldError]:
    """Products of other merchants are as unknown as none."""
    return [
        FieldError(
            field=f"lines[{place}].sku",
            code="unknown_sku",
            message=f"There is no product {line.product.sku}.",
        )
        for place, line in enumerate(lines)
        if line.product.merchant_id != wro.merchant_id
    ]


def _line(wro: WRO, place: int, line: AnnouncedLine, standing: dict[int, Line]) -> Line:
    row = standing.get(line.product.pk) or Line(
        wro=wro, merchant_id=wro.merchant_id, product=line.product
    )
    row.position = place
    row.quantity = line.quantity or 0
    return row


def _write_boxes(wro: WRO, tracking_numbers: Sequence[str]) -> None:
    if len(tracking_numbers) > MOST_BOXES:
        message = f"A WRO has at most {MOST_BOXES} boxes, not {len(tracking_numbers)}."
        raise Malformed("too_many_boxes", message, field="boxes")
    wro.boxes.all().delete()
    Box.objects.bulk_create(
        Box(wro=wro, position=place, tracking_number=number.strip())
        for place, number in enumerate(tracking_numbers, start=1)
    )
