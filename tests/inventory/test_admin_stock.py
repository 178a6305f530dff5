from datetime import date

import pytest

from inventory.models import Balance, Posting
from tests.builders import balance, make_demand, make_lot, make_world, put
from tests.inventory.admin import browser, errors, html, member_of, page, says

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 31)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def vitamin(world):
    return world.lot_product("VITAMIN")


def standing(product):
    rows = Balance.objects.in_house().filter(product=product).exclude(on_hand=0)
    return {(row.location.name, str(row.lot or "")): row.on_hand for row in rows}


def test_units_are_moved(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    here = balance(vitamin, world.bins[0], lot)
    client = browser()
    assert "10, of which 0 are promised" in html(client.get(page("balance_move", here.pk)))
    data = {"target": world.bins[1].pk, "quantity": "4", "reason": "Tidy up"}
    response = client.post(page("balance_move", here.pk) + f"?from_lot={lot.pk}", data)
    assert says(response) == ["Moved 4 × VITAMIN to A-02."]
    assert response.url == page("lot_change", lot.pk)
    assert standing(vitamin) == {("A-01", "A"): 6, ("A-02", "A"): 4}
    assert Posting.objects.first().reason == "Tidy up"


def test_a_bin_with_another_lot_refuses(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    world.stock_lot(vitamin, "B", OCTOBER, 10, bin=1)
    before = standing(vitamin)
    here = balance(vitamin, world.bins[0], lot)
    data = {"target": world.bins[1].pk, "quantity": "4", "reason": ""}
    response = browser().post(page("balance_move", here.pk), data)
    assert list(errors(response)) == ["__all__"]
    assert "A-02" in errors(response)["__all__"][0]
    assert standing(vitamin) == before


def test_promised_units_stay(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    make_demand(vitamin, 8, world.warehouse)
    here = balance(vitamin, world.bins[0], lot)
    data = {"target": world.bins[1].pk, "quantity": "4", "reason": ""}
    response = browser().post(page("balance_move", here.pk), data)
    assert list(errors(response)) == ["__all__"]
    assert standing(vitamin) == {("A-01", "A"): 10}


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "many", ""])
def test_a_quantity_is_a_whole_number_of_units(world, vitamin, quantity):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    here = balance(vitamin, world.bins[0], lot)
    data = {"target": world.bins[1].pk, "quantity": quantity, "reason": ""}
    response = browser().post(page("balance_move", here.pk), data)
    assert list(errors(response)) == ["quantity"]
    assert standing(vitamin) == {("A-01", "A"): 10}


def test_what_is_gone_or_outside_cannot_be_moved(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    outside = Balance.objects.get(product=vitamin, lot=lot, location_kind="adjustment")
    assert browser().get(page("balance_move", outside.pk)).status_code == 404


@pytest.mark.parametrize(("change", "left"), [("3", 13), ("-3", 7)])
def test_stock_is_adjusted(world, vitamin, change, left):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    data = {"product": vitamin.pk, "lot": lot.pk, "location": world.bins[0].pk,
            "quantity": change, "reason": "Counted"}  # fmt: skip
    response = browser().post(page("balance_adjust") + f"?from_location={world.bins[0].pk}", data)
    assert says(response) == [f"Adjusted VITAMIN at A-01 by {int(change):+}."]
    assert response.url == page("location_change", world.bins[0].pk)
    assert standing(vitamin) == {("A-01", "A"): left}


def test_the_adjustment_is_filled_in_from_where_it_was_chosen(world, vitamin):
    lot = make_lot(vitamin, "A")
    chosen = {"product": vitamin.pk, "lot": lot.pk, "location": world.bins[0].pk}
    form = browser().get(page("balance_adjust"), chosen).context["form"]
    assert {name: form[name].value() for name in chosen} == {
        name: str(value) for name, value in chosen.items()
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-11"}, "__all__"),
        ({"reason": ""}, "reason"),
        ({"lot": ""}, "__all__"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused(world, vitamin, changes, field):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    data = {"product": vitamin.pk, "lot": lot.pk, "location": world.bins[0].pk,
            "quantity": "1", "reason": "Counted"} | changes  # fmt: skip
    response = browser().post(page("balance_adjust"), data)
    assert list(errors(response)) == [field]
    assert standing(vitamin) == {("A-01", "A"): 10}


def test_a_lot_of_another_product_is_refused(world, vitamin):
    lot = make_lot(world.lot_product("CREAM"), "A")
    data = {"product": vitamin.pk, "lot": lot.pk, "location": world.bins[0].pk,
            "quantity": "1", "reason": "Counted"}  # fmt: skip
    response = browser().post(page("balance_adjust"), data)
    assert errors(response) == {"lot": ["Lot A is not a lot of VITAMIN."]}
    assert standing(vitamin) == {}


@pytest.mark.parametrize(
    ("quantity", "after"),
    [("", {("A-01", "A"): 10}), ("4", {("A-01", "A"): 4, ("A-01", ""): 6})],
)
def test_a_lot_is_assigned(world, quantity, after):
    product = world.product("SOAP")
    put(product, world.bins[0], 10)
    lot = make_lot(product, "A")
    data = {"lot": lot.pk, "location": world.bins[0].pk, "quantity": quantity}
    response = browser().post(page("balance_assign"), data)
    assert says(response) == ["Units at A-01 now carry lot A."]
    assert response.url == page("balance_changelist")
    assert standing(product) == after


def test_a_lot_is_assigned_where_nothing_stands(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    data = {"lot": lot.pk, "location": world.bins[1].pk, "quantity": ""}
    response = browser().post(page("balance_assign"), data)
    assert says(response) == ["A-02 is open for lot A; no units without a lot stood there."]
    assert balance(vitamin, world.bins[1], lot).on_hand == 0


def test_a_product_that_the_warehouse_never_had_is_refused(world, vitamin):
    lot = make_lot(vitamin, "A")
    data = {"lot": lot.pk, "location": world.bins[1].pk, "quantity": ""}
    response = browser().post(page("balance_assign"), data)
    assert "has never been in warehouse CHI" in errors(response)["__all__"][0]


@pytest.mark.parametrize("trick", ["abc", "²", "99999999999999999999", ""])
def test_a_made_up_way_back_does_no_harm(trick):
    client = browser()
    assert client.get(page("balance_adjust"), {"from_lot": trick}).status_code == 200


def test_only_those_who_may_move_and_adjust(world, vitamin):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    here = balance(vitamin, world.bins[0], lot)
    associate = member_of("associate")
    assert associate.get(page("balance_move", here.pk)).status_code == 200
    assert associate.get(page("balance_assign")).status_code == 200
    assert associate.get(page("balance_adjust")).status_code == 403
    care = member_of("merchant care")
    for address in (page("balance_move", here.pk), page("balance_assign"), page("balance_adjust")):
        assert care.get(address).status_code == 403


def test_the_list_of_stock_and_of_movements(world, vitamin):
    world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    client = browser()
    stock = client.get(page("balance_changelist"), {"kind": "storage"})
    assert [str(row.location) for row in stock.context["cl"].result_list] == ["A-01"]
    assert "2026-10-31" in stock.content.decode()
    moved = client.get(page("movement_changelist"), {"q": "VITAMIN"}).content.decode()
    for words in ("Adjusted", "ADJUSTMENT", "A-01", "Opening stock", "house"):
        assert words in moved


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_stock_and_movements_are_written_by_no_form(world, vitamin, verb):
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, bin=0)
    client = browser()
    for model, row in (
        ("balance", balance(vitamin, world.bins[0], lot)),
        ("movement", Posting.objects.get().movements.get()),
    ):
        args = [row.pk] if verb == "delete" else []
        assert client.post(page(f"{model}_{verb}", *args), {"post": "yes"}).status_code == 403
