"""holds/: what may not ship, and why."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import Hold, Location, Lot, Product
from inventory.querysets import HoldQuerySet
from inventory.services.holds import place_hold, release_hold
from merchants.api import fields
from merchants.api.filters import BooleanFilter, StrictFilterSet
from merchants.api.serializers import StrictSerializer
from merchants.api.views import CreateMixin, ListMixin, ScopedViewSet, verb
from merchants.errors import NotFound

TARGETS = {"lot": Lot, "location": Location, "product": Product}


class HoldSerializer(StrictSerializer):
    """A hold on exactly one of a lot, a location or a product."""

    id = fields.Id(read_only=True)
    lot = fields.Id(source="lot_id", required=False, allow_null=True)
    location = fields.Id(source="location_id", required=False, allow_null=True)
    product = fields.Id(source="product_id", required=False, allow_null=True)
    reason = fields.Text(max_length=500)
    until = fields.Time(required=False, allow_null=True)
    placed_at = fields.Time(read_only=True)
    released_at = fields.Time(read_only=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in TARGETS if attrs.get(f"{name}_id") is not None]
        if len(named) != 1:
            raise serializers.ValidationError(
                "Name exactly one of lot, location and product.", code="name_one"
            )
        return attrs


class HoldFilters(StrictFilterSet):
    is_active = BooleanFilter(method="by_activity")

    def by_activity(self, rows: HoldQuerySet, name: str, value: bool) -> HoldQuerySet:
        return rows.filter(released_at__isnull=value)


class HoldViewSet(CreateMixin, ListMixin, ScopedViewSet):
    """Holds; a merchant sees and places those on its own lots and products."""

    model = Hold
    serializer_class = HoldSerializer
    filterset_class = HoldFilters
    names_merchant = ()

    def rows(self, rows: HoldQuerySet) -> HoldQuerySet:
        return rows.select_related("merchant")

    def make(self, data: dict[str, Any]) -> Hold:
        return place_hold(
            target=self.target(data),
            reason=data["reason"],
            until=data.get("until"),
            actor=self.actor,
            now=self.now,
        )

    def target(self, data: dict[str, Any]) -> Any:
        """What the hold is on. A merchant may not hold a location, nor learn which there are."""
        name = next(name for name in TARGETS if data.get(f"{name}_id") is not None)
        rows = TARGETS[name].objects.for_user(self.actor)
        if name == "location":
            rows = rows.real() if self.actor.is_house else rows.none()
        row = rows.filter(pk=data[f"{name}_id"]).first()
        if row is None:
            raise NotFound()
        return row

    @verb()
    def release(self, row: Hold, data: dict[str, Any]) -> Hold:
        """Lift a hold; a merchant only those that it placed itself."""
        return release_hold(hold_id=row.pk, actor=self.actor, now=self.now)
