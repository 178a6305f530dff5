"""What happens to an order on the floor beside packing: lots to swap, units not found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import F

from fulfillment.models import Order, OrderLine
from fulfillment.packing import Offer, Promised, Reading, offered_swaps
from inventory.models import Allocation, CaseSource, QuarantineCase
from inventory.queries.lots import LotRef, find_lots


def not_found_for(order: Order) -> list[QuarantineCase]:
    """The cases of units that pickers of the order did not find, oldest first. One query."""
    rows = QuarantineCase.objects.filter(
        merchant=order.merchant_id, source=CaseSource.SHORT_PICK, reference=order.number
    )
    return list(rows.select_related("product", "balance__lot").order_by("id"))


def at_stake(order: Order, allocation: Allocation) -> tuple[int, int]:
    """Units of the allocation's balance that are promised to the order, over all of its lines, and
    those that are in question where none is found: all that no other order is promised.

    Two queries at most.
    """
    there = Allocation.objects.filter(balance_id=allocation.balance_id)
    ours = there.filter(demand__order_line__order=order)
    others = there.filter(demand__is_set_aside=False).exclude(pk__in=ours.values("pk"))
    promised, elsewhere = (sum(rows.values_list("quantity", flat=True)) for rows in (ours, others))
    return promised, allocation.balance.on_hand - elsewhere


def swaps_for(readings: Sequence[tuple[Allocation, str, date | None, int]]) -> list[Offer]:
    """The swaps that would let units leave whose lots were read as given. Three queries at most."""
    refs = [LotRef(one.product_id, number, expires_on) for one, number, expires_on, _ in readings]
    lots = find_lots(refs)
    rows = OrderLine.objects.filter(demand__in={one.demand_id for one, *_ in readings})
    lines = dict(rows.annotate(of=F("demand_id")).values_list("of", "pk"))
    read = []
    for ref, (one, *_, quantity) in zip(refs, readings, strict=True):
        lot, own = lots.get(ref), one.balance.lot
        sku = one.demand.product.sku
        promised = Promised(one.pk, sku, one.balance.lot_id, str(own or ""), one.quantity)
        read.append(
            Reading(
                promised=promised,
                line_id=lines[one.demand_id],
                may_swap=one.demand.lot_id is None,
                lot_id=lot.pk if lot else None,
                lot=str(lot or ""),
                quantity=quantity,
            )
        )
    return offered_swaps(read)
