"""A WRO by keyboard and on a phone: the search box, + and −, the scanner's Enter."""

from __future__ import annotations

from datetime import date

import pytest

from receiving.models import WRO
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import World, house, make_world
from tests.receiving.builders import arrived, counters, discrepancies, draft, line, received

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = pytest.mark.sqlite

SOON = date(2026, 10, 31)


@pytest.fixture
def world(transactional_db) -> World:
    world = make_world()
    world.lot_product("VITAMIN-C-90CT", name="Vitamin C, 90 tablets")
    world.lot_product("VITAMIN-D-60CT", name="Vitamin D, 60 tablets")
    return world


@pytest.fixture
def vitamin(world):
    return world.merchant.products.get(sku="VITAMIN-C-90CT")


@pytest.fixture
def user(world):
    return house()


def path(wro: WRO, screen: str) -> str:
    return f"/admin/receiving/wro/{wro.pk}/{screen}/"


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_a_draft_is_written_by_keyboard(browse, world, user, vitamin, viewport):
    wro = draft(world)

    def act(page):
        page.goto(path(wro, "products"))
        box = page.get_by_role("combobox", name="Add a product")
        box.focus()
        page.keyboard.insert_text("vitamin")  # at once: one question, so the list comes once
        page.get_by_role("option", name="VITAMIN-D-60CT").wait_for()
        assert_accessible(page)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="VITAMIN-C-90CT").wait_for()
        page.locator("[name=line-0-quantity]:focus").wait_for()
        page.keyboard.type("160")
        page.keyboard.press("Enter")  # as a scanner ends: on to the next field
        page.get_by_label("Lot number, lot 1").fill("VC-2026-10-A")
        page.get_by_label("Expiry, lot 1").fill("2026-10-31")
        page.get_by_label("Units, lot 1").fill("100")
        assert page.locator("[data-sum]").inner_text() == "100 of 160 units are in lots."
        page.get_by_role("button", name="Add a lot of VITAMIN-C-90CT").press("Enter")
        page.locator("[name=line-0-lot-1-number]:focus").wait_for()
        page.keyboard.type("VC-2027-03-B")
        page.get_by_label("Units, lot 2").fill("60")
        assert page.locator("[data-sum]").inner_text() == "All 160 units are in lots."
        page.get_by_role("button", name="Add a lot of VITAMIN-C-90CT").click()
        page.get_by_role("button", name="Remove lot 3").click()
        page.get_by_role("button", name="Remove lot 3").wait_for(state="detached")
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Save and continue").click()
        page.get_by_label("How many").wait_for()
        page.get_by_role("button", name="Save and continue").click()
        page.get_by_role("button", name="Submit").click()
        page.get_by_text("is submitted").wait_for()

    browse(act, user=user, viewport=viewport)
    assert counters(wro) == {
        "VITAMIN-C-90CT VC-2026-10-A": (100, 0, 0),
        "VITAMIN-C-90CT VC-2027-03-B": (60, 0, 0),
    }


def test_escape_closes_the_suggestions(browse, world, user):
    wro = draft(world)

    def act(page):
        page.goto(path(wro, "products"))
        box = page.get_by_role("combobox", name="Add a product")
        box.fill("vitamin")
        page.get_by_role("option", name="VITAMIN-D-60CT").wait_for()
        page.keyboard.press("ArrowUp")
        assert box.get_attribute("aria-activedescendant") == "find-result-1"
        page.keyboard.press("Escape")
        assert not page.get_by_role("listbox").is_visible()
        assert box.get_attribute("aria-expanded") == "false"
        box.fill("vitamin d")
        page.get_by_role("option", name="VITAMIN-D-60CT").click()
        page.get_by_role("heading", name="VITAMIN-D-60CT").wait_for()

    browse(act, user=user)


def test_a_lot_that_nobody_announced_is_received(browse, world, user, vitamin):
    wro = arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)))

    def act(page):
        page.goto(path(wro, "receive"))
        page.get_by_label("Good units of VITAMIN-C-90CT VC-A").fill("95")
        page.get_by_role("button", name="+ Another lot of VITAMIN-C-90CT").click()
        page.locator("[name=extra-0-number]:focus").wait_for()
        page.keyboard.type("VC-X")
        page.keyboard.press("Enter")
        page.get_by_label("Good units of VITAMIN-C-90CT, row 1").fill("5")
        assert page.get_by_label("Good units of VITAMIN-C-90CT VC-A").input_value() == "95"
        assert_accessible(page)
        page.get_by_role("button", name="Receive", exact=True).click()
        page.get_by_text("100 units of").wait_for()
        assert_accessible(page)

    browse(act, user=user)
    assert counters(wro) == {"VITAMIN-C-90CT VC-A": (100, 95, 0)}
    assert discrepancies(wro) == [("lot_mismatch", "VITAMIN-C-90CT", "VC-X", 5)]


def test_lots_are_stowed_apart_as_suggested(browse, world, user, vitamin):
    lots = [("VC-A", SOON, 60), ("VC-B", date(2027, 3, 1), 40)]
    wro = received(world, line(vitamin, 100, *lots))

    def act(page):
        page.goto(path(wro, "stow"))
        page.get_by_role("button", name="Another bin for VITAMIN-C-90CT VC-A").click()
        page.get_by_label("Units of VITAMIN-C-90CT VC-A, bin 2").fill("20")
        page.get_by_label("Bin 2 for VITAMIN-C-90CT VC-A").fill("A-09")
        page.get_by_label("Units of VITAMIN-C-90CT VC-A, bin 1").fill("40")
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Stow", exact=True).click()
        page.get_by_text("A-09 is not the bin that is suggested").wait_for()
        assert_accessible(page)
        page.get_by_label("Reason").fill("The rest stands in the way.")
        page.get_by_role("button", name="Stow", exact=True).click()
        page.get_by_text("100 units of").wait_for()

    browse(act, user=user, viewport=PHONE, color_scheme="dark")
    assert counters(wro) == {
        "VITAMIN-C-90CT VC-A": (60, 60, 60),
        "VITAMIN-C-90CT VC-B": (40, 40, 40),
    }
