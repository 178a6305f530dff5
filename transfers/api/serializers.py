"""The bodies of transfers/."""

from __future__ import annotations

from typing import Any

from inventory.models import Product, Warehouse
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.models import Merchant
from transfers.models import Line, Transfer
from transfers.services import LineRequest, Stowed, Taken

MOST_UNITS = 10_000_000  # of one line, so that no counter ever overflows


class TransferLineSerializer(LotRef):
    """Units of a product and lot, and how far they came."""

    id = fields.Id(read_only=True)
    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)
    sent = fields.Integer(read_only=True)
    received = fields.Integer(read_only=True)
    lost = fields.Integer(read_only=True)
    in_transit = fields.Integer(read_only=True)


class TransferSerializer(StrictSerializer):
    """Units on their way from one warehouse to another."""

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    reference = fields.Text(max_length=64, allow_blank=True, default="")
    source = fields.Related(Warehouse.objects.all, "code")
    target = fields.Related(Warehouse.objects.all, "code")
    status = fields.Choice(choices=Transfer.Status.choices, read_only=True)
    tracking_number = fields.Text(read_only=True)
    completed_short = fields.Boolean(read_only=True)
    sent_at = fields.Time(read_only=True, allow_null=True)
    completed_at = fields.Time(read_only=True, allow_null=True)
    lines = TransferLineSerializer(many=True, allow_empty=False)


class PlacedLineSerializer(LotRef):
    """Units of a line that leave, or come into, the location of this name."""

    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)
    location = fields.Text(max_length=64)


class SendSerializer(StrictSerializer):
    """What leaves which bin; without lines, all that is asked for, from bins in rotation order."""

    tracking_number = fields.Text(max_length=64, allow_blank=True, default="")
    lines = PlacedLineSerializer(many=True, allow_empty=False, required=False)


class ArrivalSerializer(StrictSerializer):
    """What arrived, and where it goes."""

    lines = PlacedLineSerializer(many=True, allow_empty=False)


class WriteOffSerializer(StrictSerializer):
    """Why what is still in transit will never come."""

    reason = fields.Text(max_length=500)


def line_requests(data: dict[str, Any], merchant: Merchant) -> list[LineRequest]:
    """The lines of a new transfer. Raises: ValidationError (400) `unknown_sku`."""
    return [
        LineRequest(product, line["quantity"], line["lot_number"], line["expires_on"])
        for line, product in zip(data["lines"], _products(data, merchant), strict=True)
    ]


def placed(kind: type[Taken] | type[Stowed], data: dict[str, Any], merchant: Merchant) -> list[Any]:
    """The lines of a body as the service asks for them. Raises as ``line_requests``."""
    return [
        kind(product, line["quantity"], line["location"], line["lot_number"], line["expires_on"])
        for line, product in zip(data["lines"], _products(data, merchant), strict=True)
    ]


def transfer_answer(transfer: Transfer) -> dict[str, Any]:
    """The shape of a transfer, to be written by ``TransferSerializer``; read ``with_lines``."""
    names = ("number", "reference", "source", "target", "status", "tracking_number")
    stamps = ("completed_short", "sent_at", "completed_at")
    return {
        "id": transfer.pk,
        **{name: getattr(transfer, name) for name in (*names, *stamps)},
        "lines": [_line(line) for line in transfer.lines.all()],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.pk,
        "sku": line.product.sku,
        "lot_number": line.lot.number if line.lot else None,
        "expires_on": line.lot.expires_on if line.lot else None,
        "quantity": line.quantity,
        "sent": line.sent,
        "received": line.received,
        "lost": line.lost,
        "in_transit": line.in_transit,
    }


def _products(data: dict[str, Any], merchant: Merchant) -> list[Product]:
    return fields.resolve(
        [line["sku"] for line in data["lines"]],
        Product.objects.for_merchant(merchant).select_related("merchant"),
        "sku",
        path=lambda place: f"lines[{place}].sku",
        code="unknown_sku",
    )
