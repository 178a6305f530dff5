# mypy: disable-error-code="type-arg, misc"
"""The labels of a WRO as PDF."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import URLPattern

from inventory.labels import MOST_LABELS, box_labels
from inventory.labels.answers import lots_pdf, pdf
from merchants.errors import DomainError
from receiving.labels import labels_of_boxes, labels_of_lots, lots_on
from receiving.models import WRO
from receiving.screens.base import SEE, WROScreens, to


class LabelScreens(WROScreens):
    """One label for each box, and one for each lot."""

    def urls(self) -> list[URLPattern]:
        return [
            self._url("labels", self.boxes, SEE),
            self._url("lot-labels", self.lots, SEE),
        ]

    def boxes(self, request: Any, wro: WRO) -> HttpResponse:
        title = f"{wro.number} boxes"
        try:
            content = box_labels(labels_of_boxes(wro), title=title, now=request.now)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return to("change", wro)
        return pdf(content, title=title)

    def lots(self, request: Any, wro: WRO) -> HttpResponse:
        """The PDF; where one does not hold all lots, a page that leads to each of several."""
        page = request.GET.get("page", "")
        try:
            if not page and (pages := pages_of(len(lots_on(wro, request.now)))):
                title = f"Lot labels of {wro.number}"
                return self._show(request, "lot_labels", title, wro, pages=pages)
            number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1
            labels = labels_of_lots(wro, request.now, page=number or 1)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return to("change", wro)
        return lots_pdf(labels, title=f"{wro.number} lots", now=request.now)


def pages_of(count: int) -> list[tuple[int, int, int]]:
    """Number, first and last lot of each PDF; none where one PDF holds all."""
    if count <= MOST_LABELS:
        return []
    starts = range(0, count, MOST_LABELS)
    return [(n, at + 1, min(at + MOST_LABELS, count)) for n, at in enumerate(starts, start=1)]
