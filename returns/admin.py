"""Returns in the admin: the list, and the ways to their screens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from fulfillment.screens import suggest_lots, suggest_products
from merchants.screens import DocumentAdmin, badge, number
from returns import screens
from returns.models import Return
from returns.pages import for_list, ways_to_return
from returns.querysets import ReturnQuerySet

CHANGE = "returns.change_return"
ADD = "returns.add_return"


@admin.register(Return)
class ReturnAdmin(DocumentAdmin):
    list_display = ["return_number", "reference", "merchant", "kind", "state", "order",
                    "warehouse", "units_announced", "units_found", "created_at"]  # fmt: skip
    list_filter = ["status", "kind", "warehouse", "merchant"]
    list_select_related = ["merchant", "order", "warehouse"]
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = "Return number, SKU, product name, or how reference or lot number begin"
    ways = staticmethod(ways_to_return)
    ordering = ["-id"]
    adding = ADD
    start = staticmethod(screens.announce)
    show = staticmethod(screens.show_return)

    def get_queryset(self, request: HttpRequest) -> ReturnQuerySet:
        return for_list(super().get_queryset(request))

    @admin.display(description="Return", ordering="id")
    def return_number(self, document: Return) -> str:
        return document.number

    @admin.display(description="Status", ordering="status")
    def state(self, document: Return) -> str:
        return badge(document.status, document.get_status_display())

    @admin.display(description="Announced", ordering="announced")
    def units_announced(self, document: Any) -> str:
        return number(document.announced)

    @admin.display(description="Found", ordering="found")
    def units_found(self, document: Any) -> str:
        return number(document.found)

    def get_urls(self) -> list[Any]:
        return [
            self.beside("suggest/products", suggest_products, ADD, CHANGE),
            self.beside("suggest/lots", suggest_lots, ADD, CHANGE),
            self.below("edit", screens.change, CHANGE),
            self.below("arrive", screens.arrive, CHANGE),
            self.below("inspect", screens.inspect, CHANGE),
            self.below("complete", screens.complete, CHANGE),
            self.below("cancel", screens.cancel, CHANGE),
            *super().get_urls(),
        ]
