"""Set-asides: made with a reason, ended by a person, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from inventory.forms import SetAsideForm
from inventory.models import Channel, SetAside
from inventory.queries.set_asides import for_list, still_wanted, whom
from inventory.querysets import ScopedQuerySet
from inventory.services.set_asides import end_set_aside
from merchants.screens import ServiceAdmin, Verb, badge, number, posted, require, run_verb

CHANGE = "inventory.change_setaside"
USED_UP = Q(demand__shipped__gte=F("demand__quantity"))


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("used", "Used up"), ("ended", "Ended")]

    def queryset(self, request: HttpRequest, queryset: ScopedQuerySet) -> ScopedQuerySet:
        match self.value():
            case "active":
                return queryset.filter(~USED_UP, ended_at__isnull=True)
            case "used":
                return queryset.filter(USED_UP, ended_at__isnull=True)
            case "ended":
                return queryset.filter(ended_at__isnull=False)
        return queryset


class ChannelFilter(admin.SimpleListFilter):
    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Channel.choices

    def queryset(self, request: HttpRequest, queryset: ScopedQuerySet) -> ScopedQuerySet:
        return queryset.filter(demand__channel=self.value()) if self.value() else queryset


@admin.register(SetAside)
class SetAsideAdmin(ServiceAdmin):
    form = SetAsideForm
    change_form_template = "inventory/set_aside.html"
    list_display = ["name", "product", "merchant", "place", "lot", "whom", "kept", "handed_on",
                    "asked", "state"]  # fmt: skip
    list_filter = [StateFilter, ChannelFilter, "merchant"]
    list_per_page = 50
    search_fields = ["product__sku", "product__name", "demand__customer", "reason"]
    search_help_text = "SKU, product name, customer or reason"
    ordering = ["-id"]
    shown = ["name", "state", "merchant", "product", "place", "lot", "whom", "asked", "kept",
             "handed_on", "missing", "reason", "created_at", "created_by", "ended_at",
             "ended_by"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> ScopedQuerySet:
        return for_list(super().get_queryset(request))

    def has_change_permission(self, request: HttpRequest, obj: SetAside | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: SetAside | None = None) -> list[Any]:
        if obj:
            return [(None, {"fields": self.shown})]
        explanation = (
            "Free units only: they are promised to nobody else until such an order comes or the "
            "set-aside is ended. All of them are kept, or none."
        )
        return [
            (
                "What to keep",
                {
                    "fields": ["product", "lot", "warehouse", "quantity"],
                    "description": explanation,
                },
            ),
            (
                "For whom",
                {
                    "fields": ["channel", "customer", "reason"],
                    "description": "A channel, a customer, or a customer's orders through one "
                    "channel.",
                },
            ),
        ]

    @admin.display(description="Set-aside", ordering="id")
    def name(self, made: SetAside) -> str:
        return made.number

    @admin.display(description="Warehouse")
    def place(self, made: SetAside) -> str:
        return made.demand.warehouse.code

    @admin.display(description="Lot")
    def lot(self, made: SetAside) -> str:
        return str(made.demand.lot or "Any")

    @admin.display(description="For")
    def whom(self, made: SetAside) -> str:
        return whom(made)

    @admin.display(description="Asked for", ordering="demand__quantity")
    def asked(self, made: SetAside) -> str:
        return number(made.demand.quantity)

    @admin.display(description="Kept", ordering="demand__allocated")
    def kept(self, made: SetAside) -> str:
        return number(made.demand.allocated)

    @admin.display(description="Handed on", ordering="demand__shipped")
    def handed_on(self, made: SetAside) -> str:
        return number(made.demand.shipped)

    @admin.display(description="Missing")
    def missing(self, made: SetAside) -> str:
        return number(still_wanted(made))

    @admin.display(description="State", ordering="ended_at")
    def state(self, made: SetAside) -> str:
        if made.ended_at:
            return badge("cancelled", "Ended")
        if made.demand.shipped == made.demand.quantity:
            return badge("shipped", "Used up")
        if missing := still_wanted(made):
            return badge("warn", f"{missing} missing")
        return badge("active", "Active")

    def get_urls(self) -> list[Any]:
        end = path(
            "<int:set_aside_id>/end/",
            self.admin_site.admin_view(self.end),
            name="inventory_setaside_end",
        )
        return [end, *super().get_urls()]

    def end(self, request: HttpRequest, set_aside_id: int) -> HttpResponse:
        require(request, CHANGE)
        made = get_object_or_404(self.get_queryset(request), pk=set_aside_id)
        kept = made.demand.allocated
        units = "1 unit is" if kept == 1 else f"{kept} units are"
        verb = Verb(
            title=f"End {made.number}",
            submit="End the set-aside",
            explanation=f"{units} let go and offered to backordered orders at once. What orders of "
            f"{whom(made)} got of it stays with them.",
            perform=lambda _, request: end(made, request),
            danger=True,
            links=[
                ("Set-asides", reverse("admin:inventory_setaside_changelist")),
                (made.number, reverse("admin:inventory_setaside_change", args=[made.pk])),
            ],
        )
        return run_verb(self.admin_site, request, forms.Form(posted(request)), verb)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["may_end"] = obj and not obj.ended_at and request.user.has_perm(CHANGE)
        return super().render_change_form(request, context, obj=obj, **kwargs)


def end(made: SetAside, request: Any) -> str:
    end_set_aside(actor=request.user, now=request.now, set_aside_id=made.pk)
    return f"{made.number} is ended."
