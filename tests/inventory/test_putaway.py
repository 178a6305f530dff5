from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.putaway import Bin, Suggestion, Why, suggest_bin, suggest_bins
from inventory.queries.bins import bins_for
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
        pytest.param([Bin(1, "A", is_empty=True)], Suggestion(1, "A", Why.EMPTY), id="empty"),
        pytest.param(
            [Bin(1, "A", is_empty=True), Bin(2, "B", 9, **of(LOT))],
            Suggestion(2, "B", Why.OWN),
            id="its own bin comes before an empty one that is nearer",
        ),
        pytest.param([Bin(1, "A", **of(OTHER))], None, id="never with another lot"),
        pytest.param([Bin(1, "A", **of((1, None)))], None, id="never with units without a lot"),
        pytest.param(
            [Bin(1, "A", **of(LOT, (1, None)))], None, id="nor where both stand since an assignment"
        ),
        pytest.param(
            [Bin(1, "A", **of(LOT, (2, 20)))],
            Suggestion(1, "A", Why.OWN),
            id="other products do not matter to its own bin",
        ),
        pytest.param(
            [Bin(1, "A", 2, is_empty=True), Bin(2, "B", 1, is_empty=True)],
            Suggestion(2, "B", Why.EMPTY),
            id="the first by pick sequence",
        ),
        pytest.param(
            [Bin(1, "B", is_empty=True), Bin(2, "A", is_empty=True)],
            Suggestion(2, "A", Why.EMPTY),
            id="then by name",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, **of(OTHER))],
            None,
            id="not beside another lot, where it would be allowed",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, is_empty=True), Bin(2, "B", 5, is_empty=True)],
            Suggestion(1, "A", Why.EMPTY),
            id="an empty bin that may be mixed is as good as any",
        ),
        pytest.param(
            [Bin(1, "A", is_mixed=True, **of(LOT, OTHER)), Bin(2, "B", is_empty=True)],
            Suggestion(1, "A", Why.OWN),
            id="a mixed bin that holds the lot is its own",
        ),
    ],
)
def test_the_bin_of_the_lot_else_an_empty_one(bins, expected):
    assert suggest_bin(bins, LOT) == expected


def test_two_lots_get_two_empty_bins_and_the_same_lot_gets_the_same():
    bins = [Bin(1, "A", is_empty=True), Bin(2, "B", is_empty=True)]
    names = [one and one.name for one in suggest_bins(bins, [LOT, OTHER, LOT, (2, None)])]
    assert names == ["A", "B", "A", None]


lots = st.tuples(st.integers(1, 2), st.sampled_from([None, 10, 11]))
contents = st.frozensets(lots, max_size=3)


@given(st.lists(st.tuples(contents, st.booleans()), max_size=8), st.lists(lots, max_size=6))
def test_no_suggestion_ever_mixes_lots(shelves, wanted):
    bins = [
        Bin(place, f"{place}", is_mixed=is_mixed, is_empty=not holds, holds=holds)
        for place, (holds, is_mixed) in enumerate(shelves)
    ]
    standing = {one.location_id: set(one.holds) for one in bins}
    for units, suggestion in zip(wanted, suggest_bins(bins, wanted), strict=True):
        if suggestion is None:
            continue
        here = standing[suggestion.location_id]
        others = {one for one in here if one[0] == units[0] and one != units}
        assert not others or bins[suggestion.location_id].is_mixed
        here.add(units)


@pytest.fixture
def world(db):
    return make_world()


def test_the_query_gives_what_the_rule_needs(world, django_assert_num_queries):
    vitamin = world.lot_product()
    soap = world.product()
    lot_a = world.stock_lot(vitamin, "VC-A", date(2027, 1, 1), 5, bin=2)
    lot_b = world.stock_lot(vitamin, "VC-B", date(2027, 2, 1), 5, bin=0)
    put(soap, world.bins[1], 3)
    new = (vitamin.pk, None)
    wanted = [(vitamin.pk, lot_a.pk), (vitamin.pk, lot_b.pk), (soap.pk, None), new]
    with django_assert_num_queries(2):
        bins = bins_for(wanted, world.warehouse.pk)
    assert [(one.name, one.why) for one in suggest_bins(bins, wanted)] == [
        ("A-03", Why.OWN),
        ("A-01", Why.OWN),
        ("A-02", Why.OWN),
        ("A-04", Why.EMPTY),
    ]


def test_only_storage_that_may_be_picked_and_sold_is_suggested(world):
    soap = world.product()
    for place, flag in enumerate(("pickable", "sellable")):
        location_id = world.bins[place].pk
        update_location(location_id=location_id, fields={flag: False}, **acting())
    place_hold(target=world.bins[2], reason="leaking roof", **acting())
    wanted = (soap.pk, None)
    assert suggest_bin(bins_for([wanted], world.warehouse.pk), wanted).name == "A-04"


def test_where_no_bin_is_empty_none_is_suggested(world):
    soap, oil = world.product("SOAP"), world.product("OIL")
    for location in world.bins:
        put(oil, location, 1)
    wanted = (soap.pk, None)
    assert suggest_bin(bins_for([wanted], world.warehouse.pk), wanted) is None
    make_bin(world.warehouse, "Z-01", mixed=True)
    found = suggest_bin(bins_for([wanted], world.warehouse.pk), wanted)
    assert (found.name, found.why) == ("Z-01", Why.EMPTY)
