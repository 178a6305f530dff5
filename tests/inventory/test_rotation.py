"""The planner: tables for people, and a slow oracle for everything else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import rotation
from inventory.rotation import (
    Claim,
    Pick,
    Reserved,
    Restriction,
    Shelves,
    Stock,
    WarehouseOption,
    choose_warehouse,
    plan,
)
from merchants.models import Rotation

TODAY = date(2026, 6, 1)
A, B, C = 11, 12, 13  # lots


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def receipt(days: int) -> datetime:
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)


def picks(
    claims: list[Claim], stock: list[Stock], rotation: str = Rotation.FEFO
) -> list[tuple[int, int, int]]:
    return [pick[:3] for pick in plan(claims, stock, rotation=rotation, today=TODAY)]


def order_of(stock: list[Stock], rotation: str = Rotation.FEFO) -> list[int]:
    """Balance ids in the order in which one big claim draws on them."""
    claim = Claim(1, sum(one.free for one in stock))
    return [balance for _, balance, _ in picks([claim], stock, rotation)]


def only(countries: str = "", never: str = "", channels: str = "") -> Restriction:
    sets = (frozenset(codes.split()) for codes in (countries, never, channels))
    return Restriction(*sets)


def test_it_works() -> None:
    stock = [Stock(1, A, 5, day(60)), Stock(2, B, 5, day(30)), Stock(3, C, 5, day(90))]
    assert picks([Claim(7, 8)], stock) == [(7, 2, 5), (7, 1, 3)]


def test_what_is_not_there_is_not_picked() -> None:
    assert picks([Claim(7, 8)], [Stock(1, A, 5, day(60)), Stock(2, B, 0, day(1))]) == [(7, 1, 5)]
    assert picks([Claim(7, 8)], []) == []
    assert picks([], [Stock(1, A, 5)]) == []


def test_the_first_claim_is_served_first() -> None:
    stock = [Stock(1, A, 5, day(60))]
    assert picks([Claim(7, 4), Claim(8, 4), Claim(9, 4)], stock) == [(7, 1, 4), (8, 1, 1)]


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        # first expiry: 2; first receipt: 3; longest life: 1; undated: 4; without a lot: 5
        (Rotation.FEFO, [2, 3, 1, 4, 5]),
        (Rotation.FIFO, [3, 2, 1, 4, 5]),
        (Rotation.LEFO, [1, 3, 2, 4, 5]),
    ],
)
def test_each_rotation_puts_undated_lots_and_then_units_without_a_lot_last(
    rotation: str, expected: list[int]
) -> None:
    stock = [
        Stock(5, None, 1),
        Stock(4, 14, 1, None, receipt(0)),
        Stock(1, A, 1, day(90), receipt(3)),
        Stock(2, B, 1, day(30), receipt(2)),
        Stock(3, C, 1, day(60), receipt(1)),
    ]
    assert order_of(stock, rotation) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Stock(9, A, 5, day(30), receipt(1)), Stock(1, B, 1, day(30), receipt(2))),
        (Stock(9, A, 5, day(30), receipt(1)), Stock(1, B, 1, day(30), None)),
        (Stock(9, A, 4, day(30), receipt(1), 7), Stock(1, A, 5, day(30), receipt(1), 1)),
        (Stock(9, A, 5, day(30), receipt(1), 1), Stock(1, A, 5, day(30), receipt(1), 2)),
        (Stock(1, A, 5, day(30), receipt(1), 1), Stock(9, A, 5, day(30), receipt(1), 1)),
    ],
    ids=["receipt", "receipt-none-last", "fewer-units", "pick-sequence", "balance-id"],
)
@pytest.mark.parametrize("rotation", Rotation.values)
def test_ties(first: Stock, second: Stock, rotation: str) -> None:
    assert order_of([second, first], rotation) == [first.balance_id, second.balance_id]
    assert order_of([first, second], rotation) == [first.balance_id, second.balance_id]


def test_fifo_breaks_a_tie_by_expiry() -> None:
    stock = [Stock(1, A, 1, day(60), receipt(1)), Stock(2, B, 1, day(30), receipt(1))]
    assert order_of(stock, Rotation.FIFO) == [2, 1]


def test_a_balance_with_fewer_units_left_is_emptied_first_by_the_next_claim() -> None:
    stock = [Stock(1, A, 5, day(30)), Stock(2, A, 6, day(30), pick_sequence=1)]
    claims = [Claim(7, 2, single_lot=True), Claim(8, 4)]
    assert picks(claims, stock) == [(7, 1, 2), (8, 1, 3), (8, 2, 1)]
    # The bin with more units is drawn on only because the other one is too short-lived.
    short = Stock(1, A, 5, day(30), pick_sequence=0)
    longer = Stock(2, B, 6, day(30), receipt(1))
    assert picks([Claim(7, 2, lot_id=A), Claim(8, 1)], [short, longer]) == [(7, 1, 2), (8, 2, 1)]


def test_of_many_equal_balances_the_one_with_the_fewest_units_left_is_emptied_first() -> None:
    stock = [Stock(n, A, units, day(30), pick_sequence=n) for n, units in enumerate((9, 4, 6, 5))]
    assert order_of(stock) == [1, 3, 2, 0]
    one_bin = [Stock(9, B, 3, day(30)), *stock]  # another lot of the day, equal to all
    assert picks([Claim(7, 1, lot_id=B), Claim(8, 6)], one_bin) == [(7, 9, 1), (8, 9, 2), (8, 1, 4)]


def test_who_drew_in_between_is_seen() -> None:
    stock = [Stock(1, A, 3, day(30)), Stock(2, B, 5, day(30))]
    claims = [Claim(7, 1), Claim(8, 4, lot_id=B), Claim(9, 2)]
    assert picks(claims, stock) == [(7, 1, 1), (8, 2, 4), (9, 2, 1), (9, 1, 1)]


def test_what_was_put_back_is_in_its_turn() -> None:
    stock = [Stock(1, A, 3, day(30)), Stock(2, A, 5, day(30))]
    shelves = Shelves(stock, rotation="fefo", today=TODAY)
    first = shelves.draw(Claim(7, 6))
    assert first == [Pick(7, 1, 3), Pick(7, 2, 3)]
    shelves.put_back(first[:1])
    assert shelves.draw(Claim(8, 3)) == [Pick(8, 2, 2), Pick(8, 1, 1)]


def test_many_bins_of_one_lot_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for every claim: a product without lots is all of one tier."""
    looks = Counter[int]()

    class Watched(rotation._Shelf):
        def __getattribute__(self, name: str) -> object:
            looks[size] += name == "tier"
            return super().__getattribute__(name)

    monkeypatch.setattr(rotation, "_Shelf", Watched)
    for size in (50, 500):
        stock = [Stock(n, None, 2) for n in range(size)]
        assert len(picks([Claim(n, 2) for n in range(size)], stock)) == size
    assert looks[500] <= 11 * looks[50]


def test_a_named_lot_is_never_replaced() -> None:
    stock = [Stock(1, A, 5, day(30)), Stock(2, B, 2, day(60)), Stock(3, None, 5)]
    assert picks([Claim(7, 4, lot_id=B)], stock) == [(7, 2, 2)]
    assert picks([Claim(7, 4, lot_id=C)], stock) == []


def test_a_single_lot_covers_all_or_nothing() -> None:
    stock = [Stock(1, A, 3, day(30)), Stock(2, B, 2, day(60)), Stock(3, B, 3, day(60))]
    assert picks([Claim(7, 3, single_lot=True)], stock) == [(7, 1, 3)]
    assert picks([Claim(7, 4, single_lot=True)], stock) == [(7, 2, 2), (7, 3, 2)]
    assert picks([Claim(7, 6, single_lot=True)], stock) == []
    assert picks([Claim(7, 4, lot_id=A, single_lot=True)], stock) == []
    assert picks([Claim(7, 3, lot_id=B, single_lot=True)], stock) == [(7, 2, 2), (7, 3, 1)]


def test_units_without_a_lot_may_cover_a_line_that_asks_for_a_single_one() -> None:
    stock = [Stock(1, A, 1, day(30)), Stock(2, None, 3)]
    assert picks([Claim(7, 2, single_lot=True)], stock) == [(7, 2, 2)]


def test_the_minimum_shelf_life_days_exactly_are_enough() -> None:
    stock = [Stock(1, A, 5, day(29)), Stock(2, B, 5, day(30))]
    assert picks([Claim(7, 1, min_shelf_life_days=30)], stock) == [(7, 2, 1)]
    assert picks([Claim(7, 1, min_shelf_life_days=31)], stock) == []


def test_units_are_good_on_their_last_day_and_not_after_it() -> None:
    assert picks([Claim(7, 1)], [Stock(1, A, 5, day(0))]) == [(7, 1, 1)]
    assert picks([Claim(7, 1)], [Stock(1, A, 5, day(-1))]) == []


def test_units_without_an_expiry_never_fall_below_a_minimum() -> None:
    stock = [Stock(1, A, 1), Stock(2, None, 1)]
    claim = Claim(7, 2, min_shelf_life_days=9999)
    assert picks([claim], stock) == [(7, 1, 1), (7, 2, 1)]


# Restrictions and set-asides ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restriction", "claim", "allowed"),
    [
        (only("US CA"), Claim(7, 1, country="US"), True),
        (only("US CA"), Claim(7, 1, country="MX"), False),
        (only("US CA"), Claim(7, 1), False),
        (only(never="MX"), Claim(7, 1, country="US"), True),
        (only(never="MX"), Claim(7, 1, country="MX"), False),
        (only(never="MX"), Claim(7, 1), False),
        (only(channels="b2b fba"), Claim(7, 1, channel="b2b"), True),
        (only(channels="b2b fba"), Claim(7, 1, channel="dtc"), False),
        (only("US", channels="b2b"), Claim(7, 1, channel="b2b", country="US"), True),
        (only("US", channels="b2b"), Claim(7, 1, channel="b2b", country="CA"), False),
        # Whose orders a set-aside serves is known by channel at most; they are asked again.
        (only("US", channels="b2b"), Claim(7, 1, is_set_aside=True), True),
        (only("US", channels="b2b"), Claim(7, 1, channel="b2b", is_set_aside=True), True),
        (only("US", channels="b2b"), Claim(7, 1, channel="dtc", is_set_aside=True), False),
        (only(), Claim(7, 1), True),
    ],
)
def test_a_restricted_lot_goes_only_where_it_may(
    restriction: Restriction, claim: Claim, allowed: bool
) -> None:
    stock = [Stock(1, A, 1, day(1), restriction=restriction), Stock(2, B, 1, day(9))]
    assert picks([claim], stock) == [(7, 1 if allowed else 2, 1)]


def test_units_set_aside_serve_their_own_first_and_nobody_else() -> None:
    for_b2b, for_acme = Reserved(51, 61, "b2b", ""), Reserved(52, 62, "", "Acme")
    stock = [
        Stock(1, A, 5, day(30)),
        Stock(2, B, 3, day(60), reserved=for_b2b),
        Stock(3, C, 2, day(50), reserved=for_acme),
    ]
    claims = [
        Claim(7, 1, channel="dtc", customer="Other"),
        Claim(8, 4, channel="b2b"),
        Claim(9, 3, channel="dtc", customer="ACME"),
        Claim(10, 9, channel="b2b", is_set_aside=True),
    ]
    assert plan(claims, stock, rotation="fefo", today=TODAY) == [
        Pick(7, 1, 1),
        Pick(8, 2, 3, for_b2b),
        Pick(8, 1, 1),
        Pick(9, 3, 2, for_acme),
        Pick(9, 1, 1),
        Pick(10, 1, 2),
    ]


def test_what_is_put_back_is_drawn_again() -> None:
    kept = Reserved(51, 61, "", "Acme")
    stock = [Stock(1, A, 5, day(30)), Stock(1, A, 2, day(30), reserved=kept)]
    shelves = Shelves(stock, rotation="fefo", today=TODAY)
    claim = Claim(7, 6, customer="Acme")
    first = shelves.draw(claim)
    assert first == [Pick(7, 1, 2, kept), Pick(7, 1, 4)]
    shelves.put_back([])
    shelves.put_back(first)
    assert shelves.draw(claim) == first
    assert shelves.draw(claim) == [Pick(7, 1, 1)]


# The oracle: one unit at a time, each time the best of what is left -------------------------------


def before(one: Stock, other: Stock, free: dict[int, int], rotation: str) -> int:
    """Negative where ``one`` goes out before ``other``: PRODUCT's words, one after the other."""

    def compare(a: object, b: object) -> int:
        return (a > b) - (a < b)  # type: ignore[operator]

    def none_last(a: object, b: object) -> int:
        if a is None or b is None:
            return compare(a is None, b is None)
        return compare(a, b)

    expiry = none_last(one.expires_on, other.expires_on)
    received = none_last(one.received_at, other.received_at)
    ties = {
        "fefo": [expiry, received],
        "fifo": [received, expiry],
        "lefo": [-expiry, received],
    }
    steps = [
        compare(one.reserved is None, other.reserved is None),
        compare(one.lot_id is None, other.lot_id is None),
        compare(one.expires_on is None, other.expires_on is None),
        *ties[rotation],
        compare(free[one.balance_id], free[other.balance_id]),
        compare(one.pick_sequence, other.pick_sequence),
        compare(one.balance_id, other.balance_id),
    ]
    return next((step for step in steps if step), 0)


def oracle(claims: list[Claim], stock: list[Stock], rotation: str) -> list[Pick]:
    free = {one.balance_id: one.free for one in stock}
    result: list[Pick] = []

    def usable(claim: Claim) -> list[Stock]:
        found = [
            one
            for one in stock
            if free[one.balance_id] > 0
            and (claim.lot_id is None or one.lot_id == claim.lot_id)
            and (
                one.expires_on is None
                or one.expires_on >= TODAY + timedelta(days=claim.min_shelf_life_days)
            )
            and (one.restriction is None or claim.country in one.restriction.only_countries)
            and (one.reserved is None or one.reserved.channel == claim.channel)
        ]
        return sorted(found, key=cmp_to_key(lambda a, b: before(a, b, free, rotation)))

    for claim in claims:
        allowed = {one.lot_id for one in stock}
        if claim.single_lot:
            covers = Counter[int | None]()
            for one in usable(claim):
                covers[one.lot_id] += free[one.balance_id]
            enough = [one.lot_id for one in usable(claim) if covers[one.lot_id] >= claim.quantity]
            allowed = set(enough[:1])
        taken: Counter[tuple[int, Reserved | None]] = Counter()
        for _ in range(claim.quantity):
            best = next((one for one in usable(claim) if one.lot_id in allowed), None)
            if best is None:
                break
            free[best.balance_id] -= 1
            taken[best.balance_id, best.reserved] += 1
        result.extend(
            Pick(claim.demand_id, balance, units, kept) for (balance, kept), units in taken.items()
        )
    return result


lots = st.fixed_dictionaries(
    {
        lot: st.tuples(
            st.none() | st.integers(-2, 6).map(day), st.none() | st.integers(0, 2).map(receipt)
        )
        for lot in (A, B, C)
    }
)
places = st.tuples(
    st.sampled_from([A, B, C, None]),
    st.integers(0, 5),
    st.integers(0, 2),
    st.sampled_from([None, None, only("US")]),
    st.sampled_from([None, None, Reserved(51, 61, "b2b", "")]),
)
wishes = st.tuples(
    st.integers(1, 8),
    st.none() | st.sampled_from([A, B, C]),
    st.booleans(),
    st.integers(0, 4),
    st.sampled_from(["dtc", "b2b"]),
    st.sampled_from(["US", "MX"]),
)


@given(
    lots=lots,
    places=st.lists(places, max_size=8),
    wishes=st.lists(wishes, max_size=6),
    rotation=st.sampled_from(Rotation.values),
)
def test_the_plan_is_that_of_the_oracle(lots, places, wishes, rotation) -> None:
    stock = [
        Stock(number, lot, free, *lots.get(lot, (None, None)), *rest)
        for number, (lot, free, *rest) in enumerate(places)
    ]
    claims = [Claim(number, *wish) for number, wish in enumerate(wishes)]
    assert plan(claims, stock, rotation=rotation, today=TODAY) == oracle(claims, stock, rotation)


# Which warehouse ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([], None),
        ([WarehouseOption(1, "B", 3, 1), WarehouseOption(2, "A", 2, 2)], 1),
        ([WarehouseOption(1, "A", 2, 1), WarehouseOption(2, "B", 2, 2)], 2),
        ([WarehouseOption(1, "B", 2, 1), WarehouseOption(2, "A", 2, 1)], 2),
    ],
    ids=["none", "covers-most", "carries-most", "by-code"],
)
def test_choose_warehouse(options: list[WarehouseOption], chosen: int | None) -> None:
    assert choose_warehouse(options) == chosen
