# mypy: disable-error-code="type-arg, misc"
"""From the dock into bins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import URLPattern

from inventory.kinds import BINS
from inventory.models import Location
from inventory.putaway import Suggestion, plan_bins
from inventory.queries.bins import bins_for, wanted
from merchants.errors import DomainError
from receiving.editors import StowEditor
from receiving.models import WRO
from receiving.queries import Row, rows_of
from receiving.screens.base import KEEPS, WORK, WROScreens, button, not_now, to, typed
from receiving.services import stow


class StowScreens(WROScreens):
    """Stowing what waits at the dock."""

    def urls(self) -> list[URLPattern]:
        return [self._url("stow", self.stow, WORK)]

    def stow(self, request: Any, wro: WRO) -> HttpResponse:
        """From the dock into bins, filled in with the bins that are suggested."""
        if wro.status != WRO.Status.PROCESSING:
            return not_now(request, wro, "stowed")
        rows = rows_of(wro, request.now)
        suggestions = suggested(rows, wro)
        editor = StowEditor(rows, suggestions)
        if request.method == "POST":
            editor = StowEditor.typed(rows, suggestions, typed(request))
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif units := perform(request, wro, editor):
                messages.success(request, f"{units} units of {wro.number} are stowed.")
                return to("change", wro)
        return self._show(request, "stow", f"Stow {wro.number}", wro, editor=editor)


def perform(request: Any, wro: WRO, editor: StowEditor) -> int:
    """How many units are stowed; 0 where the editor has to be looked at again."""
    lines = editor.lines()
    if lines is None:
        return 0
    elsewhere = bins_among(editor.elsewhere(), wro.warehouse_id)
    if elsewhere and not editor.reason:
        editor.ask_for_reason(elsewhere)
        return 0
    try:
        stow(
            wro_id=wro.pk,
            lines=lines,
            reason=editor.reason,
            actor=request.user,
            now=request.now,
        )
    except DomainError as refusal:
        editor.refuse(refusal)
        return 0
    return sum(line.quantity for line in lines)


def bins_among(names: set[str], warehouse_id: int) -> set[str]:
    """Which of these names are bins of the warehouse; of the others the service tells."""
    rows = Location.objects.filter(warehouse=warehouse_id, name__in=names, kind__in=BINS)
    return set(rows.order_by().values_list("name", flat=True)) if names else set()


def suggested(rows: list[Row], wro: WRO) -> dict[int, list[Suggestion]]:
    """The bins for each lot at the dock, by its supply."""
    waiting = [row for row in rows if row.at_dock and row.supply_id]
    units = [wanted(row.product, row.lot.pk if row.lot else None, row.at_dock) for row in waiting]
    found = plan_bins(bins_for(units, wro.warehouse_id), units)
    return {
        row.supply_id: parts for row, parts in zip(waiting, found, strict=True) if row.supply_id
    }
