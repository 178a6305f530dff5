"""How much shelf life a merchant asks units to have left when they arrive.

Pure: plain values in, plain values out; the day comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What is asked of units for a channel ('' for any): days left, a share of the whole, or both.

    The share is that of the days from manufacture to expiry, in percent.
    """

    channel: str = ""
    min_days: int | None = None
    min_percent: int | None = None

    @property
    def whose(self) -> str:
        return f" for {self.channel}" if self.channel else ""


def shortfalls(
    rules: Iterable[CheckIn], *, expires_on: date, manufactured_on: date | None, today: date
) -> list[str]:
    """What of these rules is not kept, a sentence each; exactly enough is enough.

    A share that cannot be told, for nobody knows when the lot was made, is not kept either: it
    says so, and a person looks.
    """
    remaining = (expires_on - today).days
    return [
        sentence
        for rule in rules
        for sentence in _broken(rule, remaining, _whole(expires_on, manufactured_on))
    ]


def _whole(expires_on: date, manufactured_on: date | None) -> int | None:
    """Days of shelf life when it was made; None where that is unknown or makes no sense."""
    if manufactured_on is None or manufactured_on >= expires_on:
        return None
    return (expires_on - manufactured_on).days


def _broken(rule: CheckIn, remaining: int, whole: int | None) -> Iterator[str]:
    if rule.min_days is not None and remaining < rule.min_days:
        yield f"{remaining} days remaining, {rule.min_days} needed{rule.whose}."
    if rule.min_percent is None:
        return
    if whole is None:
        yield (
            f"{rule.min_percent} % of its shelf life needed{rule.whose}: how much is left is not "
            "known, as the lot has no manufacturing date before its expiry."
        )
    elif remaining * 100 < rule.min_percent * whole:
        share = remaining * 100 // whole
        yield f"{share} % of its shelf life remaining, {rule.min_percent} % needed{rule.whose}."
