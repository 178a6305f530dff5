"""The admin site: its name, its sidebar in the order of the work, and the index page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from inventory import expiry_screens, screens
from inventory.labels import screens as label_screens
from lotwms.todo import todo

# Goods come in, are seen, go out and come back; then those whom they belong to.
APPS = ("inventory", "receiving", "fulfillment", "transfers", "returns", "merchants", "jobs")


@dataclass(frozen=True)
class Screen:
    """A page of an app that is no list of a model, to stand in the sidebar beside them."""

    app_label: str
    name: str
    url_name: str
    permission: str


SCREENS: tuple[Screen, ...] = (
    Screen("inventory", "Inventory status", "inventory_status", screens.PERMISSION),
    Screen("inventory", "Expiry", "inventory_expiry", expiry_screens.PERMISSION),
)


class Suggestions(AutocompleteJsonView):
    """Search boxes: each row as its admin's `describe` puts it, so that equal numbers differ."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        describe = getattr(self.model_admin, "describe", str)
        return {**result, "text": describe(obj)}


class Site(admin.AdminSite):
    site_title = "lotwms"
    site_header = "lotwms"
    index_title = "What needs doing"
    site_url = None

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Django's list, in the order of the work, with the screens that are no models."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            links = [
                as_link(screen)
                for screen in SCREENS
                if screen.app_label == app["app_label"] and request.user.has_perm(screen.permission)
            ]
            app["models"] = links + app["models"]
        return sorted(apps, key=lambda app: place(app["app_label"]))

    def get_urls(self) -> list[Any]:
        """Django's, after the screens that are no models."""
        ours = (*screens.urls(self), *expiry_screens.urls(self), *label_screens.urls(self))
        return [*ours, *super().get_urls()]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return Suggestions.as_view(admin_site=self)(request)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tasks = todo(request.user, request.now)  # type: ignore[attr-defined]
        return super().index(request, {"tasks": tasks, **(extra_context or {})})


def place(app_label: str) -> int:
    return APPS.index(app_label) if app_label in APPS else len(APPS)


def as_link(screen: Screen) -> dict[str, Any]:
    """What Django's template of the sidebar wants to know of a model."""
    return {
        "name": screen.name,
        "object_name": screen.url_name,
        "admin_url": reverse(f"admin:{screen.url_name}"),
        "add_url": None,
        "view_only": True,
        "perms": {"view": True},
    }
