# mypy: disable-error-code="type-arg, misc, union-attr"
"""Breakdowns as a spreadsheet: a row for each lot of a product, in a place or in all bins."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.urls import reverse
from import_export.results import RowResult

from inventory.models import Location, Product, Warehouse
from inventory.services.breakdown import (
    Breakdown,
    Portion,
    break_down,
    preview_breakdown,
)
from inventory.spreadsheets.cells import Day, Text, Whole, shown
from inventory.spreadsheets.reading import Sheet
from inventory.spreadsheets.resources import Change, Column, Row, SheetResource, SheetResult
from inventory.spreadsheets.screens import Import, run_import
from merchants.errors import DomainError, Malformed
from merchants.models import Merchant
from merchants.screens import require
from merchants.transactions import act

PERMISSION = "inventory.change_balance"
PLACE = re.compile(r"lines\[(\d+)\]\.(\w+)")


class WhoseForm(forms.Form):
    """Whose products the file breaks down, and what was asked about its new numbers."""

    merchant = forms.ModelChoiceField(Merchant.objects.all())
    confirm_new = forms.BooleanField(
        required=False,
        label="New numbers that look like those of other lots are different lots",
    )


class BreakdownResource(SheetResource):
    """Units without a lot of a merchant's products: of which lots they are. All rows or none."""

    title = "Breakdown"

    sku = Column(
        Text(64, required=True, code=True),
        "One of the merchant's products",
        "VC-90",
        attribute="sku",
    )
    warehouse = Column(
        Text(32, code=True),
        "Where they stand; with a location it is needed, without one nothing means all",
        "EAST",
        attribute="warehouse",
    )
    location = Column(
        Text(64, code=True),
        "The bin; nothing in all rows of a product: its bins in pick order",
        "A-01",
        attribute="location",
    )
    lot_number = Column(
        Text(64, code=True), "The lot; a new one is made", "VC-2026-10-A", attribute="lot_number"
    )
    expires_on = Column(Day(empty=None), "Its expiry", "2026-10-31", attribute="expires_on")
    quantity = Column(Whole(1, required=True), "Units of it", "40", attribute="quantity")

    def __init__(
        self,
        actor: Any = None,
        now: Any = None,
        *,
        merchant: Any = None,
        confirm_new: bool = False,
    ) -> None:
        super().__init__(actor, now)
        self.merchant, self.confirm_new = merchant, confirm_new
        self.done: Breakdown | None = None

    def preview(self, dataset: Sheet) -> SheetResult:
        return self._run(dataset, preview_breakdown)

    @act
    def confirm(self, dataset: Sheet) -> SheetResult:
        return self._run(dataset, break_down)

    def _run(self, dataset: Sheet, do: Any) -> SheetResult:
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        portions = self._portions(result.rows)
        if result.is_refused:
            return result
        try:
            self.done = do(
                portions=portions,
                confirm_new=self.confirm_new,
                actor=self.actor,
                now=self.now,
            )
        except Malformed as refusal:
            self._place(refusal, result)
        except DomainError as refusal:
            result.refusals.append(refusal)
        else:
            self._describe(result.rows, self.done)
        return result

    def _portions(self, rows: list[Row]) -> list[Portion]:
        """What the rows say; what names nothing is noted in them. Three queries at most."""
        for row in rows:
            for name in row.cells:
                self.read_cell(row, name)
        skus = {row.values["sku"] for row in rows if "sku" in row.values}
        found = Product.objects.for_merchant(self.merchant).filter(sku__in=skus)
        products = {product.sku: product for product in found.select_related("merchant")}
        warehouses = {one.code.casefold(): one for one in Warehouse.objects.all()}
        names = {row.values["location"] for row in rows if row.values.get("location")}
        rows_there = Location.objects.real().filter(name__in=names)
        locations = {(one.warehouse_id, one.name): one for one in rows_there}
        return [self._portion(row, products, warehouses, locations) for row in rows]

    def _portion(self, row: Row, products: Any, warehouses: Any, locations: Any) -> Any:
        product = products.get(row.values.get("sku"))
        code, name = row.values.get("warehouse"), row.values.get("location")
        warehouse = warehouses.get(code.casefold()) if code else None
        location = locations.get((warehouse.pk, name)) if warehouse and name else None
        if product is None:
            row.refuse("sku", "unknown_sku", f"the SKU of a product of {self.merchant}")
        if warehouse is None and (code or name):
            row.refuse("warehouse", "unknown_warehouse", "the code of a warehouse")
        elif name and location is None:
            row.refuse("location", "unknown_location", f"a location of {code}")
        if row.faults:
            return None
        row.label = f"{shown(product.sku)} · {shown(name) or 'bins in pick order'}"
        return Portion(
            product,
            row.values["quantity"],
            row.values.get("lot_number", ""),
            row.values.get("expires_on"),
            location and location.pk,
            warehouse and warehouse.pk,
        )

    def _place(self, refusal: Malformed, result: SheetResult) -> None:
        """A refusal of one portion at its row."""
        for error in refusal.errors:
            place, name = PLACE.fullmatch(error["field"]).groups()
            result.rows[int(place)].refuse(name, error["code"], error["message"])

    def _describe(self, rows: list[Row], done: Breakdown) -> None:
        for row in rows:
            named = (row.values.get("lot_number"), row.values.get("expires_on"))
            lot = " ".join(str(part) for part in named if part)
            quantity = row.values["quantity"]
            row.changes = [Change("lot_number", f"{quantity} without a lot", shown(lot))]
            row.import_type = RowResult.IMPORT_TYPE_UPDATE


def import_breakdown(site: admin.AdminSite, request: Any) -> HttpResponse:
    """Choose a file, look at what it would do, confirm."""
    require(request, PERMISSION)
    back = reverse("admin:inventory_product_changelist")
    page = Import(
        title="Import a breakdown",
        explanation="One row for each lot. The rows of a location have all of its units without a "
        "lot; those of a product without locations have all of its units in bins.",
        links=[("Products", back)],
        resource=lambda details, request: BreakdownResource(request.user, request.now, **details),
        sample=BreakdownResource(),
        details_form=WhoseForm,
        done=lambda resource, _: said(resource.done),
        onward=lambda _: back,
    )
    return run_import(site, request, page)


def said(done: Breakdown) -> str:
    units = sum(one.quantity for one in done.stamps)
    lots = f"{len(done.lots)} lot{'' if len(done.lots) == 1 else 's'}"
    return f"{units} units without a lot are of {lots} now."
