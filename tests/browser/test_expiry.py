"""The expiry page of a big house: its lots at once, its sums when they are added up."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory import expiry_screens
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import house, make_world

# What a screen does is the same on every engine.
pytestmark = pytest.mark.sqlite

URL = "/admin/inventory/expiry/"
CHART = "Units by days to expiry"


@pytest.fixture
def user(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(expiry_screens, "BIG", 0)
    world = make_world()
    world.stock_lot(world.lot_product(), "VC-A", date(2027, 3, 1), 12, 0)
    return house()


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_the_sums_come_after_the_lots(browse: Any, user: Any, viewport: Any, scheme: str) -> None:
    def act(page: Page) -> None:
        page.goto(URL)
        page.get_by_role("img", name=CHART).wait_for()
        assert_accessible(page)
        assert_fits(page)
        expect(page.locator("#figures")).to_contain_text("On hand 12", use_inner_text=True)
        page.get_by_role("link", name="Month of expiry").click()
        page.get_by_role("img", name="Units by month of expiry").wait_for()

    browse(act, user=user, viewport=viewport, color_scheme=scheme)


def test_where_they_do_not_come_a_link_leads_to_them(browse: Any, user: Any) -> None:
    def act(page: Page) -> None:
        page.route(re.compile("part=figures"), lambda route: route.abort())
        page.goto(f"{URL}?life=over-180")
        page.get_by_role("link", name="Add up the units").click()
        page.get_by_role("img", name=CHART).wait_for()
        expect(page.get_by_role("combobox", name="Days to expiry")).to_have_value("over-180")

    browse(act, user=user, tolerated=("Failed to load resource",))
