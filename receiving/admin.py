"""WROs in the admin: their list, their page and the screens of the floor."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from merchants.lists import ListAdmin
from merchants.screens import badge, number
from receiving.models import WRO
from receiving.queries import has_findings, late, ways_to_wro, with_units
from receiving.querysets import WROQuerySet
from receiving.screens import SCREENS, DraftScreens, FloorScreens, deliveries, discrepancies, rules  # noqa: F401  they register
from receiving.sheets import Sheets

COLUMNS = [
    "wro",
    "merchant",
    "warehouse",
    "state",
    "references",
    "arrival",
    "expected",
    "received",
    "stowed",
]


class FindingsFilter(admin.SimpleListFilter):
    title = "discrepancies"
    parameter_name = "discrepancies"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Some open"), ("none", "None open")]

    def queryset(self, request: HttpRequest, queryset: WROQuerySet) -> WROQuerySet:
        match self.value():
            case "open":
                return queryset.filter(has_findings())
            case "none":
                return queryset.filter(~has_findings())
        return queryset


class DockFilter(admin.SimpleListFilter):
    title = "dock"
    parameter_name = "dock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Has units at the dock")]

    def queryset(self, request: HttpRequest, queryset: WROQuerySet) -> WROQuerySet:
        return queryset.at_dock() if self.value() == "waiting" else queryset


class ArrivalFilter(admin.SimpleListFilter):
    title = "arrival"
    parameter_name = "arrival"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Late: should have come")]

    def queryset(self, request: Any, queryset: WROQuerySet) -> WROQuerySet:
        return queryset.filter(late(request.now)) if self.value() == "late" else queryset


@admin.register(WRO)
class WROAdmin(ListAdmin):
    change_list_template = "receiving/wro_list.html"
    list_display = COLUMNS
    list_filter = ["status", "merchant", "warehouse", ArrivalFilter, FindingsFilter, DockFilter]
    list_select_related = ["merchant", "warehouse"]
    list_per_page = 50
    ordering = ["-id"]
    search_fields = ["reference"]  # shows the box; `ways` search
    search_help_text = (
        "Number, SKU, product name, or how reference, purchase order, lot or tracking number begin"
    )
    ways = staticmethod(ways_to_wro)

    def get_queryset(self, request: Any) -> WROQuerySet:
        rows = with_units(super().get_queryset(request))
        is_late = Case(When(late(request.now), then=True), default=False)
        return rows.annotate(is_late=is_late)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Who may write drafts is led back to the step where each was left."""
        may_write = self.has_add_permission(request)
        return ["state_to_go_on" if may_write and one == "state" else one for one in COLUMNS]

    def has_delete_permission(self, request: HttpRequest, obj: WRO | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        own = [route for screens in (*SCREENS, Sheets) for route in screens(self.admin_site).urls()]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return DraftScreens(self.admin_site).begin(request)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdigit()):
            raise Http404
        return FloorScreens(self.admin_site).page(request, int(object_id))

    @admin.display(description="WRO", ordering="id")
    def wro(self, wro: WRO) -> str:
        return format_html('<span class="lw-nowrap">{}</span>', wro.number)

    @admin.display(description="Status", ordering="status")
    def state(self, wro: Any) -> str:
        """The status, and what is out of the ordinary about it."""
        badges = [badge(wro.status, wro.get_status_display())]
        if wro.completed_short:
            badges.append(badge("warn", "Short"))
        if wro.open_findings:
            words = "1 discrepancy" if wro.open_findings == 1 else "{} discrepancies"
            badges.append(badge("warn", words.format(wro.open_findings)))
        if wro.is_draft:
            saved = f"saved {wro.saved_at:%Y-%m-%d %H:%M}"
            badges.append(format_html('<span class="lw-hint">{}</span>', saved))
        return format_html_join(" ", "{}", ((one,) for one in badges))

    @admin.display(description="Status", ordering="status")
    def state_to_go_on(self, wro: Any) -> str:
        """The status, and for a draft the way back to the step where it was left."""
        if not wro.is_draft:
            return self.state(wro)
        url = reverse("admin:receiving_wro_continue", args=[wro.pk])
        label = f"Continue {wro.number}"
        link = format_html('<a href="{}" aria-label="{}">Continue</a>', url, label)
        return format_html("{} {}", self.state(wro), link)

    @admin.display(description="References", ordering="reference")
    def references(self, wro: WRO) -> Any:
        """The merchant's own numbers, the purchase order's below."""
        told = [(one,) for one in (wro.reference, wro.purchase_order_number) if one]
        return format_html_join(mark_safe("<br>"), "{}", told) or None

    @admin.display(description="Arrival", ordering="expected_arrival_on")
    def arrival(self, wro: Any) -> Any:
        if not wro.is_late:
            return wro.expected_arrival_on
        return format_html("{} {}", wro.expected_arrival_on.isoformat(), badge("warn", "Late"))

    @admin.display(description="Expected", ordering="expected")
    def expected(self, wro: Any) -> str:
        return number(wro.expected)

    @admin.display(description="Received", ordering="received")
    def received(self, wro: Any) -> str:
        return number(wro.received)

    @admin.display(description="Stowed", ordering="stowed")
    def stowed(self, wro: Any) -> str:
        return number(wro.stowed)
