"""Buckets, what is left at expiry, what is suggested: as tables, and sold day by day."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.expiry import (
    AGE_SPANS,
    LIFE_SPANS,
    RATE_DAYS,
    AgeBucket,
    LifeBucket,
    Pace,
    Standing,
    age_bucket,
    left_at_expiry,
    life_bucket,
    suggest,
)
from inventory.models import Action


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-400, "expired"),
        (-1, "expired"),
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-180"),
        (180, "91-180"),
        (181, "over-180"),
        (9999, "over-180"),
        (None, "undated"),
    ],
)
def test_days_to_expiry(days: int | None, bucket: str) -> None:
    assert life_bucket(days) == bucket


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "0-30"),
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (61, "61-90"),
        (91, "91-180"),
        (180, "91-180"),
        (181, "over-180"),
        (None, "unknown"),
    ],
)
def test_days_since_receipt(days: int | None, bucket: str) -> None:
    assert age_bucket(days) == bucket


def test_every_bucket_has_a_span_or_none() -> None:
    assert set(LifeBucket) - LIFE_SPANS.keys() == {LifeBucket.UNDATED}
    assert set(AgeBucket) - AGE_SPANS.keys() == {AgeBucket.UNKNOWN}


def test_days_of_cover() -> None:
    assert Pace(0).days_of_cover(100) is None
    assert Pace(28).days_of_cover(100) == 100
    assert Pace(56).days_of_cover(101) == 50
    assert Pace(1).days_of_cover(0) == 0


def lots(*rows: tuple[int, int, int | None]) -> list[Standing]:
    return [Standing(place, *row) for place, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "sold", "least", "left"),
    [
        # One unit a day: 10 days sell 10 of 12, and the next lot begins to sell after them.
        (lots((12, 0, 10), (12, 0, 20)), 28, 0, [2, 2]),
        # The first is sold after 5 days; the second has 15 days then.
        (lots((5, 0, 10), (20, 0, 20)), 28, 0, [0, 5]),
        # In whatever order they come.
        (lots((20, 0, 20), (5, 0, 10)), 28, 0, [5, 0]),
        # Nothing is sold: all is left.
        (lots((5, 0, 10), (7, 1, 20)), 0, 0, [5, 8]),
        # What may not ship is left, and does not slow the others down.
        (lots((5, 9, 10), (5, 0, 10)), 28, 0, [9, 0]),
        # Expired units do not sell.
        (lots((5, 0, -1), (5, 0, 5)), 28, 0, [5, 0]),
        # Below the minimum shelf life none is sold.
        (lots((12, 0, 10), (12, 0, 20)), 28, 3, [5, 2]),
        (
            lots(
                (12, 0, 2),
            ),
            28,
            3,
            [12],
        ),
        # Half a unit a day: a unit that is half sold is left.
        (
            lots(
                (12, 0, 5),
            ),
            14,
            0,
            [10],
        ),
        # What does not expire has no end.
        (lots((12, 0, None), (4, 0, 3)), 28, 0, [None, 1]),
        ([], 28, 0, []),
    ],
)
def test_what_is_left(rows: Any, sold: int, least: int, left: list[int | None]) -> None:
    told = left_at_expiry(rows, Pace(sold), min_shelf_life_days=least)
    assert [told[place] for place in range(len(rows))] == left


def by_the_day(rows: list[Standing], sold: int, least: int) -> dict[Any, int]:
    """The same, told by selling in steps of a 28th of a day, first expired first."""
    have = {one.key: Fraction(one.sellable) for one in rows}
    step = Fraction(sold, RATE_DAYS * RATE_DAYS)
    for tick in range(40 * RATE_DAYS):
        need = step
        for one in rows:
            if one.days_remaining * RATE_DAYS - least * RATE_DAYS > tick:
                taken = min(need, have[one.key])
                have[one.key] -= taken
                need -= taken
    return {one.key: one.kept + -(-have[one.key] // 1) for one in rows}


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5), st.integers(-3, 30)), max_size=4),
    st.integers(0, 90),
    st.integers(0, 10),
)
def test_selling_day_by_day_leaves_as_much(rows: Any, sold: int, least: int) -> None:
    found = sorted(lots(*rows), key=lambda one: one.days_remaining)
    told = left_at_expiry(found, Pace(sold), min_shelf_life_days=least)
    walked = by_the_day(found, sold, least)
    # A step in which a lot is sold out is shared with the next, so that rounding may differ by one.
    assert all(abs(told[key] - walked[key]) <= 1 for key in walked)
    assert sum(told.values()) >= sum(one.kept for one in found)


@pytest.mark.parametrize(
    ("one", "left", "least", "action", "why"),
    [
        ((5, 0, -1), 5, 0, Action.DISPOSE, "Expired 1 day ago."),
        ((0, 5, -40), 5, 0, Action.DISPOSE, "Expired 40 days ago."),
        ((5, 0, 4), 5, 7, Action.REMOVE, "4 days left, and orders take it with 7 or more only."),
        ((5, 0, 0), 5, 1, Action.REMOVE, "0 days left, and orders take it with 1 or more only."),
        ((40, 1, 90), 12, 0, Action.PROMOTE, "At the present rate of sale 12 of 41 would be left."),
        ((40, 0, 91), 12, 0, None, ""),
        ((40, 0, 7), 0, 7, None, ""),
        ((0, 40, 7), 40, 0, None, ""),  # a hold or quarantine: somebody's decision already
        ((0, 0, -1), 0, 0, None, ""),
        ((40, 0, None), None, 30, None, ""),
    ],
)
def test_what_is_suggested(
    one: Any, left: int | None, least: int, action: Action | None, why: str
) -> None:
    told = suggest(Standing("A", *one), left=left, min_shelf_life_days=least)
    assert (told and told.action, told.why if told else "") == (action, why)
