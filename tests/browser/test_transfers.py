"""A transfer by hand: planned with suggestions, sent, and received on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.browser import PHONE, assert_accessible, assert_fits
from tests.builders import house, stands
from tests.transfers.builders import counters, make_two, sent
from transfers.models import Transfer
from transfers.services import LineRequest

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True, reset_sequences=True)]


def test_it_is_planned_and_sent(browse: Any) -> None:
    two = make_two()

    def act(page: Any) -> None:
        page.goto("/admin/transfers/transfer/add/")
        page.get_by_label("Merchant").select_option(label="ACME")
        page.get_by_label("From warehouse").select_option(label="CHI")
        page.get_by_label("To warehouse").select_option(label="NJ")
        page.get_by_label("Product, line 1").press_sequentially("vita")
        page.locator("#transfer-products option[value=VITAMIN]").wait_for(state="attached")
        page.get_by_label("Product, line 1").fill("VITAMIN")
        page.get_by_label("Units, line 1").fill("12")
        page.get_by_label("Lot number, line 1").focus()
        page.locator("#transfer-lots option[value=EARLY]").wait_for(state="attached")
        page.get_by_role("button", name="+ Add a line").click()
        page.get_by_label("Product, line 2").fill("SOAP")
        page.get_by_label("Units, line 2").fill("3")
        assert_accessible(page)
        page.get_by_role("button", name="Plan the transfer").click()
        page.get_by_text("is planned. Nothing has moved yet.").wait_for()
        page.get_by_role("link", name="Send", exact=True).click()
        expect(page.get_by_label("Units sent, row 2")).to_have_value("10")
        page.get_by_label("Units sent, row 2").fill("9")
        assert_accessible(page)
        page.get_by_role("button", name="Send the units").click()
        page.get_by_text("14 units are in transit to NJ.").wait_for()
        assert_accessible(page)

    browse(act, user=house())
    assert counters(Transfer.objects.get()) == [
        ("SOAP", None, 3, 3, 0, 0),
        ("VITAMIN", "EARLY", 10, 9, 0, 0),
        ("VITAMIN", "LATE", 2, 2, 0, 0),
    ]
    assert stands(two.soap) == {("A-03", None): (5, 0)}


def test_it_is_received_on_a_phone(browse: Any) -> None:
    two = make_two()
    transfer = sent(two, LineRequest(two.vitamin, 10, "EARLY"))

    def act(page: Any) -> None:
        page.goto(f"/admin/transfers/transfer/{transfer.pk}/change/")
        page.get_by_role("link", name="Receive").click()
        expect(page.get_by_label("Location, line 1")).to_have_value("N-01")
        page.wait_for_load_state()  # its script adds the row, and keeps what is typed
        page.get_by_label("Units, line 1").fill("7")
        page.get_by_role("button", name="+ Add a row").click()
        page.get_by_label("Units, line 2").fill("1")
        page.get_by_label("Location, line 2").fill("DAMAGED")
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Receive", exact=True).last.click()
        page.get_by_text("8 units are received.").wait_for()
        page.get_by_role("link", name="Write off what is missing").click()
        page.get_by_label("Reason").fill("Crushed in the truck")
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Write off 2 units").click()
        page.get_by_text("what is missing is written off").wait_for()
        assert_fits(page)

    browse(act, user=house(), viewport=PHONE, color_scheme="dark")
    assert counters(transfer) == [("VITAMIN", "EARLY", 10, 10, 8, 2)]
