"""What is done with whole bins: everything in one moved, a lot of several brought into one."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from inventory.forms import search
from inventory.kinds import BINS
from inventory.models import Balance, Location, Warehouse
from inventory.queries.bin_page import MOST_SCATTERED, scattered
from inventory.queries.location_list import contents
from inventory.services.relocation import consolidate, relocate_bin
from merchants.screens import Verb, posted, require, run_verb

PERMISSION = "inventory.change_balance"
MOST_SHOWN = 20  # lines of a bin's contents above the form


class RelocateForm(forms.Form):
    """The bin that takes over what stands in another."""

    target = search(Location.objects.filter(kind__in=BINS), "location", label="To")
    reason = forms.CharField(
        max_length=500, required=False, help_text="Needed where the bin is too small."
    )
    refusal_fields: ClassVar = {"bin_too_small": "reason"}


class ConsolidateForm(forms.Form):
    """The one bin for a lot that stands in several."""

    target = forms.ModelChoiceField(Location.objects.none(), label="Into", empty_label=None)
    reason = forms.CharField(
        max_length=500, required=False, help_text="Needed where the bin is too small."
    )
    refusal_fields: ClassVar = {"bin_too_small": "reason"}

    def __init__(self, *args: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = places  # type: ignore[attr-defined]


def urls(site: AdminSite) -> list[URLPattern]:
    """The pages of this module, for the admin of locations to put before its own."""

    def page(view: Any) -> Any:
        def shown(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            require(request, PERMISSION)
            return view(request, site, **kwargs)

        return site.admin_view(shown)

    return [
        path("<int:location_id>/relocate/", page(relocate), name="inventory_location_relocate"),
        path("scattered/", page(several), name="inventory_location_scattered"),
        path(
            "scattered/<int:balance_id>/",
            page(bring_together),
            name="inventory_location_bring_together",
        ),
    ]


def relocate(request: Any, site: AdminSite, location_id: int) -> HttpResponse:
    """Everything in a bin to another one."""
    bins = Location.objects.filter(kind__in=BINS).select_related("warehouse")
    location = get_object_or_404(bins, pk=location_id)
    standing = list(contents(location))
    verb = Verb(
        title=f"Move everything in {location.name}",
        submit="Move everything",
        explanation="All units go to the other bin, of every merchant, all or nothing. Nothing of "
        "it may be promised to orders.",
        perform=lambda form, request: perform_relocate(form, request, location, len(standing)),
        links=[
            ("Locations", reverse("admin:inventory_location_changelist")),
            (location.name, reverse("admin:inventory_location_change", args=[location.pk])),
        ],
        template="inventory/relocate.html",
        context={
            "location": location,
            "balances": standing[:MOST_SHOWN],
            "more": max(0, len(standing) - MOST_SHOWN),
            "promised": sum(one.committed for one in standing),
        },
    )
    return run_verb(site, request, RelocateForm(posted(request)), verb)


def perform_relocate(form: forms.Form, request: Any, location: Location, lines: int) -> str:
    target = form.cleaned_data["target"]
    relocate_bin(
        actor=request.user,
        now=request.now,
        source_id=location.pk,
        target_id=target.pk,
        reason=form.cleaned_data["reason"],
    )
    what = "1 line" if lines == 1 else f"{lines} lines"
    return f"Moved everything from {location.name} to {target.name}: {what}."


def several(request: Any, site: AdminSite) -> HttpResponse:
    """The lots that stand in more than one bin of a warehouse."""
    houses = list(Warehouse.objects.order_by("code"))
    named = [one for one in houses if one.code == request.GET.get("at")]
    warehouse = (named or houses or [None])[0]
    lots = scattered(warehouse) if warehouse else []
    context = {
        **site.each_context(request),
        "title": "Lots in several bins",
        "warehouses": houses,
        "warehouse": warehouse,
        "lots": lots,
        "is_cut": len(lots) == MOST_SCATTERED,
    }
    return TemplateResponse(request, "inventory/scattered.html", context)


def bring_together(request: Any, site: AdminSite, balance_id: int) -> HttpResponse:
    """The units of one lot (or of a product without lots) into one of the bins where it stands."""
    rows = Balance.objects.select_related("product", "lot", "location", "warehouse")
    rows = rows.filter(location_kind__in=BINS, on_hand__gt=0)
    balance = get_object_or_404(rows, pk=balance_id)
    alike = rows.filter(
        product=balance.product_id, lot=balance.lot_id, warehouse=balance.warehouse_id
    ).order_by("location__pick_sequence", "location__name")
    places = Location.objects.filter(pk__in=alike.order_by().values("location"))
    what = f"{balance.product.sku} lot {balance.lot}" if balance.lot else balance.product.sku
    query = urlencode({"at": balance.warehouse.code})
    verb = Verb(
        title=f"Bring {what} together",
        submit="Bring together",
        explanation="Moves the units that are free from the other bins into this one. What is "
        "promised to orders stays where it is picked.",
        perform=lambda form, request: perform_together(form, request, balance, what),
        links=[
            ("Locations", reverse("admin:inventory_location_changelist")),
            ("Lots in several bins", reverse("admin:inventory_location_scattered") + f"?{query}"),
        ],
        template="inventory/bring_together.html",
        context={"balance": balance, "bins": list(alike)},
    )
    start = {"target": balance.location_id}
    form = ConsolidateForm(
        posted(request), places=places.order_by("pick_sequence", "name"), initial=start
    )
    return run_verb(site, request, form, verb)


def perform_together(form: forms.Form, request: Any, balance: Balance, what: str) -> str:
    target = form.cleaned_data["target"]
    posting = consolidate(
        actor=request.user,
        now=request.now,
        product_id=balance.product_id,
        lot_id=balance.lot_id,
        target_id=target.pk,
        reason=form.cleaned_data["reason"],
    )
    units = sum(one.quantity for one in posting.movements.all())
    return f"{units} units of {what} moved to {target.name}."
