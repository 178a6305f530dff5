"""Merging a mistyped lot into the one that its units are of."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import Balance, Lot, Posting, QuarantineCase
from inventory.queries.lots import LotRef, find_lots
from inventory.services.demands import cancel_demands
from inventory.services.disposals import request_disposal
from inventory.services.holds import place_hold
from inventory.services.lot_merges import Merged, Moved, Promised, Wish, merge_lots, preview_merge
from inventory.services.lots import create_lot, delete_lot, update_lot
from inventory.services.stock import Units, assign_lot, move
from merchants.models import Event
from tests.builders import (
    acting,
    make_demand,
    make_lot,
    make_supply,
    promised,
    put,
    set_lots_active,
    stands,
)
from tests.clock import CLOCK
from tests.invariants import recompute
from tests.refusals import refused, state
from tests.transfers.builders import LineRequest, make_two, sent

GOOD, TYPED = "VC-2508", "VC-25O8"
DAY = date(2027, 1, 31)


@pytest.fixture
def product(world):
    return world.lot_product()


def lot(product, number, expires_on=DAY) -> Lot:
    return make_lot(product, number, expires_on)


@pytest.fixture
def pair(world, product) -> tuple[Lot, Lot]:
    """The mistyped lot: 5 units in A-01; the good one: 7 units in A-02."""
    good, typed = lot(product, GOOD), lot(product, TYPED)
    put(product, world.bins[0], 5, typed)
    put(product, world.bins[1], 7, good)
    return typed, good


def merge(source: Lot, target: Lot, expiry: str = "", reason: str = "") -> Merged:
    return merge_lots(wish=Wish(source.pk, target.pk, expiry, reason), **acting())


def test_it_works(product, pair):
    typed, good = pair

    merged = merge(typed, good, reason="O for 0.")

    assert merged.moves == [Moved("CHI", "A-01", 5, 0)]
    assert merged.promises == []
    assert merged.quantity == 5
    assert stands(product) == {("A-01", GOOD): (5, 0), ("A-02", GOOD): (7, 0)}
    typed.refresh_from_db()
    assert (typed.is_active, typed.merged_into, typed.number) == (False, good, TYPED)
    posting = Posting.objects.get(kind="merge_lots")
    assert posting.reason == f"Lot {TYPED} is {GOOD}. O for 0."
    (movement,) = posting.movements.all()
    assert (movement.source.lot, movement.target.lot, movement.quantity) == (typed, good, 5)
    assert movement.source.location == movement.target.location
    event = Event.objects.get(topic="lot.merged")
    assert event.payload == {
        "source": typed.pk,
        "source_number": TYPED,
        "target": good.pk,
        "target_number": GOOD,
        "quantity": 5,
    }
    recompute()


def test_the_old_number_finds_the_other_lot(product, pair):
    typed, good = pair
    merge(typed, good)
    ref = LotRef(product.pk, TYPED.lower())
    assert find_lots([ref]) == {ref: good}


def test_a_preview_says_the_same_and_changes_nothing(pair):
    typed, good = pair
    before = state()
    merged = preview_merge(wish=Wish(typed.pk, good.pk), **acting())
    assert merged.moves == [Moved("CHI", "A-01", 5, 0)]
    assert state() == before
    assert merge(typed, good).moves == merged.moves


def test_promises_are_made_anew_of_the_other_lot(world, product, pair):
    """The order of 6 held 5 units of the mistyped lot, which is the first by its expiry."""
    typed, good = pair
    update_lot(lot_id=typed.pk, fields={"expires_on": date(2027, 1, 30)}, **acting())
    demand = make_demand(product, 6, world.warehouse, number="SO-1")
    assert promised(demand) == {"A-01": 5, "A-02": 1}

    merged = merge(typed, good, expiry="target")

    assert merged.moves == [Moved("CHI", "A-01", 5, 5)]
    assert merged.promises == [Promised("SO-1", False, 5, 0)]
    demand.refresh_from_db()
    assert (demand.allocated, sum(promised(demand).values())) == (6, 6)
    assert Event.objects.filter(topic="order.allocated", object="SO-1").count() == 2
    here = Balance.objects.get(lot=typed, location=world.bins[0])
    assert (here.on_hand, here.committed) == (0, 0)
    recompute()


def test_an_order_that_named_the_old_lot_gets_the_other_one(world, product, pair):
    typed, good = pair
    named = make_demand(product, 9, world.warehouse, lot=typed, number="SO-2")
    named.refresh_from_db()
    assert (named.allocated, named.backordered) == (5, 4)

    merged = merge(typed, good)

    named.refresh_from_db()
    assert (named.lot, named.allocated, named.backordered) == (good, 9, 0)
    assert merged.promises == [Promised("SO-2", False, 5, 0)]


def test_a_cancelled_order_keeps_the_name(world, product, pair):
    typed, good = pair
    demand = make_demand(product, 1, world.warehouse, lot=typed)
    cancel_demands(demands=[demand], now=CLOCK.now)
    merge(typed, good)
    demand.refresh_from_db()
    assert demand.lot == typed


def test_units_in_one_mixed_place_and_in_quarantine_keep_their_cases(world, product, pair):
    typed, good = pair
    area = world.place("QUARANTINE")
    for units, reason in ((2, "Wet"), (1, "Torn")):
        move(
            units=Units(product.pk, typed.pk, units),
            source_id=world.bins[0].pk,
            target_id=area.pk,
            reason=reason,
            **acting(),
        )
    opened = list(QuarantineCase.objects.order_by("id").values_list("opened_at", flat=True))

    merged = merge(typed, good)

    assert merged.moves == [Moved("CHI", "A-01", 2, 0), Moved("CHI", "QUARANTINE", 3, 0)]
    cases = QuarantineCase.objects.open().order_by("id")
    assert [(one.quantity, one.reason, one.balance.lot) for one in cases] == [
        (2, "Wet", good),
        (1, "Torn", good),
    ]
    assert [one.opened_at for one in cases] == opened
    assert stands(product)["QUARANTINE", GOOD] == (3, 0)
    recompute()


def test_units_without_a_lot_stay_beside(world):
    """The bin was stamped in part only."""
    plain = world.product("PLAIN")
    a, b = lot(plain, "A1"), lot(plain, "AI")
    put(plain, world.bins[2], 5)
    assign_lot(lot_id=a.pk, location_id=world.bins[2].pk, quantity=2, **acting())

    merge(a, b)

    assert stands(plain) == {("A-03", None): (3, 0), ("A-03", "AI"): (2, 0)}


def test_a_lot_without_units_becomes_an_alias(product, pair):
    _, good = pair
    empty = lot(product, "VC 25-08")
    merged = merge(empty, good)
    assert (merged.moves, merged.quantity) == ([], 0)
    assert not Posting.objects.filter(kind="merge_lots").exists()
    empty.refresh_from_db()
    assert empty.merged_into == good


def test_an_alias_follows_its_lot(product, pair):
    typed, good = pair
    other = lot(product, "VC-2508-B")
    merge(typed, good)
    merge(good, other)
    typed.refresh_from_db()
    assert typed.merged_into == other
    ref = LotRef(product.pk, TYPED)
    assert find_lots([ref]) == {ref: other}


def test_the_earlier_receipt_counts(world, product, clock):
    good, typed, never = lot(product, GOOD), lot(product, TYPED), lot(product, "VC-2S08")
    put(product, world.bins[0], 5, typed)
    first = CLOCK.now
    clock.advance(days=3)
    put(product, world.bins[1], 7, good)
    merge(typed, good)
    merge(never, good)
    good.refresh_from_db()
    assert good.received_at == first


@pytest.mark.parametrize(("stays", "day"), [("source", date(2027, 3, 1)), ("target", DAY)])
def test_somebody_says_which_expiry_stays(world, product, stays, day):
    good, typed = lot(product, GOOD), lot(product, TYPED, date(2027, 3, 1))
    put(product, world.bins[0], 5, typed)
    with refused("expiry_differs") as refusal:
        merge(typed, good)
    assert (refusal.value.source, refusal.value.target) == (date(2027, 3, 1), DAY)
    assert str(refusal.value) == (
        f"Lot {TYPED} has the expiry 2027-03-01, {GOOD} has the expiry 2027-01-31: say which one "
        "stays."
    )

    merge(typed, good, expiry=stays)

    good.refresh_from_db()
    assert good.expires_on == day
    assert Balance.objects.get(lot=good, location=world.bins[0]).expires_on == day


def test_a_lot_without_an_expiry_differs_too(product):
    good, typed = lot(product, GOOD), lot(product, TYPED, None)
    with refused("expiry_differs") as refusal:
        merge(typed, good)
    assert f"Lot {TYPED} has no expiry" in str(refusal.value)


def test_an_unnumbered_lot_goes_into_a_numbered_one(world, product):
    good, unnumbered = lot(product, GOOD), lot(product, "")
    put(product, world.bins[0], 5, unnumbered)
    merge(unnumbered, good)
    ref = LotRef(product.pk, "", DAY)
    assert find_lots([ref]) == {ref: good}
    assert stands(product) == {("A-01", GOOD): (5, 0)}


def test_held_units_stay_held(pair):
    typed, good = pair
    place_hold(target=typed, reason="Recall", until=None, **acting())
    with refused("lot_on_hold"):
        merge(typed, good)
    place_hold(target=good, reason="Recall", until=None, **acting())
    merge(typed, good)
    assert all(Balance.objects.filter(lot=good, on_hand__gt=0).values_list("is_blocked", flat=True))


def test_units_may_become_held(world, pair):
    typed, good = pair
    place_hold(target=good, reason="Recall", until=None, **acting())
    merge(typed, good)
    assert Balance.objects.get(lot=good, location=world.bins[0]).is_blocked


def test_units_become_inactive_with_an_inactive_lot(world, product, pair):
    typed, good = pair
    set_lots_active(lot_ids=[good.pk], is_active=False, **acting())
    demand = make_demand(product, 3, world.warehouse)
    assert promised(demand) == {"A-01": 3}
    merged = merge(typed, good)
    assert merged.promises == [Promised(demand.order_number, False, 3, 3)]
    assert promised(demand) == {}


def test_a_wro_that_brings_the_lot_refuses(world, product, pair):
    typed, good = pair
    make_supply(product, 5, world.warehouse, typed)
    with refused("lot_in_use") as refusal:
        merge(typed, good)
    assert str(refusal.value) == (
        f"WRO-000001 still brings units of lot {TYPED}: complete it first."
    )


def test_units_on_the_way_refuse(db):
    two = make_two()
    early, late = (two.vitamin.lots.get(number=number) for number in ("EARLY", "LATE"))
    sent(two, LineRequest(two.vitamin, 2, lot_number="EARLY"))
    with refused("lot_in_use") as refusal:
        merge(early, late)
    assert str(refusal.value) == "Units of lot EARLY are in transit: receive them first."


def test_an_open_request_to_dispose_refuses(pair):
    typed, good = pair
    request_disposal(lot=typed, action="dispose", reason="Old", **acting())
    with refused("lot_in_use") as refusal:
        merge(typed, good)
    assert "asked to have units" in str(refusal.value)


def test_only_lots_of_one_product_are_merged(world, product, pair):
    typed, good = pair
    foreign = lot(world.lot_product("OTHER"), GOOD)
    for source, target, code in (
        (typed, typed, "same_lot"),
        (typed, foreign, "other_product"),
        (foreign, good, "other_product"),
    ):
        with refused(code) as refusal:
            merge(source, target)
        assert refusal.value.errors[0]["field"] == "target"


@pytest.mark.parametrize("source", [True, False])
def test_there_are_two_lots(pair, source):
    typed, good = pair
    wish = Wish(999_999, good.pk) if source else Wish(typed.pk, 999_999)
    with refused("not_found"):
        merge_lots(wish=wish, **acting())


def test_the_wish_is_read_strictly(pair):
    typed, good = pair
    with refused("invalid_choice"):
        merge(typed, good, expiry="both")
    with refused("max_length"):
        merge(typed, good, reason="x" * 301)


def test_a_merged_lot_stays_as_it_is(world, product, pair):
    typed, good = pair
    merge(typed, good)
    again = f"Lot {TYPED} was merged into {GOOD}."
    with refused("lot_merged") as refusal:
        merge(typed, good)
    assert str(refusal.value) == again
    with refused("lot_merged"):
        merge(good, typed)
    with refused("lot_merged"):
        update_lot(lot_id=typed.pk, fields={"number": "NEW"}, **acting())
    with refused("lot_merged"):
        set_lots_active(lot_ids=[good.pk, typed.pk], is_active=True, **acting())
    with refused("lot_merged"):
        delete_lot(lot_id=typed.pk, **acting())
    with refused("lot_merged"):
        assign_lot(lot_id=typed.pk, location_id=world.bins[5].pk, **acting())
    with refused("lot_number_taken") as taken:
        create_lot(product=product, fields={"number": TYPED}, **acting())
    assert str(taken.value) == f"This product already has the lot {TYPED}, merged into {GOOD}."


def test_the_database_keeps_an_alias_inactive(pair):
    typed, good = pair
    merge(typed, good)
    with pytest.raises(IntegrityError), transaction.atomic():
        Lot.objects.filter(pk=typed.pk).update(is_active=True)


def test_the_other_lot_cannot_be_deleted(product):
    good, typed = lot(product, GOOD), lot(product, TYPED)
    merge(typed, good)
    with refused("lot_in_use"):
        delete_lot(lot_id=good.pk, **acting())


def test_the_number_of_statements_does_not_grow_with_the_places(world, product):
    good = lot(product, GOOD)
    counts = []
    for number, bins in (("VC-25O8", world.bins[:2]), ("VC-2SO8", world.bins[2:9])):
        typed = lot(product, number)
        for place in bins:
            put(product, place, 2, typed)
        with CaptureQueriesContext(connection) as queries:
            merge(typed, good)
        counts.append(len(queries))
    assert counts[0] == counts[1]
