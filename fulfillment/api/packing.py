"""What the floor reports while it picks and packs: another lot in hand, units not found."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fulfillment.models import Order, OrderLine
from fulfillment.requests import Find, Swap
from fulfillment.services.orders import demands_of
from inventory.api.shapes import named_lot, sku_of
from inventory.errors import LotOrExpiryRequired
from inventory.models import Location
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.errors import NotFound


class SwapSerializer(StrictSerializer):
    """Units of a line that are to come of another lot (`target`) than the one allocated."""

    line = fields.Id()
    source = LotRef()
    target = LotRef()
    quantity = fields.Quantity()
    reason = fields.Text(max_length=500)


class ShortPickSerializer(LotRef):
    """How many units were found at a location, of those that are allocated there to the order."""

    sku = sku_of(source="product")
    location = fields.Text(max_length=64)
    found = fields.Integer(min_value=0)


def swap_of(order: Order, data: dict[str, Any]) -> Swap:
    """The swap that a validated body asks for.

    Raises: NotFound (no such line), UnknownLot, LotOrExpiryRequired (no lot to swap to).
    """
    rows = OrderLine.objects.filter(order=order, pk=data["line"]).select_related("product")
    line = rows.first()
    if line is None:
        raise NotFound()
    source = named_lot(line.product, data["source"], path="source.")
    target = named_lot(line.product, data["target"], path="target.")
    if target is None:
        message = "Name the lot to swap to, by its number or its expiry date."
        raise LotOrExpiryRequired(message=message, field="target.lot_number")
    return Swap(line.pk, source.pk if source else None, target.pk, data["quantity"], data["reason"])


def find_of(order: Order, data: dict[str, Any]) -> Find:
    """The find that a validated body reports. Raises: UnknownLot, ValidationError."""
    lot = named_lot(data["product"], data)
    warehouses = {demand.warehouse_id for demand in demands_of(order.pk)}
    rows = Location.objects.real().filter(warehouse__in=warehouses - {None})
    location = rows.filter(name=data["location"]).first()
    if location is None:
        message = f"The order's warehouse has no location {data['location']}."
        raise serializers.ValidationError({"location": [message]}, code="unknown_location")
    return Find(data["product"].pk, lot.pk if lot else None, location.pk, data["found"])
