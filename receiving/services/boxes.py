"""The boxes of a draft: how many, their tracking numbers, and what is in each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from merchants.errors import Malformed
from receiving.announcement import AnnouncedLot
from receiving.models import MOST_BOXES, WRO, Box, BoxContent, Line, LotLine
from receiving.packing import AnnouncedBox, ContentKey, Packed, announced_units, box_faults, merged
from receiving.services.lines import announced_lines


def announced_boxes(wro: WRO) -> list[AnnouncedBox]:
    """The boxes of a WRO with what is said of their contents, in their order. Two queries."""
    contents: defaultdict[int, list[Packed]] = defaultdict(list)
    rows = BoxContent.objects.filter(wro=wro).select_related("line__product", "lot_line")
    for row in rows.order_by("id"):
        lot = row.lot_line
        packed = Packed(
            row.line.product,
            row.quantity,
            lot.number if lot else "",
            lot.expires_on if lot else None,
        )
        contents[row.box_id].append(packed)
    return [AnnouncedBox(box.tracking_number, tuple(contents[box.pk])) for box in wro.boxes.all()]


def write_boxes(wro: WRO, boxes: Sequence[AnnouncedBox]) -> None:
    """Make the draft's boxes these; a box keeps its id by its place.

    Raises: Malformed (too many, contents that are not announced). A constant number of statements.
    """
    if len(boxes) > MOST_BOXES:
        message = f"A WRO has at most {MOST_BOXES} boxes, not {len(boxes)}."
        raise Malformed("too_many_boxes", message, field="boxes")
    standing = list(wro.boxes.all())
    wanted = announced_units(announced_lines(wro).values())
    boxes = merged(boxes, announced_boxes(wro), wanted)
    wrong = box_faults(boxes, wanted)
    if wrong:
        raise Malformed(message=wrong[0]["message"], errors=wrong)
    BoxContent.objects.filter(wro=wro).delete()
    wro.boxes.filter(position__gt=len(boxes)).delete()
    rows = standing[: len(boxes)]
    rows += [Box(wro=wro, position=place + 1) for place in range(len(rows), len(boxes))]
    for row, box in zip(rows, boxes, strict=True):
        row.tracking_number = box.tracking_number or ""
    Box.objects.bulk_update([row for row in rows if row.pk], ["tracking_number"])
    Box.objects.bulk_create([row for row in rows if not row.pk])
    _write_contents(wro, rows, boxes)


def _write_contents(wro: WRO, rows: Sequence[Box], boxes: Sequence[AnnouncedBox]) -> None:
    if not any(box.contents for box in boxes):
        return
    named = _named(wro)
    contents = [
        (row, one) for row, box in zip(rows, boxes, strict=True) for one in box.contents or ()
    ]
    BoxContent.objects.bulk_create(
        BoxContent(
            wro=wro,
            box=row,
            line=named[one.key][0],
            lot_line=named[one.key][1],
            quantity=one.quantity,
        )
        for row, one in contents
    )


def _named(wro: WRO) -> dict[ContentKey, tuple[Line, LotLine | None]]:
    """The line and lot line that each content names. Two queries."""
    named: dict[ContentKey, tuple[Line, LotLine | None]] = {}
    for line in wro.lines.prefetch_related("lots"):
        lots = list(line.lots.all())
        for lot in lots:
            identity = AnnouncedLot(lot.number, lot.expires_on).identity
            named[line.product_id, *identity] = (line, lot)
        if not lots:
            named[line.product_id, "", None] = (line, None)
    return named
