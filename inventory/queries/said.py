"""What a lot number that somebody typed says, before a lot is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.models import Product
from inventory.queries.look_alikes import look_alikes
from inventory.queries.lot_formats import Dates, as_dates, format_of, reading_of
from inventory.queries.lots import LotRef, find_lots


@dataclass(frozen=True, slots=True)
class Said:
    """Its parts and dates by the format, the lot that has it, and numbers that look like it."""

    number: str
    parts: Mapping[str, str]
    dates: Dates
    lot: int | None
    look_alikes: list[str]


def said(product: Product, number: str) -> Said:
    """What the number says as one of the product. Three queries."""
    number = number.strip()
    ref = LotRef(product.pk, number)
    made = format_of(product)
    reading = reading_of(made, product, number) if made else None
    dates = as_dates(made, reading.day) if made and reading and reading.day else Dates()
    lot = find_lots([ref]).get(ref)
    return Said(
        number=number,
        parts=dict(reading.parts) if reading else {},
        dates=dates,
        lot=lot.pk if lot else None,
        look_alikes=[one.number for one in look_alikes([ref])],
    )
