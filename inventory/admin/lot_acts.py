"""What is done with a lot besides its form: merged, given a number, given papers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from inventory.forms import search
from inventory.models import Lot, LotAttachment, Product
from inventory.services.lot_attachments import attach_to_lot
from inventory.services.lot_merges import (
    LONGEST_REASON,
    SOURCES,
    TARGETS,
    Wish,
    merge_lots,
    preview_merge,
)
from inventory.services.lot_numbers import Drawn, draw_lot_number
from merchants.days import DayField
from merchants.errors import DomainError, Malformed
from merchants.screens import Verb, add_refusal, posted, require, run_verb
from merchants.uploads import PAPERS, accepts, checked, handed_out

CHANGE = "inventory.change_lot"
ADD = "inventory.add_lot"
FLOOR = "inventory.change_balance"
ATTACH = "inventory.add_lotattachment"
READ = "inventory.view_lotattachment"
LOTS = ("Lots", "admin:inventory_lot_changelist")


class MergeForm(forms.Form):
    """Which lot the units are of."""

    target = search(Lot.objects.filter(merged_into=None), "lot", label="Into the lot")
    expiry = forms.ChoiceField(
        required=False,
        label="Expiry that stays",
        choices=[("", "They have the same"), (SOURCES, "This lot's"), (TARGETS, "The other lot's")],
    )
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)
    refusal_fields = {"expiry_differs": "expiry", "lot_on_hold": "target", "lot_inactive": "target",
                      "restrictions_differ": "target"}  # fmt: skip

    def wish(self, source: Lot) -> Wish:
        data = self.cleaned_data
        return Wish(source.pk, data["target"].pk, data["expiry"], data["reason"])


class PaperForm(forms.Form):
    """A paper and what it is."""

    kind = forms.ChoiceField(choices=LotAttachment.Kind.choices)
    file = forms.FileField(
        max_length=200,
        widget=forms.FileInput({"accept": accepts(PAPERS)}),
        help_text="A PDF or a picture.",
    )
    note = forms.CharField(required=False, max_length=500)

    def clean_file(self) -> Any:
        try:
            return checked(self.cleaned_data["file"], allowed=PAPERS)
        except Malformed as wrong:
            raise forms.ValidationError(wrong.message) from wrong


class DrawForm(forms.Form):
    """For what the next number is."""

    product = search(Product.objects.all(), "product")
    day = DayField(
        label="Date",
        help_text="The one that the number carries. Empty: today, where it means the manufacture.",
    )
    supplier = forms.CharField(
        required=False, max_length=16, label="Supplier's code", help_text="Empty: the format's."
    )
    line = forms.CharField(
        required=False, max_length=16, label="Production line", help_text="Empty: the format's."
    )


class LotActs:
    """The pages of these acts; mix in before `ModelAdmin`."""

    admin_site: admin.AdminSite

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("draw-number/", guard(self.draw), name="inventory_lot_draw"),
            path("<int:lot_id>/merge/", guard(self.merge), name="inventory_lot_merge"),
            path("<int:lot_id>/attach/", guard(self.attach), name="inventory_lot_attach"),
            path("papers/<int:paper_id>/", guard(self.paper), name="inventory_lot_paper"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def draw(self, request: Any) -> HttpResponse:
        """The next number by the product's format, then the form of the lot that gets it.

        Who works at the dock gets the number alone: to write on boxes that came without one.
        """
        if not request.user.has_perm(FLOOR):
            require(request, ADD)
        form = DrawForm(posted(request), initial=request.GET.dict())
        if form.is_bound and form.is_valid():
            data = form.cleaned_data
            try:
                drawn = draw_lot_number(
                    product=data["product"],
                    day=data["day"],
                    words={"SUPPLIER": data["supplier"], "LINE": data["line"]},
                    actor=request.user,
                    now=request.now,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, f"{drawn.number} is drawn: nobody else gets it.")
                may_add = request.user.has_perm(ADD)
                onward = form_of(data["product"], drawn) if may_add else request.get_full_path()
                return HttpResponseRedirect(onward)
        verb = Verb(
            title="Draw a lot number",
            submit="Draw the next number",
            explanation="The number is the next of the product's format, and is never given again.",
            links=[(LOTS[0], reverse(LOTS[1]))],
            perform=lambda *_: "",
        )
        context = {**self.admin_site.each_context(request), "title": verb.title}
        return TemplateResponse(request, verb.template, context | {"verb": verb, "form": form})

    def merge(self, request: Any, lot_id: int) -> HttpResponse:
        """Ask, show what it would do, then do it."""
        require(request, CHANGE)
        lot = get_object_or_404(Lot.objects.select_related("product", "merged_into"), pk=lot_id)
        form, merged = MergeForm(posted(request)), None
        if form.is_bound and form.is_valid():
            confirmed = "confirmed" in request.POST
            try:
                do = merge_lots if confirmed else preview_merge
                merged = do(wish=form.wish(lot), actor=request.user, now=request.now)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                if confirmed:
                    told = "1 unit is" if merged.quantity == 1 else f"{merged.quantity} units are"
                    messages.success(request, f"{told} now of {merged.target}; {lot} is its alias.")
                    return HttpResponseRedirect(page_of(merged.target))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge lot {lot}",
            "lot": lot,
            "form": form,
            "merged": merged,
            "back": page_of(lot),
        }
        return TemplateResponse(request, "inventory/lot_merge.html", context)

    def attach(self, request: Any, lot_id: int) -> HttpResponse:
        require(request, ATTACH)
        lot = get_object_or_404(Lot, pk=lot_id)

        def perform(form: Any, request: Any) -> str:
            data = form.cleaned_data
            made = attach_to_lot(
                lot_id=lot.pk,
                upload=data["file"],
                kind=data["kind"],
                note=data["note"],
                actor=request.user,
                now=request.now,
            )
            return f"{made.name} is kept with the lot."

        verb = Verb(
            title=f"Add a paper to lot {lot}",
            submit="Add",
            links=[(LOTS[0], reverse(LOTS[1])), (str(lot), page_of(lot))],
            perform=perform,
        )
        form = PaperForm(posted(request), request.FILES if request.method == "POST" else None)
        return run_verb(self.admin_site, request, form, verb)

    def paper(self, request: Any, paper_id: int) -> HttpResponse:
        """The file itself, for who may see it."""
        require(request, READ)
        rows = LotAttachment.objects.for_user(request.user)
        paper = get_object_or_404(rows, pk=paper_id)
        return handed_out(paper.file, name=paper.name, media_type=paper.media_type)


def form_of(product: Product, drawn: Drawn) -> str:
    """The form of the lot that gets a number, with what is known of it."""
    known = {"product": product.pk, "number": drawn.number}
    dates = {
        "manufactured_on": drawn.dates.manufactured_on,
        "expires_on": drawn.dates.expires_on,
    }
    known |= {name: str(day) for name, day in dates.items() if day}
    return f"{reverse('admin:inventory_lot_add')}?{urlencode(known)}"


def page_of(lot: Lot) -> str:
    return reverse("admin:inventory_lot_change", args=[lot.pk])
