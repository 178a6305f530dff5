"""waves/: chosen, released, interrupted, cancelled; their orders and their pick list."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.wave_serializers import (
    PickListPage,
    WaveOrderSerializer,
    WaveSerializer,
    WaveWithResultsSerializer,
    wave_answer,
    wave_order_answer,
    wave_request,
    wave_with_results,
)
from fulfillment.models import Wave, WaveStatus
from fulfillment.queries import pick_list, places_of, wave_orders_explained
from fulfillment.querysets import WaveOrderQuerySet, WaveQuerySet
from fulfillment.services import cancel_wave, create_wave, interrupt_wave, release_wave
from inventory.models import Channel
from merchants.api.filters import BooleanFilter, StrictFilterSet
from merchants.api.views import (
    PAGE_PARAMETERS,
    CreateMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    verb,
)


class WaveFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=WaveStatus.choices)
    channel = django_filters.ChoiceFilter(choices=Channel.choices)


class PlaceFilters(StrictFilterSet):
    short = BooleanFilter(method="by_cover")

    def by_cover(self, rows: WaveOrderQuerySet, name: str, value: bool) -> WaveOrderQuerySet:
        return rows.short() if value else rows.covered()


class WaveViewSet(ListMixin, RetrieveMixin, CreateMixin, ScopedViewSet):
    """Waves: open orders released together, in a worker. A wave may mix merchants."""

    model = Wave
    serializer_class = WaveSerializer
    filterset_class = WaveFilters
    staff_only = ScopedViewSet.ALL
    names_merchant = ()

    def known_parameters(self) -> list[str]:
        if self.action == "orders":
            return [*PAGE_PARAMETERS, *PlaceFilters.base_filters]
        return super().known_parameters()

    def rows(self, rows: WaveQuerySet) -> WaveQuerySet:
        return rows.select_related("merchant", "warehouse")

    def get_serializer_class(self) -> Any:
        return WaveSerializer if self.action == "list" else WaveWithResultsSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The page of a list has no results: they are added up for one wave at a time."""
        if args and kwargs.get("many"):
            args = ([wave_answer(one) for one in args[0]], *args[1:])
        elif args:
            args = (wave_with_results(args[0]), *args[1:])
        return super().get_serializer(*args, **kwargs)

    def make(self, data: dict[str, Any]) -> Wave:
        wave = create_wave(request=wave_request(data), actor=self.actor, now=self.now)
        return self.released(wave) if data["release"] else wave

    def released(self, wave: Wave) -> Wave:
        return release_wave(wave_id=wave.pk, actor=self.actor, now=self.now)

    @verb(staff=True)
    def release(self, row: Wave, data: dict[str, Any]) -> Wave:
        """Have a worker release its orders: all, those left, or once more those still short."""
        return self.released(row)

    @verb(staff=True)
    def interrupt(self, row: Wave, data: dict[str, Any]) -> Wave:
        """Stop it before its next batch; releasing it again goes on there."""
        return interrupt_wave(wave_id=row.pk, actor=self.actor, now=self.now)

    @verb(staff=True)
    def cancel(self, row: Wave, data: dict[str, Any]) -> Wave:
        """End it for good; what is promised stays promised, and its other orders stay open."""
        return cancel_wave(wave_id=row.pk, actor=self.actor, now=self.now)

    @extend_schema(responses=WaveOrderSerializer(many=True))
    @action(detail=True, filterset_class=PlaceFilters, ordering="position")
    def orders(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Its orders by their place, with what each line was promised and what it misses."""
        places = self.filter_queryset(places_of(self.get_object()))
        page = self.paginate_queryset(places)
        facts = wave_orders_explained(page or [], now=self.now)
        answers = WaveOrderSerializer([wave_order_answer(one) for one in facts], many=True)
        return self.get_paginated_response(answers.data)

    @extend_schema(responses=PickListPage)
    @action(detail=True, filterset_class=None, url_path="pick-list")
    def pick_list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is promised to its orders, by location, in walking order."""
        page = {"next": None, "previous": None, "results": pick_list(self.get_object())}
        return Response(PickListPage(page).data)
