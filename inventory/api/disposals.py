"""disposal-requests/: units of a lot that their merchant wants destroyed or sent back."""

from __future__ import annotations

import django_filters

from inventory.api.shapes import LotBrief
from inventory.models import DisposalAction, DisposalRequest, DisposalStatus
from inventory.queries.disposals import for_list
from inventory.querysets import ScopedQuerySet
from inventory.services.disposals import cancel_disposal
from merchants.api import fields
from merchants.api.filters import IntegerFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import ListMixin, RetrieveMixin, ScopedViewSet, verb


class NewDisposalSerializer(StrictSerializer):
    """What is to become of units of the lot; `quantity` null means all that there are."""

    action = fields.Choice(choices=DisposalAction.choices)
    quantity = fields.Quantity(required=False, allow_null=True, default=None)
    reason = fields.Text(max_length=500)


class DisposalSerializer(StrictSerializer):
    """A request and how far it is carried out."""

    id = fields.Id()
    number = fields.Text()
    sku = fields.Text(source="product.sku")
    lot = LotBrief()
    action = fields.Choice(choices=DisposalAction.choices)
    quantity = fields.Integer(allow_null=True, help_text="null: all that there are.")
    done = fields.Integer(help_text="Units that were destroyed or sent back so far.")
    reason = fields.Text()
    status = fields.Choice(choices=DisposalStatus.choices)
    note = fields.Text(help_text="What the house said about it, such as why it refused.")
    requested_at = fields.Time()
    ended_at = fields.Time(allow_null=True)


class DisposalFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    lot = IntegerFilter(field_name="lot_id")
    status = django_filters.ChoiceFilter(choices=DisposalStatus.choices)


class DisposalViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Requests to dispose of lots; made by `lots/{id}/disposal-requests/`."""

    model = DisposalRequest
    serializer_class = DisposalSerializer
    filterset_class = DisposalFilters

    def rows(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        return for_list(rows)

    @verb()
    def cancel(self, row: DisposalRequest, data: dict[str, object]) -> DisposalRequest:
        """Take a request back while it is open; what was carried out stays so."""
        return cancel_disposal(request_id=row.pk, actor=self.actor, now=self.now)
