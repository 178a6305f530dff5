"""What was told to merchants of their expiring stock, and the daily runs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from inventory.models import ExpiryDigest, ExpiryRun
from inventory.services.digests import headline
from merchants.screens import ReadOnlyAdmin, badge, number


@admin.register(ExpiryDigest)
class ExpiryDigestAdmin(ReadOnlyAdmin):
    change_form_template = "inventory/expiry_digest.html"
    list_display = ["day", "merchant", "told", "state", "recipient", "sent_at"]
    list_filter = ["merchant"]
    list_select_related = ["merchant"]
    list_per_page = 50
    fields = ["merchant", "day", "first_day", "recipient", "sent_at", "attempts", "error"]

    @admin.display(description="Told")
    def told(self, digest: ExpiryDigest) -> str:
        return headline(digest)

    @admin.display(description="State")
    def state(self, digest: ExpiryDigest) -> str:
        if digest.sent_at:
            return badge("good", "Sent")
        if not digest.recipient:
            return badge("", "Kept here")
        return badge("bad", "Failed") if digest.error else badge("warn", "To be sent")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            context |= {**obj.content, "headline": headline(obj), "currency": settings.CURRENCY}
        return super().render_change_form(request, context, obj=obj, **kwargs)


@admin.register(ExpiryRun)
class ExpiryRunAdmin(ReadOnlyAdmin):
    list_display = ["day", "warehouse", "days", "taken_back", "replanned", "finished"]
    list_filter = ["warehouse"]
    list_select_related = ["warehouse"]
    list_per_page = 50
    fields = ["warehouse", "day", "first_day", "products", "units", "started_at", "finished_at"]

    @admin.display(description="Days")
    def days(self, run: ExpiryRun) -> str:
        return number((run.day - run.first_day).days + 1)

    @admin.display(description="Units taken back")
    def taken_back(self, run: ExpiryRun) -> str:
        return number(run.units)

    @admin.display(description="Products planned anew")
    def replanned(self, run: ExpiryRun) -> str:
        return number(run.products)

    @admin.display(description="Finished")
    def finished(self, run: ExpiryRun) -> str:
        return badge("good", "Finished") if run.finished_at else badge("warn", "Interrupted")
