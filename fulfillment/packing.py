"""Which promised units a shipment takes: pure.

Lots are compared as they were read at packing. With ``verify_lot`` every unit of a lot must be
packed by its lot; without it a line may leave the lot open and takes what was promised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fulfillment.errors import LotMismatch, MoreThanAllocated, NothingAllocated


@dataclass(frozen=True, slots=True)
class Promised:
    """Units of one allocation. ``lot`` is how people call the lot, '' for units without one."""

    allocation_id: int
    sku: str
    lot_id: int | None
    lot: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Packed:
    """Units in the box: the lot read on them, or None where none was."""

    sku: str
    lot_id: int | None
    lot: str
    quantity: int


class Take(NamedTuple):
    """``quantity`` units of a promise leave."""

    promised: Promised
    quantity: int


def take_all(promised: Sequence[Promised], *, verify_lot: bool) -> list[Take]:
    """Everything as allocated. Raises: NothingAllocated, LotMismatch (lots are to be verified)."""
    if not promised:
        raise NothingAllocated(message="Nothing is allocated: allocate the order first.")
    unread = next((one for one in promised if one.lot_id is not None), None)
    if verify_lot and unread is not None:
        raise LotMismatch(
            message=(
                f"The lot of every unit is to be verified at packing: name the lot of {unread.sku} "
                f"(lot {unread.lot} is allocated)."
            ),
            sku=unread.sku,
        )
    return [Take(one, one.quantity) for one in promised]


def take_packed(
    promised: Sequence[Promised], packed: Sequence[Packed], *, verify_lot: bool
) -> list[Take]:
    """The promises that the packed units keep, lines with a lot first.

    ``promised`` stands in the order in which it is to be used up. Raises: NothingAllocated,
    MoreThanAllocated, LotMismatch.
    """
    left = [one.quantity for one in promised]
    takes: list[Take] = []
    for line in sorted(packed, key=lambda one: one.lot_id is None):
        missing = line.quantity
        for place, one in enumerate(promised):
            if one.sku == line.sku and _is_the_lot(one, line, verify_lot):
                units = min(missing, left[place])
                left[place] -= units
                missing -= units
                takes.append(Take(one, units))
        if missing:
            _refuse(line, promised, packed)
    return [take for take in takes if take.quantity]


def _is_the_lot(promised: Promised, packed: Packed, verify_lot: bool) -> bool:
    if packed.lot_id is None and not verify_lot:
        return True
    return promised.lot_id == packed.lot_id


def _refuse(line: Packed, promised: Sequence[Promised], packed: Sequence[Packed]) -> None:
    """Say whether the units or only the lot is wrong."""
    ours = [one for one in promised if one.sku == line.sku]
    allocated = sum(one.quantity for one in ours)
    asked = sum(one.quantity for one in packed if one.sku == line.sku)
    facts: dict[str, Any] = {"sku": line.sku, "requested": asked, "allocated": allocated}
    if not allocated:
        raise NothingAllocated(message=f"Nothing of {line.sku} is allocated.", **facts)
    expected = ", ".join(_units(one.quantity, one.lot_id, one.lot) for one in ours)
    known = line.lot_id is None or any(one.lot_id == line.lot_id for one in ours)
    if asked > allocated and known:
        raise MoreThanAllocated(
            message=f"{asked} units of {line.sku} are packed, but {allocated} are allocated.",
            **facts,
        )
    found = _units(line.quantity, line.lot_id, line.lot)
    raise LotMismatch(
        message=f"{line.sku}: packed {found}; allocated {expected}.",
        **facts,
    )


def _units(quantity: int, lot_id: int | None, lot: str) -> str:
    return f"{quantity} without a lot" if lot_id is None else f"{quantity} of lot {lot}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was packed where a promise was to be: so many units, of the lot that was read.

    ``may_swap``: the line takes another lot than the one that it was promised.
    """

    promised: Promised
    line_id: int
    may_swap: bool
    lot_id: int | None
    lot: str
    quantity: int


class Offer(NamedTuple):
    """``quantity`` units could be swapped for the lot that was read."""

    reading: Reading
    quantity: int


def offered_swaps(readings: Sequence[Reading]) -> list[Offer]:
    """The swaps that would let the packed units leave: where more of a lot is packed than promised.

    Whether that lot may go to the order is for the swap itself to find out.
    """
    beyond: Counter[tuple[str, int | None]] = Counter()
    for one in readings:
        beyond[one.promised.sku, one.lot_id] += one.quantity
        beyond[one.promised.sku, one.promised.lot_id] -= one.promised.quantity
    offers = []
    for one in readings:
        key = (one.promised.sku, one.lot_id)
        is_other = one.lot_id is not None and one.lot_id != one.promised.lot_id
        units = min(one.quantity, beyond[key]) if is_other and one.may_swap else 0
        if units > 0:
            beyond[key] -= units
            offers.append(Offer(one, units))
    return offers
