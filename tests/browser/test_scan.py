"""The dock with a scanner: two people at one WRO, a lost connection, refusals, a first-timer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from merchants.groups import ASSOCIATE, set_up_groups
from merchants.models import User
from receiving.models import WRO, Scan
from receiving.packing import AnnouncedBox
from receiving.services import announce_wro, arrive_wro
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import World, acting, make_world
from tests.receiving.builders import counters, discrepancies, line, standing

SOON, LATER = date(2026, 10, 31), date(2027, 3, 1)
GTIN = "9506000134352"
CASE_A = f"010{GTIN}172610313724{{GS}}10VC-A"
CASE_B = f"010{GTIN}172703013712{{GS}}10VC-B"
OFFLINE = ("ERR_INTERNET_DISCONNECTED",)


@pytest.fixture
def world(transactional_db) -> World:
    return make_world()


@pytest.fixture
def vitamin(world):
    return world.lot_product("VITAMIN-C-90CT", name="Vitamin C, 90 tablets", barcode=GTIN)


@pytest.fixture
def soap(world):
    return world.product("SOAP", barcode="4006381333931")


@pytest.fixture
def announced(world, vitamin, soap) -> WRO:
    """48 of lot VC-A, 24 of VC-B and 10 without lots, in two boxes."""
    lots = [("VC-A", SOON, 48), ("VC-B", LATER, 24)]
    return announce_wro(
        merchant=world.merchant,
        fields={"warehouse": world.warehouse},
        lines=[line(vitamin, 72, *lots), line(soap, 10)],
        boxes=[AnnouncedBox("1Z1"), AnnouncedBox("1Z2")],
        **acting(),
    )


@pytest.fixture
def wro(announced) -> WRO:
    return arrive_wro(wro_id=announced.pk, **acting())


def associate(name: str) -> User:
    set_up_groups()
    user = User.objects.create_user(name, password="correct horse", is_staff=True)
    user.groups.set(group for group in set_up_groups() if group.name == ASSOCIATE)
    return user


def path(wro: WRO, screen: str = "scan") -> str:
    return f"/admin/receiving/wro/{wro.pk}/{screen}/"


def scan(page: Page, *texts: str) -> None:
    """As a wedge scanner does it: letters wherever the focus is, then Enter."""
    page.wait_for_load_state()  # a click returns before the next page listens
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Enter")


def answer(page: Page, word: str, told: str = "") -> None:
    result = page.locator("#scan-result")
    expect(result.locator("[data-word]")).to_have_text(word)
    expect(result.locator("[data-told]")).to_contain_text(told)


def total(page: Page, name: str, units: int) -> None:
    expect(page.locator(f"[data-total={name}]")).to_have_text(str(units))


def check(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def test_two_people_receive_one_wro_from_two_browsers(browse, wro, vitamin, soap):
    """Both scan at once, one loses the connection in between, and every unit counts once."""
    ana, bo = associate("ana"), associate("bo")
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": session_of(bo),
        "url": browse.home,
    }

    def act(page: Page) -> None:
        context = page.context.browser.new_context(base_url=browse.home, reduced_motion="reduce")
        context.add_cookies([cookie])
        other = context.new_page()
        page.goto(path(wro))
        other.goto(path(wro))
        scan(page, f"{wro.number}/1", CASE_A)
        scan(other, f"{wro.number}/2", CASE_B)
        for each in (page, other):
            total(each, "counted", 36)  # also what the other one counted, without a reload
        context.set_offline(True)
        scan(other, "SOAP", "SOAP", CASE_B, "SOAP")
        expect(other.locator("#scan-offline")).to_contain_text("4 scans are kept on this device")
        scan(page, "SOAP", CASE_A, "SOAP")
        total(page, "mine", 50)
        context.set_offline(False)
        total(other, "mine", 27)
        for each in (page, other):
            total(each, "counted", 77)
        expect(other.locator("#scan-offline")).to_be_hidden()
        page.get_by_role("button", name="My count is done: receive 50").click()
        page.get_by_text("50 units of").wait_for()
        total(other, "received", 50)
        other.get_by_role("button", name="My count is done: receive 27").click()
        other.get_by_text("27 units of").wait_for()
        context.close()

    browse(act, user=ana, tolerated=OFFLINE)
    assert counters(wro) == {
        "VITAMIN-C-90CT VC-A": (48, 48, 0),
        "VITAMIN-C-90CT VC-B": (24, 24, 0),
        "SOAP": (10, 5, 0),
    }
    assert standing(soap) == {("DOCK", ""): 5}
    assert discrepancies(wro) == []
    by_box = {(one.scanned_by.username, one.box) for one in Scan.objects.counted() if one.posted_at}
    assert by_box == {("ana", 1), ("bo", 2)}


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_what_was_scanned_without_a_connection_survives_a_reload(browse, wro):
    ana = associate("ana")

    def act(page: Page) -> None:
        page.goto(path(wro))
        scan(page, f"{wro.number}/1")
        answer(page, "Go on", "Box 1 of 2.")
        page.route("**/scan/", lambda route: route.abort())  # the server is out of reach
        scan(page, "SOAP", "nobodys-product", "SOAP")
        expect(page.locator("#scan-offline")).to_contain_text("3 scans are kept on this device")
        check(page)
        page.unroute("**/scan/")
        page.reload()
        total(page, "mine", 2)
        missed = page.get_by_role("region", name="Not counted when the connection was back")
        expect(missed).to_contain_text("nobodys-product")
        check(page)
        missed.get_by_role("button", name="I have seen it").click()
        expect(missed).to_be_hidden()

    browse(act, user=ana, tolerated=("ERR_FAILED",))
    assert Scan.objects.filter(code="unknown_product").count() == 1


def test_the_page_is_not_left_by_mistake_while_there_is_no_connection(browse, wro):
    """It could not be opened again: the browser asks before a reload."""
    ana = associate("ana")

    def act(page: Page) -> None:
        page.goto(path(wro))
        scan(page, f"{wro.number}/1")
        answer(page, "Go on", "Box 1 of 2.")
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.context.set_offline(True)
        scan(page, "SOAP")
        expect(page.locator("#scan-offline")).to_contain_text("leave this page open")
        with page.expect_event("dialog"):
            page.evaluate("setTimeout(() => location.reload())")
        expect(page.locator("#scan-offline")).to_contain_text("1 scan is kept on this device")
        assert asked == ["beforeunload"]
        scan(page, "SOAP")
        page.context.set_offline(False)
        total(page, "mine", 2)
        expect(page.locator("#scan-offline")).to_be_hidden()
        page.reload()
        total(page, "mine", 2)
        assert asked == ["beforeunload"]

    browse(act, user=ana, tolerated=OFFLINE)
    assert counters(wro)["SOAP"] == (10, 0, 0)


def test_what_the_server_cannot_take_does_not_hold_up_the_rest(browse, wro):
    ana = associate("ana")

    def act(page: Page) -> None:
        page.goto(path(wro))
        scan(page, f"{wro.number}/1")
        answer(page, "Go on", "Box 1 of 2.")
        page.route("**/scan/", lambda route: route.fulfill(status=413), times=1)
        scan(page, "SOAP", "SOAP")
        total(page, "mine", 1)
        expect(page.locator("#scan-offline")).to_be_hidden()

    browse(act, user=ana, tolerated=("413",))


REFUSALS = {
    f"010{GTIN[:-1]}310VC-A": "check digit",
    f"010{GTIN}10VC-A17261031": "separator behind (10) is missing",
    f"010{GTIN}5417261031{{GS}}10A": "No GS1 element begins with",
    f"010{GTIN}10{'X' * 21}": "has 21 characters",
    f"010{GTIN}17261331": "is no date",
    "WRO-999999/1": "This box is of WRO-999999",
    "12345670": "No product has the barcode 12345670",
}


def test_each_refusal_says_what_is_wrong_and_undo_takes_a_scan_back(browse, wro):
    ana = associate("ana")

    def act(page: Page) -> None:
        page.goto(path(wro))
        scan(page, "SOAP")
        answer(page, "Not counted", "scan the box first")
        for text, told in REFUSALS.items():
            scan(page, f"{wro.number}/1")
            answer(page, "Go on")
            scan(page, text)
            answer(page, "Not counted", told)
            expect(page.locator("#scan-result")).to_have_class(
                "lw-scan-result lw-scan-result--refused"
            )
        check(page)
        scan(page, f"{wro.number}/1", "SOAP", "SOAP")
        total(page, "mine", 2)
        page.get_by_role("button", name="Undo the last scan").press("Enter")
        answer(page, "Go on", "Undone: 1 of SOAP")
        total(page, "mine", 1)
        expect(page.locator("#scan-text")).to_be_focused()

    browse(act, user=ana)
    assert [one.quantity for one in Scan.objects.open()] == [1]


def test_by_keyboard_alone(browse, wro):
    """Product, units, damage and a lot from the list, without a mouse."""
    ana = associate("ana")

    def act(page: Page) -> None:
        page.goto(path(wro))
        scan(page, f"{wro.number}/2", GTIN)
        answer(page, "Go on", "now its lot")
        page.keyboard.press("Tab")
        page.keyboard.type("3")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.get_by_role("button", name="VC-A · 2026-10-31").press("Enter")
        answer(page, "Counted", "3 damaged of VITAMIN-C-90CT, lot VC-A")
        scan(page, GTIN, "87654322")
        page.get_by_role("button", name="It is a lot number").press("Enter")
        answer(page, "Counted, but look", "This lot is not announced")
        page.locator("summary").press("Enter")
        page.get_by_label("Lot number").fill("VC-B")
        page.get_by_label("Expiry").fill("2027-03-01")
        page.get_by_role("button", name="Count it").press("Enter")
        answer(page, "Counted", "lot VC-B, expiry 2027-03-01: 1 of 24")
        page.get_by_role("button", name="Lot cannot be read").press("Enter")
        answer(page, "Counted, but look", "Its lot is not read: to quarantine.")

    browse(act, user=ana)
    found = [(one.lot_number, one.quantity, one.is_damaged) for one in Scan.objects.open()]
    assert found == [("VC-A", 3, True), ("87654322", 1, False), ("VC-B", 1, False), ("", 1, False)]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_walk_of_a_first_time_dock_worker(browse, announced, vitamin, soap, viewport):
    """A box at the door: find it, say that it has arrived, scan, done, stow, complete."""
    ana = associate("ana")

    def act(page: Page) -> Any:
        page.goto("/admin/receiving/wro/")
        page.get_by_role("link", name="Scan a box").click()
        check(page)
        scan(page, "NOBODYS-BOX")
        page.get_by_role("alert").filter(has_text="No WRO has a box “NOBODYS-BOX”").wait_for()
        check(page)
        scan(page, "1Z1")
        page.get_by_text("Does it stand at your door?").wait_for()
        check(page)
        page.get_by_role("button", name="Yes, it has arrived: count it").click()
        answer(page, "Go on", "Box 1 of 2.")
        scan(page, CASE_A, CASE_A)
        answer(page, "Counted", "48 of 48.")
        check(page)
        page.get_by_role("button", name="Box 1 is done: receive 48").click()
        page.get_by_text("48 units of WRO-").wait_for()
        scan(page, "1Z2", CASE_B, CASE_B, "*10", "SOAP")
        answer(page, "Counted", "10 of SOAP: 10 of 10.")
        page.get_by_role("button", name="My count is done: receive 34").click()
        page.get_by_text("34 units of WRO-").wait_for()
        check(page)
        page.get_by_role("link", name="Stow 82 units").click()
        page.get_by_role("button", name="Stow", exact=True).click()
        page.get_by_text("82 units of").wait_for()
        page.get_by_role("link", name="Complete").click()
        page.get_by_role("button", name="Complete").click()
        page.get_by_text("Completed", exact=True).first.wait_for()
        check(page)

    browse(act, user=ana, viewport=viewport)
    assert counters(announced) == {
        "VITAMIN-C-90CT VC-A": (48, 48, 48),
        "VITAMIN-C-90CT VC-B": (24, 24, 24),
        "SOAP": (10, 10, 10),
    }
    assert discrepancies(announced) == []
