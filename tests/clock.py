"""The clock of the tests: it stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


class Clock:
    """What the fixture `clock` gives a test."""

    def __init__(self) -> None:
        self.now = START

    def set(self, now: datetime) -> None:
        self.now = now

    def advance(self, **timedelta_arguments: float) -> datetime:
        self.now += timedelta(**timedelta_arguments)
        return self.now


CLOCK = Clock()


def read() -> datetime:
    """The setting CLOCK names this while tests run."""
    return CLOCK.now
