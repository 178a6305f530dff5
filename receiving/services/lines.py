"""The lines of a draft: products with their units, and the lots of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from inventory.queries.lots import find_lots
from merchants.errors import FieldError, Malformed
from receiving.announcement import AnnouncedLine, AnnouncedLot, faults, lot_refs, same_lots
from receiving.models import WRO, BoxContent, Line, LotLine

LINE_FIELDS = ["position", "quantity"]
LOT_FIELDS = ["position", "number", "number_key", "expires_on", "quantity"]


def announced_lines(wro: WRO) -> dict[int, AnnouncedLine]:
    """The lines of a WRO as it announces them, by product id, in their order. Two queries."""
    return announced_by(lines_with_lots(wro))


def lines_with_lots(wro: WRO) -> list[Line]:
    """The lines of a WRO in their order, with products, merchants and lots. Two queries."""
    return list(wro.lines.select_related("product__merchant").prefetch_related("lots"))


def announced_by(rows: Iterable[Line]) -> dict[int, AnnouncedLine]:
    """What lines with their lots announce, by product id."""
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


def check_lines(wro: WRO, lines: Sequence[AnnouncedLine]) -> None:
    """Raises: Malformed, with everything that keeps these lines from being announced."""
    wrong = [*_strangers(wro, lines), *faults(lines)]
    wrong = wrong or same_lots(lines, find_lots(lot_refs(lines)))
    if wrong:
        raise Malformed(message=wrong[0]["message"], errors=wrong)


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


def write_lines(wro: WRO, lines: Sequence[AnnouncedLine]) -> None:
    """Make the draft's lines these, in this order.

    The line of a product and the lot of a number (or expiry) keep their ids, and with them what
    the boxes hold of them; contents that are no longer announced go. A constant number of
    statements.
    """
    standing = {line.product_id: line for line in wro.lines.prefetch_related("lots")}
    rows = [_line(wro, place, line, standing) for place, line in enumerate(lines, start=1)]
    lots = [
        lot_line
        for row, line in zip(rows, lines, strict=True)
        for lot_line in _lot_lines(row, line.lots or ())
    ]
    _clear_away(wro, standing.values(), rows, lots)
    _write(rows, LINE_FIELDS)
    _write(lots, LOT_FIELDS)


def _line(wro: WRO, place: int, line: AnnouncedLine, standing: dict[int, Line]) -> Line:
    row = standing.get(line.product.pk) or Line(
        wro=wro, merchant_id=wro.merchant_id, product=line.product
    )
    row.position = place
    row.quantity = line.quantity or 0
    return row


def _lot_lines(line: Line, lots: Sequence[AnnouncedLot]) -> Iterator[LotLine]:
    standing = line.lots.all() if line.pk else ()
    by_identity = {AnnouncedLot(one.number, one.expires_on).identity: one for one in standing}
    for place, lot in enumerate(lots, start=1):
        row = by_identity.get(lot.identity) or LotLine(
            merchant_id=line.merchant_id, product_id=line.product_id, line=line
        )
        row.position = place
        row.number = lot.number.strip()
        row.expires_on = lot.expires_on
        row.quantity = lot.quantity or 0
        yield row


def _clear_away(
    wro: WRO, standing: Collection[Line], rows: Sequence[Line], lots: Sequence[LotLine]
) -> None:
    """Delete what is no longer announced: contents first, then lots, then lines."""
    lines_kept = {row.pk for row in rows}
    lots_kept = {lot.pk for lot in lots}
    split = {lot.line.pk for lot in lots}  # their units are of a lot now, if of any
    gone = [line.pk for line in standing if line.pk not in lines_kept]
    lots_gone = [lot.pk for line in standing for lot in line.lots.all() if lot.pk not in lots_kept]
    packed = BoxContent.objects.filter(wro=wro).values_list("pk", "line_id", "lot_line_id")
    unfit = [
        pk
        for pk, line_id, lot_id in packed.order_by()
        if line_id not in lines_kept or (lot_id not in lots_kept if lot_id else line_id in split)
    ]
    if unfit:
        BoxContent.objects.filter(pk__in=unfit).delete()
    if lots_gone:
        LotLine.objects.filter(pk__in=lots_gone).delete()
    if gone:
        Line.objects.filter(pk__in=gone).delete()


def _write(rows: Sequence[Line | LotLine], names: list[str]) -> None:
    """Insert the new rows and bring the others up to date, in at most two statements a table."""
    new = [row for row in rows if not row.pk]
    old = [row for row in rows if row.pk]
    if new:
        table: Any = type(new[0])
        table.objects.bulk_create(new)
    if old:
        upsert(old, names)


def upsert(rows: Sequence[Line | LotLine], names: list[str]) -> None:
    """Write these fields of many rows that exist: quicker by far than a CASE for each of them."""
    table: Any = type(rows[0])
    table.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=names
    )
