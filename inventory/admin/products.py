"""Products: their Inventory part, their return preferences, who changed them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inventory.forms import ProductForm
from inventory.models import Product
from inventory.queries import search
from inventory.queries.product_list import with_on_hand
from inventory.querysets import ProductQuerySet
from inventory.resources import ProductResource
from inventory.spreadsheets.screens import SheetAdmin
from merchants.screens import HistoryAdmin, ServiceAdmin, badge, number


@admin.register(Product)
class ProductAdmin(SheetAdmin, ServiceAdmin, HistoryAdmin):
    form = ProductForm
    sheet_resource = ProductResource
    import_explanation = (
        "One row for each product. A row whose merchant and SKU are known changes that product; "
        "any other makes a new one."
    )
    change_form_template = "inventory/product.html"
    list_display = ["sku", "name", "merchant", "lot_product", "shelf_life", "on_hand"]
    list_filter = ["is_lot_product", "merchant"]
    list_select_related = ["merchant"]
    list_per_page = 50
    search_fields = ["sku", "name", "barcode"]
    search_help_text = "SKU, name, barcode or id"
    ways = staticmethod(search.products)
    quick_columns = ("sku",)
    ordering = ["sku", "id"]
    fieldsets = [
        (None, {"fields": ["merchant", "sku", "name", "barcode"]}),
        (
            "Inventory",
            {
                "fields": [
                    "is_lot_product",
                    "lot_entry",
                    "has_min_shelf_life",
                    "min_shelf_life_days",
                    "rotation",
                ]
            },
        ),
        (
            "Return preferences",
            {
                "fields": [
                    ("return_action", "return_backup_action"),
                    ("rts_action", "rts_backup_action"),
                    "return_instructions",
                ],
                "description": "Customer returns of lot products are quarantined or disposed of, "
                "never restocked. The backup action is taken where a unit that would be restocked "
                "fails inspection or is too near its expiry.",
            },
        ),
        (
            "Size, weight and place",
            {"fields": [("length_in", "width_in", "height_in", "weight_oz"), "zone"]},
        ),
        ("Value", {"fields": ["unit_value"]}),
    ]

    class Media:
        js = ["lotwms/product.js"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return ["merchant"] if obj else []

    def get_queryset(self, request: HttpRequest) -> ProductQuerySet:
        return with_on_hand(super().get_queryset(request))

    def describe(self, product: Product) -> str:
        return f"{product.sku} · {product.name}"

    @admin.display(description="Has a minimum shelf life", boolean=True)
    def has_min_shelf_life(self, product: Product) -> bool:
        """For those who may only look: the form's tick box is not there."""
        return product.min_shelf_life_days is not None

    @admin.display(description="Lot product", ordering="is_lot_product")
    def lot_product(self, product: Product) -> str:
        return badge("info", "Lot product") if product.is_lot_product else "No"

    @admin.display(description="Minimum shelf life", ordering="min_shelf_life_days")
    def shelf_life(self, product: Product) -> str:
        days = product.min_shelf_life_days
        return "–" if days is None else number(f"{days} days")

    @admin.display(description="On hand", ordering="on_hand")
    def on_hand(self, product: Any) -> str:
        return number(product.on_hand)
