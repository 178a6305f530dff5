from datetime import date

import pytest

from inventory.errors import (
    LotOrExpiryRequired,
    NoLocationFree,
    UnknownLot,
)
from inventory.models import Lot, QuarantineCase
from inventory.queries.audit import differences
from inventory.services.breakdown import Portion, break_down
from inventory.services.quarantine import Decision as CaseDecision
from inventory.services.quarantine import restamp_case
from inventory.services.stock import assign_lot
from merchants.errors import Malformed, NotFound
from merchants.uploads import PICTURES, checked
from receiving.errors import ResolutionNotPossible, WrongStatus, WrongWarehouse
from receiving.models import Discrepancy, Resolution
from receiving.remedies import GIVE_UP, POSSIBLE, WORDS, possible
from receiving.services import (
    Count,
    Decision,
    StowLine,
    add_photo,
    close_delivery,
    complete_wro,
    delete_rule,
    link_delivery,
    receive_delivery,
    record_delivery,
    resolve_discrepancy,
    save_rule,
)
from receiving.services.photos import MOST_PHOTOS
from tests.builders import acting, make_lot, make_merchant, make_product, make_warehouse, put
from tests.pictures import picture
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    count,
    counters,
    discrepancies,
    line,
    put_away,
    standing,
    submitted,
)
from tests.refusals import state

SOON = date(2026, 10, 31)
LATER = date(2027, 10, 31)
Kind, Type = Resolution.Kind, Discrepancy.Type


def resolve(found: Discrepancy, kind: Kind, **how) -> Discrepancy:
    return resolve_discrepancy(discrepancy_id=found.pk, decision=Decision(kind, **how), **acting())


def latest(type: str) -> Discrepancy:
    return Discrepancy.objects.filter(type=type).latest("id")


@pytest.fixture
def wro(world, vitamin):
    """100 of lot VC-A are announced and at the door."""
    return arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)))


def test_the_table_knows_every_type_and_damaged_units_never_go_to_stock():
    assert POSSIBLE.keys() == set(Type.values)
    assert {kind for kinds in POSSIBLE.values() for kind in kinds} == WORDS.keys()
    assert {possible(type, is_damaged=True) for type in Type.values} == {GIVE_UP}


@pytest.mark.parametrize("type", Type.values)
def test_the_table_is_kept(world, vitamin, wro, type):
    """What it does not allow is refused for every type, and nothing changes."""
    found = Discrepancy.objects.create(
        merchant=world.merchant,
        wro=wro,
        type=type,
        product=vitamin,
        quantity=1,
        opened_at=acting()["now"],
        opened_by=acting()["actor"],
    )
    before = state()
    for kind in set(Kind) - set(POSSIBLE[type]):
        with pytest.raises(ResolutionNotPossible):
            resolve(found, kind)
    assert state() == before


def test_units_of_an_announced_lot_are_received_at_the_dock(wro, vitamin):
    count(wro, Count(vitamin, 90, "VC-A"), Count(vitamin, 10))
    found = resolve(latest(Type.UNREADABLE_BARCODE), Kind.CORRECT_LOT, lot_number="vc-a")
    assert (found.status, found.resolutions.get().lot.number) == ("resolved", "VC-A")
    assert standing(vitamin) == {("DOCK", "VC-A"): 100}
    assert counters(wro) == {"VITAMIN VC-A": (100, 100, 0)}
    put_away(wro, StowLine(vitamin, 100, "A-01", "VC-A"))
    assert not complete_wro(wro_id=wro.pk, **acting()).completed_short
    assert list(differences()) == []


def test_a_surplus_that_comes_of_it_is_told(wro, vitamin):
    count(wro, Count(vitamin, 98, "VC-A"), Count(vitamin, 5))
    resolve(latest(Type.UNREADABLE_BARCODE), Kind.CORRECT_LOT, lot_number="VC-A")
    assert counters(wro) == {"VITAMIN VC-A": (100, 103, 0)}
    assert discrepancies(wro)[-1] == ("overage", "VITAMIN", "VC-A", 3)
    over = latest(Type.OVERAGE)
    assert (over.open_quantity, over.case) == (3, None)
    assert resolve(over, Kind.ACCEPT_AS_RECEIVED).status == "resolved"
    assert list(differences()) == []


def test_the_expiry_of_the_lot_was_mistyped(wro, vitamin):
    count(wro, Count(vitamin, 60, "VC-A"), Count(vitamin, 40, "VC-A", LATER))
    resolve(latest(Type.EXPIRY_MISMATCH), Kind.CORRECT_LOT, expires_on=LATER)
    assert Lot.objects.get(number="VC-A").expires_on == LATER
    assert standing(vitamin) == {("DOCK", "VC-A"): 100}
    assert list(differences()) == []


def test_the_reading_of_the_expiry_was_mistyped(wro, vitamin):
    count(wro, Count(vitamin, 60, "VC-A"), Count(vitamin, 40, "VC-A", LATER))
    resolve(latest(Type.EXPIRY_MISMATCH), Kind.CORRECT_LOT)
    assert Lot.objects.get(number="VC-A").expires_on == SOON
    assert standing(vitamin) == {("DOCK", "VC-A"): 100}


def test_after_the_wro_is_completed_they_go_to_a_bin(wro, vitamin):
    count(wro, Count(vitamin, 10))
    complete_wro(wro_id=wro.pk, **acting())
    resolve(latest(Type.UNREADABLE_BARCODE), Kind.CORRECT_LOT, lot_number="VC-A", quantity=4)
    assert standing(vitamin) == {("QUARANTINE", ""): 6, ("A-01", "VC-A"): 4}
    assert counters(wro) == {"VITAMIN VC-A": (100, 0, 0)}
    found = latest(Type.UNREADABLE_BARCODE)
    assert (found.status, found.open_quantity, found.resolved_at) == ("open", 6, None)
    assert list(differences()) == []


def test_a_separate_lot_is_found_again(wro, vitamin):
    count(wro, Count(vitamin, 3, "VC-A", LATER))
    resolve(latest(Type.EXPIRY_MISMATCH), Kind.SEPARATE_LOT)
    count(wro, Count(vitamin, 4, "VC-A", LATER))
    resolve(latest(Type.EXPIRY_MISMATCH), Kind.SEPARATE_LOT)
    assert standing(vitamin) == {("A-01", "VC-A (2)"): 7}
    assert [lot.number for lot in vitamin.lots.order_by("id")] == ["VC-A", "VC-A (2)"]
    count(wro, Count(vitamin, 5, "VC-A", NEXT_YEAR))
    resolve(latest(Type.EXPIRY_MISMATCH), Kind.SEPARATE_LOT)
    assert vitamin.lots.latest("id").number == "VC-A (3)"


def test_units_without_any_reading_need_a_number(wro, vitamin):
    count(wro, Count(vitamin, 3))
    found = latest(Type.UNREADABLE_BARCODE)
    before = state()
    with pytest.raises(LotOrExpiryRequired):
        resolve(found, Kind.SEPARATE_LOT)
    with pytest.raises(LotOrExpiryRequired):
        resolve(found, Kind.CORRECT_LOT)
    with pytest.raises(UnknownLot):
        resolve(found, Kind.CORRECT_LOT, lot_number="NONE")
    with pytest.raises(UnknownLot):
        resolve(found, Kind.CORRECT_LOT, expires_on=LATER)
    assert state() == before
    resolve(found, Kind.SEPARATE_LOT, lot_number="FRESH", expires_on=LATER, location="A-07")
    assert standing(vitamin) == {("A-07", "FRESH"): 3}


def test_an_unlisted_product_in_its_own_lot_is_accepted(wro, world):
    serum = world.lot_product("SERUM")
    count(wro, Count(serum, 9, "S-1", LATER))
    found = latest(Type.UNLISTED_PRODUCT)
    resolve(found, Kind.CORRECT_LOT, expires_on=SOON, quantity=4)
    resolve(found, Kind.ACCEPT_AS_RECEIVED)
    assert standing(serum) == {("A-01", "S-1"): 9}
    assert serum.lots.get().expires_on == SOON


def test_no_bin_is_free(world, wro, vitamin):
    for place in world.bins:
        put(world.product(f"P-{place.name}"), place, 1)
    count(wro, Count(vitamin, 3, "VC-X"))
    found = latest(Type.LOT_MISMATCH)
    before = state()
    with pytest.raises(NoLocationFree):
        resolve(found, Kind.ACCEPT_AS_RECEIVED)
    with pytest.raises(Malformed) as refused:
        resolve(found, Kind.ACCEPT_AS_RECEIVED, location="NOWHERE")
    assert refused.value.code == "unknown_location"
    assert state() == before
    resolve(found, Kind.ACCEPT_AS_RECEIVED, location="A-01")
    assert standing(vitamin) == {("A-01", "VC-X"): 3}


def test_units_that_are_not_apart_leave_from_where_they_stand(world, wro, vitamin):
    count(wro, Count(vitamin, 105, "VC-A"))
    put_away(wro, StowLine(vitamin, 105, "A-01", "VC-A"))
    found = latest(Type.OVERAGE)
    before = state()
    with pytest.raises(Malformed) as refused:
        resolve(found, Kind.RETURN_TO_MERCHANT)
    assert [error["field"] for error in refused.value.errors] == ["location"]
    assert state() == before
    resolve(found, Kind.RETURN_TO_MERCHANT, location="A-01", quantity=2)
    resolve(found, Kind.DISPOSE, location="A-01")
    assert standing(vitamin) == {("A-01", "VC-A"): 100}
    assert not QuarantineCase.objects.open().exists()
    assert list(differences()) == []


def test_damaged_units_that_were_not_announced_only_leave(wro, vitamin):
    count(wro, Count(vitamin, 3, "VC-X", is_damaged=True))
    found = latest(Type.LOT_MISMATCH)
    with pytest.raises(ResolutionNotPossible):
        resolve(found, Kind.ACCEPT_AS_RECEIVED)
    assert resolve(found, Kind.RETURN_TO_MERCHANT).status == "resolved"
    assert standing(vitamin) == {}


def test_a_lot_assigned_in_quarantine_keeps_the_discrepancy_open(world, wro, vitamin):
    count(wro, Count(vitamin, 10))
    found = latest(Type.UNREADABLE_BARCODE)
    known = make_lot(vitamin, "KNOWN", LATER)
    area = world.place("QUARANTINE")
    assign_lot(lot_id=known.pk, location_id=area.pk, quantity=6, **acting())
    assert latest(Type.UNREADABLE_BARCODE).open_quantity == 10
    resolve(found, Kind.CORRECT_LOT, lot_number="KNOWN")
    assert standing(vitamin) == {("A-01", "KNOWN"): 10}
    assert latest(Type.UNREADABLE_BARCODE).status == "resolved"
    assert list(differences()) == []


def test_two_readings_of_one_lot_have_a_case_each(wro, vitamin):
    count(wro, Count(vitamin, 5, "VC-A", LATER), Count(vitamin, 5, "VC-A", NEXT_YEAR))
    first, second = Discrepancy.objects.order_by("id")
    assert first.case != second.case
    resolve(first, Kind.DISPOSE)
    assert [one.open_quantity for one in Discrepancy.objects.order_by("id")] == [0, 5]


def test_nobodys_is_not_found(world):
    with pytest.raises(NotFound):
        resolve_discrepancy(discrepancy_id=999, decision=Decision(Kind.DISPOSE), **acting())


# Deliveries ---------------------------------------------------------------------------------------


@pytest.fixture
def delivery(world, vitamin):
    """Boxes without a WRO: 5 of VC-A, 2 damaged, 4 whose lot cannot be read, 1 conflicting."""
    made = record_delivery(fields={"warehouse": world.warehouse}, **acting())
    counts = [
        Count(vitamin, 3, "VC-A", SOON),
        Count(vitamin, 2, "vc-a", SOON),
        Count(vitamin, 2, "VC-A", SOON, is_damaged=True),
        Count(vitamin, 4),
        Count(vitamin, 1, "VC-A", LATER),
    ]
    return receive_delivery(delivery_id=made.pk, merchant=world.merchant, counts=counts, **acting())


def test_a_delivery_stands_in_quarantine(delivery, vitamin):
    assert standing(vitamin) == {("QUARANTINE", "VC-A"): 7, ("QUARANTINE", ""): 5}
    rows = delivery.discrepancies.order_by("id").values_list("type", "quantity", "is_damaged")
    assert {type for type, _, _ in rows} == {"no_wro"}
    assert sum(units for _, units, _ in rows) == 12
    assert list(differences()) == []


def test_a_linked_delivery_counts_as_far_as_it_matches(delivery, world, vitamin):
    wro = submitted(world, line(vitamin, 4, ("VC-A", SOON, 4)))
    link_delivery(delivery_id=delivery.pk, wro_id=wro.pk, **acting())
    wro.refresh_from_db()
    assert wro.status == "processing"
    assert counters(wro) == {"VITAMIN VC-A": (4, 4, 0)}
    assert standing(vitamin) == {
        ("DOCK", "VC-A"): 4,
        ("QUARANTINE", "VC-A"): 3,
        ("QUARANTINE", ""): 5,
    }
    assert sum(one.open_quantity for one in wro.discrepancies.open()) == 8
    assert list(differences()) == []


def test_a_delivery_of_which_nothing_matches_is_linked_too(delivery, world, soap):
    wro = arrived(world, line(soap, 4))
    linked = link_delivery(delivery_id=delivery.pk, wro_id=wro.pk, **acting())
    wro.refresh_from_db()
    assert (linked.status, wro.status) == ("linked", "arrived")
    assert wro.discrepancies.open().count() == delivery.discrepancies.count()


def test_it_is_linked_to_its_merchants_wro_of_its_warehouse(delivery, world, vitamin):
    other = make_merchant("OTHER")
    stranger = make_product(other, "X")
    there = make_warehouse("WEST")
    theirs = arrived(type(world)(world.warehouse, other, world.bins), line(stranger, 1))
    away = arrived(world, line(vitamin, 1, ("VC-A", SOON, 1)), warehouse=there)
    before = state()
    with pytest.raises(NotFound):
        link_delivery(delivery_id=delivery.pk, wro_id=theirs.pk, **acting())
    with pytest.raises(WrongWarehouse):
        link_delivery(delivery_id=delivery.pk, wro_id=away.pk, **acting())
    with pytest.raises(NotFound):
        link_delivery(delivery_id=999, wro_id=away.pk, **acting())
    with pytest.raises(Malformed):
        receive_delivery(
            delivery_id=delivery.pk, merchant=other, counts=[Count(stranger, 1)], **acting()
        )
    with pytest.raises(WrongStatus):
        close_delivery(delivery_id=delivery.pk, outcome="returned", note="Late", **acting())
    assert state() == before


def test_a_reason_is_asked_for_what_is_sent_off(world):
    made = record_delivery(fields={"warehouse": world.warehouse}, **acting())
    before = state()
    with pytest.raises(Malformed):
        close_delivery(delivery_id=made.pk, outcome="disposed", note=" ", **acting())
    assert state() == before
    closed = close_delivery(delivery_id=made.pk, outcome="disposed", note="Rotten", **acting())
    assert (closed.status, closed.note) == ("disposed", "Rotten")


# What else is refused -----------------------------------------------------------------------------


def test_a_part_of_what_was_assigned_in_quarantine(world, wro, vitamin):
    """The first of its cases is enough: the other is left as it is."""
    count(wro, Count(vitamin, 10))
    found = latest(Type.UNREADABLE_BARCODE)
    known = make_lot(vitamin, "KNOWN", LATER)
    area = world.place("QUARANTINE")
    assign_lot(lot_id=known.pk, location_id=area.pk, quantity=6, **acting())
    resolve(found, Kind.DISPOSE, quantity=4)
    assert standing(vitamin) == {("QUARANTINE", "KNOWN"): 6}
    assert latest(Type.UNREADABLE_BARCODE).open_quantity == 6


def test_units_of_another_products_lot_are_not_stamped_with_it(world, wro, vitamin):
    count(wro, Count(vitamin, 3))
    case = QuarantineCase.objects.get()
    other = make_lot(world.lot_product("SERUM"), "S-1", LATER)
    before = state()
    with pytest.raises(NotFound):
        restamp_case(decision=CaseDecision(case.pk, "Misread"), lot_id=other.pk, **acting())
    assert state() == before


def test_photos_are_few_and_of_something(wro, vitamin):
    count(wro, Count(vitamin, 3))
    found = latest(Type.UNREADABLE_BARCODE)
    upload = checked(picture(), allowed=PICTURES)
    for _ in range(MOST_PHOTOS):
        add_photo(upload=upload, discrepancy_id=found.pk, **acting())
    with pytest.raises(Malformed) as refused:
        add_photo(upload=upload, discrepancy_id=found.pk, **acting())
    assert (refused.value.code, found.photos.count()) == ("too_many_photos", MOST_PHOTOS)
    for nobodys in ({"discrepancy_id": 999}, {"delivery_id": 999}):
        with pytest.raises(NotFound):
            add_photo(upload=upload, **nobodys, **acting())


def test_a_rule_is_for_the_merchants_own_products(world):
    stranger = make_product(make_merchant("OTHER"), "X")
    before = state()
    with pytest.raises(Malformed) as refused:
        save_rule(merchant=world.merchant, fields={"product": stranger, "min_days": 1}, **acting())
    assert refused.value.code == "unknown_sku"
    with pytest.raises(NotFound):
        delete_rule(rule_id=999, **acting())
    assert state() == before


def test_units_that_are_broken_down_in_quarantine_stay_with_the_discrepancy(world, wro, vitamin):
    count(wro, Count(vitamin, 10))
    found = latest(Type.UNREADABLE_BARCODE)
    place = found.case.balance.location_id
    portions = [Portion(vitamin, units, lot, SOON, place) for lot, units in (("VC-A", 4), ("B", 6))]
    break_down(portions=portions, **acting())
    assert latest(Type.UNREADABLE_BARCODE).open_quantity == 10
    resolve(latest(Type.UNREADABLE_BARCODE), Kind.DISPOSE, quantity=7)
    assert latest(Type.UNREADABLE_BARCODE).open_quantity == 3
    assert standing(vitamin) == {("QUARANTINE", "B"): 3}
    assert list(differences()) == []
