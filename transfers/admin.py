"""Transfers in the admin: the list, and the ways to their screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html_join

from merchants.screens import ReadOnlyAdmin, badge, number
from transfers import screens
from transfers.models import Transfer
from transfers.queries import with_units
from transfers.querysets import TransferQuerySet

CHANGE = "transfers.change_transfer"
ADD = "transfers.add_transfer"


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["transfer_number", "reference", "merchant", "state", "source", "target",
                    "units_asked", "units_in_transit", "units_received", "created_at"]  # fmt: skip
    list_filter = ["status", "source", "target", "merchant"]
    list_select_related = ["merchant", "source", "target"]
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = "Number, reference, tracking number, SKU or lot number"
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

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
        def of_a_transfer(name: str, screen: Callable[..., HttpResponse], *permissions: str) -> Any:
            view = self.admin_site.admin_view(self.guarded(screen, (CHANGE, *permissions)))
            named = f"transfers_transfer_{name.replace('-', '_')}"
            return path(f"<int:transfer_id>/{name}/", view, name=named)

        def suggestions(name: str, suggest: Callable[..., HttpResponse]) -> Any:
            view = self.admin_site.admin_view(self.suggesting(suggest))
            return path(f"suggest/{name}/", view, name=f"transfers_transfer_{name}")

        return [
            suggestions("products", screens.suggest_products),
            suggestions("lots", screens.suggest_lots),
            of_a_transfer("send", screens.send),
            of_a_transfer("receive", screens.receive),
            of_a_transfer("write-off", screens.write_off, screens.WRITE_OFF),
            of_a_transfer("cancel", screens.cancel),
            *super().get_urls(),
        ]

    def suggesting(self, suggest: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest) -> HttpResponse:
            if not request.user.has_perm(ADD):
                raise PermissionDenied
            return suggest(request)

        return view

    def guarded(
        self, screen: Callable[..., HttpResponse], permissions: tuple[str, ...]
    ) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, transfer_id: int) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            rows = Transfer.objects.select_related("merchant", "source", "target")
            return screen(self.admin_site, request, get_object_or_404(rows, pk=transfer_id))

        return view

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return screens.plan(self.admin_site, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        transfer = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, transfer):
            raise PermissionDenied
        if transfer is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return screens.show_transfer(self.admin_site, request, transfer)
