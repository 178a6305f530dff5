# mypy: disable-error-code="type-arg, misc, no-any-return, attr-defined"
"""The inventory status: every product's quantities, and of each its lots in a pop-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from inventory.availability import Todays
from inventory.models import Product, Warehouse
from inventory.queries.places import todays, warehouse_named
from inventory.queries.status import inventory_by_lot, inventory_by_product, total
from inventory.queries.status_page import (
    MOST_SORTED,
    SORT_KEYS,
    Wanted,
    in_order,
    may_be_sorted,
    products,
)
from merchants.lists import FirstRows
from merchants.models import Merchant
from merchants.replica import may_lag
from merchants.screens import require

PERMISSION = "inventory.view_balance"
PAGE_SIZE = 50
COLUMNS = {
    "sku": "SKU",
    "name": "Name",
    "merchant": "Merchant",
    "incoming": "Incoming",
    "on_hand": "On hand",
    "committed": "Committed",
    "fulfillable": "Fulfillable",
    "exception": "Exception",
    "backordered": "Backordered",
    "in_transit": "In transit",
}
TEXTS = ("sku", "name", "merchant")


def urls(site: AdminSite) -> list[URLPattern]:
    """The pages of this screen, for the admin site to put before its own."""

    def page(view: Any) -> Any:
        def shown(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            require(request, PERMISSION)
            return view(request, site, **kwargs)

        return site.admin_view(shown)

    return [
        path("inventory/status/", page(status), name="inventory_status"),
        path("inventory/status/<int:product_id>/lots/", page(lots), name="inventory_status_lots"),
    ]


class StatusForm(forms.Form):
    """What to show; everything comes from the address, so that any view of it can be shared."""

    q = forms.CharField(
        label="Search", required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )
    merchant = forms.ModelChoiceField(
        Merchant.objects.none(), required=False, empty_label="All merchants", to_field_name="code"
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, empty_label="All warehouses", to_field_name="code"
    )
    lot_product = forms.TypedChoiceField(
        label="Lot product",
        required=False,
        coerce=lambda value: value == "yes",
        empty_value=None,
        choices=[("", "All products"), ("yes", "Lot products"), ("no", "Products without lots")],
    )
    exception = forms.ChoiceField(
        label="Exceptions",
        required=False,
        choices=[("", "With or without"), ("yes", "Has exception")],
    )
    expiring = forms.TypedChoiceField(
        label="Expiring",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "At any time"), *((str(n), f"Within {n} days") for n in (30, 60, 90))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].queryset = Merchant.objects.order_by("code")
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("code")

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        return Wanted(
            search=data["q"],
            merchant_id=data["merchant"] and data["merchant"].pk,
            warehouse_id=data["warehouse"] and data["warehouse"].pk,
            is_lot_product=data["lot_product"],
            has_exception=bool(data["exception"]),
            expiring_within=data["expiring"],
        )


@dataclass(frozen=True)
class Sorting:
    """The column that the page is sorted by, from `o` in the address: `name`, `-on_hand`."""

    key: str = "sku"
    descending: bool = False

    @classmethod
    def read(cls, text: str) -> Sorting:
        key = text.removeprefix("-")
        return cls(key, text.startswith("-")) if key in SORT_KEYS else cls()

    @property
    def text(self) -> str:
        """As `o` in the address."""
        return f"-{self.key}" if self.descending else self.key

    def heads(self, params: dict[str, str]) -> list[dict[str, Any]]:
        """The headings: a number is first sorted downwards, a text upwards."""
        return [self._head(key, label, params) for key, label in COLUMNS.items()]

    def _head(self, key: str, label: str, params: dict[str, str]) -> dict[str, Any]:
        is_sorted = key == self.key
        down = not self.descending if is_sorted else key not in TEXTS
        order = "descending" if self.descending else "ascending"
        return {
            "label": label,
            "is_number": key not in TEXTS,
            "aria_sort": order if is_sorted else "",
            "query": urlencode({**params, "o": f"-{key}" if down else key}),
        }


@may_lag
def status(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page of products. The number of queries does not depend on what it shows."""
    form = StatusForm(request.GET, label_suffix="")
    params = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    sorting = Sorting.read(request.GET.get("o", ""))
    rows = Product.objects.for_user(request.user)
    days = todays(request.now)
    warehouse_id = None
    if form.is_valid():
        wanted = form.wanted()
        warehouse_id = wanted.warehouse_id
        rows = products(rows, wanted, days)
    else:
        rows = rows.none()
    if not may_be_sorted(rows, sorting.key):
        messages.warning(
            request,
            f"There are more than {MOST_SORTED:,} products. Choose a merchant, or search, to sort "
            "them by a quantity.",
        )
        sorting = Sorting()
    ordered = in_order(
        rows,
        sorting.key,
        descending=sorting.descending,
        todays=days,
        warehouse_id=warehouse_id,
    )
    page = FirstRows(
        ordered, PAGE_SIZE, source=Product.objects.select_related("merchant")
    ).get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": "Inventory status",
        "form": form,
        "rows": with_figures(list(page), days, warehouse_id),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "page_query": urlencode({**params, "o": sorting.text}),
        "heads": sorting.heads(params),
        "is_filtered": bool(params),
        "lots_query": urlencode({"warehouse": params["warehouse"]}) if warehouse_id else "",
    }
    return TemplateResponse(request, "inventory/status.html", context)


def with_figures(
    shown: list[Product], days: Todays, warehouse_id: int | None
) -> list[dict[str, Any]]:
    """The products of the page with their quantities; nothing else is added up."""
    ids = [product.pk for product in shown]
    figures = inventory_by_product(ids, todays=days, warehouse_id=warehouse_id)
    return [{"product": product, "figures": figures[product.pk]} for product in shown]


@may_lag
def lots(request: HttpRequest, site: AdminSite, product_id: int) -> HttpResponse:
    """The lots of one product: a page of its own, or with `?part=lots` what the pop-up shows."""
    visible = Product.objects.for_user(request.user).select_related("merchant")
    product = get_object_or_404(visible, pk=product_id)
    warehouse = asked_warehouse(request.GET.get("warehouse", ""))
    rows = inventory_by_lot(
        product.pk,
        todays=todays(request.now),
        now=request.now,
        warehouse_id=warehouse.pk if warehouse else None,
    )
    page_url = reverse("admin:inventory_status_lots", args=[product.pk])
    context = {
        "product": product,
        "warehouse": warehouse,
        "rows": rows,
        "total": total(rows),
        "page_url": f"{page_url}?{urlencode({'warehouse': warehouse.code})}"
        if warehouse
        else page_url,
    }
    if request.GET.get("part") == "lots":
        return TemplateResponse(request, "inventory/status_lots_table.html", context)
    context |= {**site.each_context(request), "title": f"Lots of {product.sku}"}
    return TemplateResponse(request, "inventory/status_lots.html", context)


def asked_warehouse(code: str) -> Warehouse | None:
    if not code:
        return None
    warehouse = warehouse_named(code)
    if warehouse is None:
        raise Http404("There is no such warehouse.")
    return warehouse
