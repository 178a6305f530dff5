"""What the days that are left mean: in which bucket units stand, what will be left of them at the
end, and what to do about it. Pure: nothing here reads the database or a clock."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from django.db.models import TextChoices

from inventory.models import Action

RATE_DAYS = 28  # four whole weeks, so that every day of the week counts as often
SOON_DAYS = 90  # to expiry, from which on a lot that does not sell is worth a thought


class LifeBucket(TextChoices):
    """Units by the days to their expiry, counted from the day of the warehouse."""

    EXPIRED = "expired", "Expired"
    DAYS_30 = "0-30", "0–30 days"
    DAYS_60 = "31-60", "31–60 days"
    DAYS_90 = "61-90", "61–90 days"
    DAYS_180 = "91-180", "91–180 days"
    LATER = "over-180", "Over 180 days"
    UNDATED = "undated", "No expiry"


class AgeBucket(TextChoices):
    """Units by the days since their lot was first received."""

    DAYS_30 = "0-30", "0–30 days"
    DAYS_60 = "31-60", "31–60 days"
    DAYS_90 = "61-90", "61–90 days"
    DAYS_180 = "91-180", "91–180 days"
    OLDER = "over-180", "Over 180 days"
    UNKNOWN = "unknown", "Without a lot"


# The first and the last day of each bucket; None: without end.
Span = tuple[int | None, int | None]
LIFE_SPANS: Mapping[LifeBucket, Span] = {
    LifeBucket.EXPIRED: (None, -1),
    LifeBucket.DAYS_30: (0, 30),
    LifeBucket.DAYS_60: (31, 60),
    LifeBucket.DAYS_90: (61, 90),
    LifeBucket.DAYS_180: (91, 180),
    LifeBucket.LATER: (181, None),
}
AGE_SPANS: Mapping[AgeBucket, Span] = {
    AgeBucket.DAYS_30: (0, 30),
    AgeBucket.DAYS_60: (31, 60),
    AgeBucket.DAYS_90: (61, 90),
    AgeBucket.DAYS_180: (91, 180),
    AgeBucket.OLDER: (181, None),
}
AT_RISK = (LifeBucket.EXPIRED, LifeBucket.DAYS_30, LifeBucket.DAYS_60, LifeBucket.DAYS_90)


def life_bucket(days_remaining: int | None) -> LifeBucket:
    if days_remaining is None:
        return LifeBucket.UNDATED
    return next(one for one, span in LIFE_SPANS.items() if _within(days_remaining, span))


def age_bucket(age_days: int | None) -> AgeBucket:
    """Of a receipt in the future, by a clock that was wrong, as of one today."""
    if age_days is None:
        return AgeBucket.UNKNOWN
    return next(one for one, span in AGE_SPANS.items() if _within(max(age_days, 0), span))


def _within(days: int, span: Span) -> bool:
    first, last = span
    return (first is None or days >= first) and (last is None or days <= last)


@dataclass(frozen=True, slots=True)
class Standing:
    """The units of one lot in one warehouse: ``sellable`` go out with orders, ``kept`` do not."""

    key: Hashable
    sellable: int
    kept: int
    days_remaining: int | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a warehouse ships a product: ``sold`` units in the last ``RATE_DAYS`` days."""

    sold: int

    @property
    def per_day(self) -> Fraction:
        return Fraction(self.sold, RATE_DAYS)

    def days_of_cover(self, units: int) -> int | None:
        """How many whole days so many units last; None: nothing is sold, they last for ever."""
        return int(units / self.per_day) if self.sold else None


def left_at_expiry(
    lots: Sequence[Standing], pace: Pace, *, min_shelf_life_days: int = 0
) -> dict[Hashable, int | None]:
    """How many units of each lot of a product will be left when it expires.

    The lots go out first expired first, one after the other, at the pace of the warehouse: a lot
    sells from the day on which those before it are sold or over, until it has fewer days than the
    minimum. What may not ship is left whole, and so is all of an expired lot. None: the lot does
    not expire.
    """
    left: dict[Hashable, int | None] = {}
    day = Fraction(0)  # up to which the lots before are selling
    dated = [one for one in lots if one.days_remaining is not None]
    for one in sorted(dated, key=lambda one: (one.days_remaining, str(one.key))):
        last = max((one.days_remaining or 0) - min_shelf_life_days, 0)
        sells = min(Fraction(one.sellable), pace.per_day * max(last - day, Fraction(0)))
        if sells:
            day += sells / pace.per_day
        left[one.key] = one.kept + ceil(one.sellable - sells)
    return left | {one.key: None for one in lots if one.key not in left}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do about units of a lot, and why."""

    action: Action
    why: str


def suggest(one: Standing, *, left: int | None, min_shelf_life_days: int) -> Suggestion | None:
    """What to do about the units of a lot in a warehouse; None: nothing, they sell or do not age.

    The first that holds: expired units are disposed of; units below the minimum shelf life, which
    no order takes any more, are removed from where orders are picked; of units that expire within
    90 days and would not be sold by then, the sale is promoted. Units that may not ship for another
    reason (a hold, quarantine) are somebody's decision already.
    """
    days = one.days_remaining
    if days is None or not one.sellable + one.kept:
        return None
    if days < 0:
        return Suggestion(Action.DISPOSE, f"Expired {_days(-days)} ago.")
    if not one.sellable:
        return None
    if days < min_shelf_life_days:
        why = f"{_days(days)} left, and orders take it with {min_shelf_life_days} or more only."
        return Suggestion(Action.REMOVE, why)
    if days <= SOON_DAYS and left:
        units = one.sellable + one.kept
        why = f"At the present rate of sale {left:,} of {units:,} would be left."
        return Suggestion(Action.PROMOTE, why)
    return None


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"
