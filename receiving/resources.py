"""The lines of a WRO as a spreadsheet: a row for each lot, or for each product without lots."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from import_export.results import RowResult

from inventory.models import Product
from inventory.spreadsheets.cells import Day, Text, Whole, shown
from inventory.spreadsheets.reading import Sheet
from inventory.spreadsheets.resources import Change, Column, Row, SheetResource, SheetResult
from merchants.errors import DomainError
from merchants.models import Merchant
from merchants.transactions import act
from receiving.announcement import AnnouncedLine, AnnouncedLot, faults
from receiving.models import WRO
from receiving.services.drafts import WROFields, create_wro, update_wro
from receiving.services.lines import announced_lines

FAULT_PATH = re.compile(r"lines\[0\](?:\.lots(?:\[(\d+)\])?)?(?:\.(\w+))?")


@dataclass(frozen=True)
class SheetLine:
    """A row as it goes out."""

    sku: str
    quantity: int | None
    lot_number: str = ""
    expires_on: date | None = None
    lot_quantity: int | None = None


def sheet_lines(lines: Iterable[AnnouncedLine]) -> Iterator[SheetLine]:
    """The rows of announced lines; each row of a line repeats its total units."""
    for line in lines:
        for lot in line.lots or ():
            yield SheetLine(
                line.product.sku, line.quantity, lot.number, lot.expires_on, lot.quantity
            )
        if not line.lots:
            yield SheetLine(line.product.sku, line.quantity)


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
        result, lines = self.read(dataset)
        if self.wro and result.writes and not result.is_refused:
            with transaction.atomic():
                self._write(result, lines)
                transaction.set_rollback(True)
        return result

    @act
    def confirm(self, dataset: Sheet) -> SheetResult:
        result, lines = self.read(dataset)
        if result.writes and not result.is_refused:
            self._write(result, lines)
        return result

    def _write(self, result: SheetResult, lines: list[AnnouncedLine]) -> None:
        try:
            if self.wro is None:
                self.wro = create_wro(
                    actor=self.actor,
                    now=self.now,
                    merchant=self.merchant,
                    fields=self.draft_fields,
                    lines=lines,
                )
            else:
                update_wro(
                    actor=self.actor, now=self.now, wro_id=self.wro.pk, fields={}, lines=lines
                )
        except DomainError as refusal:
            result.refusals.append(refusal)

    def read(self, dataset: Sheet) -> tuple[SheetResult, list[AnnouncedLine]]:
        """The rows and the lines that they make. A constant number of queries."""
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        standing = announced_lines(self.wro) if self.wro else {}
        self._read_cells(result.rows, standing)
        lines = [self._line(rows) for rows in self._by_product(result.rows)]
        if not result.is_refused:
            for line, rows in zip(lines, self._by_product(result.rows), strict=True):
                self._compare(line, rows, standing.get(line.product.pk))
            result.rows += gone(standing, {line.product.pk: line for line in lines})
        return result, lines

    def _read_cells(self, rows: list[Row], standing: dict[int, AnnouncedLine]) -> None:
        skus = {cell for row in rows if isinstance(cell := row.cells["sku"], str)}
        skus = {sku for cell in skus if "\0" not in cell for sku in (cell, cell.strip())}
        found = Product.objects.for_merchant(self.merchant).filter(sku__in=skus)
        products = {product.sku: product for product in found.select_related("merchant")}
        known = {(line.sku, line.lot_number): line for line in sheet_lines(standing.values())}
        for row in rows:
            number = row.cells.get("lot_number") or ""
            for name in row.cells:
                self.read_cell(row, name, known.get((row.cells["sku"], number)))
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

    def _line(self, rows: list[Row]) -> AnnouncedLine:
        """What the rows of a product announce; what is wrong is noted in them."""
        self._check_totals(rows)
        with_lots = [row for row in rows if _has_lot(row)]
        for row in rows[1:]:
            if row not in with_lots or len(with_lots) < len(rows) - 1:
                row.refuse(
                    "sku", "duplicate_sku", f"one row for each lot; row {rows[0].number} has it too"
                )
        line = AnnouncedLine(
            product=rows[0].original,
            quantity=next((one for row in rows if (one := row.values.get("quantity"))), None),
            lots=tuple(_lot(row) for row in with_lots),
        )
        if not any(row.faults for row in rows):
            for fault in faults([line]):
                row, name = _place(fault["field"], fault["code"], rows, with_lots)
                row.refuse(name, fault["code"], fault["message"])
        return line

    def _check_totals(self, rows: list[Row]) -> None:
        told = [row for row in rows if row.values.get("quantity")]
        for row in told[1:]:
            if row.values["quantity"] != told[0].values["quantity"]:
                row.refuse(
                    "quantity",
                    "totals_differ",
                    f"the total units of {row.original.sku} as in row {told[0].number}, "
                    f"{told[0].values['quantity']}, or nothing",
                )

    def _compare(self, line: AnnouncedLine, rows: list[Row], old: AnnouncedLine | None) -> None:
        """Say what each row changes against the draft as it stands."""
        before = {lot.identity: lot for lot in old.lots or ()} if old else {}
        for place, row in enumerate(rows):
            lot = _lot(row) if _has_lot(row) else None
            row.label = _label(line.product, lot)
            same = before.get(lot.identity) if lot else None
            is_new = old is None or (lot is not None and same is None)
            row.import_type = RowResult.IMPORT_TYPE_NEW if is_new else row.import_type
            if place == 0:
                _change(row, "quantity", old and old.quantity, line.quantity)
            if lot:
                _change(row, "lot_number", same and same.number, lot.number)
                _change(row, "expires_on", same and same.expires_on, lot.expires_on)
                _change(row, "lot_quantity", same and same.quantity, lot.quantity)


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


def _has_lot(row: Row) -> bool:
    return any(row.values.get(name) for name in ("lot_number", "expires_on", "lot_quantity"))


def _lot(row: Row) -> AnnouncedLot:
    return AnnouncedLot(
        number=row.values.get("lot_number") or "",
        expires_on=row.values.get("expires_on"),
        quantity=row.values.get("lot_quantity"),
    )


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


def _place(path: str, code: str, rows: list[Row], with_lots: list[Row]) -> tuple[Row, str]:
    """The row and column of a fault that `announcement` names by its path."""
    lot, name = FAULT_PATH.fullmatch(path).groups()
    if lot is None:
        inside = code in ("lots_required", "not_a_lot_product")
        return rows[0], "lot_number" if inside else name or "quantity"
    columns = {"number": "lot_number", "quantity": "lot_quantity"}
    return with_lots[int(lot)], columns.get(name, name or "lot_number")
