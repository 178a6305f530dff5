from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.stock import Units, move
from tests.builders import acting, make_demand, make_lot, make_world
from tests.clock import CLOCK
from tests.inventory.admin import browser, errors, html, member_of, page, says
from tests.returns.made import announced, find, inspect, make_arrived, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def vitamin(world):
    return world.lot_product("VITAMIN-C-90CT")


def details(**changes):
    return {"number": "VC-A", "supplier_number": "", "expires_on": "2026-10-31",
            "manufactured_on": "", "date_kind": "use_by", "is_active": "on"} | changes  # fmt: skip


def test_a_lot_is_registered(vitamin):
    response = browser().post(page("lot_add"), details(product=vitamin.pk))
    lot = Lot.objects.get()
    assert response.status_code == 302
    assert (lot.product, lot.number, lot.expires_on) == (vitamin, "VC-A", date(2026, 10, 31))
    assert (lot.date_kind, lot.is_active, lot.received_at) == ("use_by", True, None)


def test_a_lot_needs_a_number_or_an_expiry(vitamin):
    response = browser().post(
        page("lot_add"), details(product=vitamin.pk, number="", expires_on="")
    )
    assert errors(response) == {
        "number": ["A lot of VITAMIN-C-90CT needs a lot number or an expiry date."]
    }
    assert not Lot.objects.exists()


def test_a_taken_number_is_told(vitamin):
    make_lot(vitamin, "VC-A")
    response = browser().post(page("lot_add"), details(product=vitamin.pk, number="vc-a "))
    assert list(errors(response)) == ["number"]
    assert Lot.objects.count() == 1


def test_a_corrected_expiry_takes_back_what_is_too_old(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 10, bin=0)
    demand = make_demand(vitamin, 4, world.warehouse)
    client = browser()
    response = client.post(page("lot_change", lot.pk), details(expires_on="2026-05-01"))
    assert response.status_code == 302
    lot.refresh_from_db()
    demand.refresh_from_db()
    assert (lot.expires_on, lot.product) == (date(2026, 5, 1), vitamin)
    assert demand.allocated == 0
    assert lot.history.first().history_user.username == "house"


def test_the_list_tells_units_and_days_remaining(world, vitamin):
    world.stock_lot(vitamin, "VC-A", date(2026, 6, 11), 10, bin=0)
    world.stock_lot(vitamin, "VC-OLD", date(2026, 5, 1), 3, bin=1)
    make_lot(vitamin, "VC-NEW")
    shown = browser().get(page("lot_changelist"))
    assert [str(lot) for lot in shown.context["cl"].result_list] == ["VC-OLD", "VC-A", "VC-NEW"]
    text = shown.content.decode()
    assert "10 days" in text
    assert ">expired</span>" in text
    assert '<span class="num">10</span>' in text


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"expiry": "30"}, ["SOON"]),
        ({"expiry": "60"}, ["SOON", "LATER"]),
        ({"expiry": "expired"}, ["OLD"]),
        ({"stock": "no"}, ["NONE"]),
        ({"stock": "yes", "expiry": "90"}, ["SOON", "LATER"]),
    ],
)
def test_lots_are_filtered_by_what_runs_out(world, vitamin, filters, numbers):
    world.stock_lot(vitamin, "OLD", date(2026, 5, 31), 1, bin=0)
    world.stock_lot(vitamin, "SOON", date(2026, 7, 1), 1, bin=1)
    world.stock_lot(vitamin, "LATER", date(2026, 7, 2), 1, bin=2)
    make_lot(vitamin, "NONE", date(2026, 6, 2))
    shown = browser().get(page("lot_changelist"), filters)
    assert [lot.number for lot in shown.context["cl"].result_list] == numbers


def test_deactivating_asks_first_and_says_what_it_does(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 10, bin=0)
    demand = make_demand(vitamin, 4, world.warehouse)
    client = browser()
    chosen = {"action": "deactivate", "_selected_action": [lot.pk]}
    asked = client.post(page("lot_changelist"), chosen)
    text = " ".join(asked.content.decode().split())
    assert "4 units promised to 1 open order will be taken back. 0 of them are" in text
    (effect,) = asked.context["orders"]
    assert (effect.number, effect.released, effect.backordered) == ("ORD-000001", 4, 4)
    lot.refresh_from_db()
    assert lot.is_active
    response = client.post(page("lot_changelist"), chosen | {"confirmed": "yes"})
    assert errors(response) == {"reason": ["This field is required."]}
    response = client.post(
        page("lot_changelist"), chosen | {"confirmed": "yes", "reason": "Recalled"}
    )
    assert says(response) == ["1 lot is inactive. 4 promised units were taken back."]
    assert lot.history.first().history_change_reason == "Recalled"
    lot.refresh_from_db()
    demand.refresh_from_db()
    assert (lot.is_active, demand.allocated) == (False, 0)


def test_activating_offers_the_units_to_backorders(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 10, bin=0)
    client = browser()
    chosen = {"_selected_action": [lot.pk], "confirmed": "yes", "reason": "Recall"}
    client.post(page("lot_changelist"), chosen | {"action": "deactivate"})
    demand = make_demand(vitamin, 4, world.warehouse)
    assert demand.allocated == 0
    asked = client.post(page("lot_changelist"), {"action": "activate", "_selected_action": lot.pk})
    assert "offered to backordered orders at once" in asked.content.decode()
    client.post(page("lot_changelist"), chosen | {"action": "activate"})
    demand.refresh_from_db()
    assert demand.allocated == 4


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes", "reason": ""}])
def test_a_merged_lot_is_not_activated(world, vitamin, confirmed):
    typed, good = make_lot(vitamin, "VC-O1"), make_lot(vitamin, "VC-A")
    merge_lots(wish=Wish(typed.pk, good.pk, "", ""), **acting())
    chosen = {"action": "activate", "_selected_action": [typed.pk, good.pk]}
    response = browser().post(page("lot_changelist"), chosen | confirmed, follow=True)
    assert says(response) == ["Lot VC-O1 was merged into VC-A."]
    typed.refresh_from_db()
    assert not typed.is_active


def test_an_associate_may_not_deactivate(world, vitamin):
    lot = make_lot(vitamin, "VC-A")
    client = member_of("associate")
    chosen = {"action": "deactivate", "_selected_action": [lot.pk], "confirmed": "yes"}
    client.post(page("lot_changelist"), chosen | {"reason": "Recalled"})
    lot.refresh_from_db()
    assert lot.is_active


def test_the_page_shows_where_its_units_stand_and_how_they_moved(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 10, bin=0)
    units = Units(vitamin.pk, lot.pk, 4)
    move(units=units, source_id=world.bins[0].pk, target_id=world.bins[1].pk, **acting())
    make_demand(vitamin, 3, world.warehouse, number="ORD-000007")
    shown = browser().get(page("lot_change", lot.pk)).context
    standing = [(row.location.name, row.on_hand, row.committed) for row in shown["balances"]]
    assert standing == [("A-01", 6, 0), ("A-02", 4, 3)]
    assert [(one.posting.kind, one.quantity) for one in shown["timeline"]] == [
        ("relocate", 4),
        ("adjust", 10),
    ]
    assert [(one.number, one.quantity) for one in shown["promised"]] == [("ORD-000007", 3)]
    assert (shown["shipped"], shown["returned"]) == ([], [])


def test_the_page_links_the_orders_it_went_to_and_the_returns_it_came_back_with(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 10, bin=0)
    order = shipped_order(world, vitamin, 4, lot)
    document = make_arrived(world, announced(vitamin, 2, lot), order=order)
    inspect(document, find(document, 2, lot))
    response = browser().get(page("lot_change", lot.pk))
    for shown, quantity, number in (
        ("shipped", 4, order.number),
        ("returned", 2, document.number),
    ):
        found = [(one.number, one.quantity, one.last) for one in response.context[shown]]
        assert found == [(number, quantity, CLOCK.now)]
    assert f'<a href="/admin/fulfillment/order/{order.pk}/change/">{order.number}</a>' in html(
        response
    )
    assert response.context["outside"]["customer"] == 2


def test_a_lot_that_never_came_says_how_units_come(vitamin):
    lot = make_lot(vitamin, "VC-A")
    text = browser().get(page("lot_change", lot.pk)).content.decode()
    assert "No unit of this lot stands in the house." in text
    assert "Nothing has moved yet." in text


def test_the_page_of_a_lot_asks_the_same_number_of_queries_however_much_it_moved(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", date(2026, 10, 31), 100, bin=0)
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page("lot_change", lot.pk)).status_code == 200
        return len(asked)

    queries()
    before = queries()
    for target in world.bins[1:]:
        units = Units(vitamin.pk, lot.pk, 10)
        move(units=units, source_id=world.bins[0].pk, target_id=target.pk, **acting())
    for number in range(5):
        make_demand(vitamin, 3, world.warehouse, number=f"ORD-00000{number}")
    assert queries() == before


def test_the_timeline_is_paged(world, vitamin):
    lot = world.stock_lot(vitamin, "VC-A", None, 100, bin=0)
    for step in range(51):
        source, target = world.bins[step % 2], world.bins[(step + 1) % 2]
        units = Units(vitamin.pk, lot.pk, 100)
        move(units=units, source_id=source.pk, target_id=target.pk, **acting())
    client = browser()
    assert "Page 1 of 2" in html(client.get(page("lot_change", lot.pk)))
    last = client.get(page("lot_change", lot.pk), {"page": "2"}).context["timeline"]
    assert [one.posting.kind for one in last] == ["relocate", "adjust"]


def test_a_search_box_tells_lots_of_one_number_apart(world, vitamin):
    make_lot(vitamin, "A", date(2026, 10, 31))
    make_lot(world.lot_product("CREAM"), "A")
    make_lot(world.lot_product("SOAP"), "", date(2027, 1, 1))
    asked = {"app_label": "inventory", "model_name": "hold", "field_name": "lot", "term": ""}
    results = browser().get("/admin/autocomplete/", asked).json()["results"]
    assert sorted(row["text"] for row in results) == [
        "A · CREAM",
        "A · VITAMIN-C-90CT · expires 2026-10-31",
        "expiring 2027-01-01 · SOAP",
    ]
