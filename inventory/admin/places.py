"""Warehouses and their locations."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from inventory.admin.bins import urls as bin_urls
from inventory.forms import BinRangeForm, LocationForm, WarehouseForm
from inventory.kinds import BINS, CREATABLE
from inventory.models import Location, LocationKind, Warehouse
from inventory.queries import search
from inventory.queries.bin_page import fill, lately, since
from inventory.queries.location_list import LOOKED_AT, contents, empty, filled, with_units
from inventory.querysets import LocationQuerySet
from inventory.resources import LocationResource
from inventory.services.places import create_locations
from inventory.spreadsheets.screens import SheetAdmin
from merchants.screens import HistoryAdmin, ServiceAdmin, Verb, number, posted, run_verb


@admin.register(Warehouse)
class WarehouseAdmin(ServiceAdmin, HistoryAdmin):
    form = WarehouseForm
    list_display = ["code", "name", "timezone"]
    search_fields = ["code", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Warehouse | None = None) -> list[str]:
        return ["code"] if obj else []


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, LocationKind(kind).label) for kind in CREATABLE]

    def queryset(self, request: HttpRequest, queryset: LocationQuerySet) -> LocationQuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class FilledFilter(admin.SimpleListFilter):
    title = "contents"
    parameter_name = "contents"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("filled", "Has units"), ("empty", f"Empty, of the first {LOOKED_AT:,}")]

    def queryset(self, request: HttpRequest, queryset: LocationQuerySet) -> LocationQuerySet:
        match self.value():
            case "filled":
                return filled(queryset)
            case "empty":
                return empty(queryset)
        return queryset


@admin.register(Location)
class LocationAdmin(SheetAdmin, ServiceAdmin, HistoryAdmin):
    form = LocationForm
    sheet_resource = LocationResource
    import_explanation = (
        "One row for each location. A row whose warehouse and name are known changes that "
        "location; any other makes a new one."
    )
    change_form_template = "inventory/location.html"
    change_list_template = "inventory/location_list.html"
    list_display = [
        "name",
        "warehouse",
        "kind",
        "pickable",
        "sellable",
        "mixed",
        "zone",
        "sequence",
        "units",
    ]
    list_filter = ["warehouse", KindFilter, FilledFilter, "pickable", "sellable"]
    list_select_related = ["warehouse"]
    list_per_page = 50
    search_fields = ["name"]
    search_help_text = "How the name begins"
    ways = staticmethod(search.locations)
    ordering = ["warehouse_id", "pick_sequence", "name", "id"]

    def get_queryset(self, request: HttpRequest) -> LocationQuerySet:
        return with_units(super().get_queryset(request).real()).select_related(
            *self.list_select_related
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> list[str]:
        return ["warehouse"] if obj else []

    def describe(self, location: Location) -> str:
        return f"{location.name} · {location.warehouse.code} · {location.get_kind_display()}"

    @admin.display(description="Pick sequence", ordering="pick_sequence")
    def sequence(self, location: Location) -> str:
        return number(location.pick_sequence)

    @admin.display(description="Units", ordering="units")
    def units(self, location: Any) -> str:
        return number(location.units)

    def get_urls(self) -> list[Any]:
        bins = path(
            "add-bins/",
            self.admin_site.admin_view(self.add_bins),
            name="inventory_location_add_bins",
        )
        return [bins, *bin_urls(self.admin_site), *super().get_urls()]

    def add_bins(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        verb = Verb(
            title="Add a range of bins",
            submit="Add bins",
            explanation="Makes storage bins that orders may be picked from, one for each number.",
            perform=add_bins,
            links=[("Locations", reverse("admin:inventory_location_changelist"))],
        )
        return run_verb(self.admin_site, request, BinRangeForm(posted(request)), verb)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            balances = list(contents(obj))
            moments = since(balance.pk for balance in balances)
            context |= {
                "balances": [(one, moments.get(one.pk)) for one in balances],
                "fill": fill(obj, balances),
                "lately": lately(obj),
                "is_bin": obj.kind in BINS,
                "promised": sum(one.committed for one in balances),
                "may_move": request.user.has_perm("inventory.change_balance"),
                "may_adjust": request.user.has_perm("inventory.add_posting"),
                "may_hold": request.user.has_perm("inventory.add_hold"),
                "holds": obj.holds.active().select_related("placed_by").order_by("-id"),
            }
        return super().render_change_form(request, context, obj=obj, **kwargs)


def add_bins(form: BinRangeForm, request: Any) -> str:
    warehouse = form.cleaned_data["warehouse"]
    names, first = form.names(), form.cleaned_data["first_pick_sequence"]
    zone, capacity = form.cleaned_data["zone"], form.cleaned_data["capacity_in3"]
    create_locations(
        actor=request.user,
        now=request.now,
        warehouse=warehouse,
        entries=[
            {"name": name, "pick_sequence": place, "zone": zone, "capacity_in3": capacity}
            for place, name in enumerate(names, start=first)
        ],
    )
    return f"Added {len(names)} bins to {warehouse.code}: {names[0]} to {names[-1]}."
