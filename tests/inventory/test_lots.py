from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Demand, Lot, Product
from inventory.queries.lots import LotRef, agrees, find_lots, unknown_lot
from inventory.services.lots import create_lots, delete_lot, update_lot
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    house,
    make_demand,
    make_lot,
    make_supply,
    promised,
    put,
    set_lots_active,
)
from tests.clock import CLOCK, Clock
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)


def change(lot: Lot, product: Product | None = None, **fields: Any) -> Lot:
    return update_lot(lot_id=lot.pk, fields=fields, product=product, **acting())


# Created ------------------------------------------------------------------------------------------


def test_it_works(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "  Vc  01a ", JANUARY, manufactured_on=date(2026, 1, 1))
    lot.refresh_from_db()
    assert (lot.number, lot.number_key) == ("Vc  01a", "vc 01a")
    assert (lot.merchant, lot.is_active, lot.received_at) == (world.merchant, True, None)
    assert lot.created_at == CLOCK.now
    event = Event.objects.get(topic="lot.created")
    assert event.payload == {"number": "Vc  01a", "expires_on": "2027-01-01", "is_active": True}
    assert lot.history.get().history_user == house()


@pytest.mark.parametrize("number", ["VC-1", " vc-1 ", "vc-1"])
def test_a_number_is_taken_however_it_is_spelt(world: World, number: str) -> None:
    product = world.lot_product()
    make_lot(product, "Vc-1", JANUARY)
    with refused("lot_number_taken"):
        make_lot(product, number, FEBRUARY)
    make_lot(world.lot_product("OTHER"), number, FEBRUARY)


@pytest.mark.parametrize(
    ("known", "spelt"),
    [
        ("Straße", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("a b", "a\t b"),
        ("\ufb03" * 64, "FFI" * 64),
    ],
    ids=["sharp-s", "accent", "white-space", "longest"],
)
def test_one_number_has_one_key(world: World, known: str, spelt: str) -> None:
    product = world.lot_product()
    lot = make_lot(product, known)
    assert find_lots([LotRef(product.pk, spelt)]) == {LotRef(product.pk, spelt): lot}


def test_a_lot_without_a_number_is_known_by_its_expiry(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "", JANUARY)
    make_lot(product, "", FEBRUARY)
    make_lot(product, "A", JANUARY)
    with refused("lot_number_taken"):
        make_lot(product, " ", JANUARY)
    assert str(lot) == "expiring 2027-01-01"


def test_a_lot_needs_a_number_or_an_expiry(world: World) -> None:
    product = world.lot_product()
    with refused("lot_or_expiry_required") as error:
        make_lot(product, " ")
    assert error.value.errors[0]["field"] == "number"


def test_a_number_that_is_too_long(world: World) -> None:
    product = world.lot_product()
    with refused("invalid") as error:
        make_lot(product, "x" * 65)
    (wrong,) = error.value.errors
    assert (wrong["field"], wrong["code"]) == ("number", "max_length")


@pytest.mark.parametrize("day", [date(27, 1, 1), date(2201, 1, 1)])
@pytest.mark.parametrize("name", ["expires_on", "manufactured_on"])
def test_a_day_that_cannot_be_meant(world: World, name: str, day: date) -> None:
    """A year is typed with two digits, or misread."""
    lot = make_lot(world.lot_product(), "A", JANUARY)
    with refused("invalid") as error:
        change(lot, **{name: day})
    (wrong,) = error.value.errors
    assert (wrong["field"], wrong["code"]) == (name, "out_of_range")


def test_nor_among_many_at_once(world: World) -> None:
    refs = [LotRef(world.lot_product().pk, "A", date(27, 1, 1))]
    with refused("out_of_range"):
        create_lots(refs=refs, merchant_id=world.merchant.pk, **acting())


def test_many_at_once_are_made_once_each(world: World, django_assert_num_queries: Any) -> None:
    product = world.lot_product()
    refs = [
        LotRef(product.pk, "A"),
        LotRef(product.pk, " a ", JANUARY),
        LotRef(product.pk, "B", FEBRUARY),
        LotRef(product.pk, "", JANUARY),
    ]
    lots = create_lots(refs=refs, merchant_id=world.merchant.pk, **acting())
    assert lots[refs[0]] == lots[refs[1]]
    made = Lot.objects.order_by("id").values_list("number", "supplier_number", "expires_on")
    assert list(made) == [("A", "A", JANUARY), ("B", "B", FEBRUARY), ("", "", JANUARY)]
    assert Event.objects.filter(topic="lot.created").count() == 3
    assert Lot.history.filter(history_user=house()).count() == 3
    assert find_lots([*refs, LotRef(product.pk), LotRef(product.pk, "C")]) == lots


def test_finding_lots(world: World, django_assert_num_queries: Any) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A", JANUARY)
    make_lot(world.lot_product("OTHER"), "A", FEBRUARY)
    with django_assert_num_queries(0):
        assert find_lots([LotRef(product.pk), LotRef(product.pk, "  ")]) == {}
    asked = LotRef(product.pk, "a", FEBRUARY)
    with django_assert_num_queries(1):
        assert find_lots([asked]) == {asked: lot}
    assert not agrees(lot, asked)
    assert agrees(lot, LotRef(product.pk, "a"))
    assert agrees(lot, LotRef(product.pk, "a", JANUARY))
    assert [str(LotRef(1, " A ")), str(LotRef(1, "", JANUARY)), str(LotRef(1))] == [
        "A",
        "expiring 2027-01-01",
        "none",
    ]


def test_a_reference_that_means_no_lot_is_told_what_is_wrong(world: World) -> None:
    product = world.lot_product()
    dated, undated = make_lot(product, "A", JANUARY), make_lot(product, "B", None)
    for number, expires_on, lot, field, told in (
        ("X", None, None, "lot_number", "VITAMIN has no lot X."),
        ("X", JANUARY, None, "lot_number", "VITAMIN has no lot X."),
        ("", FEBRUARY, None, "expires_on", "VITAMIN has no lot expiring 2027-02-01."),
        (
            "a",
            FEBRUARY,
            dated,
            "expires_on",
            "Lot A of VITAMIN expires 2027-01-01, not 2027-02-01.",
        ),
        ("B", JANUARY, undated, "expires_on", "Lot B of VITAMIN has no expiry, so not 2027-01-01."),
    ):
        refusal = unknown_lot("VITAMIN", LotRef(1, number, expires_on), lot, path="lines[2].")
        assert [tuple(error.values()) for error in refusal.errors] == [
            (f"lines[2].{field}", "unknown_lot", told)
        ]


# Corrected ----------------------------------------------------------------------------------------


def test_it_is_corrected(world: World) -> None:
    lot = make_lot(world.lot_product(), "A", JANUARY)
    changed = change(lot, number=" B ", manufactured_on=date(2026, 1, 1))
    lot.refresh_from_db()
    assert (lot.number, lot.number_key, lot.expires_on) == ("B", "b", JANUARY)
    assert changed == lot
    assert Event.objects.get(topic="lot.updated").payload["number"] == "B"
    assert [one.number for one in lot.history.all()] == ["B", "A"]


def test_a_correction_that_cannot_be(world: World) -> None:
    product = world.lot_product()
    lot, other = make_lot(product, "A"), make_lot(product, "B")
    with refused("lot_number_taken"):
        change(lot, number="b")
    with refused("lot_or_expiry_required"):
        change(lot, number=" ")
    with refused("invalid"):
        change(lot, date_kind="soon")
    with refused("not_found"):
        update_lot(lot_id=0, fields={"number": "C"}, **acting())
    assert change(other, number="B ").number == "B"


def test_an_earlier_expiry_releases_what_is_too_old_now(world: World) -> None:
    """Each line is measured by its own minimum, and what is lost is promised elsewhere."""
    product = world.lot_product(min_shelf_life_days=10)
    lot = world.stock_lot(product, "A", JANUARY, 9, 0)
    lines = [
        make_demand(product, 2, world.warehouse, number=f"ORD-{n}", min_shelf_life_days=days)
        for n, days in enumerate((None, 30, 31))
    ]
    world.stock_lot(product, "B", FEBRUARY, 2, 1)
    change(lot, expires_on=date(2026, 7, 1))  # 30 days from the first of June
    assert [promised(one) for one in lines] == [{"A-01": 2}, {"A-01": 2}, {"A-02": 2}]
    assert Event.objects.filter(topic="order.allocated", object="ORD-2").count() == 2
    change(lot, expires_on=date(2026, 6, 10))  # 9 days
    assert [promised(one) for one in lines] == [{}, {}, {"A-02": 2}]
    assert Event.objects.filter(topic="order.backordered").count() == 2


def test_a_later_expiry_offers_the_units(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2026, 5, 31), 5, 0)
    demand = make_demand(product, 2, world.warehouse)
    assert promised(demand) == {}
    change(lot, expires_on=date(2026, 6, 1))
    assert promised(demand) == {"A-01": 2}


def test_no_expiry_any_more_keeps_the_promises(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", JANUARY, 5, 0)
    demand = make_demand(product, 2, world.warehouse, min_shelf_life_days=100)
    change(lot, expires_on=None)
    assert promised(demand) == {"A-01": 2}


def test_the_day_is_the_warehouses(world: World, clock: Clock) -> None:
    """In Chicago, where the world's warehouse is, the first of July begins at 5 in the morning."""
    product = world.lot_product()
    lot = world.stock_lot(product, "A", JANUARY, 5, 0)
    demand = make_demand(product, 2, world.warehouse)
    clock.set(clock.now.replace(month=7, day=1, hour=4, minute=59))
    change(lot, expires_on=date(2026, 6, 30))
    assert promised(demand) == {"A-01": 2}
    clock.advance(minutes=1)
    change(lot, number="AA")  # any act on the product plans it anew
    assert promised(demand) == {}


def test_a_lot_that_was_never_used_moves_to_another_product(world: World) -> None:
    product, other = world.lot_product(), world.lot_product("OTHER")
    lot = make_lot(product, "A")
    change(lot, product=other)
    lot.refresh_from_db()
    assert lot.product == other
    assert change(lot, product=other).product == other


def test_a_lot_that_was_received_stays_with_its_product(world: World) -> None:
    product, other = world.lot_product(), world.lot_product("OTHER")
    lot = world.stock_lot(product, "A", JANUARY, 5, 0)
    put(product, world.bins[0], -5, lot)
    with refused("lot_already_received"):
        change(lot, product=other)


def test_a_lot_that_is_announced_stays_with_its_product(world: World) -> None:
    product, other = world.lot_product(), world.lot_product("OTHER")
    lot = make_lot(product, "A")
    make_supply(product, 5, world.warehouse, lot)
    with refused("lot_in_use") as error:
        change(lot, product=other)
    assert str(error.value) == "Lot A is named by a supply: it cannot be moved to another product."


# Activated ----------------------------------------------------------------------------------------


def test_deactivating_releases_and_activating_offers(world: World) -> None:
    product = world.lot_product()
    first = world.stock_lot(product, "A", JANUARY, 5, 0)
    second = world.stock_lot(product, "B", FEBRUARY, 2, 1)
    other = make_lot(world.lot_product("OTHER"), "A")
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {"A-01": 4}
    lots = set_lots_active(lot_ids=[other.pk, first.pk], is_active=False, **acting())
    assert [(one.pk, one.is_active) for one in lots] == [(first.pk, False), (other.pk, False)]
    assert promised(demand) == {"A-02": 2}
    set_lots_active(lot_ids=[first.pk, second.pk], is_active=True, **acting())
    assert promised(demand) == {"A-02": 2, "A-01": 2}
    # Only what changed is told and kept in the history.
    assert Event.objects.filter(topic="lot.updated").count() == 3
    assert second.history.count() == 1
    assert first.history.first().history_user == house()


def test_deactivating_one_lot_by_a_correction(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", JANUARY, 5, 0)
    demand = make_demand(product, 4, world.warehouse)
    change(lot, is_active=False)
    assert promised(demand) == {}
    assert Demand.objects.get().backordered == 4


def test_all_or_no_lots_are_activated(world: World) -> None:
    lot = make_lot(world.lot_product(), "A", is_active=False)
    with refused("not_found"):
        set_lots_active(lot_ids=[lot.pk, lot.pk + 1], is_active=True, **acting())


# Deleted ------------------------------------------------------------------------------------------


def test_a_lot_that_nothing_names_is_deleted(world: World) -> None:
    lot = make_lot(world.lot_product(), "A")
    delete_lot(lot_id=lot.pk, **acting())
    assert not Lot.objects.exists()
    assert Event.objects.get(topic="lot.deleted").object == str(lot.pk)
    assert Lot.history.filter(history_type="-", history_user=house()).count() == 1
    with refused("not_found"):
        delete_lot(lot_id=lot.pk, **acting())


def test_a_lot_that_was_received_is_not_deleted(world: World) -> None:
    lot = world.stock_lot(world.lot_product(), "A", JANUARY, 5, 0)
    with refused("lot_already_received") as error:
        delete_lot(lot_id=lot.pk, **acting())
    assert str(error.value).endswith("it cannot be deleted. Deactivate it instead.")


@pytest.mark.parametrize("by", ["supply", "demand"])
def test_a_lot_that_is_named_is_not_deleted(world: World, by: str) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A")
    if by == "supply":
        make_supply(product, 5, world.warehouse, lot)
    else:
        make_demand(product, 5, world.warehouse, lot=lot)
    with refused("lot_in_use") as error:
        delete_lot(lot_id=lot.pk, **acting())
    assert f"is named by a {by}" in str(error.value)


@pytest.mark.parametrize(
    ("lot_entry", "fields", "code", "field"),
    [
        ("number", {"expires_on": date(2027, 1, 1)}, "lot_number_required", "number"),
        ("expiry", {"number": "A"}, "expiry_required", "expires_on"),
        ("both", {"number": "A"}, "expiry_required", "expires_on"),
        ("both", {"expires_on": date(2027, 1, 1)}, "lot_number_required", "number"),
        ("either", {}, "lot_or_expiry_required", "number"),
    ],
)
def test_a_lot_has_what_its_product_asks_for(
    world: World, lot_entry: str, fields: dict[str, Any], code: str, field: str
) -> None:
    product = world.lot_product(lot_entry=lot_entry)
    with refused(code) as refusal:
        make_lot(product, **fields)
    assert refusal.value.errors[0]["field"] == field


def test_without_lot_tracking_a_number_or_an_expiry_is_enough(world: World) -> None:
    product = world.product(lot_entry="both")
    assert make_lot(product, "A").number == "A"


def test_a_lot_does_not_expire_before_it_is_made(world: World) -> None:
    """The two dates were exchanged. The day itself may be the same."""
    product = world.lot_product()
    with refused("invalid") as refusal:
        make_lot(product, "A", date(2026, 1, 1), manufactured_on=date(2027, 1, 1))
    (error,) = refusal.value.errors
    assert (error["field"], error["code"]) == ("expires_on", "expires_before_made")
    assert str(refusal.value) == "It would expire before it is made, on 2027-01-01."
    lot = make_lot(product, "B", date(2027, 1, 1), manufactured_on=date(2027, 1, 1))
    with refused("invalid"):
        change(lot, expires_on=date(2026, 12, 31))
