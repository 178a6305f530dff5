"""Reads over several tables. Each says the shape of its rows and its number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from inventory.availability import Todays, allocatable_until, is_allocatable
from inventory.kinds import BINS
from inventory.models import Balance, Lot, Movement, Product
from inventory.putaway import Suggestion, suggest_bins
from inventory.queries.bins import bins_for, wanted
from inventory.queries.places import todays
from inventory.rotation import Stock
from transfers.choosing import Free, in_rotation
from transfers.models import Line, Transfer
from transfers.querysets import TransferQuerySet


def free_in_bins(product_ids: Collection[int], warehouse_id: int, days: Todays) -> list[Free]:
    """Unpromised units of these products in the bins of a warehouse. One query.

    Units on hold, inactive or expired too: they may be sent, but are not offered by rotation.
    """
    may_ship = Case(
        When(is_allocatable(days), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = (
        Balance.objects.filter(product_id__in=product_ids, warehouse_id=warehouse_id)
        .filter(location_kind__in=BINS, on_hand__gt=F("committed"))
        .select_related("location", "lot", "product__merchant")
        .annotate(allocatable_until=allocatable_until())
        .annotate(may_ship=may_ship)
    )
    return [_free(one) for one in rows.order_by("id")]


def _free(one: Any) -> Free:
    stock = Stock(
        balance_id=one.pk,
        lot_id=one.lot_id,
        free=one.on_hand - one.committed,
        expires_on=one.expires_on,
        received_at=one.lot.received_at if one.lot else None,
        pick_sequence=one.location.pick_sequence,
    )
    return Free(
        product_id=one.product_id,
        location_id=one.location_id,
        location=one.location.name,
        rotation=one.product.rotation or one.product.merchant.rotation,
        may_ship=one.may_ship,
        stock=stock,
    )


def free_lots(product: Product, warehouse_id: int, now: datetime) -> list[tuple[Lot, int]]:
    """The product's lots with unpromised units in the bins of a warehouse, in rotation order.

    Three queries.
    """
    units: Counter[int] = Counter()
    for one in in_rotation(free_in_bins([product.pk], warehouse_id, todays(now))):
        if one.stock.lot_id is not None:
            units[one.stock.lot_id] += one.stock.free
    lots = Lot.objects.in_bulk(units)
    return [(lots[lot_id], free) for lot_id, free in units.items()]


def lines_of(transfer: Transfer) -> list[Line]:
    """The lines of a transfer with their products and lots, in their order. One query.

    While it waits, a line of a lot that was merged since is one of the lot that this became, and
    two of one lot are one; later the lines stay as what was sent.
    """
    rows = transfer.lines.select_related("product__merchant", "lot__merged_into")
    lines = list(rows.order_by("position"))
    if transfer.status != Transfer.Status.AWAITING:
        return lines
    joined: dict[tuple[int, int | None], Line] = {}
    for line in lines:
        if line.lot and line.lot.merged_into:
            line.lot = line.lot.merged_into
        first = joined.setdefault((line.product_id, line.lot_id), line)
        if first is not line:
            first.quantity += line.quantity
    return list(joined.values())


def suggested_bins(lines: Sequence[Line], warehouse_id: int) -> list[Suggestion | None]:
    """A bin of the target for each line: its lot's own, else an empty one near its product.

    As many queries as ``bins_for``.
    """
    units = [wanted(line.product, line.lot_id, line.in_transit) for line in lines]
    return suggest_bins(bins_for(units, warehouse_id), units)


def movements_of(transfer: Transfer) -> QuerySet[Movement]:
    """Everything that moved under the transfer's number, in its order. One query."""
    rows = Movement.objects.filter(
        posting__merchant=transfer.merchant_id, posting__reference=transfer.number
    )
    return rows.select_related(
        "posting__actor", "product", "source__location", "source__lot", "target__location"
    ).order_by("id")


def with_units(transfers: TransferQuerySet) -> TransferQuerySet:
    """Transfers annotated with their units: `asked`, `under_way` and `received`."""
    under_way = F("sent") - F("received") - F("lost")
    return transfers.annotate(
        asked=_total("quantity"), under_way=_total(under_way), received=_total("received")
    )


def _total(what: Any) -> Coalesce:
    lines = Line.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")
    return Coalesce(Subquery(lines.annotate(total=Sum(what)).values("total")), 0)


def to_receive() -> dict[str, int]:
    """What is under way: `transfers` and `units`; and `awaiting` ones to be sent. Two queries."""
    statuses = Transfer.objects.order_by().values("status").annotate(count=Count("id"))
    found = {row["status"]: row["count"] for row in statuses}
    lines = Line.objects.filter(transfer__status=Transfer.Status.IN_TRANSIT).order_by()
    units = lines.aggregate(units=Sum(F("sent") - F("received") - F("lost"), default=0))
    return {
        "transfers": found.get(Transfer.Status.IN_TRANSIT, 0),
        "awaiting": found.get(Transfer.Status.AWAITING, 0),
        **units,
    }


def totals_of(lines: Iterable[Line]) -> dict[str, int]:
    """The sums over the lines: `asked`, `sent`, `received`, `lost`, `in_transit`."""
    rows = list(lines)
    return {
        "asked": sum(line.quantity for line in rows),
        "sent": sum(line.sent for line in rows),
        "received": sum(line.received for line in rows),
        "lost": sum(line.lost for line in rows),
        "in_transit": sum(line.in_transit for line in rows),
    }
