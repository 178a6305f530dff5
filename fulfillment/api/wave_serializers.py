"""The bodies of waves/."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from fulfillment.api.serializers import OrderLineSerializer, line_answer
from fulfillment.models import Wave, WaveStatus
from fulfillment.queries import Results, WaveOrderFacts, wave_results
from fulfillment.requests import WaveRequest
from fulfillment.status import OrderStatus
from inventory.models import Channel, Warehouse
from merchants.api import fields
from merchants.api.serializers import StrictSerializer
from merchants.models import Merchant

MOST_ORDERS = 10_000


class ProgressSerializer(StrictSerializer):
    """How many of its orders have been released."""

    orders = fields.Integer()
    done = fields.Integer()


class ResultsSerializer(StrictSerializer):
    """Its orders by what became of them, and the units of those that are not cancelled."""

    covered = fields.Integer()
    short = fields.Integer()
    left = fields.Integer()
    cancelled = fields.Integer()
    short_lines = fields.Integer()
    units = fields.Integer()
    allocated = fields.Integer()
    shipped = fields.Integer()


class WaveSerializer(StrictSerializer):
    """Open orders that are released together; those that pass every filter that is given.

    `ship_by` takes in what is due until then, `min_priority` what has it or more, `warehouse` the
    orders that name it. `orders` names them one by one: the wave `is_chosen_by_hand`. `failure`
    says why an `interrupted` wave stopped by itself.
    """

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    status = fields.Choice(choices=WaveStatus.choices, read_only=True)
    merchant = fields.Related(Merchant.objects.all, "code", allow_null=True, default=None)
    warehouse = fields.Related(Warehouse.objects.all, "code", allow_null=True, default=None)
    channel = fields.Choice(choices=Channel.choices, allow_null=True, default=None)
    ship_by = fields.Date(allow_null=True, default=None)
    min_priority = fields.Integer(allow_null=True, default=None)
    is_chosen_by_hand = fields.Boolean(read_only=True)
    orders = serializers.ListField(
        child=fields.Id(),
        allow_empty=False,
        max_length=MOST_ORDERS,
        required=False,
        write_only=True,
    )
    release = fields.Boolean(default=False, write_only=True)
    failure = fields.Text(read_only=True, allow_null=True)
    progress = ProgressSerializer(read_only=True)
    created_at = fields.Time(read_only=True)
    released_at = fields.Time(read_only=True, allow_null=True)
    completed_at = fields.Time(read_only=True, allow_null=True)


class WaveWithResultsSerializer(WaveSerializer):
    """A wave, and what became of its orders so far."""

    results = ResultsSerializer(read_only=True)


class WaveOrderSerializer(StrictSerializer):
    """An order at its place in the wave, with its lines as in orders/."""

    position = fields.Integer()
    order = fields.Id()
    number = fields.Text()
    merchant = fields.Text()
    status = fields.Choice(choices=OrderStatus.choices)
    lines = OrderLineSerializer(many=True)


class PickStopSerializer(StrictSerializer):
    """Units of one lot to take from one location, for so many orders."""

    warehouse = fields.Text()
    location = fields.Text()
    merchant = fields.Text()
    sku = fields.Text()
    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    quantity = fields.Quantity(source="units")
    orders = fields.Integer()


class PickListPage(StrictSerializer):
    """Always one whole page, in walking order."""

    next = fields.Text(allow_null=True)
    previous = fields.Text(allow_null=True)
    results = PickStopSerializer(many=True)


def wave_request(data: dict[str, Any]) -> WaveRequest:
    """The wave that a validated body asks for."""
    return WaveRequest(
        merchant=data["merchant"],
        warehouse=data["warehouse"],
        channel=data["channel"] or "",
        ship_by=data["ship_by"],
        min_priority=data["min_priority"],
        order_ids=data.get("orders"),
    )


def wave_answer(wave: Wave) -> dict[str, Any]:
    """The shape of a wave, to be written by ``WaveSerializer``."""
    return {
        "id": wave.pk,
        "number": wave.number,
        "status": wave.status,
        "merchant": wave.merchant,
        "warehouse": wave.warehouse,
        "channel": wave.channel or None,
        "ship_by": wave.ship_by,
        "min_priority": wave.min_priority,
        "is_chosen_by_hand": wave.is_chosen_by_hand,
        "failure": wave.failure or None,
        "progress": {"orders": wave.order_count, "done": wave.done_count},
        "created_at": wave.created_at,
        "released_at": wave.released_at,
        "completed_at": wave.completed_at,
    }


def wave_with_results(wave: Wave) -> dict[str, Any]:
    results: Results = wave_results(wave)
    return {**wave_answer(wave), "results": asdict(results)}


def wave_order_answer(facts: WaveOrderFacts) -> dict[str, Any]:
    return {
        "position": facts.position,
        "order": facts.order.pk,
        "number": facts.order.number,
        "merchant": facts.order.merchant.code,
        "status": facts.status.value,
        "lines": [line_answer(line) for line in facts.lines],
    }
