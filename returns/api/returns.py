"""returns/: announced, arrived, inspected, completed."""

from __future__ import annotations

from typing import Any

import django_filters

from merchants.api.filters import IntegerFilter, StrictFilterSet, TextFilter
from merchants.api.views import (
    CreateMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    verb,
)
from returns.api.serializers import (
    InspectSerializer,
    ReturnSerializer,
    findings,
    return_request,
)
from returns.disposition import Kind
from returns.models import Return, Status
from returns.querysets import ReturnQuerySet
from returns.services import (
    arrive_return,
    cancel_return,
    complete_return,
    create_return,
    inspect_return,
    update_return,
)


class ReturnFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Status.choices)
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    reference = TextFilter()
    order = IntegerFilter()
    warehouse = TextFilter(field_name="warehouse__code")
    search = TextFilter(method="by_words")

    def by_words(self, rows: ReturnQuerySet, name: str, value: str) -> ReturnQuerySet:
        return rows.search(value)


class ReturnViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ScopedViewSet):
    """Customer returns and RTS: what was asked for, and what was done and why."""

    model = Return
    serializer_class = ReturnSerializer
    filterset_class = ReturnFilters

    def rows(self, rows: ReturnQuerySet) -> ReturnQuerySet:
        return rows.select_related("merchant", "order", "warehouse").prefetch_related(
            "lines__product",
            "lines__lot",
            "lines__dispositions__lot",
            "lines__dispositions__location",
        )

    def make(self, data: dict[str, Any]) -> Return:
        request = return_request(data, self.merchant)
        return create_return(request=request, actor=self.actor, now=self.now)

    def change(self, row: Return, data: dict[str, Any]) -> Return:
        return update_return(return_id=row.pk, change=data, actor=self.actor, now=self.now)

    @verb()
    def cancel(self, row: Return, data: dict[str, Any]) -> Return:
        """Call off a return that has not arrived."""
        return cancel_return(return_id=row.pk, actor=self.actor, now=self.now)

    @verb(staff=True)
    def arrive(self, row: Return, data: dict[str, Any]) -> Return:
        """The parcel is in the house; its units move when they are inspected."""
        return arrive_return(return_id=row.pk, actor=self.actor, now=self.now)

    @verb(body=InspectSerializer, staff=True)
    def inspect(self, row: Return, data: dict[str, Any]) -> Return:
        """Record what was found; the rules decide what becomes of the units, which move."""
        inspect_return(return_id=row.pk, findings=findings(data), actor=self.actor, now=self.now)
        return row

    @verb(staff=True)
    def complete(self, row: Return, data: dict[str, Any]) -> Return:
        """Close a return; units that were not found count as missing."""
        return complete_return(return_id=row.pk, actor=self.actor, now=self.now)
