"""wros/{id}/labels/ and wros/{id}/lot-labels/: what is stuck on boxes and lots, as PDF."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from inventory.api.labels import PDF, whole_number
from inventory.labels import MOST_LABELS, box_labels
from inventory.labels.answers import lots_pdf, pdf
from merchants.api.views import ScopedViewSet
from receiving.labels import labels_of_boxes, labels_of_lots
from receiving.models import WRO
from receiving.querysets import WROQuerySet

MOST_PAGES = 1_000_000


class WROLabelViewSet(ScopedViewSet):
    """Labels of WROs."""

    model = WRO
    names_merchant = ()

    def known_parameters(self) -> list[str]:
        return ["page"] if self.action == "lots" else []

    def rows(self, rows: WROQuerySet) -> WROQuerySet:
        return rows.select_related("merchant", "warehouse")

    @extend_schema(responses=PDF)
    def boxes(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A PDF of 100 × 150 mm pages, one for each box, once the WRO is submitted."""
        wro = self.get_object()
        title = f"{wro.number} boxes"
        return pdf(box_labels(labels_of_boxes(wro), title=title, now=self.now), title=title)

    @extend_schema(
        responses=PDF,
        parameters=[
            OpenApiParameter(
                "page", int, description=f"Which {MOST_LABELS:,} of more lots; absent: the first."
            )
        ],
    )
    def lots(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A PDF of 100 × 60 mm pages, one for each announced lot, to be stuck on when stowing."""
        wro = self.get_object()
        page = whole_number(request, "page", most=MOST_PAGES) or 1
        labels = labels_of_lots(wro, self.now, page=page)
        return lots_pdf(labels, title=f"{wro.number} lots", now=self.now)
