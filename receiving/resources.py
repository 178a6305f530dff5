"""The lines of a WRO as a spreadsheet: a row for each lot, or for each product without lots.

A row may say in which box it comes; units that come in several boxes have a row for each of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from import_export.results import RowResult

from inventory.models import Product
from inventory.queries.lots import find_lots
from inventory.spreadsheets.cells import Day, Text, Whole, shown
from inventory.spreadsheets.reading import Sheet
from inventory.spreadsheets.resources import Change, Column, Row, SheetResource, SheetResult
from merchants.errors import DomainError, FieldError
from merchants.models import Merchant
from merchants.transactions import act
from receiving.announcement import AnnouncedLine, AnnouncedLot, faults, lot_refs, same_lots
from receiving.models import MOST_BOXES, WRO
from receiving.packing import (
    AnnouncedBox,
    ContentKey,
    Packed,
    announced_units,
    boxes_by_content,
)
from receiving.services.boxes import announced_boxes
from receiving.services.drafts import WROFields, create_wro, update_wro
from receiving.services.lines import announced_lines

SAME = {"quantity": "the total units", "lot_quantity": "the units", "expires_on": "the expiry"}
FAULT_PATH = re.compile(r"lines\[0\](?:\.lots(?:\[(\d+)\])?)?(?:\.(\w+))?")


@dataclass(frozen=True)
class SheetLine:
    """A row as it goes out."""

    sku: str
    quantity: int | None
    lot_number: str = ""
    expires_on: date | None = None
    lot_quantity: int | None = None
    box: int | None = None
    tracking_number: str = ""
    box_quantity: int | None = None


def sheet_lines(
    lines: Iterable[AnnouncedLine], boxes: Sequence[AnnouncedBox] = ()
) -> Iterator[SheetLine]:
    """The rows of announced lines; each row of a line repeats its total units."""
    packed = boxes_by_content(boxes)
    for line in lines:
        for lot in line.lots or (None,):
            row = SheetLine(line.product.sku, line.quantity)
            if lot:
                row = replace(
                    row,
                    lot_number=lot.number,
                    expires_on=lot.expires_on,
                    lot_quantity=lot.quantity,
                )
            for box, units in packed.get(_key(line.product, lot), [(None, None)]):
                tracking = boxes[box - 1].tracking_number if box else ""
                yield replace(row, box=box, tracking_number=tracking or "", box_quantity=units)


@dataclass(frozen=True)
class Announced:
    """What a file announces; no boxes where it has no column for them: they stay."""

    lines: list[AnnouncedLine]
    boxes: list[AnnouncedBox] | None


class Group:
    """The rows about one lot, or about one product without lots; `lot` is what they say of it."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        has_lot = any(self._told(name) for name in ("lot_number", "expires_on", "lot_quantity"))
        self.lot = self._lot() if has_lot else None

    def add(self, row: Row) -> None:
        """What the first rows left out may stand in a later one."""
        self.rows.append(row)
        self.lot = self._lot() if self.lot else None

    def _lot(self) -> AnnouncedLot:
        return AnnouncedLot(
            self._told("lot_number") or "", self._told("expires_on"), self._told("lot_quantity")
        )

    def _told(self, name: str) -> Any:
        return next((one for row in self.rows if (one := row.values.get(name))), None)


class Packing:
    """What a file says of boxes, against the boxes as the draft has them."""

    def __init__(self, standing: list[AnnouncedBox]) -> None:
        self.standing = standing
        self.before = {
            (one.key, number): one
            for number, box in enumerate(standing, start=1)
            for one in box.contents or ()
        }
        self.told: dict[tuple[ContentKey, int], Packed] = {}
        self.tracking: dict[int, Row] = {}  # of each box the first row that tells it

    def read(self, line: AnnouncedLine, groups: list[Group]) -> None:
        """Take in the boxes of a product's rows; what is wrong is noted in them."""
        for group in groups:
            lot = group.lot
            for row in group.rows:
                self._read_tracking(row)
                number = row.values.get("box")
                units = row.values.get("box_quantity")
                if number is None:
                    if units:
                        row.refuse("box", "required", "the number of the box with these units")
                    continue
                if units is None and len(group.rows) == 1:
                    units = lot.quantity if lot else line.quantity
                if units is None:
                    row.refuse("box_quantity", "required", "how many of the units are in this box")
                    continue
                key = _key(line.product, lot)
                if (key, number) in self.told:
                    row.refuse("box", "duplicate_content", "one row for each box of a lot")
                named = (lot.number, lot.expires_on) if lot else ("", None)
                self.told[key, number] = Packed(line.product, units, *named)

    def _read_tracking(self, row: Row) -> None:
        text, number = row.values.get("tracking_number"), row.values.get("box")
        if not text:
            return
        if number is None:
            row.refuse("box", "required", "the number of the box with this tracking number")
            return
        first = self.tracking.setdefault(number, row)
        if first.values["tracking_number"] != text:
            row.refuse(
                "tracking_number", "totals_differ", f"that of box {number} as in row {first.number}"
            )

    def boxes(self) -> list[AnnouncedBox]:
        """All boxes: those of the draft, and as many more as the file names."""
        contents: defaultdict[int, list[Packed]] = defaultdict(list)
        for (_, number), one in self.told.items():
            contents[number].append(one)
        count = max([len(self.standing), *contents, *self.tracking])
        return [
            AnnouncedBox(self._tracking_of(number), tuple(contents[number]))
            for number in range(1, count + 1)
        ]

    def _tracking_of(self, number: int) -> str | None:
        row = self.tracking.get(number)
        return row.values["tracking_number"] if row else None

    def compare(self, line: AnnouncedLine, groups: list[Group]) -> None:
        """Say what each row changes in its box."""
        for group in groups:
            for row in group.rows:
                number = row.values.get("box")
                if not number:
                    continue
                key = _key(line.product, group.lot)
                old, new = self.before.get((key, number)), self.told[key, number]
                _change(row, "box", old and number, number)
                _change(row, "box_quantity", old and old.quantity, new.quantity)
                if self.tracking.get(number) is row:
                    known = self.standing[number - 1 : number]
                    before = known[0].tracking_number if known else ""
                    _change(row, "tracking_number", before, row.values["tracking_number"])

    def gone(self, wanted: Mapping[ContentKey, Packed]) -> Iterator[Row]:
        """A row without a number for each lot that is no longer in a box, though it still comes."""
        for (key, number), one in self.before.items():
            if (key, number) not in self.told and key in wanted:
                row = Row(None, {})
                row.label = f"{shown(str(one))} · box {number}"
                row.import_type = RowResult.IMPORT_TYPE_DELETE
                yield row


class LineResource(SheetResource):
    """All lines of one draft: those that the file does not name are taken out.

    Made for a draft (`wro`), or for a `merchant` to begin a new one with `fields`.
    """

    title = "WRO lines"

    sku = Column(
        Text(64, required=True, code=True),
        "One of the merchant's products",
        "VC-90",
        attribute="sku",
    )
    quantity = Column(
        Whole(1),
        "Total units of the product; in further rows of the same SKU again, or nothing",
        "160",
        attribute="quantity",
        needed=True,
    )
    lot_number = Column(
        Text(64, code=True), "Lot number, for a lot product", "VC-2026-10-A", attribute="lot_number"
    )
    expires_on = Column(Day(empty=None), "Expiry of the lot", "2026-10-31", attribute="expires_on")
    lot_quantity = Column(
        Whole(1, empty=None),
        "Units of this lot; a product's lots sum to its total",
        "100",
        attribute="lot_quantity",
    )
    box = Column(
        Whole(1, MOST_BOXES, empty=None), "Number of the box that it comes in", "1", attribute="box"
    )
    tracking_number = Column(
        Text(64), "The carrier's number of that box", "1Z999", attribute="tracking_number"
    )
    box_quantity = Column(
        Whole(1, empty=None),
        "Units in that box, where they come in several: a row for each",
        "60",
        attribute="box_quantity",
    )

    def __init__(
        self,
        actor: Any = None,
        now: Any = None,
        *,
        merchant: Merchant | None = None,
        wro: WRO | None = None,
        fields: WROFields | None = None,
    ) -> None:
        super().__init__(actor, now)
        self.merchant = wro.merchant if wro else merchant
        self.wro = wro
        self.draft_fields = fields or {}

    def preview(self, dataset: Sheet) -> SheetResult:
        """A new WRO is not tried out, for that would use up a number."""
        result, announced = self.read(dataset)
        if self.wro and result.writes and not result.is_refused:
            with transaction.atomic():
                self._write(result, announced)
                transaction.set_rollback(True)
        return result

    @act
    def confirm(self, dataset: Sheet) -> SheetResult:
        result, announced = self.read(dataset)
        if result.writes and not result.is_refused:
            self._write(result, announced)
        return result

    def _write(self, result: SheetResult, announced: Announced) -> None:
        try:
            if self.wro is None:
                self.wro = create_wro(
                    actor=self.actor,
                    now=self.now,
                    merchant=self.merchant,
                    fields=self.draft_fields,
                    lines=announced.lines,
                    boxes=announced.boxes or (),
                )
            else:
                update_wro(
                    actor=self.actor,
                    now=self.now,
                    wro_id=self.wro.pk,
                    fields={},
                    lines=announced.lines,
                    boxes=announced.boxes,
                )
        except DomainError as refusal:
            result.refusals.append(refusal)

    def read(self, dataset: Sheet) -> tuple[SheetResult, Announced]:
        """The rows and what they announce. A constant number of queries."""
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        standing = announced_lines(self.wro) if self.wro else {}
        boxes = announced_boxes(self.wro) if self.wro else []
        self._read_cells(result.rows, list(sheet_lines(standing.values(), boxes)))
        by_product = [_by_lot(rows) for rows in self._by_product(result.rows)]
        lines = [self._line(groups) for groups in by_product]
        _refuse_same_lots(lines, by_product)
        packing = Packing(boxes)
        if "box" in dataset.headers:
            for line, groups in zip(lines, by_product, strict=True):
                packing.read(line, groups)
        if not result.is_refused:
            for line, groups in zip(lines, by_product, strict=True):
                self._compare(line, groups, standing.get(line.product.pk))
                packing.compare(line, groups)
            result.rows += gone(standing, {line.product.pk: line for line in lines})
            if "box" in dataset.headers:
                result.rows += packing.gone(announced_units(lines))
        told = packing.boxes() if "box" in dataset.headers else None
        return result, Announced(lines, told)

    def _read_cells(self, rows: list[Row], standing: list[SheetLine]) -> None:
        skus = {cell for row in rows if isinstance(cell := row.cells["sku"], str)}
        skus = {sku for cell in skus if "\0" not in cell for sku in (cell, cell.strip())}
        found = Product.objects.for_merchant(self.merchant).filter(sku__in=skus)
        products = {product.sku: product for product in found.select_related("merchant")}
        known: dict[tuple[Any, ...], SheetLine] = {}
        for line in standing:
            known.setdefault((line.sku, line.lot_number, ""), line)
            known[line.sku, line.lot_number, str(line.box or "")] = line
        for row in rows:
            box = str(row.cells.get("box") or "")
            where = (row.cells["sku"], row.cells.get("lot_number") or "", box)
            for name in row.cells:
                self.read_cell(row, name, known.get(where))
            sku = row.values.get("sku")
            row.original = products.get(row.cells["sku"]) or products.get(sku or "")
            if sku and row.original is None:
                row.refuse(
                    "sku",
                    "unknown_sku",
                    f"the SKU of a product of {self.merchant}; there is none of this SKU",
                )

    def _by_product(self, rows: list[Row]) -> list[list[Row]]:
        """Rows of one product together, in the order in which the products come."""
        groups: dict[int, list[Row]] = {}
        for row in rows:
            if row.original is not None:
                groups.setdefault(row.original.pk, []).append(row)
        return list(groups.values())

    def _line(self, groups: list[Group]) -> AnnouncedLine:
        """What the rows of a product announce; what is wrong is noted in them."""
        rows = [row for group in groups for row in group.rows]
        self._check_totals(rows, "quantity")
        with_lots = [group for group in groups if group.lot]
        for group in groups[1:]:
            if not group.lot or len(with_lots) < len(groups) - 1:
                group.rows[0].refuse(
                    "sku",
                    "duplicate_sku",
                    f"one row for each lot; row {groups[0].rows[0].number} has it too",
                )
        for group in with_lots:
            self._check_totals(group.rows, "lot_quantity")
            self._check_totals(group.rows, "expires_on")
        line = AnnouncedLine(
            product=groups[0].rows[0].original,
            quantity=next((one for row in rows if (one := row.values.get("quantity"))), None),
            lots=tuple(group.lot for group in with_lots if group.lot),
        )
        if not any(row.faults for row in rows):
            _refuse(faults([line]), groups)
        return line

    def _check_totals(self, rows: list[Row], name: str) -> None:
        """What several rows say of one product or lot is the same, or said once."""
        told = [row for row in rows if row.values.get(name)]
        what = rows[0].original.sku if name == "quantity" else "the lot"
        for row in told[1:]:
            if row.values[name] != told[0].values[name]:
                row.refuse(
                    name,
                    "totals_differ",
                    f"{SAME[name]} of {what} as in row {told[0].number}, "
                    f"{told[0].values[name]}, or nothing",
                )

    def _compare(self, line: AnnouncedLine, groups: list[Group], old: AnnouncedLine | None) -> None:
        """Say what each row changes against the draft as it stands."""
        before = {lot.identity: lot for lot in old.lots or ()} if old else {}
        for group in groups:
            lot = group.lot
            same = before.get(lot.identity) if lot else None
            is_new = old is None or (lot is not None and same is None)
            for row in group.rows:
                row.label = _label(line.product, lot)
                row.import_type = RowResult.IMPORT_TYPE_NEW if is_new else row.import_type
            first = group.rows[0]
            if group is groups[0]:
                _change(first, "quantity", old and old.quantity, line.quantity)
            if lot:
                _change(first, "lot_number", same and same.number, lot.number)
                _change(first, "expires_on", same and same.expires_on, lot.expires_on)
                _change(first, "lot_quantity", same and same.quantity, lot.quantity)


def gone(standing: dict[int, AnnouncedLine], lines: dict[int, AnnouncedLine]) -> Iterator[Row]:
    """A row without a number for each line or lot of the draft that the file does not name."""
    for product_id, old in standing.items():
        line = lines.get(product_id)
        kept = {lot.identity for lot in line.lots or ()} if line else set()
        lost = [lot for lot in old.lots or () if lot.identity not in kept]
        if line is None and not old.lots:
            lost = [None]
        for lot in lost:
            row = Row(None, {})
            row.label = _label(old.product, lot)
            row.import_type = RowResult.IMPORT_TYPE_DELETE
            yield row


def _by_lot(rows: list[Row]) -> list[Group]:
    """The rows of each lot together: those that put more of it into another box.

    A row that is not like that begins a group of its own, also where it names the same lot.
    """
    groups: list[Group] = []
    latest: dict[Any, Group] = {}
    for row in rows:
        alone = Group([row])
        identity = alone.lot and alone.lot.identity
        group = latest.get(identity)
        if group and group.rows[0].values.get("box") and row.values.get("box"):
            group.add(row)
        else:
            latest[identity] = alone
            groups.append(alone)
    return groups


def _key(product: Product, lot: AnnouncedLot | None) -> ContentKey:
    return (product.pk, *(lot.identity if lot else ("", None)))


def _label(product: Product, lot: AnnouncedLot | None) -> str:
    if lot is None:
        return shown(product.sku)
    return f"{shown(product.sku)} · {shown(lot.number) or f'expiring {lot.expires_on}'}"


def _change(row: Row, name: str, before: Any, after: Any) -> None:
    if (before or None) == (after or None):
        return
    row.changes.append(Change(name, str(before or ""), shown(after)))
    if row.import_type == RowResult.IMPORT_TYPE_SKIP:
        row.import_type = RowResult.IMPORT_TYPE_UPDATE


def _refuse_same_lots(lines: list[AnnouncedLine], by_product: list[list[Group]]) -> None:
    """Note in the rows which name one lot twice, by a number that was merged. One query."""
    known = find_lots(lot_refs(lines))
    for line, groups in zip(lines, by_product, strict=True):
        _refuse(same_lots([line], known), groups)


def _refuse(wrong: list[FieldError], groups: list[Group]) -> None:
    """Note what is wrong with the line of these groups in its rows."""
    rows = [row for group in groups for row in group.rows]
    first = [group.rows[0] for group in groups if group.lot]
    for fault in wrong:
        row, name = _place(fault["field"], fault["code"], rows, first)
        row.refuse(name, fault["code"], fault["message"])


def _place(path: str, code: str, rows: list[Row], with_lots: list[Row]) -> tuple[Row, str]:
    """The row and column of a fault that `announcement` names by its path."""
    lot, name = FAULT_PATH.fullmatch(path).groups()
    if lot is None:
        inside = code in ("lots_required", "not_a_lot_product")
        return rows[0], "lot_number" if inside else name or "quantity"
    columns = {"number": "lot_number", "quantity": "lot_quantity"}
    return with_lots[int(lot)], columns.get(name, name or "lot_number")
