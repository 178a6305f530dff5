"""set-asides/: stock kept for the orders of a channel or customer."""

from __future__ import annotations

from typing import Any

from inventory.api.shapes import named_lot, sku_of
from inventory.models import Channel, SetAside, Warehouse
from inventory.queries.set_asides import for_list
from inventory.querysets import ScopedQuerySet
from inventory.services.set_asides import Wish, end_set_aside, set_aside
from merchants.api import fields
from merchants.api.filters import BooleanFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import LotRef
from merchants.api.views import CreateMixin, ListMixin, RetrieveMixin, ScopedViewSet, verb


class SetAsideSerializer(LotRef):
    """Units kept for a channel, a customer, or a customer's orders through a channel.

    Without a lot they are of any lot, chosen in rotation order.
    """

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    sku = sku_of(source="product")
    warehouse = fields.Related(Warehouse.objects.all, "code")
    quantity = fields.Quantity()
    channel = fields.Choice(choices=Channel.choices, allow_null=True, default=None)
    customer = fields.Text(max_length=64, allow_blank=True, default="")
    reason = fields.Text(max_length=500)
    kept = fields.Integer(read_only=True, help_text="Units that are set aside now.")
    handed_on = fields.Integer(read_only=True, help_text="Units that orders got of them.")
    created_at = fields.Time(read_only=True)
    ended_at = fields.Time(read_only=True, allow_null=True)

    def to_representation(self, made: SetAside) -> dict[str, Any]:
        demand = made.demand
        return super().to_representation(
            {
                "id": made.pk,
                "number": made.number,
                "product": made.product,
                "warehouse": demand.warehouse,
                "lot_number": None if demand.lot is None else demand.lot.number,
                "expires_on": None if demand.lot is None else demand.lot.expires_on,
                "quantity": demand.quantity,
                "channel": demand.channel or None,
                "customer": demand.customer,
                "reason": made.reason,
                "kept": demand.allocated,
                "handed_on": demand.shipped,
                "created_at": made.created_at,
                "ended_at": made.ended_at,
            }
        )


class SetAsideFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    is_active = BooleanFilter(method="by_activity")

    def by_activity(self, rows: ScopedQuerySet, name: str, value: bool) -> ScopedQuerySet:
        return rows.filter(ended_at__isnull=value)


class SetAsideViewSet(CreateMixin, RetrieveMixin, ListMixin, ScopedViewSet):
    """Set-asides; a merchant keeps its own stock for its own customers."""

    model = SetAside
    serializer_class = SetAsideSerializer
    filterset_class = SetAsideFilters

    def rows(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        return for_list(rows)

    def make(self, data: dict[str, Any]) -> SetAside:
        wish = Wish(
            product=data["product"],
            quantity=data["quantity"],
            warehouse=data["warehouse"],
            reason=data["reason"],
            lot=named_lot(data["product"], data),
            channel=data["channel"] or "",
            customer=data["customer"],
        )
        return set_aside(wish=wish, actor=self.actor, now=self.now)

    @verb()
    def end(self, row: SetAside, data: dict[str, Any]) -> SetAside:
        """Let go of what is still kept; it is offered to backordered orders at once."""
        return end_set_aside(set_aside_id=row.pk, actor=self.actor, now=self.now)
