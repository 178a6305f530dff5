# mypy: disable-error-code="type-arg, misc"
"""The task list of stowing: what waits at all docks of a warehouse, in walking order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from inventory.models import Warehouse
from inventory.queries.places import warehouse_named
from merchants.errors import DomainError
from receiving.editors.stow_tasks import Put, StowTasks
from receiving.models import WRO
from receiving.screens.base import SEE, WORK, typed
from receiving.screens.stowing import bins_among
from receiving.services import stow
from receiving.stow_tasks import MOST_LOTS, DockLoad, dock_loads, planned, waiting_at


@dataclass(frozen=True)
class StowTaskScreens:
    """One page for each warehouse; it is scanned on and printed."""

    site: admin.AdminSite

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view(self.tasks)
        return [path("stow-tasks/", view, name="receiving_wro_stow_tasks")]

    def tasks(self, request: Any) -> HttpResponse:
        """The list; a POST stows what was scanned."""
        if not request.user.has_perm(WORK if request.method == "POST" else SEE):
            raise PermissionDenied
        loads = dock_loads()
        warehouse = chosen(request, loads)
        waiting = waiting_at(warehouse, request.user) if warehouse else []
        done: set[str] = set()
        editor = StowTasks([], {})
        if request.method == "POST" and warehouse:
            editor = StowTasks(waiting, typed(request))
            done = perform(request, editor, warehouse)
            if done and done == {put.key for put in editor.puts}:
                return HttpResponseRedirect(f"{request.path}?{urlencode({'at': warehouse.code})}")
            waiting = waiting_at(warehouse, request.user)
        tasks = planned(waiting, warehouse, request.now) if warehouse else []
        editor.shown_on(tasks, done)
        context = {
            **self.site.each_context(request),
            "title": "Stow tasks",
            "opts": WRO._meta,
            "loads": loads,
            "warehouse": warehouse,
            "tasks": tasks,
            "editor": editor,
            "is_cut": len(waiting) == MOST_LOTS,
            "may_stow": request.user.has_perm(WORK),
        }
        return TemplateResponse(request, "receiving/stow_tasks.html", context)


def chosen(request: HttpRequest, loads: list[DockLoad]) -> Warehouse | None:
    """The warehouse that the address names, else the first where something waits."""
    if code := request.GET.get("at", ""):
        warehouse = warehouse_named(code)
        if warehouse is None:
            raise Http404("There is no such warehouse.")
        return warehouse
    return loads[0].warehouse if loads else None


def perform(request: Any, editor: StowTasks, warehouse: Warehouse) -> set[str]:
    """Stow what was scanned, each WRO in an act of its own; the keys of the tasks that are done."""
    done: set[str] = set()
    if not editor.is_ready(bins_among(editor.named(), warehouse.pk)):
        return done
    for wro, puts in editor.by_wro():
        try:
            stow(
                wro_id=wro.pk,
                lines=[put.line for put in puts],
                reason=editor.reason,
                actor=request.user,
                now=request.now,
            )
        except DomainError as refusal:
            editor.refuse(refusal, puts)
        else:
            messages.success(request, said(puts))
            done |= {put.key for put in puts}
    return done


def said(puts: list[Put]) -> str:
    """What is done, in one sentence."""
    first = puts[0]
    if len(puts) == 1:
        lot = f" {first.waiting.supply.lot}" if first.waiting.supply.lot else ""
        return (
            f"{first.units} × {first.waiting.supply.product.sku}{lot} stowed in {first.location}."
        )
    units = sum(put.units for put in puts)
    return f"{units} units of {first.waiting.wro.number} stowed in {len(puts)} bins."
