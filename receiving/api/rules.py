"""settings/check-in-rules/ and wros/{id}/traceability/: what is asked of units that arrive."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Channel, Product
from merchants.api import fields
from merchants.api.serializers import StrictSerializer
from merchants.api.views import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    of_row,
)
from merchants.models import MOST_DAYS
from receiving.models import WRO, CheckInRule
from receiving.services import delete_rule, save_rule, traced_lots, write_receipt_facts
from receiving.services.traceability import Traced


class CheckInRuleSerializer(StrictSerializer):
    """What units must have left on arrival; `sku` null is every product, `channel` null any."""

    id = fields.Id(read_only=True)
    sku = fields.Related(
        Product.objects.all,
        "sku",
        code="unknown_sku",
        source="product",
        allow_null=True,
        default=None,
    )
    channel = fields.Choice(choices=Channel.choices, allow_null=True, default=None)
    min_days = fields.Integer(min_value=0, max_value=MOST_DAYS, allow_null=True, default=None)
    min_percent = fields.Integer(min_value=1, max_value=100, allow_null=True, default=None)

    def to_representation(self, rule: CheckInRule) -> dict[str, Any]:
        return {
            "id": rule.pk,
            "sku": rule.product.sku if rule.product else None,
            "channel": rule.channel or None,
            "min_days": rule.min_days,
            "min_percent": rule.min_percent,
        }


class CheckInRuleViewSet(
    ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ScopedViewSet
):
    """Check-in rules: the shelf life that units must have left when they arrive."""

    model = CheckInRule
    serializer_class = CheckInRuleSerializer

    def rows(self, rows: Any) -> Any:
        return rows.select_related("merchant", "product")

    def make(self, data: dict[str, Any]) -> CheckInRule:
        return save_rule(
            merchant=self.merchant, fields=_fields(data), actor=self.actor, now=self.now
        )

    def change(self, row: CheckInRule, data: dict[str, Any]) -> CheckInRule:
        return save_rule(
            merchant=row.merchant,
            fields=_fields(data),
            rule_id=row.pk,
            actor=self.actor,
            now=self.now,
        )

    def remove(self, row: CheckInRule) -> None:
        delete_rule(rule_id=row.pk, actor=self.actor, now=self.now)


def _fields(data: dict[str, Any]) -> Any:
    """No channel is any channel."""
    return data | ({"channel": data["channel"] or ""} if "channel" in data else {})


class FactsSerializer(StrictSerializer):
    """What is said of the receipt of FTL foods: of these lots, or of all that the WRO announces."""

    lots = serializers.ListField(child=fields.Id(), allow_null=True, default=None, max_length=5_000)
    tlc_source = fields.Text(max_length=500, allow_blank=True, required=False)
    tlc_source_reference = fields.Text(max_length=255, allow_blank=True, required=False)
    previous_source = fields.Text(max_length=500, allow_blank=True, required=False)
    document_type = fields.Text(max_length=64, allow_blank=True, required=False)
    document_number = fields.Text(max_length=64, allow_blank=True, required=False)


class TracedSerializer(StrictSerializer):
    """A lot of an FTL food: its key data elements, and those that are missing once it arrived."""

    sku = fields.Text()
    lot = fields.Id(allow_null=True)
    traceability_lot_code = fields.Text()
    received = fields.Integer()
    received_on = fields.Date(allow_null=True)
    tlc_source = fields.Text()
    tlc_source_reference = fields.Text()
    previous_source = fields.Text()
    document_type = fields.Text()
    document_number = fields.Text()
    missing = serializers.ListField(child=fields.Text())


class TraceabilitySerializer(StrictSerializer):
    """Whether the WRO may be completed as far as traceability goes, and the lots of FTL foods."""

    is_complete = fields.Boolean()
    lots = TracedSerializer(many=True)


class TraceabilityViewSet(ScopedViewSet):
    """The key data elements of 21 CFR 1.1345(a) of the FTL foods of a WRO."""

    model = WRO
    names_merchant = ()
    serializer_class = TraceabilitySerializer

    def rows(self, rows: Any) -> Any:
        return rows.select_related("merchant", "warehouse")

    @extend_schema(responses=TraceabilitySerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is known, and what is missing."""
        return Response(self.shape(self.get_object()))

    @extend_schema(request=FactsSerializer, responses=TraceabilitySerializer)
    def write(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say where the lots came from and by what paper; what is left out stays as it is."""
        wro = self.get_object()
        data = self.read(FactsSerializer, **of_row(wro))
        lot_ids = data.pop("lots")
        write_receipt_facts(
            wro_id=wro.pk,
            fields=data,  # type: ignore[arg-type]
            lot_ids=lot_ids,
            actor=self.actor,
            now=self.now,
        )
        return Response(self.shape(wro))

    def shape(self, wro: WRO) -> Any:
        lots = traced_lots(wro)
        whole = not any(one.missing for one in lots)
        shape = {"is_complete": whole, "lots": [_traced(one) for one in lots]}
        return TraceabilitySerializer(shape).data


def _traced(one: Traced) -> dict[str, Any]:
    return {
        "sku": one.product.sku,
        "lot": one.lot.pk if one.lot else None,
        "traceability_lot_code": one.known.lot_code,
        "received": one.received,
        "received_on": one.known.received_on,
        "tlc_source": one.known.lot_code_source,
        "tlc_source_reference": one.known.lot_code_source_reference,
        "previous_source": one.known.previous_source,
        "document_type": one.known.document_type,
        "document_number": one.known.document_number,
        "missing": one.missing,
    }
