"""The bodies of `products/{id}/break-down/`: which units without a lot are of which lot."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.kinds import VIRTUAL
from inventory.models import Location, Product, Warehouse
from inventory.services.breakdown import Breakdown, Portion
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.errors import NotFound

MOST_LINES = 1_000


class PortionSerializer(LotRef):
    """Units of a lot; `location` null: in the bins, filled in pick order."""

    location = fields.Id(required=False, allow_null=True, default=None)
    quantity = fields.Quantity()


class BreakDownSerializer(StrictSerializer):
    """What the units without a lot are: all of them. `dry_run` tells the plan and does nothing."""

    warehouse = fields.Related(Warehouse.objects.all, "code", required=False, allow_null=True)
    reason = fields.Text(required=False, allow_blank=True, default="", max_length=500)
    dry_run = fields.Boolean(required=False, default=False)
    confirm_new = fields.Boolean(
        required=False,
        default=False,
        help_text="New numbers that look like those of other lots are other lots.",
    )
    lines = serializers.ListField(
        child=PortionSerializer(), allow_empty=False, max_length=MOST_LINES
    )


class StampSerializer(StrictSerializer):
    """Units at one location that have this lot now."""

    location = fields.Text(source="shelf.name")
    location_id = fields.Id(source="shelf.location_id")
    lot_number = fields.LotNumber(source="lot.number")
    expires_on = fields.Expiry(source="lot.expires_on")
    quantity = fields.Quantity()


class BreakDownAnswer(StrictSerializer):
    """What became what, and how many promised units were planned anew."""

    results = StampSerializer(many=True)
    released = fields.Integer()
    unlotted = fields.Integer(help_text="Units of the product that are still without a lot.")
    dry_run = fields.Boolean()


def portions_of(product: Product, data: dict[str, Any]) -> list[Portion]:
    """Raises: NotFound, for a location that is not there."""
    wanted = {line["location"] for line in data["lines"] if line["location"] is not None}
    known = Location.objects.filter(pk__in=wanted).exclude(kind__in=VIRTUAL).count()
    if known < len(wanted):
        raise NotFound(message="There is no such location.")
    warehouse = data.get("warehouse")
    return [
        Portion(
            product,
            line["quantity"],
            line["lot_number"],
            line["expires_on"],
            line["location"],
            warehouse.pk if warehouse else None,
        )
        for line in data["lines"]
    ]


def told(done: Breakdown) -> list[dict[str, Any]]:
    return [
        {"shelf": one.shelf, "lot": done.lots[one.lot_id], "quantity": one.quantity}
        for one in done.stamps
    ]
