from datetime import date, timedelta

import pytest

from receiving.shelf_life import CheckIn, shortfalls

TODAY = date(2026, 6, 1)


def told(*rules: CheckIn, left: int, whole: int | None = None) -> list[str]:
    expires_on = TODAY + timedelta(days=left)
    made = None if whole is None else expires_on - timedelta(days=whole)
    return shortfalls(rules, expires_on=expires_on, manufactured_on=made, today=TODAY)


@pytest.mark.parametrize(
    ("rule", "left", "whole", "answer"),
    [
        (CheckIn(min_days=30), 30, None, []),
        (CheckIn(min_days=30), 29, None, ["29 days remaining, 30 needed."]),
        (CheckIn("FBA", min_days=90), 89, None, ["89 days remaining, 90 needed for FBA."]),
        (CheckIn(min_percent=66), 66, 100, []),
        (
            CheckIn(min_percent=66),
            65,
            100,
            ["65 % of its shelf life remaining, 66 % needed."],
        ),
        (CheckIn(min_percent=66), 199, 301, []),
        (
            CheckIn(min_percent=67),
            199,
            301,
            ["66 % of its shelf life remaining, 67 % needed."],
        ),
        (CheckIn(min_days=0), 0, None, []),
        (CheckIn(min_days=10, min_percent=10), 10, 100, []),
    ],
)
def test_exactly_enough_is_enough(rule, left, whole, answer):
    assert told(rule, left=left, whole=whole) == answer


@pytest.mark.parametrize("whole", [None, 0, -5])
def test_a_share_that_cannot_be_told_says_so(whole):
    (sentence,) = told(CheckIn("FBA", min_percent=50), left=300, whole=whole)
    assert sentence == (
        "50 % of its shelf life needed for FBA: how much is left is not known, as the lot has no "
        "manufacturing date before its expiry."
    )


def test_every_rule_is_told():
    rules = (CheckIn(min_days=40), CheckIn("B2B", min_days=50, min_percent=90))
    assert told(*rules, left=39, whole=100) == [
        "39 days remaining, 40 needed.",
        "39 days remaining, 50 needed for B2B.",
        "39 % of its shelf life remaining, 90 % needed for B2B.",
    ]
