from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.kinds import LocationKind
from receiving.models import Discrepancy
from receiving.sorting import Counted, Expected, Finding, Tally, Tolerance, sort_units, surplus

TODAY = date(2026, 6, 1)
DOCK, DAMAGED, QUARANTINE = LocationKind.DOCK, LocationKind.DAMAGED, LocationKind.QUARANTINE
Type = Discrepancy.Type


def announced(expected=100, received=0, **facts):
    return Expected(7, 1, 10, expected, received, **facts)


def sort(counted, expected=None):
    by_lot = {(1, 10): expected or announced()}
    return sort_units(counted, by_lot, today=TODAY, tolerance=Tolerance())


def areas(result):
    return {one.area: (one.quantity, one.supply_id) for one in result.placements}


@pytest.mark.parametrize(
    ("expected", "surplus", "covered"),
    [
        (100, 10, True),
        (100, 11, False),
        (10, 1, True),
        (9, 1, False),
        (250, 25, True),
        (1000, 25, True),
        (1000, 26, False),
        (100, 0, True),
    ],
)
def test_up_to_ten_percent_and_at_most_25_units(expected, surplus, covered):
    assert Tolerance().covers(surplus, expected) is covered


@pytest.mark.parametrize(
    ("received", "good", "damaged", "answer"),
    [
        pytest.param(0, 100, 0, (0, 0), id="as announced"),
        pytest.param(0, 90, 0, (0, 0), id="fewer"),
        pytest.param(0, 110, 0, (10, 0), id="within the tolerance"),
        pytest.param(0, 111, 0, (11, 11), id="beyond it, the whole surplus"),
        pytest.param(105, 5, 0, (5, 0), id="earlier surplus and this one within"),
        pytest.param(105, 6, 0, (6, 6), id="earlier surplus uses up the tolerance"),
        pytest.param(60, 30, 30, (20, 0), id="damaged units are the surplus"),
        pytest.param(0, 115, 10, (25, 15), id="good units fill the announced first"),
        pytest.param(0, 95, 10, (5, 0), id="damaged within the tolerance"),
    ],
)
def test_surplus(received, good, damaged, answer):
    assert surplus(announced(received=received), Tally(good, damaged), Tolerance()) == answer


def test_good_to_the_dock_and_damaged_to_their_area():
    result = sort([Counted(1, 10, 60), Counted(1, 10, 5, is_damaged=True), Counted(1, 10, 35)])
    assert areas(result) == {DOCK: (95, 7), DAMAGED: (5, 7)}
    assert [(one.type, one.quantity) for one in result.findings] == [(Type.DAMAGED, 5)]


def test_surplus_beyond_the_tolerance_counts_as_received_in_quarantine():
    result = sort([Counted(1, 10, 130)])
    assert areas(result) == {DOCK: (100, 7), QUARANTINE: (30, 7)}
    assert [(one.type, one.quantity, one.note) for one in result.findings] == [
        (Type.OVERAGE, 30, "30 of them in quarantine.")
    ]


def test_surplus_within_the_tolerance_is_recorded_too():
    result = sort([Counted(1, 10, 110)])
    assert areas(result) == {DOCK: (110, 7)}
    assert [(one.type, one.quantity) for one in result.findings] == [(Type.OVERAGE, 10)]


@pytest.mark.parametrize(
    ("days", "minimum", "type"),
    [
        (-1, 0, Type.EXPIRED_ON_ARRIVAL),
        (-1, 30, Type.EXPIRED_ON_ARRIVAL),
        (0, 0, None),
        (29, 30, Type.SHORT_DATED_ON_ARRIVAL),
        (30, 30, None),
    ],
)
def test_expired_and_short_dated_units_go_the_ordinary_way(days, minimum, type):
    expected = announced(expires_on=TODAY + timedelta(days=days), min_shelf_life_days=minimum)
    result = sort([Counted(1, 10, 40), Counted(1, 10, 2, is_damaged=True)], expected)
    assert areas(result) == {DOCK: (40, 7), DAMAGED: (2, 7)}
    found = {one.type: one.quantity for one in result.findings}
    assert found == {Type.DAMAGED: 2} | ({type: 42} if type else {})


def test_what_was_not_announced_like_that_goes_to_quarantine_and_is_not_received():
    read = {"mismatch": Type.EXPIRY_MISMATCH, "lot_number": "VC-A", "known_lot_id": 10}
    result = sort(
        [
            Counted(1, 10, 50),
            Counted(1, None, 4, expires_on=TODAY, **read),
            Counted(1, None, 3, expires_on=TODAY, **read),
            Counted(1, None, 2, is_damaged=True, mismatch=Type.UNREADABLE_BARCODE),
        ]
    )
    assert [(p.area, p.lot_id, p.quantity, p.supply_id) for p in result.placements] == [
        (DOCK, 10, 50, 7),
        (QUARANTINE, None, 7, None),
        (QUARANTINE, None, 2, None),
    ]
    assert result.findings == [
        Finding(Type.EXPIRY_MISMATCH, 1, 10, "VC-A", TODAY, 7, "In quarantine."),
        Finding(Type.UNREADABLE_BARCODE, 1, None, "", None, 2, "In quarantine, damaged.", True),
    ]
    assert [one.apart for one in result.findings] == [1, 2]
    assert [one.reason for one in result.placements[1:]] == [
        "Expiry mismatch",
        "Unreadable barcode, damaged",
    ]


units = st.integers(0, 60)


@given(st.integers(1, 300), st.lists(st.tuples(units, units), min_size=1, max_size=6))
def test_no_unit_is_lost_or_made_in_any_number_of_counts(expected, counts):
    so_far, good_in_stock, overage = 0, 0, 0
    for good, damaged in counts:
        counted = [Counted(1, 10, good)] if good else []
        counted += [Counted(1, 10, damaged, is_damaged=True)] if damaged else []
        result = sort(counted, announced(expected, so_far))
        assert sum(one.quantity for one in result.placements) == good + damaged
        assert all(one.quantity > 0 for one in result.placements)
        so_far += good + damaged
        good_in_stock += areas(result).get(DOCK, (0, 7))[0]
        overage += sum(one.quantity for one in result.findings if one.type == Type.OVERAGE)
    assert overage == max(0, so_far - expected)
    assert good_in_stock <= expected + min(25, expected // 10)
