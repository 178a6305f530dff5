from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import Order
from inventory.services.holds import place_hold
from tests.builders import World, acting, make_bin, make_merchant, make_product, make_warehouse, put
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_open_order, make_order, promised, ship, status
from tests.merchants.api import Caller, assert_problem, caller, errors_of

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


@pytest.fixture
def stock(world: World) -> World:
    """SHORT (22 days left) 5 units, EARLY 4, LATE 10; 3 units of SOAP."""
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "SHORT", CLOCK.now.date() + timedelta(days=22), 5, 0)
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    world.stock_lot(vitamin, "LATE", LATE, 10, 2)
    put(world.product("SOAP"), world.bins[3], 3)
    return world


def body(**fields: Any) -> dict[str, Any]:
    return {"lines": [{"sku": "VITAMIN", "quantity": 6}]} | fields


def test_it_works(stock: World, merchant: Caller) -> None:
    asked = {
        "reference": "S-1",
        "channel": "b2b",
        "customer": "Nord AG",
        "ship_by": "2026-06-03",
        "ship_to": {"name": "Ada", "email": "ada@example.com", "country": "US", "zip": "10001"},
        "priority": 2,
        "lines": [
            {"sku": "VITAMIN", "quantity": 6, "min_shelf_life_days": 30},
            {"sku": "SOAP", "quantity": 5},
        ],
    }
    made = merchant.post("orders/", asked)
    assert made.status_code == 201, made.content
    order = Order.objects.get()
    first, second = order.lines.order_by("position")
    assert made.json() == {
        "id": order.pk,
        "number": order.number,
        "reference": "S-1",
        "warehouse": "CHI",
        "channel": "b2b",
        "customer": "Nord AG",
        "ship_to": asked["ship_to"],
        "ship_by": "2026-06-03",
        "priority": 2,
        "note": "",
        "status": "backordered",
        "created_at": "2026-06-01T09:00:00Z",
        "lines": [
            {
                "id": first.pk,
                "sku": "VITAMIN",
                "quantity": 6,
                "lot_number": None,
                "expires_on": None,
                "single_lot": False,
                "min_shelf_life_days": 30,
                "allocations": [
                    {
                        "lot_number": "EARLY",
                        "expires_on": "2026-10-01",
                        "location": "A-02",
                        "quantity": 4,
                    },
                    {
                        "lot_number": "LATE",
                        "expires_on": "2027-03-01",
                        "location": "A-03",
                        "quantity": 2,
                    },
                ],
                "backordered": 0,
                "shipped": 0,
                "skipped": [
                    {
                        "lot_number": "SHORT",
                        "expires_on": "2026-06-23",
                        "reason": "short_dated",
                        "explanation": "22 days remaining, 30 needed",
                    }
                ],
                "swaps": [],
            },
            {
                "id": second.pk,
                "sku": "SOAP",
                "quantity": 5,
                "lot_number": None,
                "expires_on": None,
                "single_lot": False,
                "min_shelf_life_days": None,
                "allocations": [
                    {"lot_number": None, "expires_on": None, "location": "A-04", "quantity": 3}
                ],
                "backordered": 2,
                "shipped": 0,
                "skipped": [],
                "swaps": [],
            },
        ],
        "shipments": [],
    }
    assert merchant.get(f"orders/{order.pk}/").json() == made.json()
    assert merchant.get("orders/").json()["results"] == [made.json()]


def test_the_least_that_is_asked_for(stock: World, merchant: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    assert (made["status"], made["reference"], made["channel"]) == ("allocated", "", "dtc")
    assert (made["ship_to"], made["priority"]) == ({}, 0)
    assert [one["lot_number"] for one in made["lines"][0]["allocations"]] == ["SHORT", "EARLY"]


def test_what_was_answered_may_be_sent_again(stock: World, merchant: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    assert merchant.post("orders/", made).status_code == 201


def test_an_order_left_open(stock: World, merchant: Caller, staff: Caller) -> None:
    made = merchant.post("orders/", body(allocate=False)).json()
    assert (made["status"], made["warehouse"]) == ("open", None)
    line = made["lines"][0]
    assert (line["allocations"], line["backordered"], line["skipped"]) == ([], 0, [])
    told = staff.post(f"orders/{made['id']}/allocate/")
    assert told.status_code == 200
    assert (told.json()["status"], told.json()["warehouse"]) == ("allocated", "CHI")


def test_the_warehouse_that_is_named(stock: World, merchant: Caller) -> None:
    put(make_product(make_merchant("OTHER"), "X"), make_bin(make_warehouse("EAST")), 1)
    made = merchant.post("orders/", body(warehouse="EAST", allocate=False)).json()
    assert (made["warehouse"], made["status"]) == ("EAST", "open")
    assert errors_of(merchant.post("orders/", body(warehouse="WEST"))) == [
        ("warehouse", "unknown_warehouse")
    ]


def test_a_line_that_names_its_lot(stock: World, merchant: Caller) -> None:
    lines = [{"sku": "VITAMIN", "quantity": 6, "lot_number": " early ", "expires_on": ""}]
    (line,) = merchant.post("orders/", body(lines=lines)).json()["lines"]
    assert (line["lot_number"], line["expires_on"]) == ("EARLY", "2026-10-01")
    assert (line["backordered"], len(line["allocations"])) == (2, 1)
    assert [(one["lot_number"], one["reason"]) for one in line["skipped"]] == [
        ("SHORT", "other_lot"),
        ("LATE", "other_lot"),
    ]


def test_a_lot_without_a_number_is_an_empty_text(stock: World, merchant: Caller) -> None:
    stock.stock_lot(stock.lot_product("ZINC"), "", EARLY, 4, 5)
    lines = [{"sku": "ZINC", "quantity": 2, "lot_number": None, "expires_on": "2026-10-01"}]
    (line,) = merchant.post("orders/", body(lines=lines)).json()["lines"]
    assert (line["lot_number"], line["expires_on"]) == ("", "2026-10-01")
    assert line["allocations"][0]["lot_number"] == ""


def test_allocations_stand_in_rotation_order(stock: World, merchant: Caller) -> None:
    made = merchant.post("orders/", body(lines=[{"sku": "VITAMIN", "quantity": 30}])).json()
    vitamin = stock.merchant.products.get(sku="VITAMIN")
    stock.stock_lot(vitamin, "MIDDLE", date(2026, 12, 1), 3, 6)
    (line,) = merchant.get(f"orders/{made['id']}/").json()["lines"]
    assert [one["lot_number"] for one in line["allocations"]] == [
        "SHORT",
        "EARLY",
        "MIDDLE",
        "LATE",
    ]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"lines": []}, ("lines", "empty")),
        ({"lines": None}, ("lines", "null")),
        ({"lines": [{"sku": "TYPO", "quantity": 1}]}, ("lines[0].sku", "unknown_sku")),
        ({"lines": [{"sku": "THEIRS", "quantity": 1}]}, ("lines[0].sku", "unknown_sku")),
        (
            {"lines": [{"sku": "VITAMIN", "quantity": 1, "lot_number": "TYPO"}]},
            ("lines[0].lot_number", "unknown_lot"),
        ),
        ({"lines": [{"sku": "VITAMIN", "quantity": 0}]}, ("lines[0].quantity", "min_value")),
        ({"lines": [{"sku": "VITAMIN"}]}, ("lines[0].quantity", "required")),
        (
            {"lines": [{"sku": "VITAMIN", "quantity": 1, "min_shelf_life_days": -1}]},
            ("lines[0].min_shelf_life_days", "min_value"),
        ),
        ({"channel": "fax"}, ("channel", "invalid_choice")),
        ({"ship_to": {"country": "Germany"}}, ("ship_to.country", "invalid_country")),
        ({"ship_to": {"name": ["Ada"]}}, ("ship_to.name", "invalid")),
        ({"ship_to": {f"f{n}": "" for n in range(51)}}, ("ship_to", "max_length")),
        ({"ship_to": {"a\x00b": ""}}, ("ship_to", "control_character")),
        ({"ship_to": "Ada"}, ("ship_to", "not_a_dict")),
        ({"priority": "high"}, ("priority", "invalid")),
        ({"reference": "x" * 65}, ("reference", "max_length")),
        ({"alocate": False}, ("alocate", "unknown_field")),
    ],
)
def test_malformed(
    stock: World, merchant: Caller, wrong: dict[str, Any], expected: tuple[str, str]
) -> None:
    make_product(make_merchant("OTHER"), "THEIRS")
    assert errors_of(merchant.post("orders/", body(**wrong))) == [expected]
    assert not Order.objects.exists()


def test_a_taken_reference(stock: World, merchant: Caller) -> None:
    merchant.post("orders/", body(reference="S-1"))
    assert_problem(merchant.post("orders/", body(reference="S-1")), 409, "reference_taken")
    assert Order.objects.count() == 1


def test_shipping_as_allocated(stock: World, merchant: Caller, staff: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    told = staff.post(f"orders/{made['id']}/ship/", {"tracking_number": "1Z"})
    assert told.status_code == 200
    shipped = told.json()
    assert shipped["status"] == "shipped"
    assert shipped["shipments"] == [
        {
            "tracking_number": "1Z",
            "shipped_at": "2026-06-01T09:00:00Z",
            "lines": [
                left("VITAMIN", "SHORT", "2026-06-23", 5),
                left("VITAMIN", "EARLY", EARLY, 1),
            ],
        }
    ]
    (line,) = shipped["lines"]
    assert (line["shipped"], line["allocations"], line["skipped"]) == (6, [], [])
    again = staff.post(f"orders/{made['id']}/ship/")
    assert_problem(again, 409, "already_shipped")


def left(sku: str, lot_number: str | None, expires_on: Any, quantity: int) -> dict[str, Any]:
    """A line of a shipment."""
    day = expires_on and str(expires_on)
    return {"sku": sku, "lot_number": lot_number, "expires_on": day, "quantity": quantity}


def test_each_shipment_says_what_left(stock: World, merchant: Caller, staff: Caller) -> None:
    vitamin = stock.merchant.products.get(sku="VITAMIN")
    stock.stock_lot(vitamin, "EARLY", EARLY, 3, 4)
    lines = [
        {"sku": "SOAP", "quantity": 2},
        {"sku": "VITAMIN", "quantity": 6, "lot_number": "EARLY"},
    ]
    path = f"orders/{merchant.post('orders/', body(lines=lines)).json()['id']}/"
    staff.post(path + "ship/", {"lines": [{"sku": "SOAP", "quantity": 1}]})
    staff.post(path + "ship/")
    first, second = merchant.get(path).json()["shipments"]
    assert first["lines"] == [left("SOAP", None, None, 1)]
    assert second["lines"] == [left("SOAP", None, None, 1), left("VITAMIN", "EARLY", EARLY, 6)]


def test_shipping_by_lot(stock: World, merchant: Caller, staff: Caller) -> None:
    path = f"orders/{merchant.post('orders/', body()).json()['id']}/ship/"
    late = [{"sku": "VITAMIN", "lot_number": "LATE", "quantity": 1}]
    assert_problem(staff.post(path, {"lines": late}), 409, "lot_mismatch")
    short = [{"sku": "VITAMIN", "lot_number": "SHORT", "expires_on": "2026-06-23", "quantity": 2}]
    told = staff.post(path, {"lines": short}).json()
    assert (told["status"], told["lines"][0]["shipped"]) == ("allocated", 2)
    assert errors_of(staff.post(path, {"lines": []})) == [("lines", "empty")]
    typo = [{"sku": "VITAMIN", "lot_number": "TYPO", "quantity": 1}]
    assert errors_of(staff.post(path, {"lines": typo})) == [("lines[0].lot_number", "unknown_lot")]


def test_a_lot_that_expired_since(stock: World, merchant: Caller, staff: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    CLOCK.advance(days=30)
    answer = staff.post(f"orders/{made['id']}/ship/")
    assert_problem(answer, 409, "lot_not_allocatable")
    told = staff.post(f"orders/{made['id']}/allocate/").json()
    (line,) = told["lines"]
    assert [one["lot_number"] for one in line["allocations"]] == ["EARLY", "LATE"]
    assert line["skipped"][0]["explanation"] == "expired 2026-06-23"


def test_a_held_lot_is_left_at_once(stock: World, merchant: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    lot = stock.merchant.products.get(sku="VITAMIN").lots.get(number="SHORT")
    place_hold(target=lot, reason="recall of May", **acting())
    (line,) = merchant.get(f"orders/{made['id']}/").json()["lines"]
    assert [one["lot_number"] for one in line["allocations"]] == ["EARLY", "LATE"]
    assert line["skipped"] == [
        {
            "lot_number": "SHORT",
            "expires_on": "2026-06-23",
            "reason": "hold",
            "explanation": "on hold: recall of May",
        }
    ]


def test_cancelling(stock: World, merchant: Caller) -> None:
    made = merchant.post("orders/", body()).json()
    told = merchant.post(f"orders/{made['id']}/cancel/")
    assert (told.status_code, told.json()["status"]) == (200, "cancelled")
    (line,) = told.json()["lines"]
    assert (line["allocations"], line["backordered"], line["skipped"]) == ([], 0, [])
    assert_problem(merchant.post(f"orders/{made['id']}/cancel/"), 409, "already_cancelled")


def test_a_shipped_order_cannot_be_cancelled(stock: World, merchant: Caller) -> None:
    order = make_order(stock.merchant, line(stock.merchant.products.get(sku="SOAP"), 1))
    ship(order)
    assert_problem(merchant.post(f"orders/{order.pk}/cancel/"), 409, "already_shipped")


def test_nothing_allocated(world: World, staff: Caller) -> None:
    order = make_order(world.merchant, line(world.product("SOAP"), 1))
    assert_problem(staff.post(f"orders/{order.pk}/ship/"), 409, "nothing_allocated")


def test_staff_name_the_merchant(stock: World, staff: Caller) -> None:
    assert errors_of(staff.post("orders/", body())) == [("merchant", "required")]
    made = staff.post("orders/", body(merchant="ACME"))
    assert made.status_code == 201
    assert Order.objects.get().merchant == stock.merchant


@pytest.mark.parametrize("verb", ["ship", "allocate"])
def test_a_merchant_does_not_find_the_verbs_of_staff(
    stock: World, merchant: Caller, verb: str
) -> None:
    made = merchant.post("orders/", body(allocate=False)).json()
    assert_problem(merchant.post(f"orders/{made['id']}/{verb}/", {"x": 1}), 404, "not_found")
    assert status(Order.objects.get()) == "open"


def test_the_outsider_finds_nothing(stock: World, merchant: Caller) -> None:
    order = make_order(stock.merchant, line(stock.merchant.products.get(sku="SOAP"), 1))
    outsider = caller(make_merchant("OTHER"))
    for method, path in (("get", ""), ("post", "cancel/"), ("post", "ship/")):
        theirs = outsider(method, f"orders/{order.pk}/{path}")
        nobodys = outsider(method, f"orders/{order.pk + 999}/{path}")
        assert_problem(theirs, 404, "not_found")
        assert theirs.content == nobodys.content
    assert outsider.get("orders/").json()["results"] == []
    assert promised(order) == [("SOAP", None, "A-04", 1)]


def test_filters(stock: World, staff: Caller) -> None:
    soap = stock.merchant.products.get(sku="SOAP")
    one = make_order(stock.merchant, line(soap, 1), reference="S-1", channel="b2b")
    two = make_open_order(stock.merchant, line(soap, 9), reference="S-2", ship_by=EARLY)
    three = make_order(stock.merchant, line(soap, 9), reference="S-3")
    other = make_merchant("OTHER")
    four = make_open_order(other, line(make_product(other, "SOAP"), 1))

    def found(query: str) -> list[int]:
        answer = staff.get(f"orders/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert found("status=open") == [two.pk, four.pk]
    assert found("status=backordered") == [three.pk]
    assert found("channel=b2b") == [one.pk]
    assert found("reference=S-2") == [two.pk]
    assert found(f"ship_by={EARLY}") == found("ship_by=2026-12-31") == [two.pk]
    assert found("ship_by=2026-09-30") == []
    assert found("warehouse=CHI") == [one.pk, three.pk]
    assert found("search=s-3") == [three.pk]
    assert found("merchant=OTHER") == [four.pk]
    assert errors_of(staff.get("orders/?status=lost")) == [("status", "invalid_choice")]
    assert errors_of(staff.get("orders/?state=open")) == [("state", "unknown_parameter")]


def test_a_page_takes_as_many_queries_as_one_order(stock: World, staff: Caller) -> None:
    soap = stock.merchant.products.get(sku="SOAP")
    vitamin = stock.merchant.products.get(sku="VITAMIN")
    make_order(stock.merchant, line(vitamin, 1, min_shelf_life_days=30), line(soap, 1))
    staff.get("orders/")  # the first use of a key is noted
    with CaptureQueriesContext(connection) as few:
        staff.get("orders/")
    for _ in range(5):
        make_order(stock.merchant, line(vitamin, 1), line(soap, 1), line(vitamin, 2))
    with CaptureQueriesContext(connection) as many:
        assert len(staff.get("orders/").json()["results"]) == 6
    assert len(many) == len(few)
