"""expiry/: what runs out of life, how it sells, and what will be left of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import django_filters
from django_filters.utils import translate_validation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.shapes import LotBrief
from inventory.expiry import AgeBucket, LifeBucket
from inventory.models import Action, Balance, Lot
from inventory.queries.expiry import Part, Wanted, standing, units_by_age, units_by_life
from inventory.queries.expiry_rows import Row, rows_of
from inventory.queries.places import todays, warehouse_named
from inventory.querysets import LotQuerySet
from merchants.api import fields
from merchants.api.filters import IntegerFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import ListMixin, ScopedViewSet
from merchants.replica import may_lag

MOST_DAYS = 36_500


class ExpiryPlaceSerializer(StrictSerializer):
    """The units of a lot in one warehouse.

    `days_of_cover`: how many days the product lasts there at the rate of the last 28; null where
    none was sold. `left_at_expiry`: what will be unsold then; null where the lot does not expire.
    """

    warehouse = fields.Text()
    on_hand = fields.Integer()
    bins = fields.Integer(help_text="Places in which they stand.")
    days_remaining = fields.Integer(allow_null=True)
    life = fields.Choice(LifeBucket.choices)
    value = fields.Measure(
        max_digits=24, decimal_places=4, allow_null=True, help_text="Null: the product has none."
    )
    sold_in_28_days = fields.Integer(help_text="Of the product, from this warehouse.")
    days_of_cover = fields.Integer(allow_null=True)
    left_at_expiry = fields.Integer(allow_null=True)
    suggested_action = fields.Choice(Action.choices, allow_null=True)
    why = fields.Text(allow_blank=True)


class ExpirySerializer(StrictSerializer):
    """A lot with units on hand, warehouse by warehouse."""

    lot = LotBrief()
    product = fields.Id()
    sku = fields.Text()
    name = fields.Text()
    received_at = fields.Time(allow_null=True)
    age_days = fields.Integer(allow_null=True, help_text="Whole days since it was first received.")
    age = fields.Choice(AgeBucket.choices)
    sold = fields.Integer(help_text="Units of the lot that are with customers.")
    share_sold_percent = fields.Integer()
    last_action = fields.Choice(Action.choices, allow_null=True)
    places = ExpiryPlaceSerializer(many=True)


class ExpiryPartSerializer(StrictSerializer):
    """The units of one bucket."""

    bucket = fields.Text()
    units = fields.Integer()


class ExpirySummarySerializer(StrictSerializer):
    """Units on hand by days to expiry and by days since receipt; both sum to `on_hand`."""

    on_hand = fields.Integer()
    life = ExpiryPartSerializer(many=True)
    age = ExpiryPartSerializer(many=True)


class ExpiryFilters(StrictFilterSet):
    """They narrow the units, not only the lots; what is asked is read by the view."""

    sku = TextFilter(method="leave")
    warehouse = TextFilter(method="leave")
    within_days = IntegerFilter(method="leave")
    life = django_filters.ChoiceFilter(choices=LifeBucket.choices, method="leave")
    age = django_filters.ChoiceFilter(choices=AgeBucket.choices, method="leave")

    def leave(self, rows: LotQuerySet, name: str, value: Any) -> LotQuerySet:
        return rows


def refuse(name: str, message: str, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({name: [message]}, code=code)


PARAMETERS = [
    OpenApiParameter("sku", str),
    OpenApiParameter("warehouse", str, description="Units in this warehouse alone."),
    OpenApiParameter("within_days", int, description="Good today, and for so many days at most."),
    OpenApiParameter("life", str, enum=LifeBucket.values, description="By days to expiry."),
    OpenApiParameter("age", str, enum=AgeBucket.values, description="By days since receipt."),
]


class ExpiryViewSet(ListMixin, ScopedViewSet):
    """Lots by what is left of their life, with how they sell."""

    model = Lot
    serializer_class = ExpirySerializer
    filterset_class = ExpiryFilters

    def known_parameters(self) -> list[str]:
        known = super().known_parameters()
        if self.action == "summary":
            known += list(ExpiryFilters.base_filters)
        return known

    def filters_merchant(self) -> bool:
        return True

    def rows(self, rows: LotQuerySet) -> LotQuerySet:
        return rows.filter(pk__in=self.balances().order_by().values("lot_id"))

    def balances(self) -> Any:
        """The balances that are asked for, among those that the caller may see."""
        rows = Balance.objects.for_user(self.actor)
        return standing(rows, self.wanted, todays(self.now), self.now)

    @cached_property
    def wanted(self) -> Wanted:
        """What the parameters ask for. Raises: ValidationError for a value that there is not."""
        filters = ExpiryFilters(self.request.query_params, Lot.objects.none())
        if not filters.is_valid():
            raise translate_validation(filters.errors)
        asked = filters.form.cleaned_data
        if (asked["within_days"] or 0) > MOST_DAYS:
            raise refuse("within_days", f"Give at most {MOST_DAYS} days.", "max_value")
        warehouse = warehouse_named(asked["warehouse"]) if asked["warehouse"] else None
        if asked["warehouse"] and warehouse is None:
            message = f"There is no warehouse {asked['warehouse']}."
            raise refuse("warehouse", message, "unknown_warehouse")
        return Wanted(
            sku=asked["sku"],
            merchant_id=self.merchant.pk if "merchant" in self.request.query_params else None,
            warehouse_id=warehouse and warehouse.pk,
            life=asked["life"],
            age=asked["age"],
            within_days=asked["within_days"],
        )

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Answers are made of the rows of all lots of the page, read at once."""
        if args:
            args = (self.told([lot.pk for lot in args[0]]), *args[1:])
        return super().get_serializer(*args, **kwargs)

    def told(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        rows = rows_of(ids, self.wanted, todays=todays(self.now), now=self.now)
        return [as_lot(list(group)) for _, group in groupby(rows, lambda row: row.lot.pk)]

    @extend_schema(parameters=PARAMETERS)
    @may_lag
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lots with units on hand; `life=expired` those that are over."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=PARAMETERS, responses=ExpirySummarySerializer)
    @action(detail=False, filterset_class=None, pagination_class=None)
    @may_lag
    def summary(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The same units, those without a lot too, summed in buckets."""
        rows = self.balances()
        life = units_by_life(rows, todays(self.now))
        summed = {
            "on_hand": sum(part.units for part in life),
            "life": [as_part(part) for part in life],
            "age": [as_part(part) for part in units_by_age(rows, self.now)],
        }
        return Response(ExpirySummarySerializer(summed).data)


def as_part(part: Part) -> dict[str, Any]:
    return {"bucket": part.key, "units": part.units}


def as_lot(rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    lot = first.lot
    return {
        "lot": lot,
        "product": lot.product_id,
        "sku": lot.product.sku,
        "name": lot.product.name,
        "received_at": lot.received_at,
        "age_days": first.age_days,
        "age": first.age,
        "sold": first.sold,
        "share_sold_percent": first.share_sold,
        "last_action": first.action and first.action.action,
        "places": [as_place(row) for row in rows],
    }


def as_place(row: Row) -> dict[str, Any]:
    return {
        "warehouse": row.warehouse.code,
        "on_hand": row.units,
        "bins": row.bins,
        "days_remaining": row.days_remaining,
        "life": row.life,
        "value": row.value,
        "sold_in_28_days": row.sold_lately,
        "days_of_cover": row.days_of_cover,
        "left_at_expiry": row.left,
        "suggested_action": row.suggestion.action if row.suggestion else None,
        "why": row.suggestion.why if row.suggestion else "",
    }
