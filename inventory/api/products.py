"""products/: what a merchant sells."""

from __future__ import annotations

from typing import Any

from inventory.api.breakdown import BreakDownAnswer, BreakDownSerializer, portions_of, told
from inventory.models import BackupAction, FTLCategory, LotEntry, Product, ReturnAction
from inventory.queries.unlotted import lacking_lots, with_unlotted
from inventory.querysets import ProductQuerySet
from inventory.services.breakdown import break_down, preview_breakdown
from inventory.services.products import create_product, update_product
from merchants.api import fields
from merchants.api.filters import BooleanFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import (
    CreateMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    verb,
)
from merchants.models import Rotation


def measure() -> fields.Measure:
    return fields.Measure(max_digits=8, required=False, allow_null=True)


class ReturnPreferencesSerializer(StrictSerializer):
    """What becomes of returned units; what is left out stays as it is."""

    return_action = fields.Choice(ReturnAction.choices, required=False)
    return_backup_action = fields.Choice(BackupAction.choices, required=False)
    rts_action = fields.Choice(ReturnAction.choices, required=False)
    rts_backup_action = fields.Choice(BackupAction.choices, required=False)
    instructions = fields.Text(
        source="return_instructions",
        required=False,
        allow_blank=True,
        multiline=True,
        max_length=10_000,
    )


class ProductSerializer(StrictSerializer):
    """A product; `rotation` null means that of the account."""

    id = fields.Id(read_only=True)
    sku = fields.Text(max_length=64, code=True)
    name = fields.Text(max_length=200)
    barcode = fields.Text(max_length=64, required=False, allow_blank=True, code=True)
    is_lot_product = fields.Boolean(required=False)
    lot_entry = fields.Choice(LotEntry.choices, required=False)
    rotation = fields.Choice(Rotation.choices, required=False, allow_null=True)
    min_shelf_life_days = fields.Integer(min_value=0, required=False, allow_null=True)
    length_in = measure()
    width_in = measure()
    height_in = measure()
    weight_oz = measure()
    zone = fields.Text(max_length=32, required=False, allow_blank=True, code=True)
    unit_value = fields.Measure(max_digits=12, decimal_places=4, required=False, allow_null=True)
    is_ftl = fields.Boolean(required=False)
    ftl_category = fields.Choice(FTLCategory.choices, required=False, allow_blank=True)
    return_preferences = ReturnPreferencesSerializer(source="*", required=False)
    unlotted = fields.Integer(read_only=True, help_text="Units without a lot in bins.")


class ProductFilters(StrictFilterSet):
    sku = TextFilter()
    is_lot_product = BooleanFilter()
    lacks_lots = BooleanFilter(method="by_units_without_a_lot")
    search = TextFilter(method="by_words")

    def by_words(self, rows: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        return rows.search(value)

    def by_units_without_a_lot(
        self, rows: ProductQuerySet, name: str, value: bool
    ) -> ProductQuerySet:
        """Lot products with units without a lot in bins, or the others."""
        return lacking_lots(rows) if value else rows.exclude(pk__in=lacking_lots(rows).values("pk"))


class ProductViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ScopedViewSet):
    """Products; those with `is_lot_product` are tracked by lot."""

    model = Product
    serializer_class = ProductSerializer
    filterset_class = ProductFilters

    def rows(self, rows: ProductQuerySet) -> ProductQuerySet:
        return with_unlotted(rows.select_related("merchant"))

    def make(self, data: dict[str, Any]) -> Product:
        return create_product(merchant=self.merchant, fields=data, actor=self.actor, now=self.now)

    def change(self, row: Product, data: dict[str, Any]) -> Product:
        return update_product(product_id=row.pk, fields=data, actor=self.actor, now=self.now)

    @verb(body=BreakDownSerializer, answer=BreakDownAnswer)
    def break_down(self, row: Product, data: dict[str, Any]) -> dict[str, Any]:
        """Say of which lots the units without a lot are: all of a place or none. All or nothing."""
        do = preview_breakdown if data["dry_run"] else break_down
        portions = portions_of(row, data)
        done = do(
            portions=portions,
            reason=data["reason"],
            confirm_new=data["confirm_new"],
            actor=self.actor,
            now=self.now,
        )
        return {
            "results": told(done),
            "released": done.released,
            "unlotted": self.get_queryset().get(pk=row.pk).unlotted,
            "dry_run": data["dry_run"],
        }
