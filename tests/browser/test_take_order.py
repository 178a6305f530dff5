"""Orders as people take, pack and cancel them."""

from datetime import date
from typing import Any

import pytest

from fulfillment.models import Order
from tests.browser.browser import PHONE, assert_accessible, assert_fits
from tests.builders import house, make_world
from tests.fulfillment.orders import line, make_order, promised, status

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def world(transactional_db: None) -> Any:
    """VITAMIN: EARLY 4 units, LATE 10 units, and an expired lot."""
    world = make_world()
    vitamin = world.lot_product(name="Vitamin C, 90 count")
    world.stock_lot(vitamin, "EARLY", date(2026, 10, 1), 4, 0)
    world.stock_lot(vitamin, "LATE", date(2027, 3, 1), 10, 1)
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 2)
    world.product("SOAP")
    return world


def suggested(page: Any, name: str, value: str) -> None:
    page.locator(f"#order-{name} option[value={value}]").wait_for(state="attached")


def test_an_order_is_taken_with_the_keyboard(browse: Any, world: Any) -> None:
    def act(page: Any) -> None:
        page.goto("/admin/fulfillment/order/add/")
        page.get_by_label("Merchant").select_option("ACME")
        page.get_by_label("Product, line 1").press_sequentially("90 count")
        suggested(page, "products", "VITAMIN")
        page.get_by_label("Product, line 1").fill("VITAMIN")
        page.get_by_label("Units, line 1").fill("6")
        page.get_by_role("button", name="Add a line").press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
            "Product, line 2"
        )
        page.get_by_label("Product, line 2").fill("SOAP")
        page.get_by_role("button", name="Add a line").press("Enter")
        page.get_by_label("Product, line 3").fill("VITAMIN")
        page.get_by_label("Lot number, line 3").focus()
        suggested(page, "lots", "LATE")
        page.get_by_label("Lot number, line 3").fill("LATE")
        page.get_by_label("Units, line 3").fill("1")
        page.get_by_role("button", name="Remove, line 2").press("Enter")
        assert page.locator("#order-lines tbody tr").count() == 2
        assert page.get_by_label("Lot number, line 2").input_value() == "LATE"
        assert_accessible(page)
        page.get_by_label("Reference").fill("S-1")
        page.get_by_label("Reference").press("Enter")
        page.get_by_text("All of its 7 units are allocated.").wait_for()
        page.get_by_text("Expired 2026-05-01").first.wait_for()

    browse(act, user=house())
    assert promised(Order.objects.get()) == [
        ("VITAMIN", "EARLY", "A-01", 4),
        ("VITAMIN", "LATE", "A-02", 1),
        ("VITAMIN", "LATE", "A-02", 2),
    ]


def test_suggestions_that_do_not_come_disturb_nobody(browse: Any, world: Any) -> None:
    def act(page: Any) -> None:
        page.goto("/admin/fulfillment/order/add/")
        page.get_by_label("Merchant").select_option("ACME")
        page.route("**/suggest/**", lambda route: route.abort())
        with page.expect_event("requestfailed"):
            page.get_by_label("Product, line 1").press_sequentially("SO")
        page.unroute("**/suggest/**")
        page.get_by_label("Product, line 1").press_sequentially("A")
        suggested(page, "products", "SOAP")

    browse(act, user=house(), tolerated=("Failed to load resource",))


def test_the_last_line_is_never_taken_away(browse: Any, world: Any) -> None:
    def act(page: Any) -> int:
        page.goto("/admin/fulfillment/order/add/")
        page.get_by_label("Product, line 1").fill("VITAMIN")
        page.get_by_role("button", name="Remove, line 1").click()
        assert page.get_by_label("Product, line 1").input_value() == ""
        return int(page.locator("#order-lines tbody tr").count())

    assert browse(act, user=house()) == 1


def test_an_order_is_packed_on_a_phone(browse: Any, world: Any) -> None:
    order = make_order(world.merchant, line(world.merchant.products.get(sku="VITAMIN"), 6))

    def act(page: Any) -> None:
        page.goto(f"/admin/fulfillment/order/{order.pk}/change/")
        for check in (assert_fits, assert_accessible):
            check(page)
        page.get_by_role("link", name="Ship", exact=True).click()
        for check in (assert_fits, assert_accessible):
            check(page)
        page.get_by_label("Units packed, row 2").fill("1")
        page.get_by_label("Tracking number").fill("1Z")
        page.get_by_role("button", name="Ship").click()
        page.get_by_text(f"5 units of {order.number} left.").wait_for()

    browse(act, user=house(), viewport=PHONE, color_scheme="dark")
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 1)]
    assert status(order) == "allocated"


def test_the_form_fits_a_phone(browse: Any, world: Any) -> None:
    def act(page: Any) -> None:
        page.goto("/admin/fulfillment/order/add/")
        page.get_by_role("button", name="Add a line").click()
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Take and allocate").click()
        page.get_by_role("alert").wait_for()
        assert_fits(page)
        assert_accessible(page)

    browse(act, user=house(), viewport=PHONE)
