"""inventory/: how many units are what, by product and by lot, and how they came to be there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.shapes import LotBrief
from inventory.models import Movement, PostingKind, Product
from inventory.queries.places import todays, warehouse_named
from inventory.queries.status import QUANTITIES, Figures, inventory_by_lot, inventory_by_product
from inventory.querysets import ProductQuerySet
from merchants.api import fields
from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import PAGE_PARAMETERS, ListMixin, RetrieveMixin, ScopedViewSet
from merchants.replica import may_lag

WAREHOUSE = OpenApiParameter("warehouse", str, description="Count in this warehouse alone.")


class Quantities(StrictSerializer):
    """Units; `on_hand = fulfillable + committed + exception`, and the reasons sum to exception."""

    incoming = fields.Integer()
    on_hand = fields.Integer()
    committed = fields.Integer()
    fulfillable = fields.Integer()
    exception = fields.Integer()
    exception_reasons = serializers.DictField(child=fields.Integer())
    backordered = fields.Integer()
    in_transit = fields.Integer()


class ProductBrief(StrictSerializer):
    """A product where its quantities are told."""

    product = fields.Id()
    sku = fields.Text()
    name = fields.Text()


class InventorySerializer(ProductBrief, Quantities):
    """The quantities of a product."""


class LotWithDays(LotBrief):
    """A lot and how long it is still good."""

    days_remaining = fields.Integer(allow_null=True)


class OfLot(StrictSerializer):
    """Which lot; null: the units without a lot."""

    lot = LotWithDays(allow_null=True)


class InventoryLotSerializer(OfLot, Quantities):
    """The quantities of one lot; `lot` null: of the units without a lot."""


class InventoryLotPage(StrictSerializer):
    """Always one whole page, first expired first, units without a lot last."""

    next = fields.Text(allow_null=True)
    previous = fields.Text(allow_null=True)
    results = InventoryLotSerializer(many=True)


class MovementSerializer(StrictSerializer):
    """Units that moved, why, and who did it."""

    kind = fields.Choice(PostingKind.choices, source="posting.kind")
    reference = fields.Text(source="posting.reference")
    lot = serializers.SerializerMethodField()
    source = fields.Text(source="source.location.name")
    target = fields.Text(source="target.location.name")
    source_lot = LotBrief(source="source.lot", allow_null=True)
    target_lot = LotBrief(source="target.lot", allow_null=True)
    quantity = fields.Quantity()
    actor = fields.Text(source="posting.actor.username")
    reason = fields.Text(source="posting.reason")
    occurred_at = fields.Time(source="posting.occurred_at")

    @extend_schema_field(LotBrief(allow_null=True))
    def get_lot(self, movement: Movement) -> Any:
        """The units' lot; when they were stamped with one, that lot."""
        lot = movement.target.lot or movement.source.lot
        return lot and LotBrief(lot).data


class InventoryFilters(StrictFilterSet):
    sku = TextFilter()
    search = TextFilter(method="by_words")
    warehouse = TextFilter(method="leave")

    def by_words(self, rows: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        return rows.search(value)

    def leave(self, rows: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        """A warehouse narrows the quantities, not the products."""
        return rows


class InventoryViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """The inventory status. `warehouse` narrows the quantities to one warehouse."""

    model = Product
    serializer_class = InventorySerializer
    filterset_class = InventoryFilters
    names_merchant = ()

    def known_parameters(self) -> list[str]:
        if self.action == "history":
            return list(PAGE_PARAMETERS)
        return super().known_parameters() if self.action == "list" else ["warehouse"]

    def rows(self, rows: ProductQuerySet) -> ProductQuerySet:
        self.warehouse_id  # noqa: B018  # an unknown one is refused before anything is read
        return rows

    @cached_property
    def warehouse_id(self) -> int | None:
        """The warehouse to count in; None for all."""
        code = self.request.query_params.get("warehouse")
        if code is None:
            return None
        warehouse = warehouse_named(code)
        if warehouse is None:
            raise serializers.ValidationError(
                {"warehouse": [f"There is no warehouse {code}."]}, code="unknown_warehouse"
            )
        return warehouse.pk

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Answers are made of the quantities, added up for the page at once."""
        if args:
            shown = list(args[0]) if kwargs.get("many") else [args[0]]
            answers = self.with_quantities(shown)
            args = (answers if kwargs.get("many") else answers[0], *args[1:])
        return super().get_serializer(*args, **kwargs)

    def with_quantities(self, shown: Iterable[Product]) -> list[dict[str, Any]]:
        found = inventory_by_product(
            [product.pk for product in shown],
            todays=todays(self.now),
            warehouse_id=self.warehouse_id,
        )
        return [
            {"product": one.pk, "sku": one.sku, "name": one.name, **quantities(found[one.pk])}
            for one in shown
        ]

    @may_lag
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The quantities of all products."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[WAREHOUSE])
    @may_lag
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The quantities of one product."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(responses=InventoryLotPage, parameters=[WAREHOUSE])
    @action(detail=True, filterset_class=None)
    @may_lag
    def lots(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The quantities of each of its lots."""
        rows = inventory_by_lot(
            self.get_object().pk,
            todays=todays(self.now),
            now=self.now,
            warehouse_id=self.warehouse_id,
        )
        results = [
            {
                "lot": row.lot
                and {
                    "id": row.lot.pk,
                    "number": row.lot.number,
                    "expires_on": row.lot.expires_on,
                    "days_remaining": row.days_remaining,
                },
                **quantities(row.figures),
            }
            for row in rows
        ]
        page = {"next": None, "previous": None, "results": results}
        return Response(InventoryLotPage(page).data)

    @extend_schema(responses=MovementSerializer(many=True))
    @action(detail=True, filterset_class=None, ordering="-id")
    @may_lag
    def history(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The movements of the product, newest first."""
        movements = Movement.objects.filter(product=self.get_object()).select_related(
            "posting__actor", "source__location", "source__lot", "target__location", "target__lot"
        )
        page = self.paginate_queryset(movements)
        return self.get_paginated_response(MovementSerializer(page, many=True).data)


def quantities(figures: Figures) -> dict[str, Any]:
    return {
        **{name: getattr(figures, name) for name in QUANTITIES},
        "exception_reasons": figures.reasons,
    }
