"""The account's lot-tracking settings, one row per merchant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inventory.forms import LotTrackingForm
from inventory.models import Channel, LotTrackingSettings
from merchants.screens import ServiceAdmin

CHANNELS = [(code, code.upper()) for code in Channel.values]


@admin.register(LotTrackingSettings)
class LotTrackingAdmin(ServiceAdmin):
    """Stricter settings take no promise back; what looser ones free goes to backorders at once."""

    form = LotTrackingForm
    list_display = [
        "code",
        "lot_tracking_active",
        "rotation",
        "picking_disabled_days",
        "channel_minimums",
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
                "expiry and holds that exist still stop shipment. Where lots are verified, another "
                "lot in the packer's hand leaves only once it is swapped, with a reason.",
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
        (
            "By channel",
            {
                "fields": [
                    "dtc_min_shelf_life_days",
                    "b2b_min_shelf_life_days",
                    "fba_min_shelf_life_days",
                ],
                "description": "Orders of a channel get lots with at least so many days left; 0 "
                "asks for nothing. The largest minimum of product, account, channel and order "
                "line counts. Standing promises are kept.",
            },
        ),
        (
            "Told",
            {
                "fields": ["digest_email"],
                "description": "Each day that finds units expired, or within 90 days of it, the "
                "merchant is told once, when the day has begun in every warehouse.",
            },
        ),
    ]

    @admin.display(description="Channels' minimums (days)")
    def channel_minimums(self, account: LotTrackingSettings) -> str:
        asked = ((label, account.channel_min_shelf_life_days(code)) for code, label in CHANNELS)
        return ", ".join(f"{label} {days}" for label, days in asked if days) or "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("merchants.view_merchant")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("merchants.change_merchant")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
