"""The promises that API.md makes for the whole API, met from outside as a stranger would test them.

What each resource promises is in test_contract_resources.py and beside the resources.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.builders import World, make_merchant, make_product, put
from tests.fulfillment.orders import line, make_order, ship
from tests.merchants.api import Caller, assert_problem, caller, errors_of

EARLY = {"lot_number": "EARLY", "expires_on": "2026-10-31"}
UNNUMBERED = {"lot_number": "", "expires_on": "2027-01-31"}

LISTS = (
    "products/", "lots/", "lot-formats/", "lot-attachments/", "locations/", "item-locations/",
    "inventory/", "wros/", "orders/",
    "returns/", "transfers/", "quarantine/", "holds/", "set-asides/", "warehouses/", "merchants/",
    "waves/", "discrepancies/", "deliveries/", "settings/check-in-rules/",
    "expiry/",
)  # fmt: skip
NAMES_MERCHANT = (
    "products/", "lots/", "lots/draw-number/", "lots/read-number/", "lot-formats/", "wros/",
    "orders/", "returns/", "transfers/", "adjustments/",
    "item-locations/move/",
    "set-asides/", "settings/check-in-rules/",
)  # fmt: skip
STAFF = (
    "merchants/", "warehouses/", "locations/", "adjustments/", "item-locations/move/",
    "lots/1/merge-into/",
    "wros/1/arrive/", "wros/1/receive/", "wros/1/stow/", "wros/1/complete/", "orders/1/ship/",
    "orders/1/allocate/", "orders/1/swap-lot/", "orders/1/short-pick/",
    "returns/1/arrive/", "returns/1/inspect/", "returns/1/complete/",
    "transfers/", "transfers/1/send/", "transfers/1/receive/", "transfers/1/write-off/",
    "transfers/1/cancel/", "quarantine/1/release/", "quarantine/1/dispose/",
    "quarantine/1/return-to-merchant/",
    "discrepancies/1/resolve/", "discrepancies/1/add-photo/", "deliveries/",
    "deliveries/1/receive/", "deliveries/1/link/", "deliveries/1/return-to-merchant/",
    "deliveries/1/dispose/", "deliveries/1/add-photo/",
    "waves/", "waves/1/release/", "waves/1/interrupt/", "waves/1/cancel/",
)  # fmt: skip


@pytest.fixture
def stock(world: World) -> World:
    """VITAMIN: EARLY 5 units in A-01, a lot without a number 5 in A-02; 5 units of SOAP in A-03."""
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", date(2026, 10, 31), 5, 0)
    world.stock_lot(vitamin, "", date(2027, 1, 31), 5, 1)
    put(world.product("SOAP"), world.bins[2], 5)
    return world


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


# Keys ---------------------------------------------------------------------------------------------


def test_the_schema_and_the_docs_need_no_key(db: None) -> None:
    assert Client().get("/api/schema/").status_code == 200
    assert Client().get("/api/docs/").status_code == 200


@pytest.mark.parametrize("sent", [None, "Bearer lw_nothing", "Bearer", "Basic eDp5", "Token x"])
def test_no_or_a_wrong_key_is_401(world: World, sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    answer = Client().get("/api/v1/products/", headers=headers)
    assert answer.status_code == 401
    assert (answer["Content-Type"], answer["WWW-Authenticate"]) == (
        "application/problem+json",
        "Bearer",
    )


@pytest.mark.parametrize("path", NAMES_MERCHANT)
def test_staff_name_a_merchant_where_no_id_tells_it(staff: Caller, path: str) -> None:
    assert errors_of(staff.post(path, {})) == [("merchant", "required")]
    assert errors_of(staff.post(path, {"merchant": "NOBODY"})) == [("merchant", "unknown_merchant")]
    for answer in (staff.post(path, {"merchant": "ACME"}), staff.post(path + "?merchant=ACME", {})):
        assert "merchant" not in dict(errors_of(answer))


def test_a_merchants_key_names_no_merchant(merchant: Caller) -> None:
    body = {"sku": "A", "name": "A", "merchant": "ACME"}
    assert errors_of(merchant.post("products/", body)) == [("merchant", "unknown_field")]
    answer = merchant.get("products/?merchant=ACME")
    assert errors_of(answer) == [("merchant", "unknown_parameter")]


def test_nobody_names_a_merchant_where_an_id_tells_it(stock: World, staff: Caller) -> None:
    product = stock.merchant.products.get(sku="SOAP").pk
    for path in (f"products/{product}/", f"inventory/{product}/", f"inventory/{product}/lots/"):
        answer = staff.get(f"{path}?merchant=ACME")
        assert errors_of(answer) == [("merchant", "unknown_parameter")]
    hold = {"product": product, "reason": "Recall", "merchant": "ACME"}
    assert errors_of(staff.post("holds/", hold)) == [("merchant", "unknown_field")]
    ok(staff.post("holds/", {"product": product, "reason": "Recall"}), 201)


@pytest.mark.parametrize("path", STAFF)
def test_a_staff_verb_is_404_before_the_body_is_read(merchant: Caller, path: str) -> None:
    assert_problem(merchant.post(path, "{ this is no JSON"), 404, "not_found")


def test_a_foreign_id_answers_as_one_that_never_was(stock: World) -> None:
    stranger = caller(make_merchant("OTHER"))
    product = stock.merchant.products.get(sku="VITAMIN")
    order = make_order(stock.merchant, line(product, 1))
    for path in (f"products/{product.pk}/", f"orders/{order.pk}/", f"inventory/{product.pk}/lots/"):
        never = path.replace(str(product.pk), "999").replace(str(order.pk), "999")
        foreign = stranger.get(path)
        assert_problem(foreign, 404, "not_found")
        assert foreign.json() == stranger.get(never).json()


# Lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_lists_come_in_cursor_pages(staff: Caller, path: str) -> None:
    page = ok(staff.get(path))
    assert list(page) == ["next", "previous", "results"]
    assert ok(staff.get(f"{path}?page_size=200"))["results"] == page["results"]
    for wrong in ("201", "0", "-1", "ten", "1.5"):
        answer = staff.get(f"{path}?page_size={wrong}")
        assert errors_of(answer) == [("page_size", "invalid")]
    assert errors_of(staff.get(f"{path}?cursor=x*")) == [("cursor", "invalid_cursor")]
    assert errors_of(staff.get(f"{path}?colour=red")) == [("colour", "unknown_parameter")]


def test_pages_lead_forth_and_back(stock: World, merchant: Caller) -> None:
    for n in range(4):
        stock.product(f"P{n}")
    skus, url, last = [], "products/?page_size=2", None
    while url:
        last = ok(merchant.get(url))
        skus += [one["sku"] for one in last["results"]]
        url = last["next"] and last["next"].removeprefix("http://testserver")
    assert skus == ["VITAMIN", "SOAP", "P0", "P1", "P2", "P3"]
    back = ok(merchant.get(last["previous"].removeprefix("http://testserver")))
    assert [one["sku"] for one in back["results"]] == ["P0", "P1"]


def test_staff_narrow_a_list_to_a_merchant(stock: World, staff: Caller) -> None:
    make_product(make_merchant("OTHER"), "THEIRS")
    assert [one["sku"] for one in ok(staff.get("products/"))["results"]] == [
        "VITAMIN",
        "SOAP",
        "THEIRS",
    ]
    narrowed = ok(staff.get("products/?merchant=OTHER"))["results"]
    assert [one["sku"] for one in narrowed] == ["THEIRS"]


# Idempotency --------------------------------------------------------------------------------------


def test_a_repeated_post_takes_effect_once(stock: World, merchant: Caller, staff: Caller) -> None:
    body = {"lines": [{"sku": "SOAP", "quantity": 2}]}
    first = merchant.post("orders/", body, Idempotency_Key="one")
    again = merchant.post("orders/", body, Idempotency_Key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert len(ok(merchant.get("orders/"))["results"]) == 1
    path = f"orders/{first.json()['id']}/ship/"
    left = staff.post(path, {"tracking_number": "1Z"}, Idempotency_Key="two")
    again = staff.post(path, {"tracking_number": "1Z"}, Idempotency_Key="two")
    assert (again.status_code, again.content) == (200, left.content)
    assert_problem(staff.post(path, {"tracking_number": "1Z"}), 409, "already_shipped")


def test_a_key_belongs_to_one_request(stock: World, merchant: Caller) -> None:
    body = {"lines": [{"sku": "SOAP", "quantity": 2}]}
    ok(merchant.post("orders/", body, Idempotency_Key="one"), 201)
    other = {"lines": [{"sku": "SOAP", "quantity": 3}]}
    for path, changed in (("orders/", other), ("wros/", body), ("orders/?", other)):
        answer = merchant.post(path, changed, Idempotency_Key="one")
        assert_problem(answer, 422, "idempotency_key_reused")
    assert len(ok(merchant.get("orders/"))["results"]) == 1


def test_a_refusal_leaves_the_key_free(stock: World, merchant: Caller) -> None:
    taken = {"sku": "SOAP", "name": "Soap"}
    refused = merchant.post("products/", taken, Idempotency_Key="one")
    assert_problem(refused, 409, "sku_taken")
    assert errors_of(merchant.post("products/", {}, Idempotency_Key="one")) == [
        ("sku", "required"),
        ("name", "required"),
    ]
    ok(merchant.post("products/", {"sku": "NEW", "name": "New"}, Idempotency_Key="one"), 201)


def test_keys_are_apart_per_merchant_and_for_staff_per_key(world: World, staff: Caller) -> None:
    body = {"sku": "NEW", "name": "New"}
    for client in (caller(world.merchant), caller(make_merchant("OTHER"))):
        ok(client.post("products/", body, Idempotency_Key="one"), 201)
    same_merchant = caller(world.merchant).post("products/", body, Idempotency_Key="one")
    assert (same_merchant.status_code, same_merchant["Idempotent-Replayed"]) == (201, "true")
    for number, client in enumerate((staff, caller())):
        body = {"code": f"M{number}", "name": "M"}
        ok(client.post("merchants/", body, Idempotency_Key="one"), 201)


# Errors -------------------------------------------------------------------------------------------


def test_an_unknown_path_is_a_problem(merchant: Caller) -> None:
    for path in ("/api/", "/api/v2/products/", "/api/v1/", "nothing/", "products/1/nothing/"):
        assert_problem(merchant.get(path), 404, "not_found")


def test_malformed_input_names_each_field(stock: World, merchant: Caller) -> None:
    lots = [{"number": 5, "quantity": "1"}, {"expires_on": "31.01.2027", "quantity": 0}]
    body = {"warehouse": "NOWHERE", "lines": [{"sku": "VITAMIN", "quantity": 1.0, "lots": lots}]}
    answer = merchant.post("wros/", {**body, "colour": "red"})
    assert sorted(errors_of(answer)) == [
        ("colour", "unknown_field"),
        ("lines[0].lots[0].number", "invalid"),
        ("lines[0].lots[0].quantity", "invalid"),
        ("lines[0].lots[1].expires_on", "invalid"),
        ("lines[0].lots[1].quantity", "min_value"),
        ("lines[0].quantity", "invalid"),
        ("warehouse", "unknown_warehouse"),
    ]
    assert all(one["message"] for one in answer.json()["errors"])


@pytest.mark.parametrize("number", ["\u200b", "VC-A\u200b", "\ufeffVC-A", "VC\u00ad-A"])
def test_a_lot_number_is_what_one_sees(stock: World, merchant: Caller, number: str) -> None:
    """Copied from elsewhere, invisible characters would make another lot of the same look."""
    body = {"sku": "VITAMIN", "number": number}
    assert errors_of(merchant.post("lots/", body)) == [("number", "invisible_character")]
    lots = [{"number": number, "quantity": 1}]
    wro = {"warehouse": "CHI", "lines": [{"sku": "VITAMIN", "quantity": 1, "lots": lots}]}
    field = "lines[0].lots[0].number"
    assert errors_of(merchant.post("wros/", wro)) == [(field, "invisible_character")]
    sku = {"sku": f"SKU{number}", "name": "Looks like a SKU"}
    assert errors_of(merchant.post("products/", sku)) == [("sku", "invisible_character")]


@pytest.mark.parametrize("body", ["", "[]", "null", '"a"', "{", '{"sku": NaN}', '{"a":1,"a":2}'])
def test_a_body_that_is_no_object_is_400(merchant: Caller, body: str) -> None:
    answer = merchant.post("products/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "path",
    ["products/", "lots/", "wros/", "orders/", "returns/", "holds/", "lots/bulk-update/"],
)
def test_an_unknown_field_is_refused(merchant: Caller, path: str) -> None:
    assert ("colour", "unknown_field") in errors_of(merchant.post(path, {"colour": "red"}))


def test_too_many_requests_are_429(merchant: Caller, settings: Any) -> None:
    settings.API_RATE = "2/min"
    for _ in range(2):
        ok(merchant.get("products/"))
    answer = merchant.get("products/")
    assert_problem(answer, 429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 60


# How lots are named -------------------------------------------------------------------------------


def lots_of(merchant: Caller, path: str) -> list[Any]:
    return [one["lot"] for one in ok(merchant.get(path))["results"]]


def test_a_lot_without_a_number_has_an_empty_one_in_every_answer(
    stock: World, merchant: Caller
) -> None:
    vitamin = stock.merchant.products.get(sku="VITAMIN")
    (lot,) = ok(merchant.get("lots/?expires_after=2027-01-01"))["results"]
    assert (lot["number"], lot["expires_on"]) == ("", "2027-01-31")
    brief = {"id": lot["id"], "number": "", "expires_on": "2027-01-31"}
    assert lots_of(merchant, "item-locations/?sku=VITAMIN")[1] == brief
    days = {**brief, "days_remaining": 244}
    assert lots_of(merchant, f"inventory/{vitamin.pk}/lots/")[1] == days
    assert lots_of(merchant, f"inventory/{vitamin.pk}/history/")[0] == brief
    body = {"lines": [{"sku": "VITAMIN", "quantity": 1, "expires_on": "2027-01-31"}]}
    (ordered,) = ok(merchant.post("orders/", body), 201)["lines"]
    (promised,) = ordered["allocations"]
    for one in (ordered, promised):
        assert {name: one[name] for name in UNNUMBERED} == UNNUMBERED


def test_units_without_a_lot_have_none_in_every_answer(stock: World, merchant: Caller) -> None:
    soap = stock.merchant.products.get(sku="SOAP")
    for path in ("item-locations/?sku=SOAP", f"inventory/{soap.pk}/lots/"):
        assert lots_of(merchant, path) == [None]
    assert lots_of(merchant, f"inventory/{soap.pk}/history/") == [None]
    none = {"lot_number": None, "expires_on": None}
    order = make_order(stock.merchant, line(soap, 2))
    (ordered,) = ok(merchant.get(f"orders/{order.pk}/"))["lines"]
    for one in (ordered, ordered["allocations"][0]):
        assert {name: one[name] for name in none} == none
    ship(order)
    (shipment,) = ok(merchant.get(f"orders/{order.pk}/"))["shipments"]
    assert shipment["lines"] == [{"sku": "SOAP", **none, "quantity": 2}]


@pytest.mark.parametrize(
    ("named", "location"),
    [
        ({"lot_number": "EARLY"}, "A-01"),
        ({"lot_number": " early ", "expires_on": None}, "A-01"),
        ({"lot_number": "EARLY", "expires_on": ""}, "A-01"),
        (EARLY, "A-01"),
        ({"expires_on": "2027-01-31"}, "A-02"),
        ({"lot_number": None, "expires_on": "2027-01-31"}, "A-02"),
        (UNNUMBERED, "A-02"),
    ],
)
def test_a_lot_is_named_by_number_expiry_or_both(
    stock: World, merchant: Caller, named: dict[str, Any], location: str
) -> None:
    body = {"lines": [{"sku": "VITAMIN", "quantity": 1, **named}]}
    (ordered,) = ok(merchant.post("orders/", body), 201)["lines"]
    assert [one["location"] for one in ordered["allocations"]] == [location]


@pytest.mark.parametrize(
    "unknown",
    [
        {"lot_number": "NEVER"},
        {"expires_on": "2026-10-31"},  # the lot of this date has a number
        {"lot_number": "EARLY", "expires_on": "2026-11-01"},
    ],
)
def test_an_unknown_lot_is_refused(
    stock: World, merchant: Caller, staff: Caller, unknown: dict[str, Any]
) -> None:
    first, second = stock.bins[0].pk, stock.bins[1].pk
    vitamin = {"sku": "VITAMIN", "quantity": 1, **unknown}
    order = make_order(stock.merchant, line(stock.merchant.products.get(sku="VITAMIN"), 1))
    ours = {**vitamin, "merchant": "ACME", "reason": "Count"}
    answers = (
        merchant.post("orders/", {"lines": [vitamin]}),
        staff.post(f"orders/{order.pk}/ship/", {"lines": [vitamin]}),
        staff.post("adjustments/", {**ours, "location": first}),
        staff.post("item-locations/move/", {**ours, "source": first, "target": second}),
    )
    assert [answer.json()["code"] for answer in answers] == ["unknown_lot"] * 4
    assert {answer.status_code for answer in answers} == {400}


def test_what_was_answered_may_be_sent_back(stock: World, merchant: Caller) -> None:
    """Read-only fields of a shape are accepted and ignored."""
    vitamin = stock.merchant.products.get(sku="VITAMIN")
    lot = vitamin.lots.get(number="EARLY")
    lots = [{"number": "NEXT", "expires_on": "2027-10-31", "quantity": 2}]
    wro = {"warehouse": "CHI", "lines": [{"sku": "VITAMIN", "quantity": 2, "lots": lots}]}
    draft = ok(merchant.post("wros/", wro), 201)
    back = {"kind": "rts", "warehouse": "CHI", "lines": [{"sku": "SOAP", "quantity": 1}]}
    announced = ok(merchant.post("returns/", back), 201)
    for path in (
        f"products/{vitamin.pk}/",
        f"lots/{lot.pk}/",
        f"wros/{draft['id']}/",
        f"returns/{announced['id']}/",
        "settings/lot-tracking/",
    ):
        told = ok(merchant.get(path))
        assert ok(merchant.patch(path, told)) == told
        assert ok(merchant.patch(path, {})) == told
    order = make_order(stock.merchant, line(vitamin, 1), reference="S-1")
    ship(order)
    told = ok(merchant.get(f"orders/{order.pk}/"))
    again = ok(merchant.post("orders/", {**told, "reference": "S-2"}), 201)
    assert (again["id"] != told["id"], again["status"]) == (True, "allocated")
