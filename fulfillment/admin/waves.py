"""Waves in the admin: the list, and the ways to their pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html

from fulfillment.admin import wave_pages
from fulfillment.admin.orders import permitted
from fulfillment.models import Wave
from merchants.screens import ReadOnlyAdmin, badge, number

VIEW = "fulfillment.view_wave"
CHANGE = "fulfillment.change_wave"
ADD = "fulfillment.add_wave"


@admin.register(Wave)
class WaveAdmin(ReadOnlyAdmin):
    list_display = [
        "wave_number",
        "state",
        "progress_bar",
        "orders",
        "chosen_by",
        "created_at",
        "created_by",
    ]
    list_filter = ["status", "channel", "merchant"]
    list_select_related = ["merchant", "warehouse", "created_by"]
    list_per_page = 50
    ordering = ["-id"]

    class Media:
        css = {"all": ["lotwms/wave.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    @admin.display(description="Wave", ordering="id")
    def wave_number(self, wave: Wave) -> str:
        return wave.number

    @admin.display(description="Status", ordering="status")
    def state(self, wave: Wave) -> str:
        shown = badge(wave.status, wave.get_status_display())
        if not wave.failure:
            return shown
        return format_html('{}<br><span class="lw-hint">Stopped: {}</span>', shown, wave.failure)

    @admin.display(description="Progress")
    def progress_bar(self, wave: Wave) -> str:
        return format_html(
            '<span class="lw-how-far"><progress class="lw-progress" max="{}" value="{}" '
            'aria-label="{}"></progress> <span class="lw-hint">{} %</span></span>',
            wave.order_count,
            wave.done_count,
            f"Progress of {wave.number}",
            wave.percent,
        )

    @admin.display(description="Orders", ordering="order_count")
    def orders(self, wave: Wave) -> str:
        return number(wave.order_count)

    @admin.display(description="Chosen by")
    def chosen_by(self, wave: Wave) -> str:
        return wave_pages.filters_in_words(wave)

    def get_urls(self) -> list[Any]:
        def of_a_wave(name: str, permission: str, page: Callable[..., HttpResponse]) -> Any:
            def view(request: HttpRequest, wave_id: int) -> HttpResponse:
                rows = Wave.objects.select_related("merchant", "warehouse", "created_by")
                return page(request, get_object_or_404(rows, pk=wave_id))

            guarded = self.admin_site.admin_view(permitted(permission, view))
            url_name = f"fulfillment_wave_{name.replace('-', '_')}"
            return path(f"<int:wave_id>/{name}/", guarded, name=url_name)

        def screen(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return lambda request, wave: page(self.admin_site, request, wave)

        counted = self.admin_site.admin_view(permitted(ADD, wave_pages.count))
        return [
            path("count/", counted, name="fulfillment_wave_count"),
            of_a_wave("release", CHANGE, screen(wave_pages.release)),
            of_a_wave("interrupt", CHANGE, screen(wave_pages.interrupt)),
            of_a_wave("cancel", CHANGE, screen(wave_pages.cancel)),
            of_a_wave("pick-list", VIEW, screen(wave_pages.show_pick_list)),
            of_a_wave("progress", VIEW, wave_pages.progress),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return wave_pages.start_wave(self.admin_site, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        wave = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, wave):
            raise PermissionDenied
        if wave is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return wave_pages.show_wave(self.admin_site, request, wave)
