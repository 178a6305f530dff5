"""lots/{id}/label/: a lot's label, as a PDF."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from inventory.gs1.writing import MOST_UNITS
from inventory.labels import MOST_LABELS
from inventory.labels.answers import label_of, lots_pdf
from inventory.models import Lot
from inventory.querysets import LotQuerySet
from merchants.api.views import ScopedViewSet

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}


class LotLabelViewSet(ScopedViewSet):
    """Labels of lots."""

    model = Lot
    names_merchant = ()

    def known_parameters(self) -> list[str]:
        return ["units", "copies"]

    def rows(self, rows: LotQuerySet) -> LotQuerySet:
        return rows.select_related("product", "merchant")

    @extend_schema(
        responses=PDF,
        parameters=[
            OpenApiParameter("units", int, description="Units in the case; absent: of one unit."),
            OpenApiParameter("copies", int, description="How many labels; absent: one."),
        ],
    )
    def label(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A PDF of 100 × 60 mm pages: GS1-128, GS1 DataMatrix and Digital Link."""
        lot = self.get_object()
        units = whole_number(request, "units", most=MOST_UNITS)
        copies = whole_number(request, "copies", most=MOST_LABELS) or 1
        labels = [label_of(lot, units=units)] * copies
        return lots_pdf(labels, title=f"{lot.product.sku} {lot}", now=self.now)


def whole_number(request: Request, name: str, *, most: int) -> int | None:
    """A query parameter from 1 to ``most``; None where it is absent. Raises: ValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19 and 0 < int(text) <= most):
        message = f"Give a whole number from 1 to {most:,}."
        raise serializers.ValidationError({name: [message]}, code="invalid")
    return int(text)
