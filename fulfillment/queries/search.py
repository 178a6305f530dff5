"""In which ways the search box of the orders finds one."""

from __future__ import annotations

import re

from django.db.models import Q

from fulfillment.models import Order
from merchants.querysets import newest

NUMBER = re.compile(r"(?:ORD-?)?0*([0-9]{1,18})", re.IGNORECASE)


def orders(words: str) -> list[Q]:
    """The number; how reference or recipient begin; of the newest orders any part of them."""
    part = Q(reference__icontains=words) | Q(ship_to__name__icontains=words)
    ways = [
        Q(reference__istartswith=words),
        Q(ship_to__name__istartswith=words),
        newest(Order) & part,
    ]
    if number := NUMBER.fullmatch(words):
        ways.append(Q(pk=int(number[1])))
    return ways
