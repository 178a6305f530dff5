"""The labels of a WRO: one for each box, one for each lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inventory.labels import MOST_LABELS, BoxLabel, LotLabel
from receiving.errors import NothingToLabel, WrongStatus
from receiving.models import WRO, BoxContent
from receiving.queries import Row, rows_of

WHAT = {
    WRO.PackageType.BOX: "Box",
    WRO.PackageType.PALLET: "Pallet",
    WRO.PackageType.CONTAINER: "Container",
}
NO_LABELS = (WRO.Status.DRAFT, WRO.Status.CANCELLED)


def may_be_labelled(wro: WRO) -> bool:
    """A draft may still change, and nothing comes of a cancelled one."""
    return wro.status not in NO_LABELS


def labels_of_boxes(wro: WRO) -> list[BoxLabel]:
    """One for each box in its order; of a WRO that names no boxes, one without a box. Two queries.

    Raises: WrongStatus.
    """
    check(wro)
    boxes = list(wro.boxes.all())
    packed = contents_of(wro)
    places: list[tuple[int | None, str, str]] = [
        (box.position, box.tracking_number, packed.get(box.pk, "")) for box in boxes
    ]
    return [
        BoxLabel(
            wro_number=wro.number,
            merchant=f"{wro.merchant.name} ({wro.merchant.code})",
            warehouse=wro.warehouse.code,
            warehouse_name=wro.warehouse.name,
            what=WHAT[WRO.PackageType(wro.package_type)],
            position=position,
            count=len(boxes),
            tracking_number=tracking_number,
            reference=wro.purchase_order_number or wro.reference,
            expected_arrival_on=wro.expected_arrival_on,
            contents=contents,
        )
        for position, tracking_number, contents in places or [(None, "", "")]
    ]


def contents_of(wro: WRO) -> dict[int, str]:
    """What is in each box, by its id: 24 × VITAMIN VC-A, 12 × SOAP. One query."""
    rows = BoxContent.objects.filter(wro=wro).select_related("line__product", "lot_line")
    packed: dict[int, list[str]] = {}
    for row in rows.order_by("box", "id"):
        lot = f" {row.lot_line.number or row.lot_line.expires_on}" if row.lot_line else ""
        packed.setdefault(row.box_id, []).append(f"{row.quantity} × {row.line.product.sku}{lot}")
    return {box_id: ", ".join(parts) for box_id, parts in packed.items()}


def labels_of_lots(wro: WRO, now: datetime, *, page: int = 1) -> list[LotLabel]:
    """One for each announced lot in the WRO's order, ``MOST_LABELS`` to a page. Three queries.

    Raises: WrongStatus; NothingToLabel where no lot stands on that page.
    """
    check(wro)
    rows = lots_on(wro, now)[(page - 1) * MOST_LABELS : page * MOST_LABELS]
    if not rows:
        raise NothingToLabel(message=f"{wro.number} has no lots to label on page {page}.")
    return [label_of_row(wro, row) for row in rows]


def lots_on(wro: WRO, now: datetime) -> Sequence[Row]:
    return [row for row in rows_of(wro, now) if row.number or row.expires_on]


def label_of_row(wro: WRO, row: Row) -> LotLabel:
    return LotLabel(
        product_name=row.product.name,
        sku=row.product.sku,
        barcode=row.product.barcode,
        lot_number=row.lot.number if row.lot else row.number,
        expires_on=row.expires_on,
        date_kind=row.lot.date_kind if row.lot else "",
        merchant=wro.merchant.name,
        note=f"{wro.number} · {row.expected:,} units expected",
    )


def check(wro: WRO) -> None:
    if not may_be_labelled(wro):
        status = wro.get_status_display().lower()
        message = f"{wro.number} is {status}: labels are made once it is submitted."
        raise WrongStatus(message=message, status=wro.status)
