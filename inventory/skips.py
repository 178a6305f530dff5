"""Why the lots on hand do not serve an order line: pure, and without a clock.

Next to ``rotation``, which promises what may be promised; this says why the rest was passed over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inventory.availability import Facts, Reason, why_not
from inventory.rotation import Claim, Restriction

# Beyond the reasons of the units themselves: those of the line.
OTHER_LOT = "other_lot"
RESTRICTED = "restricted"
SINGLE_LOT = "single_lot"
RANK = [*Reason.values, OTHER_LOT, RESTRICTED, SINGLE_LOT]


@dataclass(frozen=True, slots=True)
class Need:
    """What an order line still wants. ``min_shelf_life_days`` is the effective minimum.

    ``lot_id`` and ``lot_name`` are of the lot that the line names, where it names one.
    """

    quantity: int
    min_shelf_life_days: int = 0
    lot_id: int | None = None
    lot_name: str = ""
    single_lot: bool = False
    channel: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Units:
    """Units on hand of one balance. ``lot_number`` is None for units without a lot.

    ``held_because`` are the reasons of the holds on them, oldest first.
    """

    lot_id: int | None
    lot_number: str | None
    quantity: int
    location: str
    facts: Facts
    held_because: tuple[str, ...] = ()
    restriction: Restriction | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A lot that may not be allocated to the line: the reason of most of its units, and words."""

    lot_number: str | None
    expires_on: date | None
    reason: str
    explanation: str


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why one balance does not serve the line."""

    reason: str
    words: str


def skips(need: Need, units: Iterable[Units], *, today: date) -> list[Skip]:
    """Every lot none of whose units may be allocated to the line; first expired first.

    Being promised elsewhere is no reason. A lot whose units have several reasons gives that of
    most of them (the earlier in ``RANK`` where they tie) and explains all. Units without a lot
    stand last, as one.
    """
    lots: dict[int | None, list[Units]] = defaultdict(list)
    for one in units:
        lots[one.lot_id].append(one)
    found = [skip for lot in lots.values() if (skip := _skip(need, lot, today))]
    return sorted(found, key=_first_expired_first)


def _first_expired_first(skip: Skip) -> tuple[bool, bool, date, str]:
    undated = skip.expires_on is None
    return (skip.lot_number is None, undated, skip.expires_on or date.max, skip.lot_number or "")


def _skip(need: Need, lot: Sequence[Units], today: date) -> Skip | None:
    stops = [(one, _stop(need, one, today)) for one in lot]
    usable = sum(one.quantity for one, stop in stops if stop is None)
    if usable and not (need.single_lot and usable < need.quantity):
        return None
    if usable:
        words = f"{_count(usable)} on hand, {need.quantity} needed from a single lot"
        return _as_skip(lot[0], SINGLE_LOT, words)
    units: Counter[_Stop] = Counter()
    for stop, quantity in ((stop, one.quantity) for one, stop in stops if stop):
        units[stop] += quantity
    return _as_skip(lot[0], _main_reason(units), _in_words(units))


def _as_skip(units: Units, reason: str, explanation: str) -> Skip:
    return Skip(units.lot_number, units.facts.expires_on, reason, explanation)


def _main_reason(units: Mapping[_Stop, int]) -> str:
    by_reason: Counter[str] = Counter()
    for stop, quantity in units.items():
        by_reason[stop.reason] += quantity
    return min(by_reason, key=lambda reason: (-by_reason[reason], RANK.index(reason)))


def _in_words(units: Mapping[_Stop, int]) -> str:
    """One reason by itself; several with the units of each, most units first."""
    if len(units) == 1:
        return next(iter(units)).words
    ranked = sorted(units, key=lambda stop: (-units[stop], RANK.index(stop.reason), stop.words))
    return "; ".join(f"{_count(units[stop])}: {stop.words}" for stop in ranked)


def _stop(need: Need, units: Units, today: date) -> _Stop | None:
    """The first reason why these units do not serve the line; None when they may."""
    reason = why_not(units.facts, today=today, min_shelf_life_days=need.min_shelf_life_days)
    if reason is not None:
        return _Stop(reason.value, _words(reason, need, units, today))
    if need.lot_id not in (None, units.lot_id):
        return _Stop(OTHER_LOT, f"the line names lot {need.lot_name}")
    claim = Claim(0, need.quantity, channel=need.channel, country=need.country)
    if units.restriction and not units.restriction.allows(claim):
        return _Stop(RESTRICTED, _restricted(units.restriction, need))
    return None


def _restricted(by: Restriction, need: Need) -> str:
    """What the lot allows, beside where the line goes."""
    rules = (
        ("only through", by.only_channels),
        ("only to", by.only_countries),
        ("never to", by.never_countries),
    )
    allowed = ", ".join(f"{words} {' or '.join(sorted(codes))}" for words, codes in rules if codes)
    goes_to = need.country or "an unknown country"
    return f"the lot may go {allowed}; this line goes through {need.channel} to {goes_to}"


def _words(reason: Reason, need: Need, units: Units, today: date) -> str:
    expires_on = units.facts.expires_on
    if reason is Reason.HOLD:
        return f"on hold: {'; '.join(units.held_because)}" if units.held_because else "on hold"
    if reason is Reason.EXPIRED:
        return f"expired {expires_on}"
    if reason is Reason.SHORT_DATED and expires_on is not None:
        remaining = (expires_on - today).days
        return f"{remaining} {_days(remaining)} remaining, {need.min_shelf_life_days} needed"
    if reason is Reason.NOT_SELLABLE:
        return f"{units.location} is not sellable"
    if reason is Reason.NOT_PICKABLE:
        return f"{units.location} is not pickable"
    return {
        Reason.QUARANTINE: "in quarantine",
        Reason.DAMAGED: "damaged",
        Reason.INACTIVE: "the lot is inactive",
    }[reason]


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


def _count(units: int) -> str:
    return f"{units} {'unit' if units == 1 else 'units'}"
