"""The packing screens where things are not as the books say: another lot, units not found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fulfillment.models import LotSwap, Order, Shipment
from inventory.models import Allocation, Product, QuarantineCase
from inventory.services.settings import update_lot_tracking
from tests.builders import World, acting, house
from tests.fulfillment.orders import line, make_order, promised, ship, status
from tests.inventory.admin import browser, errors, html, member_of, says

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def vitamin(world: World) -> Product:
    """EARLY has 10 units in A-01, LATE 10 in A-02, one without a number 9 in A-03."""
    product = world.lot_product()
    world.stock_lot(product, "EARLY", date(2026, 10, 1), 10, 0)
    world.stock_lot(product, "LATE", date(2027, 3, 1), 10, 1)
    world.stock_lot(product, "", date(2027, 4, 1), 9, 2)
    return product


@pytest.fixture
def verified(world: World) -> None:
    update_lot_tracking(merchant_id=world.merchant.pk, fields={"verify_lot": True}, **acting())


@pytest.fixture
def desk(world: World) -> Client:
    return browser()


def at(name: str, order: Order, *args: Any) -> str:
    return reverse(f"admin:fulfillment_order_{name}", args=[order.pk, *args])


def read(order: Order, lot: str, units: int, **fields: str) -> dict[str, Any]:
    """The packing form of an order with one promise, on which this lot was read."""
    (one,) = Allocation.objects.filter(demand__order_line__order=order)
    return {f"quantity_{one.pk}": units, f"lot_{one.pk}": lot, "tracking_number": "1Z", **fields}


# Another lot --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("verified")
def test_another_lot_is_offered_to_be_swapped(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    told = desk.post(at("ship", order), read(order, "late", 6))
    assert "VITAMIN: packed 6 of lot LATE; allocated 6 of lot EARLY." in html(told)
    assert "<li>VITAMIN: 6 units of lot LATE instead of lot EARLY</li>" in html(told)
    form = html(told).partition('<form method="post" class="lw-panel"')[2]
    first, swap = (
        form.index(f'<button type="submit"{name}')
        for name in (' class="visually-hidden"', ' name="swap"')
    )
    assert first < swap  # Enter, which a scanner sends, takes the first: it never swaps
    assert not Shipment.objects.exists()
    unsaid = desk.post(at("ship", order), read(order, "late", 6, swap="yes"))
    assert errors(unsaid) == {"reason": ["Say why."]}
    assert "Another lot was read" in html(unsaid)
    assert not LotSwap.objects.exists()
    done = desk.post(at("ship", order), read(order, "late", 6, swap="yes", reason="Open box"))
    assert says(done) == [f"6 units of {order.number} left."]
    made = LotSwap.objects.get()
    assert (made.source.number, made.target.number, made.quantity) == ("EARLY", "LATE", 6)
    assert (made.reason, made.swapped_by) == ("Open box", house())
    assert Shipment.objects.get().tracking_number == "1Z"
    page = html(desk.get(at("change", order)))
    assert '<h2 id="swaps-heading">Swapped lots</h2>' in page
    assert '<td class="num">6</td> <td>house</td> <td>Open box</td>' in page


@pytest.mark.usefixtures("verified")
def test_a_lot_without_a_number_is_read_by_its_date(
    world: World, vitamin: Product, desk: Client
) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    nonsense = desk.post(at("ship", order), read(order, "2027-02-30", 6))
    (one,) = Allocation.objects.filter(demand__order_line__order=order)
    assert errors(nonsense) == {f"lot_{one.pk}": ["VITAMIN has no lot 2027-02-30."]}
    assert "Another lot was read" not in html(nonsense)
    desk.post(at("ship", order), read(order, "2027-04-01", 4, swap="yes", reason="Only these"))
    assert LotSwap.objects.get().target.expires_on == date(2027, 4, 1)
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 2)]


@pytest.mark.usefixtures("verified")
def test_a_lot_that_may_not_go_there_is_refused(
    world: World, vitamin: Product, desk: Client
) -> None:
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 9, 4)
    order = make_order(world.merchant, line(vitamin, 6))
    told = desk.post(at("ship", order), read(order, "OLD", 6, swap="yes", reason="In hand"))
    assert errors(told) == {
        "__all__": ["Lot OLD of VITAMIN may not go to this order: expired 2026-05-01."]
    }
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 6)]


@pytest.mark.usefixtures("verified")
def test_a_line_that_names_its_lot_is_offered_none(
    world: World, vitamin: Product, desk: Client
) -> None:
    early = vitamin.lots.get(number="EARLY")
    order = make_order(world.merchant, line(vitamin, 6, early))
    told = html(desk.post(at("ship", order), read(order, "LATE", 6)))
    assert "packed 6 of lot LATE;" in told
    assert "Another lot was read" not in told


@pytest.mark.usefixtures("verified")
def test_what_was_read_wrong_is_marked_in_its_row(
    world: World, vitamin: Product, desk: Client
) -> None:
    """Rows of which nothing is packed are no lines of what is shipped."""
    order = make_order(world.merchant, *(line(vitamin, units) for units in (1, 2, 3)))
    rows = Allocation.objects.filter(demand__order_line__order=order)
    first, second, third = rows.order_by("demand__order_line__position")
    body = {f"quantity_{one.pk}": one.quantity for one in (second, third)}
    body |= {f"lot_{second.pk}": "EARLY", f"lot_{third.pk}": "ERALY"}
    told = desk.post(at("ship", order), {f"quantity_{first.pk}": 0, **body})
    assert errors(told) == {f"lot_{third.pk}": ["VITAMIN has no lot ERALY."]}


# Not found ----------------------------------------------------------------------------------------


def test_units_are_reported_as_not_found(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    (one,) = Allocation.objects.all()
    path = at("not_found", order, one.pk)
    assert f'href="{path}"' in html(desk.get(at("change", order)))
    shown = html(desk.get(path))
    assert "Not found at A-01: lot EARLY of VITAMIN" in shown
    assert "Of 6 allocated there to this order." in shown
    done = desk.post(path, {"found": "2"})
    assert done.url == at("change", order)
    assert says(done) == [
        "8 units are in quarantine until counted. All of its 6 units are allocated."
    ]
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 2), ("VITAMIN", "LATE", "A-02", 4)]
    page = html(desk.get(at("change", order)))
    case = QuarantineCase.objects.get()
    assert '<h2 id="not-found-heading">Not found</h2>' in page
    assert '<td class="num">8</td> <td class="num">8</td> <td><a href="/admin/inventory/' in page
    assert f">{case}</a>" in page


def test_what_cannot_be_reported(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    (one,) = Allocation.objects.all()
    path = at("not_found", order, one.pk)
    full = desk.post(path, {"found": "6"})
    assert errors(full) == {
        "found": ["6 units are allocated at A-01, 6 are found: nothing is missing."]
    }
    assert errors(desk.post(path, {"found": "-1"})).keys() == {"found"}
    ship(order)
    late = desk.post(path, {"found": "2"})
    assert says(late) == ["These units are no longer allocated: see what is now."]
    assert late.url == at("change", order)
    assert not QuarantineCase.objects.exists()


def test_the_case_is_worked_off(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    (one,) = Allocation.objects.all()
    desk.post(at("not_found", order, one.pk), {"found": "2"})
    case = QuarantineCase.objects.get()
    page = html(desk.get(reverse("admin:inventory_quarantinecase_change", args=[case.pk])))
    assert ">Found again</a>" in page
    assert ">Write off</a>" in page
    assert "Return to the merchant" not in page
    work_off = {
        way: reverse(f"admin:inventory_quarantinecase_{way}", args=[case.pk])
        for way in ("release", "dispose", "return_to_merchant")
    }
    assert desk.get(work_off["return_to_merchant"]).status_code == 404
    sent = {"quantity": "3", "location": "A-01", "reason": "Behind the rack"}
    assert says(desk.post(work_off["release"], sent)) == ["3 units went back to stock."]
    lost = desk.post(work_off["dispose"], {"quantity": "5", "reason": "Counted"})
    assert says(lost)[-1] == "5 units were written off."
    assert status(order) == "allocated"


@pytest.mark.parametrize(("group", "may"), [("associate", False), ("manager", True)])
def test_who_may_adjust_may_write_off(
    world: World, vitamin: Product, group: str, may: bool
) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    (one,) = Allocation.objects.all()
    client = member_of(group)
    assert client.post(at("not_found", order, one.pk), {"found": "2"}).status_code == 302
    case = QuarantineCase.objects.get()
    page = html(client.get(reverse("admin:inventory_quarantinecase_change", args=[case.pk])))
    assert (">Write off</a>" in page) is may
    assert ">Found again</a>" in page
    path = reverse("admin:inventory_quarantinecase_dispose", args=[case.pk])
    assert client.get(path).status_code == (200 if may else 404)


def test_who_only_looks_reports_nothing(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    (one,) = Allocation.objects.all()
    client = member_of("billing")
    path = at("not_found", order, one.pk)
    assert path not in html(client.get(at("change", order)))
    assert client.post(path, {"found": "0"}).status_code == 403
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 6)]
