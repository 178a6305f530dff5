# mypy: disable-error-code="type-arg, misc"
"""WROs from a spreadsheet, and into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from inventory.spreadsheets.formats import FORMATS
from inventory.spreadsheets.resources import SheetResult
from inventory.spreadsheets.screens import Import, attachment, run_import
from receiving.forms import DetailsForm
from receiving.models import WRO
from receiving.resources import LineResource, sheet_lines
from receiving.screens.base import SEE, WRITE, no_draft
from receiving.services.boxes import announced_boxes
from receiving.services.drafts import UNIQUE, WROFields
from receiving.services.lines import announced_lines

EXPLANATION = (
    "One row for each lot of a lot product, which repeats the product's total units; one row for "
    "each other product. A row may name its box; what comes in several boxes has a row for each."
)


class NewDraftForm(DetailsForm):
    """Whose goods come where; the file says which."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, (_, called) in UNIQUE.items():
            same = WRO.objects.filter(merchant=data.get("merchant"), **{name: data.get(name)})
            if data.get(name) and same.exists():
                self.add_error(name, f"There is already a WRO with this {called}.")
        return data


@dataclass(frozen=True)
class Sheets:
    """The spreadsheet views of WROs on one admin site."""

    site: admin.AdminSite

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view
        return [
            path("import/", view(self.import_new), name="receiving_wro_import"),
            path(
                "<int:wro_id>/import/", view(self.import_lines), name="receiving_wro_import_lines"
            ),
            path(
                "<int:wro_id>/export/", view(self.export_lines), name="receiving_wro_export_lines"
            ),
        ]

    def import_new(self, request: Any) -> HttpResponse:
        """A new draft with the lines of a file."""
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        page = Import(
            title="Import a WRO",
            explanation=f"Makes a draft. {EXPLANATION}",
            links=[("WROs", reverse("admin:receiving_wro_changelist"))],
            resource=new_draft,
            sample=LineResource(),
            details_form=NewDraftForm,
            done=lambda resource, _: f"{resource.wro.number} is a draft with what the file says.",
            onward=lambda resource: page_of(resource.wro),
        )
        return run_import(self.site, request, page)

    def import_lines(self, request: Any, wro_id: int) -> HttpResponse:
        """The lines of a draft, replaced by those of a file."""
        wro = self._load(request, wro_id, WRITE)
        if not wro.is_draft:
            return no_draft(request, wro)
        page = Import(
            title=f"Import the lines of {wro.number}",
            explanation=f"{EXPLANATION} What the file does not name is taken out of the draft.",
            links=[
                ("WROs", reverse("admin:receiving_wro_changelist")),
                (wro.number, page_of(wro)),
            ],
            resource=lambda _, request: LineResource(request.user, request.now, wro=wro),
            sample=LineResource(),
            done=lambda _, result: said(wro, result),
            onward=lambda _: page_of(wro),
        )
        return run_import(self.site, request, page)

    def export_lines(self, request: Any, wro_id: int) -> HttpResponse:
        """`?format=xlsx` or `csv`."""
        wro = self._load(request, wro_id, SEE)
        kind = request.GET.get("format", "xlsx")
        if kind not in FORMATS:
            raise Http404
        dataset = LineResource().export(
            list(sheet_lines(announced_lines(wro).values(), announced_boxes(wro)))
        )
        return attachment(FORMATS[kind]().export_data(dataset), kind, f"{wro.number}.{kind}")

    def _load(self, request: Any, wro_id: int, permission: str) -> WRO:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        rows = WRO.objects.for_user(request.user).select_related("merchant", "warehouse")
        wro: WRO = get_object_or_404(rows, pk=wro_id)
        return wro


def new_draft(details: dict[str, Any], request: Any) -> LineResource:
    fields: WROFields = {
        "reference": details["reference"],
        "purchase_order_number": details["purchase_order_number"],
        "warehouse": details["warehouse"],
        "package_type": details["package_type"],
        "expected_arrival_on": details["expected_arrival_on"],
    }
    return LineResource(request.user, request.now, merchant=details["merchant"], fields=fields)


def page_of(wro: WRO) -> str:
    return reverse("admin:receiving_wro_change", args=[wro.pk])


def said(wro: WRO, result: SheetResult) -> str:
    counts = result.counts
    return (
        f"{wro.number} has the lines of the file: {counts['new']} new, {counts['update']} changed, "
        f"{counts['delete']} taken out, {counts['skip']} as they were."
    )
