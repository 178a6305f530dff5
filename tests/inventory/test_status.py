"""The quantities of PRODUCT.md, by product and by lot."""

from datetime import UTC, date, datetime, timedelta

import pytest

from inventory.models import Hold, Lot, Product
from inventory.queries.places import todays
from inventory.queries.status import (
    QUANTITIES,
    Figures,
    inventory_by_lot,
    inventory_by_product,
    total,
)
from inventory.queries.status_page import SORT_KEYS, Wanted, in_order, products
from inventory.services.holds import place_hold
from inventory.services.stock import Units, move
from tests.builders import (
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    place,
    put,
    set_lots_active,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def east():
    return make_warehouse("EAST")


@pytest.fixture
def glow():
    return make_merchant("GLOW")


@pytest.fixture
def serum(glow):
    return make_product(glow, "SERUM", is_lot_product=True, min_shelf_life_days=30)


def by_product(product, warehouse=None) -> Figures:
    where = warehouse and warehouse.pk
    return inventory_by_product([product.pk], todays=todays(NOW), warehouse_id=where)[product.pk]


def by_lot(product, warehouse=None):
    where = warehouse and warehouse.pk
    return inventory_by_lot(product.pk, todays=todays(NOW), now=NOW, warehouse_id=where)


def in_days(days):
    return TODAY + timedelta(days=days)


def test_it_works(east, serum):
    early = make_lot(serum, "VC-A", in_days(40))
    late = make_lot(serum, "VC-B", in_days(400))
    put(serum, make_bin(east, "A-01"), 30, late)
    put(serum, make_bin(east, "A-02"), 20, early)
    make_supply(serum, 50, east, late)
    make_demand(serum, 25, east)

    rows = by_lot(serum)

    assert [(row.lot, row.days_remaining) for row in rows] == [(early, 40), (late, 400)]
    assert rows[0].figures == Figures(on_hand=20, committed=20)
    assert rows[1].figures == Figures(incoming=50, on_hand=30, committed=5, fulfillable=25)
    assert by_product(serum) == Figures(incoming=50, on_hand=50, committed=25, fulfillable=25)
    assert total(rows) == by_product(serum)


def test_a_product_without_stock_has_zeros_and_no_rows(serum):
    assert by_product(serum) == Figures()
    assert by_lot(serum) == []


def test_each_exception_counts_under_the_first_reason_that_holds(east, serum):
    shelf, blocked = make_bin(east, "A-01", mixed=True), make_bin(east, "A-02", pickable=False)
    unsold = make_bin(east, "A-03", sellable=False, pickable=False)
    good = make_lot(serum, "GOOD", in_days(30))
    for units, location, lot in (
        (1, shelf, good),
        (2, place(east, "QUARANTINE"), good),
        (3, place(east, "DAMAGED"), good),
        (4, shelf, held := make_lot(serum, "HELD", in_days(-9))),
        (5, shelf, idle := make_lot(serum, "IDLE", in_days(-9))),
        (6, unsold, make_lot(serum, "EXPIRED", in_days(-1))),
        (7, shelf, make_lot(serum, "SHORT", in_days(29))),
        (8, blocked, good),
        (9, make_bin(east, "A-04", sellable=False, pickable=False), good),
    ):
        put(serum, location, units, lot)
    place_hold(target=held, reason="Recall", **acting())
    set_lots_active(lot_ids=[held.pk, idle.pk], is_active=False, **acting())

    figures = by_product(serum)

    assert figures.reasons == {
        "quarantine": 2,
        "damaged": 3,
        "hold": 4,
        "inactive": 5,
        "expired": 6,
        "short_dated": 7,
        "not_sellable": 9,
        "not_pickable": 8,
    }
    assert next(iter(figures.reasons)) == "quarantine"
    assert (figures.on_hand, figures.fulfillable, figures.exception) == (45, 1, 44)
    assert total(by_lot(serum)) == figures
    assert figures.in_words[0] == ("In quarantine", 2)


def test_the_accounts_minimum_counts_where_it_is_larger(east):
    glow = make_merchant("GLOW", picking_disabled_days=60)
    cream = make_product(glow, "CREAM", min_shelf_life_days=30)
    shelf = make_bin(east, mixed=True)
    put(cream, shelf, 3, make_lot(cream, "A", in_days(59)))
    put(cream, shelf, 4, make_lot(cream, "B", in_days(60)))

    assert by_product(cream) == Figures(
        on_hand=7, fulfillable=4, exception=3, reasons={"short_dated": 3}
    )


def test_promised_units_stay_committed_when_they_become_short_dated(east, serum, clock):
    put(serum, make_bin(east), 10, make_lot(serum, "A", in_days(30)))
    make_demand(serum, 4, east)

    tomorrow = inventory_by_product(
        [serum.pk], todays=todays(clock.advance(days=1)), warehouse_id=None
    )[serum.pk]

    assert tomorrow == Figures(on_hand=10, committed=4, exception=6, reasons={"short_dated": 6})


def test_units_at_a_dock_are_incoming_and_not_on_hand(east, serum):
    make_supply(serum, 12, east)

    assert by_product(serum) == Figures(incoming=12)
    assert [row.lot for row in by_lot(serum)] == [None]


def test_backorders_count_with_the_lot_that_they_name(east, serum):
    lot = make_lot(serum, "A", in_days(300))
    make_demand(serum, 5, east, lot=lot)
    make_demand(serum, 7, east, number="ORD-000002")

    rows = by_lot(serum)

    assert [(row.lot, row.figures.backordered) for row in rows] == [(lot, 5), (None, 7)]
    assert by_product(serum) == Figures(backordered=12)


def test_lots_without_expiry_come_after_dated_ones_and_units_without_a_lot_last(east, glow):
    cream = make_product(glow, "CREAM")
    lots = [make_lot(cream, "Z"), make_lot(cream, "B", in_days(9)), make_lot(cream, "A")]
    put(cream, make_bin(east, "A-00"), 1)
    for number, lot in enumerate(lots):
        put(cream, make_bin(east, f"B-0{number}"), 1, lot)

    rows = by_lot(cream)

    assert [str(row.lot) for row in rows] == ["B", "A", "Z", "None"]
    assert [row.days_remaining for row in rows] == [9, None, None, None]


def test_a_warehouse_narrows_every_figure(east, serum):
    west = make_warehouse("WEST")
    lot = make_lot(serum, "A", in_days(300))
    put(serum, make_bin(east), 10, lot)
    put(serum, make_bin(west), 5, lot)
    make_supply(serum, 20, west, lot)
    make_demand(serum, 12, east)

    assert by_product(serum, east) == Figures(on_hand=10, committed=10, backordered=2)
    assert by_product(serum, west) == Figures(incoming=20, on_hand=5, fulfillable=5)
    assert by_product(serum) == Figures(
        incoming=20, on_hand=15, committed=10, fulfillable=5, backordered=2
    )


def test_each_warehouse_has_its_own_day(serum):
    """At 09:00 UTC on June 1 it is still May 31 in Honolulu."""
    kiri, hawaii = (
        make_warehouse("KIRI", "Pacific/Kiritimati"),
        make_warehouse("HAWAII", "Pacific/Honolulu"),
    )
    lot = make_lot(serum, "A", date(2026, 6, 30))
    put(serum, make_bin(hawaii), 5, lot)

    assert [row.days_remaining for row in by_lot(serum)] == [30]
    assert by_product(serum) == Figures(on_hand=5, fulfillable=5)

    put(serum, make_bin(kiri), 4, lot)

    assert [row.days_remaining for row in by_lot(serum)] == [29]
    assert [row.days_remaining for row in by_lot(serum, hawaii)] == [30]
    assert by_product(serum) == Figures(
        on_hand=9, fulfillable=5, exception=4, reasons={"short_dated": 4}
    )


def test_it_works_before_there_is_a_warehouse(serum):
    make_lot(serum, "A", TODAY)
    assert by_product(serum) == Figures()
    assert by_lot(serum) == []


def test_the_number_of_queries_does_not_grow(east, glow, django_assert_num_queries):
    made = [make_product(glow, f"P-{number}") for number in range(4)]
    for number, product in enumerate(made):
        for index in range(number + 1):
            lot = make_lot(product, f"L{index}", in_days(10 * index - 5))
            put(product, make_bin(east, f"{number}-{index}"), 3, lot)
    days = todays(NOW)
    for some in (made[:1], made):
        with django_assert_num_queries(4):
            inventory_by_product([one.pk for one in some], todays=days)
    for one in (made[0], made[-1]):
        with django_assert_num_queries(6):
            inventory_by_lot(one.pk, todays=days, now=NOW)


# Which products, in which order -------------------------------------------------------------------


def skus(wanted: Wanted, key="sku", descending=False):
    days = todays(NOW)
    rows = products(Product.objects.all(), wanted, days)
    ordered = in_order(
        rows, key, descending=descending, todays=days, warehouse_id=wanted.warehouse_id
    )
    return [product.sku for product in ordered]


@pytest.fixture
def shelves(east, glow):
    """Three products: A with 5 good units, B with 3 expired of 9, C with nothing."""
    a, b = make_product(glow, "A"), make_product(glow, "B", is_lot_product=True)
    make_product(make_merchant("NORD"), "C")
    put(a, make_bin(east, "A-01"), 5)
    put(b, make_bin(east, "B-01"), 3, make_lot(b, "OLD", in_days(-1)))
    put(b, make_bin(east, "B-02"), 6, make_lot(b, "NEW", in_days(60)))
    return a, b


def test_filters(shelves, glow, east):
    west = make_warehouse("WEST")
    assert skus(Wanted()) == ["A", "B", "C"]
    assert skus(Wanted(search="b")) == ["B"]
    assert skus(Wanted(search=str(shelves[0].pk))) == ["A"]
    assert skus(Wanted(merchant_id=glow.pk)) == ["A", "B"]
    assert skus(Wanted(warehouse_id=east.pk)) == ["A", "B"]
    assert skus(Wanted(warehouse_id=west.pk)) == []
    assert skus(Wanted(is_lot_product=True)) == ["B"]
    assert skus(Wanted(is_lot_product=False)) == ["A", "C"]
    assert skus(Wanted(has_exception=True)) == ["B"]
    assert skus(Wanted(has_exception=True, warehouse_id=west.pk)) == []
    assert skus(Wanted(expiring_within=59)) == []
    assert skus(Wanted(expiring_within=60)) == ["B"]
    assert skus(Wanted(expiring_within=60, warehouse_id=west.pk)) == []


def test_units_that_are_all_promised_are_no_exception(east, serum, clock):
    put(serum, make_bin(east), 4, make_lot(serum, "A", in_days(30)))
    make_demand(serum, 4, east)
    tomorrow = todays(clock.advance(days=1))
    rows = products(Product.objects.all(), Wanted(has_exception=True), tomorrow)
    assert not rows.exists()


@pytest.mark.parametrize("key", SORT_KEYS)
def test_sorting_by_every_column_agrees_with_the_figures(key, shelves, east):
    make_supply(shelves[0], 7, east)
    make_demand(shelves[1], 8, east)
    up, down = skus(Wanted(), key), skus(Wanted(), key, descending=True)
    if key in QUANTITIES:
        days = todays(NOW)
        rows = {one.sku: one.pk for one in Product.objects.all()}
        figures = inventory_by_product(list(rows.values()), todays=days)
        of = {sku: getattr(figures[pk], key) for sku, pk in rows.items()}
        assert up == sorted(rows, key=lambda sku: (of[sku], sku))
        assert down == sorted(rows, key=lambda sku: (-of[sku], sku))
    else:
        assert up == ["A", "B", "C"]
        assert down == {"merchant": ["C", "A", "B"]}.get(key, ["C", "B", "A"])


def test_moving_units_to_quarantine_makes_them_exceptions(east, serum):
    shelf = make_bin(east)
    lot = make_lot(serum, "A", in_days(300))
    put(serum, shelf, 10, lot)
    move(
        units=Units(serum.pk, lot.pk, 4),
        source_id=shelf.pk,
        target_id=place(east, "QUARANTINE").pk,
        reason="Torn",
        **acting(),
    )
    assert by_product(serum) == Figures(
        on_hand=10, fulfillable=6, exception=4, reasons={"quarantine": 4}
    )
    assert not Hold.objects.exists()
    assert Lot.objects.get() == lot
