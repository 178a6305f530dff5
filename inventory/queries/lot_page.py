"""The page of one lot: where its units stand, where they went, and who waits for them.

A movement names its document by number; the screen turns it into a link.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from inventory.kinds import VIRTUAL, LocationKind
from inventory.models import Allocation, Balance, Hold, Lot, Movement


@dataclass(frozen=True)
class Document:
    """What is promised to, went out by, or came back with, one document."""

    number: str
    quantity: int
    last: datetime | None
    is_set_aside: bool = False


def standing(lot: Lot) -> QuerySet[Balance]:
    """Balances of the lot in the house, docks too, by warehouse and location. One query."""
    return (
        Balance.objects.filter(lot=lot)
        .exclude(location_kind__in=VIRTUAL)
        .exclude(on_hand=0)
        .select_related("location", "warehouse", "product")
        .annotate(unpromised=F("on_hand") - F("committed"))
        .order_by("warehouse__code", "location__name", "id")
    )


def outside(lot: Lot) -> dict[str, int]:
    """Units of the lot outside the house, by kind of place (customer, disposed …). One query."""
    rows = Balance.objects.filter(lot=lot, location_kind__in=VIRTUAL).exclude(on_hand=0)
    sums = rows.order_by().values("location_kind").annotate(units=Sum("on_hand"))
    return {row["location_kind"]: row["units"] for row in sums}


def timeline(lot: Lot) -> QuerySet[Movement]:
    """Every movement into, out of or within the lot, newest first. One query for each page."""
    return (
        Movement.objects.filter(Q(source__lot=lot) | Q(target__lot=lot))
        .filter(product_id=lot.product_id)
        .select_related(
            "posting__actor", "source__location", "source__lot", "target__location", "target__lot"
        )
        .order_by("-id")
    )


def shipped_with(lot: Lot) -> list[Document]:
    """The orders that units of the lot were shipped for, latest first. One query."""
    return _documents(timeline(lot).filter(target__location_kind=LocationKind.CUSTOMER))


def returned_with(lot: Lot) -> list[Document]:
    """The returns that units of the lot came back with, latest first. One query."""
    return _documents(timeline(lot).filter(source__location_kind=LocationKind.CUSTOMER))


def promised_to(lot: Lot) -> list[Document]:
    """The open orders and set-asides that units of the lot are promised to, by number.

    One query.
    """
    facts = ("demand__order_number", "demand__is_set_aside")
    rows = (
        Allocation.objects.filter(balance__lot=lot)
        .order_by()
        .values(*facts)
        .annotate(units=Sum("quantity"))
        .order_by("demand__order_number")
        .values_list(*facts, "units")
    )
    return [
        Document(number, units, None, is_set_aside=is_set_aside)
        for number, is_set_aside, units in rows
    ]


def holds_on(lot: Lot, balances: Iterable[Balance]) -> QuerySet[Hold]:
    """Active holds on the lot, on its product, or on where it stands. One query."""
    places = [balance.location_id for balance in balances]
    reach = Q(lot=lot) | Q(product=lot.product_id) | Q(location__in=places)
    return (
        Hold.objects.active()
        .filter(reach)
        .select_related("lot", "location", "product", "placed_by")
        .order_by("-id")
    )


def promises(lot_ids: Iterable[int]) -> tuple[int, int]:
    """How many units of these lots are promised, and to how many orders. One query."""
    rows = Allocation.objects.filter(balance__lot__in=list(lot_ids)).order_by()
    of_orders = rows.filter(demand__is_set_aside=False)
    found = of_orders.aggregate(
        units=Sum("quantity", default=0), orders=Count("demand__order_number", distinct=True)
    )
    return found["units"], found["orders"]


def _documents(movements: QuerySet[Movement]) -> list[Document]:
    rows = (
        movements.order_by()
        .values("posting__reference")
        .annotate(units=Sum("quantity"), last=Max("posting__occurred_at"))
        .order_by("-last", "posting__reference")
    )
    return [Document(row["posting__reference"], row["units"], row["last"]) for row in rows]
