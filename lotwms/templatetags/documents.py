"""Document numbers as links. The apps below keep numbers as text; only here all are known."""

from __future__ import annotations

import re

from django import template
from django.urls import reverse
from django.utils.html import format_html

register = template.Library()

PAGES = {
    "WRO": "admin:receiving_wro_change",
    "ORD": "admin:fulfillment_order_change",
    "RET": "admin:returns_return_change",
    "SET": "admin:inventory_setaside_change",
    "DSP": "admin:inventory_disposalrequest_change",
    "TRF": "admin:transfers_transfer_change",
    "URO": "admin:receiving_unidentifieddelivery_change",
}
NUMBER = re.compile(r"(WRO|ORD|RET|SET|DSP|TRF|URO)-(\d{6,})", re.ASCII)


@register.filter
def document(number: str) -> str:
    """`ORD-000012` as a link to the order; any other text as it is; none as a dash."""
    match = NUMBER.fullmatch(number)
    if match is None:
        return number or "–"
    url = reverse(PAGES[match[1]], args=[int(match[2])])
    return format_html('<a href="{}">{}</a>', url, number)
