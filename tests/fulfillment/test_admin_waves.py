"""The pages of waves: choosing, watching, releasing, interrupting, cancelling, picking."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfillment.admin import wave_pages
from fulfillment.models import Order, Wave
from inventory.models import Product
from merchants.models import User
from tests.builders import World, house, make_merchant, make_product, put
from tests.fulfillment.orders import line, make_open_order, make_order, ship, status
from tests.fulfillment.waves import make_wave, next_batch, run
from tests.refusals import state

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)
LIST, ADD = "admin:fulfillment_wave_changelist", "admin:fulfillment_wave_add"
ORDERS = "admin:fulfillment_order_changelist"


@pytest.fixture
def vitamin(world: World) -> Product:
    product = world.lot_product()
    world.stock_lot(product, "EARLY", EARLY, 4, 1)
    world.stock_lot(product, "LATE", LATE, 3, 0)
    return product


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


def staff(*codenames: str) -> Client:
    user = User.objects.create_user("Kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def at(name: str, wave: Wave) -> str:
    return reverse(f"admin:fulfillment_wave_{name}", args=[wave.pk])


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# Choosing -----------------------------------------------------------------------------------------


def test_the_form_says_what_the_filters_would_take(
    world: World, vitamin: Product, desk: Client
) -> None:
    make_open_order(world.merchant, line(vitamin, 2), channel="b2b", priority=3)
    make_open_order(world.merchant, line(vitamin, 5), ship_by=date(2026, 6, 2))
    assert "2 open orders with 7 units." in text_of(desk.get(reverse(ADD)))
    count = reverse("admin:fulfillment_wave_count")
    assert desk.get(count).json() == {"orders": 2, "text": "2 open orders with 7 units."}
    for query, told in (
        ("channel=b2b", "1 open order with 2 units."),
        ("min_priority=4", "No open order passes these filters."),
        ("ship_by=2026-06-02&merchant=" + str(world.merchant.pk), "1 open order with 5 units."),
        ("ship_by=soon", "Please correct what is marked."),
    ):
        assert desk.get(f"{count}?{query}").json()["text"] == told
    assert "1 open order with 2 units." in text_of(desk.get(reverse(ADD) + "?channel=b2b"))


def test_a_wave_is_started_and_released(world: World, vitamin: Product, desk: Client) -> None:
    order = make_open_order(world.merchant, line(vitamin, 2))
    answer = desk.post(reverse(ADD), {"release": "1"}, follow=True)
    wave = Wave.objects.get()
    assert answer.redirect_chain == [(at("change", wave), 302)]
    assert f"{wave.number} with 1 order is released" in text_of(answer)
    assert (wave.status, status(order)) == ("released", "open")


def test_a_wave_may_be_kept_for_later(world: World, vitamin: Product, desk: Client) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    page = text_of(desk.post(reverse(ADD), {"channel": "dtc", "keep": "1"}, follow=True))
    assert "holds 1 order. Release it when you are ready." in page
    assert "Nothing is released yet" in page
    assert "Direct to consumer" in page
    assert Wave.objects.get().status == "open"


def test_nothing_to_release_is_said_on_the_form(world: World, desk: Client) -> None:
    page = text_of(desk.post(reverse(ADD), {"channel": "fba", "release": "1"}))
    assert "No open order matches: there is nothing to release." in page
    assert "No open order passes these filters." in page
    assert '<option value="fba" selected>' in page
    assert not Wave.objects.exists()


def test_a_wrong_day_is_marked(world: World, desk: Client) -> None:
    page = text_of(desk.post(reverse(ADD), {"ship_by": "soon", "release": "1"}))
    assert "Enter a valid date." in page
    assert "Please correct what is marked." in page
    assert not Wave.objects.exists()


def test_orders_are_ticked_in_their_list(world: World, vitamin: Product, desk: Client) -> None:
    first, _ = [make_open_order(world.merchant, line(vitamin, 1)) for _ in range(2)]
    ticked = {"action": "gather_selected", "_selected_action": [first.pk]}
    page = text_of(desk.post(reverse(ORDERS), ticked, follow=True))
    wave = Wave.objects.get()
    assert (wave.order_count, wave.status) == (1, "open")
    assert f"{wave.number} holds 1 order" in page
    page = text_of(desk.post(reverse(ORDERS), ticked, follow=True))
    assert f"{first.number} is in another wave." in page
    assert Wave.objects.count() == 1


def test_the_list_of_orders_shows_what_waits_for_a_wave(
    world: World, vitamin: Product, desk: Client
) -> None:
    taken = make_open_order(world.merchant, line(vitamin, 1))
    make_wave()
    left = make_open_order(world.merchant, line(vitamin, 1), ship_by=date(2026, 6, 2))
    make_order(world.merchant, line(vitamin, 1), ship_by=date(2026, 6, 9))

    def shown(query: str) -> list[Order]:
        return list(desk.get(f"{reverse(ORDERS)}?{query}").context["cl"].queryset)

    assert shown("wave=none") == [left]
    assert shown("wave=waiting") == [taken]
    assert len(shown("")) == 3
    assert shown("ship_by=0") == []
    assert shown("ship_by=1") == [left]


# Watching -----------------------------------------------------------------------------------------


def test_the_page_tells_what_every_line_got_and_why_some_are_short(
    world: World, vitamin: Product, desk: Client
) -> None:
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 2)
    first, second = [make_open_order(world.merchant, line(vitamin, 4)) for _ in range(2)]
    wave = run(make_wave())
    page = text_of(desk.get(at("change", wave)))
    assert "2 of 2 orders released (100 %)" in page
    assert '<dd data-result="covered">1</dd>' in page
    assert '<dd data-result="short">1</dd>' in page
    assert '<dd data-result="missing">1</dd>' in page
    assert "OLD: expired 2026-05-01" in page
    assert "A-02 · EARLY × 4" in page
    assert "A-01 · LATE × 3" in page
    assert first.number in page
    assert second.number in page
    assert "data-progress" not in page
    assert "Run again" in page
    assert "Cancel the wave" not in page


def test_a_running_wave_is_followed(world: World, vitamin: Product, desk: Client) -> None:
    for _ in range(2):
        make_open_order(world.merchant, line(vitamin, 2))
    wave = make_wave()
    desk.post(at("release", wave))
    assert f'data-progress="{at("progress", wave)}"' in text_of(desk.get(at("change", wave)))
    told = desk.get(at("progress", wave)).json()
    assert (told["is_under_way"], told["status"], told["done"], told["orders"]) == (
        True,
        "Released",
        0,
        2,
    )
    assert (told["results"]["left"], told["results"]["missing"]) == (2, 4)
    assert next_batch(wave)
    assert not next_batch(wave)
    told = desk.get(at("progress", wave)).json()
    assert (told["is_under_way"], told["text"]) == (False, "2 of 2 orders released (100 %)")
    assert (told["results"]["covered"], told["results"]["missing"]) == (2, 0)


def test_its_lists_come_in_pages_that_cost_the_same(
    world: World, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    soap = world.product("SOAP")
    monkeypatch.setattr(wave_pages, "ORDERS_OF_A_PAGE", 2)
    monkeypatch.setattr(wave_pages, "LINES_OF_A_PAGE", 2)

    def statements(wave: Wave, query: str = "") -> int:
        desk.get(at("change", wave))
        with CaptureQueriesContext(connection) as made:
            assert desk.get(at("change", wave) + query).status_code == 200
        return len(made)

    for _ in range(3):
        make_open_order(world.merchant, line(soap, 9))
    small = run(make_wave())
    numbers = [make_open_order(world.merchant, line(soap, 9)).number for _ in range(9)]
    large = run(make_wave())
    assert statements(large) == statements(small)
    assert statements(large, "?orders=3&short=2") == statements(large)
    page = text_of(desk.get(at("change", large) + "?orders=3&short=2"))
    assert "Page 3 of 5" in page
    assert "Page 2 of 5" in page
    assert 'href="?short=2&amp;orders=4#orders"' in page
    assert 'href="?orders=3&amp;short=1#short"' in page
    assert [numbers.index(one) for one in numbers if one in page] == [2, 3, 4, 5]


def test_the_list_shows_progress(world: World, vitamin: Product, desk: Client) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    wave = run(make_wave(merchant=world.merchant, ship_by=None, channel="dtc"))
    page = text_of(desk.get(reverse(LIST)))
    assert f'max="1" value="1" aria-label="Progress of {wave.number}"' in page
    assert "100 %" in page
    assert "ACME · Direct to consumer" in page


def test_the_order_shows_its_wave(world: World, vitamin: Product, desk: Client) -> None:
    order = make_open_order(
        world.merchant, line(vitamin, 2), customer="Harbour", ship_by=date(2026, 6, 2)
    )
    wave = make_wave()
    page = text_of(desk.get(reverse("admin:fulfillment_order_change", args=[order.pk])))
    assert f'<a href="{at("change", wave)}">{wave.number}</a>' in page
    assert "Harbour" in page
    assert "2026-06-02" in page


def test_filters_in_words(world: World) -> None:
    wave = Wave(
        merchant=world.merchant,
        warehouse=world.warehouse,
        channel="b2b",
        ship_by=date(2026, 6, 2),
        min_priority=0,
    )
    assert wave_pages.filters_in_words(wave) == (
        "ACME · Business to business · from CHI · to be shipped by 2026-06-02 · "
        "priority 0 or higher"
    )
    assert wave_pages.filters_in_words(Wave()) == "no filter"
    assert wave_pages.filters_in_words(Wave(is_chosen_by_hand=True)) == "hand, order by order"


# Its verbs ----------------------------------------------------------------------------------------


def test_it_is_released_interrupted_resumed_and_cancelled(
    world: World, vitamin: Product, desk: Client
) -> None:
    order = make_open_order(world.merchant, line(vitamin, 2))
    wave = make_wave()
    for verb, told, button in (
        ("release", "is released; a worker goes through it now.", "Interrupt"),
        ("interrupt", "is interrupted: resume it whenever you like.", "Resume"),
        ("cancel", "is cancelled.", "Chosen by"),
    ):
        page = text_of(desk.post(at(verb, wave), follow=True))
        assert f"{wave.number} {told}" in page
        assert button in page
    assert (Wave.objects.get().status, status(order)) == ("cancelled", "open")


def test_cancelling_says_what_it_does_first(world: World, vitamin: Product, desk: Client) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    wave = make_wave()
    page = text_of(desk.get(at("cancel", wave)))
    assert "The 1 order that is not released yet stay" not in page
    assert "1 order is not released yet: it stays open" in page
    assert "Keep the wave" in page
    assert Wave.objects.get().status == "open"


def test_a_refusal_changes_nothing(world: World, vitamin: Product, desk: Client) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    wave = run(make_wave())
    desk.get(at("change", wave))
    before = state()
    for verb in ("interrupt", "cancel"):
        assert "lw-errors" in text_of(desk.post(at(verb, wave)))
    assert state() == before


# Walking ------------------------------------------------------------------------------------------


def test_the_pick_list_goes_bin_by_bin_and_names_the_orders(
    world: World, vitamin: Product, desk: Client
) -> None:
    orders = [make_open_order(world.merchant, line(vitamin, 1)) for _ in range(5)]
    wave = run(make_wave())
    page = text_of(desk.get(at("pick_list", wave)))
    assert "5 units at 2 stops in CHI, in walking order." in page
    assert page.index("A-01") < page.index("A-02")
    assert "EARLY" in page
    assert all(f"{one.number} × 1" in page for one in orders)
    assert '<th scope="col">Merchant</th>' not in page
    for one in orders:
        ship(one)
    assert "Nothing is promised to the orders of this wave" in text_of(
        desk.get(at("pick_list", wave))
    )


def test_a_walk_for_many_comes_in_sheets(
    world: World, vitamin: Product, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wave_pages, "STOPS_OF_A_SHEET", 1)
    monkeypatch.setattr(wave_pages, "SHARES_SHOWN", 2)
    other = make_merchant("GLOW")
    cream = make_product(other, "CREAM")
    put(cream, world.bins[5], 2)
    for _ in range(4):
        make_open_order(world.merchant, line(vitamin, 1))
    make_open_order(other, line(cream, 2))
    wave = run(make_wave())
    first = text_of(desk.get(at("pick_list", wave)))
    assert "4 units at 1 stop" in first
    assert "and 2 more" in first
    assert 'href="?sheet=2"' in first
    second = text_of(desk.get(at("pick_list", wave) + "?sheet=2"))
    assert "CREAM" in second
    assert 'href="?sheet=1"' in second
    assert 'href="?sheet=3"' not in second
    assert "There is no such sheet." in text_of(desk.get(at("pick_list", wave) + "?sheet=9"))
    assert "4 units" in text_of(desk.get(at("pick_list", wave) + "?sheet=none"))


# Who may ------------------------------------------------------------------------------------------


def test_without_the_permission_there_is_no_way_in(world: World, vitamin: Product) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    wave = make_wave()
    kim = staff("view_wave")
    assert kim.get(reverse(LIST)).status_code == 200
    page = text_of(kim.get(at("change", wave)))
    assert "Release" not in page
    assert kim.get(at("pick_list", wave)).status_code == 200
    for answer in (
        kim.get(reverse(ADD)),
        kim.get(reverse("admin:fulfillment_wave_count")),
        kim.post(at("release", wave)),
        kim.post(at("interrupt", wave)),
        kim.post(at("cancel", wave)),
    ):
        assert answer.status_code == 403
    assert Wave.objects.get().status == "open"


def test_nobody_without_a_view_sees_a_wave(world: World, vitamin: Product) -> None:
    make_open_order(world.merchant, line(vitamin, 2))
    wave = make_wave()
    stranger = staff("view_order")
    for name in ("change", "pick_list", "progress"):
        assert stranger.get(at(name, wave)).status_code == 403


def test_an_unknown_wave_leads_back(world: World, desk: Client) -> None:
    answer = desk.get(reverse("admin:fulfillment_wave_change", args=[987_654]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))
    address = reverse("admin:fulfillment_wave_progress", args=[987_654])
    assert desk.get(address).status_code == 404
