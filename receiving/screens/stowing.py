# mypy: disable-error-code="type-arg, misc"
"""From the dock into bins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import URLPattern

from inventory.putaway import Suggestion, suggest_bins
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
            elif (lines := editor.lines()) is not None:
                try:
                    stow(wro_id=wro.pk, lines=lines, actor=request.user, now=request.now)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    units = sum(line.quantity for line in lines)
                    messages.success(request, f"{units} units of {wro.number} are stowed.")
                    return to("change", wro)
        return self._show(request, "stow", f"Stow {wro.number}", wro, editor=editor)


def suggested(rows: list[Row], wro: WRO) -> dict[int, Suggestion | None]:
    """A bin for each lot at the dock, by its supply."""
    waiting = [row for row in rows if row.at_dock and row.supply_id]
    units = [wanted(row.product, row.lot.pk if row.lot else None, row.at_dock) for row in waiting]
    found = suggest_bins(bins_for(units, wro.warehouse_id), units)
    return {row.supply_id: one for row, one in zip(waiting, found, strict=True) if row.supply_id}
