"""Requests to dispose of lots or to send them back: a queue, and the page that carries one out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from inventory.admin.lots import days_left
from inventory.forms import search
from inventory.models import DisposalAction, DisposalRequest, DisposalStatus, Lot
from inventory.queries.disposals import for_list, to_take
from inventory.queries.lot_list import for_list as lots_for_list
from inventory.querysets import ScopedQuerySet
from inventory.services.disposals import (
    Take,
    cancel_disposal,
    carry_out_disposal,
    refuse_disposal,
    request_disposal,
)
from merchants.lists import QueueFilter
from merchants.models import User
from merchants.rows import LARGEST, units
from merchants.screens import (
    ServiceAdmin,
    ServiceForm,
    Verb,
    badge,
    number,
    posted,
    require,
    run_verb,
)

CHANGE = "inventory.change_disposalrequest"
ADD = "inventory.add_disposalrequest"
BADGES = {
    DisposalStatus.REQUESTED: "warn",
    DisposalStatus.DONE: "shipped",
    DisposalStatus.REFUSED: "bad",
    DisposalStatus.CANCELLED: "cancelled",
}


class StateFilter(QueueFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ended = [one for one in DisposalStatus.choices if one[0] != DisposalStatus.REQUESTED]
        return [*ended, ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: ScopedQuerySet) -> ScopedQuerySet:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or DisposalStatus.REQUESTED)


class DisposalForm(ServiceForm):
    """What is to become of how many units of a lot."""

    lot = search(Lot.objects.all(), "lot")
    quantity = forms.IntegerField(
        min_value=1, max_value=LARGEST, required=False, label="Units", help_text="Empty: all."
    )
    refusal_fields = {"insufficient_stock": "quantity", "already_requested": "quantity"}

    class Meta:
        model = DisposalRequest
        fields = ["lot", "action", "quantity", "reason"]

    def perform(self, *, actor: User, now: Any) -> DisposalRequest:
        return request_disposal(actor=actor, now=now, **self.cleaned_data)


class TakeForm(forms.Form):
    """Units to be taken from each place where the lot stands, filled in with what is asked for."""

    note = forms.CharField(
        max_length=500, required=False, help_text="Such as who took them, or by which truck."
    )
    refusal_fields: dict[str, str] = {}

    def __init__(self, *args: Any, made: DisposalRequest, places: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        suggested = suggest(places, made.missing)
        for place in places:
            label = f"Units from {place.location.name}"
            self.fields[name_of(place)] = forms.IntegerField(
                min_value=0,
                max_value=place.free_to_take,
                required=False,
                label=label,
                initial=suggested[place.pk],
                widget=units(),
            )
            self.fields[name_of(place)].widget.attrs["aria-label"] = label

    def rows(self) -> list[tuple[Any, Any]]:
        return [(place, self[name_of(place)]) for place in self.places]

    def takes(self) -> list[Take]:
        typed = [(place, self.cleaned_data.get(name_of(place))) for place in self.places]
        return [Take(place.location_id, quantity) for place, quantity in typed if quantity]


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


def name_of(place: Any) -> str:
    return f"take-{place.pk}"


def suggest(places: list[Any], missing: int | None) -> dict[int, int]:
    """Units to take by balance: unpromised ones first; all where no number was asked for."""
    if missing is None:
        return {place.pk: place.free_to_take for place in places}
    suggested: dict[int, int] = {}
    for place in places:
        suggested[place.pk] = max(0, min(missing, place.free_to_take, place.unpromised))
        missing -= suggested[place.pk]
    for place in places:
        more = min(missing, place.free_to_take - suggested[place.pk])
        suggested[place.pk] += more
        missing -= more
    return suggested


@admin.register(DisposalRequest)
class DisposalRequestAdmin(ServiceAdmin):
    form = DisposalForm
    list_display = ["name", "product", "lot", "what", "asked", "carried_out", "why", "merchant",
                    "since", "state"]  # fmt: skip
    list_filter = [StateFilter, "action", "merchant"]
    list_per_page = 50
    search_fields = ["product__sku", "product__name", "lot__number", "reason"]
    search_help_text = "SKU, product name, lot number or reason"
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> ScopedQuerySet:
        return for_list(super().get_queryset(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Request", ordering="id")
    def name(self, made: DisposalRequest) -> str:
        return made.number

    @admin.display(description="What", ordering="action")
    def what(self, made: DisposalRequest) -> str:
        return made.get_action_display()

    @admin.display(description="Units", ordering="quantity")
    def asked(self, made: DisposalRequest) -> str:
        return number("All" if made.quantity is None else made.quantity)

    @admin.display(description="Done", ordering="done")
    def carried_out(self, made: DisposalRequest) -> str:
        return number(made.done)

    @admin.display(description="Why")
    def why(self, made: DisposalRequest) -> str:
        return made.reason

    @admin.display(description="Requested", ordering="requested_at")
    def since(self, made: DisposalRequest) -> Any:
        return made.requested_at

    @admin.display(description="State", ordering="status")
    def state(self, made: DisposalRequest) -> str:
        return state(made)

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("<int:pk>/refuse/", guard(self.refuse), name="inventory_disposalrequest_refuse"),
            path("<int:pk>/cancel/", guard(self.cancel), name="inventory_disposalrequest_cancel"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What is asked, and, while it is open, where the units stand and how many to take."""
        made = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, made):
            raise PermissionDenied
        if made is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        may_change = made.is_open and request.user.has_perm(CHANGE)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        places = list(to_take(made.lot)) if made.is_open else []
        form = TakeForm(posted(request), made=made, places=places)
        lot = lots_for_list(Lot.objects.filter(pk=made.lot_id), request.now).get()
        verb = Verb(
            title=made.number,
            submit=f"{made.get_action_display()}: take the units out",
            danger=True,
            perform=lambda form, request: perform(made, form, request),
            links=[
                ("Disposal requests", reverse("admin:inventory_disposalrequest_changelist")),
                *([(made.number, page_of(made))] if request.method == "POST" else []),
            ],
            template="inventory/disposal.html",
            context={
                "made": made,
                "state": state(made),
                "expiry": days_left(lot.expires_on, lot.days_remaining(lot.today)),
                "places": places,
                "promised": sum(place.committed for place in places),
                "may_change": may_change,
                "may_cancel": made.is_open and request.user.has_perm(ADD),
            },
        )
        return run_verb(self.admin_site, request, form, verb)

    def refuse(self, request: Any, pk: int) -> HttpResponse:
        made = self.open_request(request, pk, CHANGE)
        rest = " the rest of" if made.done else ""
        verb = Verb(
            title=f"Refuse {made.number}",
            submit="Refuse",
            explanation=f"Nothing of{rest} the request will be carried out. The merchant is told "
            "why.",
            danger=True,
            perform=lambda form, request: refuse(made, form, request),
            links=links_to(made),
        )
        return run_verb(self.admin_site, request, ReasonForm(posted(request)), verb)

    def cancel(self, request: Any, pk: int) -> HttpResponse:
        made = self.open_request(request, pk, ADD)
        verb = Verb(
            title=f"Cancel {made.number}",
            submit="Cancel the request",
            explanation="For the merchant who takes it back. What was carried out stays so.",
            perform=lambda _, request: cancel(made, request),
            links=links_to(made),
        )
        return run_verb(self.admin_site, request, forms.Form(posted(request)), verb)

    def open_request(self, request: Any, pk: int, permission: str) -> DisposalRequest:
        require(request, permission)
        rows = self.get_queryset(request).filter(status=DisposalStatus.REQUESTED)
        made: DisposalRequest = get_object_or_404(rows, pk=pk)
        return made


def page_of(made: DisposalRequest) -> str:
    return reverse("admin:inventory_disposalrequest_change", args=[made.pk])


def links_to(made: DisposalRequest) -> list[tuple[str, str]]:
    requests = reverse("admin:inventory_disposalrequest_changelist")
    return [("Disposal requests", requests), (made.number, page_of(made))]


def state(made: DisposalRequest) -> str:
    if made.is_open and made.done:
        return badge("warn", "Partly done")
    return badge(BADGES[DisposalStatus(made.status)], made.get_status_display())


def perform(made: DisposalRequest, form: TakeForm, request: Any) -> str:
    takes = form.takes()
    done = carry_out_disposal(
        actor=request.user,
        now=request.now,
        request_id=made.pk,
        takes=takes,
        note=form.cleaned_data["note"],
    )
    quantity = sum(one.quantity for one in takes)
    were = "1 unit was" if quantity == 1 else f"{quantity} units were"
    what = "disposed of"
    if made.action == DisposalAction.RETURN_TO_MERCHANT:
        what = "returned to the merchant"
    return f"{were} {what}. {done.number} is " + ("still open." if done.is_open else "done.")


def refuse(made: DisposalRequest, form: ReasonForm, request: Any) -> str:
    reason = form.cleaned_data["reason"]
    refuse_disposal(actor=request.user, now=request.now, request_id=made.pk, reason=reason)
    return f"{made.number} is refused."


def cancel(made: DisposalRequest, request: Any) -> str:
    cancel_disposal(actor=request.user, now=request.now, request_id=made.pk)
    return f"{made.number} is cancelled."
