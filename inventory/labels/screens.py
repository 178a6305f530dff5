# mypy: disable-error-code="type-arg, misc, no-any-return, attr-defined"
"""The screen that prints a lot's labels: for one unit or a case, any number of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from inventory.gs1 import NotWritable, elements_of, human_readable
from inventory.gs1.writing import MOST_UNITS
from inventory.labels.answers import label_of, lots_pdf
from inventory.labels.pages import MOST_LABELS
from inventory.models import Lot
from merchants.screens import require

PERMISSION = "inventory.view_lot"


def urls(site: AdminSite) -> list[URLPattern]:
    """The page of this screen, for the admin site to put before its own."""

    def page(request: HttpRequest, lot_id: int) -> HttpResponse:
        require(request, PERMISSION)
        return label(request, site, lot_id)

    route = "inventory/lot/<int:lot_id>/label/"
    return [path(route, site.admin_view(page), name="inventory_lot_label")]


class LabelForm(forms.Form):
    """What is printed is told by the address, so that a label can be printed again by its link."""

    units = forms.IntegerField(
        label="Units in the case",
        min_value=1,
        max_value=MOST_UNITS,
        required=False,
        help_text="Leave it empty for the label of one unit.",
    )
    copies = forms.IntegerField(
        label="Number of labels", min_value=1, max_value=MOST_LABELS, initial=1
    )


def label(request: Any, site: AdminSite, lot_id: int) -> HttpResponse:
    """The form; asked with ``copies``, the PDF."""
    lots = Lot.objects.for_user(request.user).select_related("product", "merchant")
    lot = get_object_or_404(lots, pk=lot_id)
    form = LabelForm(request.GET if "copies" in request.GET else None)
    if form.is_valid():
        labels = [label_of(lot, units=form.cleaned_data["units"])] * form.cleaned_data["copies"]
        return lots_pdf(labels, title=f"{lot.product.sku} {lot}", now=request.now)
    context = {
        **site.each_context(request),
        "title": f"Label of {lot}",
        "opts": Lot._meta,
        "lot": lot,
        "form": form,
        **carried(lot, request.now.year),
    }
    return TemplateResponse(request, "inventory/lot_label.html", context)


def carried(lot: Lot, year: int) -> dict[str, str]:
    """What the codes will say, or why there are none of GS1."""
    try:
        elements = elements_of(
            barcode=lot.product.barcode,
            lot_number=lot.number,
            expires_on=lot.expires_on,
            units=None,
            year=year,
        )
    except NotWritable as reason:
        return {"reason": reason.message}
    return {"elements": human_readable(elements)}
