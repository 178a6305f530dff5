"""The pure choice of bins and lots, as tables."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from inventory.rotation import Stock
from transfers.choosing import Free, choose, in_rotation, lots_by_rotation

EARLY, LATE = date(2026, 10, 31), date(2027, 3, 1)


def free(
    name: str,
    lot: int | None,
    units: int,
    expires_on: date | None = None,
    *,
    may_ship: bool = True,
    rotation: str = "fefo",
    product: int = 1,
) -> Free:
    place = int(name)
    stock = Stock(place, lot, units, expires_on, None, place)
    return Free(product, place, name, rotation, may_ship, stock)


def names(bins: list[Free]) -> str:
    return " ".join(one.location for one in bins)


def test_bins_stand_in_rotation_order() -> None:
    bins = [
        free("1", None, 9),
        free("2", 7, 9, LATE),
        free("3", 8, 5, EARLY),
        free("4", 8, 2, EARLY),
        free("5", 9, 1),
    ]
    assert names(in_rotation(bins)) == "4 3 2 5 1"
    longest = [one._replace(rotation="lefo") for one in bins]
    assert names(in_rotation(longest)) == "2 4 3 5 1"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([((1, 8), 6)], [["4×2", "3×4"]]),
        ([((1, 8), 99)], [["4×2", "3×5"]]),
        ([((1, 7), 1), ((1, 8), 1)], [["2×1"], ["4×1"]]),
        ([((1, 6), 1)], [[]]),
        ([((2, 8), 1)], [[]]),
        ([((1, None), 3)], [["1×3"]]),
    ],
)
def test_a_lot_is_taken_from_its_bins_only(wanted: list, expected: list) -> None:
    bins = [
        free("1", None, 9),
        free("2", 7, 9, LATE, may_ship=False),
        free("3", 8, 5, EARLY),
        free("4", 8, 2, EARLY),
    ]
    found = choose(wanted, bins)
    assert [[f"{one.free.location}×{one.quantity}" for one in picks] for picks in found] == expected


@pytest.mark.parametrize(
    ("quantity", "taken", "expected"),
    [
        (3, {}, {8: 3}),
        (9, {}, {8: 7, 7: 2}),
        (30, {}, {8: 7, 7: 4, None: 9}),
        (9, {(1, 8): 5}, {8: 2, 7: 4, None: 3}),
        (2, {(1, 8): 50}, {7: 2}),
    ],
)
def test_lots_go_as_an_order_would_get_them(quantity: int, taken: dict, expected: dict) -> None:
    bins = [
        free("1", None, 9),
        free("2", 7, 4, LATE),
        free("3", 8, 5, EARLY),
        free("4", 8, 2, EARLY),
        free("5", 6, 9, EARLY, may_ship=False),
        free("6", 5, 9, EARLY, product=2),
    ]
    chosen = lots_by_rotation(1, quantity, bins, Counter(taken))
    assert {lot: units for (_, lot), units in chosen} == expected
