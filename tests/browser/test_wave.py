"""A wave as people start, watch and pick it, with mouse and keyboard."""

from datetime import date
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from fulfillment.models import Wave
from fulfillment.services import release_wave
from fulfillment.tasks import run_wave
from tests.browser.browser import PHONE, assert_accessible, assert_fits
from tests.builders import World, acting, house, make_world
from tests.fulfillment.orders import line, make_open_order
from tests.fulfillment.waves import make_wave

# What a screen does is the same on every engine.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def world(transactional_db: None) -> World:
    """VITAMIN: 4 units; two open orders of 3, one of them b2b."""
    world = make_world()
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", date(2026, 10, 1), 4, 0)
    make_open_order(world.merchant, line(vitamin, 3), channel="b2b")
    make_open_order(world.merchant, line(vitamin, 3))
    return world


def test_a_wave_is_started_with_the_keyboard(browse: Any, world: World) -> None:
    def act(page: Any) -> None:
        page.goto(reverse("admin:fulfillment_wave_add"))
        count = page.get_by_role("status")
        assert count.inner_text() == "2 open orders with 6 units."
        assert not page.get_by_role("button", name="Count again").is_visible()
        page.get_by_label("Channel").focus()
        page.keyboard.type("Business")
        page.get_by_text("1 open order with 3 units.").wait_for()
        page.get_by_label("Channel").select_option("")
        page.get_by_text("2 open orders with 6 units.").wait_for()
        assert_accessible(page)
        page.get_by_role("button", name="Release the wave").press("Enter")
        page.get_by_text("with 2 orders is released").wait_for()
        page.get_by_role("button", name="Interrupt").press("Enter")
        page.get_by_text("is interrupted: resume it whenever you like.").wait_for()
        page.get_by_role("button", name="Resume").press("Enter")
        page.get_by_text("is released; a worker goes through it now.").wait_for()

    browse(act, user=house())
    assert Wave.objects.get().status == "released"


def test_a_page_follows_its_wave_to_the_end(browse: Any, world: World) -> None:
    wave = make_wave()
    release_wave(wave_id=wave.pk, **acting())
    address = reverse("admin:fulfillment_wave_change", args=[wave.pk])
    seen = Event()

    def work() -> None:
        seen.wait()  # it is set at the end in any case
        run_wave.call(wave_id=wave.pk)
        connections.close_all()

    def watch(page: Any) -> None:
        page.goto(address)
        page.get_by_text("0 of 2 orders released (0 %)").wait_for()
        assert page.get_by_role("progressbar").first.get_attribute("value") == "0"
        seen.set()
        page.get_by_text("2 of 2 orders released (100 %)").wait_for()
        page.get_by_role("button", name="Run again").wait_for()
        page.get_by_text("none: nothing on hand is free").wait_for()
        page.get_by_role("link", name="Pick list").click()
        page.get_by_role("button", name="Print").wait_for()
        assert_accessible(page)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert_fits(page)

    worker = Thread(target=work)
    worker.start()
    try:
        browse(watch, user=house())
    finally:
        seen.set()
        worker.join()
