"""The breakdown of units without a lot in the admin, and how a switched product leads there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Lot, Product
from inventory.services.stock import assign_lot
from tests.builders import World, acting, make_bin, make_demand, make_lot, put, stands
from tests.inventory.admin import browser, html, member_of, page, says

pytestmark = pytest.mark.usefixtures("sound")

SOON = "2026-09-01"


@pytest.fixture
def product(world: World) -> Product:
    """A lot product since it has 40 units in A-01 and 30 in A-02."""
    product = world.product("VITAMIN")
    put(product, world.bins[0], 40)
    put(product, world.bins[1], 30)
    return product


def url(product: Product) -> str:
    return page("product_break_down", product.pk)


def lines(*rows: dict[str, Any], **fields: str) -> dict[str, Any]:
    typed = {
        f"lines-{place}-{name}": value
        for place, row in enumerate(rows)
        for name, value in row.items()
    }
    management = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0}
    return {**management, **typed, **fields}


def both(world: World) -> list[dict[str, Any]]:
    return [
        {"location": world.bins[0].pk, "lot_number": "VC-A", "expires_on": SOON, "quantity": 40},
        {"location": world.bins[1].pk, "lot_number": "VC-B", "expires_on": "", "quantity": 30},
    ]


def test_the_table_begins_with_what_stands_where(world: World, product: Product) -> None:
    make_demand(product, 4, world.warehouse)
    shown = browser().get(url(product))
    assert "In bins there are 70 units without a lot." in html(shown)
    initial = [form.initial for form in shown.context["lines"].initial_forms]
    assert [(one["location"], one["quantity"]) for one in initial] == [
        (world.bins[0].pk, 40),
        (world.bins[1].pk, 30),
    ]


def test_it_works(world: World, product: Product) -> None:
    make_demand(product, 4, world.warehouse)
    client = browser()
    seen = client.post(url(product), lines(*both(world), preview="1"))
    assert "4 units promised to orders will be planned anew." in html(seen)
    assert [(shelf.name, str(lot), units) for shelf, lot, units in seen.context["plan"]] == [
        ("A-01", "VC-A", 40),
        ("A-02", "VC-B", 30),
    ]
    assert not Lot.objects.exists()
    done = client.post(url(product), lines(*both(world), save="1"))
    assert done.url == page("product_change", product.pk)
    assert says(done) == [
        "70 units of VITAMIN have their lots now. 4 promised units were planned anew."
    ]
    assert stands(product) == {("A-01", "VC-A"): (40, 4), ("A-02", "VC-B"): (30, 0)}
    assert "Every unit of VITAMIN in the house has its lot." in html(client.get(url(product)))


def test_without_locations_in_one_warehouse(world: World, product: Product) -> None:
    row = {"location": "", "lot_number": "A", "expires_on": SOON, "quantity": 70}
    done = browser().post(url(product), lines(row, save="1", warehouse=str(world.warehouse.pk)))
    assert says(done) == ["70 units of VITAMIN have their lots now."]


def test_rows_come_and_go_without_a_script(world: World, product: Product) -> None:
    client = browser()
    more = client.post(url(product), lines(*both(world), add_line="1"))
    assert len(more.context["lines"].initial_forms) == 3
    fewer = client.post(url(product), lines(*both(world), remove_line="0"))
    assert [form.initial["lot_number"] for form in fewer.context["lines"].initial_forms] == ["VC-B"]


def test_refusals_stand_where_they_belong(world: World, product: Product) -> None:
    client = browser()
    first, second = both(world)
    wrong = client.post(url(product), lines(first | {"quantity": 39}, save="1"))
    assert wrong.context["form"].non_field_errors() == [
        (
            "40 units of VITAMIN stand without a lot at A-01; the breakdown has 39. "
            "It has to have all of them."
        )
    ]
    blank = second | {"lot_number": "", "expires_on": ""}
    wrong = client.post(url(product), lines(first, blank, save="1"))
    assert wrong.context["lines"].forms[1].errors == {
        "lot_number": ["A lot of VITAMIN needs a lot number or an expiry date."]
    }
    nothing = {"location": "", "lot_number": "", "expires_on": "", "quantity": ""}
    wrong = client.post(url(product), lines(nothing, save="1"))
    assert wrong.context["lines"].non_form_errors() == ["Give at least one line."]
    assert not Lot.objects.exists()


def test_of_many_places_the_table_begins_empty(world: World) -> None:
    product = world.product("VITAMIN")
    for number in range(51):
        put(product, make_bin(world.warehouse, f"B-{number:02}"), 1)
    assert browser().get(url(product)).context["lines"].initial_forms == []


def test_switching_lot_tracking_on_leads_there(world: World, product: Product) -> None:
    client = browser()
    change = page("product_change", product.pk)
    shown = client.get(change)
    assert "stand in bins without a lot" not in html(shown)
    fields = {
        name: value
        for name, value in shown.context["adminform"].form.initial.items()
        if value is not None
    }
    fields |= {"is_lot_product": "on", "return_action": "quarantine"}
    done = client.post(change, fields)
    assert done.url == url(product)
    assert says(done)[-1] == (
        "VITAMIN is a lot product now, and 70 units of it stand without a lot. Orders get them "
        "last. Say of which lots they are, here or later."
    )
    assert "70 units of this lot product stand in bins without a lot." in html(client.get(change))
    again = client.post(change, fields | {"name": "Vitamin C"})
    assert again.url == page("product_changelist")


def test_those_who_may_not_assign_lots_are_not_led_there(world: World, product: Product) -> None:
    client = member_of("merchant care")
    assert client.get(url(product)).status_code == 403
    change = page("product_change", product.pk)
    form = client.get(change).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value is not None}
    fields |= {"is_lot_product": "on", "return_action": "quarantine"}
    assert client.post(change, fields).url == page("product_changelist")
    assert "Say of which lots" not in html(client.get(change))


def test_the_list_finds_what_lacks_lots(world: World, product: Product) -> None:
    tracked = world.lot_product("TRACKED")
    world.stock_lot(tracked, "A", date(2027, 1, 1), 3, 5)
    client = browser()

    def found() -> list[str]:
        shown = client.get(page("product_changelist"), {"lots": "lacking"})
        return [one.sku for one in shown.context["cl"].result_list]

    assert found() == []
    Product.objects.filter(pk=product.pk).update(is_lot_product=True, return_action="quarantine")
    assert found() == ["VITAMIN"]


def test_histories_show_the_lot_before_and_after(world: World, product: Product) -> None:
    lot = make_lot(product, "VC-A", date(2026, 9, 1))
    assign_lot(lot_id=lot.pk, location_id=world.bins[0].pk, quantity=15, **acting())
    client = browser()
    text = html(client.get(page("lot_change", lot.pk)))
    assert "15 units without a lot → VC-A" in text
    assert 'A-01 <span class="lw-hint">without a lot</span>' in text
    text = html(client.get(page("movement_changelist"), {"product__id__exact": product.pk}))
    assert "without a lot → VC-A" in text


def test_look_alikes_are_asked_about(world: World, product: Product) -> None:
    """The box to tick comes with the question, and stays while it is ticked."""
    client, rows = browser(), both(world)
    assert "They are different lots" not in html(client.get(url(product)))
    rows[0]["lot_number"], rows[1]["lot_number"] = "VC-B", "VC-8"
    asked = client.post(url(product), lines(*rows, save="1"))
    assert "VC-8 looks like the lot VC-B." in html(asked)
    assert "They are different lots" in html(asked)
    seen = client.post(url(product), lines(*rows, preview="1", confirm_new="on"))
    assert "What it would do" in html(seen)
    assert "They are different lots" in html(seen)
    client.post(url(product), lines(*rows, save="1", confirm_new="on"))
    assert stands(product) == {("A-01", "VC-B"): (40, 0), ("A-02", "VC-8"): (30, 0)}
