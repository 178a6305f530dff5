"""The pop-up with a product's lots: by mouse, by keyboard, on a phone, without JavaScript."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from inventory.services.holds import place_hold
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import World, acting, house, make_demand, make_supply, make_world, put

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = pytest.mark.sqlite

URL = "/admin/inventory/status/"
LINK = "View lots of VITAMIN"


@pytest.fixture
def world(transactional_db) -> World:
    """Four lots of VITAMIN, one of them held, and some units without a lot."""
    world = make_world()
    product = world.lot_product(name="Vitamin C 1000 mg, 90 tablets", min_shelf_life_days=30)
    for index, (number, expires_on) in enumerate(
        [
            ("VC-2026-10-A", date(2026, 10, 1)),
            ("VC-2027-03-A", date(2027, 3, 1)),
            ("", date(2026, 6, 5)),
            ("VC-NO-DATE", None),
        ]
    ):
        lot = world.stock_lot(product, number, expires_on, 10 + index, index)
        if index == 1:
            place_hold(target=lot, reason="Recall", **acting())
    put(product, world.place("QUARANTINE"), 2)
    make_supply(product, 50, world.warehouse)
    make_demand(product, 4, world.warehouse)
    put(world.product("SOAP"), world.bins[5], 3)
    return world


@pytest.fixture
def user(world):
    return house()


def texts(row):
    return [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]


def open_lots(page):
    page.goto(URL)
    page.get_by_role("link", name=LINK).click()
    dialog = page.get_by_role("dialog", name="VITAMIN")
    dialog.wait_for()
    return dialog


def test_it_works(browse, user):
    def act(page):
        dialog = open_lots(page)
        lots = [texts(row) for row in dialog.locator("tbody tr").all()]
        total = texts(dialog.locator("tfoot tr"))
        row = texts(page.locator("tbody tr").filter(has_text="Vitamin C").first)
        return lots, total, row

    lots, total, row = browse(act, user=user)

    assert lots == [
        ["No number", "2026-06-05", "4", "0", "12", "0", "0", "12", "0", "0",
         "12 × below the minimum shelf life"],
        ["VC-2026-10-A", "2026-10-01", "122", "0", "10", "4", "6", "0", "0", "0", "–"],
        ["VC-2027-03-A", "2027-03-01", "273", "0", "11", "0", "0", "11", "0", "0", "11 × on hold"],
        ["VC-NO-DATE", "–", "–", "0", "13", "0", "13", "0", "0", "0", "–"],
        ["No lot", "–", "–", "50", "2", "0", "0", "2", "0", "0", "2 × in quarantine"],
    ]  # fmt: skip
    assert total[3:10] == row[3:10] == ["50", "48", "4", "19", "25", "0", "0"]


def test_it_closes_in_three_ways_and_gives_the_focus_back(browse, user):
    def act(page):
        for close in (
            page.get_by_role("button", name="Close").click,
            lambda: page.keyboard.press("Escape"),
            lambda: page.mouse.click(5, 5),
        ):
            dialog = open_lots(page)
            assert page.evaluate("document.activeElement.id") == "lots-title"
            dialog.locator("td").first.click()
            assert dialog.is_visible()
            close()
            dialog.wait_for(state="hidden")
            focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
            assert focused == LINK

    browse(act, user=user)


@pytest.mark.parametrize("key", ["Enter", " "])
def test_by_keyboard(key, browse, user):
    def act(page):
        page.goto(URL)
        page.get_by_role("link", name=LINK).focus()
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name="VITAMIN")
        dialog.wait_for()
        page.keyboard.press("Tab")
        inside = "document.getElementById('lots-dialog').contains(document.activeElement)"
        assert page.evaluate(inside)
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        page.keyboard.press(key)
        dialog.wait_for()

    browse(act, user=user)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_is_accessible_while_open(viewport, color_scheme, browse, user):
    def act(page):
        dialog = open_lots(page)
        assert_accessible(page)
        assert_fits(page)
        box = dialog.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= viewport[0]
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")

    browse(act, user=user, viewport=viewport, color_scheme=color_scheme)


def test_a_direct_link_opens_the_same_lots_as_a_page(browse, user):
    def act(page):
        dialog = open_lots(page)
        shown = dialog.locator("tbody").inner_text()
        dialog.get_by_role("link", name="Link to these lots").click()
        page.get_by_role("heading", name="Lots of VITAMIN").wait_for()
        expect(page.locator("table tbody").last).to_have_text(shown, use_inner_text=True)

    browse(act, user=user)


def test_somebody_who_was_logged_out_gets_to_log_in(browse, user):
    def act(page):
        page.goto(URL)
        page.context.clear_cookies()
        page.get_by_role("link", name=LINK).click()
        page.get_by_label("Username").wait_for()
        assert "/lots/" in page.url

    browse(act, user=user)


def test_filters_and_sorting(browse, user):
    def act(page):
        page.goto(URL)
        page.get_by_role("link", name="On hand").click()
        expect(page.locator("#content tbody th")).to_have_text(["VITAMIN", "SOAP"])
        page.get_by_label("Search").fill("soap")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**q=soap*")
        expect(page.locator("#content tbody th")).to_have_text(["SOAP"])
        page.get_by_role("link", name="Clear filters").click()
        page.get_by_role("link", name=LINK).wait_for()

    browse(act, user=user)
