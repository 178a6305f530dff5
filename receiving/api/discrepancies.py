"""discrepancies/ and photos/: what was found to differ, and what becomes of it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from merchants.api import fields
from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.api.views import ListMixin, RetrieveMixin, ScopedViewSet, UpdateMixin, verb
from merchants.errors import Malformed
from merchants.models import User
from merchants.uploads import PICTURES, handed_out
from receiving.models import Discrepancy, Photo, Resolution
from receiving.querysets import NUMBER, DiscrepancyQuerySet
from receiving.remedies import OFFERED, possible_for
from receiving.services import Decision, add_photo, resolve_discrepancy, update_discrepancy


class PhotoSerializer(StrictSerializer):
    """A picture; `photos/{id}/` hands it out."""

    id = fields.Id()
    name = fields.Text()
    added_at = fields.Time()


class ResolutionSerializer(StrictSerializer):
    """What was decided about units, and when."""

    resolution = fields.Choice(choices=Resolution.Kind.choices, source="kind")
    quantity = fields.Quantity()
    lot_number = fields.Text(allow_null=True)
    location = fields.Text(source="place")
    note = fields.Text()
    at = fields.Time()


class FullDiscrepancySerializer(StrictSerializer):
    """What was found to differ from what was announced, and what became of its units.

    `explanation` is what the house found, `note` what its people add; `owner` is told to staff.
    """

    id = fields.Id(read_only=True)
    type = fields.Choice(choices=Discrepancy.Type.choices, read_only=True)
    wro = fields.Text(read_only=True, allow_null=True)
    delivery = fields.Text(read_only=True, allow_null=True)
    sku = fields.Text(read_only=True)
    lot_number = fields.Text(read_only=True, allow_null=True)
    expires_on = fields.Date(read_only=True, allow_null=True)
    quantity = fields.Quantity(read_only=True)
    open_quantity = fields.Integer(read_only=True)
    is_damaged = fields.Boolean(read_only=True)
    status = fields.Choice(choices=Discrepancy.Status.choices, read_only=True)
    explanation = fields.Text(read_only=True)
    note = fields.Text(max_length=500, allow_blank=True, required=False)
    owner = fields.Text(max_length=150, allow_null=True, required=False)
    due_at = fields.Time(allow_null=True, required=False)
    opened_at = fields.Time(read_only=True)
    resolved_at = fields.Time(read_only=True, allow_null=True)
    quarantine_case = fields.Id(read_only=True, allow_null=True)
    possible = serializers.ListField(child=fields.Text(), read_only=True)
    photos = PhotoSerializer(many=True, read_only=True)
    resolutions = ResolutionSerializer(many=True, read_only=True)


class ResolveSerializer(LotRef):
    """What becomes of how many units (null: all that are open), and why.

    `lot_number` and `expires_on` name the lot, or say what the new one is; `location` is where
    the units go, or where those stand that are to leave.
    """

    resolution = fields.Choice(choices=OFFERED)
    quantity = fields.Quantity(allow_null=True, default=None)
    note = fields.Text(max_length=500, allow_blank=True, default="")
    location = fields.Text(max_length=64, allow_blank=True, default="")


class NewPhotoSerializer(StrictSerializer):
    """A JPEG, PNG or WebP."""

    file = fields.Uploaded(allowed=PICTURES)


class DiscrepancyFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Discrepancy.Status.choices, method="by_status")
    type = django_filters.ChoiceFilter(choices=Discrepancy.Type.choices)
    wro = TextFilter(method="by_wro")
    sku = TextFilter(field_name="product__sku")

    def by_status(self, rows: DiscrepancyQuerySet, name: str, value: str) -> DiscrepancyQuerySet:
        return rows.open() if value == Discrepancy.Status.OPEN else rows.resolved()

    def by_wro(self, rows: DiscrepancyQuerySet, name: str, value: str) -> DiscrepancyQuerySet:
        number = NUMBER.fullmatch(value.strip())
        return rows.filter(wro=int(number[1])) if number else rows.none()


class DiscrepancyViewSet(ListMixin, RetrieveMixin, UpdateMixin, ScopedViewSet):
    """What was found to differ when units arrived, oldest first."""

    model = Discrepancy
    serializer_class = FullDiscrepancySerializer
    filterset_class = DiscrepancyFilters
    staff_only = ("partial_update",)

    def rows(self, rows: DiscrepancyQuerySet) -> DiscrepancyQuerySet:
        return rows.select_related(
            "wro", "delivery", "product__merchant", "owner"
        ).prefetch_related("photos", "resolutions__lot")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args:
            is_house = self.actor.is_house
            many = kwargs.get("many")
            rows = args[0] if many else [args[0]]
            shapes = [discrepancy_answer(one, is_house=is_house) for one in rows]
            args = (shapes if many else shapes[0],)
        return super().get_serializer(*args, **kwargs)

    def change(self, row: Discrepancy, data: dict[str, Any]) -> Discrepancy:
        if data.get("owner") is not None:
            data["owner"] = _person(data["owner"])
        return update_discrepancy(
            discrepancy_id=row.pk,
            fields=data,  # type: ignore[arg-type]
            actor=self.actor,
            now=self.now,
        )

    @verb(body=ResolveSerializer, staff=True)
    def resolve(self, row: Discrepancy, data: dict[str, Any]) -> Discrepancy:
        """Decide about units of it; `possible` says what may become of them."""
        kind = Resolution.Kind(data.pop("resolution"))
        return resolve_discrepancy(
            discrepancy_id=row.pk, decision=Decision(kind, **data), actor=self.actor, now=self.now
        )

    @verb(body=NewPhotoSerializer, staff=True, takes_file=True)
    def add_photo(self, row: Discrepancy, data: dict[str, Any]) -> Discrepancy:
        """Keep a picture of it."""
        add_photo(discrepancy_id=row.pk, upload=data["file"], actor=self.actor, now=self.now)
        return row


class PhotoViewSet(ScopedViewSet):
    """Pictures of discrepancies and of unidentified deliveries."""

    model = Photo

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The picture itself."""
        photo = self.get_object()
        return handed_out(photo.file, name=photo.name, media_type=photo.media_type)


def discrepancy_answer(one: Discrepancy, *, is_house: bool) -> dict[str, Any]:
    """The shape of a discrepancy, to be written by ``FullDiscrepancySerializer``."""
    has_lot = one.lot_id or one.lot_number or one.expires_on
    names = ("id", "type", "expires_on", "quantity", "open_quantity", "is_damaged", "status",
             "explanation", "note", "due_at", "opened_at", "resolved_at")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {
        "wro": one.wro.number if one.wro else None,
        "delivery": one.delivery.number if one.delivery else None,
        "sku": one.product.sku,
        "lot_number": one.lot_number if has_lot else None,
        "owner": one.owner.username if one.owner and is_house else None,
        "quarantine_case": one.case_id,
        "possible": list(possible_for(one)) if one.is_open else [],
        "photos": list(one.photos.all()),
        "resolutions": [_resolution(done) for done in one.resolutions.all()],
    }


def _person(username: str) -> User:
    """Raises: Malformed."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise Malformed("unknown_user", f"There is no user {username}.", field="owner")
    return person


def _resolution(done: Resolution) -> dict[str, Any]:
    names = ("kind", "quantity", "place", "note", "at")
    return {name: getattr(done, name) for name in names} | {
        "lot_number": done.lot.number if done.lot else None
    }
