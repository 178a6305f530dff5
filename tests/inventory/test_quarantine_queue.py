"""The quarantine queue in the admin."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Location, Movement, Product, QuarantineCase
from inventory.services.stock import Units, adjust, move
from merchants.models import User
from tests.builders import World, acting, balance, house, put
from tests.clock import Clock

A = date(2026, 10, 31)
URL = "/admin/inventory/quarantinecase/"


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def product(world: World) -> Product:
    return world.lot_product()


def quarantine(world: World, product: Product, quantity: int, number: str = "VC-A") -> Any:
    lot = world.stock_lot(product, number, A, quantity, 0)
    move(
        units=Units(product.pk, lot.pk, quantity),
        source_id=world.bins[0].pk,
        target_id=world.place("QUARANTINE").pk,
        reason="smells",
        **acting(),
    )
    return QuarantineCase.objects.order_by("id").last()


def without_lot(world: World, product: Product, quantity: int) -> QuarantineCase:
    """Units whose lot could not be read, found in quarantine."""
    place: Location = world.place("QUARANTINE")
    adjust(
        units=Units(product.pk, None, quantity), location_id=place.pk, reason="found", **acting()
    )
    return QuarantineCase.objects.order_by("id").last()


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_oldest_first_with_what_decides(
    world: World, client: Client, product: Product, clock: Clock
) -> None:
    first = quarantine(world, product, 6)
    clock.advance(days=7)
    second = without_lot(world, product, 2)
    clock.advance(days=1)
    page = client.get(URL)
    assert list(page.context["cl"].result_list) == [first, second]
    shown = text(page)
    for words in ("8 days", "1 day", "smells", "144 days", "Without a lot", "Never", "Possible"):
        assert words in shown


def test_the_filters(world: World, client: Client, product: Product) -> None:
    first, second = quarantine(world, product, 6), without_lot(world, product, 2)
    client.post(f"{URL}{first.pk}/dispose/", {"quantity": 6, "reason": "spoiled"})
    for query, found in (
        ("", [second]),
        ("state=closed", [first]),
        ("state=all", [first, second]),
        ("release=no", [second]),
        ("release=yes&state=all", [first]),
        ("q=found", [second]),
    ):
        assert list(client.get(f"{URL}?{query}").context["cl"].result_list) == found, query
    assert "All units are worked off." in text(client.get(f"{URL}{first.pk}/change/"))


def test_a_release(world: World, client: Client, product: Product) -> None:
    case = quarantine(world, product, 6)
    page = text(client.get(f"{URL}{case.pk}/change/"))
    assert f"{URL}{case.pk}/release/" in page
    page = client.get(f"{URL}{case.pk}/release/")
    assert page.context["form"].initial == {}
    assert 'value="A-01"' in text(page)
    assert "A-01 is empty." in text(page)
    data = {"quantity": 4, "location": "A-02", "reason": "aired"}
    answer = client.post(f"{URL}{case.pk}/release/", data, follow=True)
    assert "4 units went back to stock." in text(answer)
    assert balance(product, world.bins[1], case.balance.lot).on_hand == 4
    case.refresh_from_db()
    assert case.quantity == 2


@pytest.mark.parametrize(
    ("way", "kind", "words"),
    [
        ("dispose", "dispose", "1 unit was disposed of."),
        ("return-to-merchant", "return_to_merchant", "1 unit went back to the merchant."),
    ],
)
def test_the_other_ways(
    world: World, client: Client, product: Product, way: str, kind: str, words: str
) -> None:
    case = quarantine(world, product, 1)
    answer = client.post(
        f"{URL}{case.pk}/{way}/", {"quantity": 1, "reason": "because"}, follow=True
    )
    assert words in text(answer)
    posting = Movement.objects.latest("id").posting
    assert (posting.kind, posting.reason) == (kind, "because")
    assert client.get(f"{URL}{case.pk}/{way}/").status_code == 404


def test_where_no_release_is_allowed_none_is_offered(
    world: World, client: Client, product: Product
) -> None:
    case = without_lot(world, product, 2)
    page = text(client.get(f"{URL}{case.pk}/change/"))
    assert "Their lot is not known." in page
    assert "release/" not in page
    assert f"{URL}{case.pk}/dispose/" in page
    assert client.get(f"{URL}{case.pk}/release/").status_code == 404


def test_refusals_stand_at_their_field(world: World, client: Client, product: Product) -> None:
    case = quarantine(world, product, 6)
    world.stock_lot(product, "VC-B", A, 1, 1)
    good = {"quantity": 1, "location": "A-01", "reason": "aired"}
    movements = Movement.objects.count()
    for change, field in (
        ({"quantity": 7}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"reason": ""}, "reason"),
        ({"location": "Z-99"}, "location"),
        ({"location": "DOCK"}, "location"),
        ({"location": "A-02"}, "location"),
    ):
        page = client.post(f"{URL}{case.pk}/release/", good | change)
        assert list(page.context["form"].errors) == [field], change
    assert Movement.objects.count() == movements


def test_without_a_free_bin_a_location_must_be_named(
    world: World, client: Client, product: Product
) -> None:
    case = quarantine(world, product, 6)
    soap = world.product()
    for location in world.bins:
        put(soap, location, 1)
    assert "No bin is free" in text(client.get(f"{URL}{case.pk}/release/"))


def test_queries_do_not_grow(world: World, client: Client, product: Product) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL).status_code == 200
        return len(queries)

    quarantine(world, product, 1)
    count()
    few = count()
    for n in range(5):
        quarantine(world, product, 1, f"VC-{n}")
    assert count() == few


def test_who_may(world: World, product: Product) -> None:
    case = quarantine(world, product, 1)
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for path in ("", f"{case.pk}/change/", f"{case.pk}/dispose/"):
        assert client.get(f"{URL}{path}").status_code == 403, path


def test_no_such_case(client: Client) -> None:
    assert client.get(f"{URL}99/change/").status_code == 302
    assert client.get(f"{URL}99/dispose/").status_code == 404
