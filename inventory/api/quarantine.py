"""quarantine/: open cases, and the three ways to work them off."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.api.shapes import LotBrief
from inventory.errors import NoLocationFree
from inventory.models import CaseSource, Location, QuarantineCase
from inventory.queries.cases import bin_for_release
from inventory.querysets import QuarantineCaseQuerySet
from inventory.services.quarantine import (
    Decision,
    dispose_case,
    release_case,
    return_case_to_merchant,
)
from merchants.api import fields
from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import ListMixin, RetrieveMixin, ScopedViewSet, verb
from merchants.errors import Malformed


class CaseFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    warehouse = TextFilter(field_name="balance__warehouse__code")
    source = django_filters.ChoiceFilter(choices=CaseSource.choices)


class CaseSerializer(StrictSerializer):
    """Units that entered quarantine together, why, and whether they may go back to stock."""

    id = fields.Id()
    sku = fields.Text(source="product.sku")
    lot = LotBrief(source="balance.lot", allow_null=True)
    location = fields.Text(source="balance.location.name")
    warehouse = fields.Text(source="balance.warehouse.code")
    quantity = fields.Integer(help_text="Units that are still open.")
    source = fields.Choice(choices=CaseSource.choices)
    reference = fields.Text(help_text="The document that brought them, such as RET-000001.")
    reason = fields.Text()
    may_be_released = fields.Boolean()
    opened_at = fields.Time()


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class LocationField(serializers.Field):
    """A location of the case's warehouse, by name or by id."""

    def to_internal_value(self, data: Any) -> Location:
        case: QuarantineCase = self.context["row"]
        by_id = isinstance(data, int) and not isinstance(data, bool)
        field = fields.Id() if by_id else fields.Text(max_length=64)
        value = field.run_validation(data)
        rows = Location.objects.real().filter(warehouse=case.balance.warehouse_id)
        found = rows.filter(pk=value) if by_id else rows.filter(name=value)
        location = found.first()
        if location is None:
            message = f"{case.balance.warehouse} has no location {value}."
            raise serializers.ValidationError(message, code="unknown_location")
        return location


class DecisionSerializer(StrictSerializer):
    """How many units, and why; all that are open where no quantity is given."""

    quantity = fields.Quantity(allow_null=True, default=None)
    reason = fields.Text(max_length=500, allow_blank=True, default="")


class ReleaseSerializer(DecisionSerializer):
    """Without a location, the bin of this lot, else an empty one."""

    location = LocationField(allow_null=True, default=None)


class QuarantineViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Open quarantine cases, oldest first."""

    model = QuarantineCase
    serializer_class = CaseSerializer
    filterset_class = CaseFilters

    def rows(self, rows: QuarantineCaseQuerySet) -> QuarantineCaseQuerySet:
        shown = rows.open() if self.action == "list" else rows
        return shown.select_related(
            "merchant", "product", "balance__lot", "balance__location", "balance__warehouse"
        )

    @verb(body=ReleaseSerializer, staff=True)
    def release(self, row: QuarantineCase, data: dict[str, Any]) -> QuarantineCase:
        """Put units back to stock; never those of a lot product that a customer sent back."""
        location_id = data["location"].pk if data["location"] else _bin(row)
        return release_case(
            decision=_decision(row, data), location_id=location_id, actor=self.actor, now=self.now
        )

    @verb(body=DecisionSerializer, staff=True)
    def dispose(self, row: QuarantineCase, data: dict[str, Any]) -> QuarantineCase:
        """Destroy units."""
        return dispose_case(decision=_decision(row, data), actor=self.actor, now=self.now)

    @verb(body=DecisionSerializer, staff=True)
    def return_to_merchant(self, row: QuarantineCase, data: dict[str, Any]) -> QuarantineCase:
        """Send units back to the merchant."""
        return return_case_to_merchant(
            decision=_decision(row, data), actor=self.actor, now=self.now
        )


def _decision(case: QuarantineCase, data: dict[str, Any]) -> Decision:
    if not data["reason"]:
        raise Malformed("required", "Say why.", field="reason")
    return Decision(case.pk, data["reason"], data["quantity"])


def _bin(case: QuarantineCase) -> int:
    """Raises: NoLocationFree."""
    suggestion = bin_for_release(case)
    if suggestion is None:
        message = f"No bin is free for {case.product.sku}: name a location."
        raise NoLocationFree(message=message)
    return suggestion.location_id
