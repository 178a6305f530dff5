"""Where units are put: the pure rule as a table and by properties, and the rows it is given."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from inventory.putaway import Bin, Suggestion, Wanted, Why, plan_bins, suggest_bin, suggest_bins
from inventory.queries.bins import bins_for, used_in3, wanted
from inventory.services.holds import place_hold
from inventory.services.places import update_location
from tests.builders import acting, make_bin, make_world, put

LOT, OTHER = (1, 10), (1, 11)


def of(*units, **flags):
    return {"holds": frozenset(units), **flags}


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        pytest.param([], None, id="no bin at all"),
        pytest.param([Bin(1, "A", is_empty=True)], ("A", Why.EMPTY), id="empty"),
        pytest.param(
            [Bin(1, "A", is_empty=True), Bin(2, "B", 9, **of(LOT))],
            ("B", Why.OWN),
            id="its own bin comes before an empty one that is nearer",
        ),
        pytest.param([Bin(1, "A", **of(OTHER))], None, id="never with another lot"),
        pytest.param([Bin(1, "A", **of((1, None)))], None, id="never with units without a lot"),
        pytest.param(
            [Bin(1, "A", **of(LOT, (1, None)))], None, id="nor where both stand since an assignment"
        ),
        pytest.param(
            [Bin(1, "A", **of(LOT, (2, 20)))],
            ("A", Why.OWN),
            id="other products do not matter to its own bin",
        ),
        pytest.param(
            [Bin(1, "A", 2, is_empty=True), Bin(2, "B", 1, is_empty=True)],
            ("B", Why.EMPTY),
            id="the first by pick sequence",
        ),
        pytest.param(
            [Bin(1, "B", is_empty=True), Bin(2, "A", is_empty=True)],
            ("A", Why.EMPTY),
            id="then by name",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, **of(OTHER))],
            None,
            id="not beside another lot, where it would be allowed",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, is_empty=True), Bin(2, "B", 5, is_empty=True)],
            ("A", Why.EMPTY),
            id="an empty bin that may be mixed is as good as any",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, **of(LOT, OTHER)), Bin(2, "B", is_empty=True)],
            ("A", Why.OWN),
            id="a mixed bin that holds the lot is its own",
        ),
    ],
)
def test_the_bin_of_the_lot_else_an_empty_one(bins, expected):
    found = suggest_bin(bins, Wanted(LOT))
    assert (found and (found.name, found.why)) == expected


def test_two_lots_get_two_empty_bins_and_the_same_lot_gets_the_same():
    bins = [Bin(1, "A", is_empty=True), Bin(2, "B", is_empty=True)]
    asked = [Wanted(units) for units in (LOT, OTHER, LOT, (2, None))]
    assert [one and one.name for one in suggest_bins(bins, asked)] == ["A", "B", "A", None]


def empty(number, room=None, **more):
    """An empty bin at this place on the way."""
    size = None if room is None else Decimal(room)
    return Bin(number, f"A-{number:02}", number, is_empty=True, room_in3=size, **more)


def home(number, room=None, lot=LOT, **more):
    size = None if room is None else Decimal(room)
    return Bin(number, f"A-{number:02}", number, room_in3=size, holds=frozenset([lot]), **more)


def plan(bins, *asked):
    return [[(one.name, one.quantity) for one in parts] for parts in plan_bins(bins, asked)]


TEN = Decimal(10)


@pytest.mark.parametrize(
    ("bins", "asked", "expected"),
    [
        pytest.param(
            [home(5, 60), empty(4, 500)],
            Wanted(LOT, 6, TEN),
            [("A-05", 6)],
            id="its own bin as long as there is room",
        ),
        pytest.param(
            [home(5, 60), empty(4, 500)],
            Wanted(LOT, 7, TEN),
            [("A-05", 6), ("A-04", 1)],
            id="what does not fit goes to an empty one",
        ),
        pytest.param(
            [home(1, 20), home(2, 70), empty(4, 500)],
            Wanted(LOT, 7, TEN),
            [("A-02", 7)],
            id="of its own bins the one with room for all",
        ),
        pytest.param(
            [home(1, -5), empty(4, 500)],
            Wanted(LOT, 7, TEN),
            [("A-04", 7)],
            id="a bin that is too full already gets nothing",
        ),
        pytest.param(
            [home(5, lot=OTHER), empty(1), empty(7), empty(9)],
            Wanted(LOT, 7),
            [("A-07", 7)],
            id="nearest to where the product stands",
        ),
        pytest.param(
            [home(5, lot=OTHER), empty(3), empty(7)],
            Wanted(LOT, 7),
            [("A-03", 7)],
            id="of two as near the first on the way",
        ),
        pytest.param(
            [home(5, lot=OTHER), empty(6, 60), empty(9, 70)],
            Wanted(LOT, 7, TEN),
            [("A-09", 7)],
            id="one that takes all comes before a nearer one",
        ),
        pytest.param(
            [empty(1, 60), empty(2, 30), empty(3, 5), empty(4, 60)],
            Wanted(LOT, 16, TEN),
            [("A-01", 6), ("A-04", 6), ("A-02", 3)],
            id="over several, the largest first; what finds no bin is missing",
        ),
        pytest.param(
            [empty(1, 9)], Wanted(LOT, 1, TEN), [], id="none where not even one unit fits"
        ),
        pytest.param(
            [empty(1, 9)], Wanted(LOT, 1), [("A-01", 1)], id="an unknown size keeps nothing out"
        ),
        pytest.param(
            [empty(1), empty(2, 20)],
            Wanted(LOT, 3, TEN),
            [("A-01", 3)],
            id="nor an unmeasured bin",
        ),
        pytest.param(
            [empty(1), empty(2, 900), empty(3, 40)],
            Wanted(LOT, 3, TEN),
            [("A-03", 3)],
            id="new goods go into the smallest bin that is known to take all",
        ),
        pytest.param(
            [home(5, lot=OTHER, zone="B"), empty(6), empty(20, zone="B")],
            Wanted(LOT, 7),
            [("A-20", 7)],
            id="in the zone where the product stands before a nearer one",
        ),
        pytest.param(
            [home(5, lot=OTHER, zone="B"), empty(6)],
            Wanted(LOT, 7),
            [("A-06", 7)],
            id="in another zone where that one is full",
        ),
        pytest.param(
            [empty(1, zone="COLD"), empty(2)],
            Wanted(LOT, 7),
            [("A-02", 7)],
            id="new goods go where no zone is named",
        ),
        pytest.param(
            [empty(1), empty(2, zone="COLD")],
            Wanted(LOT, 7, zone="COLD"),
            [("A-02", 7)],
            id="a product with a zone goes there",
        ),
        pytest.param([empty(1)], Wanted(LOT, 7, zone="COLD"), [], id="and nowhere else"),
        pytest.param(
            [
                Bin(1, "B", 3, is_empty=True),
                Bin(2, "A", 3, is_empty=True),
                home(4, lot=OTHER),
            ],
            Wanted(LOT, 1),
            [("A", 1)],
            id="of several at one place the first by name",
        ),
    ],
)
def test_near_by_and_only_as_much_as_fits(bins, asked, expected):
    assert plan(bins, asked) == [expected]


def test_a_lot_that_comes_twice_fills_its_new_bin_first():
    asked = [Wanted(LOT, 3, TEN), Wanted(OTHER, 3, TEN), Wanted(LOT, 3, TEN)]
    assert plan([empty(1, 40), empty(2, 40), empty(3, 40)], *asked) == [
        [("A-01", 3)],
        [("A-02", 3)],
        [("A-01", 1), ("A-03", 2)],
    ]


def test_two_products_share_the_room_of_their_bin():
    both = Bin(1, "A-01", 1, holds=frozenset([LOT, (2, None)]), room_in3=Decimal(50))
    asked = [Wanted(LOT, 3, TEN), Wanted((2, None), 3, TEN)]
    assert plan([both, empty(2)], *asked) == [[("A-01", 3)], [("A-01", 2), ("A-02", 1)]]


@pytest.mark.parametrize(
    ("bins", "asked", "sentence"),
    [
        ([home(3, 1200)], Wanted(LOT, 5, TEN), "A-03 holds it already, with room for 120 more"),
        ([home(3)], Wanted(LOT, 5), "A-03 holds it already"),
        ([home(3)], Wanted(LOT, 5, TEN), "A-03 holds it already, size unknown"),
        (
            [home(3, lot=OTHER), home(9, lot=OTHER), empty(4, 12000)],
            Wanted(LOT, 5, TEN),
            "A-04 is empty, fits 1,200, the nearest to A-03 where the product stands",
        ),
        ([empty(4, 12000)], Wanted(LOT, 5), "A-04 is empty, size unknown"),
        ([empty(4)], Wanted(LOT, 5), "A-04 is empty"),
    ],
)
def test_a_suggestion_says_why(bins, asked, sentence):
    assert suggest_bin(bins, asked).sentence == sentence


lots = st.tuples(st.integers(1, 2), st.sampled_from([None, 10, 11]))
contents = st.frozensets(lots, max_size=3)
rooms = st.none() | st.integers(-20, 100).map(Decimal)
zones = st.sampled_from(["", "A", "COLD"])
shelves_of = st.lists(
    st.tuples(contents, st.booleans(), rooms, zones, st.integers(0, 5)), max_size=8
)
asked_for = st.lists(
    st.builds(
        Wanted,
        lots,
        st.integers(1, 15),
        st.none() | st.sampled_from([Decimal("2.5"), Decimal(7)]),
        zones,
    ),
    max_size=6,
)


def bins_of(shelves):
    return [
        Bin(place, f"{place}", sequence, is_mixed, not holds, holds, zone, room)
        for place, (holds, is_mixed, room, zone, sequence) in enumerate(shelves)
    ]


@given(shelves_of, asked_for)
def test_no_suggestion_ever_mixes_lots(shelves, asked):
    bins = bins_of(shelves)
    standing = {one.location_id: set(one.holds) for one in bins}
    for one, parts in zip(asked, plan_bins(bins, asked), strict=True):
        for part in parts:
            here = standing[part.location_id]
            others = {units for units in here if units[0] == one.units[0] and units != one.units}
            assert not others or bins[part.location_id].is_mixed
            here.add(one.units)


@given(shelves_of, asked_for)
def test_no_bin_is_ever_filled_above_its_room(shelves, asked):
    bins = bins_of(shelves)
    filled = Counter()
    for one, parts in zip(asked, plan_bins(bins, asked), strict=True):
        for part in parts:
            filled[part.location_id] += part.quantity * (one.unit_in3 or 0)
    for pk, used in filled.items():
        room = bins[pk].room_in3
        assert not used or room is None or used <= room


@given(shelves_of, asked_for)
def test_units_are_left_over_only_where_no_bin_would_take_one(shelves, asked):
    """An oracle of the obvious kind: look at every bin after all are placed."""
    bins = bins_of(shelves)
    plans = plan_bins(bins, asked)
    used, taken = Counter(), {}
    for one, parts in zip(asked, plans, strict=True):
        assert all(part.quantity > 0 for part in parts)
        assert len({part.location_id for part in parts}) == len(parts)
        for part in parts:
            used[part.location_id] += part.quantity * (one.unit_in3 or 0)
            taken.setdefault(part.location_id, one.units)
    for one, parts in zip(asked, plans, strict=True):
        left = one.quantity - sum(part.quantity for part in parts)
        assert left >= 0
        for bin in bins if left else []:
            is_free = bin.is_empty and bin.location_id not in taken
            right = not one.zone or bin.zone == one.zone
            room = None if bin.room_in3 is None else bin.room_in3 - used[bin.location_id]
            fits = room is None or one.unit_in3 is None or room >= one.unit_in3
            assert not (is_free and right and fits)


def test_five_thousand_lots_are_planned_at_once():
    """Linear enough: a choice looks at two bins of each size, not at all of them."""
    bins = [empty(n, 100 + n % 3, zone=f"Z{n % 4}") for n in range(1, 6001)]
    asked = [Wanted((n % 1000, n), 5, TEN) for n in range(5000)]
    plans = plan_bins(bins, asked)
    assert all(len(parts) == 1 for parts in plans)
    assert len({parts[0].location_id for parts in plans}) == 5000


@pytest.fixture
def world(db):
    return make_world()


def test_the_query_gives_what_the_rule_needs(world, django_assert_num_queries):
    vitamin = world.lot_product()
    soap = world.product()
    lot_a = world.stock_lot(vitamin, "VC-A", date(2027, 1, 1), 5, bin=2)
    lot_b = world.stock_lot(vitamin, "VC-B", date(2027, 2, 1), 5, bin=0)
    put(soap, world.bins[1], 3)
    asked = [wanted(vitamin, lot_a.pk), wanted(vitamin, lot_b.pk), wanted(soap, None),
             wanted(vitamin, None)]  # fmt: skip
    with django_assert_num_queries(3):
        bins = bins_for(asked, world.warehouse.pk)
    assert [(one.name, one.why) for one in suggest_bins(bins, asked)] == [
        ("A-03", Why.OWN),
        ("A-01", Why.OWN),
        ("A-02", Why.OWN),
        ("A-04", Why.EMPTY),
    ]


def sized(location, **fields):
    update_location(location_id=location.pk, fields=fields, **acting())


def test_the_room_is_what_all_products_of_a_known_size_leave(world):
    sides = {"length_in": Decimal(2), "width_in": Decimal(2), "height_in": Decimal("2.5")}
    soap, oil = world.product("SOAP", **sides), world.product("OIL", **sides)
    gum = world.product("GUM", length_in=Decimal(3))
    sized(world.bins[0], capacity_in3=100)
    for product, units in ((soap, 3), (oil, 4), (gum, 9)):
        put(product, world.bins[0], units)
    assert used_in3([]) == {}
    assert used_in3([world.bins[0].pk]) == {world.bins[0].pk: Decimal(70)}
    (found,) = plan_bins(
        bins_for([wanted(soap, None, 5)], world.warehouse.pk), [wanted(soap, None, 5)]
    )
    assert [(one.name, one.quantity, one.room) for one in found] == [
        ("A-01", 3, 3),
        ("A-02", 2, None),
    ]


def test_the_number_of_queries_does_not_grow(world):
    asked = []
    for number in range(1, 9):
        sides = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(number))
        product = world.product(f"P{number}", **sides)
        put(product, world.bins[number], number)
        sized(world.bins[number], capacity_in3=number**3 * 10)
        asked.append(wanted(product, None, 50))
    counted = []
    for some in (asked[:1], asked):
        with CaptureQueriesContext(connection) as done:
            bins_for(some, world.warehouse.pk)
        counted.append(len(done))
    assert counted == [4, 4]


def test_a_zone_is_looked_for_by_name_whatever_stands_before_it(world):
    milk = world.product("MILK", zone="chilled")
    for number in range(400):
        make_bin(world.warehouse, f"B-{number:03}", pick_sequence=20)
    make_bin(world.warehouse, "Z-01", zone="Chilled", pick_sequence=90)
    asked = wanted(milk, None, 5)
    found = suggest_bin(bins_for([asked], world.warehouse.pk), asked)
    assert (found.name, found.zone) == ("Z-01", "CHILLED")


def test_the_nearest_are_looked_at_however_many_bins_are_before_them(world):
    soap = world.product()
    far = make_bin(world.warehouse, "Z-50", pick_sequence=950)
    for number in range(1, 31):
        make_bin(world.warehouse, f"M-{number:02}", pick_sequence=100 + number)
    for name, place in (("Z-40", 940), ("Z-70", 970)):
        make_bin(world.warehouse, name, pick_sequence=place)
    sized(far, mixed=True)
    put(soap, far, 5, None)
    lot = (soap.pk, -1)  # any other lot of the product
    found = suggest_bin(bins_for([Wanted(lot)], world.warehouse.pk), Wanted(lot))
    assert found == Suggestion(found.location_id, "Z-40", Why.EMPTY, near="Z-50", pick_sequence=940)


def test_only_storage_that_may_be_picked_and_sold_is_suggested(world):
    soap = world.product()
    for place, flag in enumerate(("pickable", "sellable")):
        location_id = world.bins[place].pk
        update_location(location_id=location_id, fields={flag: False}, **acting())
    place_hold(target=world.bins[2], reason="leaking roof", **acting())
    asked = wanted(soap, None)
    assert suggest_bin(bins_for([asked], world.warehouse.pk), asked).name == "A-04"
    among = [one.pk for one in world.bins if one.name in ("A-01", "A-07")]
    assert suggest_bin(bins_for([asked], world.warehouse.pk, among=among), asked).name == "A-07"


def test_where_no_bin_is_empty_none_is_suggested(world):
    soap, oil = world.product("SOAP"), world.product("OIL")
    for location in world.bins:
        put(oil, location, 1)
    asked = wanted(soap, None)
    assert suggest_bin(bins_for([asked], world.warehouse.pk), asked) is None
    make_bin(world.warehouse, "Z-01", mixed=True)
    found = suggest_bin(bins_for([asked], world.warehouse.pk), asked)
    assert (found.name, found.why) == ("Z-01", Why.EMPTY)
