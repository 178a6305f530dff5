# mypy: disable-error-code="type-arg, misc"
"""The screens of receiving: a WRO written in four steps, its page, and the verbs on the floor.

Each is permission, form, service, message. Tables send themselves back for one more row; see
``receiving.editors``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from inventory.putaway import Suggestion, suggest_bins
from inventory.queries.bins import bins_for
from merchants.errors import DomainError
from merchants.screens import Verb, add_refusal, posted, run_verb
from receiving.editors import LinesEditor, ReceiptEditor, StowEditor, find_products
from receiving.forms import BoxesForm, ConfirmForm, DetailsForm
from receiving.models import WRO
from receiving.queries import Row, rows_of, totals_of
from receiving.services import (
    arrive_wro,
    cancel_wro,
    complete_wro,
    create_wro,
    receive,
    stow,
    submit_wro,
    update_wro,
)
from receiving.services.drafts import announced_lines
from receiving.services.receipt import tolerance

WRITE = "receiving.add_wro"
WORK = "receiving.change_wro"
SEE = "receiving.view_wro"
STEPS = (
    ("details", "Who and where"),
    ("products", "Products and lots"),
    ("boxes", "Boxes"),
    ("review", "Review and submit"),
)
KEEPS = ("next", "save")  # every other button only changes the table


@dataclass(frozen=True)
class Screens:
    """The views of WROs on one admin site."""

    site: admin.AdminSite

    def urls(self) -> list[URLPattern]:
        return [
            self._url("details", self.details, WRITE),
            self._url("products", self.products, WRITE),
            self._url("boxes", self.boxes, WRITE),
            self._url("review", self.review, WRITE),
            self._url("find-product", require_GET(self.find_product), SEE),
            self._url("arrive", require_POST(self.arrive), WORK),
            self._url("receive", self.receive, WORK),
            self._url("stow", self.stow, WORK),
            self._url("complete", self.complete, WORK),
            self._url("cancel", self.cancel, WORK),
        ]

    def _url(self, name: str, view: Callable[..., HttpResponse], permission: str) -> URLPattern:
        def screen(request: HttpRequest, wro_id: int) -> HttpResponse:
            return view(request, self._load(request, wro_id, permission))

        route = f"<int:wro_id>/{name}/"
        named = f"receiving_wro_{name.replace('-', '_')}"
        return path(route, self.site.admin_view(screen), name=named)

    def _load(self, request: Any, wro_id: int, permission: str) -> WRO:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        rows = WRO.objects.for_user(request.user).select_related("merchant", "warehouse")
        return get_object_or_404(rows, pk=wro_id)

    def _show(
        self, request: HttpRequest, template: str, title: str, wro: WRO | None, **context: Any
    ) -> HttpResponse:
        shared = {"title": title, "wro": wro, "opts": WRO._meta, "steps": STEPS}
        everything = {**self.site.each_context(request), **shared, **context}
        return TemplateResponse(request, f"receiving/{template}.html", everything)

    # A draft, step by step ------------------------------------------------------------------------

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
                update(request, wro, tracking_numbers=form.in_order())
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

    # The page and the verbs -----------------------------------------------------------------------

    def page(self, request: Any, wro_id: int) -> HttpResponse:
        """All that is known of a WRO, and what can be done with it now."""
        wro = self._load(request, wro_id, SEE)
        context = self._facts(request, wro) | {
            "discrepancies": wro.discrepancies.select_related("product", "lot"),
            "may_write": request.user.has_perm(WRITE),
            "may_work": request.user.has_perm(WORK),
        }
        return self._show(request, "wro", wro.number, wro, **context)

    def _facts(self, request: Any, wro: WRO) -> dict[str, Any]:
        rows = rows_of(wro, request.now)
        return {"rows": rows, "totals": totals_of(rows), "boxes": list(wro.boxes.all())}

    def find_product(self, request: HttpRequest, wro: WRO) -> HttpResponse:
        """Products of the merchant for the search box, as JSON."""
        found = find_products(wro.merchant, request.GET.get("q", "").replace("\x00", ""))
        results = [
            {"id": one.pk, "sku": one.sku, "name": one.name, "is_lot_product": one.is_lot_product}
            for one in found
        ]
        return JsonResponse({"results": results})

    def arrive(self, request: Any, wro: WRO) -> HttpResponse:
        try:
            arrive_wro(wro_id=wro.pk, actor=request.user, now=request.now)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{wro.number} has arrived: count what it brought.")
        return to("change", wro)

    def receive(self, request: Any, wro: WRO) -> HttpResponse:
        """The count, filled in with what is still expected."""
        if wro.status not in (WRO.Status.ARRIVED, WRO.Status.PROCESSING):
            return not_now(request, wro, "received")
        rows = rows_of(wro, request.now)
        editor = ReceiptEditor(wro.merchant, rows)
        if request.method == "POST":
            editor = ReceiptEditor.typed(wro.merchant, rows, typed(request))
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif (counts := editor.counts()) is not None:
                try:
                    receive(wro_id=wro.pk, counts=counts, actor=request.user, now=request.now)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    units = sum(count.quantity for count in counts)
                    messages.success(request, f"{units} units of {wro.number} are received.")
                    return to("change", wro)
        context = {"editor": editor, "products": listed(rows), "tolerance": tolerance()}
        return self._show(request, "receive", f"Receive {wro.number}", wro, **context)

    def stow(self, request: Any, wro: WRO) -> HttpResponse:
        """From the dock into bins, filled in with the bins that are suggested."""
        if wro.status != WRO.Status.PROCESSING:
            return not_now(request, wro, "stowed")
        rows = rows_of(wro, request.now)
        suggestions = suggested(rows, wro)
        editor = StowEditor(rows, suggestions)
        if request.method == "POST":
            editor = StowEditor.typed(rows, suggestions, typed(request))
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif (lines := editor.lines()) is not None:
                try:
                    stow(wro_id=wro.pk, lines=lines, actor=request.user, now=request.now)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    units = sum(line.quantity for line in lines)
                    messages.success(request, f"{units} units of {wro.number} are stowed.")
                    return to("change", wro)
        return self._show(request, "stow", f"Stow {wro.number}", wro, editor=editor)

    def complete(self, request: Any, wro: WRO) -> HttpResponse:
        """Asks first, and says what is short."""
        rows = rows_of(wro, request.now)
        totals = totals_of(rows)
        if wro.status not in (WRO.Status.ARRIVED, WRO.Status.PROCESSING):
            return not_now(request, wro, "completed")
        verb = Verb(
            title=f"Complete {wro.number}",
            submit="Complete it short" if totals.missing else "Complete",
            perform=lambda _form, request: completed(request, wro),
            links=links(wro),
            explanation=explained(wro, totals.missing, totals.at_dock),
            danger=bool(totals.missing or totals.at_dock),
            template="receiving/complete.html",
            context={"short": [row for row in rows if row.missing], "opts": WRO._meta},
        )
        return run_verb(self.site, request, ConfirmForm(posted(request)), verb)

    def cancel(self, request: Any, wro: WRO) -> HttpResponse:
        if wro.status not in (WRO.Status.DRAFT, WRO.Status.AWAITING):
            return not_now(request, wro, "cancelled")
        expects = "" if wro.is_draft else " The warehouse will no longer expect its units."
        verb = Verb(
            title=f"Cancel {wro.number}",
            submit="Yes, cancel this WRO",
            perform=lambda _form, request: cancelled(request, wro),
            links=links(wro),
            explanation=f"{wro.number} will be called off for good.{expects}",
            danger=True,
            context={"opts": WRO._meta},
        )
        return run_verb(self.site, request, ConfirmForm(posted(request)), verb)


def to(name: str, wro: WRO) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:receiving_wro_{name}", args=[wro.pk]))


def onward(request: Any, step: str, wro: WRO) -> HttpResponse:
    """To the next step, or to the draft's page where the rest is to be done later."""
    if button(request) == "save":
        messages.success(request, f"{wro.number} is saved as a draft.")
        return to("change", wro)
    return to(step, wro)


def no_draft(request: Any, wro: WRO) -> HttpResponse:
    return not_now(request, wro, "changed")


def not_now(request: Any, wro: WRO, what: str) -> HttpResponse:
    status = wro.get_status_display().lower()
    messages.error(request, f"{wro.number} is {status}: it cannot be {what} now.")
    return to("change", wro)


def button(request: Any) -> str:
    return str(request.POST.get("do", "next"))


def typed(request: Any) -> dict[str, str]:
    """What was sent, without the one character that no database takes."""
    return {name: value.replace("\x00", "") for name, value in request.POST.items()}


def update(request: Any, wro: WRO, **parts: Any) -> WRO:
    named = {"fields": {}, **parts}
    return update_wro(wro_id=wro.pk, actor=request.user, now=request.now, **named)


def links(wro: WRO) -> list[tuple[str, str]]:
    return [
        ("WROs", reverse("admin:receiving_wro_changelist")),
        (wro.number, reverse("admin:receiving_wro_change", args=[wro.pk])),
    ]


def listed(rows: list[Row]) -> list[Any]:
    """The announced products, once each."""
    return list({row.product.pk: row.product for row in rows}.values())


def suggested(rows: list[Row], wro: WRO) -> dict[int, Suggestion | None]:
    """A bin for each lot at the dock, by its supply."""
    waiting = [row for row in rows if row.at_dock and row.supply_id]
    wanted = [(row.product.pk, row.lot.pk if row.lot else None) for row in waiting]
    found = suggest_bins(bins_for(wanted, wro.warehouse_id), wanted)
    return {row.supply_id: one for row, one in zip(waiting, found, strict=True) if row.supply_id}


def explained(wro: WRO, missing: int, at_dock: int) -> str:
    if at_dock:
        return f"{at_dock} units still wait at the dock: stow them first."
    if missing:
        return (
            f"{missing} units never came. Completing ends what is still incoming of "
            f"{wro.number} and opens a discrepancy for each lot that is short."
        )
    return f"All units of {wro.number} are received and stowed. Nothing more is expected of it."


def completed(request: Any, wro: WRO) -> str:
    wro = complete_wro(wro_id=wro.pk, actor=request.user, now=request.now)
    return f"{wro.number} is completed{', with units missing' if wro.completed_short else ''}."


def cancelled(request: Any, wro: WRO) -> str:
    cancel_wro(wro_id=wro.pk, actor=request.user, now=request.now)
    return f"{wro.number} is cancelled."
