# mypy: disable-error-code="type-arg, misc"
"""Lots activated and deactivated by a spreadsheet: a row for each lot, with the reason."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.urls import reverse
from import_export.results import RowResult

from inventory.models import Product
from inventory.queries.lots import LotRef, agrees, find_lots
from inventory.services.activation import (
    LONGEST_REASON,
    MOST_LOTS,
    Activity,
    Wish,
    preview_activity,
    set_activity,
)
from inventory.spreadsheets.cells import Day, Named, Text, YesNo, shown
from inventory.spreadsheets.reading import Sheet
from inventory.spreadsheets.resources import Change, Column, Row, SheetResource, SheetResult
from inventory.spreadsheets.screens import Import, run_import
from merchants.errors import DomainError
from merchants.models import Merchant
from merchants.screens import require
from merchants.transactions import act

PERMISSION = "inventory.change_lot"
MOST_NAMED = 10  # orders that the preview names


class ActivityResource(SheetResource):
    """Which lots are active, all rows or none; what the file does not name stays as it is."""

    title = "Lot activity"

    merchant = Column(Named("merchant"), "Whose lot it is", "GLOW", attribute="merchant")
    sku = Column(Text(64, required=True, code=True), "Its product", "VC-90", attribute="sku")
    lot_number = Column(
        Text(64, code=True), "Its number, where it has one", "VC-2026-10-A", attribute="lot_number"
    )
    expires_on = Column(
        Day(empty=None),
        "Its expiry, where it has no number",
        "2026-10-31",
        attribute="expires_on",
    )
    is_active = Column(
        YesNo(required=True), "Whether orders may get its units", "no", attribute="is_active"
    )
    reason = Column(
        Text(LONGEST_REASON),
        "Why; needed where it is deactivated",
        "Recalled",
        attribute="reason",
    )

    def preview(self, dataset: Sheet) -> SheetResult:
        return self._run(dataset, preview_activity)

    @act
    def confirm(self, dataset: Sheet) -> SheetResult:
        return self._run(dataset, set_activity)

    def _run(self, dataset: Sheet, do: Any) -> SheetResult:
        result = SheetResult()
        result.rows = self.rows_of(dataset)
        wishes = self._wishes(result.rows)
        if result.is_refused or not result.writes:
            return result
        try:
            result.notes.extend(told(do(actor=self.actor, now=self.now, wishes=wishes)))
        except DomainError as refusal:
            result.refusals.append(refusal)
        return result

    def _wishes(self, rows: list[Row]) -> dict[int, Wish]:
        """What the rows ask for; what is wrong is noted in them. Three queries."""
        codes = {merchant.code.casefold(): merchant for merchant in Merchant.objects.all()}
        self.columns["merchant"].widget.by_code = codes
        for row in rows:
            for name in row.cells:
                self.read_cell(row, name)
        refs = self._refs(rows)
        lots = find_lots(refs.values())
        wishes: dict[int, Wish] = {}
        for row in rows:
            self._find(row, refs.get(row.number or 0), lots)
            if row.faults:
                continue
            if row.original.pk in wishes:
                row.refuse("lot_number", "duplicate_row", "each lot once")
                continue
            reason = row.values.get("reason", "")
            wishes[row.original.pk] = Wish(row.values["is_active"], reason)
            self._compare(row, reason)
        return wishes

    def _refs(self, rows: list[Row]) -> dict[int, LotRef]:
        """The lot that each row names, by its number in the file."""
        skus = {row.values["sku"] for row in rows if "sku" in row.values}
        found = Product.objects.filter(sku__in=skus)
        products = {(one.merchant_id, one.sku): one for one in found}
        refs: dict[int, LotRef] = {}
        for row in rows:
            merchant, sku = row.values.get("merchant"), row.values.get("sku")
            if not merchant or not sku:
                continue
            product = products.get((merchant.pk, sku))
            if product is None:
                row.refuse("sku", "unknown_sku", f"the SKU of a product of {merchant}")
                continue
            number = row.values.get("lot_number", "")
            refs[row.number or 0] = LotRef(product.pk, number, row.values.get("expires_on"))
            row.label = f"{shown(sku)} · {shown(str(refs[row.number or 0]))}"
        return refs

    def _find(self, row: Row, ref: LotRef | None, lots: Any) -> None:
        if ref is None:
            return
        row.original = lots.get(ref)
        if row.original is None:
            row.refuse("lot_number", "unknown_lot", "a lot of the product; there is none like it")
        elif not agrees(row.original, ref):
            expected = f"the expiry of the lot, {row.original.expires_on}, or nothing"
            row.refuse("expires_on", "unknown_lot", expected)
        elif _goes(row) and not row.values.get("reason"):
            row.refuse("reason", "required", "why it is deactivated, such as Recalled")

    def _compare(self, row: Row, reason: str) -> None:
        if row.original.is_active == row.values["is_active"]:
            return
        render = self.columns["is_active"].widget.render
        before, after = render(row.original.is_active), render(row.values["is_active"])
        row.changes = [Change("is_active", before, after)]
        if reason:
            row.changes.append(Change("reason", "", shown(reason)))
        row.import_type = RowResult.IMPORT_TYPE_UPDATE


def _goes(row: Row) -> bool:
    """The row deactivates its lot."""
    return row.values.get("is_active") is False and row.original.is_active


def told(done: Activity) -> list[str]:
    """What it does to orders, in sentences."""
    if not done.orders:
        return ["No open order gains or loses units."]
    named = ", ".join(one.number for one in done.orders[:MOST_NAMED])
    more = len(done.orders) - MOST_NAMED
    units = (
        f"{done.released} promised units are taken back, {done.regained} are promised anew, and "
        f"{done.backordered} are backordered then."
    )
    return [
        units,
        f"It touches {named}" + (f" and {more} more." if more > 0 else "."),
    ]


def import_activity(site: admin.AdminSite, request: Any) -> HttpResponse:
    """Choose a file, look at what it would do, confirm."""
    require(request, PERMISSION)
    back = reverse("admin:inventory_lot_changelist")
    page = Import(
        title="Activate and deactivate lots",
        explanation=f"One row for each lot, at most {MOST_LOTS:,}. Promises on lots that are "
        "deactivated are taken back, and their orders get other units at once.",
        links=[("Lots", back)],
        resource=lambda _, request: ActivityResource(request.user, request.now),
        sample=ActivityResource(),
        done=lambda _, result: " ".join([changed(result), *result.notes]),
        onward=lambda _: back,
    )
    return run_import(site, request, page)


def changed(result: SheetResult) -> str:
    counts = result.counts
    return f"{counts['update']} lots changed, {counts['skip']} were so already."
