"""The bodies of orders/."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fulfillment.api.fields import ShipTo
from fulfillment.models import LotSwap
from fulfillment.queries import LineFacts, OrderFacts, ShipmentFacts
from fulfillment.requests import LineRequest, OrderRequest, PackedLine
from fulfillment.status import OrderStatus
from inventory.models import Allocation, Channel, Lot, Warehouse
from inventory.skips import RANK
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.models import Merchant


class AllocationSerializer(StrictSerializer):
    """Units promised to a line, and where they stand."""

    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    location = fields.Text()
    quantity = fields.Quantity()


class SkipSerializer(StrictSerializer):
    """A lot on hand that may not be allocated to a line, and why."""

    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    reason = fields.Choice(choices=RANK)
    explanation = fields.Text()


class LotNameSerializer(StrictSerializer):
    """A lot; null in both fields: units without a lot."""

    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)


class LotSwapSerializer(StrictSerializer):
    """Units of a line that were promised of the lot in the packer's hand instead of `source`."""

    source = LotNameSerializer()
    target = LotNameSerializer()
    quantity = fields.Quantity()
    reason = fields.Text()
    swapped_at = fields.Time()


class OrderLineSerializer(LotRef):
    """One product of an order. Naming a lot picks that lot or none."""

    id = fields.Id(read_only=True)
    sku = fields.Text(max_length=64)
    quantity = fields.Quantity()
    single_lot = fields.Boolean(default=False)
    min_shelf_life_days = fields.Integer(min_value=0, default=None, allow_null=True)
    allocations = AllocationSerializer(many=True, read_only=True)
    backordered = fields.Integer(read_only=True)
    shipped = fields.Integer(read_only=True)
    skipped = SkipSerializer(many=True, read_only=True)
    swaps = LotSwapSerializer(many=True, read_only=True)


class ShippedLineSerializer(StrictSerializer):
    """Units that left, by lot; null in both fields of the lot: without a lot."""

    sku = fields.Text()
    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    quantity = fields.Quantity()


class ShipmentSerializer(StrictSerializer):
    """What left together."""

    tracking_number = fields.Text()
    shipped_at = fields.Time()
    lines = ShippedLineSerializer(many=True)


class OrderSerializer(StrictSerializer):
    """An order of a merchant's customer."""

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    reference = fields.Text(max_length=64, allow_blank=True, default="")
    warehouse = fields.Related(Warehouse.objects.all, "code", allow_null=True, default=None)
    channel = fields.Choice(choices=Channel.choices, default=Channel.DTC)
    customer = fields.Text(max_length=64, allow_blank=True, default="")
    ship_to = ShipTo(default=dict)
    ship_by = fields.Date(allow_null=True, default=None)
    priority = fields.Integer(default=0)
    note = fields.Text(max_length=2000, allow_blank=True, multiline=True, default="")
    status = fields.Choice(choices=OrderStatus.choices, read_only=True)
    created_at = fields.Time(read_only=True)
    allocate = fields.Boolean(default=True, write_only=True)
    lines = OrderLineSerializer(many=True, allow_empty=False)
    shipments = ShipmentSerializer(many=True, read_only=True)


class PackedLineSerializer(LotRef):
    """Units packed: of this lot, or of any that is allocated where none is named."""

    sku = fields.Text(max_length=64)
    quantity = fields.Quantity()


class ShipSerializer(StrictSerializer):
    """What leaves; without lines, all that is allocated."""

    tracking_number = fields.Text(max_length=64, allow_blank=True, default="")
    lines = PackedLineSerializer(many=True, required=False, allow_empty=False)


def order_request(data: dict[str, Any], merchant: Merchant) -> OrderRequest:
    """The order that a validated body asks for."""
    lines = [LineRequest(**line) for line in data["lines"]]
    others = {name: value for name, value in data.items() if name not in ("lines", "allocate")}
    return OrderRequest(merchant=merchant, lines=lines, **others)


def packed_lines(data: dict[str, Any]) -> list[PackedLine] | None:
    """The packed units that a validated body names; None where it names none."""
    return [PackedLine(**line) for line in data["lines"]] if "lines" in data else None


def order_answer(facts: OrderFacts) -> dict[str, Any]:
    """The shape of an order, to be written by ``OrderSerializer``."""
    order = facts.order
    return {
        "id": order.pk,
        "number": order.number,
        "reference": order.reference,
        "warehouse": facts.warehouse,
        "channel": order.channel,
        "customer": order.customer,
        "ship_to": order.ship_to,
        "ship_by": order.ship_by,
        "priority": order.priority,
        "note": order.note,
        "status": facts.status.value,
        "created_at": order.created_at,
        "lines": [line_answer(line) for line in facts.lines],
        "shipments": [_shipment(one) for one in facts.shipments],
    }


def line_answer(facts: LineFacts) -> dict[str, Any]:
    """The shape of a line, to be written by ``OrderLineSerializer``."""
    demand = facts.demand
    return {
        "id": facts.line.pk,
        "sku": facts.product.sku,
        "quantity": demand.quantity,
        **_lot(demand.lot),
        "single_lot": demand.single_lot,
        "min_shelf_life_days": demand.min_shelf_life_days,
        "allocations": [_allocation(one) for one in facts.allocations],
        "backordered": demand.backordered,
        "shipped": demand.shipped,
        "skipped": facts.skipped,
        "swaps": [_swap(one) for one in facts.swaps],
    }


def _allocation(one: Allocation) -> dict[str, Any]:
    balance = one.balance
    return {
        **_lot(balance.lot),
        "location": balance.location.name,
        "quantity": one.quantity,
    }


def _swap(one: LotSwap) -> dict[str, Any]:
    return {
        "source": _lot(one.source),
        "target": _lot(one.target),
        "quantity": one.quantity,
        "reason": one.reason,
        "swapped_at": one.swapped_at,
    }


def _shipment(facts: ShipmentFacts) -> dict[str, Any]:
    """Units of a lot that left from several bins are one line."""
    units: Counter[tuple[str, Lot | None]] = Counter()
    for movement in facts.movements:
        units[movement.product.sku, movement.source.lot] += movement.quantity
    return {
        "tracking_number": facts.shipment.tracking_number,
        "shipped_at": facts.shipment.shipped_at,
        "lines": [
            {"sku": sku, **_lot(lot), "quantity": quantity}
            for (sku, lot), quantity in units.items()
        ],
    }


def _lot(lot: Lot | None) -> dict[str, Any]:
    if lot is None:
        return {"lot_number": None, "expires_on": None}
    return {"lot_number": lot.number, "expires_on": lot.expires_on}
