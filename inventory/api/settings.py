"""settings/lot-tracking/: the account's rules."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from inventory.services.settings import require_expired_excluded, update_lot_tracking
from merchants.api import fields
from merchants.api.serializers import StrictSerializer
from merchants.api.views import ApiViewSet
from merchants.models import Merchant, Rotation


class LotTrackingSerializer(StrictSerializer):
    """How the account tracks lots; expired units are never available, whatever is asked."""

    is_active = fields.Boolean(source="lot_tracking_active")
    rotation = fields.Choice(Rotation.choices)
    picking_disabled_days = fields.Integer(min_value=0)
    dtc_min_shelf_life_days = fields.Integer(min_value=0)
    b2b_min_shelf_life_days = fields.Integer(min_value=0)
    fba_min_shelf_life_days = fields.Integer(min_value=0)
    verify_lot = fields.Boolean()
    digest_email = fields.Text(max_length=254, allow_blank=True)
    exclude_expired_from_available = fields.Boolean()

    def to_representation(self, merchant: Merchant) -> dict[str, Any]:
        return {
            "is_active": merchant.lot_tracking_active,
            "rotation": merchant.rotation,
            "picking_disabled_days": merchant.picking_disabled_days,
            "dtc_min_shelf_life_days": merchant.dtc_min_shelf_life_days,
            "b2b_min_shelf_life_days": merchant.b2b_min_shelf_life_days,
            "fba_min_shelf_life_days": merchant.fba_min_shelf_life_days,
            "verify_lot": merchant.verify_lot,
            "digest_email": merchant.digest_email,
            "exclude_expired_from_available": True,
        }


class LotTrackingViewSet(ApiViewSet):
    """The lot-tracking settings of the merchant's account."""

    serializer_class = LotTrackingSerializer
    names_merchant = ("retrieve", "partial_update")

    def retrieve(self, request: Request) -> Response:
        return Response(self.answer(self.merchant))

    def partial_update(self, request: Request) -> Response:
        data = self.read(partial=True)
        require_expired_excluded(data.pop("exclude_expired_from_available", True))
        merchant = update_lot_tracking(
            merchant_id=self.merchant.pk, fields=data, actor=self.actor, now=self.now
        )
        return Response(self.answer(merchant))
