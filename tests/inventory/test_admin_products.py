import pytest

from inventory.models import Product
from tests.builders import make_merchant, make_product, make_world
from tests.inventory.admin import browser, errors, member_of, page, says

pytestmark = pytest.mark.django_db


def sent(**changes):
    """The product form as a person sends it; an unticked box is absent."""
    return {
        "sku": "VITAMIN-C-90CT",
        "name": "Vitamin C",
        "barcode": "",
        "lot_entry": "either",
        "rotation": "",
        "min_shelf_life_days": "",
        "return_action": "restock",
        "return_backup_action": "quarantine",
        "rts_action": "restock",
        "rts_backup_action": "quarantine",
        "return_instructions": "",
    } | changes


def test_it_works():
    merchant = make_merchant()
    data = sent(
        merchant=merchant.pk,
        is_lot_product="on",
        lot_entry="both",
        has_min_shelf_life="on",
        min_shelf_life_days="30",
        return_action="dispose",
    )
    response = browser().post(page("product_add"), data)
    product = Product.objects.get()
    assert response.status_code == 302
    assert (product.merchant, product.sku, product.lot_entry) == (merchant, data["sku"], "both")
    assert (product.min_shelf_life_days, product.return_action) == (30, "dispose")
    assert product.rotation is None


def test_a_change_goes_through_the_service_and_stands_in_the_history():
    product = make_product(make_merchant(), name="Before")
    client = browser()
    response = client.post(page("product_change", product.pk), sent(name="After"))
    assert response.status_code == 302
    product.refresh_from_db()
    assert product.name == "After"
    assert [row.history_user.username for row in product.history.all()] == ["house", "house"]
    shown = client.get(page("product_history", product.pk))
    assert "Before → After" in shown.content.decode()


@pytest.mark.parametrize("again", [sent(is_lot_product="on"), sent(is_lot_product="on", sku="X")])
def test_lot_tracking_asks_for_the_action_of_customer_returns(again):
    product = make_product(make_merchant())
    client = browser()
    response = client.post(page("product_change", product.pk), again)
    assert response.status_code == 200
    assert list(errors(response)) == ["return_action"]
    assert "Choose quarantine or dispose" in errors(response)["return_action"][0]
    product.refresh_from_db()
    assert (product.is_lot_product, product.return_action) == (False, "restock")
    assert product.history.count() == 1
    answer = again | {"return_action": "quarantine"}
    assert client.post(page("product_change", product.pk), answer).status_code == 302
    product.refresh_from_db()
    assert (product.is_lot_product, product.return_action) == (True, "quarantine")


def test_lot_tracking_stays_on_while_units_are_in_lots():
    world = make_world()
    product = world.lot_product("VITAMIN-C-90CT")
    world.stock_lot(product, "VC-A", None, 5, bin=0)
    response = browser().post(page("product_change", product.pk), sent(return_action="quarantine"))
    assert list(errors(response)) == ["is_lot_product"]
    product.refresh_from_db()
    assert product.is_lot_product


def test_a_taken_sku_is_told_at_its_field():
    merchant = make_merchant()
    make_product(merchant, "TAKEN")
    response = browser().post(page("product_add"), sent(merchant=merchant.pk, sku="TAKEN"))
    assert errors(response) == {"sku": ["The SKU TAKEN is taken."]}
    assert Product.objects.count() == 1


def test_a_ticked_minimum_needs_a_number():
    product = make_product(make_merchant())
    ticked = sent(has_min_shelf_life="on")
    response = browser().post(page("product_change", product.pk), ticked)
    assert list(errors(response)) == ["min_shelf_life_days"]


def test_a_minimum_that_is_no_number_is_told_once():
    product = make_product(make_merchant())
    ticked = sent(has_min_shelf_life="on", min_shelf_life_days="soon")
    response = browser().post(page("product_change", product.pk), ticked)
    assert errors(response) == {"min_shelf_life_days": ["Enter a whole number."]}


def test_unticking_takes_the_minimum_away():
    product = make_product(make_merchant(), min_shelf_life_days=30)
    browser().post(page("product_change", product.pk), sent(min_shelf_life_days="30"))
    product.refresh_from_db()
    assert product.min_shelf_life_days is None


@pytest.mark.parametrize("words", ["vitamin", "C-90", "0950", "id"])
def test_a_product_is_found_by_sku_name_barcode_and_id(words):
    merchant = make_merchant()
    product = make_product(merchant, barcode="09506000134352")
    make_product(merchant, "MUG")
    query = str(product.pk) if words == "id" else words
    shown = browser().get(page("product_changelist"), {"q": query})
    assert list(shown.context["cl"].result_list) == [product]


def test_a_search_box_tells_sku_and_name():
    product = make_product(make_merchant(), name="Vitamin C")
    asked = {"app_label": "inventory", "model_name": "lot", "field_name": "product", "term": "vit"}
    shown = browser().get("/admin/autocomplete/", asked)
    assert shown.json()["results"] == [
        {"id": str(product.pk), "text": "VITAMIN-C-90CT · Vitamin C"}
    ]


def test_an_associate_sees_products_and_changes_none():
    product = make_product(make_merchant())
    client = member_of("associate")
    assert client.get(page("product_changelist")).status_code == 200
    assert client.get(page("product_change", product.pk)).status_code == 200
    assert client.post(page("product_change", product.pk), sent(name="X")).status_code == 403
    assert client.get(page("product_add")).status_code == 403


def test_nobody_deletes_a_product():
    product = make_product(make_merchant())
    assert browser().post(page("product_delete", product.pk), {"post": "yes"}).status_code == 403
    assert Product.objects.count() == 1


def test_the_sum_of_units_stands_in_the_list():
    world = make_world()
    product = world.lot_product()
    world.stock_lot(product, "A", None, 5, bin=0)
    world.stock_lot(product, "B", None, 7, bin=1)
    shown = browser().get(page("product_changelist"))
    assert '<span class="num">12</span>' in shown.content.decode()
    assert says(shown) == []
