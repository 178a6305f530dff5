"""Orders in the admin: the list, and the ways to their screens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse

from fulfillment import screens
from fulfillment.admin import wave_pages
from fulfillment.models import Order
from fulfillment.queries import for_list, search
from fulfillment.querysets import OrderQuerySet
from fulfillment.services import allocate_order
from fulfillment.status import OrderStatus
from inventory.models import Warehouse
from merchants.errors import DomainError
from merchants.screens import DocumentAdmin, badge, number

CHANGE = "fulfillment.change_order"
ADD = "fulfillment.add_order"
GATHER = "fulfillment.add_wave"


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return OrderStatus.choices

    def queryset(self, request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        return queryset.in_status(self.value()) if self.value() else queryset


class WaveFilter(admin.SimpleListFilter):
    title = "wave"
    parameter_name = "wave"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "Open and in no wave"), ("waiting", "In an unfinished wave")]

    def queryset(self, request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        if self.value() == "none":
            return queryset.waiting()
        return queryset.filter(wave_orders__is_waiting=True) if self.value() else queryset


class ShipByFilter(admin.SimpleListFilter):
    title = "day to ship by"
    parameter_name = "ship_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", "Until today"), ("1", "Until tomorrow"), ("7", "Within 7 days")]

    def queryset(self, request: Any, queryset: OrderQuerySet) -> OrderQuerySet:
        days = {"0": 0, "1": 1, "7": 7}.get(self.value() or "")
        if days is None:
            return queryset
        return queryset.filter(ship_by__lte=request.now.date() + timedelta(days=days))


class WarehouseFilter(admin.SimpleListFilter):
    title = "warehouse"
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in Warehouse.objects.values_list("code", flat=True)]

    def queryset(self, request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        return queryset.filled_from(self.value()) if self.value() else queryset


@admin.register(Order)
class OrderAdmin(DocumentAdmin):
    list_display = [
        "order_number",
        "reference",
        "merchant",
        "state",
        "channel_code",
        "units",
        "recipient",
        "warehouse_code",
        "created_at",
    ]
    list_filter = [
        StatusFilter,
        WaveFilter,
        ShipByFilter,
        "channel",
        WarehouseFilter,
        "merchant",
    ]
    list_select_related = ["merchant"]
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = "Order number, or how reference or recipient begin"
    ways = staticmethod(search.orders)
    ordering = ["-id"]
    adding = ADD
    start = staticmethod(screens.take_order)
    show = staticmethod(screens.show_order)
    actions = ["allocate_selected", "gather_selected"]

    class Media:
        css = {"all": ["lotwms/order.css"]}

    def has_allocate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CHANGE)

    def has_gather_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(GATHER)

    def get_queryset(self, request: HttpRequest) -> OrderQuerySet:
        return for_list(super().get_queryset(request))

    @admin.display(description="Order", ordering="id")
    def order_number(self, order: Order) -> str:
        return order.number

    @admin.display(description="Status", ordering="status")
    def state(self, order: Any) -> str:
        return badge(order.status, OrderStatus(order.status).label)

    @admin.display(description="Channel", ordering="channel")
    def channel_code(self, order: Order) -> str:
        return order.channel.upper()

    @admin.display(description="Units", ordering="units")
    def units(self, order: Any) -> str:
        return number(order.units)

    @admin.display(description="Recipient")
    def recipient(self, order: Order) -> str:
        return order.ship_to.get("name") or "–"

    @admin.display(description="Warehouse", ordering="filled_from")
    def warehouse_code(self, order: Any) -> str:
        return order.filled_from or "–"

    @admin.action(description="Allocate the selected orders", permissions=["allocate"])
    def allocate_selected(self, request: Any, queryset: OrderQuerySet) -> None:
        """A wave by hand: each order in a transaction of its own, by priority, then age."""
        done = 0
        for order in queryset.order_by("-priority", "created_at", "id"):
            try:
                allocate_order(order_id=order.pk, actor=request.user, now=request.now)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                done += 1
        if done:
            orders = "1 order was" if done == 1 else f"{done} orders were"
            messages.success(request, f"{orders} allocated as far as there is stock.")

    @admin.action(description="Make a wave of the selected orders", permissions=["gather"])
    def gather_selected(self, request: Any, queryset: OrderQuerySet) -> HttpResponse | None:
        """To be looked at, and released from its page."""
        try:
            return wave_pages.start_with(request, list(queryset.values_list("pk", flat=True)))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return None

    def get_urls(self) -> list[Any]:
        return [
            self.below("not-found", screens.not_found, CHANGE, rest="<int:allocation_id>/"),
            self.below("allocate", screens.allocate, CHANGE),
            self.below("ship", screens.ship, CHANGE),
            self.below("cancel", screens.cancel, CHANGE),
            self.beside("suggest/products", screens.suggest_products, ADD),
            self.beside("suggest/lots", screens.suggest_lots, ADD),
            *super().get_urls(),
        ]
