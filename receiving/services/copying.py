"""A new draft after the model of a former WRO."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from merchants.errors import NotFound
from merchants.models import User
from merchants.transactions import act
from receiving.models import WRO
from receiving.packing import AnnouncedBox
from receiving.services.boxes import announced_boxes, write_boxes
from receiving.services.documents import tell
from receiving.services.drafts import create_wro
from receiving.services.lines import announced_lines, write_lines


@act
def copy_wro(*, actor: User, now: datetime, wro_id: int, with_lots: bool = False) -> WRO:
    """Begin a draft that brings what a former WRO of any status announced, to the same warehouse.

    Its boxes come without tracking numbers, its references and expected arrival are blank. The
    next delivery seldom brings the same lots: without ``with_lots`` the lots of each product are
    left to be filled in, and what of them was in which box. Raises: NotFound.
    """
    former = WRO.objects.for_user(actor).filter(pk=wro_id).first()
    if former is None:
        raise NotFound()
    wro = create_wro(
        actor=actor,
        now=now,
        merchant=former.merchant,
        fields={"warehouse": former.warehouse, "package_type": former.package_type},
    )
    lines = list(announced_lines(former).values())
    boxes = [AnnouncedBox("", box.contents) for box in announced_boxes(former)]
    if not with_lots and any(line.lots for line in lines):
        lines = [replace(line, lots=()) for line in lines]
        boxes = [AnnouncedBox("", ()) for _ in boxes]
    write_lines(wro, lines)
    write_boxes(wro, boxes)
    tell("updated", wro, now, copied_from=former.number)
    return wro
