"""transfers/: planned, sent and received by the house; read by merchants."""

from __future__ import annotations

from typing import Any

import django_filters

from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.views import CreateMixin, ListMixin, RetrieveMixin, ScopedViewSet, verb
from transfers.api.serializers import (
    ArrivalSerializer,
    SendSerializer,
    TransferSerializer,
    WriteOffSerializer,
    line_requests,
    placed,
    transfer_answer,
)
from transfers.models import Transfer
from transfers.querysets import TransferQuerySet
from transfers.services import (
    Stowed,
    Taken,
    TransferRequest,
    cancel_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
    write_off_transfer,
)


class TransferFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Transfer.Status.choices)
    reference = TextFilter()
    source = TextFilter(field_name="source__code")
    target = TextFilter(field_name="target__code")
    search = TextFilter(method="by_words")

    def by_words(self, rows: TransferQuerySet, name: str, value: str) -> TransferQuerySet:
        return rows.search(value)


class TransferViewSet(ListMixin, RetrieveMixin, CreateMixin, ScopedViewSet):
    """Transfers between warehouses, lot by lot; in transit until they are received."""

    model = Transfer
    serializer_class = TransferSerializer
    filterset_class = TransferFilters
    staff_only = ("create",)

    def rows(self, rows: TransferQuerySet) -> TransferQuerySet:
        return rows.with_lines()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args:
            many = kwargs.get("many")
            shape = [transfer_answer(one) for one in args[0]] if many else transfer_answer(args[0])
            args = (shape,)
        return super().get_serializer(*args, **kwargs)

    def make(self, data: dict[str, Any]) -> Transfer:
        request = TransferRequest(
            merchant=self.merchant,
            source=data["source"],
            target=data["target"],
            lines=line_requests(data, self.merchant),
            reference=data["reference"],
        )
        return create_transfer(request=request, actor=self.actor, now=self.now)

    @verb(body=SendSerializer, staff=True)
    def send(self, row: Transfer, data: dict[str, Any]) -> Transfer:
        """Take the units out of their bins; from now on they are in transit."""
        return send_transfer(
            transfer_id=row.pk,
            tracking_number=data["tracking_number"],
            lines=placed(Taken, data, row.merchant) if "lines" in data else None,
            actor=self.actor,
            now=self.now,
        )

    @verb(body=ArrivalSerializer, staff=True)
    def receive(self, row: Transfer, data: dict[str, Any]) -> Transfer:
        """Put units that arrived into their places; with the last one it is completed."""
        lines = placed(Stowed, data, row.merchant)
        return receive_transfer(transfer_id=row.pk, lines=lines, actor=self.actor, now=self.now)

    @verb(body=WriteOffSerializer, staff=True)
    def write_off(self, row: Transfer, data: dict[str, Any]) -> Transfer:
        """Give up what is still in transit, with a reason, and complete it."""
        return write_off_transfer(
            transfer_id=row.pk, reason=data["reason"], actor=self.actor, now=self.now
        )

    @verb(staff=True)
    def cancel(self, row: Transfer, data: dict[str, Any]) -> Transfer:
        """Call it off before it is sent."""
        return cancel_transfer(transfer_id=row.pk, actor=self.actor, now=self.now)
