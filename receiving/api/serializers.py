"""The bodies of wros/."""

from __future__ import annotations

from typing import Any

from inventory.models import Product, Warehouse
from merchants.api import fields
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.errors import Malformed
from merchants.models import Merchant
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.models import WRO, Box, BoxContent, Discrepancy, Line, StatusChange
from receiving.packing import AnnouncedBox, Packed
from receiving.services import Count, StowLine, WROFields

MOST_UNITS = 10_000_000  # of one line, so that no counter ever overflows
CONDITIONS = [("good", "Good"), ("damaged", "Damaged")]


class BoxContentSerializer(LotRef):
    """Units of an announced product and lot in one box."""

    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)


class BoxSerializer(StrictSerializer):
    """A box, pallet or container: its place, the carrier's number, and what is in it if told."""

    id = fields.Id(read_only=True)
    position = fields.Integer(read_only=True)
    tracking_number = fields.Text(max_length=64, allow_blank=True, default="")
    contents = BoxContentSerializer(many=True, default=list)


class LineLotSerializer(StrictSerializer):
    """Units of a line that come in one lot."""

    number = fields.LotNumber()
    expires_on = fields.Expiry()
    quantity = fields.Quantity(max_value=MOST_UNITS)


class LineSerializer(StrictSerializer):
    """A product with its total units; those of a lot product split into lots."""

    id = fields.Id(read_only=True)
    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)
    lots = LineLotSerializer(many=True, default=list)
    received = fields.Integer(read_only=True)
    stowed = fields.Integer(read_only=True)


class DiscrepancySerializer(StrictSerializer):
    """What was found to differ from what was announced."""

    id = fields.Id()
    type = fields.Choice(choices=Discrepancy.Type.choices)
    sku = fields.Text()
    lot_number = fields.Text(allow_null=True)
    expires_on = fields.Expiry(required=True)
    quantity = fields.Quantity()
    status = fields.Choice(choices=Discrepancy.Status.choices)


class StatusChangeSerializer(StrictSerializer):
    """When it came into a status, and who set it."""

    status = fields.Choice(choices=WRO.Status.choices)
    at = fields.Time()
    by = fields.Text(allow_null=True)


class CopySerializer(StrictSerializer):
    """How much of a WRO its copy takes over."""

    with_lots = fields.Boolean(default=False)


class WROSerializer(StrictSerializer):
    """A Warehouse Receiving Order: what a merchant sends, to which warehouse, in which boxes."""

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    reference = fields.Text(max_length=64, allow_blank=True, default="")
    purchase_order_number = fields.Text(max_length=64, allow_blank=True, default="")
    warehouse = fields.Related(Warehouse.objects.all, "code")
    status = fields.Choice(choices=WRO.Status.choices, read_only=True)
    package_type = fields.Choice(choices=WRO.PackageType.choices, default=WRO.PackageType.BOX.value)
    expected_arrival_on = fields.Date(allow_null=True, default=None)
    boxes = BoxSerializer(many=True, default=list)
    lines = LineSerializer(many=True, allow_empty=False)
    discrepancies = DiscrepancySerializer(many=True, read_only=True)
    history = StatusChangeSerializer(many=True, read_only=True)


class NewWROSerializer(WROSerializer):
    """A new WRO: a draft, unless it is to be submitted at once."""

    submit = fields.Boolean(default=False, write_only=True)
    confirm_new = fields.Boolean(default=False, write_only=True)


class SubmitSerializer(StrictSerializer):
    """`confirm_new`: lots whose numbers look like those of others are other lots all the same."""

    confirm_new = fields.Boolean(default=False)


class CountedLineSerializer(LotRef):
    """Units as counted, with the lot as it was read."""

    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)
    condition = fields.Choice(choices=CONDITIONS, default="good")


class ReceiveSerializer(StrictSerializer):
    """What was counted; it adds to what was counted before."""

    lines = CountedLineSerializer(many=True, allow_empty=False)


class StowedLineSerializer(LotRef):
    """Units that leave the dock for a location."""

    sku = fields.Text(max_length=64)
    quantity = fields.Quantity(max_value=MOST_UNITS)
    location = fields.Text(max_length=64)


class StowSerializer(StrictSerializer):
    """What goes where; with a `reason` also where a bin is too small for it."""

    lines = StowedLineSerializer(many=True, allow_empty=False)
    reason = fields.Text(max_length=500, required=False, allow_blank=True, default="")


def wro_fields(data: dict[str, Any]) -> WROFields:
    """The fields of a WRO that a validated body sets."""
    names = (
        "reference",
        "purchase_order_number",
        "warehouse",
        "package_type",
        "expected_arrival_on",
    )
    return {name: data[name] for name in names if name in data}  # type: ignore[return-value]


def announced(data: dict[str, Any], merchant: Merchant) -> list[AnnouncedLine] | None:
    """The lines that a validated body announces; None where it says nothing of lines.

    A line of a change may leave out all but its SKU, which says what line it is. Raises: Malformed
    and ValidationError (400), `required` and `unknown_sku`.
    """
    if "lines" not in data:
        return None
    for place, line in enumerate(data["lines"]):
        if "sku" not in line:
            path = f"lines[{place}].sku"
            raise Malformed("required", "Name the product of the line by its SKU.", field=path)
    return [
        AnnouncedLine(
            product=product,
            quantity=line.get("quantity"),
            lots=tuple(_lot(lot) for lot in line["lots"]) if "lots" in line else None,
        )
        for line, product in zip(data["lines"], _products(data, merchant), strict=True)
    ]


def boxes(data: dict[str, Any], merchant: Merchant) -> list[AnnouncedBox] | None:
    """The boxes of a validated body; None where it says nothing of boxes.

    A box of a change is the one at its place, and what it leaves out stays. Raises: Malformed and
    ValidationError (400), `required` and `unknown_sku`.
    """
    if "boxes" not in data:
        return None
    rows = [
        (f"boxes[{place}].contents[{row}]", one)
        for place, box in enumerate(data["boxes"])
        for row, one in enumerate(box.get("contents", ()))
    ]
    for path, one in rows:
        for name in ("sku", "quantity"):
            if name not in one:
                raise Malformed("required", "Required.", field=f"{path}.{name}")
    found = fields.resolve(
        [one["sku"] for _, one in rows],
        Product.objects.for_merchant(merchant),
        "sku",
        path=lambda place: f"{rows[place][0]}.sku",
        code="unknown_sku",
    )
    products = iter(found)
    return [
        AnnouncedBox(
            box.get("tracking_number"),
            tuple(_packed(one, next(products)) for one in box["contents"])
            if "contents" in box
            else None,
        )
        for box in data["boxes"]
    ]


def _packed(one: dict[str, Any], product: Product) -> Packed:
    return Packed(product, one["quantity"], one.get("lot_number", ""), one.get("expires_on"))


def counts(data: dict[str, Any], merchant: Merchant) -> list[Count]:
    """What a validated body counts. Raises: ValidationError (400) `unknown_sku`."""
    return [
        Count(
            product=product,
            quantity=line["quantity"],
            lot_number=line["lot_number"],
            expires_on=line["expires_on"],
            is_damaged=line["condition"] == "damaged",
        )
        for line, product in zip(data["lines"], _products(data, merchant), strict=True)
    ]


def stow_lines(data: dict[str, Any], merchant: Merchant) -> list[StowLine]:
    """What a validated body stows. Raises: ValidationError (400) `unknown_sku`."""
    return [
        StowLine(
            product=product,
            quantity=line["quantity"],
            location=line["location"],
            lot_number=line["lot_number"],
            expires_on=line["expires_on"],
        )
        for line, product in zip(data["lines"], _products(data, merchant), strict=True)
    ]


def wro_answer(wro: WRO) -> dict[str, Any]:
    """The shape of a WRO, to be written by ``WROSerializer``. Of one read ``with_contents``."""
    return {
        "id": wro.pk,
        "number": wro.number,
        "reference": wro.reference,
        "purchase_order_number": wro.purchase_order_number,
        "warehouse": wro.warehouse,
        "status": wro.status,
        "package_type": wro.package_type,
        "expected_arrival_on": wro.expected_arrival_on,
        "boxes": [_box(box) for box in wro.boxes.all()],
        "lines": [_line(line) for line in wro.lines.all()],
        "discrepancies": [_discrepancy(one) for one in wro.discrepancies.all()],
        "history": [_change(one) for one in wro.status_changes.all()],
    }


def _box(box: Box) -> dict[str, Any]:
    return {
        "id": box.pk,
        "position": box.position,
        "tracking_number": box.tracking_number,
        "contents": [_content(one) for one in box.contents.all()],
    }


def _content(one: BoxContent) -> dict[str, Any]:
    lot = one.lot_line
    return {
        "sku": one.line.product.sku,
        "lot_number": lot.number if lot else None,
        "expires_on": lot.expires_on if lot else None,
        "quantity": one.quantity,
    }


def _change(one: StatusChange) -> dict[str, Any]:
    by = one.by
    return {"status": one.status, "at": one.at, "by": by.username if by else None}


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.pk,
        "sku": line.product.sku,
        "quantity": line.quantity,
        "lots": list(line.lots.all()),
        "received": line.received,
        "stowed": line.stowed,
    }


def _discrepancy(one: Discrepancy) -> dict[str, Any]:
    has_lot = one.lot_id or one.lot_number or one.expires_on
    return {
        "id": one.pk,
        "type": one.type,
        "sku": one.product.sku,
        "lot_number": one.lot_number if has_lot else None,
        "expires_on": one.expires_on,
        "quantity": one.quantity,
        "status": one.status,
    }


def _lot(lot: dict[str, Any]) -> AnnouncedLot:
    return AnnouncedLot(
        number=lot.get("number", ""),
        expires_on=lot.get("expires_on"),
        quantity=lot.get("quantity"),
        keeps_expiry="expires_on" not in lot,
    )


def _products(data: dict[str, Any], merchant: Merchant) -> list[Product]:
    skus = [line["sku"] for line in data["lines"]]
    return fields.resolve(
        skus,
        Product.objects.for_merchant(merchant).select_related("merchant"),
        "sku",
        path=lambda place: f"lines[{place}].sku",
        code="unknown_sku",
    )
