"""Products: their Inventory part, their return preferences, who changed them."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from inventory.admin import breakdown
from inventory.breakdown_sheets import import_breakdown
from inventory.forms import ProductForm
from inventory.models import Product
from inventory.queries import search
from inventory.queries.product_list import with_on_hand
from inventory.queries.unlotted import lacking_lots, with_unlotted
from inventory.querysets import ProductQuerySet
from inventory.resources import ProductResource
from inventory.spreadsheets.screens import SheetAdmin
from merchants.screens import HistoryAdmin, ServiceAdmin, badge, number


class LackingFilter(admin.SimpleListFilter):
    title = "lots"
    parameter_name = "lots"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("lacking", "Lot products with units without a lot")]

    def queryset(self, request: HttpRequest, queryset: ProductQuerySet) -> ProductQuerySet:
        return lacking_lots(queryset) if self.value() else queryset


@admin.register(Product)
class ProductAdmin(SheetAdmin, ServiceAdmin, HistoryAdmin):
    form = ProductForm
    sheet_resource = ProductResource
    import_explanation = (
        "One row for each product. A row whose merchant and SKU are known changes that product; "
        "any other makes a new one."
    )
    change_form_template = "inventory/product.html"
    change_list_template = "inventory/product_list.html"
    list_display = ["sku", "name", "merchant", "lot_product", "shelf_life", "on_hand"]
    list_filter = ["is_lot_product", LackingFilter, "merchant"]
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
            "Food traceability (FSMA 204)",
            {
                "fields": [("is_ftl", "ftl_category")],
                "description": "A WRO with a food of the list is completed only once the key data "
                "elements of its receipt are known. The number of a received lot never changes.",
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

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path(
                "break-down/import/",
                guard(lambda request: import_breakdown(self.admin_site, request)),
                name="inventory_product_import_breakdown",
            ),
            path(
                "<int:product_id>/break-down/",
                guard(
                    lambda request, product_id: breakdown.break_down_page(self, request, product_id)
                ),
                name="inventory_product_break_down",
            ),
            *super().get_urls(),
        ]

    def save_form(self, request: Any, form: Any, change: bool) -> Any:
        """Remember whether lot tracking was switched on just now."""
        product = super().save_form(request, form, change)
        request.is_tracked_now = change and "is_lot_product" in form.changed_data
        return product

    def response_change(self, request: Any, obj: Product) -> HttpResponse:
        """Where units stand without a lot as tracking begins, on to their breakdown."""
        missing = unlotted(obj) if request.is_tracked_now else 0
        if not missing or not request.user.has_perm(breakdown.PERMISSION):
            return super().response_change(request, obj)
        messages.warning(
            request,
            f"{obj.sku} is a lot product now, and {missing} units of it stand without a lot. "
            "Orders get them last. Say of which lots they are, here or later.",
        )
        return HttpResponseRedirect(reverse("admin:inventory_product_break_down", args=[obj.pk]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["unlotted"] = unlotted(obj) if obj else 0
        context["may_break_down"] = request.user.has_perm(breakdown.PERMISSION)
        return super().render_change_form(request, context, obj=obj, **kwargs)


def unlotted(product: Product) -> int:
    """Units of a lot product that stand in bins without a lot."""
    if not product.is_lot_product:
        return 0
    units: int = with_unlotted(Product.objects.filter(pk=product.pk)).get().unlotted
    return units
