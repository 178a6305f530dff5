"""Parts of bodies that several resources share, and how a body's words become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from inventory.models import Location, Lot, Product
from inventory.queries.lots import LotRef, agrees, find_lots, unknown_lot
from inventory.restrictions import COUNTRY
from merchants.api import fields
from merchants.api.serializers import StrictSerializer
from merchants.errors import NotFound

MOST_CODES = 250


class Codes(serializers.ListField):
    """Codes of countries or channels: a list here, a text with spaces between them in the rows."""

    def __init__(self, child: serializers.Field, **kwargs: Any) -> None:
        super().__init__(child=child, required=False, max_length=MOST_CODES, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data))

    def to_representation(self, data: str) -> list[str]:
        return data.split()


class Country(fields.Text):
    """A country by its two letters, in either case."""

    default_error_messages = {"invalid_country": "Give a code of two letters, such as DE."}

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).upper()
        if not COUNTRY.fullmatch(code):
            self.fail("invalid_country")
        return code


class LotBrief(StrictSerializer):
    """A lot where something else is told of it."""

    id = fields.Id()
    number = fields.LotNumber()
    expires_on = fields.Expiry()


def sku_of(**kwargs: Any) -> fields.Related:
    """A product of the merchant concerned, named by its SKU."""
    return fields.Related(Product.objects.all, "sku", code="unknown_sku", **kwargs)


def named_lot(product: Product, body: Mapping[str, Any], *, path: str = "") -> Lot | None:
    """The lot that `lot_number` and `expires_on` name; None where they name units without a lot.

    `path` stands before the fields' names in errors. Raises: UnknownLot (400) also where the number
    is known with another expiry.
    """
    ref = LotRef(product.pk, body["lot_number"], body["expires_on"])
    if ref.is_blank:
        return None
    lot = find_lots([ref]).get(ref)
    if lot is None or not agrees(lot, ref):
        raise unknown_lot(product.sku, ref, lot, path=path)
    return lot


def real_location(location_id: int) -> Location:
    """The location of this id, virtual ones aside. Raises: NotFound."""
    location: Location | None = Location.objects.real().filter(pk=location_id).first()
    if location is None:
        raise NotFound(message="There is no such location.")
    return location
