"""The walk of the seeds as people walk it: every step on its screen, from product to RTS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from fulfillment.models import Order
from inventory.models import Product
from tests.browser.browser import DESKTOP, PHONE, Viewport, assert_accessible, assert_fits
from tests.builders import World, house, make_world, stands
from tests.fulfillment.orders import line, make_order, ship

SKU = "VITAMIN-C-90CT"
EARLY = ("VC-2026-10-A", "2026-10-31")
LATE = ("VC-2027-03-B", "2027-03-31")


@pytest.fixture
def world(django_db_reset_sequences: None) -> Any:
    yield make_world()
    said = StringIO()
    call_command("check_ledger", stdout=said)
    assert said.getvalue() == "The ledger agrees with itself.\n"


@pytest.fixture
def walk(browse: Any, world: World) -> Callable[..., Any]:
    """Takes the steps one after the other in one visit."""
    user = house()

    def walk(*steps: Callable[[Any], Any], **profile: Any) -> Any:
        return browse(lambda page: [step(page) for step in steps], user=user, **profile)

    return walk


def check(page: Any) -> None:
    assert_accessible(page)
    assert_fits(page)


# The steps ----------------------------------------------------------------------------------------


def create_the_product(page: Any) -> None:
    """Ticking lot tracking asks at once for another action; saving without it is refused."""
    page.goto("/admin/inventory/product/add/")
    page.get_by_label("Merchant:").select_option(index=1)
    page.get_by_label("SKU").fill(SKU)
    page.get_by_label("Name:", exact=True).fill("Vitamin C, 90 count")
    page.get_by_label("Is this a lot product?").check()
    message = page.get_by_role("alert").filter(has_text="Restocking customer returns")
    message.wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Please correct the error below.").wait_for()
    check(page)
    page.locator("#id_return_action").select_option("quarantine")
    message.wait_for(state="hidden")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()


def announce(page: Any) -> None:
    page.goto("/admin/receiving/wro/add/")
    page.get_by_label("Merchant").select_option(index=1)
    page.get_by_label("Warehouse").select_option(index=1)
    page.get_by_label("Reference").fill("PO-1")
    page.get_by_role("button", name="Save and continue").click()
    box = page.get_by_role("combobox", name="Add a product")
    box.press_sequentially("90 count")
    page.get_by_role("option", name=SKU).click()
    page.locator("[name=line-0-quantity]:focus").wait_for()
    page.get_by_label("Total units").fill("30")
    page.get_by_role("button", name=f"Add a lot of {SKU}").click()
    page.get_by_label("Lot number, lot 2").wait_for()
    for place, (number, expiry), units in ((1, EARLY, "10"), (2, LATE, "20")):
        page.get_by_label(f"Lot number, lot {place}").fill(number)
        page.get_by_label(f"Expiry, lot {place}").fill(expiry)
        page.get_by_label(f"Units, lot {place}").fill(units)
    page.get_by_text("All 30 units are in lots.").wait_for()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Save and continue").click()
    check(page)
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("WRO-000001 is submitted: the warehouse expects it.").wait_for()


def bring_in(page: Any) -> None:
    """Arrived, received as announced, stowed into the bins that are suggested, completed."""
    page.get_by_role("button", name="It has arrived").click()
    page.get_by_role("link", name="Receive", exact=True).click()
    expect(page.get_by_label(f"Good units of {SKU} {EARLY[0]}")).to_have_value("10")
    page.get_by_role("button", name="Receive", exact=True).click()
    page.get_by_text("30 units of WRO-000001 are received.").wait_for()
    page.get_by_role("link", name="Stow 30 units").click()
    for (lot, _), name in ((EARLY, "A-01"), (LATE, "A-02")):
        expect(page.get_by_label(f"Bin 1 for {SKU} {lot}")).to_have_value(name)
    page.get_by_role("button", name="Stow", exact=True).click()
    page.get_by_text("30 units of WRO-000001 are stowed.").wait_for()
    page.get_by_role("link", name="Complete").click()
    page.get_by_role("button", name="Complete").click()
    page.get_by_text("Completed", exact=True).first.wait_for()
    check(page)


def see_the_lots(*expected: list[str]) -> Callable[[Any], None]:
    """The pop-up, first expired first: number, expiry, days, and the six quantities."""

    def step(page: Any) -> None:
        page.goto("/admin/inventory/status/")
        page.get_by_role("link", name=f"View lots of {SKU}").click()
        dialog = page.get_by_role("dialog", name=SKU)
        dialog.wait_for()
        rows = dialog.locator("tbody tr").all()
        shown = [
            [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
            for row in rows
        ]
        assert [row[:9] for row in shown] == list(expected)
        check(page)
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")

    return step


def order_and_ship(page: Any) -> None:
    page.goto("/admin/fulfillment/order/add/")
    page.get_by_label("Merchant").select_option("ACME")
    page.get_by_label("Product, line 1").fill(SKU)
    page.get_by_label("Units, line 1").fill("4")
    page.get_by_role("button", name="Take and allocate").last.click()
    page.get_by_text("All of its 4 units are allocated.").wait_for()
    page.get_by_role("link", name=EARLY[0], exact=True).wait_for()
    assert page.get_by_role("link", name=LATE[0], exact=True).count() == 0
    check(page)
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_role("button", name="Ship").click()
    page.get_by_text("4 units of ORD-000001 left.").wait_for()


def come_back(kind: str) -> Callable[[Any], None]:
    """Two units of the order, announced and arrived."""

    def step(page: Any) -> None:
        page.goto("/admin/returns/return/add/")
        page.get_by_label("Order number").fill("ORD-000001")
        page.get_by_role("button", name="Fill in").click()
        expect(page.get_by_label("Lot number, line 1")).to_have_value(EARLY[0])
        page.get_by_label("Kind").select_option(kind)
        page.get_by_label("Units, line 1").fill("2")
        page.get_by_role("button", name="Announce the return").last.click()
        page.get_by_role("link", name="Mark as arrived").click()
        page.locator("#content form[method=post]").get_by_role("button").last.click()
        page.get_by_role("link", name="Inspect").wait_for()

    return step


def inspect(why: str) -> Callable[[Any], None]:
    """Both units passed; what will be done and why is seen before it is confirmed."""

    def step(page: Any) -> None:
        page.get_by_role("link", name="Inspect").click()
        page.get_by_label("Units found, line 1").fill("2")
        page.get_by_label("Inspection, line 1").select_option("passed")
        page.get_by_role("button", name="Preview").last.click()
        page.get_by_text(why).wait_for()
        check(page)
        page.get_by_role("button", name="Confirm and move the units").click()
        page.get_by_text(why).wait_for()
        check(page)

    return step


def ask_for(days: str) -> Callable[[Any], None]:
    """Set the minimum shelf life: a tick and a number of days."""

    def step(page: Any) -> None:
        page.goto("/admin/inventory/product/")
        page.get_by_role("link", name=SKU, exact=True).click()
        page.get_by_label("This product has a minimum shelf life").check()
        page.locator("#id_min_shelf_life_days").fill(days)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()

    return step


def reopen(page: Any) -> None:
    page.goto("/admin/returns/return/")
    page.get_by_role("link", name="RET-000001").click()


def work_off(page: Any) -> None:
    """The case from a customer return of a lot product offers no release."""
    page.goto("/admin/inventory/quarantinecase/")
    page.locator("#result_list tbody a").first.click()
    page.get_by_role("link", name="Dispose").wait_for()
    assert page.get_by_role("link", name="Release to stock").count() == 0
    check(page)
    page.get_by_role("link", name="Dispose").click()
    page.get_by_label("Reason").fill("Opened by the customer.")
    page.get_by_role("button", name="Dispose of the units").click()
    page.get_by_text("2 units were disposed of").wait_for()


# The walk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_a_lot_comes_in_goes_out_and_comes_back(walk: Any, viewport: Viewport) -> None:
    walk(
        create_the_product,
        announce,
        bring_in,
        see_the_lots(
            [*EARLY, "152", "0", "10", "0", "10", "0", "0"],
            [*LATE, "303", "0", "20", "0", "20", "0", "0"],
        ),
        order_and_ship,
        come_back("rts"),
        inspect("The product's preference for RTS is to restock them."),
        see_the_lots(
            [*EARLY, "152", "0", "8", "0", "8", "0", "0"],
            [*LATE, "303", "0", "20", "0", "20", "0", "0"],
        ),
        viewport=viewport,
    )
    assert stands(Product.objects.get()) == {
        ("A-01", EARLY[0]): (8, 0),
        ("A-02", LATE[0]): (20, 0),
    }


@pytest.fixture
def shipped(world: World) -> Order:
    """Four units of the early lot are with a customer."""
    product = world.lot_product(SKU)
    for place, (number, expiry) in enumerate((EARLY, LATE)):
        world.stock_lot(product, number, date.fromisoformat(expiry), 10, place)
    order = make_order(world.merchant, line(product, 4))
    ship(order)
    return order


def test_below_its_minimum_the_backup_action_happens(walk: Any, shipped: Order) -> None:
    why = "Lot VC-2026-10-A has 152 days remaining and needs 153."
    walk(come_back("rts"), ask_for("153"), reopen, inspect(why))
    assert stands(Product.objects.get())["QUARANTINE", EARLY[0]] == (2, 0)


def test_a_customer_return_is_never_restocked(walk: Any, shipped: Order) -> None:
    why = "The product's preference for customer returns is to quarantine them."
    walk(come_back("customer_return"), inspect(why), work_off)
    assert stands(Product.objects.get()) == {
        ("A-01", EARLY[0]): (6, 0),
        ("A-02", LATE[0]): (10, 0),
    }
