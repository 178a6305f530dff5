"""What does not go as the books say, and what is kept for somebody: told at the end of the demo."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from fulfillment.models import Order
from fulfillment.requests import Find, Swap
from fulfillment.services import short_pick, swap_lot
from inventory.models import Allocation, Balance, Lot, Product, Warehouse
from inventory.services.lots import LotFields, update_lot
from inventory.services.set_asides import Wish, set_aside
from merchants.models import Merchant, User


def tell_of_the_floor(
    actor: User, now: datetime, merchant: Merchant, warehouse: Warehouse, product: Product
) -> None:
    """A lot for two countries, units kept for a customer, a swapped lot, units not found."""
    fresh = Lot.objects.filter(product=product).order_by("-expires_on")[0]
    fields: LotFields = {"only_countries": "US CA", "only_channels": "dtc b2b"}
    update_lot(actor=actor, now=now, lot_id=fresh.pk, fields=fields)
    wish = Wish(
        product,
        6,
        warehouse,
        "Agreed for the opening of their shop.",
        channel="b2b",
        customer="Northside Market",
    )
    set_aside(actor=actor, now=now, wish=wish)
    swap(actor, now, merchant)
    miss(actor, now, merchant)


def swap(actor: User, now: datetime, merchant: Merchant) -> None:
    """The packer of today's first order that could have it holds another lot."""
    for one in promised(merchant):
        other = (
            Balance.objects.in_house()
            .filter(
                product=one.product_id,
                is_blocked=False,
                on_hand__gte=F("committed") + one.quantity,
                expires_on__gt=one.balance.expires_on,
                lot__only_countries="",
            )
            .exclude(lot=one.balance.lot_id)
            .order_by("expires_on", "id")
            .first()
        )
        if other is not None:
            wish = Swap(
                line_id=one.demand.order_line.pk,
                source_lot_id=one.balance.lot_id,
                target_lot_id=other.lot_id,
                quantity=one.quantity,
                reason="The older cartons stand behind a pallet.",
            )
            order: Order = one.demand.order_line.order
            swap_lot(order_id=order.pk, swap=wish, actor=actor, now=now)
            return


def miss(actor: User, now: datetime, merchant: Merchant) -> None:
    """Of the bin with the fewest unpromised units one unit is not found."""
    rows = promised(merchant)
    one = min(rows, key=lambda row: (row.balance.on_hand - row.balance.committed, row.pk))
    balance = one.balance
    find = Find(one.product_id, balance.lot_id, balance.location_id, one.quantity - 1)
    order: Order = one.demand.order_line.order
    short_pick(order_id=order.pk, find=find, actor=actor, now=now)


def promised(merchant: Merchant) -> list[Allocation]:
    """What is promised of lots to the merchant's orders, the first promise first."""
    rows = Allocation.objects.filter(
        merchant=merchant, demand__order_line__isnull=False, balance__expires_on__isnull=False
    )
    related = rows.select_related("balance", "demand__order_line__order")
    return list(related.order_by("id"))
