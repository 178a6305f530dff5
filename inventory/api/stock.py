"""item-locations/ and adjustments/: where units stand, and how staff move and correct them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.shapes import LotBrief, named_lot, real_location, sku_of
from inventory.models import Balance, Posting
from inventory.querysets import BalanceQuerySet
from inventory.services.stock import Units, adjust, move
from merchants.api import fields
from merchants.api.filters import BooleanFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.api.views import CreateMixin, ListMixin, ScopedViewSet, collection_verb


class ItemLocationSerializer(StrictSerializer):
    """Units of one product and lot at one location; `lot` null: without a lot."""

    sku = fields.Text(source="product.sku")
    location = fields.Text(source="location.name")
    location_id = fields.Id()
    warehouse = fields.Text(source="warehouse.code")
    lot = LotBrief(allow_null=True)
    on_hand = fields.Integer()
    committed = fields.Integer()


class MoveSerializer(LotRef):
    """Units to be moved within a warehouse."""

    sku = sku_of(source="product")
    source = fields.Id()
    target = fields.Id()
    quantity = fields.Quantity()
    reason = fields.Text(required=False, allow_blank=True, default="", max_length=500)


class MoveAnswer(StrictSerializer):
    """Both locations after the move."""

    source = ItemLocationSerializer()
    target = ItemLocationSerializer()


class ItemLocationFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    warehouse = TextFilter(field_name="warehouse__code")
    has_inventory = BooleanFilter(method="by_inventory")

    def by_inventory(self, rows: BalanceQuerySet, name: str, value: bool) -> BalanceQuerySet:
        return rows.filter(on_hand__gt=0) if value else rows.filter(on_hand=0)


class ItemLocationViewSet(ListMixin, ScopedViewSet):
    """What stands where; also where nothing stands any more."""

    model = Balance
    serializer_class = ItemLocationSerializer
    filterset_class = ItemLocationFilters
    names_merchant = ()

    def rows(self, rows: BalanceQuerySet) -> BalanceQuerySet:
        return rows.in_house().select_related("product", "location", "warehouse", "lot")

    @collection_verb(body=MoveSerializer, answer=MoveAnswer, staff=True, names_merchant=True)
    def move(self, data: dict[str, Any]) -> dict[str, Balance]:
        """Move units to another location of the warehouse."""
        lot = named_lot(data["product"], data)
        ends = {end: real_location(data[end]) for end in ("source", "target")}
        move(
            units=Units(data["product"].pk, lot.pk if lot else None, data["quantity"]),
            source_id=ends["source"].pk,
            target_id=ends["target"].pk,
            reason=data["reason"],
            actor=self.actor,
            now=self.now,
        )
        rows = self.rows(Balance.objects.filter(product=data["product"], lot=lot))
        return {end: rows.get(location=location) for end, location in ends.items()}


class AdjustmentSerializer(LotRef):
    """A correction of the units at a location: more found, or fewer."""

    id = fields.Id(read_only=True)
    sku = sku_of(source="product")
    location = fields.Id()
    quantity = fields.Integer()
    reason = fields.Text(max_length=500)
    occurred_at = fields.Time(read_only=True)

    def validate_quantity(self, quantity: int) -> int:
        if not quantity:
            raise serializers.ValidationError("Give how many more, or fewer.", code="zero")
        return quantity


class AdjustmentViewSet(CreateMixin, ScopedViewSet):
    """Corrections of stock, each with its reason."""

    model = Posting
    serializer_class = AdjustmentSerializer
    staff_only = ScopedViewSet.ALL

    def make(self, data: dict[str, Any]) -> dict[str, Any]:
        lot = named_lot(data["product"], data)
        location = real_location(data["location"])
        posting = adjust(
            units=Units(data["product"].pk, lot.pk if lot else None, data["quantity"]),
            location_id=location.pk,
            reason=data["reason"],
            actor=self.actor,
            now=self.now,
        )
        return {
            **data,
            "id": posting.pk,
            "lot_number": lot and lot.number,
            "expires_on": lot and lot.expires_on,
            "occurred_at": posting.occurred_at,
        }

    def answer(self, made: Any) -> Any:
        return self.get_serializer(made).data
