"""`merchants/`: staff set up merchants without the admin."""

from __future__ import annotations

from typing import Any

from merchants.api import fields
from merchants.api.serializers import StrictSerializer
from merchants.api.views import CreateMixin, ListMixin, ScopedViewSet
from merchants.models import CODE_SHAPE, Merchant
from merchants.services import create_merchant


class MerchantSerializer(StrictSerializer):
    id = fields.Id(read_only=True)
    code = fields.Text(max_length=32, validators=[CODE_SHAPE])
    name = fields.Text(max_length=200)
    is_active = fields.Boolean(read_only=True)


class MerchantViewSet(CreateMixin, ListMixin, ScopedViewSet):
    """The merchants that the house ships for."""

    model = Merchant
    serializer_class = MerchantSerializer
    staff_only = ScopedViewSet.ALL
    names_merchant = ()

    def filters_merchant(self) -> bool:
        return False

    def make(self, data: dict[str, Any]) -> Merchant:
        return create_merchant(**data, actor=self.actor, now=self.now)
