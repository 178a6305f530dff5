from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.services import cancel_order
from inventory.availability import Facts, Reason, why_not
from inventory.models import Demand
from inventory.queries.skipped import skipped_lots
from inventory.rotation import Claim, Restriction, Stock, plan
from inventory.services.holds import place_hold, release_hold
from inventory.skips import RANK, Need, Skip, Units, skips
from tests.builders import World, acting, make_bin, make_warehouse, put, set_lots_active
from tests.clock import CLOCK, Clock
from tests.fulfillment.orders import line, make_open_order, make_order, ship

TODAY = date(2026, 6, 1)
LATER = TODAY + timedelta(days=365)
GOOD = Facts("storage", True, True, False, True, LATER)


def units(quantity: int = 10, lot_id: int | None = 1, **facts: Any) -> Units:
    number = None if lot_id is None else f"L{lot_id}"
    held = facts.pop("held_because", ())
    return Units(lot_id, number, quantity, "A-01", replace(GOOD, **facts), held)


def say(need: Need, *on_hand: Units) -> list[tuple[str | None, str, str]]:
    found = skips(need, on_hand, today=TODAY)
    return [(one.lot_number, one.reason, one.explanation) for one in found]


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        ({"location_kind": "quarantine"}, "quarantine", "in quarantine"),
        ({"location_kind": "damaged"}, "damaged", "damaged"),
        ({"on_hold": True, "held_because": ("recall",)}, "hold", "on hold: recall"),
        ({"on_hold": True, "held_because": ("a", "b")}, "hold", "on hold: a; b"),
        ({"on_hold": True}, "hold", "on hold"),
        ({"lot_is_active": False}, "inactive", "the lot is inactive"),
        ({"expires_on": date(2026, 5, 31)}, "expired", "expired 2026-05-31"),
        ({"expires_on": date(2026, 6, 30)}, "short_dated", "29 days remaining, 30 needed"),
        ({"expires_on": date(2026, 6, 2)}, "short_dated", "1 day remaining, 30 needed"),
        ({"sellable": False}, "not_sellable", "A-01 is not sellable"),
        ({"pickable": False}, "not_pickable", "A-01 is not pickable"),
    ],
)
def test_every_reason_is_said_in_words(facts: dict[str, Any], reason: str, words: str) -> None:
    assert say(Need(5, min_shelf_life_days=30), units(**facts)) == [("L1", reason, words)]


def test_every_reason_has_a_place() -> None:
    assert [*Reason.values, "other_lot", "restricted", "single_lot"] == RANK


def test_units_that_may_be_allocated_are_not_skipped() -> None:
    exactly = units(expires_on=TODAY + timedelta(days=30))
    undated = units(lot_id=2, expires_on=None)
    assert say(Need(50, min_shelf_life_days=30), exactly, undated) == []


def test_a_line_that_names_a_lot_skips_the_others() -> None:
    need = Need(5, lot_id=2, lot_name="L2")
    assert say(need, units(), units(lot_id=2), units(lot_id=None)) == [
        ("L1", "other_lot", "the line names lot L2"),
        (None, "other_lot", "the line names lot L2"),
    ]


def test_a_restricted_lot_says_where_it_may_go() -> None:
    allowed = {"only_countries": "US", "never_countries": "MX CA", "only_channels": "b2b"}
    restriction = Restriction(*(frozenset(codes.split()) for codes in allowed.values()))
    lot = replace(units(), restriction=restriction)
    words = "the lot may go only through b2b, only to US, never to CA or MX; this line goes through"
    assert say(Need(5, channel="b2b", country="US"), lot) == []
    assert say(Need(5, channel="dtc", country="US"), lot) == [
        ("L1", "restricted", f"{words} dtc to US")
    ]
    assert say(Need(5, channel="b2b"), lot) == [
        ("L1", "restricted", f"{words} b2b to an unknown country")
    ]


def test_a_single_lot_line_skips_lots_that_are_too_small() -> None:
    need = Need(10, single_lot=True)
    small = units(4), units(5, pickable=False)
    assert say(need, *small, units(10, lot_id=2), units(1, lot_id=None)) == [
        ("L1", "single_lot", "4 units on hand, 10 needed from a single lot"),
        (None, "single_lot", "1 unit on hand, 10 needed from a single lot"),
    ]


def test_a_lot_is_skipped_when_none_of_its_units_may_be_allocated() -> None:
    aside = units(3, location_kind="quarantine")
    assert say(Need(5), units(1), aside) == []
    past = date(2026, 5, 1)
    assert say(Need(5), units(7, expires_on=past), aside) == [
        ("L1", "expired", "7 units: expired 2026-05-01; 3 units: in quarantine"),
    ]
    assert say(Need(5), units(3, expires_on=past), aside) == [
        ("L1", "quarantine", "3 units: in quarantine; 3 units: expired 2026-05-01"),
    ]


def test_first_expired_first_and_units_without_a_lot_last() -> None:
    held = {"on_hold": True}
    found = say(
        Need(5),
        units(lot_id=None, expires_on=None, **held),
        units(lot_id=4, expires_on=None, **held),
        units(lot_id=3, **held),
        units(lot_id=2, **held),
        units(lot_id=1, expires_on=TODAY, **held),
    )
    assert [number for number, _, _ in found] == ["L1", "L2", "L3", "L4", None]


SHELVES = st.builds(
    Units,
    lot_id=st.sampled_from([1, 2]),
    lot_number=st.just("L"),
    quantity=st.integers(1, 6),
    location=st.just("A-01"),
    facts=st.builds(
        Facts,
        location_kind=st.sampled_from(["storage", "quarantine", "damaged"]),
        pickable=st.booleans(),
        sellable=st.booleans(),
        on_hold=st.booleans(),
        lot_is_active=st.booleans(),
        expires_on=st.sampled_from([None, TODAY - timedelta(1), TODAY, TODAY + timedelta(9)]),
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    shelves=st.lists(SHELVES, max_size=6),
    need=st.builds(
        Need,
        quantity=st.integers(1, 12),
        min_shelf_life_days=st.sampled_from([0, 9, 10]),
        lot_id=st.sampled_from([None, 1, 2]),
        single_lot=st.booleans(),
    ),
)
def test_a_lot_is_skipped_just_when_the_planner_would_not_take_it(
    shelves: list[Units], need: Need
) -> None:
    """Each lot is offered to the planner by itself, with all of its units unpromised."""
    claim = Claim(1, need.quantity, need.lot_id, need.single_lot, need.min_shelf_life_days)
    for lot_id in (1, 2):
        lot = [one for one in shelves if one.lot_id == lot_id]
        stock = [
            Stock(place, lot_id, one.quantity, one.facts.expires_on)
            for place, one in enumerate(lot)
            if why_not(one.facts, today=TODAY, min_shelf_life_days=0) is None
        ]
        picks = plan([claim], stock, rotation="fefo", today=TODAY)
        assert bool(skips(need, lot, today=TODAY)) == (bool(lot) and not picks)


# The query --------------------------------------------------------------------------------------


def skipped(*lines: Demand) -> list[list[tuple[str | None, str]]]:
    rows = Demand.objects.select_related("product__merchant", "lot", "warehouse")
    found = skipped_lots(rows.filter(pk__in=[one.pk for one in lines]), now=CLOCK.now)
    return [[(skip.lot_number, skip.reason) for skip in found[one.pk]] for one in lines]


def test_it_tells_each_line_its_own_lots(world: World) -> None:
    vitamin, soap = world.lot_product(), world.product("SOAP")
    old = world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 0)
    world.stock_lot(vitamin, "SHORT", date(2026, 6, 23), 5, 1)
    held = world.stock_lot(vitamin, "HELD", date(2027, 1, 1), 5, 2)
    idle = world.stock_lot(vitamin, "IDLE", date(2027, 2, 1), 5, 3)
    world.stock_lot(vitamin, "GOOD", date(2027, 3, 1), 5, 4)
    put(soap, world.place("DAMAGED"), 2)
    place_hold(target=held, reason="recall of May", **acting())
    set_lots_active(lot_ids=[idle.pk], is_active=False, **acting())
    order = make_order(
        world.merchant,
        line(vitamin, 2, min_shelf_life_days=30),
        line(vitamin, 2),
        line(vitamin, 2, old),
        line(soap, 1),
    )
    usual = [("OLD", "expired"), ("HELD", "hold"), ("IDLE", "inactive")]
    demands = [one.demand for one in order.lines.order_by("position")]
    strict, plain, named, other = skipped(*demands)
    assert strict == [usual[0], ("SHORT", "short_dated"), *usual[1:]]
    assert plain == usual
    assert named == [
        ("OLD", "expired"),
        ("SHORT", "other_lot"),
        ("HELD", "hold"),
        ("IDLE", "inactive"),
        ("GOOD", "other_lot"),
    ]
    assert other == [(None, "damaged")]


def test_the_reasons_of_all_holds_are_given(world: World) -> None:
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "A", date(2027, 1, 1), 5, 0)
    for target, why in ((vitamin, "label"), (lot, "recall"), (world.bins[0], "flood")):
        place_hold(target=target, reason=why, **acting())
    lifted = place_hold(target=lot, reason="mistake", **acting())
    release_hold(hold_id=lifted.pk, **acting())
    order = make_order(world.merchant, line(vitamin, 2))
    demand = order.lines.get().demand
    assert skipped_lots([demand], now=CLOCK.now) == {
        demand.pk: [Skip("A", date(2027, 1, 1), "hold", "on hold: label; recall; location A-01")]
    }


def test_a_lot_promised_elsewhere_is_not_skipped(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "A", date(2027, 1, 1), 5, 0)
    make_order(world.merchant, line(vitamin, 5))
    waiting = make_order(world.merchant, line(vitamin, 2))
    assert skipped(waiting.lines.get().demand) == [[]]


def test_only_the_orders_warehouse_counts(world: World) -> None:
    vitamin = world.lot_product()
    east = make_bin(make_warehouse("EAST"))
    old = world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 0)
    put(vitamin, east, 5, old)
    there = make_order(world.merchant, line(vitamin, 2), warehouse=east.warehouse)
    put(vitamin, east, -5, old)
    assert skipped(there.lines.get().demand) == [[]]


def test_shipped_cancelled_and_homeless_lines_have_none(
    world: World, django_assert_num_queries: Any
) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 0)
    world.stock_lot(vitamin, "GOOD", date(2027, 5, 1), 2, 1)
    done = make_order(world.merchant, line(vitamin, 2))
    ship(done)
    ended = make_order(world.merchant, line(vitamin, 2))
    cancel_order(order_id=ended.pk, **acting())
    undecided = make_open_order(world.merchant, line(vitamin, 2))
    demands = [one.lines.get().demand for one in (done, ended, undecided)]
    with django_assert_num_queries(0):
        assert skipped_lots(demands, now=CLOCK.now) == {one.pk: [] for one in demands}


def test_an_open_order_with_a_warehouse_is_told_too(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 0)
    order = make_open_order(world.merchant, line(vitamin, 2), warehouse=world.warehouse)
    assert skipped(order.lines.get().demand) == [[("OLD", "expired")]]


def test_the_day_is_the_warehouses(world: World, clock: Clock) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "A", date(2026, 6, 1), 1, 0)
    order = make_order(world.merchant, line(vitamin, 2))
    clock.advance(hours=19)  # 04:00 UTC on the 2nd is 23:00 on the 1st in Chicago
    assert skipped(order.lines.get().demand) == [[]]
    clock.advance(hours=1)
    assert skipped(order.lines.get().demand) == [[("A", "expired")]]


def test_any_number_of_lines_takes_one_query_and_a_second_for_holds(
    world: World, django_assert_num_queries: Any
) -> None:
    products = [world.lot_product(f"V-{n}") for n in range(5)]
    for n, product in enumerate(products):
        world.stock_lot(product, "OLD", date(2026, 5, 1), 5, n)
    orders = [make_order(world.merchant, *[line(one, 1) for one in products]) for _ in range(3)]
    rows = Demand.objects.filter(order_line__order__in=orders)
    demands = list(rows.select_related("product__merchant", "lot", "warehouse"))
    with django_assert_num_queries(1):
        found = skipped_lots(demands, now=CLOCK.now)
    assert [len(found[one.pk]) for one in demands] == [1] * 15
    place_hold(target=products[0], reason="Recall", **acting())
    with django_assert_num_queries(2):
        found = skipped_lots(demands, now=CLOCK.now)
    held = [one for one in demands if one.product_id == products[0].pk]
    assert [found[one.pk][0].explanation for one in held] == ["on hold: Recall"] * 3
