"""Bodies of `lots/{id}/merge-into/`."""

from __future__ import annotations

from inventory.api.shapes import LotBrief
from inventory.services.lot_merges import LONGEST_REASON, SOURCES, TARGETS
from merchants.api import fields
from merchants.api.serializers import StrictSerializer


class MergeSerializer(StrictSerializer):
    """Into which lot; `expiry` says whose date stays where they differ."""

    target = fields.Id()
    expiry = fields.Choice(choices=[(SOURCES, SOURCES), (TARGETS, TARGETS)], required=False)
    reason = fields.Text(required=False, allow_blank=True, default="", max_length=LONGEST_REASON)
    dry_run = fields.Boolean(default=False)


class MovedSerializer(StrictSerializer):
    """Units that stay where they are, under the other lot's name."""

    warehouse = fields.Text()
    location = fields.Text()
    quantity = fields.Integer()
    committed = fields.Integer()


class PromisedSerializer(StrictSerializer):
    """Units of an order or set-aside that were promised of the lot, and what it lacks then."""

    order = fields.Text(source="number")
    quantity = fields.Integer()
    backordered = fields.Integer()


class MergedSerializer(StrictSerializer):
    """What was merged, or with `dry_run` would be."""

    source = LotBrief()
    target = LotBrief()
    quantity = fields.Integer()
    moves = MovedSerializer(many=True)
    promises = PromisedSerializer(many=True)
    dry_run = fields.Boolean()
