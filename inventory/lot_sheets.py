# mypy: disable-error-code="type-arg, misc"
"""The registry of lots as a spreadsheet: where each came from, and its dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from import_export.results import RowResult

from inventory.errors import LotsRefused
from inventory.locks import lock_products
from inventory.models import Lot, Product
from inventory.queries.lots import LotRef, find_lots
from inventory.resources import column
from inventory.services.lot_registry import Line, judge_lots, write_lots
from inventory.spreadsheets.cells import Day, Named, Text, shown
from inventory.spreadsheets.reading import Sheet
from inventory.spreadsheets.resources import ObjectResource, Row, SheetResult
from merchants.errors import DomainError
from merchants.models import Merchant

NAMING = ("merchant", "sku", "lot_number", "expires_on")


class LotResource(ObjectResource):
    """A lot for each row, found by its product and number, where it has none by its expiry."""

    title = "Lots"
    owner, key = "merchant", "lot_number"
    refusal_columns = {"lot_code_fixed": "supplier_number"}

    merchant = column("merchant", Named("merchant"), "Whose lot it is", "GLOW")
    sku = column("product__sku", Text(64, required=True, code=True), "Its product", "VC-90")
    lot_number = column(
        "number",
        Text(64, code=True),
        "Finds the lot; a new one makes it. Nothing: the lot of this expiry",
        "VC-2026-10-A",
    )
    expires_on = column(
        "expires_on", Day(), "Its expiry; another one corrects it, nothing keeps it", "2026-10-31"
    )
    manufactured_on = column(
        "manufactured_on", Day(), "When it was made; nothing keeps it", "2025-10-31"
    )
    supplier_number = column(
        "supplier_number", Text(64, code=True), "What the supplier wrote on it", "L 4711"
    )
    supplier = column("supplier", Text(100), "Who made it", "Nordic Vitamins")
    production_run = column("production_run", Text(64), "In which run", "RUN-17")

    def __init__(self, actor: Any = None, now: Any = None) -> None:
        super().__init__(actor, now)
        self.products: dict[int | None, Product] = {}  # by the row that names it

    def owners(self) -> dict[str, Merchant]:
        return {merchant.code.casefold(): merchant for merchant in Merchant.objects.all()}

    def lock(self, rows: list[Row]) -> None:
        lock_products({self.products[row.number].pk for row in rows})

    def read(self, dataset: Sheet) -> SheetResult:
        """The rows with what they say and what they would change. Three queries."""
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        self.columns["merchant"].widget.by_code = self.owners()
        for row in result.rows:
            for name in NAMING:
                if name in row.cells:
                    self.read_cell(row, name)
        self._find_products(result.rows)
        refs = {row.number: self._ref(row) for row in result.rows if row.number in self.products}
        lots = find_lots(refs.values())
        first: dict[Any, int | None] = {}
        for row in result.rows:
            if row.number in refs:
                self._find(row, refs[row.number], lots, first)
            for name in row.cells:
                if name not in NAMING:
                    self.read_cell(row, name, row.original)
            if not row.faults:
                self._compare(row)
        return result

    def _find_products(self, rows: list[Row]) -> None:
        skus = {row.values["sku"] for row in rows if "sku" in row.values}
        found = Product.objects.filter(sku__in=skus).select_related("merchant")
        products = {(one.merchant_id, one.sku): one for one in found}
        for row in rows:
            merchant, sku = row.values.get("merchant"), row.values.get("sku")
            if not merchant or not sku:
                continue
            if product := products.get((merchant.pk, sku)):
                self.products[row.number] = product
            else:
                row.refuse("sku", "unknown_sku", f"the SKU of a product of {merchant}")

    def _find(self, row: Row, ref: LotRef, lots: dict[LotRef, Lot], first: dict) -> None:
        """The lot that stands already; a row names it by its own name, and once."""
        row.label = f"{shown(row.values['sku'])} · {shown(str(ref))}"
        row.original = lot = lots.get(ref)
        if lot and ref.identity != LotRef(lot.product_id, lot.number, lot.expires_on).identity:
            row.refuse("lot_number", "lot_merged", f"the lot into which it was merged, {lot}")
        earlier = first.setdefault(ref.identity, row.number)
        if earlier != row.number:
            row.refuse("lot_number", "duplicate_row", f"each lot once; row {earlier} has it too")

    def _compare(self, row: Row) -> None:
        row.changes = [one for one in self._changes(row) if one.column != "sku"]
        if row.original is None:
            row.import_type = RowResult.IMPORT_TYPE_NEW
        elif row.changes:
            row.import_type = RowResult.IMPORT_TYPE_UPDATE

    def fields_of(self, row: Row) -> dict[str, Any]:
        fields = super().fields_of(row)
        fields.pop("product__sku", None)
        return fields

    def preview(self, dataset: Sheet) -> SheetResult:
        result = self.read(dataset)
        rows = [row for row in result.rows if row.writes]
        when: Any = self.now
        self._refuse(rows, judge_lots(lines=self._lines(rows), now=when))
        return result

    def write(self, rows: list[Row], result: SheetResult) -> None:
        who: Any = {"actor": self.actor, "now": self.now}
        try:
            write_lots(lines=self._lines(rows), **who)
        except LotsRefused as refused:
            self._refuse(rows, refused.refusals)

    def _lines(self, rows: list[Row]) -> dict[Any, Line]:
        return {
            row.number: Line(
                self.products[row.number],
                self.fields_of(row),  # type: ignore[arg-type]
                row.original and row.original.pk,
            )
            for row in rows
        }

    def _refuse(self, rows: list[Row], refusals: Mapping[Any, DomainError]) -> None:
        for row in rows:
            if row.number in refusals:
                self.refuse(row, refusals[row.number])

    def _ref(self, row: Row) -> LotRef:
        number, expires_on = row.values.get("lot_number", ""), row.values.get("expires_on")
        return LotRef(self.products[row.number].pk, number, expires_on)
