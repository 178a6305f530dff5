"""What the screens of returns show, read at once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from fulfillment.models import Order
from inventory.models import Lot, Product, lot_key
from inventory.queries.search import of_products
from inventory.queries.shipped import shipped_units
from merchants.querysets import newest
from returns.disposition import RequestedAction
from returns.models import Disposition, Return, ReturnLine, Status
from returns.queries import returned_units
from returns.querysets import ReturnQuerySet

NUMBER = re.compile(r"(?:RET-?)?0*([0-9]{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line with what was done; ``found`` and ``missing`` are units."""

    line: ReturnLine
    done: list[Disposition]
    found: int
    missing: int

    @property
    def requested(self) -> str:
        if self.line.requested_action == RequestedAction.DEFAULT:
            return "What the product prefers"
        return self.line.get_requested_action_display()


def line_facts(document: Return) -> list[LineFacts]:
    """The lines of a return, in their order. Six queries."""
    lines = document.lines.select_related("product", "lot").prefetch_related(
        "dispositions__lot", "dispositions__location", "dispositions__decided_by"
    )
    facts = []
    for line in lines.order_by("id"):
        done = list(line.dispositions.all())
        found = sum(one.quantity for one in done)
        facts.append(LineFacts(line, done, found, max(0, line.quantity - found)))
    return facts


def ways_to_return(words: str) -> list[Q]:
    """In which ways the search box of the list finds a return: by its number, by how reference or
    lot number begin, by product, and of the newest by any part of the reference."""
    lines = ReturnLine.objects.order_by()
    read = Disposition.objects.filter(lot_number__istartswith=words).order_by()
    named = Lot.objects.filter(number_key__istartswith=lot_key(words)).order_by()
    ways = [
        Q(reference__istartswith=words),
        newest(Return) & Q(reference__icontains=words),
        of_products(lines, "document", words),
        Q(pk__in=lines.filter(lot__in=named).values("document")),
        Q(pk__in=read.values("line__document")),
    ]
    if number := NUMBER.fullmatch(words):
        ways.append(Q(pk=int(number[1])))
    return ways


def for_list(returns: ReturnQuerySet) -> ReturnQuerySet:
    """Adds ``announced`` and ``found``: units over all lines."""
    lines = ReturnLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
    done = Disposition.objects.filter(line__document=OuterRef("pk")).order_by()
    announced = lines.annotate(units=Sum("quantity")).values("units")
    found = done.values("line__document").annotate(units=Sum("quantity")).values("units")
    return returns.annotate(
        announced=Coalesce(Subquery(announced, IntegerField()), 0),
        found=Coalesce(Subquery(found, IntegerField()), 0),
    )


def returnable(order: Order) -> list[dict[str, Any]]:
    """What may still come back of an order, as lines to start from: by product and lot.

    Five queries. Units on other returns are taken from the last lots first.
    """
    shipped = shipped_units(merchant_id=order.merchant_id, order_number=order.number)
    back = returned_units(order.pk)
    left: Counter[int] = Counter()
    for one in shipped:
        left[one.product_id] += one.quantity
    left.subtract(back)
    products = Product.objects.in_bulk({one.product_id for one in shipped})
    lots = Lot.objects.in_bulk({one.lot_id for one in shipped if one.lot_id})
    rows = []
    for one in shipped:
        units = min(one.quantity, left[one.product_id])
        if units <= 0:
            continue
        left[one.product_id] -= units
        lot = lots.get(one.lot_id)
        rows.append(
            {
                "sku": products[one.product_id].sku,
                "quantity": units,
                "lot_number": lot.number if lot else "",
                "expires_on": lot.expires_on if lot else None,
            }
        )
    return rows


def may_inspect(document: Return) -> bool:
    return document.status in (Status.ARRIVED, Status.PROCESSING)
