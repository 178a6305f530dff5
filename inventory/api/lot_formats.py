"""lot-formats/: how a merchant's lots are numbered; and numbers drawn and read by them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.api.shapes import sku_of
from inventory.lot_formats import DateMeans
from inventory.models import LotFormat
from inventory.queries.lot_formats import example_of
from inventory.querysets import ScopedQuerySet
from inventory.services.lot_numbers import create_lot_format, update_lot_format
from merchants.api import fields
from merchants.api.filters import BooleanFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import CreateMixin, ListMixin, RetrieveMixin, ScopedViewSet, UpdateMixin

MEANINGS = [(one.value, one.value) for one in DateMeans]


def word(length: int) -> Any:
    return fields.Text(required=False, allow_blank=True, max_length=length, code=True)


class LotFormatSerializer(StrictSerializer):
    """A pattern of tokens such as `{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}`, and its fixed words."""

    id = fields.Id(read_only=True)
    sku = sku_of(source="product", required=False, allow_null=True, default=None)
    pattern = fields.Text(max_length=64)
    date_means = fields.Choice(choices=MEANINGS, required=False)
    brand = word(16)
    product_code = word(32)
    supplier = word(16)
    line = word(16)
    is_active = fields.Boolean(required=False)
    example = serializers.SerializerMethodField()

    @extend_schema_field(fields.Text(help_text="What it would write today, with 1 as sequence."))
    def get_example(self, made: LotFormat) -> str:
        return example_of(made, self.context["request"].now.date())


class LotFormatFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    is_active = BooleanFilter()


class LotFormatViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ScopedViewSet):
    """Formats of lot numbers: of a product, or (`sku` null) of all that have none of their own."""

    model = LotFormat
    serializer_class = LotFormatSerializer
    filterset_class = LotFormatFilters

    def rows(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        return rows.select_related("product", "merchant")

    def make(self, data: dict[str, Any]) -> LotFormat:
        product = data.pop("product")
        return create_lot_format(
            merchant=self.merchant, product=product, fields=data, actor=self.actor, now=self.now
        )

    def change(self, row: LotFormat, data: dict[str, Any]) -> LotFormat:
        if data.pop("product", row.product) != row.product:
            raise serializers.ValidationError(
                {"sku": ["A format stays with its product: make another one."]}, code="read_only"
            )
        return update_lot_format(format_id=row.pk, fields=data, actor=self.actor, now=self.now)


class DrawSerializer(StrictSerializer):
    """For which product; `date` is the one that the number carries, `supplier` and `line` replace
    those of the format."""

    sku = sku_of(source="product")
    date = fields.Expiry()
    supplier = word(16)
    line = word(16)


class ReadSerializer(StrictSerializer):
    """A number that somebody typed, of a lot of this product."""

    sku = sku_of(source="product")
    number = fields.LotNumber(required=True)


class DrawnSerializer(StrictSerializer):
    """A number and the date that it carries."""

    number = fields.Text()
    manufactured_on = fields.Expiry(source="dates.manufactured_on")
    expires_on = fields.Expiry(source="dates.expires_on")


class SaidSerializer(StrictSerializer):
    """What a number says, and whose it is."""

    number = fields.Text()
    manufactured_on = fields.Expiry(source="dates.manufactured_on")
    expires_on = fields.Expiry(source="dates.expires_on")
    parts = serializers.DictField(
        child=fields.Text(), help_text="By token, such as YY; empty where no format fits."
    )
    lot = fields.Id(allow_null=True, help_text="The lot of this number, or that it is an alias of.")
    look_alikes = serializers.ListField(
        child=fields.Text(), help_text="Numbers of other lots of the product that look like it."
    )
