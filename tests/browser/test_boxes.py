"""Boxes packed in the browser, at a desk and on a phone."""

from __future__ import annotations

from datetime import date

import pytest

from receiving.packing import AnnouncedBox, Packed
from receiving.services.boxes import announced_boxes
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import house, make_world
from tests.receiving.builders import draft, line

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = pytest.mark.sqlite

SOON = date(2026, 10, 31)


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")])
def test_lots_are_packed_into_boxes(browse, transactional_db, viewport, scheme):
    world = make_world()
    vitamin = world.lot_product("VITAMIN-C-90CT")
    wro = draft(world, line(vitamin, 101, ("VC-A", SOON, 61), ("VC-B", date(2027, 3, 1), 40)))

    def act(page):
        page.goto(f"/admin/receiving/wro/{wro.pk}/boxes/")
        page.get_by_label("How many").fill("3")
        page.get_by_role("button", name="Spread evenly over all").wait_for(state="detached")
        page.get_by_role("button", name="Show them").click()
        page.get_by_role("heading", name="Box 3 of 3").wait_for()
        page.get_by_role("button", name="Spread evenly over all").click()
        page.get_by_label("Units of VITAMIN-C-90CT VC-A in box 1").wait_for()
        page.get_by_label("Units of VITAMIN-C-90CT VC-A in box 3").fill("10")
        page.get_by_role("button", name="Take VITAMIN-C-90CT VC-B out of box 3").click()
        page.get_by_text("13 left", exact=True).wait_for()
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Put everything that is left into box 2").click()
        page.get_by_text("13 left", exact=True).wait_for(state="detached")
        page.get_by_label("Tracking number").nth(1).fill("1Z2")
        page.get_by_role("button", name="Save and continue").click()
        page.wait_for_url("**/review/")
        page.get_by_text("Box 2 of 3").wait_for()
        assert_fits(page)
        assert_accessible(page)

    browse(act, user=house(), viewport=viewport, color_scheme=scheme)

    def packed(a: int, b: int) -> tuple[Packed, ...]:
        both = Packed(vitamin, a, "VC-A", SOON), Packed(vitamin, b, "VC-B", date(2027, 3, 1))
        return tuple(one for one in both if one.quantity)

    assert announced_boxes(wro) == [
        AnnouncedBox("", packed(21, 14)),
        AnnouncedBox("1Z2", packed(30, 26)),
        AnnouncedBox("", packed(10, 0)),
    ]
