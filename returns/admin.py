"""Returns in the admin: the list, and the ways to their screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from fulfillment.screens import suggest_lots, suggest_products
from merchants.screens import ReadOnlyAdmin, badge, number
from returns import screens
from returns.models import Return
from returns.pages import for_list, ways_to_return
from returns.querysets import ReturnQuerySet

CHANGE = "returns.change_return"
ADD = "returns.add_return"


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    list_display = ["return_number", "reference", "merchant", "kind", "state", "order",
                    "warehouse", "units_announced", "units_found", "created_at"]  # fmt: skip
    list_filter = ["status", "kind", "warehouse", "merchant"]
    list_select_related = ["merchant", "order", "warehouse"]
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = "Return number, SKU, product name, or how reference or lot number begin"
    ways = staticmethod(ways_to_return)
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

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
        def of_a_return(name: str, screen: Callable[..., HttpResponse]) -> Any:
            view = self.admin_site.admin_view(self.guarded(screen))
            return path(f"<int:return_id>/{name}/", view, name=f"returns_return_{name}")

        def suggestions(name: str, suggest: Callable[..., HttpResponse]) -> Any:
            view = self.admin_site.admin_view(self.suggesting(suggest))
            return path(f"suggest/{name}/", view, name=f"returns_return_{name}")

        return [
            suggestions("products", suggest_products),
            suggestions("lots", suggest_lots),
            of_a_return("edit", screens.change),
            of_a_return("arrive", screens.arrive),
            of_a_return("inspect", screens.inspect),
            of_a_return("complete", screens.complete),
            of_a_return("cancel", screens.cancel),
            *super().get_urls(),
        ]

    def suggesting(self, suggest: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest) -> HttpResponse:
            if not (request.user.has_perm(ADD) or request.user.has_perm(CHANGE)):
                raise PermissionDenied
            return suggest(request)

        return view

    def guarded(self, screen: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, return_id: int) -> HttpResponse:
            if not request.user.has_perm(CHANGE):
                raise PermissionDenied
            rows = Return.objects.select_related("merchant", "order", "warehouse")
            return screen(self.admin_site, request, get_object_or_404(rows, pk=return_id))

        return view

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return screens.announce(self.admin_site, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        document = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return screens.show_return(self.admin_site, request, document)
