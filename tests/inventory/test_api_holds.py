"""holds/ and their release."""

from datetime import date

import pytest

from inventory.models import Hold
from inventory.services.holds import place_hold
from tests.builders import World, acting, make_demand, make_lot, make_merchant, make_product
from tests.inventory.refused import assert_refused
from tests.merchants.api import caller, errors_of

pytestmark = pytest.mark.django_db

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def client(world: World):
    return caller(world.merchant)


@pytest.fixture
def lot(world: World):
    return world.stock_lot(world.lot_product(), "A", OCTOBER, 10, 0)


def test_it_works(lot, world, client):
    demand = make_demand(lot.product, 6, world.warehouse)
    sent = {"lot": lot.pk, "reason": "Recall", "until": "2026-07-01T00:00:00Z"}
    made = client.post("holds/", sent)

    assert made.status_code == 201
    hold = Hold.objects.get()
    assert made.json() == {
        "id": hold.pk,
        "location": None,
        "product": None,
        "placed_at": "2026-06-01T09:00:00Z",
        "released_at": None,
        **sent,
    }
    assert client.get("holds/").json()["results"] == [made.json()]
    demand.refresh_from_db()
    assert demand.backordered == 6

    released = client.post(f"holds/{hold.pk}/release/")
    assert released.status_code == 200
    assert released.json() == {**made.json(), "released_at": "2026-06-01T09:00:00Z"}
    demand.refresh_from_db()
    assert demand.backordered == 0


def test_a_hold_is_on_exactly_one_thing(lot, client):
    for named in ({}, {"lot": None}, {"lot": lot.pk, "product": lot.product_id}):
        answer = client.post("holds/", {"reason": "Recall", **named})
        assert errors_of(answer) == [("", "name_one")]
    answer = client.post("holds/", {"product": lot.product_id})
    assert errors_of(answer) == [("reason", "required")]
    answer = client.post("holds/", {"product": lot.product_id, "reason": "R", "until": "soon"})
    assert errors_of(answer) == [("until", "invalid")]
    assert not Hold.objects.exists()


def test_merchants_hold_their_own_lots_and_products_only(lot, world, client):
    nord = make_product(make_merchant("NORD"), "SERUM")
    theirs = make_lot(nord, "B")
    made = client.post("holds/", {"product": lot.product_id, "lot": None, "reason": "Recall"})
    assert made.status_code == 201
    with assert_refused("not_found", 404) as answers:
        for named in (
            {"lot": theirs.pk},
            {"lot": 999_999},
            {"product": nord.pk},
            {"location": world.bins[0].pk},
            {"location": 999_999},
        ):
            answers(client.post("holds/", {"reason": "Recall", **named}))


def test_staff_hold_locations_without_naming_a_merchant(lot, world):
    staff = caller()
    made = staff.post("holds/", {"location": world.bins[0].pk, "reason": "Leak"})
    assert made.status_code == 201
    answer = staff.post("holds/", {"location": world.bins[0].pk, "reason": "L", "merchant": "ACME"})
    assert errors_of(answer) == [("merchant", "unknown_field")]
    with assert_refused("not_found", 404) as answers:
        answers(staff.post("holds/", {"location": world.place("SUPPLIER").pk, "reason": "L"}))


def test_a_merchant_releases_only_holds_that_it_placed(lot, client):
    ours = place_hold(target=lot, reason="Recall", **acting())
    theirs = place_hold(
        target=make_lot(make_product(make_merchant("NORD"), "S"), "B"), reason="R", **acting()
    )
    with assert_refused("not_found", 404) as answers:
        for pk in (ours.pk, theirs.pk, 999_999):
            answers(client.post(f"holds/{pk}/release/"))
    assert [row["id"] for row in client.get("holds/").json()["results"]] == [ours.pk]
    staff = caller()
    assert staff.post(f"holds/{ours.pk}/release/").status_code == 200
    with assert_refused("already_released") as answers:
        answers(staff.post(f"holds/{ours.pk}/release/"))
    active = staff.get("holds/?is_active=true").json()["results"]
    assert [row["id"] for row in active] == [theirs.pk]
    over = staff.get("holds/?is_active=false&merchant=ACME").json()["results"]
    assert [row["id"] for row in over] == [ours.pk]
