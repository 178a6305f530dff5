"""Every page of the admin in light, in dark and at 390 px: nothing for axe to find, no breach of
the policy, no console error, no sideways scroll. A page that is added must be named here, too.

What a page looks like does not depend on the database's engine: the walk is on SQLite only.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse

from fulfillment.models import Order, Wave
from inventory.models import (
    Allocation,
    Balance,
    DisposalRequest,
    Hold,
    Lot,
    Product,
    QuarantineCase,
    SetAside,
)
from merchants.models import User
from merchants.services import create_api_key
from receiving.models import WRO, Discrepancy, UnidentifiedDelivery
from returns.models import Return
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.clock import CLOCK
from transfers.models import Transfer

NOT_PAGES = {
    "autocomplete",  # JSON, like the six below
    "fulfillment_order_lots",
    "fulfillment_order_products",
    "receiving_wro_find_product",
    "returns_return_lots",
    "returns_return_products",
    "transfers_transfer_lots",
    "transfers_transfer_products",
    "jsi18n",  # a script
    "inventory_lot_paper",  # a file
    "inventory_lotformat_preview",  # a piece of a page
    "login",  # looked at in test_log_in.py
    "logout",
    "view_on_site",  # sends elsewhere
    "fulfillment_wave_count",  # JSON, too
    "fulfillment_wave_progress",
    "fulfillment_wave_interrupt",  # buttons, like those below
    "fulfillment_wave_release",
    "fulfillment_order_allocate",  # buttons, like the one below
    "jobs_job_try_again",
    "receiving_photo",  # a picture
    "receiving_wro_arrive",
    "receiving_wro_arrive_and_scan",
    "receiving_wro_scan_board",  # JSON
    "receiving_wro_scan_done",
    "receiving_wro_continue",  # leads on to a step
    "receiving_wro_export_lines",  # a file, like the two below
    "receiving_wro_labels",
    "receiving_wro_lot_labels",
}
# No form deletes a row, so nobody meets these pages; a task has run or not.
NEVER_SHOWN = ("_delete", "jobs_job_change", "jobs_job_history")
ADDRESSES: dict[str, Callable[[], list[Any]]] = {
    "index": list,
    "app_list": lambda: ["inventory"],
    "password_change": list,
    "password_change_done": list,
    "auth_user_password_change": lambda: one(User.objects.filter(username="demo")),
    "inventory_status": list,
    "inventory_expiry": list,
    "inventory_expiry_action": lambda: one(Lot.objects.filter(actions__isnull=False)),
    "inventory_status_lots": lambda: one(Product.objects.filter(lots__balances__on_hand__gt=0)),
    "inventory_lot_label": lambda: one(Lot.objects.filter(balances__on_hand__gt=0)),
    "inventory_hold_release": lambda: one(Hold.objects.active()),
    "inventory_location_add_bins": list,
    "inventory_location_relocate": lambda: filled_bin("location"),
    "inventory_location_scattered": list,
    "inventory_location_bring_together": lambda: filled_bin("pk"),
    "inventory_location_export": list,
    "inventory_location_import": list,
    "inventory_lot_export": list,
    "inventory_lot_import": list,
    "inventory_product_export": list,
    "inventory_product_import": list,
    "inventory_balance_move": lambda: one(
        Balance.objects.filter(location_kind="storage", on_hand__gt=0)
    ),
    "inventory_balance_adjust": list,
    "inventory_balance_assign": list,
    "inventory_quarantinecase_dispose": lambda: one(QuarantineCase.objects.open()),
    "inventory_quarantinecase_release": lambda: one(
        QuarantineCase.objects.open().filter(may_be_released=True)
    ),
    "inventory_quarantinecase_return_to_merchant": lambda: one(
        QuarantineCase.objects.open().exclude(source="short_pick")
    ),
    "receiving_wro_traceability": lambda: one(
        WRO.objects.filter(receipt_facts__isnull=False).distinct()
    ),
    "receiving_discrepancy_care": lambda: one(Discrepancy.objects.open()),
    "receiving_discrepancy_add_photo": lambda: one(Discrepancy.objects.open()),
    "receiving_discrepancy_resolve": lambda: [
        *one(Discrepancy.objects.filter(type="no_wro")),
        "correct_lot",
    ],
    "receiving_unidentifieddelivery_receive": lambda: delivery("recorded"),
    "receiving_unidentifieddelivery_return_to_merchant": lambda: delivery("recorded"),
    "receiving_unidentifieddelivery_dispose": lambda: delivery("recorded"),
    "receiving_unidentifieddelivery_add_photo": lambda: delivery("recorded"),
    "receiving_unidentifieddelivery_link": lambda: delivery("received"),
    "receiving_wro_import": list,
    "receiving_wro_details": lambda: wro("draft"),
    "receiving_wro_products": lambda: wro("draft"),
    "receiving_wro_import_lines": lambda: wro("draft"),
    "receiving_wro_boxes": lambda: wro("draft"),
    "receiving_wro_copy": lambda: wro("draft"),
    "receiving_wro_review": lambda: wro("draft"),
    "receiving_wro_receive": lambda: wro("arrived"),
    "receiving_wro_find_box": list,
    "receiving_wro_scan": lambda: wro("arrived"),
    "receiving_wro_stow": lambda: wro("processing"),
    "receiving_wro_stow_tasks": list,
    "receiving_wro_complete": lambda: wro("processing"),
    "receiving_wro_cancel": lambda: wro("awaiting"),
    "fulfillment_wave_cancel": lambda: wave("open"),
    "fulfillment_wave_pick_list": lambda: wave("completed"),
    "fulfillment_order_ship": lambda: order("allocated"),
    "fulfillment_order_cancel": lambda: order("backordered"),
    "fulfillment_order_not_found": lambda: promised("allocated"),
    "inventory_lot_import_activity": list,
    "inventory_lot_draw": list,
    "inventory_lot_merge": lambda: one(Lot.objects.filter(merged_into=None)),
    "inventory_lot_attach": lambda: one(Lot.objects.all()),
    "inventory_product_break_down": lambda: one(
        Product.objects.filter(balances__lot=None, balances__location_kind="storage")
    ),
    "inventory_product_import_breakdown": list,
    "inventory_disposalrequest_refuse": lambda: asked_to("requested"),
    "inventory_disposalrequest_cancel": lambda: asked_to("requested"),
    "inventory_setaside_end": lambda: one(SetAside.objects.filter(ended_at=None)),
    "transfers_transfer_send": lambda: transfer("awaiting"),
    "transfers_transfer_cancel": lambda: transfer("awaiting"),
    "transfers_transfer_receive": lambda: transfer("in_transit"),
    "transfers_transfer_write_off": lambda: transfer("in_transit"),
    "returns_return_edit": lambda: coming_back("awaiting"),
    "returns_return_cancel": lambda: coming_back("awaiting"),
    "returns_return_arrive": lambda: coming_back("awaiting"),
    "returns_return_inspect": lambda: coming_back("arrived"),
    "returns_return_complete": lambda: coming_back("processing"),
}


def filled_bin(field: str) -> list[Any]:
    """A storage balance with units, or its location."""
    rows = Balance.objects.filter(location_kind="storage", on_hand__gt=0).order_by("pk")
    return [rows.values_list(field, flat=True)[0]]


def delivery(status: str) -> list[Any]:
    return one(UnidentifiedDelivery.objects.filter(status=status))


def wro(status: str) -> list[Any]:
    return one(WRO.objects.filter(status=status))


def wave(status: str) -> list[Any]:
    return one(Wave.objects.filter(status=status))


def asked_to(status: str) -> list[Any]:
    return one(DisposalRequest.objects.filter(status=status))


def order(status: str) -> list[Any]:
    return one(Order.objects.with_status().filter(status=status))


def promised(status: str) -> list[Any]:
    """An order and the first promise to it."""
    (pk,) = order(status)
    return [pk, *one(Allocation.objects.filter(demand__order_line__order=pk))]


def coming_back(status: str) -> list[Any]:
    return one(Return.objects.filter(status=status))


def transfer(status: str) -> list[Any]:
    return one(Transfer.objects.filter(status=status))


def one(rows: Any) -> list[Any]:
    """The key of the first of these rows, as the demo made them."""
    row = rows.order_by("pk").first()
    assert row is not None, f"the demo has no {rows.model._meta.verbose_name} to show"
    return [row.pk]


def asked_by_demo() -> Any:
    """A request of the demo's superuser, as far as an admin asks of it."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="demo")
    request.now = CLOCK.now
    return request


def of_models() -> dict[str, Callable[[], list[Any] | None]]:
    """Django's own pages of every registered model; None where one is not to be had."""
    pages: dict[str, Callable[[], list[Any] | None]] = {}
    for model, shown in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        pages[f"{name}_changelist"] = list
        pages[f"{name}_add"] = lambda shown=shown: (
            [] if shown.has_add_permission(asked_by_demo()) else None
        )
        pages[f"{name}_change"] = pages[f"{name}_history"] = lambda shown=shown: one(
            shown.get_queryset(asked_by_demo())
        )
    return pages


def registered(patterns: Any) -> Iterator[str]:
    """The names of all addresses of the admin site."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from registered(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def pages() -> dict[str, str]:
    """Each page's name and address, for the data that the demo made."""
    found = {}
    for name, arguments in (of_models() | ADDRESSES).items():
        if not name.endswith(NEVER_SHOWN) and (args := arguments()) is not None:
            found[name] = reverse(f"admin:{name}", args=args)
    return found


@pytest.fixture
def demo(transactional_db) -> User:
    """The demo and a key to the API, which it has none of; its superuser looks at them."""
    call_command("demo", verbosity=0)
    user = User.objects.get(username="demo")
    create_api_key(merchant=None, name="Scanner", actor=user, now=CLOCK.now)
    return user


def test_every_page_of_the_admin_is_looked_at():
    known = NOT_PAGES | set(of_models()) | set(ADDRESSES)
    unknown = {
        name for name in registered(admin.site.get_urls()) if not name.endswith(NEVER_SHOWN)
    } - known
    assert not unknown, f"name these in ADDRESSES, with their arguments: {sorted(unknown)}"


def look_at_all(page: Any, addresses: dict[str, str]) -> list[str]:
    """What is wrong with these pages. One visit: a fresh profile for each takes longer than axe."""
    wrong = []
    for name, address in addresses.items():
        try:
            look(page, address)
        except AssertionError as found:
            wrong.append(f"{name}: {found}")
    return wrong


def look(page: Any, address: str) -> None:
    """In light, in dark (where only colours differ), and on a phone."""
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer.status == 200, f"{address} answers {answer.status}"
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, rules=("color-contrast", "link-in-text-block"))
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.sqlite
@pytest.mark.parametrize("half", [0, 1])
def test_every_page_is_accessible(browse, demo, half):
    """In two halves, so that two workers share them."""
    shown = dict(list(pages().items())[half::2])
    wrong = browse(partial(look_at_all, addresses=shown), user=demo)
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.sqlite
def test_lot_tracking_asks_for_the_action_of_customer_returns_at_once(browse, demo):
    product = Product.objects.filter(is_lot_product=False, return_action="restock").first()
    address = reverse("admin:inventory_product_change", args=[product.pk])

    def act(page):
        page.goto(address)
        message = page.locator("#restock-not-supported")
        assert not message.is_visible()
        page.get_by_label("Is this a lot product?").check()
        assert "Choose quarantine or dispose." in message.inner_text()
        assert_accessible(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Please correct the error below.").wait_for()
        page.get_by_label("Customer returns:", exact=True).select_option("dispose")
        assert not message.is_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        # It has units on the shelf: the next page asks of which lots they are.
        page.get_by_text("is a lot product now").wait_for()

    browse(act, user=demo)
    product.refresh_from_db()
    assert (product.is_lot_product, product.return_action) == (True, "dispose")
