"""products/: the shape, what is refused, whose they are."""

from urllib.parse import quote

import pytest

from inventory.models import Product
from tests.builders import make_bin, make_lot, make_merchant, make_product, make_warehouse, put
from tests.inventory.refused import assert_refused
from tests.merchants.api import assert_problem, caller, errors_of

pytestmark = pytest.mark.django_db

URL = "products/"


@pytest.fixture
def glow():
    return make_merchant("GLOW")


def codes(answer):
    return dict(errors_of(answer))


def test_it_works(glow):
    client = caller(glow)
    made = client.post(URL, {"sku": "VITAMIN-C-90CT", "name": "Vitamin C"})

    assert made.status_code == 201
    product = Product.objects.get()
    assert made.json() == {
        "id": product.pk,
        "sku": "VITAMIN-C-90CT",
        "name": "Vitamin C",
        "barcode": "",
        "is_lot_product": False,
        "lot_entry": "either",
        "rotation": None,
        "min_shelf_life_days": None,
        "length_in": None,
        "width_in": None,
        "height_in": None,
        "weight_oz": None,
        "zone": "",
        "is_ftl": False,
        "ftl_category": "",
        "unlotted": 0,
        "unit_value": None,
        "return_preferences": {
            "return_action": "restock",
            "return_backup_action": "quarantine",
            "rts_action": "restock",
            "rts_backup_action": "quarantine",
            "instructions": "",
        },
    }
    assert client.get(f"{URL}{product.pk}/").json() == made.json()
    assert client.get(URL).json() == {"next": None, "previous": None, "results": [made.json()]}


def test_all_fields_come_back_as_sent(glow):
    sent = {
        "sku": "SERUM",
        "name": "Serum",
        "barcode": "0012345678905",
        "is_lot_product": True,
        "lot_entry": "both",
        "rotation": "lefo",
        "min_shelf_life_days": 30,
        "length_in": 1.5,
        "width_in": 2.0,
        "height_in": 3.25,
        "weight_oz": 4.0,
        "zone": "CHILLED",
        "is_ftl": True,
        "ftl_category": "cheese",
        "unit_value": 0.0125,
        "return_preferences": {
            "return_action": "dispose",
            "return_backup_action": "dispose",
            "rts_action": "quarantine",
            "rts_backup_action": "dispose",
            "instructions": "Look at the seal.\nThen decide.",
        },
    }
    made = caller(glow).post(URL, sent).json()
    assert made == {"id": made["id"], "unlotted": 0, **sent}


def test_a_lot_products_customer_returns_are_quarantined_where_nothing_else_is_said(glow):
    made = caller(glow).post(URL, {"sku": "A", "name": "A", "is_lot_product": True})
    assert made.json()["return_preferences"]["return_action"] == "quarantine"


def test_a_food_of_the_traceability_list_is_a_lot_product(glow):
    """The law asks for its lot code: without, no WRO that brings it could be completed."""
    client = caller(glow)
    food = {"sku": "A", "name": "A", "is_ftl": True, "ftl_category": "cheese"}
    assert codes(client.post(URL, food)) == {"is_ftl": "lots_required"}
    assert not Product.objects.exists()
    made = client.post(URL, food | {"is_lot_product": True}).json()["id"]
    assert codes(client.patch(f"{URL}{made}/", {"is_lot_product": False})) == {
        "is_ftl": "lots_required"
    }
    assert Product.objects.get().is_lot_product


def test_staff_name_the_merchant(glow):
    made = caller().post(URL, {"merchant": "glow", "sku": "A", "name": "A"})
    assert made.status_code == 201
    assert Product.objects.get().merchant == glow
    assert codes(caller().post(URL, {"sku": "B", "name": "B"})) == {"merchant": "required"}


def test_preferences_merge(glow):
    product = make_product(glow, rts_action="dispose")
    changed = caller(glow).patch(
        f"{URL}{product.pk}/", {"return_preferences": {"rts_backup_action": "dispose"}}
    )
    assert changed.status_code == 200
    assert changed.json()["return_preferences"] == {
        "return_action": "restock",
        "return_backup_action": "quarantine",
        "rts_action": "dispose",
        "rts_backup_action": "dispose",
        "instructions": "",
    }
    product.refresh_from_db()
    assert product.rts_action == "dispose"


def test_a_change_names_only_what_changes(glow):
    product = make_product(glow, min_shelf_life_days=30, rotation="fifo")
    client = caller(glow)
    client.patch(f"{URL}{product.pk}/", {"rotation": None})
    product.refresh_from_db()
    assert (product.rotation, product.min_shelf_life_days) == (None, 30)
    assert product.history.count() == 2


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({}, {"sku": "required", "name": "required"}),
        ({"sku": " ", "name": "A"}, {"sku": "blank"}),
        ({"sku": 5, "name": "A"}, {"sku": "invalid"}),
        ({"sku": "A", "name": "A", "colour": "red"}, {"colour": "unknown_field"}),
        ({"sku": "A", "name": "A", "is_lot_product": "yes"}, {"is_lot_product": "invalid"}),
        ({"sku": "A", "name": "A", "rotation": "FEFO"}, {"rotation": "invalid_choice"}),
        (
            {"sku": "A", "name": "A", "min_shelf_life_days": -1},
            {"min_shelf_life_days": "min_value"},
        ),
        ({"sku": "A", "name": "A", "length_in": "-1"}, {"length_in": "min_value"}),
        ({"sku": "A", "name": "A", "length_in": 1e9}, {"length_in": "max_digits"}),
        (
            {"sku": "A", "name": "A", "return_preferences": {"rts_backup_action": "restock"}},
            {"return_preferences.rts_backup_action": "invalid_choice"},
        ),
        (
            {"sku": "A", "name": "A", "return_preferences": {"action": "restock"}},
            {"return_preferences.action": "unknown_field"},
        ),
    ],
)
def test_malformed_input_names_the_field(sent, refused, glow):
    answer = caller(glow).post(URL, sent)
    assert codes(answer) == refused
    assert not Product.objects.exists()


def test_restocking_customer_returns_of_lot_products_is_refused(glow):
    sent = {
        "sku": "A",
        "name": "A",
        "is_lot_product": True,
        "return_preferences": {"return_action": "restock"},
    }
    client = caller(glow)
    with assert_refused("restock_not_supported_for_lot_product") as answers:
        answers(client.post(URL, sent))


def test_turning_lot_tracking_on_asks_for_the_action(glow):
    product = make_product(glow)
    client = caller(glow)
    url = f"{URL}{product.pk}/"
    with assert_refused("restock_not_supported_for_lot_product") as answers:
        answers(client.patch(url, {"is_lot_product": True}))
    given = {"is_lot_product": True, "return_preferences": {"return_action": "dispose"}}
    assert client.patch(url, given).status_code == 200


def test_a_sku_is_taken_once_per_merchant(glow):
    make_product(make_merchant("NORD"), "A")
    client = caller(glow)
    assert client.post(URL, {"sku": "A", "name": "A"}).status_code == 201
    with assert_refused("sku_taken") as answers:
        answers(client.post(URL, {"sku": "A", "name": "Another"}))


def test_lot_tracking_stays_on_while_there_are_units_in_lots(glow):
    product = make_product(glow, is_lot_product=True)
    put(product, make_bin(make_warehouse()), 1, make_lot(product, "A"))
    client = caller(glow)
    with assert_refused("lots_in_stock") as answers:
        answers(client.patch(f"{URL}{product.pk}/", {"is_lot_product": False}))


def test_filters(glow):
    make_product(glow, "SERUM", is_lot_product=True, barcode="978")
    make_product(glow, "SOAP")
    make_product(make_merchant("NORD"), "SERUM")
    client = caller(glow)

    def skus(query):
        return [row["sku"] for row in client.get(f"{URL}?{query}").json()["results"]]

    assert skus("") == ["SERUM", "SOAP"]
    assert skus("sku=SERUM") == ["SERUM"]
    assert skus("is_lot_product=true") == ["SERUM"]
    assert skus("is_lot_product=false") == ["SOAP"]
    assert skus("search=978") == ["SERUM"]
    assert client.get(f"{URL}?is_lot_product=maybe").status_code == 400
    assert codes(client.get(f"{URL}?colour=red")) == {"colour": "unknown_parameter"}
    assert codes(client.get(f"{URL}?merchant=NORD")) == {"merchant": "unknown_parameter"}
    assert len(caller().get(URL).json()["results"]) == 3
    assert len(caller().get(f"{URL}?merchant=NORD").json()["results"]) == 1


def test_a_search_takes_any_part_whatever_its_case(glow):
    make_product(glow, "SOAP-1", name="50% Rose \\ Łąka", barcode="0978")
    make_product(glow, "TEA_2", name="Tea")
    client = caller(glow)

    def found(words):
        return [row["sku"] for row in client.get(f"{URL}?search={quote(words)}").json()["results"]]

    for words in ("soap-", "p-1", "rOSE", "0% r", "\\ Ł", "Łąka", "097"):
        assert found(words) == ["SOAP-1"], words
    assert found("a_2") == ["TEA_2"]
    for words in ("a%2", "rose tea", "SOAP_1"):
        assert found(words) == [], words


def test_another_merchants_product_answers_like_none(glow):
    theirs = make_product(make_merchant("NORD"), "SERUM")
    client = caller(glow)
    for method, body in (("get", None), ("patch", {})):
        foreign = client(method, f"{URL}{theirs.pk}/", body)
        none = client(method, f"{URL}999999/", body)
        assert_problem(foreign, 404, "not_found")
        assert foreign.content == none.content


def test_the_number_of_queries_does_not_grow(glow, django_assert_max_num_queries):
    client = caller(glow)
    client.get(URL)
    for number in range(3):
        make_product(glow, f"P-{number}")
    with django_assert_max_num_queries(2):
        assert len(client.get(URL).json()["results"]) == 3
