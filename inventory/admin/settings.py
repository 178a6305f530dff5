"""The account's lot-tracking settings, one row per merchant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inventory.forms import LotTrackingForm
from inventory.models import LotTrackingSettings
from merchants.screens import ServiceAdmin


@admin.register(LotTrackingSettings)
class LotTrackingAdmin(ServiceAdmin):
    """Stricter settings take no promise back; what looser ones free goes to backorders at once."""

    form = LotTrackingForm
    list_display = [
        "code",
        "lot_tracking_active",
        "rotation",
        "picking_disabled_days",
        "verify_lot",
    ]
    search_fields = ["code", "name"]
    ordering = ["code"]
    fieldsets = [
        (
            "Lots",
            {
                "fields": ["lot_tracking_active", "verify_lot"],
                "description": "With lot tracking off nothing is asked for when units enter; lots, "
                "expiry and holds that exist still stop shipment.",
            },
        ),
        (
            "What ships first",
            {
                "fields": ["rotation", "picking_disabled_days"],
                "description": "A product may have its own rotation. The larger of the product's "
                "minimum shelf life and the days here counts. Standing promises are kept.",
            },
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("merchants.view_merchant")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("merchants.change_merchant")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
