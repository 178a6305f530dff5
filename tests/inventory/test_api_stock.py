"""item-locations/, its move/ and adjustments/."""

from datetime import date

import pytest

from inventory.models import Balance, Posting
from tests.builders import (
    World,
    balance,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    place,
    put,
)
from tests.inventory.refused import assert_refused
from tests.merchants.api import caller, errors_of

pytestmark = pytest.mark.django_db

OCTOBER = date(2026, 10, 1)
MOVE = "item-locations/move/"


@pytest.fixture
def staff(world: World):
    return caller()


@pytest.fixture
def vitamin(world: World):
    """Ten units of lot A in A-01."""
    product = world.lot_product()
    world.stock_lot(product, "A", OCTOBER, 10, 0)
    return product


def adjustment(world, **fields):
    return {
        "merchant": "ACME",
        "sku": "VITAMIN",
        "lot_number": "A",
        "location": world.bins[0].pk,
        "quantity": 5,
        "reason": "Counted",
        **fields,
    }


def movement(world, **fields):
    return {
        "merchant": "ACME",
        "sku": "VITAMIN",
        "lot_number": "A",
        "source": world.bins[0].pk,
        "target": world.bins[1].pk,
        "quantity": 4,
        **fields,
    }


def test_item_locations(world, vitamin):
    lot = vitamin.lots.get()
    soap = world.product("SOAP")
    put(soap, world.bins[2], 3)
    put(soap, world.bins[2], -3)
    make_demand(vitamin, 4, world.warehouse)
    client = caller(world.merchant)

    rows = client.get("item-locations/").json()["results"]

    assert rows == [
        {
            "sku": "VITAMIN",
            "location": "A-01",
            "location_id": world.bins[0].pk,
            "warehouse": "CHI",
            "lot": {"id": lot.pk, "number": "A", "expires_on": "2026-10-01"},
            "on_hand": 10,
            "committed": 4,
        },
        {
            "sku": "SOAP",
            "location": "A-03",
            "location_id": world.bins[2].pk,
            "warehouse": "CHI",
            "lot": None,
            "on_hand": 0,
            "committed": 0,
        },
    ]
    for query, found in (
        ("sku=SOAP", rows[1:]),
        ("has_inventory=true", rows[:1]),
        ("has_inventory=false", rows[1:]),
        ("warehouse=CHI", rows),
        ("warehouse=MOON", []),
    ):
        assert client.get(f"item-locations/?{query}").json()["results"] == found
    assert caller(make_merchant("NORD")).get("item-locations/").json()["results"] == []
    assert len(caller().get("item-locations/?merchant=ACME").json()["results"]) == 2


def test_move(world, vitamin, staff):
    answer = staff.post(MOVE, movement(world, reason="Nearer"))
    assert answer.status_code == 200
    assert [answer.json()[end]["on_hand"] for end in ("source", "target")] == [6, 4]
    assert Posting.objects.order_by("-id")[0].reason == "Nearer"
    assert balance(vitamin, world.bins[1], vitamin.lots.get()).on_hand == 4


def test_a_move_to_quarantine_frees_the_units_first(world, vitamin, staff):
    demand = make_demand(vitamin, 8, world.warehouse)
    target = world.place("QUARANTINE").pk
    answer = staff.post(MOVE, movement(world, target=target, reason="Torn"))
    assert answer.status_code == 200
    demand.refresh_from_db()
    assert (demand.allocated, demand.backordered) == (6, 2)


def test_moves_are_refused(world, vitamin, staff):
    other = make_lot(vitamin, "B", OCTOBER)
    put(vitamin, world.bins[1], 1, other)
    west = place(make_warehouse("WEST"), "DAMAGED")
    make_demand(vitamin, 8, world.warehouse, lot=vitamin.lots.get(number="A"))
    with assert_refused("other_lot_in_location") as answers:
        answers(staff.post(MOVE, movement(world, quantity=2)))
    with assert_refused("units_committed") as answers:
        answers(staff.post(MOVE, movement(world, target=world.bins[2].pk, quantity=3)))
    with assert_refused("insufficient_stock") as answers:
        answers(staff.post(MOVE, movement(world, target=world.bins[2].pk, quantity=11)))
    with assert_refused("wrong_location_kind") as answers:
        answers(staff.post(MOVE, movement(world, target=world.place("DOCK").pk)))
        answers(staff.post(MOVE, movement(world, target=world.bins[0].pk)))
        answers(staff.post(MOVE, movement(world, target=west.pk)))
    with assert_refused("not_found", 404) as answers:
        answers(staff.post(MOVE, movement(world, target=world.place("SUPPLIER").pk)))
        answers(staff.post(MOVE, movement(world, source=999_999)))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"merchant": None}, ("merchant", "required")),
        ({"merchant": "NOBODY"}, ("merchant", "unknown_merchant")),
        ({"sku": "THEIRS"}, ("sku", "unknown_sku")),
        ({"lot_number": "C"}, ("lot_number", "unknown_lot")),
        ({"lot_number": "A", "expires_on": "2026-10-02"}, ("expires_on", "unknown_lot")),
        ({"lot_number": "", "expires_on": "2026-10-01"}, ("expires_on", "unknown_lot")),
        ({"quantity": 0}, ("quantity", "min_value")),
        ({"quantity": "4"}, ("quantity", "invalid")),
        ({"from": 1}, ("from", "unknown_field")),
    ],
)
def test_a_malformed_move_names_the_field(fields, refused, world, vitamin, staff):
    make_product(make_merchant("NORD"), "THEIRS")
    before = list(Balance.objects.order_by("id").values())
    assert errors_of(staff.post(MOVE, movement(world, **fields))) == [refused]
    assert list(Balance.objects.order_by("id").values()) == before


def test_staff_verbs_are_unknown_to_merchants_before_the_body_is_read(world):
    client = caller(world.merchant)
    with assert_refused("not_found", 404) as answers:
        answers(client.post(MOVE, "not even JSON"))
        answers(client.post("adjustments/", "not even JSON"))


def test_adjust(world, vitamin, staff):
    made = staff.post("adjustments/", adjustment(world))
    assert made.status_code == 201
    posting = Posting.objects.order_by("-id")[0]
    assert made.json() == {
        "id": posting.pk,
        "sku": "VITAMIN",
        "lot_number": "A",
        "expires_on": "2026-10-01",
        "location": world.bins[0].pk,
        "quantity": 5,
        "reason": "Counted",
        "occurred_at": "2026-06-01T09:00:00Z",
    }
    assert (posting.kind, posting.reason) == ("adjust", "Counted")
    lost = staff.post("adjustments/?merchant=acme", adjustment(world, quantity=-7, merchant="acme"))
    assert lost.json()["quantity"] == -7
    assert balance(vitamin, world.bins[0], vitamin.lots.get()).on_hand == 8


def test_adjust_units_without_a_lot(world, staff):
    soap = world.product("SOAP")
    for lot in ({"lot_number": ""}, {"lot_number": None, "expires_on": None}):
        made = staff.post("adjustments/", adjustment(world, sku="SOAP", **lot))
        assert (made.json()["lot_number"], made.json()["expires_on"]) == (None, None)
    assert balance(soap, world.bins[0]).on_hand == 10


def test_a_lot_without_a_number_is_named_by_its_expiry(world, staff):
    vitamin = world.lot_product()
    lot = make_lot(vitamin, "", OCTOBER)
    named = {"lot_number": None, "expires_on": "2026-10-01"}
    made = staff.post("adjustments/", adjustment(world, **named))
    assert (made.json()["lot_number"], made.json()["expires_on"]) == ("", "2026-10-01")
    assert balance(vitamin, world.bins[0], lot).on_hand == 5


def test_adjustments_are_refused(world, vitamin, staff):
    make_lot(vitamin, "B", OCTOBER)
    with assert_refused("insufficient_stock") as answers:
        answers(staff.post("adjustments/", adjustment(world, quantity=-11)))
    with assert_refused("other_lot_in_location") as answers:
        answers(staff.post("adjustments/", adjustment(world, lot_number="B")))
    with assert_refused("lot_or_expiry_required", 400) as answers:
        answers(staff.post("adjustments/", adjustment(world, lot_number="")))
    with assert_refused("wrong_location_kind") as answers:
        answers(staff.post("adjustments/", adjustment(world, location=world.place("DOCK").pk)))
    with assert_refused("not_found", 404) as answers:
        answers(staff.post("adjustments/", adjustment(world, location=999_999)))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"merchant": None}, ("merchant", "required")),
        ({"quantity": 0}, ("quantity", "zero")),
        ({"reason": " "}, ("reason", "blank")),
        ({"sku": "NONE"}, ("sku", "unknown_sku")),
        ({"lot_number": "C"}, ("lot_number", "unknown_lot")),
        ({"quantity": 2**31}, ("quantity", "max_value")),
    ],
)
def test_a_malformed_adjustment_names_the_field(fields, refused, world, vitamin, staff):
    assert errors_of(staff.post("adjustments/", adjustment(world, **fields))) == [refused]


def test_the_number_of_queries_does_not_grow(world, vitamin, django_assert_num_queries):
    client = caller(world.merchant)
    client.get("item-locations/")
    for index in range(1, 4):
        world.stock_lot(vitamin, f"L{index}", OCTOBER, 10, index)
    with django_assert_num_queries(2):
        assert len(client.get("item-locations/").json()["results"]) == 4
