# mypy: disable-error-code="type-arg, misc"
"""A WRO written in four steps. Its tables send themselves back: see `receiving.editors`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.views.decorators.http import require_GET

from merchants.errors import DomainError
from merchants.screens import add_refusal, posted
from receiving.editors import LinesEditor, find_products
from receiving.forms import BoxesForm, DetailsForm
from receiving.models import WRO
from receiving.packing import AnnouncedBox
from receiving.screens.base import (
    KEEPS,
    SEE,
    WRITE,
    WROScreens,
    button,
    no_draft,
    onward,
    to,
    typed,
)
from receiving.services import create_wro, submit_wro, update_wro
from receiving.services.lines import announced_lines


class DraftScreens(WROScreens):
    """A draft, step by step; any step can be gone back to."""

    def urls(self) -> list[URLPattern]:
        return [
            self._url("details", self.details, WRITE),
            self._url("products", self.products, WRITE),
            self._url("boxes", self.boxes, WRITE),
            self._url("review", self.review, WRITE),
            self._url("find-product", require_GET(self.find_product), SEE),
        ]

    def begin(self, request: Any) -> HttpResponse:
        """Step 1 of a new WRO."""
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        form = DetailsForm(posted(request))
        if form.is_bound and form.is_valid():
            try:
                wro = create_wro(
                    merchant=form.cleaned_data["merchant"],
                    fields=form.wro_fields(),
                    actor=request.user,
                    now=request.now,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return to("products", wro)
        return self._show(request, "details", "New WRO", None, form=form, step="details")

    def details(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 1 again."""
        if not wro.is_draft:
            return no_draft(request, wro)
        form = DetailsForm(posted(request), wro=wro)
        if form.is_bound and form.is_valid():
            try:
                update(request, wro, fields=form.wro_fields())
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return onward(request, "products", wro)
        return self._show(
            request, "details", f"{wro.number}: details", wro, form=form, step="details"
        )

    def products(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 2: products with their total units, and the lots of each."""
        if not wro.is_draft:
            return no_draft(request, wro)
        editor = LinesEditor.of(wro.merchant, announced_lines(wro).values())
        if request.method == "POST":
            editor = LinesEditor.typed(wro.merchant, typed(request))
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif (lines := editor.lines()) is not None:
                try:
                    update(request, wro, lines=lines)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    return onward(request, "boxes", wro)
        title = f"{wro.number}: products and lots"
        return self._show(request, "products", title, wro, editor=editor, step="products")

    def boxes(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 3: boxes and their tracking numbers."""
        if not wro.is_draft:
            return no_draft(request, wro)
        form = BoxesForm(posted(request), wro=wro)
        if form.is_bound and form.is_valid():
            try:
                update(request, wro, boxes=[AnnouncedBox(one) for one in form.in_order()])
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return onward(request, "review", wro)
        return self._show(request, "boxes", f"{wro.number}: boxes", wro, form=form, step="boxes")

    def review(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 4: all of it once more, and submission."""
        if not wro.is_draft:
            return no_draft(request, wro)
        refused = ""
        if request.method == "POST":
            try:
                submit_wro(wro_id=wro.pk, actor=request.user, now=request.now)
            except DomainError as refusal:
                refused = str(refusal)
            else:
                messages.success(request, f"{wro.number} is submitted: the warehouse expects it.")
                return to("change", wro)
        context = self._facts(request, wro) | {"refused": refused, "step": "review"}
        return self._show(request, "review", f"{wro.number}: review", wro, **context)

    def find_product(self, request: HttpRequest, wro: WRO) -> HttpResponse:
        """Products of the merchant for the search box, as JSON."""
        found = find_products(wro.merchant, request.GET.get("q", "").replace("\x00", ""))
        results = [
            {"id": one.pk, "sku": one.sku, "name": one.name, "is_lot_product": one.is_lot_product}
            for one in found
        ]
        return JsonResponse({"results": results})


def update(request: Any, wro: WRO, **parts: Any) -> WRO:
    named = {"fields": {}, **parts}
    return update_wro(wro_id=wro.pk, actor=request.user, now=request.now, **named)
