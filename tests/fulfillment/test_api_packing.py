"""orders/{id}/swap-lot/ and orders/{id}/short-pick/."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fulfillment.models import LotSwap, Order
from inventory.models import Product, QuarantineCase
from tests.builders import World
from tests.fulfillment.orders import line, make_open_order, make_order, promised
from tests.inventory.refused import assert_refused
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def vitamin(world: World) -> Product:
    """EARLY has 10 units in A-01, LATE 10 in A-02, one without a number 5 in A-03."""
    product = world.lot_product()
    world.stock_lot(product, "EARLY", date(2026, 10, 1), 10, 0)
    world.stock_lot(product, "LATE", date(2027, 3, 1), 10, 1)
    world.stock_lot(product, "", date(2027, 4, 1), 5, 2)
    return product


@pytest.fixture
def order(world: World, vitamin: Product) -> Order:
    """6 units, promised of EARLY."""
    return make_order(world.merchant, line(vitamin, 6))


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


def swap(order: Order, **changes: Any) -> dict[str, Any]:
    return {
        "line": order.lines.get().pk,
        "source": {"lot_number": "early"},
        "target": {"lot_number": "LATE", "expires_on": "2027-03-01"},
        "quantity": 4,
        "reason": "EARLY stands behind LATE",
        **changes,
    }


def short(**changes: Any) -> dict[str, Any]:
    return {"sku": "VITAMIN", "lot_number": "EARLY", "location": "A-01", "found": 2, **changes}


# Swaps --------------------------------------------------------------------------------------------


def test_a_lot_is_swapped(staff: Caller, order: Order) -> None:
    answer = staff.post(f"orders/{order.pk}/swap-lot/", swap(order))
    assert answer.status_code == 200
    (told,) = answer.json()["lines"]
    assert [(one["lot_number"], one["quantity"]) for one in told["allocations"]] == [
        ("EARLY", 2),
        ("LATE", 4),
    ]
    assert LotSwap.objects.get().quantity == 4
    unnumbered = {"expires_on": "2027-04-01"}
    body = swap(order, target=unnumbered, quantity=2)
    assert staff.post(f"orders/{order.pk}/swap-lot/", body).status_code == 200
    assert promised(order) == [("VITAMIN", "", "A-03", 2), ("VITAMIN", "LATE", "A-02", 4)]


def test_a_line_tells_its_swaps(
    staff: Caller, world: World, vitamin: Product, order: Order
) -> None:
    other = make_order(world.merchant, line(vitamin, 1))
    url, unnumbered = f"orders/{order.pk}/swap-lot/", {"expires_on": "2027-04-01"}
    staff.post(url, swap(order, target=unnumbered, quantity=2))
    (told,) = staff.post(url, swap(order)).json()["lines"]
    early = {"lot_number": "EARLY", "expires_on": "2026-10-01"}
    each = {"reason": "EARLY stands behind LATE", "swapped_at": "2026-06-01T09:00:00Z"}
    expected = [
        {
            "source": early,
            "target": {"lot_number": "", "expires_on": "2027-04-01"},
            "quantity": 2,
            **each,
        },
        {
            "source": early,
            "target": {"lot_number": "LATE", "expires_on": "2027-03-01"},
            "quantity": 4,
            **each,
        },
    ]
    assert told["swaps"] == expected
    owner = caller(world.merchant)
    listed = {one["id"]: one["lines"][0]["swaps"] for one in owner.get("orders/").json()["results"]}
    assert listed == {order.pk: expected, other.pk: []}


def test_the_codes_of_a_refused_swap(staff: Caller, world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    url = f"orders/{order.pk}/swap-lot/"
    with assert_refused("insufficient_stock") as answers:
        answers(staff.post(url, swap(order, target={"expires_on": "2027-04-01"}, quantity=6)))
    with assert_refused("more_than_allocated") as answers:
        answers(staff.post(url, swap(order, quantity=7)))
    other_way = {"source": {"lot_number": "LATE"}, "target": {"lot_number": "EARLY"}}
    with assert_refused("lot_mismatch") as answers:
        answers(staff.post(url, swap(order, **other_way)))
    expired = world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 3)
    with assert_refused("lot_not_allocatable") as answers:
        answers(staff.post(url, swap(order, target={"lot_number": expired.number})))


def test_malformed_swaps_name_the_field(staff: Caller, order: Order) -> None:
    url = f"orders/{order.pk}/swap-lot/"
    assert errors_of(staff.post(url, {"quantity": 0, "colour": "red"})) == [
        ("line", "required"),
        ("source", "required"),
        ("target", "required"),
        ("quantity", "min_value"),
        ("reason", "required"),
        ("colour", "unknown_field"),
    ]
    unknown = staff.post(url, swap(order, source={"lot_number": "NONE"}))
    assert errors_of(unknown) == [("source.lot_number", "unknown_lot")]
    other_date = {"lot_number": "LATE", "expires_on": "2027-03-02"}
    wrong = staff.post(url, swap(order, target=other_date))
    assert errors_of(wrong) == [("target.expires_on", "unknown_lot")]
    blank = staff.post(url, swap(order, target={}))
    assert errors_of(blank) == [("target.lot_number", "lot_or_expiry_required")]
    same = staff.post(url, swap(order, target={"lot_number": "EARLY"}))
    assert errors_of(same) == [("target", "same_lot")]
    assert_problem(staff.post(url, swap(order, line=999_999)), 404, "not_found")
    assert not LotSwap.objects.exists()


# Short picks --------------------------------------------------------------------------------------


def test_a_short_pick_is_reported(staff: Caller, order: Order) -> None:
    answer = staff.post(f"orders/{order.pk}/short-pick/", short())
    assert answer.status_code == 200
    (told,) = answer.json()["lines"]
    assert [(one["lot_number"], one["quantity"]) for one in told["allocations"]] == [
        ("EARLY", 2),
        ("LATE", 4),
    ]
    (case,) = staff.get("quarantine/?source=short_pick").json()["results"]
    assert (case["quantity"], case["reason"], case["reference"]) == (
        8,
        "Not found at A-01",
        order.number,
    )
    with assert_refused("units_not_found") as answers:
        sent = {"reason": "Theirs"}
        answers(staff.post(f"quarantine/{case['id']}/return-to-merchant/", sent))
    lost = staff.post(f"quarantine/{case['id']}/dispose/", {"reason": "Counted"})
    assert lost.json()["quantity"] == 0


def test_the_codes_of_a_refused_report(staff: Caller, order: Order) -> None:
    url = f"orders/{order.pk}/short-pick/"
    with assert_refused("nothing_missing") as answers:
        answers(staff.post(url, short(found=6)))
    with assert_refused("nothing_allocated") as answers:
        answers(staff.post(url, short(location="A-02")))


def test_malformed_reports_name_the_field(
    staff: Caller, world: World, vitamin: Product, order: Order
) -> None:
    url = f"orders/{order.pk}/short-pick/"
    assert errors_of(staff.post(url, {"sku": "NONE", "found": -1})) == [
        ("sku", "unknown_sku"),
        ("location", "required"),
        ("found", "min_value"),
    ]
    for changes, error in (
        ({"lot_number": "NONE"}, ("lot_number", "unknown_lot")),
        ({"location": "Z-99"}, ("location", "unknown_location")),
        ({"location": "CUSTOMER"}, ("location", "unknown_location")),
    ):
        assert errors_of(staff.post(url, short(**changes))) == [error]
    waiting = make_open_order(world.merchant, line(vitamin, 1))
    answer = staff.post(f"orders/{waiting.pk}/short-pick/", short())
    assert errors_of(answer) == [("location", "unknown_location")]
    assert not QuarantineCase.objects.exists()


def test_only_the_house_packs(world: World, order: Order) -> None:
    merchant = caller(world.merchant)
    for verb, body in (("swap-lot", swap(order)), ("short-pick", short())):
        assert_problem(merchant.post(f"orders/{order.pk}/{verb}/", body), 404, "not_found")
