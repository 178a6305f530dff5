"""Labels of rows: a lot's fields as its label, and a PDF as the answer to a request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from inventory.labels.lots import LotLabel, lot_labels
from inventory.models import Lot


def label_of(lot: Lot, *, units: int | None = None, note: str = "") -> LotLabel:
    """The label of a lot that comes with its product and merchant; ``units`` are those of a case.

    A separate lot such as VC-A (2) has its own number in the codes, so that it is not taken for
    the other one.
    """
    return LotLabel(
        product_name=lot.product.name,
        sku=lot.product.sku,
        barcode=lot.product.barcode,
        lot_number=lot.number,
        expires_on=lot.expires_on,
        date_kind=lot.date_kind,
        units=units,
        merchant=lot.merchant.name,
        note=note,
    )


def lots_pdf(labels: Sequence[LotLabel], *, title: str, now: datetime) -> HttpResponse:
    """Raises: TooManyLabels."""
    domain = settings.GS1_DIGITAL_LINK_DOMAIN
    return pdf(lot_labels(labels, title=title, domain=domain, now=now), title=title)


def pdf(content: bytes, *, title: str) -> HttpResponse:
    """To be looked at and printed; kept by nobody on the way."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, f"{title}.pdf") or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
