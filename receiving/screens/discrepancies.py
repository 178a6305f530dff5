# mypy: disable-error-code="type-arg, misc"
"""The queue of discrepancies: what is overdue first, then the oldest; and what becomes of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Case, DateTimeField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from inventory.queries.search import of_products
from merchants.ids import is_id
from merchants.lists import QueueFilter
from merchants.screens import ReadOnlyAdmin, Verb, badge, number, posted, run_verb
from merchants.uploads import handed_out
from receiving.discrepancy_forms import CareForm, PhotoForm, resolve_form
from receiving.models import Discrepancy, Photo, Resolution
from receiving.querysets import NUMBER, DiscrepancyQuerySet
from receiving.remedies import ACKNOWLEDGED, WORDS, possible_for
from receiving.services import add_photo, resolve_discrepancy, update_discrepancy
from receiving.services.resolutions import OFF

CHANGE = "receiving.change_discrepancy"
DAY = timedelta(days=1)


class StateFilter(QueueFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("resolved", "Resolved"), ("all", "All")]

    def queryset(self, request: Any, queryset: DiscrepancyQuerySet) -> DiscrepancyQuerySet:
        match self.value():
            case "all":
                return queryset
            case "resolved":
                return queryset.resolved()
            case "overdue":
                return queryset.open().filter(due_at__lt=request.now)
        return queryset.open()


class OwnerFilter(admin.SimpleListFilter):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Mine"), ("none", "Nobody's")]

    def queryset(self, request: Any, queryset: DiscrepancyQuerySet) -> DiscrepancyQuerySet:
        match self.value():
            case "me":
                return queryset.filter(owner=request.user)
            case "none":
                return queryset.filter(owner=None)
        return queryset


def ways_to_discrepancy(words: str) -> list[Q]:
    """By product, by how the lot number as read begins, by the document's number."""
    ways = [Q(lot_number__istartswith=words), of_products(Discrepancy.objects.all(), "pk", words)]
    if words.upper().startswith("URO-") and is_id(words[4:]):
        return [*ways, Q(delivery=int(words[4:]))]
    if found := NUMBER.fullmatch(words):
        ways.append(Q(wro=int(found[1])))
    return ways


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ["what", "age", "deadline", "product", "lot_as_read", "units", "document",
                    "merchant", "seen_to_by"]  # fmt: skip
    list_filter = [StateFilter, OwnerFilter, "type", "merchant"]
    list_select_related = ["merchant", "product__merchant", "lot", "wro", "delivery", "owner"]
    list_per_page = 50
    search_fields = ["lot_number"]  # shows the box; `ways` search
    search_help_text = "SKU, product name, WRO or URO number, or how the lot number begins"
    ways = staticmethod(ways_to_discrepancy)

    def get_queryset(self, request: Any) -> DiscrepancyQuerySet:
        """With the time at which they are looked at."""
        late = Case(When(due_at__lt=request.now, then=True), default=False,
                    output_field=BooleanField())  # fmt: skip
        seen = Value(request.now, DateTimeField())
        rows = Discrepancy.objects.annotate(seen_at=seen, is_late=late)
        ordered: DiscrepancyQuerySet = rows.order_by(*self.get_ordering(request))
        return ordered.select_related(*self.list_select_related)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["-is_late", "opened_at", "id"]

    @admin.display(description="What", ordering="type")
    def what(self, one: Discrepancy) -> str:
        return one.get_type_display()

    @admin.display(description="Age", ordering="opened_at")
    def age(self, one: Any) -> str:
        return in_words(one.seen_at - one.opened_at)

    @admin.display(description="Deadline", ordering="due_at")
    def deadline(self, one: Any) -> str:
        return deadline(one, one.seen_at)

    @admin.display(description="Lot as read", ordering="lot_number")
    def lot_as_read(self, one: Discrepancy) -> str:
        return one.lot_number or str(one.expires_on or "–")

    @admin.display(description="Open units")
    def units(self, one: Discrepancy) -> str:
        return number(one.open_quantity)

    @admin.display(description="Document")
    def document(self, one: Discrepancy) -> str:
        return one.number

    @admin.display(description="Owner", ordering="owner")
    def seen_to_by(self, one: Discrepancy) -> str:
        return str(one.owner or "–")

    def get_urls(self) -> list[Any]:
        def of_row(way: str, view: Any) -> Any:
            name = f"receiving_discrepancy_{way.replace('-', '_')}"
            return path(f"<int:pk>/{way}/", self.admin_site.admin_view(view), name=name)

        resolve = self.admin_site.admin_view(self.resolve)
        photo = self.admin_site.admin_view(self.photo)
        return [
            of_row("care", self.care),
            of_row("add-photo", self.take_photo),
            path("<int:pk>/resolve/<str:way>/", resolve, name="receiving_discrepancy_resolve"),
            path("photos/<int:pk>/", photo, name="receiving_photo"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        one = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, one):
            raise PermissionDenied
        if one is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        may = request.user.has_perm(CHANGE)
        kinds = possible_for(one) if may and one.is_open else ()
        context = {
            **self.admin_site.each_context(request),
            "title": str(one),
            "one": one,
            "age": in_words(one.seen_at - one.opened_at),
            "deadline": deadline(one, one.seen_at) if one.is_open else "",
            "may_change": may,
            "ways": [(kind, what_happens(one, kind), kind in OFF) for kind in kinds],
            "photos": photos_of(one),
            "resolutions": one.resolutions.select_related("lot", "by"),
            "elsewhere": worked_off_elsewhere(one),
            "opts": self.opts,
        }
        return TemplateResponse(request, "receiving/discrepancy.html", context)

    def resolve(self, request: Any, pk: int, way: str) -> HttpResponse:
        one = self._row(request, pk)
        if way not in possible_for(one) or not one.is_open:
            raise Http404
        kind = Resolution.Kind(way)
        verb = Verb(
            title=f"{kind.label}: {one.product.sku}",
            submit=kind.label,
            explanation=what_happens(one, kind),
            danger=kind == Resolution.Kind.DISPOSE,
            perform=partial(resolved, one),
            links=self._links(one),
            template="receiving/discrepancy_verb.html",
            context={"one": one, "opts": self.opts},
        )
        return run_verb(self.admin_site, request, resolve_form(kind, one, posted(request)), verb)

    def care(self, request: Any, pk: int) -> HttpResponse:
        one = self._row(request, pk)
        verb = Verb(
            title=f"Owner, deadline and note: {one.product.sku}",
            submit="Save",
            perform=partial(cared, one),
            links=self._links(one),
            template="receiving/discrepancy_verb.html",
            context={"one": one, "opts": self.opts},
        )
        return run_verb(self.admin_site, request, CareForm(posted(request), one=one), verb)

    def take_photo(self, request: Any, pk: int) -> HttpResponse:
        one = self._row(request, pk)
        verb = Verb(
            title=f"Add a photo: {one.product.sku}",
            submit="Keep the photo",
            perform=partial(photographed, discrepancy_id=one.pk),
            links=self._links(one),
            context={"opts": self.opts},
        )
        form = PhotoForm(posted(request), request.FILES or None)
        return run_verb(self.admin_site, request, form, verb)

    def photo(self, request: Any, pk: int) -> HttpResponse:
        """The picture itself, to who may see discrepancies."""
        if not request.user.has_perm("receiving.view_discrepancy"):
            raise PermissionDenied
        photo = get_object_or_404(Photo.objects.for_user(request.user), pk=pk)
        return handed_out(photo.file, name=photo.name, media_type=photo.media_type)

    def _row(self, request: Any, pk: int) -> Any:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _links(self, one: Discrepancy) -> list[tuple[str, str]]:
        return [
            ("Discrepancies", reverse("admin:receiving_discrepancy_changelist")),
            (str(one), reverse("admin:receiving_discrepancy_change", args=[one.pk])),
        ]


def photos_of(one: Discrepancy) -> Any:
    """Its own, and those of the boxes that it came in."""
    mine = Q(discrepancy=one)
    return Photo.objects.filter(mine | Q(delivery=one.delivery_id) if one.delivery_id else mine)


def what_happens(one: Discrepancy, kind: str) -> str:
    """The resolution in words: to these units, in quarantine or not."""
    if one.case_id is None and kind == Resolution.Kind.ACCEPT_AS_RECEIVED:
        return ACKNOWLEDGED
    return WORDS[kind]


def worked_off_elsewhere(one: Discrepancy) -> int:
    """Units that left quarantine by its queue, without a resolution."""
    gone = one.quantity - one.open_quantity - one.resolved_quantity
    return max(0, gone) if one.case_id else 0


def resolved(one: Discrepancy, form: Any, request: Any) -> str:
    decision = form.decision()
    resolve_discrepancy(
        discrepancy_id=one.pk, decision=decision, actor=request.user, now=request.now
    )
    return f"{decision.kind.label}: {counted(decision.quantity)}."


def cared(one: Discrepancy, form: Any, request: Any) -> str:
    update_discrepancy(
        discrepancy_id=one.pk, fields=form.cleaned_data, actor=request.user, now=request.now
    )
    return "Saved."


def photographed(form: Any, request: Any, **of: int) -> str:
    add_photo(upload=form.cleaned_data["file"], actor=request.user, now=request.now, **of)
    return "The photo is kept."


def counted(units: int | None) -> str:
    return "1 unit" if units == 1 else f"{units} units"


def in_words(time: timedelta) -> str:
    """An age as people say it: `25 min`, `3 h`, `2 d`."""
    if time >= DAY:
        return f"{time.days} d"
    hours = time.seconds // 3600
    return f"{hours} h" if hours else f"{time.seconds // 60} min"


def deadline(one: Any, now: datetime) -> str:
    """How long is left, or that it is over; coloured where it presses."""
    if one.due_at is None:
        return "–"
    if one.due_at < now:
        return badge("bad", f"Overdue by {in_words(now - one.due_at)}")
    left = one.due_at - now
    return badge("warn" if left < DAY else "", f"In {in_words(left)}")
