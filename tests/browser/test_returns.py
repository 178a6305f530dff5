"""A return by hand: from its order, and inspected: what will be done is seen before it is done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from returns.models import Return
from tests.browser.browser import assert_accessible
from tests.builders import house, make_world
from tests.returns.made import announced, done, make_arrived, shipped_order

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True, reset_sequences=True)]
A = date(2026, 10, 31)


def test_a_return_is_announced_from_its_order(browse: Any) -> None:
    world = make_world()
    product = world.lot_product("VITAMIN-C-90CT")
    lot = world.stock_lot(product, "VC-2026-10-A", A, 10, 0)
    world.product("SOAP")
    shipped_order(world, product, 3, lot)

    def act(page: Any) -> None:
        page.goto("/admin/returns/return/add/")
        page.get_by_label("Order number").fill("ORD-000001")
        page.get_by_role("button", name="Fill in").click()
        expect(page.get_by_label("Product, line 1")).to_have_value("VITAMIN-C-90CT")
        expect(page.get_by_label("Lot number, line 1")).to_have_value("VC-2026-10-A")
        page.wait_for_load_state()  # its scripts suggest and remove
        page.get_by_label("Kind").select_option("rts")
        page.get_by_role("button", name="+ Add a line").click()
        page.get_by_label("Product, line 2").press_sequentially("soa")
        page.locator("#return-products option[value=SOAP]").wait_for(state="attached")
        page.get_by_role("button", name="Remove, line 2").click()
        expect(page.get_by_label("Product, line 2")).to_have_count(0)
        page.get_by_label("Units, line 1").fill("2")
        assert_accessible(page)
        page.get_by_role("button", name="Announce the return").last.click()
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Return RET-000001 Awaiting arrival")

    browse(act, user=house())
    line = Return.objects.get().lines.get()
    assert (line.quantity, line.lot.number) == (2, "VC-2026-10-A")


def test_an_inspection_is_seen_before_it_is_done(browse: Any) -> None:
    world = make_world()
    product = world.lot_product("VITAMIN-C-90CT")
    lot = world.stock_lot(product, "VC-2026-10-A", A, 10, 0)
    document = make_arrived(world, announced(product, 3, lot))

    def act(page: Any) -> None:
        page.goto(f"/admin/returns/return/{document.pk}/inspect/")
        page.get_by_label("Units found, line 1").fill("2")
        page.get_by_label("Inspection, line 1").select_option("passed")
        page.get_by_role("button", name="+ Add a row").click()
        page.get_by_label("Units found, line 2").fill("1")
        page.get_by_label("Inspection, line 2").select_option("failed")
        page.get_by_label("Lot number read, line 2").press("Enter")  # previews, never confirms
        page.get_by_text("No lot number or expiry date could be read.").wait_for()
        assert_accessible(page)
        page.get_by_role("button", name="Confirm and move the units").click()
        page.get_by_text("2 restocked, 1 quarantined.").wait_for()
        assert_accessible(page)

    browse(act, user=house())
    assert done(document) == [
        ("restock", "preference", 2, "VC-2026-10-A", "A-01"),
        ("quarantine", "lot_unknown", 1, None, "QUARANTINE"),
    ]
