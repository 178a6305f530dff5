"""Whether units fit into the bins that they are put into."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from inventory.errors import BinTooSmall
from inventory.models import Location, Product
from inventory.putaway import fitting
from inventory.queries.bins import used_in3


class Entering(NamedTuple):
    """Units of a product that are put into a location."""

    location: Location
    product: Product
    quantity: int


def require_room(entering: Iterable[Entering], *, reason: str) -> None:
    """Refuse to fill a measured bin above its capacity, unless somebody says why.

    Units of an unknown size take no room. One query; none where nothing is measured, or where a
    reason is given. Another act may fill the bin at the same time: this is advice, not a promise
    of the database. Raises: BinTooSmall (the first that does not fit).
    """
    sized = [
        (one, Decimal(one.location.capacity_in3), one.product.unit_in3)
        for one in entering
        if one.location.capacity_in3 is not None and one.product.unit_in3 is not None
    ]
    if reason.strip() or not sized:
        return
    used = used_in3(one.location.pk for one, _, _ in sized)
    for one, capacity, size in sized:
        room = fitting(capacity - used[one.location.pk], size) or 0
        if one.quantity > room:
            raise BinTooSmall(
                message=f"{one.location.name} has room for {room:,} units of {one.product.sku}, "
                f"not for {one.quantity:,}: choose another bin, or say why they go there "
                "nevertheless.",
                location=one.location.name,
                sku=one.product.sku,
                requested=one.quantity,
                available=room,
            )
        used[one.location.pk] += one.quantity * size
