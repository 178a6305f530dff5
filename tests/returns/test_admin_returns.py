"""The screens of returns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Posting
from merchants.models import User
from returns.models import Return
from tests.builders import World, house, make_lot
from tests.returns.made import (
    announced,
    done,
    find,
    inspect,
    make_arrived,
    make_return,
    shipped_order,
)

A = date(2026, 10, 31)
URL = "/admin/returns/return/"


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


def rows(*typed: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"lines-TOTAL_FORMS": len(typed), "lines-INITIAL_FORMS": 0}
    for place, row in enumerate(typed):
        data |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return data


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_announcing_works(world: World, client: Client) -> None:
    product = world.lot_product()
    make_lot(product, "VC-A", A)
    data = {
        "merchant": world.merchant.pk,
        "kind": "rts",
        "warehouse": world.warehouse.pk,
        "reference": "RMA-1",
        **rows(
            {"sku": "VITAMIN", "quantity": 2, "lot_number": "VC-A", "requested_action": "dispose"},
            {"requested_action": "default"},
        ),
    }
    answer = client.post(f"{URL}add/", data, follow=True)
    document = Return.objects.get()
    assert f"{document.number} is announced." in text(answer)
    line = document.lines.get()
    assert (line.quantity, line.lot.number, line.requested_action) == (2, "VC-A", "dispose")


def test_an_order_fills_in_what_may_come_back(world: World, client: Client) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 9, 0)
    order = shipped_order(world, product, 5, lot)
    make_return(world, announced(product, 2), order=order)
    page = client.get(f"{URL}add/", {"order": order.number.lower()})
    (row,) = page.context["lines"].initial
    assert row == {"sku": "VITAMIN", "quantity": 3, "lot_number": "VC-A", "expires_on": A}
    make_return(world, announced(product, 3), order=order)
    assert f"Nothing of {order.number} may come back" in text(
        client.get(f"{URL}add/", {"order": order.number})
    )
    assert "There is no order ORD-999999." in text(client.get(f"{URL}add/?order=ORD-999999"))


def test_a_wrong_return_says_where_it_is_wrong(world: World, client: Client) -> None:
    world.lot_product()
    data = {
        "merchant": world.merchant.pk,
        "kind": "customer_return",
        "warehouse": world.warehouse.pk,
        **rows(
            {"sku": "NONE", "quantity": 1},
            {"sku": "VITAMIN", "quantity": 1, "lot_number": "VC-X"},
        ),
    }
    page = client.post(f"{URL}add/", data)
    assert page.context["lines"][0].errors == {"sku": ["There is no product with the SKU NONE."]}
    data |= rows({"sku": "VITAMIN", "quantity": 1, "lot_number": "VC-X"})
    page = client.post(f"{URL}add/", data)
    assert page.context["lines"][0].errors == {"lot_number": ["VITAMIN has no lot VC-X."]}
    data |= rows({"sku": "VITAMIN", "quantity": 1, "requested_action": "restock"})
    assert "is never restocked" in text(
        client.post(f"{URL}add/", data | {"lines-0-lot_number": ""})
    )
    data |= {"warehouse": "", "lines-0-lot_number": "", "lines-0-requested_action": ""}
    assert client.post(f"{URL}add/", data).context["form"].errors["warehouse"]
    assert "Give at least one line." in text(client.post(f"{URL}add/", data | rows()))
    assert not Return.objects.exists()


def test_lines_come_and_go_without_a_script(world: World, client: Client) -> None:
    data = {"kind": "rts", **rows({"sku": "A", "quantity": "x"}, {"sku": "B"})}
    page = client.post(f"{URL}add/", data | {"add_line": "1"})
    assert [form["sku"].value() for form in page.context["lines"]] == ["A", "B", None]
    page = client.post(f"{URL}add/", data | {"remove_line": "0"})
    assert [form["sku"].value() for form in page.context["lines"]] == ["B"]
    assert not page.context["form"].errors


def test_changing_works_while_awaiting(world: World, client: Client) -> None:
    product = world.product()
    document = make_return(world, announced(product, 3), reference="RMA-1")
    page = client.get(f"{URL}{document.pk}/edit/")
    assert 'value="RMA-1"' in text(page)
    key = document.lines.get().pk
    data = {"kind": "customer_return", "warehouse": world.warehouse.pk, "reference": "RMA-2"}
    data |= rows({"id": key, "sku": "SOAP", "quantity": 1}, {"sku": "SOAP", "quantity": 4})
    answer = client.post(f"{URL}{document.pk}/edit/", data, follow=True)
    assert f"{document.number} is changed." in text(answer)
    document.refresh_from_db()
    assert (document.kind, document.reference) == ("customer_return", "RMA-2")
    assert list(document.lines.order_by("id").values_list("quantity", flat=True)) == [1, 4]
    page = client.post(f"{URL}{document.pk}/edit/", data | {"lines-0-id": 99})
    assert page.context["lines"][0].errors["id"]
    page = client.post(f"{URL}{document.pk}/edit/", data | {"add_line": "1"})
    assert len(page.context["lines"]) == 3


def test_the_verbs(world: World, client: Client) -> None:
    product = world.product()
    document = make_return(world, announced(product, 3))
    assert "Mark as arrived" in text(client.get(f"{URL}{document.pk}/arrive/"))
    assert "has arrived." in text(client.post(f"{URL}{document.pk}/arrive/", follow=True))
    late = client.post(f"{URL}{document.pk}/cancel/")
    assert "it cannot be cancelled" in text(late)
    inspect(document, find(document, 1))
    page = text(client.get(f"{URL}{document.pk}/complete/"))
    assert "Announced and not found: 2 of SOAP." in page
    assert "is completed." in text(client.post(f"{URL}{document.pk}/complete/", follow=True))
    document.refresh_from_db()
    assert document.status == "completed"
    assert "with 2 units missing" in text(client.get(f"{URL}{document.pk}/change/"))
    other = make_return(world, announced(product, 3))
    assert "is cancelled." in text(client.post(f"{URL}{other.pk}/cancel/", follow=True))
    whole = make_arrived(world, announced(product, 1))
    inspect(whole, find(whole, 1))
    assert "All announced units were found." in text(client.get(f"{URL}{whole.pk}/complete/"))


def test_an_inspection_is_shown_before_it_is_done(world: World, client: Client) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 9, 0)
    document = make_arrived(world, announced(product, 3, lot))
    url = f"{URL}{document.pk}/inspect/"
    page = client.get(url)
    key = document.lines.get().pk
    assert page.context["lines"].initial == [
        {"line": key, "quantity": 3, "lot_number": "VC-A", "expires_on": A}
    ]
    found = {"line": key, "quantity": 2, "outcome": "passed", "lot_number": "VC-A"}
    data = rows(found, {"line": key, "quantity": 1, "outcome": "failed"}, {"line": key})
    before = Posting.objects.count()
    page = client.post(url, data | {"preview": "1"})
    assert [one.action for one in page.context["preview"]] == ["restock", "quarantine"]
    assert "No lot number or expiry date could be read." in text(page)
    assert Posting.objects.count() == before
    answer = client.post(url, data | {"confirm": "1"}, follow=True)
    assert f"{document.number}: 2 restocked, 1 quarantined." in text(answer)
    assert done(document) == [
        ("restock", "preference", 2, "VC-A", "A-01"),
        ("quarantine", "lot_unknown", 1, None, "QUARANTINE"),
    ]
    page = client.get(url)
    assert page.context["lines"].initial == [{"line": key}]


def test_a_wrong_inspection_says_where_it_is_wrong(world: World, client: Client) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    url, key = f"{URL}{document.pk}/inspect/", document.lines.get().pk
    page = client.post(url, rows({"line": key, "quantity": 1}) | {"confirm": "1"})
    assert page.context["lines"][0].errors == {"outcome": ["Say whether the units passed."]}
    found = {"line": key, "quantity": 1, "outcome": "passed", "location": "Z-99"}
    page = client.post(url, rows(found) | {"confirm": "1"})
    assert page.context["lines"][0].errors == {"location": ["CHI has no location Z-99."]}
    page = client.post(url, rows(found | {"location": "DOCK"}) | {"confirm": "1"})
    assert "restock into a storage or staging location" in text(page)
    page = client.post(url, rows({"line": key, "quantity": 0}) | {"confirm": "1"})
    assert "Say how many units were found." in text(page)
    page = client.post(url, rows(found) | {"add_line": "1"})
    assert len(page.context["lines"]) == 2
    assert done(document) == []


def test_what_is_not_here_is_not_inspected(world: World, client: Client) -> None:
    document = make_return(world, announced(world.product(), 3))
    answer = client.get(f"{URL}{document.pk}/inspect/", follow=True)
    assert f"{document.number} is not here to be inspected." in text(answer)


def test_the_page_keeps_requested_and_done_apart(world: World, client: Client) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 9, 0)
    order = shipped_order(world, product, 3, lot)
    document = make_arrived(
        world, announced(product, 3, lot, requested_action="restock"), order=order
    )
    inspect(document, find(document, 1, passed=False, expires_on=A, note="torn"))
    page = text(client.get(f"{URL}{document.pk}/change/"))
    assert "<dt>Requested</dt><dd>Restock</dd>" in page
    assert "VITAMIN has no lot expiring 2026-10-31. Units whose lot is not certain" in page
    assert "Note: torn" in page
    assert order.number in page


def test_the_list_searches_and_filters(world: World, client: Client) -> None:
    product = world.lot_product()
    lot = make_lot(product, "VC-A", A)
    first = make_return(world, announced(product, 3, lot), reference="RMA-1")
    second = make_arrived(world, announced(product, 2))
    inspect(second, find(second, 1, lot_number="VC-9"))
    for query, found in (
        ("q=RMA", [first]),
        ("q=vc-a", [first]),
        ("q=vc-9", [second]),
        (f"q={second.number.lower()}", [second]),
        ("q=VITAMIN", [second, first]),
        ("status__exact=awaiting", [first]),
        ("q=", [second, first]),
    ):
        page = client.get(f"{URL}?{query}")
        assert list(page.context["cl"].result_list) == found, query
    row = page.context["cl"].result_list[0]
    assert (row.announced, row.found) == (2, 1)


@pytest.mark.parametrize("path", ["", "1/change/"])
def test_queries_do_not_grow(world: World, client: Client, path: str) -> None:
    product = world.product()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{URL}{path}").status_code == 200
        return len(queries)

    first = Return.objects.order_by("id").first() or make_arrived(
        world, announced(product, 90), announced(product, 90)
    )
    path = path.replace("1", str(first.pk))
    inspect(first, find(first, 1))
    count()
    few = count()
    for _ in range(5):
        inspect(first, find(first, 1), find(first, 1, at=1))
        document = make_arrived(world, announced(product, 2))
        inspect(document, find(document, 1))
    assert count() == few


def test_who_may(world: World) -> None:
    document = make_return(world, announced(world.product(), 3))
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for path in ("", "add/", "suggest/products/", f"{document.pk}/change/", f"{document.pk}/edit/"):
        assert client.get(f"{URL}{path}").status_code == 403, path
    for verb in ("arrive", "inspect", "complete", "cancel"):
        assert client.post(f"{URL}{document.pk}/{verb}/").status_code == 403
    document.refresh_from_db()
    assert document.status == "awaiting"


def test_suggestions(world: World, client: Client) -> None:
    product = world.lot_product()
    make_lot(product, "VC-A", A)
    asked = {"merchant": world.merchant.pk, "term": "vita", "sku": "VITAMIN"}
    products = client.get(f"{URL}suggest/products/", asked).json()["results"]
    assert [one["value"] for one in products] == ["VITAMIN"]
    lots = client.get(f"{URL}suggest/lots/", asked).json()["results"]
    assert [one["value"] for one in lots] == ["VC-A"]


def test_no_such_return(client: Client) -> None:
    assert client.get(f"{URL}99/change/").status_code == 302
    assert client.get(f"{URL}99/inspect/").status_code == 404
