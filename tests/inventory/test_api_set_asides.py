"""set-asides/: the shape, what is refused, who sees what."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Product, SetAside
from tests.builders import World, make_demand, make_merchant, promised
from tests.inventory.refused import assert_refused
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = pytest.mark.usefixtures("sound")

URL = "set-asides/"
WISH = {"sku": "VITAMIN", "warehouse": "CHI", "quantity": 6, "channel": "b2b", "reason": "Fair"}


@pytest.fixture
def vitamin(world: World) -> Product:
    """SOON has 10 units in A-01."""
    product = world.lot_product()
    world.stock_lot(product, "SOON", date(2027, 1, 1), 10, 0)
    return product


@pytest.fixture
def client(world: World) -> Caller:
    return caller(world.merchant)


def test_it_works(client: Caller, vitamin: Product) -> None:
    answer = client.post(URL, WISH)
    assert answer.status_code == 201
    made = SetAside.objects.get()
    assert answer.json() == {
        "id": made.pk,
        "number": made.number,
        "sku": "VITAMIN",
        "warehouse": "CHI",
        "lot_number": None,
        "expires_on": None,
        "quantity": 6,
        "channel": "b2b",
        "customer": "",
        "reason": "Fair",
        "kept": 6,
        "handed_on": 0,
        "created_at": "2026-06-01T09:00:00Z",
        "ended_at": None,
    }
    assert client.get(f"{URL}{made.pk}/").json() == answer.json()
    assert client.get(URL).json()["results"] == [answer.json()]
    ended = client.post(f"{URL}{made.pk}/end/")
    assert ended.status_code == 200
    told = {**answer.json(), "kept": 0, "ended_at": "2026-06-01T09:00:00Z"}
    assert ended.json() == told


def test_of_a_lot_for_a_customer(client: Caller, vitamin: Product) -> None:
    named = {"lot_number": " soon ", "channel": None, "customer": "Nord"}
    told = client.post(URL, WISH | named).json()
    assert (told["lot_number"], told["expires_on"]) == ("SOON", "2027-01-01")
    assert (told["channel"], told["customer"]) == (None, "Nord")


def test_orders_get_it_over_the_api(client: Caller, world: World, vitamin: Product) -> None:
    pk = client.post(URL, WISH | {"quantity": 10, "customer": "Nord"}).json()["id"]
    line = {"sku": "VITAMIN", "quantity": 4}
    others = client.post("orders/", {"channel": "b2b", "lines": [line]}).json()
    assert others["status"] == "backordered"
    body = {"channel": "b2b", "customer": "NORD", "lines": [line]}
    assert client.post("orders/", body).json()["status"] == "allocated"
    told = client.get(f"{URL}{pk}/").json()
    assert (told["kept"], told["handed_on"]) == (6, 4)


def test_all_or_nothing(client: Caller, world: World, vitamin: Product) -> None:
    make_demand(vitamin, 5, world.warehouse)
    with assert_refused("insufficient_stock") as answers:
        answers(client.post(URL, WISH))
    pk = client.post(URL, WISH | {"quantity": 5}).json()["id"]
    client.post(f"{URL}{pk}/end/")
    with assert_refused("already_ended") as answers:
        answers(client.post(f"{URL}{pk}/end/"))


def test_malformed_input_names_the_field(client: Caller, vitamin: Product) -> None:
    wrong = {"sku": "NONE", "warehouse": "X", "quantity": 0, "channel": "web", "colour": "red"}
    assert errors_of(client.post(URL, wrong)) == [
        ("sku", "unknown_sku"),
        ("warehouse", "unknown_warehouse"),
        ("quantity", "min_value"),
        ("channel", "invalid_choice"),
        ("reason", "required"),
        ("colour", "unknown_field"),
    ]
    assert errors_of(client.post(URL, WISH | {"channel": None})) == [("channel", "required")]
    unknown = client.post(URL, WISH | {"lot_number": "NONE"})
    assert errors_of(unknown) == [("lot_number", "unknown_lot")]
    assert not SetAside.objects.exists()


def test_the_list_is_filtered(client: Caller, world: World, vitamin: Product) -> None:
    first = client.post(URL, WISH | {"quantity": 1}).json()["id"]
    second = client.post(URL, WISH | {"quantity": 2}).json()["id"]
    client.post(f"{URL}{first}/end/")

    def found(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"{URL}?{query}").json()["results"]]

    assert found("") == [first, second]
    assert found("is_active=true") == [second]
    assert found("is_active=false") == [first]
    assert found("sku=VITAMIN") == [first, second]
    assert found("sku=SOAP") == []


def test_staff_name_the_merchant_and_end_any(world: World, vitamin: Product) -> None:
    staff = caller()
    assert errors_of(staff.post(URL, WISH)) == [("merchant", "required")]
    made = staff.post(URL, WISH | {"merchant": "ACME"}).json()
    assert made["kept"] == 6
    outsider = caller(make_merchant("NORD"))
    assert outsider.get(URL).json()["results"] == []
    assert_problem(outsider.get(f"{URL}{made['id']}/"), 404, "not_found")
    assert_problem(outsider.post(f"{URL}{made['id']}/end/"), 404, "not_found")
    waiting = make_demand(vitamin, 8, world.warehouse)
    assert promised(waiting) == {"A-01": 4}
    assert staff.post(f"{URL}{made['id']}/end/").status_code == 200
    assert promised(waiting) == {"A-01": 8}
