"""A lot that was merged is a name of another one: nothing happens under it any more."""

import re
from datetime import date

import pytest

from inventory.models import Balance, Hold, Lot
from inventory.services.disposals import request_disposal
from inventory.services.holds import place_hold, release_hold
from inventory.services.lot_actions import take_action
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.set_asides import Wish as SetAsideWish
from inventory.services.set_asides import set_aside
from inventory.services.stock import Units, adjust
from tests.builders import acting, api, make_demand, make_lot, promised, put, stands
from tests.inventory.admin import browser, html, page
from tests.refusals import refused

DAY = date(2027, 1, 31)
MERGED = "Lot VC-25O8 was merged into VC-2508."


@pytest.fixture
def product(world):
    return world.lot_product()


@pytest.fixture
def good(world, product) -> Lot:
    """7 units in A-02."""
    lot = make_lot(product, "VC-2508", DAY)
    put(product, world.bins[1], 7, lot)
    return lot


@pytest.fixture
def alias(world, product, good) -> Lot:
    """It had 5 units in A-01."""
    lot = make_lot(product, "VC-25O8", DAY)
    put(product, world.bins[0], 5, lot)
    merge_lots(wish=Wish(lot.pk, good.pk), **acting())
    lot.refresh_from_db()
    return lot


@pytest.mark.parametrize("quantity", [3, -3])
def test_units_are_neither_found_nor_lost_under_the_old_name(world, product, alias, quantity):
    with refused("lot_merged") as refusal:
        adjust(
            units=Units(product.pk, alias.pk, quantity),
            location_id=world.bins[0].pk,
            reason="Counted",
            **acting(),
        )
    assert str(refusal.value) == MERGED
    assert (refusal.value.lot, stands(product)["A-01", "VC-2508"]) == (alias.pk, (5, 0))


def test_a_lot_that_is_not_there_gets_no_units(world, product):
    with refused("not_found"):
        adjust(
            units=Units(product.pk, 999_999, 1),
            location_id=world.bins[0].pk,
            reason="Counted",
            **acting(),
        )


def test_the_api_adjusts_the_lot_that_the_old_number_finds(world, product, alias):
    body = {"merchant": "ACME", "sku": product.sku, "lot_number": "vc-25o8", "quantity": 3,
            "location": world.bins[0].pk, "reason": "Counted"}  # fmt: skip
    answer = api().post("/api/v1/adjustments/", body, format="json")
    assert (answer.status_code, answer.json()["lot_number"]) == (201, "VC-2508")
    assert stands(product)["A-01", "VC-2508"] == (8, 0)


def test_its_page_offers_no_act_but_papers_and_labels(world, alias):
    text = html(browser().get(page("lot_change", alias.pk)))
    offered = re.search(r'<ul class="object-tools">(.*?)</ul>', text, re.S)[1]
    acts = [act for act in re.findall(r">([^<>]+)</a>", offered) if act.strip()]
    assert acts == ["Label", "Add a paper", "History"]


def test_it_is_not_held(alias):
    """Who holds the old name believes that its units are held, and they are another lot's."""
    with refused("lot_merged") as refusal:
        place_hold(target=alias, reason="Recall", until=None, **acting())
    assert str(refusal.value) == MERGED


def test_nothing_of_it_is_set_aside_removed_or_decided(world, product, alias):
    wish = SetAsideWish(product, 1, world.warehouse, "Fair", lot=alias, channel="b2b")
    with refused("lot_merged"):
        set_aside(wish=wish, **acting())
    with refused("lot_merged"):
        request_disposal(lot=alias, action="dispose", reason="Old", **acting())
    with refused("lot_merged"):
        take_action(lot_id=alias.pk, action="promote", **acting())


def test_both_holds_keep_the_units(world, product, good):
    """The hold on the mistyped lot goes on with its units, until it is released itself."""
    typed = make_lot(product, "VC-25O8", DAY)
    put(product, world.bins[0], 5, typed)
    ours = place_hold(target=typed, reason="Recall", until=None, **acting())
    other = place_hold(target=good, reason="Counting", until=None, **acting())
    demand = make_demand(product, 12, world.warehouse)

    merge_lots(wish=Wish(typed.pk, good.pk), **acting())

    assert set(Hold.objects.active().values_list("lot", "reason")) == {
        (good.pk, "Recall"),
        (good.pk, "Counting"),
    }
    release_hold(hold_id=other.pk, **acting())
    assert promised(demand) == {}
    release_hold(hold_id=ours.pk, **acting())
    assert promised(demand) == {"A-01": 5, "A-02": 7}


def test_a_hold_of_before_keeps_the_name(world, product, good):
    typed = make_lot(product, "VC-25O8", DAY)
    hold = place_hold(target=typed, reason="Recall", until=None, **acting())
    release_hold(hold_id=hold.pk, **acting())
    merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    hold.refresh_from_db()
    assert hold.lot == typed


def test_units_that_are_not_picked_do_not_come_free(world, product, good):
    typed = make_lot(product, "VC-25O8", DAY, is_active=False)
    put(product, world.bins[0], 5, typed)
    with refused("lot_inactive") as refusal:
        merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    assert str(refusal.value) == (
        "Lot VC-25O8 is inactive and VC-2508 is not: its units would be picked. Activate it first, "
        "or deactivate VC-2508."
    )


def test_units_do_not_come_to_where_they_may_not_go(world, product, good):
    typed = make_lot(product, "VC-25O8", DAY, never_countries="DE")
    put(product, world.bins[0], 5, typed)
    with refused("restrictions_differ") as refusal:
        merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    assert str(refusal.value) == (
        "Lot VC-25O8 may not go everywhere, and VC-2508 has other restrictions: give both the same "
        "first."
    )
    Lot.objects.filter(pk=good.pk).update(never_countries="DE")
    merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    assert Balance.objects.get(lot=good, location=world.bins[0]).on_hand == 5


def test_units_may_come_under_restrictions(world, product, good):
    Lot.objects.filter(pk=good.pk).update(only_channels="b2b")
    typed = make_lot(product, "VC-25O8", DAY)
    put(product, world.bins[0], 5, typed)
    assert merge_lots(wish=Wish(typed.pk, good.pk), **acting()).quantity == 5
