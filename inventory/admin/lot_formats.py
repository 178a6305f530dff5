"""Formats of lot numbers, with what they write and read while somebody types."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from inventory.forms import LotFormatForm
from inventory.models import LotFormat
from inventory.queries.lot_formats import Preview, preview
from merchants.screens import HistoryAdmin, ServiceAdmin, badge

WORDS = ("product_code", "brand", "supplier", "line")


@admin.register(LotFormat)
class LotFormatAdmin(ServiceAdmin, HistoryAdmin):
    form = LotFormatForm
    change_form_template = "inventory/lot_format.html"
    list_display = ["pattern", "merchant", "for_product", "date_means", "active"]
    list_filter = ["is_active", "merchant"]
    list_select_related = ["merchant", "product"]
    search_fields = ["pattern", "product__sku"]
    autocomplete_fields = ["product"]
    fieldsets = [
        (
            "Whose numbers",
            {
                "fields": ["merchant", "product"],
                "description": "A product's own format comes before its merchant's.",
            },
        ),
        (
            "How they are written",
            {
                "fields": ["pattern", "date_means", "is_active"],
                "description": "Tokens: {YYYY} {YY} {MM} {DD} {JJJ} (day of the year) {BRAND} "
                "{PRODUCT} {SUPPLIER} {LINE}, and {SEQ:3} for a running number of three digits. "
                "All else stands there as it is.",
            },
        ),
        (
            "Words",
            {
                "fields": list(WORDS),
                "description": "What the tokens stand for, unless another is given when a number "
                "is drawn.",
            },
        ),
    ]

    class Media:
        js = ["lotwms/lot_format.js"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A format stays with its merchant and product."""
        return ["merchant", "product"] if obj else []

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        name = "inventory_lotformat_preview"
        return [path("preview/", guard(self.preview), name=name), *super().get_urls()]

    def preview(self, request: Any) -> HttpResponse:
        """A piece of the form's page: what the format would write today, and read in a number."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(request, "inventory/lot_format_preview.html", shown(request))

    def render_change_form(
        self, request: Any, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            context |= {"shown": preview(obj, request.now.date())}
        return super().render_change_form(request, context, obj=obj, **kwargs)

    @admin.display(description="Product", ordering="product__sku")
    def for_product(self, made: LotFormat) -> str:
        return made.product.sku if made.product else "All without their own"

    @admin.display(description="Active", ordering="is_active")
    def active(self, made: LotFormat) -> str:
        return badge("active", "Active") if made.is_active else badge("cancelled", "Inactive")


def shown(request: Any) -> dict[str, Preview]:
    """What is typed so far, as a format."""
    typed = {name: request.GET.get(name, "").strip()[:64] for name in ("pattern", *WORDS)}
    means = request.GET.get("date_means", "")
    made = LotFormat(date_means=means, **typed)
    day = request.now.date()
    return {"shown": preview(made, day, number=request.GET.get("try", "")[:64])}
