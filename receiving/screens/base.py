# mypy: disable-error-code="type-arg, misc"
"""What the screens of a WRO share: its row, its permission, its page's frame, where to go next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from receiving.models import WRO
from receiving.queries import rows_of, totals_of
from receiving.services.boxes import announced_boxes

WRITE = "receiving.add_wro"
WORK = "receiving.change_wro"
SEE = "receiving.view_wro"
STEPS = (
    ("details", "Who and where"),
    ("products", "Products and lots"),
    ("boxes", "Boxes"),
    ("review", "Review and submit"),
)
KEEPS = ("next", "save")  # every other button only changes the table


@dataclass(frozen=True)
class WROScreens:
    """Views of one WRO on an admin site."""

    site: admin.AdminSite

    def _url(self, name: str, view: Callable[..., HttpResponse], permission: str) -> URLPattern:
        def screen(request: HttpRequest, wro_id: int) -> HttpResponse:
            return view(request, self._load(request, wro_id, permission))

        route = f"<int:wro_id>/{name}/"
        named = f"receiving_wro_{name.replace('-', '_')}"
        return path(route, self.site.admin_view(screen), name=named)

    def _load(self, request: Any, wro_id: int, permission: str) -> WRO:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        rows = WRO.objects.for_user(request.user).select_related("merchant", "warehouse")
        return get_object_or_404(rows, pk=wro_id)

    def _show(
        self, request: HttpRequest, template: str, title: str, wro: WRO | None, **context: Any
    ) -> HttpResponse:
        shared = {"title": title, "wro": wro, "opts": WRO._meta, "steps": STEPS}
        everything = {**self.site.each_context(request), **shared, **context}
        return TemplateResponse(request, f"receiving/{template}.html", everything)

    def _facts(self, request: Any, wro: WRO) -> dict[str, Any]:
        rows = rows_of(wro, request.now)
        return {"rows": rows, "totals": totals_of(rows), "boxes": announced_boxes(wro)}


def to(name: str, wro: WRO) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:receiving_wro_{name}", args=[wro.pk]))


def onward(request: Any, step: str, wro: WRO) -> HttpResponse:
    """To the next step, or to the draft's page where the rest is to be done later."""
    if button(request) == "save":
        messages.success(request, f"{wro.number} is saved as a draft.")
        return to("change", wro)
    return to(step, wro)


def no_draft(request: Any, wro: WRO) -> HttpResponse:
    return not_now(request, wro, "changed")


def not_now(request: Any, wro: WRO, what: str) -> HttpResponse:
    status = wro.get_status_display().lower()
    messages.error(request, f"{wro.number} is {status}: it cannot be {what} now.")
    return to("change", wro)


def button(request: Any) -> str:
    return str(request.POST.get("do", "next"))


def typed(request: Any) -> dict[str, str]:
    """What was sent, without the one character that no database takes."""
    return {name: value.replace("\x00", "") for name, value in request.POST.items()}


def links(wro: WRO) -> list[tuple[str, str]]:
    return [
        ("WROs", reverse("admin:receiving_wro_changelist")),
        (wro.number, reverse("admin:receiving_wro_change", args=[wro.pk])),
    ]
