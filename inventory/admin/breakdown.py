"""Breaking down a product's units without a lot: a table that sums up to what stands there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.kinds import BINS
from inventory.models import Balance, Product, Warehouse
from inventory.queries.unlotted import standing_without_lot
from inventory.services.breakdown import Breakdown, Portion, break_down, preview_breakdown
from merchants.days import DayField
from merchants.errors import DomainError
from merchants.rows import (
    LARGEST,
    BaseRows,
    NamedControls,
    add_refusal_to,
    changes_rows,
    short,
    typed_rows,
    units,
)
from merchants.screens import posted, require

PERMISSION = "inventory.change_balance"
FIELDS = ["location", "lot_number", "expires_on", "quantity"]
MOST_LINES = 500
MOST_FILLED_IN = 50  # places that the table begins with; of more it begins empty


class BreakDownForm(forms.Form):
    """What holds for all lines."""

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(),
        required=False,
        empty_label="All warehouses",
        help_text="For lines without a location.",
    )
    reason = forms.CharField(
        max_length=500, required=False, help_text="Such as where the lots were read."
    )
    confirm_new = forms.BooleanField(required=False, label="They are different lots")
    refusal_fields = {"lot_looks_like": "confirm_new"}

    def asks(self) -> bool:
        """Whether numbers look alike, or were said not to: else there is nothing to tick."""
        return "confirm_new" in self.errors or "confirm_new" in self.data


class PortionForm(NamedControls):
    """Units of a lot, in one place or in the bins in pick order."""

    location = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Location"
    )
    lot_number = forms.CharField(
        max_length=64, required=False, label="Lot number", widget=short(autocomplete="off")
    )
    expires_on = DayField(label="Expiry")
    quantity = forms.IntegerField(min_value=1, max_value=LARGEST, label="Units", widget=units())

    def __init__(self, *args: Any, places: list[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].choices = places
        self.fields["quantity"].widget.attrs["data-part"] = "1"


Portions = forms.formset_factory(
    PortionForm, formset=BaseRows, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES
)


def break_down_page(model_admin: Any, request: Any, product_id: int) -> HttpResponse:
    """The stock without a lot, the table, and on demand what it would do."""
    require(request, PERMISSION)
    rows = model_admin.get_queryset(request).select_related("merchant")
    product = get_object_or_404(rows, pk=product_id)
    standing = list(standing_without_lot(product.pk))
    options = {"form_kwargs": {"places": places_of(standing)}}
    if changes_rows(request):
        typed = typed_rows(request.POST, FIELDS, MOST_LINES)
        form, lines = BreakDownForm(initial=request.POST.dict()), Portions(initial=typed, **options)
        return show(model_admin, request, product, standing, form, lines)
    data = posted(request)
    form = BreakDownForm(data)
    lines = Portions(data, initial=None if data else filled_in(standing), **options)
    plan = None
    if data is not None and all([form.is_valid(), lines.is_valid()]):
        try:
            plan = perform(request, product, form, lines)
        except DomainError as refusal:
            add_refusal_to(form, lines, refusal)
        else:
            if "preview" not in data:
                messages.success(request, told(product, plan))
                return HttpResponseRedirect(page_of(product))
    return show(model_admin, request, product, standing, form, lines, plan)


def places_of(standing: list[Balance]) -> list[tuple[Any, str]]:
    named = [(one.location_id, f"{one.location.name} · {one.warehouse.code}") for one in standing]
    return [("", "Bins, in pick order"), *named]


def filled_in(standing: list[Balance]) -> list[dict[str, Any]]:
    """A line for each bin, so that only its lot is to be typed."""
    bins = [one for one in standing if one.location_kind in BINS]
    if len(bins) > MOST_FILLED_IN:
        return []
    return [{"location": one.location_id, "quantity": one.on_hand} for one in bins]


def perform(request: Any, product: Product, form: BreakDownForm, lines: Any) -> Breakdown:
    warehouse = form.cleaned_data["warehouse"]
    portions = [
        Portion(
            product,
            row["quantity"],
            row["lot_number"],
            row["expires_on"],
            row["location"],
            warehouse.pk if warehouse else None,
        )
        for row in (line.cleaned_data for line in lines.filled())
    ]
    do = preview_breakdown if "preview" in request.POST else break_down
    return do(
        actor=request.user,
        now=request.now,
        portions=portions,
        reason=form.cleaned_data["reason"],
        confirm_new=form.cleaned_data["confirm_new"],
    )


def show(
    model_admin: Any,
    request: HttpRequest,
    product: Product,
    standing: list[Balance],
    form: BreakDownForm,
    lines: Any,
    plan: Breakdown | None = None,
) -> HttpResponse:
    if not form.asks():
        del form.fields["confirm_new"]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"Break down {product.sku}",
        "product": product,
        "standing": standing,
        "units": sum(one.on_hand for one in standing if one.location_kind in BINS),
        "form": form,
        "lines": lines,
        "plan": plan and [(one.shelf, plan.lots[one.lot_id], one.quantity) for one in plan.stamps],
        "released": plan.released if plan else 0,
    }
    return TemplateResponse(request, "inventory/break_down.html", context)


def page_of(product: Product) -> str:
    return reverse("admin:inventory_product_change", args=[product.pk])


def told(product: Product, done: Breakdown) -> str:
    stamped = sum(one.quantity for one in done.stamps)
    text = f"{stamped} units of {product.sku} have their lots now."
    if done.released:
        text += f" {done.released} promised units were planned anew."
    return text
