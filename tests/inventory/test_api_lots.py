"""lots/: the shape, what is refused, activation together, assignment to a location."""

from datetime import date

import pytest

from inventory.models import Lot
from tests.builders import (
    World,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    put,
)
from tests.inventory.refused import assert_refused
from tests.merchants.api import assert_problem, caller, errors_of

pytestmark = pytest.mark.django_db

URL = "lots/"
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def client(world: World):
    return caller(world.merchant)


def numbers(client, query):
    return [row["number"] for row in client.get(f"{URL}?{query}").json()["results"]]


def test_it_works(world, client):
    world.lot_product()
    made = client.post(URL, {"sku": "VITAMIN", "number": " VC-A ", "expires_on": "2026-10-01"})

    assert made.status_code == 201
    lot = Lot.objects.get()
    assert made.json() == {
        "id": lot.pk,
        "sku": "VITAMIN",
        "number": "VC-A",
        "supplier_number": "",
        "expires_on": "2026-10-01",
        "manufactured_on": None,
        "only_countries": [],
        "never_countries": [],
        "only_channels": [],
        "is_active": True,
        "received_at": None,
        "days_remaining": 122,
        "supplier": "",
        "production_run": "",
        "merged_into": None,
        "also_known_as": [],
        "locations": [],
    }
    assert client.get(f"{URL}{lot.pk}/").json() == made.json()
    assert client.get(URL).json()["results"] == [made.json()]


def test_where_its_units_stand(world, client):
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "VC-A", OCTOBER, 30, 0)
    put(vitamin, world.bins[1], 5, lot)
    put(vitamin, world.bins[1], -5, lot)
    make_demand(vitamin, 12, world.warehouse)

    answer = client.get(f"{URL}{lot.pk}/").json()

    assert answer["locations"] == [
        {
            "location": "A-01",
            "location_id": world.bins[0].pk,
            "warehouse": "CHI",
            "on_hand": 30,
            "committed": 12,
        }
    ]
    assert answer["received_at"] == "2026-06-01T09:00:00Z"


def test_a_lot_without_a_number(world, client):
    world.lot_product()
    for number in ({}, {"number": ""}, {"number": None}):
        sent = {"sku": "VITAMIN", "expires_on": "2026-10-01", **number}
        made = client.post(URL, sent)
        assert made.json()["number"] == ""
        assert client("delete", f"{URL}{made.json()['id']}/").status_code == 204


def test_a_lot_has_a_number_or_an_expiry(world, client):
    world.lot_product()
    with assert_refused("lot_or_expiry_required", 400) as answers:
        answers(client.post(URL, {"sku": "VITAMIN", "number": "", "expires_on": ""}))


def test_a_number_is_taken_once_per_product_however_it_is_written(world, client):
    make_lot(world.lot_product(), "VC-A")
    with assert_refused("lot_number_taken") as answers:
        answers(client.post(URL, {"sku": "VITAMIN", "number": "vc-a "}))


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({"number": "A"}, [("sku", "required")]),
        ({"sku": "SOAP", "number": "A"}, [("sku", "unknown_sku")]),
        ({"sku": "THEIRS", "number": "A"}, [("sku", "unknown_sku")]),
        ({"sku": "VITAMIN", "expires_on": "01/02/2027"}, [("expires_on", "invalid")]),
        ({"sku": "VITAMIN", "number": "A\u0000B"}, [("number", "control_character")]),
        ({"sku": "VITAMIN", "number": "A", "lot": 5}, [("lot", "unknown_field")]),
    ],
)
def test_malformed_input_names_the_field(sent, refused, world, client):
    world.lot_product()
    make_product(make_merchant("NORD"), "THEIRS")
    assert errors_of(client.post(URL, sent)) == refused
    assert not Lot.objects.exists()


def test_staff_name_the_merchant(world):
    make_product(make_merchant("NORD"), "VITAMIN", is_lot_product=True)
    product = world.lot_product()
    made = caller().post(URL, {"merchant": "ACME", "sku": "VITAMIN", "number": "A"})
    assert made.status_code == 201
    assert Lot.objects.get().product == product
    refused = caller().post(URL, {"sku": "VITAMIN", "number": "B"})
    assert errors_of(refused) == [("merchant", "required")]


def test_a_change_names_only_what_changes(world, client):
    lot = make_lot(world.lot_product(), "VC-A", OCTOBER, supplier_number="S-1")
    answer = client.patch(f"{URL}{lot.pk}/", {"manufactured_on": "2025-10-01"})
    assert answer.status_code == 200
    lot.refresh_from_db()
    assert (lot.number, lot.expires_on, lot.supplier_number) == ("VC-A", OCTOBER, "S-1")
    assert lot.manufactured_on == date(2025, 10, 1)

    client.patch(f"{URL}{lot.pk}/", {"number": None})
    lot.refresh_from_db()
    assert lot.number == ""


def test_a_received_lot_stays_with_its_product(world, client):
    lot = world.stock_lot(world.lot_product(), "VC-A", OCTOBER, 5, 0)
    world.lot_product("OTHER")
    with assert_refused("lot_already_received") as answers:
        answers(client.patch(f"{URL}{lot.pk}/", {"sku": "OTHER"}))
        answers(client("delete", f"{URL}{lot.pk}/"))


def test_an_unused_lot_may_move_to_another_product(world, client):
    lot = make_lot(world.lot_product(), "VC-A")
    other = world.lot_product("OTHER")
    assert client.patch(f"{URL}{lot.pk}/", {"sku": "OTHER"}).json()["sku"] == "OTHER"
    lot.refresh_from_db()
    assert lot.product == other
    make_product(make_merchant("NORD"), "THEIRS", is_lot_product=True)
    answer = caller().patch(f"{URL}{lot.pk}/", {"sku": "THEIRS"})
    assert errors_of(answer) == [("sku", "unknown_sku")]


def test_a_lot_that_a_document_names_is_not_deleted(world, client):
    vitamin = world.lot_product()
    lot = make_lot(vitamin, "VC-A")
    make_supply(vitamin, 5, world.warehouse, lot)
    with assert_refused("lot_in_use") as answers:
        answers(client("delete", f"{URL}{lot.pk}/"))


def test_delete(world, client):
    lot = make_lot(world.lot_product(), "VC-A")
    answer = client("delete", f"{URL}{lot.pk}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Lot.objects.exists()


def test_filters(world, client):
    vitamin, other = world.lot_product(), world.lot_product("OTHER")
    lot = make_lot(vitamin, "VC-A", OCTOBER)
    make_lot(vitamin, "VC-A (2)", date(2026, 11, 1), supplier_number="VC-A")
    make_lot(other, "Z", is_active=False)
    make_supply(vitamin, 5, world.warehouse, lot)

    assert numbers(client, "") == ["VC-A", "VC-A (2)", "Z"]
    assert numbers(client, "sku=OTHER") == ["Z"]
    assert numbers(client, "number=vc-a") == ["VC-A", "VC-A (2)"]
    assert numbers(client, "number=vc-a%20(2)") == ["VC-A (2)"]
    assert numbers(client, "is_active=false") == ["Z"]
    assert numbers(client, "expires_before=2026-10-01") == []
    assert numbers(client, "expires_before=2026-10-02") == ["VC-A"]
    assert numbers(client, "expires_after=2026-10-01") == ["VC-A (2)"]
    assert numbers(client, "wro=WRO-000001") == ["VC-A"]
    assert numbers(client, "wro=1") == ["VC-A"]
    assert numbers(client, "wro=WRO-000002") == []
    assert errors_of(client.get(f"{URL}?expires_before=soon")) == [("expires_before", "invalid")]
    assert errors_of(client.get(f"{URL}?lot=1")) == [("lot", "unknown_parameter")]


def test_bulk_update_changes_only_whether_lots_are_active(world, client):
    vitamin = world.lot_product()
    early, late = (world.stock_lot(vitamin, n, OCTOBER, 10, i) for i, n in enumerate("AB"))
    demand = make_demand(vitamin, 10, world.warehouse)

    answer = client.post(f"{URL}bulk-update/", {"ids": [early.pk], "is_active": False})

    assert answer.status_code == 200
    (row,) = answer.json()["results"]
    assert (row["id"], row["is_active"], row["number"]) == (early.pk, False, "A")
    assert [one.balance.lot for one in demand.allocations.select_related("balance__lot")] == [late]


def test_bulk_update_tells_its_effect_and_why(world, client):
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "A", OCTOBER, 10, 0)
    make_demand(vitamin, 4, world.warehouse)
    body = {"ids": [lot.pk], "is_active": False, "reason": "Recalled"}
    order = {"order": "ORD-000001", "released": 4, "regained": 0, "backordered": 4}
    effect = {"changed": 1, "released": 4, "regained": 0, "backordered": 4, "orders": [order]}

    seen = client.post(f"{URL}bulk-update/", {**body, "dry_run": True}).json()
    assert (seen["effect"], seen["dry_run"]) == (effect, True)
    assert seen["results"][0]["is_active"] is True
    assert lot.history.count() == 1

    done = client.post(f"{URL}bulk-update/", body).json()
    assert (done["effect"], done["dry_run"]) == (effect, False)
    assert done["results"][0]["is_active"] is False
    assert lot.history.first().history_change_reason == "Recalled"


def test_bulk_update_is_all_or_nothing(world, client):
    vitamin = world.lot_product()
    lot = make_lot(vitamin, "A")
    theirs = make_lot(make_product(make_merchant("NORD"), "SERUM"), "B")
    url = f"{URL}bulk-update/"
    with assert_refused("not_found", 404) as answers:
        answers(client.post(url, {"ids": [lot.pk, theirs.pk], "is_active": False}))
        answers(client.post(url, {"ids": [lot.pk, 999_999], "is_active": False}))
    assert errors_of(client.post(url, {"ids": [], "is_active": True})) == [("ids", "empty")]
    assert errors_of(client.post(url, {"ids": [lot.pk]})) == [("is_active", "required")]
    both = caller().post(url, {"ids": [theirs.pk, lot.pk, lot.pk], "is_active": False}).json()
    assert [row["id"] for row in both["results"]] == [lot.pk, theirs.pk]


def test_assign_to_location(world, client):
    soap = world.product("SOAP")
    put(soap, world.bins[0], 10)
    lot = make_lot(soap, "A", OCTOBER)

    url = f"{URL}{lot.pk}/assign-to-location/"
    part = client.post(url, {"location": world.bins[0].pk, "quantity": 4})
    whole = client.post(url, {"location": world.bins[0].pk, "quantity": None})

    assert part.status_code == whole.status_code == 200
    assert [row["on_hand"] for row in part.json()["locations"]] == [4]
    assert [row["on_hand"] for row in whole.json()["locations"]] == [10]


def test_assigning_where_nothing_stands_makes_a_balance_of_nought(world, client):
    soap = world.product("SOAP")
    put(soap, world.bins[0], 10)
    lot = make_lot(soap, "A", OCTOBER)
    answer = client.post(f"{URL}{lot.pk}/assign-to-location/", {"location": world.bins[1].pk})
    assert [(row["location"], row["on_hand"]) for row in answer.json()["locations"]] == [
        ("A-02", 0)
    ]


def test_assigning_is_refused(world, client):
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "A", OCTOBER, 10, 0)
    other = make_lot(vitamin, "B", OCTOBER)
    elsewhere = make_bin(make_warehouse("WEST"))
    url = f"{URL}{other.pk}/assign-to-location/"
    with assert_refused("other_lot_in_location") as answers:
        answers(client.post(url, {"location": world.bins[0].pk}))
    with assert_refused("product_not_in_warehouse") as answers:
        answers(client.post(url, {"location": elsewhere.pk}))
    with assert_refused("insufficient_stock") as answers:
        answers(client.post(url, {"location": world.bins[1].pk, "quantity": 1}))
    with assert_refused("not_found", 404) as answers:
        answers(client.post(url, {"location": world.place("SUPPLIER").pk}))
        answers(client.post(url, {"location": 999_999}))
    assert errors_of(client.post(url, {})) == [("location", "required")]
    bad = client.post(url, {"location": world.bins[1].pk, "quantity": 0})
    assert errors_of(bad) == [("quantity", "min_value")]


def test_another_merchants_lot_answers_like_none(world, client):
    theirs = make_lot(make_product(make_merchant("NORD"), "SERUM"), "B")
    with assert_refused("not_found", 404):
        for method, path, body in (
            ("get", "", None),
            ("patch", "", {"number": "C"}),
            ("delete", "", None),
            ("post", "assign-to-location/", {"location": world.bins[0].pk}),
        ):
            foreign = client(method, f"{URL}{theirs.pk}/{path}", body)
            none = client(method, f"{URL}999999/{path}", body)
            assert_problem(foreign, 404, "not_found")
            assert foreign.content == none.content


def test_the_number_of_queries_does_not_grow(world, client, django_assert_num_queries):
    vitamin = world.lot_product()
    client.get(URL)
    world.stock_lot(vitamin, "A", OCTOBER, 10, 0)
    with django_assert_num_queries(5):
        client.get(URL)
    for index in range(1, 5):
        world.stock_lot(vitamin, f"L{index}", OCTOBER, 10, index)
    with django_assert_num_queries(5):
        assert len(client.get(URL).json()["results"]) == 5
