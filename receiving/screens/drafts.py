# mypy: disable-error-code="type-arg, misc"
"""A WRO written in four steps. Its tables send themselves back: see `receiving.editors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.views.decorators.http import require_GET

from merchants.errors import DomainError
from merchants.screens import Verb, add_refusal, posted, run_verb
from receiving.editors import BoxesEditor, LinesEditor, find_products
from receiving.forms import CopyForm, DetailsForm
from receiving.models import MOST_BOXES, WRO
from receiving.packing import AnnouncedBox, announced_units, unpacked
from receiving.screens.base import (
    KEEPS,
    SEE,
    WRITE,
    WROScreens,
    button,
    links,
    no_draft,
    onward,
    to,
    typed,
)
from receiving.services import copy_wro, create_wro, submit_wro, update_wro
from receiving.services.boxes import announced_boxes
from receiving.services.lines import announced_lines
from receiving.unfinished import MOST_TOLD, first_step, missing_of


class DraftScreens(WROScreens):
    """A draft, step by step; any step can be gone back to."""

    def urls(self) -> list[URLPattern]:
        return [
            self._url("details", self.details, WRITE),
            self._url("products", self.products, WRITE),
            self._url("boxes", self.boxes, WRITE),
            self._url("review", self.review, WRITE),
            self._url("continue", require_GET(self.go_on), WRITE),
            self._url("copy", self.copy, WRITE),
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
                before = announced_boxes(wro)
                try:
                    update(request, wro, lines=lines)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    warn_of_unpacked(request, before, announced_boxes(wro))
                    return onward(request, "boxes", wro)
        title = f"{wro.number}: products and lots"
        return self._show(request, "products", title, wro, editor=editor, step="products")

    def boxes(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 3: boxes, their tracking numbers, and what is in each."""
        if not wro.is_draft:
            return no_draft(request, wro)
        wanted = announced_units(announced_lines(wro).values())
        standing = announced_boxes(wro)
        editor = BoxesEditor.of(wanted, standing)
        if request.method == "POST":
            editor = BoxesEditor.typed(wanted, typed(request), standing)
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif (boxes := editor.boxes()) is not None:
                try:
                    update(request, wro, boxes=boxes)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    return onward(request, "review", wro)
        context = {"editor": editor, "most_boxes": MOST_BOXES, "step": "boxes"}
        return self._show(request, "boxes", f"{wro.number}: boxes", wro, **context)

    def review(self, request: Any, wro: WRO) -> HttpResponse:
        """Step 4: all of it once more, and submission."""
        if not wro.is_draft:
            return no_draft(request, wro)
        refused, asks = "", False
        if request.method == "POST":
            confirmed = "confirm_new" in request.POST
            try:
                submit_wro(
                    wro_id=wro.pk, confirm_new=confirmed, actor=request.user, now=request.now
                )
            except DomainError as refusal:
                refused, asks = str(refusal), refusal.code == "lot_looks_like"
            else:
                messages.success(request, f"{wro.number} is submitted: the warehouse expects it.")
                return to("change", wro)
        context = self._facts(request, wro) | {
            "refused": refused,
            "asks_about_lots": asks,
            "missing": missing_of(wro),
            "step": "review",
        }
        return self._show(request, "review", f"{wro.number}: review", wro, **context)

    def go_on(self, request: Any, wro: WRO) -> HttpResponse:
        """To the first step of a draft that is not finished."""
        return to(first_step(missing_of(wro)), wro) if wro.is_draft else to("change", wro)

    def copy(self, request: Any, wro: WRO) -> HttpResponse:
        """A new draft after the model of this WRO, of any status."""
        copies: list[WRO] = []

        def perform(form: Any, request: Any) -> str:
            asked = {"wro_id": wro.pk, "with_lots": form.cleaned_data["with_lots"]}
            copies.append(copy_wro(**asked, actor=request.user, now=request.now))
            return f"{copies[0].number} is a draft after the model of {wro.number}."

        verb = Verb(
            title=f"Copy {wro.number}",
            submit="Begin the draft",
            perform=perform,
            links=links(wro),
            explanation="A new draft with the same merchant, warehouse, products and units, and as "
            "many boxes. References, expected arrival and tracking numbers stay blank.",
        )
        answer = run_verb(self.site, request, CopyForm(posted(request)), verb)
        return to("details", copies[0]) if copies else answer

    def find_product(self, request: HttpRequest, wro: WRO) -> HttpResponse:
        """Products of the merchant for the search box, as JSON."""
        found = find_products(wro.merchant, request.GET.get("q", "").replace("\x00", ""))
        results = [
            {"id": one.pk, "sku": one.sku, "name": one.name, "is_lot_product": one.is_lot_product}
            for one in found
        ]
        return JsonResponse({"results": results})


def warn_of_unpacked(
    request: Any, before: Sequence[AnnouncedBox], after: Sequence[AnnouncedBox]
) -> None:
    """Name what is in no box any more because it is no longer announced."""
    if lost := list(unpacked(before, after)):
        told = "; ".join(lost[:MOST_TOLD])
        more = f"; and {len(lost) - MOST_TOLD} more" if len(lost) > MOST_TOLD else ""
        messages.warning(request, f"Taken out, for it is no longer announced: {told}{more}.")


def update(request: Any, wro: WRO, **parts: Any) -> WRO:
    named = {"fields": {}, **parts}
    return update_wro(wro_id=wro.pk, actor=request.user, now=request.now, **named)
