"""What becomes of counted units: to the dock, the damaged area or quarantine, and what differs.

Pure: plain values in, plain values out; the day comes in as an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from inventory.kinds import LocationKind
from receiving.models import Discrepancy
from receiving.shelf_life import CheckIn, shortfalls

Type = Discrepancy.Type
LotKey = tuple[int, int | None]  # product id, lot id (None: without a lot)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many units beyond the expected are received as good: both limits hold."""

    percent: int = 10
    units: int = 25

    def covers(self, surplus: int, expected: int) -> bool:
        return surplus <= self.units and surplus * 100 <= expected * self.percent


@dataclass(frozen=True, slots=True)
class Expected:
    """An announced lot (for a product without lots, the product) and how far it is received."""

    supply_id: int
    product_id: int
    lot_id: int | None
    expected: int
    received: int
    lot_number: str = ""
    expires_on: date | None = None
    min_shelf_life_days: int = 0
    manufactured_on: date | None = None
    check_in: tuple[CheckIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Units as counted. ``mismatch``: why they are not what was announced, None where they are.

    ``lot_number`` and ``expires_on`` are what was read, ``known_lot_id`` the lot it names.
    """

    product_id: int
    lot_id: int | None
    quantity: int
    is_damaged: bool = False
    mismatch: Type | None = None
    lot_number: str = ""
    expires_on: date | None = None
    known_lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Units of a lot that go to an area; ``supply_id`` where they count as received."""

    product_id: int
    lot_id: int | None
    area: LocationKind
    quantity: int
    supply_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A discrepancy to be opened; ``apart`` is the place among the placements of the one by which
    its units went to quarantine.
    """

    type: Type
    product_id: int
    lot_id: int | None
    lot_number: str
    expires_on: date | None
    quantity: int
    note: str = ""
    is_damaged: bool = False
    apart: int | None = field(default=None, compare=False)


class Sorted(NamedTuple):
    placements: list[Placement]
    findings: list[Finding]


class Tally(NamedTuple):
    """Units of one announced lot counted in one act."""

    good: int
    damaged: int


def sort_units(
    counted: Sequence[Counted],
    expected: Mapping[LotKey, Expected],
    *,
    today: date,
    tolerance: Tolerance,
) -> Sorted:
    """Where all these units go, and the discrepancies that they open.

    Announced good units go to the dock, damaged ones to the damaged area. A surplus is always a
    discrepancy; beyond the tolerance the whole of it goes to quarantine. What was not announced
    like that goes to quarantine. Expired and short-dated units go the ordinary way.
    """
    placements: list[Placement] = []
    findings: list[Finding] = []
    for lot, tally in _tallies(counted).items():
        announced = expected[lot]
        placements.extend(_place(announced, tally, tolerance))
        is_apart = placements[-1].area == LocationKind.QUARANTINE
        apart = len(placements) - 1 if is_apart else None
        findings.extend(_surplus(announced, tally, tolerance, apart))
        findings.extend(_condition(announced, tally, today))
    for (type, read), units in _mismatches(counted).items():
        announced_as = expected.get((read.product_id, read.lot_id))
        findings.append(_mismatch(type, read, units, apart=len(placements)))
        placements.append(_set_apart(type, read, units, announced_as))
    return Sorted(placements, findings)


def surplus(announced: Expected, tally: Tally, tolerance: Tolerance) -> tuple[int, int]:
    """Units of this count beyond the expected, and how many of them go to quarantine.

    Good units fill what was announced before damaged ones do; damaged units go to their own area
    in any case. Surplus of earlier counts stays where it was put, but uses up the tolerance.
    """
    before = max(0, announced.received - announced.expected)
    after = max(0, announced.received + sum(tally) - announced.expected)
    if tolerance.covers(after, announced.expected):
        return after - before, 0
    return after - before, min(tally.good, max(0, after - before - tally.damaged))


def _tallies(counted: Iterable[Counted]) -> dict[LotKey, Tally]:
    good: Counter[LotKey] = Counter()
    damaged: Counter[LotKey] = Counter()
    for one in counted:
        if one.mismatch is None:
            (damaged if one.is_damaged else good)[one.product_id, one.lot_id] += one.quantity
    return {lot: Tally(good[lot], damaged[lot]) for lot in dict.fromkeys([*good, *damaged])}


def _place(announced: Expected, tally: Tally, tolerance: Tolerance) -> Iterator[Placement]:
    beyond, quarantined = surplus(announced, tally, tolerance)
    parts = (
        (LocationKind.DOCK, tally.good - quarantined, ""),
        (LocationKind.DAMAGED, tally.damaged, ""),
        (LocationKind.QUARANTINE, quarantined, f"Overage: {beyond} more than announced"),
    )
    for area, units, reason in parts:
        if units:
            yield Placement(
                announced.product_id, announced.lot_id, area, units, announced.supply_id, reason
            )


def _surplus(
    announced: Expected, tally: Tally, tolerance: Tolerance, apart: int | None
) -> Iterator[Finding]:
    beyond, quarantined = surplus(announced, tally, tolerance)
    if beyond:
        where = f"{quarantined} of them in quarantine." if quarantined else "Received as good."
        yield replace(_about(announced, Type.OVERAGE, beyond, where), apart=apart)


def _condition(announced: Expected, tally: Tally, today: date) -> Iterator[Finding]:
    """Damage, and shelf life against the least that shipping and the check-in rules ask for."""
    if tally.damaged:
        yield _about(announced, Type.DAMAGED, tally.damaged, "In the damaged area.")
    if announced.expires_on is None:
        return
    remaining = (announced.expires_on - today).days
    if remaining < 0:
        note = f"Its last day was {announced.expires_on}."
        yield _about(announced, Type.EXPIRED_ON_ARRIVAL, sum(tally), note)
        return
    missing = shortfalls(
        _asked(announced),
        expires_on=announced.expires_on,
        manufactured_on=announced.manufactured_on,
        today=today,
    )
    if missing:
        note = " ".join(missing)
        yield _about(announced, Type.SHORT_DATED_ON_ARRIVAL, sum(tally), note)


def _asked(announced: Expected) -> Iterator[CheckIn]:
    """Without a minimum for shipping, 0 days: which no unit that is not expired falls short of."""
    yield CheckIn(min_days=announced.min_shelf_life_days)
    yield from announced.check_in


def _about(announced: Expected, type: Type, units: int, note: str) -> Finding:
    return Finding(
        type=type,
        product_id=announced.product_id,
        lot_id=announced.lot_id,
        lot_number=announced.lot_number,
        expires_on=announced.expires_on,
        quantity=units,
        note=note,
    )


def _mismatches(counted: Iterable[Counted]) -> Counter[tuple[Type, Counted]]:
    """Units by everything that was found about them, in the order in which they were counted."""
    groups: Counter[tuple[Type, Counted]] = Counter()
    for one in counted:
        if one.mismatch is not None:
            groups[one.mismatch, replace(one, quantity=0)] += one.quantity
    return groups


def _set_apart(type: Type, read: Counted, units: int, announced_as: Expected | None) -> Placement:
    """To quarantine; received too where the product was announced without lots, as they stand."""
    return Placement(
        product_id=read.product_id,
        lot_id=read.lot_id,
        area=LocationKind.QUARANTINE,
        quantity=units,
        supply_id=announced_as.supply_id if announced_as else None,
        reason=type.label + (", damaged" if read.is_damaged else ""),
    )


def _mismatch(type: Type, read: Counted, units: int, *, apart: int) -> Finding:
    return Finding(
        type=type,
        product_id=read.product_id,
        lot_id=read.known_lot_id,
        lot_number=read.lot_number,
        expires_on=read.expires_on,
        quantity=units,
        note="In quarantine, damaged." if read.is_damaged else "In quarantine.",
        is_damaged=read.is_damaged,
        apart=apart,
    )
