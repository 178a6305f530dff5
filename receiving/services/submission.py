"""Submission: from here on the warehouse expects the units of a WRO."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inventory.errors import LotConflict
from inventory.locks import lock_products
from inventory.models import Lot
from inventory.queries.lots import LotRef, agrees, find_lots
from inventory.services import supplies
from inventory.services.lots import create_lots, require_told_apart
from inventory.services.supplies import SupplyRequest
from merchants.errors import FieldError, Malformed
from merchants.models import Merchant, User
from merchants.transactions import act
from receiving.announcement import AnnouncedLine, faults, same_lots
from receiving.errors import NothingAnnounced
from receiving.models import WRO, Line, LotLine
from receiving.packing import AnnouncedBox, announced_units, sum_faults
from receiving.services.boxes import announced_boxes
from receiving.services.documents import lock_wro, set_status, tell
from receiving.services.drafts import WROFields, create_wro
from receiving.services.lines import announced_by, lines_with_lots, upsert


@act
def announce_wro(
    *,
    actor: User,
    now: datetime,
    merchant: Merchant,
    fields: WROFields,
    lines: Sequence[AnnouncedLine],
    boxes: Sequence[AnnouncedBox] = (),
    confirm_new: bool = False,
) -> WRO:
    """Create a WRO and submit it, both or neither. Raises as ``create_wro``, ``submit_wro``."""
    wro = create_wro(
        actor=actor,
        now=now,
        merchant=merchant,
        fields=fields,
        lines=lines,
        boxes=boxes,
    )
    return submit_wro(actor=actor, now=now, wro_id=wro.pk, confirm_new=confirm_new)


@act
def submit_wro(*, actor: User, now: datetime, wro_id: int, confirm_new: bool = False) -> WRO:
    """Announce a draft to its warehouse: its lots are made, its units are incoming.

    A lot that is known already is used as it is; ``confirm_new`` says that those whose numbers look
    like others' are other lots all the same. Raises: NotFound, WrongStatus, NothingAnnounced,
    Malformed (what a product asks for may have changed since, or two of its lots been merged; boxes
    that hold more or less of a lot than is announced), LotConflict (a known number with another
    expiry), LotLooksLike. Locks the WRO, then the products. Statements do not grow with the lines.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.DRAFT, to="submitted")
    products = lock_products(wro.lines.order_by().values_list("product_id", flat=True))
    lines = lines_with_lots(wro)
    announced = announced_by(lines)
    _check(wro, announced)
    lots = _known_lots(lines)
    _refuse(same_lots(list(announced.values()), lots))
    missing = [ref for ref in map(_ref, _lot_lines(lines)) if ref not in lots]
    if missing and not confirm_new:
        require_told_apart(missing)
    if missing:
        lots |= create_lots(actor=actor, now=now, refs=missing, merchant_id=wro.merchant_id)
    _announce(wro, lines, lots)
    set_status(wro, WRO.Status.AWAITING, actor=actor, now=now)
    units = sum(line.quantity for line in lines)
    tell("submitted", wro, now, products=len(products), units=units)
    return wro


def _check(wro: WRO, announced: dict[int, AnnouncedLine]) -> None:
    if not announced:
        raise NothingAnnounced(message=f"{wro.number} has no products yet: add what it brings.")
    wrong = faults(list(announced.values()))
    wrong += sum_faults(announced_boxes(wro), announced_units(announced.values()))
    _refuse(wrong)


def _refuse(wrong: list[FieldError]) -> None:
    if wrong:
        raise Malformed(message=wrong[0]["message"], errors=wrong)


def _known_lots(lines: Sequence[Line]) -> dict[LotRef, Lot]:
    """The lots that are there already, by how they are named."""
    lots = find_lots(_ref(lot) for lot in _lot_lines(lines))
    for ref, lot in lots.items():
        if not agrees(lot, ref):
            raise LotConflict(
                message=f"Lot {lot.number} of {lot.product.sku} is known with "
                f"{f'the expiry {lot.expires_on}' if lot.expires_on else 'no expiry'}, not "
                f"{ref.expires_on}: correct one of them, or announce it under another number.",
                lot=lot.pk,
                number=lot.number,
                expires_on=lot.expires_on,
            )
    return lots


def _lot_lines(lines: Sequence[Line]) -> list[LotLine]:
    return [lot for line in lines for lot in line.lots.all()]


def _announce(wro: WRO, lines: Sequence[Line], lots: dict[LotRef, Lot]) -> None:
    """One supply for each lot line, and for each line without lots."""
    rows: list[Line | LotLine] = []
    requests: list[SupplyRequest] = []
    for line in lines:
        for lot_line in line.lots.all():
            lot_line.lot = lots[_ref(lot_line)]
            rows.append(lot_line)
            requests.append(SupplyRequest(line.product_id, lot_line.lot.pk, lot_line.quantity))
        if not line.lots.all():
            rows.append(line)
            requests.append(SupplyRequest(line.product_id, None, line.quantity))
    announced = supplies.announce(
        merchant_id=wro.merchant_id,
        warehouse_id=wro.warehouse_id,
        wro_number=wro.number,
        requests=requests,
    )
    for row, supply in zip(rows, announced, strict=True):
        row.supply = supply
    if lines_alone := [one for one in rows if isinstance(one, Line)]:
        upsert(lines_alone, ["supply"])
    if lot_lines := [one for one in rows if isinstance(one, LotLine)]:
        upsert(lot_lines, ["lot", "supply"])


def _ref(lot: LotLine) -> LotRef:
    return LotRef(lot.product_id, lot.number, lot.expires_on)
