"""The quarantine queue: open cases, oldest first, and the three ways to work them off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from inventory.admin.lots import days_left
from inventory.kinds import BINS
from inventory.models import Location, QuarantineCase
from inventory.queries import search
from inventory.queries.cases import bar_to_release, barred, bin_for_release, is_not_found
from inventory.querysets import QuarantineCaseQuerySet
from inventory.services.quarantine import (
    Decision,
    dispose_case,
    release_case,
    return_case_to_merchant,
)
from merchants.lists import QueueFilter
from merchants.screens import ReadOnlyAdmin, Verb, badge, number, posted, require, run_verb

CHANGE = "inventory.change_quarantinecase"
OLD_DAYS = 7


class StateFilter(QueueFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "Worked off"), ("all", "All")]

    def queryset(
        self, request: HttpRequest, queryset: QuarantineCaseQuerySet
    ) -> QuarantineCaseQuerySet:
        match self.value():
            case "all":
                return queryset
            case "closed":
                return queryset.filter(quantity=0)
        return queryset.open()


class ReleaseFilter(admin.SimpleListFilter):
    title = "back to stock"
    parameter_name = "release"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "May be released"), ("no", "May not be released")]

    def queryset(
        self, request: HttpRequest, queryset: QuarantineCaseQuerySet
    ) -> QuarantineCaseQuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(barred() if self.value() == "no" else ~barred())
        return queryset


class DecisionForm(forms.Form):
    """How many units, and why."""

    quantity = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Units")
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, case: QuarantineCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.fields["quantity"].initial = case.quantity
        self.fields["quantity"].help_text = f"Of {case.quantity} open units."

    refusal_fields = {"insufficient_stock": "quantity"}

    def decision(self) -> Decision:
        data = self.cleaned_data
        return Decision(self.case.pk, data["reason"], data["quantity"])


class ReleaseForm(DecisionForm):
    """And to which bin."""

    location = forms.CharField(max_length=64, label="Location")
    refusal_fields = {
        **DecisionForm.refusal_fields,
        "other_lot_in_location": "location",
        "wrong_location_kind": "location",
    }
    field_order = ["quantity", "location", "reason"]

    def __init__(self, *args: Any, case: QuarantineCase, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        suggestion = bin_for_release(case)
        self.fields["location"].initial = suggestion.name if suggestion else ""
        self.fields["location"].help_text = (
            f"{suggestion.name} {suggestion.why}."
            if suggestion
            else "No bin is free: name one that holds this lot, or a mixed one."
        )

    def clean_location(self) -> Location:
        name = self.cleaned_data["location"]
        rows = Location.objects.filter(warehouse_id=self.case.balance.warehouse_id, kind__in=BINS)
        location = rows.filter(name=name).first()
        if location is None:
            warehouse = self.case.balance.warehouse
            raise forms.ValidationError(
                f"{warehouse} has no storage location {name}.", code="unknown_location"
            )
        return location


class WayOff(NamedTuple):
    """A way to work off a case: its form and service, and what the page says about it."""

    url_name: str
    title: str
    submit: str
    explanation: str
    form: type[DecisionForm]
    service: Callable[..., QuarantineCase]
    done: str
    danger: bool = False
    permission: str = CHANGE


WAYS_OFF = {
    "release": WayOff(
        "admin:inventory_quarantinecase_release",
        "Release to stock",
        "Release to stock",
        "The units go back to a bin and are offered to backordered orders at once.",
        ReleaseForm,
        release_case,
        "went back to stock",
    ),
    "dispose": WayOff(
        "admin:inventory_quarantinecase_dispose",
        "Dispose",
        "Dispose of the units",
        "The units are destroyed. This cannot be undone.",
        DecisionForm,
        dispose_case,
        "{were} disposed of",
        danger=True,
    ),
    "return-to-merchant": WayOff(
        "admin:inventory_quarantinecase_return_to_merchant",
        "Return to the merchant",
        "Return to the merchant",
        "The units leave the house for their merchant.",
        DecisionForm,
        return_case_to_merchant,
        "went back to the merchant",
    ),
}

# What may become of units that a picker did not find.
WAYS_OFF_NOT_FOUND = {
    "release": WAYS_OFF["release"]._replace(
        title="Found again",
        submit="Put them back to stock",
        explanation="The units turned up: they go to a bin and are offered to backordered orders "
        "at once.",
    ),
    "dispose": WAYS_OFF["dispose"]._replace(
        title="Write off",
        submit="Write the units off",
        explanation="A count did not find the units either: they go off the books.",
        done="{were} written off",
        permission="inventory.add_posting",
    ),
}


@admin.register(QuarantineCase)
class QuarantineCaseAdmin(ReadOnlyAdmin):
    list_display = ["age", "product", "lot", "expiry", "units", "came_by", "why",
                    "merchant", "release"]  # fmt: skip
    list_filter = [StateFilter, ReleaseFilter, "source", "balance__warehouse", "merchant"]
    list_select_related = ["merchant", "product__merchant", "balance__lot", "balance__location",
                           "balance__warehouse"]  # fmt: skip
    list_per_page = 50
    search_fields = ["product__sku", "balance__lot__number", "reference", "reason"]
    search_help_text = "SKU, product name, document, reason, or how the lot number begins"
    ways = staticmethod(search.cases)
    ordering = ["opened_at", "id"]

    def get_queryset(self, request: Any) -> QuarantineCaseQuerySet:
        """With the time at which they are looked at."""
        rows: QuarantineCaseQuerySet = super().get_queryset(request)
        related = rows.select_related(*self.list_select_related)
        return related.annotate(seen_at=Value(request.now, DateTimeField()))

    @admin.display(description="Age", ordering="opened_at")
    def age(self, case: Any) -> str:
        return age(case)

    @admin.display(description="Why")
    def why(self, case: QuarantineCase) -> str:
        return case.reason

    @admin.display(description="Source", ordering="source")
    def came_by(self, case: QuarantineCase) -> str:
        return ", ".join(filter(None, [case.get_source_display(), case.reference]))

    @admin.display(description="Lot")
    def lot(self, case: QuarantineCase) -> str:
        return str(case.balance.lot or "Without a lot")

    @admin.display(description="Expiry", ordering="balance__expires_on")
    def expiry(self, case: Any) -> str:
        return expiry(case)

    @admin.display(description="Units", ordering="quantity")
    def units(self, case: QuarantineCase) -> str:
        return number(case.quantity)

    @admin.display(description="Back to stock")
    def release(self, case: QuarantineCase) -> str:
        return badge("bad", "Never") if bar_to_release(case) else badge("info", "Possible")

    def get_urls(self) -> list[Any]:
        def way_off(way: str) -> Any:
            view = self.admin_site.admin_view(partial(self.work_off, way=way))
            name = f"inventory_quarantinecase_{way.replace('-', '_')}"
            return path(f"<int:case_id>/{way}/", view, name=name)

        return [*map(way_off, WAYS_OFF), *super().get_urls()]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        case = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(case),
            "case": case,
            "age": age(case),
            "expiry": expiry(case),
            "bar": bar_to_release(case),
            "ways": [way for _, way in ways_off(case, request.user)] if case.quantity else [],
            "opts": self.opts,
        }
        return TemplateResponse(request, "inventory/quarantine_case.html", context)

    def work_off(self, request: Any, case_id: int, way: str) -> HttpResponse:
        require(request, CHANGE)
        case = get_object_or_404(self.get_queryset(request).open(), pk=case_id)
        off = dict(ways_off(case, request.user)).get(way)
        if off is None:
            raise Http404
        verb = Verb(
            title=f"{off.title}: {case.product.sku}",
            submit=off.submit,
            explanation=off.explanation,
            danger=off.danger,
            perform=lambda form, request: perform(off, form, request),
            links=[
                ("Quarantine", reverse("admin:inventory_quarantinecase_changelist")),
                (str(case), reverse("admin:inventory_quarantinecase_change", args=[case.pk])),
            ],
            template="inventory/quarantine_work_off.html",
            context={"case": case, "age": age(case), "expiry": expiry(case)},
        )
        return run_verb(self.admin_site, request, off.form(posted(request), case=case), verb)


def ways_off(case: QuarantineCase, user: Any) -> list[tuple[str, WayOff]]:
    """The ways that are open to a case and this person: a release only where it is allowed."""
    barred = bool(bar_to_release(case))
    ways = WAYS_OFF_NOT_FOUND if is_not_found(case) else WAYS_OFF
    return [
        (name, way)
        for name, way in ways.items()
        if user.has_perm(way.permission) and not (barred and name == "release")
    ]


def perform(off: WayOff, form: DecisionForm, request: Any) -> str:
    to = {"location_id": form.cleaned_data["location"].pk} if "location" in form.fields else {}
    off.service(actor=request.user, now=request.now, decision=form.decision(), **to)
    quantity = form.cleaned_data["quantity"]
    done = off.done.format(were="was" if quantity == 1 else "were")
    return f"{quantity} {'unit' if quantity == 1 else 'units'} {done}."


def age(case: Any) -> str:
    """Whole days in quarantine, coloured where it has been long."""
    days = (case.seen_at - case.opened_at).days
    words = "today" if days < 1 else "1 day" if days == 1 else f"{days} days"
    return badge("expiring" if days >= OLD_DAYS else "", words)


def expiry(case: Any) -> str:
    lot = case.balance.lot
    if lot is None:
        return "–"
    return days_left(lot.expires_on, lot.days_remaining(case.balance.warehouse.today(case.seen_at)))
