# mypy: disable-error-code="type-arg, misc"
"""Unidentified deliveries: their list, their page, and what may become of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Q, Value
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from merchants.ids import is_id
from merchants.screens import ReadOnlyAdmin, Verb, badge, number, posted, run_verb
from receiving.discrepancy_forms import (
    LinkForm,
    PhotoForm,
    ReceiveDeliveryForm,
    RecordForm,
    WhyForm,
)
from receiving.errors import ReceivedMeanwhile
from receiving.models import UnidentifiedDelivery
from receiving.queries import with_open_discrepancies
from receiving.querysets import DeliveryQuerySet
from receiving.screens.discrepancies import counted, deadline, in_words, photographed
from receiving.services import (
    close_delivery,
    link_delivery,
    receive_delivery,
    record_delivery,
)

ADD = "receiving.add_unidentifieddelivery"
CHANGE = "receiving.change_unidentifieddelivery"
Status = UnidentifiedDelivery.Status
STATES = {Status.RECORDED: "info", Status.RECEIVED: "warn", Status.LINKED: "good"}
CLOSING = {"return-to-merchant": (Status.RETURNED, "Sent back unopened"),
           "dispose": (Status.DISPOSED, "Disposed of unopened")}  # fmt: skip


def ways_to_delivery(words: str) -> list[Q]:
    """By its number, or by how the tracking number or the carrier begins."""
    ways = [Q(tracking_number__istartswith=words), Q(carrier__istartswith=words)]
    digits = words.upper().removeprefix("URO-")
    return [*ways, Q(pk=int(digits))] if is_id(digits) else ways


@admin.register(UnidentifiedDelivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["delivery", "state", "age", "deadline", "merchant", "warehouse", "carrier",
                    "tracking_number", "number_of_boxes", "open_discrepancies"]  # fmt: skip
    list_filter = ["status", "warehouse", "merchant"]
    list_select_related = ["merchant", "warehouse", "wro"]
    list_per_page = 50
    search_fields = ["tracking_number"]  # shows the box; `ways` search
    search_help_text = "URO number, or how the tracking number or the carrier begins"
    ways = staticmethod(ways_to_delivery)
    ordering = ["-id"]

    def get_queryset(self, request: Any) -> DeliveryQuerySet:
        """With the time at which they are looked at."""
        rows = with_open_discrepancies(super().get_queryset(request))
        related = rows.select_related(*self.list_select_related)
        return related.annotate(seen_at=Value(request.now, DateTimeField()))

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.has_perm(ADD))

    @admin.display(description="Number", ordering="id")
    def delivery(self, one: UnidentifiedDelivery) -> str:
        return one.number

    @admin.display(description="State", ordering="status")
    def state(self, one: UnidentifiedDelivery) -> str:
        return badge(STATES.get(Status(one.status), ""), one.get_status_display())

    @admin.display(description="Age", ordering="recorded_at")
    def age(self, one: Any) -> str:
        return in_words(one.seen_at - one.recorded_at)

    @admin.display(description="Deadline", ordering="due_at")
    def deadline(self, one: Any) -> str:
        return deadline(one, one.seen_at) if one.status == Status.RECORDED else "–"

    @admin.display(description="Boxes", ordering="boxes")
    def number_of_boxes(self, one: UnidentifiedDelivery) -> str:
        return number(one.boxes)

    @admin.display(description="Open")
    def open_discrepancies(self, one: Any) -> str:
        return number(one.open_discrepancies)

    def get_urls(self) -> list[Any]:
        def of_row(way: str, view: Any) -> Any:
            name = f"receiving_unidentifieddelivery_{way.replace('-', '_')}"
            return path(f"<int:pk>/{way}/", self.admin_site.admin_view(view), name=name)

        return [
            of_row("receive", self.receive),
            of_row("link", self.link),
            of_row("add-photo", self.take_photo),
            *(of_row(way, partial(self.close, way=way)) for way in CLOSING),
            *super().get_urls(),
        ]

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        verb = Verb(
            title="Boxes without a WRO",
            submit="Record them",
            explanation="They get a URO number to be written on them. Their units are received to "
            "quarantine once it is known whose they are.",
            perform=recorded,
            links=self._links(),
            context={"opts": self.opts},
        )
        return run_verb(self.admin_site, request, RecordForm(posted(request)), verb)

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        one = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, one):
            raise PermissionDenied
        if one is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": one.number,
            "one": one,
            "state": self.state(one),
            "age": in_words(one.seen_at - one.recorded_at),
            "deadline": self.deadline(one),
            "may_change": request.user.has_perm(CHANGE),
            "photos": one.photos.all(),
            "discrepancies": one.discrepancies.select_related("product"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "receiving/delivery.html", context)

    def receive(self, request: Any, pk: int) -> HttpResponse:
        one = self._row(request, pk, Status.RECORDED, Status.RECEIVED)
        verb = self._verb(
            one,
            title=f"Receive units of {one.number}",
            submit="Receive to quarantine",
            explanation="One product and lot at a time. They stand in quarantine, with a "
            "discrepancy, until somebody decides or the delivery is linked to a WRO.",
            perform=partial(received, one),
        )
        form = ReceiveDeliveryForm(posted(request), delivery=one)
        return run_verb(self.admin_site, request, form, verb)

    def link(self, request: Any, pk: int) -> HttpResponse:
        one = self._row(request, pk, Status.RECEIVED)
        verb = self._verb(
            one,
            title=f"Link {one.number} to a WRO",
            submit="Link them",
            explanation="What the WRO still expects of these units goes to the dock and counts as "
            "received. The rest stays in quarantine, with its discrepancies.",
            perform=partial(linked, one),
        )
        form = LinkForm(posted(request), delivery=one)
        return run_verb(self.admin_site, request, form, verb)

    def close(self, request: Any, pk: int, way: str) -> HttpResponse:
        one = self._row(request, pk, Status.RECORDED)
        outcome, title = CLOSING[way]
        verb = self._verb(
            one,
            title=f"{title}: {one.number}",
            submit=title,
            explanation="The boxes were never opened here: no stock changes.",
            perform=partial(closed, one, outcome),
            danger=outcome == Status.DISPOSED,
        )
        return run_verb(self.admin_site, request, WhyForm(posted(request)), verb)

    def take_photo(self, request: Any, pk: int) -> HttpResponse:
        one = self._row(request, pk, *Status)
        verb = self._verb(
            one,
            title=f"Add a photo: {one.number}",
            submit="Keep the photo",
            perform=partial(photographed, delivery_id=one.pk),
        )
        form = PhotoForm(posted(request), request.FILES or None)
        return run_verb(self.admin_site, request, form, verb)

    def _row(self, request: Any, pk: int, *statuses: Status) -> Any:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        one = get_object_or_404(self.get_queryset(request), pk=pk)
        if one.status not in statuses:
            raise Http404
        return one

    def _verb(self, one: UnidentifiedDelivery, **kwargs: Any) -> Verb:
        page = reverse("admin:receiving_unidentifieddelivery_change", args=[one.pk])
        links = [*self._links(), (one.number, page)]
        return Verb(links=links, context={"opts": self.opts}, **kwargs)

    def _links(self) -> list[tuple[str, str]]:
        url = reverse("admin:receiving_unidentifieddelivery_changelist")
        return [("Unidentified deliveries", url)]


def recorded(form: Any, request: Any) -> str:
    made = record_delivery(fields=form.cleaned_data, actor=request.user, now=request.now)
    return f"Recorded as {made.number}: write the number on the boxes."


def received(one: UnidentifiedDelivery, form: Any, request: Any) -> str:
    try:
        receive_delivery(
            delivery_id=one.pk,
            merchant=form.cleaned_data["merchant"],
            counts=form.counts(),
            knows=form.cleaned_data["knows"],
            actor=request.user,
            now=request.now,
        )
    except ReceivedMeanwhile:
        form.look_again()
        raise
    return f"{counted(form.cleaned_data['quantity'])} received to quarantine."


def linked(one: UnidentifiedDelivery, form: Any, request: Any) -> str:
    wro = form.cleaned_data["wro"]
    link_delivery(delivery_id=one.pk, wro_id=wro.pk, actor=request.user, now=request.now)
    return f"{one.number} is linked to {wro.number}."


def closed(one: UnidentifiedDelivery, outcome: str, form: Any, request: Any) -> str:
    note = form.cleaned_data["note"]
    close_delivery(
        delivery_id=one.pk, outcome=outcome, note=note, actor=request.user, now=request.now
    )
    return f"{one.number}: {Status(outcome).label.lower()}."
