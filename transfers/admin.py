"""Transfers in the admin: the list, and the ways to their screens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join

from merchants.screens import DocumentAdmin, badge, number
from transfers import screens
from transfers.models import Transfer
from transfers.queries import with_units
from transfers.querysets import TransferQuerySet

CHANGE = "transfers.change_transfer"
ADD = "transfers.add_transfer"


@admin.register(Transfer)
class TransferAdmin(DocumentAdmin):
    list_display = ["transfer_number", "reference", "merchant", "state", "source", "target",
                    "units_asked", "units_in_transit", "units_received", "created_at"]  # fmt: skip
    list_filter = ["status", "source", "target", "merchant"]
    list_select_related = ["merchant", "source", "target"]
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = "Number, reference, tracking number, SKU or lot number"
    ordering = ["-id"]
    adding = ADD
    start = staticmethod(screens.plan)
    show = staticmethod(screens.show_transfer)

    def get_queryset(self, request: HttpRequest) -> TransferQuerySet:
        return with_units(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: TransferQuerySet, search_term: str
    ) -> tuple[TransferQuerySet, bool]:
        words = search_term.replace("\x00", "").strip()
        return (queryset.search(words) if words else queryset), False

    @admin.display(description="Transfer", ordering="id")
    def transfer_number(self, transfer: Transfer) -> str:
        return transfer.number

    @admin.display(description="Status", ordering="status")
    def state(self, transfer: Transfer) -> str:
        badges = [badge(transfer.status, transfer.get_status_display())]
        if transfer.completed_short:
            badges.append(badge("warn", "Short"))
        return format_html_join(" ", "{}", ((one,) for one in badges))

    @admin.display(description="Asked for", ordering="asked")
    def units_asked(self, transfer: Any) -> str:
        return number(transfer.asked)

    @admin.display(description="In transit", ordering="under_way")
    def units_in_transit(self, transfer: Any) -> str:
        return number(transfer.under_way)

    @admin.display(description="Received", ordering="received")
    def units_received(self, transfer: Any) -> str:
        return number(transfer.received)

    def get_urls(self) -> list[Any]:
        return [
            self.beside("suggest/products", screens.suggest_products, ADD),
            self.beside("suggest/lots", screens.suggest_lots, ADD),
            self.below("send", screens.send, CHANGE),
            self.below("receive", screens.receive, CHANGE),
            self.below("write-off", screens.write_off, CHANGE, screens.WRITE_OFF),
            self.below("cancel", screens.cancel, CHANGE),
            *super().get_urls(),
        ]
