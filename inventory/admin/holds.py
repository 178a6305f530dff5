"""Holds: placed with a reason, released by a person, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from inventory.forms import HoldForm
from inventory.models import Hold
from inventory.queries import search
from inventory.querysets import HoldQuerySet
from inventory.services.holds import release_hold
from merchants.screens import ServiceAdmin, Verb, badge, posted, require, run_verb


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("released", "Released")]

    def queryset(self, request: HttpRequest, queryset: HoldQuerySet) -> HoldQuerySet:
        match self.value():
            case "active":
                return queryset.active()
            case "released":
                return queryset.filter(released_at__isnull=False)
        return queryset


@admin.register(Hold)
class HoldAdmin(ServiceAdmin):
    form = HoldForm
    change_form_template = "inventory/hold.html"
    list_display = ["what", "reason", "placed_at", "placed_by", "until", "state"]
    list_filter = [StateFilter, ("lot", admin.EmptyFieldListFilter)]
    list_select_related = ["lot__product", "location__warehouse", "product", "placed_by"]
    list_per_page = 50
    search_fields = ["lot__number", "lot__product__sku", "location__name", "product__sku", "reason"]
    search_help_text = "SKU, product name, reason, or how lot number or location begin"
    ways = staticmethod(search.holds)
    autocomplete_fields = ["lot", "location", "product"]
    ordering = ["-id"]
    shown = ["what", "reason", "placed_at", "placed_by", "until", "released_at", "released_by"]

    def has_change_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Hold | None = None) -> list[Any]:
        if obj:
            return [(None, {"fields": self.shown})]
        explanation = (
            "A hold works at once: units that are promised to orders and held by it are taken "
            "back, and the orders get other units or are backordered."
        )
        target = {"fields": ["lot", "location", "product"], "description": "Choose one of these."}
        return [
            ("What to hold", target),
            ("Why", {"fields": ["reason", "until"], "description": explanation}),
        ]

    @admin.display(description="On hold")
    def what(self, hold: Hold) -> str:
        if hold.lot:
            return f"Lot {hold.lot} of {hold.lot.product.sku}"
        if hold.location:
            return f"Location {hold.location.name} in {hold.location.warehouse.code}"
        return f"Product {hold.product.sku}"

    @admin.display(description="State", ordering="released_at")
    def state(self, hold: Hold) -> str:
        return badge("cancelled", "Released") if hold.released_at else badge("hold", "Active")

    def get_urls(self) -> list[Any]:
        release = path(
            "<int:hold_id>/release/",
            self.admin_site.admin_view(self.release),
            name="inventory_hold_release",
        )
        return [release, *super().get_urls()]

    def release(self, request: HttpRequest, hold_id: int) -> HttpResponse:
        require(request, "inventory.change_hold")
        hold = get_object_or_404(self.get_queryset(request), pk=hold_id)
        verb = Verb(
            title=f"Release the hold: {self.what(hold)}",
            submit="Release the hold",
            explanation="What it keeps back may ship again and is offered to backordered orders "
            f"at once. It was placed because: {hold.reason}",
            perform=lambda _, request: release(hold, request),
            links=[
                ("Holds", reverse("admin:inventory_hold_changelist")),
                (self.what(hold), reverse("admin:inventory_hold_change", args=[hold.pk])),
            ],
        )
        return run_verb(self.admin_site, request, forms.Form(posted(request)), verb)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["may_release"] = (
            obj and not obj.released_at and request.user.has_perm("inventory.change_hold")
        )
        return super().render_change_form(request, context, obj=obj, **kwargs)


def release(hold: Hold, request: Any) -> str:
    hold = release_hold(actor=request.user, now=request.now, hold_id=hold.pk)
    return f"{hold} is released."
