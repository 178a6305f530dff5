"""wros/: written, submitted, received, stowed, completed."""

from __future__ import annotations

from functools import partial
from typing import Any

import django_filters
from rest_framework.response import Response

from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.views import (
    CreateMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    verb,
)
from receiving.api.serializers import (
    CopySerializer,
    NewWROSerializer,
    ReceiveSerializer,
    StowSerializer,
    SubmitSerializer,
    WROSerializer,
    announced,
    boxes,
    counts,
    stow_lines,
    wro_answer,
    wro_fields,
)
from receiving.models import WRO
from receiving.querysets import WROQuerySet
from receiving.services import (
    announce_wro,
    arrive_wro,
    cancel_wro,
    complete_wro,
    copy_wro,
    create_wro,
    receive,
    stow,
    submit_wro,
    update_wro,
)


class WROFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=WRO.Status.choices)
    reference = TextFilter()
    purchase_order_number = TextFilter()
    warehouse = TextFilter(field_name="warehouse__code")
    search = TextFilter(method="by_words")

    def by_words(self, rows: WROQuerySet, name: str, value: str) -> WROQuerySet:
        return rows.search(value)


class WROViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ScopedViewSet):
    """Warehouse Receiving Orders: what merchants send, lot by lot, and how far it came."""

    model = WRO
    filterset_class = WROFilters

    def rows(self, rows: WROQuerySet) -> WROQuerySet:
        return rows.with_contents()

    def get_serializer_class(self) -> Any:
        return NewWROSerializer if self.action == "create" else WROSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args:
            many = kwargs.get("many")
            args = ([wro_answer(one) for one in args[0]] if many else wro_answer(args[0]),)
        return super().get_serializer(*args, **kwargs)

    def make(self, data: dict[str, Any]) -> WRO:
        take = create_wro
        if data["submit"]:
            take = partial(announce_wro, confirm_new=data["confirm_new"])
        return take(
            merchant=self.merchant,
            fields=wro_fields(data),
            lines=announced(data, self.merchant) or [],
            boxes=boxes(data, self.merchant) or [],
            actor=self.actor,
            now=self.now,
        )

    def change(self, row: WRO, data: dict[str, Any]) -> WRO:
        return update_wro(
            wro_id=row.pk,
            fields=wro_fields(data),
            lines=announced(data, row.merchant),
            boxes=boxes(data, row.merchant),
            actor=self.actor,
            now=self.now,
        )

    @verb(body=SubmitSerializer)
    def submit(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Announce a draft to its warehouse; its lots are made."""
        return submit_wro(
            wro_id=row.pk, confirm_new=data["confirm_new"], actor=self.actor, now=self.now
        )

    @verb()
    def cancel(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Call off a WRO of which nothing arrived."""
        return cancel_wro(wro_id=row.pk, actor=self.actor, now=self.now)

    @verb(body=CopySerializer)
    def copy(self, row: WRO, data: dict[str, Any]) -> Response:
        """Begin a new draft with its products; its lots only where that is asked for."""
        copied = copy_wro(
            wro_id=row.pk, with_lots=data["with_lots"], actor=self.actor, now=self.now
        )
        return Response(self.answer(copied), status=201)

    @verb(staff=True)
    def arrive(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Note that it stands at the door."""
        return arrive_wro(wro_id=row.pk, actor=self.actor, now=self.now)

    @verb(body=ReceiveSerializer, staff=True)
    def receive(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Add counted units: good ones to the dock, the rest to their areas."""
        counted = counts(data, row.merchant)
        return receive(wro_id=row.pk, counts=counted, actor=self.actor, now=self.now)

    @verb(body=StowSerializer, staff=True)
    def stow(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Put units from the dock into bins, lots apart."""
        lines = stow_lines(data, row.merchant)
        return stow(
            wro_id=row.pk, lines=lines, reason=data["reason"], actor=self.actor, now=self.now
        )

    @verb(staff=True)
    def complete(self, row: WRO, data: dict[str, Any]) -> WRO:
        """Close it; units that never came are a `short` discrepancy each."""
        return complete_wro(wro_id=row.pk, actor=self.actor, now=self.now)
