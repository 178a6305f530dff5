from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Product, SetAside
from inventory.services.lots import update_lot
from lotwms.todo import todo
from tests.builders import World, acting, house, make_demand, make_lot, promised
from tests.clock import CLOCK
from tests.inventory.admin import browser, errors, html, member_of, page, says
from tests.inventory.test_set_asides import keep

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def vitamin(world: World) -> Product:
    """SOON has 10 units in A-01."""
    product = world.lot_product()
    world.stock_lot(product, "SOON", date(2027, 1, 1), 10, 0)
    return product


def sent(world: World, product: Product, **changes: Any) -> dict[str, Any]:
    return {
        "product": product.pk,
        "lot": "",
        "warehouse": world.warehouse.pk,
        "quantity": "6",
        "channel": "b2b",
        "customer": "",
        "reason": "Fair",
    } | changes


def test_units_are_set_aside(world: World, vitamin: Product) -> None:
    lot = vitamin.lots.get()
    response = browser().post(page("setaside_add"), sent(world, vitamin, lot=lot.pk))
    assert response.status_code == 302
    made = SetAside.objects.get()
    assert (made.demand.lot, made.demand.allocated, made.reason) == (lot, 6, "Fair")
    assert (made.demand.channel, made.demand.customer) == ("b2b", "")


def test_the_lots_page_leads_there_and_tells_of_it(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 6, world, customer="Nord")
    lot = vitamin.lots.get()
    shown = html(browser().get(page("lot_change", lot.pk)))
    assert f'href="{page("setaside_change", made.pk)}">{made.number}</a>' in shown
    assert "Set aside</span>" in shown
    address = f"{page('setaside_add')}?product={vitamin.pk}&amp;lot={lot.pk}"
    assert address in shown
    form = browser().get(address.replace("&amp;", "&")).context["adminform"].form
    assert (form["product"].value(), form["lot"].value()) == (str(vitamin.pk), str(lot.pk))


def test_too_many_are_refused_on_the_form(world: World, vitamin: Product) -> None:
    response = browser().post(page("setaside_add"), sent(world, vitamin, quantity="11"))
    assert errors(response) == {
        "quantity": [
            "11 units of VITAMIN are to be set aside, but only 10 in CHI are free and may ship."
        ]
    }
    assert not SetAside.objects.exists()


def test_what_the_form_asks_for(world: World, vitamin: Product) -> None:
    other = make_lot(world.lot_product("OTHER"), "A", date(2027, 1, 1))
    wrong = sent(world, vitamin, lot=other.pk, quantity="0", channel="", reason="")
    assert set(errors(browser().post(page("setaside_add"), wrong))) == {
        "lot",
        "quantity",
        "channel",
        "reason",
    }


def test_the_list_says_what_is_kept_for_whom(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 6, world, customer="Nord")
    make_demand(vitamin, 2, world.warehouse, channel="b2b", customer="Nord")
    ended = keep(vitamin, 1, world, channel="", customer="Sued")
    client = browser()
    client.post(page("setaside_end", ended.pk))
    shown = html(client.get(page("setaside_changelist")))
    assert "Nord (B2B)" in shown
    for column, value in (("kept", 4), ("handed_on", 2), ("asked", 6)):
        assert f'<td class="field-{column}"><span class="num">{value}</span></td>' in shown
    for state, expected in (("active", [made]), ("ended", [ended]), ("used", [])):
        rows = client.get(f"{page('setaside_changelist')}?state={state}").context["cl"]
        assert list(rows.result_list) == expected
    make_demand(vitamin, 4, world.warehouse, channel="b2b", customer="Nord")
    rows = client.get(f"{page('setaside_changelist')}?state=used&channel=b2b").context["cl"]
    assert list(rows.result_list) == [made]
    assert "Used up" in html(client.get(page("setaside_changelist")))


def test_it_is_ended_after_a_word_on_what_that_does(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 6, world)
    waiting = make_demand(vitamin, 9, world.warehouse)
    client = browser()
    shown = html(client.get(page("setaside_change", made.pk)))
    assert page("setaside_end", made.pk) in shown
    assert "6 units are let go" in html(client.get(page("setaside_end", made.pk)))
    response = client.post(page("setaside_end", made.pk))
    assert says(response) == [f"{made.number} is ended."]
    assert promised(waiting) == {"A-01": 9}
    assert page("setaside_end", made.pk) not in html(client.get(page("setaside_change", made.pk)))
    again = client.post(page("setaside_end", made.pk))
    assert "was ended at" in html(again)


def test_one_that_lost_its_units_says_so(world: World, vitamin: Product) -> None:
    keep(vitamin, 6, world)
    client = browser()
    client.post(page("lot_change", vitamin.lots.get().pk), {
        "number": "SOON", "expires_on": "2027-01-01", "date_kind": "use_by",
    })  # fmt: skip
    assert "6 missing" in html(client.get(page("setaside_changelist")))


def test_it_is_no_order_to_ship_or_to_cover(world: World, vitamin: Product) -> None:
    keep(vitamin, 6, world)
    lost = keep(vitamin, 4, world)
    update_lot(lot_id=vitamin.lots.get().pk, fields={"is_active": False}, **acting())
    lost.demand.refresh_from_db()
    assert lost.demand.uncovered == 4
    found = {task.name: task.count for task in todo(house(), CLOCK.now)}
    assert (found["orders to ship"], found["backordered orders"]) == (0, 0)


@pytest.mark.parametrize(
    ("group", "status"), [("manager", 302), ("merchant care", 302), ("associate", 403)]
)
def test_who_may_set_aside(world: World, vitamin: Product, group: str, status: int) -> None:
    client = member_of(group)
    assert client.post(page("setaside_add"), sent(world, vitamin)).status_code == status
    made = SetAside.objects.first() or keep(vitamin, 1, world)
    assert client.get(page("setaside_change", made.pk)).status_code == 200
    assert client.post(page("setaside_end", made.pk)).status_code == status
