"""Spreading units over shelves, as tables."""

from __future__ import annotations

import pytest

from inventory.stamping import Clash, Shelf, Stamp, clashes, fill

A, B, C = 1, 2, 3


def shelf(name: str, units: int, *lots: int, is_mixed: bool = False, sequence: int = 0) -> Shelf:
    place = ord(name[0])
    return Shelf(
        balance_id=place,
        product_id=1,
        location_id=place,
        warehouse_id=1,
        kind="storage",
        name=name,
        units=units,
        pick_sequence=sequence,
        is_mixed=is_mixed,
        lots=frozenset(lots),
    )


def told(stamps: list[Stamp]) -> list[tuple[str, int, int]]:
    return [(one.shelf.name, one.lot_id, one.quantity) for one in stamps]


@pytest.mark.parametrize(
    ("shelves", "wanted", "expected"),
    [
        ([shelf("x", 5)], {A: 5}, [("x", A, 5)]),
        ([shelf("y", 5), shelf("x", 3)], {A: 3, B: 5}, [("x", A, 3), ("y", B, 5)]),
        (
            [shelf("x", 5, sequence=2), shelf("y", 3, sequence=1)],
            {A: 3, B: 5},
            [("y", A, 3), ("x", B, 5)],
        ),
        ([shelf("x", 2), shelf("y", 3)], {A: 5}, [("x", A, 2), ("y", A, 3)]),
        ([shelf("x", 5)], {A: 3, B: 2}, [("x", A, 3), ("x", B, 2)]),
        # A bin in which a lot stands gets that lot, whatever the order.
        ([shelf("x", 5), shelf("y", 3, B)], {A: 5, B: 3}, [("y", B, 3), ("x", A, 5)]),
        ([shelf("x", 5), shelf("y", 3, B)], {B: 4, A: 4}, [("y", B, 3), ("x", B, 1), ("x", A, 4)]),
        ([shelf("x", 3, C)], {A: 3}, [("x", A, 3)]),
        # In a mixed one it does not matter.
        (
            [shelf("x", 3, B, is_mixed=True), shelf("y", 2)],
            {A: 3, B: 2},
            [("x", A, 3), ("y", B, 2)],
        ),
        ([], {}, []),
    ],
)
def test_units_fill_the_bins_in_pick_order(
    shelves: list[Shelf], wanted: dict[int, int], expected: list[tuple[str, int, int]]
) -> None:
    assert told(fill(shelves, wanted)) == expected


@pytest.mark.parametrize(
    ("stamped", "expected"),
    [
        (shelf("x", 5), {A: 3, B: 2}),
        (shelf("x", 5, C), {A: 5}),
        (shelf("x", 5, A), {A: 5}),
        (shelf("x", 5), {A: 5}),
        (shelf("x", 5, C, is_mixed=True), {A: 3, B: 2}),
    ],
)
def test_a_bin_with_two_lots_clashes_unless_it_is_mixed(
    stamped: Shelf, expected: dict[int, int]
) -> None:
    stamps = [Stamp(stamped, lot_id, units) for lot_id, units in expected.items()]
    mixes = not stamped.is_mixed and len(stamped.lots | expected.keys()) > 1
    assert clashes(stamps) == ([Clash(stamped, expected)] if mixes else [])


def test_the_lot_that_stands_there_may_stay_else_that_of_most_units() -> None:
    assert Clash(shelf("x", 5, C), {A: 5}).stays == C
    assert Clash(shelf("x", 5), {A: 2, B: 3}).stays == B
