from datetime import UTC, date, datetime

import pytest

from inventory.models import Hold
from inventory.services.holds import place_hold
from tests.builders import acting, make_demand, make_lot, make_world
from tests.inventory.admin import browser, errors, html, member_of, page, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def sent(**changes):
    nothing = dict.fromkeys(("lot", "location", "product", "until_0", "until_1"), "")
    return nothing | {"reason": "Recall"} | changes


def test_a_lot_is_held_and_its_orders_lose_its_units(world):
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2026, 10, 31), 10, bin=0)
    demand = make_demand(product, 4, world.warehouse)
    response = browser().post(page("hold_add"), sent(lot=lot.pk))
    assert response.status_code == 302
    hold = Hold.objects.get()
    assert (hold.lot, hold.reason, hold.placed_by.username) == (lot, "Recall", "house")
    demand.refresh_from_db()
    assert demand.allocated == 0


def test_until_is_kept(world):
    data = sent(location=world.bins[0].pk, until_0="2026-07-01", until_1="12:00:00")
    browser().post(page("hold_add"), data)
    assert Hold.objects.get().until == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("targets", [0, 2])
def test_exactly_one_target_is_chosen(world, targets):
    product = world.lot_product()
    both = {"lot": make_lot(product, "A").pk, "product": product.pk} if targets else {}
    response = browser().post(page("hold_add"), sent(**both))
    assert errors(response) == {"__all__": ["Choose exactly one of lot, location or product."]}
    assert not Hold.objects.exists()


def test_a_hold_needs_a_reason(world):
    response = browser().post(page("hold_add"), sent(product=world.product().pk, reason=" "))
    assert list(errors(response)) == ["reason"]


def test_the_list_says_what_is_held_since_when_and_by_whom(world):
    product = world.lot_product("VITAMIN")
    for target in (make_lot(product, "A"), world.bins[0], product):
        place_hold(target=target, reason="Recall", **acting())
    text = browser().get(page("hold_changelist"), {"state": "active"}).content.decode()
    for words in ("Lot A of VITAMIN", "Location A-01 in CHI", "Product VITAMIN", "2026-06-01"):
        assert words in text


def test_a_hold_is_released_after_confirmation(world):
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2026, 10, 31), 10, bin=0)
    hold = place_hold(target=lot, reason="Recall", **acting())
    demand = make_demand(product, 4, world.warehouse)
    client = browser()
    assert page("hold_release", hold.pk) in html(client.get(page("hold_change", hold.pk)))
    asked = client.get(page("hold_release", hold.pk)).content.decode()
    assert "It was placed because: Recall" in asked
    response = client.post(page("hold_release", hold.pk))
    assert says(response) == ["Hold on A is released."]
    demand.refresh_from_db()
    hold.refresh_from_db()
    assert (demand.allocated, hold.released_by.username) == (4, "house")
    released = client.get(page("hold_changelist"), {"state": "released"})
    assert list(released.context["cl"].result_list) == [hold]


def test_a_released_hold_is_not_released_again(world):
    hold = place_hold(target=world.product(), reason="Recall", **acting())
    client = browser()
    client.post(page("hold_release", hold.pk))
    response = client.post(page("hold_release", hold.pk))
    assert errors(response) == {"__all__": ["This hold was released already."]}
    assert page("hold_release", hold.pk) not in html(client.get(page("hold_change", hold.pk)))


def test_a_hold_is_never_edited(world):
    hold = place_hold(target=world.product(), reason="Recall", **acting())
    response = browser().post(page("hold_change", hold.pk), sent(reason="Changed"))
    assert response.status_code == 403
    hold.refresh_from_db()
    assert hold.reason == "Recall"


def test_an_associate_places_holds_and_releases_none(world):
    product = world.product()
    client = member_of("associate")
    assert client.post(page("hold_add"), sent(product=product.pk)).status_code == 302
    hold = Hold.objects.get()
    assert client.post(page("hold_release", hold.pk)).status_code == 403
    hold.refresh_from_db()
    assert hold.released_at is None
