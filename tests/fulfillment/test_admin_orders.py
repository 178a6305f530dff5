from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfillment.forms import OrderForm, OrderLines
from fulfillment.models import Order, Shipment
from inventory.models import Product
from inventory.services.settings import update_lot_tracking
from merchants.errors import Malformed
from merchants.models import User
from merchants.rows import add_refusal_to
from tests.builders import World, acting, house, make_merchant, make_product, put
from tests.fulfillment.orders import (
    demands,
    line,
    make_open_order,
    make_order,
    promised,
    ship,
    status,
)

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)
LIST, ADD = "admin:fulfillment_order_changelist", "admin:fulfillment_order_add"


@pytest.fixture
def vitamin(world: World) -> Product:
    product = world.lot_product()
    world.stock_lot(product, "EARLY", EARLY, 4, 0)
    world.stock_lot(product, "LATE", LATE, 10, 1)
    return product


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


def staff(*codenames: str) -> Client:
    """Somebody of the house with these permissions."""
    user = User.objects.create_user("Kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def at(name: str, order: Order) -> str:
    return reverse(f"admin:fulfillment_order_{name}", args=[order.pk])


def typed(world: World, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the form of a new order sends."""
    data = {
        "merchant": world.merchant.pk,
        "channel": "dtc",
        "priority": "0",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
    }
    for place, one in enumerate(lines):
        data |= {f"lines-{place}-{name}": value for name, value in one.items()}
    return data | fields


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# The list ---------------------------------------------------------------------------------------


def test_the_list_filters_and_searches(world: World, vitamin: Product, desk: Client) -> None:
    one = make_order(world.merchant, line(vitamin, 3), reference="S-1", ship_to={"name": "Ada"})
    two = make_order(world.merchant, line(vitamin, 90), reference="S-2", channel="b2b")

    def listed(**query: str) -> list[Order]:
        return list(desk.get(reverse(LIST), query).context["cl"].result_list)

    assert listed() == [two, one]
    assert listed(status="allocated") == [one]
    assert listed(status="backordered") == [two]
    assert listed(channel="b2b") == [two]
    assert listed(warehouse="CHI") == [two, one]
    assert listed(q="ada") == [one]
    assert listed(q=two.number) == [two]
    page = text_of(desk.get(reverse(LIST)))
    assert '<span class="lw-badge lw-badge--backordered">Backordered</span>' in page
    assert '<span class="num">90</span>' in page


def test_the_lists_queries_do_not_grow(world: World, vitamin: Product, desk: Client) -> None:
    make_order(world.merchant, line(vitamin, 1))
    with CaptureQueriesContext(connection) as few:
        desk.get(reverse(LIST))
    for _ in range(6):
        make_order(world.merchant, line(vitamin, 1), line(vitamin, 2))
    with CaptureQueriesContext(connection) as many:
        desk.get(reverse(LIST))
    assert len(many) == len(few) <= 14


def test_a_wave_by_hand(world: World, vitamin: Product, desk: Client) -> None:
    later = make_open_order(world.merchant, line(vitamin, 10))
    sooner = make_open_order(world.merchant, line(vitamin, 10), priority=1)
    done = make_order(world.merchant, line(world.product("SOAP"), 1))
    put(done.lines.get().product, world.bins[5], 1)
    ship(done)
    wave = {"action": "allocate_selected", "_selected_action": [later.pk, sooner.pk, done.pk]}
    page = text_of(desk.post(reverse(LIST), wave, follow=True))
    assert "2 orders were allocated as far as there is stock." in page
    assert f"{done.number} is shipped: nothing is left to allocate." in page
    assert [demands(one)[0].allocated for one in (sooner, later)] == [10, 4]


def test_a_wave_of_nothing_but_refusals(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 1))
    ship(order)
    wave = {"action": "allocate_selected", "_selected_action": [order.pk]}
    page = text_of(desk.post(reverse(LIST), wave, follow=True))
    assert f"{order.number} is shipped: nothing is left to allocate." in page
    assert "as far as there is stock" not in page


# Taking an order --------------------------------------------------------------------------------


def test_an_order_is_taken_and_allocated(world: World, vitamin: Product, desk: Client) -> None:
    data = typed(
        world,
        {"sku": "VITAMIN", "quantity": "6", "min_shelf_life_days": "30"},
        {"sku": ""},
        {"sku": "VITAMIN", "quantity": "1", "lot_number": "LATE", "single_lot": "on"},
        reference="S-1",
        customer="Nord AG",
        ship_by="2026-06-03",
        name="Ada",
        country="US",
    )
    answer = desk.post(reverse(ADD), data)
    order = Order.objects.get()
    assert answer.url == at("change", order)
    assert (order.reference, order.ship_to) == ("S-1", {"name": "Ada", "country": "US"})
    assert (order.customer, order.ship_by) == ("Nord AG", date(2026, 6, 3))
    assert order.created_by == house()
    assert promised(order) == [
        ("VITAMIN", "EARLY", "A-01", 4),
        ("VITAMIN", "LATE", "A-02", 1),
        ("VITAMIN", "LATE", "A-02", 2),
    ]
    page = text_of(desk.get(answer.url))
    assert f"{order.number} is taken. All of its 7 units are allocated." in page
    assert "<dt>Customer</dt><dd>Nord AG</dd> <dt>Ship by</dt><dd>2026-06-03</dd>" in page


def test_an_order_is_left_open(world: World, vitamin: Product, desk: Client) -> None:
    data = typed(world, {"sku": "VITAMIN", "quantity": "6"}, leave_open="1")
    page = text_of(desk.post(reverse(ADD), data, follow=True))
    assert status(Order.objects.get()) == "open"
    assert "It waits to be allocated." in page


def test_what_cannot_be_meant_is_marked_and_nothing_is_lost(
    world: World, vitamin: Product, desk: Client
) -> None:
    data = typed(
        world,
        {"sku": ""},
        {"sku": "VITAMIN", "quantity": "1", "lot_number": "TYPO"},
        {"sku": "VITAMIN", "quantity": "2", "lot_number": "EARLY", "expires_on": "2027-03-01"},
        reference="S-1",
    )
    answer = desk.post(reverse(ADD), data)
    lines = answer.context["lines"]
    assert lines.forms[1].errors == {"lot_number": ["VITAMIN has no lot TYPO."]}
    assert lines.forms[2].errors == {
        "expires_on": ["Lot EARLY of VITAMIN expires 2026-10-01, not 2027-03-01."]
    }
    assert 'value="S-1"' in text_of(answer)
    assert not Order.objects.exists()
    typo = desk.post(reverse(ADD), typed(world, {"sku": "TYPO", "quantity": "1"}))
    assert typo.context["lines"].forms[0].errors == {
        "sku": ["There is no product with the SKU TYPO."]
    }


def test_a_taken_reference_is_marked(world: World, vitamin: Product, desk: Client) -> None:
    make_order(world.merchant, line(vitamin, 1), reference="S-1")
    data = typed(world, {"sku": "VITAMIN", "quantity": "1"}, reference="S-1")
    form = desk.post(reverse(ADD), data).context["form"]
    assert form.errors == {"reference": ["There is already an order with the reference S-1."]}
    assert Order.objects.count() == 1


def test_other_refusals_stand_on_the_form(world: World, vitamin: Product, desk: Client) -> None:
    empty = desk.post(reverse(ADD), typed(world, {"sku": ""}))
    assert "Give at least one line." in text_of(empty)
    country = typed(world, {"sku": "VITAMIN", "quantity": "1"}, country="USA")
    assert desk.post(reverse(ADD), country).context["form"].errors == {
        "country": ["Give a code of two letters, such as US."]
    }
    assert not Order.objects.exists()


def test_a_refusal_of_the_whole_order_stands_above_it(world: World) -> None:
    """What only the service refuses: a field of the form, and one that the form does not have."""
    form, lines = OrderForm({"merchant": "1"}), OrderLines({"lines-TOTAL_FORMS": "0"})
    for field in ("note", "ship_to"):
        add_refusal_to(form, lines, Malformed("invalid", f"Wrong {field}.", field=field))
    assert form.errors["note"] == ["Wrong note."]
    assert form.non_field_errors() == ["Wrong ship_to."]


def test_lines_come_and_go_without_a_script(world: World, vitamin: Product, desk: Client) -> None:
    lines = [{"sku": "VITAMIN", "quantity": "1"}, {"sku": "OTHER", "lot_number": "L"}]
    more = desk.post(reverse(ADD), typed(world, *lines, add_line="1", name="Ada"))
    assert len(more.context["lines"].forms) == 3
    assert more.context["form"]["name"].value() == "Ada"
    assert not more.context["lines"].is_bound
    fewer = desk.post(reverse(ADD), typed(world, *lines, remove_line="0")).context["lines"]
    assert [form["sku"].value() for form in fewer.forms] == ["OTHER"]
    for wrong in ("7", "x"):
        same = desk.post(reverse(ADD), typed(world, *lines, remove_line=wrong)).context["lines"]
        assert len(same.forms) == 2
    broken = typed(world, *lines, add_line="1") | {"lines-TOTAL_FORMS": "x"}
    assert len(desk.post(reverse(ADD), broken).context["lines"].forms) == 2
    assert not Order.objects.exists()


def test_products_and_lots_are_suggested(world: World, vitamin: Product, desk: Client) -> None:
    make_product(make_merchant("OTHER"), "VITAMIN-X")

    def suggested(name: str, **query: Any) -> list[dict[str, str]]:
        return desk.get(reverse(f"admin:fulfillment_order_{name}"), query).json()["results"]

    mine = {"merchant": world.merchant.pk}
    product = {"value": "VITAMIN", "label": f"{vitamin.name} · {vitamin.pk}"}
    for term in ("vita", vitamin.name.upper(), str(vitamin.pk), ""):
        assert suggested("products", term=term, **mine) == [product]
    assert suggested("products", term="nothing", **mine) == []
    assert suggested("products", merchant="x") == []
    assert suggested("lots", sku="VITAMIN", **mine) == [
        {"value": "EARLY", "label": "expires 2026-10-01"},
        {"value": "LATE", "label": "expires 2027-03-01"},
    ]
    world.stock_lot(vitamin, "UNDATED", None, 1, 5)
    assert suggested("lots", sku="VITAMIN", **mine)[2]["label"] == "no expiry"


# The page of an order ---------------------------------------------------------------------------


def test_the_page_says_what_is_promised_and_what_was_passed_over(
    world: World, vitamin: Product, desk: Client
) -> None:
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 3)
    order = make_order(
        world.merchant,
        line(vitamin, 30, min_shelf_life_days=200, single_lot=False),
        line(vitamin, 1, vitamin.lots.get(number="LATE"), single_lot=True),
        ship_to={"name": "Ada", "email": ""},
        note="By hand",
    )
    page = text_of(desk.get(at("change", order)))
    assert "Expired 2026-05-01" in page
    assert "122 days remaining, 200 needed" in page
    assert "At least 200 days of shelf life." in page
    assert "Lot LATE and no other." in page
    assert "<dt>Name</dt><dd>Ada</dd>" in page
    assert "Email" not in page
    assert "By hand" in page
    ship(order)
    page = text_of(desk.get(at("change", order)))
    assert "Nothing has left yet." not in page
    assert "Cancel the order" not in page


def test_the_pages_queries_do_not_grow(world: World, vitamin: Product, desk: Client) -> None:
    small = make_order(world.merchant, line(vitamin, 1))
    large = make_order(world.merchant, *[line(vitamin, 1) for _ in range(9)])
    for order in (small, large):
        ship(order)
    with CaptureQueriesContext(connection) as few:
        desk.get(at("change", small))
    with CaptureQueriesContext(connection) as many:
        desk.get(at("change", large))
    assert len(many) == len(few) <= 16


def test_an_unknown_order_leads_back(world: World, desk: Client) -> None:
    for object_id in ("7", "x"):
        path = reverse("admin:fulfillment_order_change", args=[object_id])
        assert "exist" in text_of(desk.get(path, follow=True))


# Its verbs --------------------------------------------------------------------------------------


def test_allocating(world: World, vitamin: Product, desk: Client) -> None:
    order = make_open_order(world.merchant, line(vitamin, 16))
    assert "Promised" not in text_of(desk.get(at("allocate", order)))
    page = text_of(desk.post(at("allocate", order), follow=True))
    assert f"{order.number}: 14 units are allocated, 2 are backordered." in page
    assert status(order) == "backordered"


def test_cancelling_asks_first(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 3))
    asked = text_of(desk.get(at("cancel", order)))
    assert "Its 3 promised units are released and offered to backordered orders at once." in asked
    assert status(order) == "allocated"
    page = text_of(desk.post(at("cancel", order), follow=True))
    assert f"{order.number} is cancelled." in page
    assert status(order) == "cancelled"
    again = text_of(desk.post(at("cancel", order)))
    assert f"{order.number} is cancelled." in again
    assert "No unit is promised to it." in again
    one = make_order(world.merchant, line(vitamin, 1))
    assert "Its 1 promised unit is released" in text_of(desk.get(at("cancel", one)))


def packed(order: Order, *units: Any, **fields: Any) -> dict[str, Any]:
    """What the packing screen sends: units of each allocation in picking order."""
    rows = demands(order)[0].allocations.order_by("balance__expires_on", "id")
    return {
        f"quantity_{one.pk}": quantity for one, quantity in zip(rows, units, strict=True)
    } | fields


def test_shipping_as_allocated(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    form = desk.get(at("ship", order)).context["form"]
    assert [row.quantity.value() for row in form.rows()] == [4, 2]
    data = packed(order, 4, 2, tracking_number="1Z")
    page = text_of(desk.post(at("ship", order), data, follow=True))
    assert f"6 units of {order.number} left." in page
    assert "1Z" in page
    assert (status(order), Shipment.objects.get().shipped_by) == ("shipped", house())


def test_shipping_less(world: World, vitamin: Product, desk: Client) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    page = text_of(desk.post(at("ship", order), packed(order, 0, 1), follow=True))
    assert f"1 unit of {order.number} left." in page
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 4), ("VITAMIN", "LATE", "A-02", 1)]
    nothing = desk.post(at("ship", order), packed(order, 0, 0))
    assert nothing.context["form_errors"] == ["Nothing is packed."]
    more = desk.post(at("ship", order), packed(order, 5, 0)).context["form"]
    assert len(more.errors) == 1
    assert Shipment.objects.count() == 1


def test_lots_are_read_where_they_are_verified(
    world: World, vitamin: Product, desk: Client
) -> None:
    world.stock_lot(vitamin, "", date(2026, 9, 1), 2, 3)
    order = make_order(world.merchant, line(vitamin, 6))
    update_lot_tracking(merchant_id=world.merchant.pk, fields={"verify_lot": True}, **acting())
    rows = demands(order)[0].allocations.order_by("balance__expires_on", "id")
    unnumbered, early = (f"lot_{one.pk}" for one in rows)
    path = at("ship", order)
    unread = desk.post(path, packed(order, 2, 4)).context["form"]
    assert unread.errors == {
        unnumbered: ["Read the lot on the units."],
        early: ["Read the lot on the units."],
    }
    wrong = desk.post(path, packed(order, 2, 4, **{unnumbered: "2026-09-01", early: "LATE"}))
    assert "VITAMIN: packed 4 of lot LATE;" in wrong.context["form_errors"][0]
    assert not Shipment.objects.exists()
    right = packed(order, 2, 4, **{unnumbered: "2026-09-01", early: "early"})
    desk.post(path, right)
    assert status(order) == "shipped"


def test_units_without_a_lot_are_packed_without_one(world: World, desk: Client) -> None:
    update_lot_tracking(merchant_id=world.merchant.pk, fields={"verify_lot": True}, **acting())
    soap = world.product("SOAP")
    put(soap, world.bins[5], 3)
    order = make_order(world.merchant, line(soap, 3))
    assert desk.get(at("ship", order)).context["form"].rows()[0].lot_read is None
    desk.post(at("ship", order), packed(order, 3))
    assert status(order) == "shipped"


def test_there_is_nothing_to_pack(world: World, vitamin: Product, desk: Client) -> None:
    order = make_open_order(world.merchant, line(vitamin, 6))
    assert "Nothing is allocated: allocate the order first." in text_of(desk.get(at("ship", order)))


# Who may ----------------------------------------------------------------------------------------


def test_permissions(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 3))
    viewer = staff("view_order")
    page = viewer.get(at("change", order))
    assert page.status_code == 200
    assert "Cancel the order" not in text_of(page)
    for name in ("ship", "cancel", "allocate"):
        assert viewer.post(at(name, order)).status_code == 403
    assert viewer.get(reverse(ADD)).status_code == 403
    assert viewer.get(reverse("admin:fulfillment_order_products")).status_code == 403
    assert status(order) == "allocated"


def test_somebody_without_any_permission_sees_no_order(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 3))
    nobody = staff("view_lot")
    assert nobody.get(at("change", order)).status_code == 403
    assert nobody.get(reverse(LIST)).status_code == 403
