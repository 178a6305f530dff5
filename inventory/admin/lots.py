"""Lots: their list with what runs out of life, and the page of one lot."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html

from inventory.activation_sheets import import_activity
from inventory.admin.activation import change_activity
from inventory.admin.lot_acts import LotActs
from inventory.forms import LotForm
from inventory.lot_sheets import LotResource
from inventory.models import Lot
from inventory.queries import lot_page, search
from inventory.queries.lot_list import (
    LOOKED_AT,
    expired,
    expiring,
    for_list,
    in_stock,
    out_of_stock,
)
from inventory.querysets import LotQuerySet
from inventory.restrictions import NAMES as RESTRICTIONS
from inventory.spreadsheets.screens import SheetAdmin
from merchants.screens import HistoryAdmin, ServiceAdmin, badge, number

SOON_DAYS = 30
TIMELINE_ROWS = 50


class ExpiryFilter(admin.SimpleListFilter):
    title = "expiry of units in the house"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        soon = [(str(days), f"Within {days} days") for days in (30, 60, 90)]
        return [("expired", "Expired"), *soon]

    def queryset(self, request: Any, queryset: LotQuerySet) -> LotQuerySet:
        if self.value() is None:
            return queryset
        if self.value() == "expired":
            return expired(queryset, request.now)
        return expiring(queryset, request.now, days=int(self.value()))


class StockFilter(admin.SimpleListFilter):
    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Has units on hand"), ("no", f"None, of the first {LOOKED_AT:,}")]

    def queryset(self, request: HttpRequest, queryset: LotQuerySet) -> LotQuerySet:
        match self.value():
            case "yes":
                return in_stock(queryset)
            case "no":
                return out_of_stock(queryset)
        return queryset


def days_left(expires_on: Any, days: int | None) -> str:
    """An expiry with its days remaining; coloured where little is left or none."""
    if days is None:
        return "–"
    if days < 0:
        left = badge("expired", "expired")
    else:
        words = "1 day" if days == 1 else f"{days} days"
        left = badge("expiring" if days <= SOON_DAYS else "", words)
    return format_html('<span class="lw-nowrap">{} {}</span>', expires_on, left)


@admin.register(Lot)
class LotAdmin(SheetAdmin, LotActs, ServiceAdmin, HistoryAdmin):
    form = LotForm
    sheet_resource = LotResource
    import_explanation = (
        "One row for each lot. A row whose product and number (or expiry, without a number) are "
        "known changes that lot; any other makes a new one. A corrected expiry takes back what is "
        "promised of units that may no longer go."
    )
    change_form_template = "inventory/lot.html"
    change_list_template = "inventory/lot_list.html"
    list_display = ["lot", "product", "merchant", "expiry", "on_hand", "active"]
    list_filter = [ExpiryFilter, StockFilter, "is_active", "merchant", "manufactured_on",
                   "received_at"]  # fmt: skip
    list_select_related = ["product", "merchant"]
    list_per_page = 50
    search_fields = ["number", "supplier_number", "product__sku", "product__name"]
    search_help_text = (
        "How the lot number (also an old one), the supplier's, the supplier or the production run "
        "begins; a WRO's number; SKU or product name"
    )
    ways = staticmethod(search.lots)
    quick_columns = ("expiry",)
    autocomplete_fields = ["product"]
    actions = ["activate", "deactivate"]

    def get_queryset(self, request: Any) -> LotQuerySet:
        return for_list(super().get_queryset(request), request.now).select_related(
            *self.list_select_related
        )

    def get_export_queryset(self, request: HttpRequest) -> LotQuerySet:
        """Without the aliases: they are names of lots that stand there themselves."""
        return super().get_export_queryset(request).filter(merged_into=None)

    def get_urls(self) -> list[Any]:
        activity = path(
            "activity/import/",
            self.admin_site.admin_view(lambda request: import_activity(self.admin_site, request)),
            name="inventory_lot_import_activity",
        )
        return [activity, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Lot | None = None) -> list[Any]:
        """A lot's product is chosen once; on the lot's page it stands above."""
        names = LotForm.Meta.fields[1:] if obj else LotForm.Meta.fields
        details = [name for name in names if name not in RESTRICTIONS]
        if getattr(getattr(request, "refusal", None), "code", "") == "lot_looks_like":
            details.insert(details.index("number") + 1, "confirm_new")
        explanation = (
            "Units that are promised to an order to which they may no longer go are taken back at "
            "once, and the order gets other units. An order without a country gets no units that "
            "are restricted by country."
        )
        return [
            ("Details", {"fields": details}),
            ("Where it may go", {"fields": RESTRICTIONS, "description": explanation}),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Lot | None = None) -> bool:
        """One that was merged into another stays as it is."""
        if obj is not None and obj.merged_into_id:
            return False
        return super().has_change_permission(request, obj)

    def describe(self, lot: Lot) -> str:
        parts = [str(lot), lot.product.sku]
        if lot.number and lot.expires_on:
            parts.append(f"expires {lot.expires_on}")
        return " · ".join(parts)

    @admin.display(description="Lot", ordering="number")
    def lot(self, lot: Lot) -> str:
        return str(lot)

    @admin.display(description="Expiry", ordering="expires_on")
    def expiry(self, lot: Any) -> str:
        return days_left(lot.expires_on, lot.days_remaining(lot.today))

    @admin.display(description="On hand", ordering="on_hand")
    def on_hand(self, lot: Any) -> str:
        return number(lot.on_hand)

    @admin.display(description="Active", ordering="is_active")
    def active(self, lot: Lot) -> str:
        if lot.merged_into_id:
            return badge("", "Merged")
        return badge("active", "Active") if lot.is_active else badge("cancelled", "Inactive")

    @admin.action(description="Activate the selected lots", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: LotQuerySet) -> HttpResponse | None:
        return change_activity(self, request, queryset, is_active=True)

    @admin.action(description="Deactivate the selected lots", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: LotQuerySet) -> HttpResponse | None:
        return change_activity(self, request, queryset, is_active=False)

    def render_change_form(
        self, request: Any, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            context |= self.page_of(request, obj)
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def page_of(self, request: Any, lot: Any) -> dict[str, Any]:
        """What the page shows beside the form. Twelve queries, however much the lot moved."""
        balances = list(lot_page.standing(lot))
        pages = Paginator(lot_page.timeline(lot), TIMELINE_ROWS)
        days = lot.days_remaining(lot.today)
        return {
            "balances": balances,
            "outside": lot_page.outside(lot),
            "holds": lot_page.holds_on(lot, balances),
            "promised": lot_page.promised_to(lot),
            "shipped": lot_page.shipped_with(lot),
            "returned": lot_page.returned_with(lot),
            "aliases": lot.merged_lots.order_by("id"),
            "papers": lot.attachments.select_related("uploaded_by"),
            "may_merge": request.user.has_perm("inventory.change_lot") and not lot.merged_into_id,
            "may_attach": request.user.has_perm("inventory.add_lotattachment"),
            "timeline": pages.get_page(request.GET.get("page")),
            "expiry": days_left(lot.expires_on, days),
            "actions": lot.actions.select_related("taken_by"),
            "on_hand": lot.on_hand,
            "committed": sum(balance.committed for balance in balances),
            "may_move": request.user.has_perm("inventory.change_balance"),
            "may_adjust": request.user.has_perm("inventory.add_posting"),
            "may_hold": request.user.has_perm("inventory.add_hold"),
        }
