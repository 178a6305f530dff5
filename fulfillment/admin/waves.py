"""Waves in the admin: the list, and the ways to their pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html

from fulfillment.admin import wave_pages
from fulfillment.models import Wave
from merchants.screens import DocumentAdmin, badge, number

VIEW = "fulfillment.view_wave"
CHANGE = "fulfillment.change_wave"
ADD = "fulfillment.add_wave"


@admin.register(Wave)
class WaveAdmin(DocumentAdmin):
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
    adding = ADD
    start = staticmethod(wave_pages.start_wave)
    show = staticmethod(wave_pages.show_wave)

    class Media:
        css = {"all": ["lotwms/wave.css"]}

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
        return [
            self.beside("count", wave_pages.count, ADD),
            self.below("release", wave_pages.release, CHANGE),
            self.below("interrupt", wave_pages.interrupt, CHANGE),
            self.below("cancel", wave_pages.cancel, CHANGE),
            self.below("pick-list", wave_pages.show_pick_list, VIEW),
            self.below("progress", wave_pages.progress, VIEW),
            *super().get_urls(),
        ]
