"""The bodies of returns/."""

from __future__ import annotations

from datetime import date
from typing import Any

from fulfillment.models import Order
from inventory.models import Lot, ReturnAction, Warehouse
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.models import Merchant
from returns.disposition import Kind, RequestedAction, Rule
from returns.models import Disposition, Return, ReturnLine, Status
from returns.requests import Finding, LineRequest, ReturnRequest


class DispositionSerializer(StrictSerializer):
    """What was done with units of a line, by which rule, and why in words."""

    action = fields.Choice(choices=ReturnAction.choices)
    rule = fields.Choice(choices=Rule.choices)
    explanation = fields.Text()
    quantity = fields.Quantity()
    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    location = fields.Text()


class ReturnLineSerializer(LotRef):
    """One product that is to come back. In a PATCH, `id` names the line that it changes."""

    id = fields.Id(required=False, allow_null=True)
    sku = fields.Text(max_length=64)
    quantity = fields.Quantity()
    requested_action = fields.Choice(
        choices=RequestedAction.choices, default=RequestedAction.DEFAULT
    )
    dispositions = DispositionSerializer(many=True, read_only=True)


class ReturnSerializer(StrictSerializer):
    """Units on their way back. In a PATCH, `lines` is the whole list."""

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    kind = fields.Choice(choices=Kind.choices)
    reference = fields.Text(max_length=64, allow_blank=True, default="")
    order = fields.Related(Order.objects.all, "id", allow_null=True, default=None)
    warehouse = fields.Related(Warehouse.objects.all, "code", allow_null=True, default=None)
    status = fields.Choice(choices=Status.choices, read_only=True)
    lines = ReturnLineSerializer(many=True, allow_empty=False)

    def to_representation(self, instance: Return) -> dict[str, Any]:
        answer: dict[str, Any] = super().to_representation(return_answer(instance))
        return answer


class FindingSerializer(LotRef):
    """Units of a line that were found alike, with the lot as it was read."""

    line = fields.Id()
    quantity = fields.Quantity()
    passed = fields.Boolean()
    note = fields.Text(max_length=500, allow_blank=True, default="")
    location = fields.Text(max_length=64, allow_blank=True, allow_null=True, default="")


class InspectSerializer(StrictSerializer):
    """What was found."""

    lines = FindingSerializer(many=True, allow_empty=False)


def return_request(data: dict[str, Any], merchant: Merchant) -> ReturnRequest:
    """The return that a validated body announces."""
    lines = [
        LineRequest(**{name: value for name, value in line.items() if name != "id"})
        for line in data["lines"]
    ]
    return ReturnRequest(merchant=merchant, **{**data, "lines": lines})


def findings(data: dict[str, Any]) -> list[Finding]:
    """What a validated body of an inspection says was found."""
    return [
        Finding(
            line_id=line["line"],
            quantity=line["quantity"],
            passed=line["passed"],
            lot_number=line["lot_number"],
            expires_on=line["expires_on"],
            note=line["note"],
            location=line["location"] or "",
        )
        for line in data["lines"]
    ]


def return_answer(document: Return) -> dict[str, Any]:
    """The shape of a return whose lines and dispositions are loaded."""
    return {
        "id": document.pk,
        "number": document.number,
        "kind": document.kind,
        "reference": document.reference,
        "order": document.order,
        "warehouse": document.warehouse,
        "status": document.status,
        "lines": [_line(line) for line in document.lines.all()],
    }


def _line(line: ReturnLine) -> dict[str, Any]:
    return {
        "id": line.pk,
        "sku": line.product.sku,
        "quantity": line.quantity,
        **_lot(line.lot),
        "requested_action": line.requested_action,
        "dispositions": [_disposition(one) for one in line.dispositions.all()],
    }


def _disposition(one: Disposition) -> dict[str, Any]:
    return {
        "action": one.action,
        "rule": one.rule,
        "explanation": one.explanation,
        "quantity": one.quantity,
        **(_lot(one.lot) if one.lot else _as_read(one.lot_number, one.expires_on)),
        "location": one.location.name,
    }


def _lot(lot: Lot | None) -> dict[str, Any]:
    if lot is None:
        return {"lot_number": None, "expires_on": None}
    return {"lot_number": lot.number, "expires_on": lot.expires_on}


def _as_read(number: str, expires_on: date | None) -> dict[str, Any]:
    """The lot as it was read; null in both where nothing was."""
    nothing = not number and expires_on is None
    return {"lot_number": None if nothing else number, "expires_on": expires_on}
