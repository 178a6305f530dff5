import pytest
from django.db import IntegrityError, transaction

from merchants.models import Event, Merchant
from merchants.services import CodeTaken, create_merchant
from tests.builders import acting, house, make_merchant
from tests.clock import START
from tests.merchants.api import assert_problem, caller, errors_of
from tests.merchants.races import Thread, until_one_waits

pytestmark = pytest.mark.django_db


def test_it_works():
    merchant = create_merchant(code="GLOW", name="Glow & Co", **acting())

    merchant.refresh_from_db()
    assert (merchant.code, merchant.name, merchant.is_active) == ("GLOW", "Glow & Co", True)
    assert merchant.lot_tracking_active is True
    assert merchant.rotation == "fefo"
    assert merchant.picking_disabled_days == 0
    assert merchant.verify_lot is False
    assert merchant.created_at == START
    assert str(merchant) == "GLOW"


def test_it_leaves_an_event_and_a_history():
    merchant = make_merchant("GLOW")

    event = Event.objects.get()
    assert (event.topic, event.object, event.merchant) == ("merchant.created", "GLOW", merchant)
    assert event.payload == {"code": "GLOW", "name": "Glow"}
    assert event.occurred_at == START
    assert str(event) == "merchant.created GLOW"
    entry = merchant.history.get()
    assert (entry.history_user, entry.history_date, entry.history_type) == (house(), START, "+")


def test_a_code_is_taken_in_any_case():
    make_merchant("GLOW")

    with pytest.raises(CodeTaken) as refusal:
        create_merchant(code="glow", name="Other", **acting())

    assert refusal.value.code == "code_taken"
    assert refusal.value.taken == "glow"
    assert Merchant.objects.count() == 1
    assert Event.objects.count() == 1


def test_the_database_refuses_a_second_code_too():
    make_merchant("GLOW")

    with pytest.raises(IntegrityError), transaction.atomic():
        Merchant.objects.create(code="Glow", name="Other", created_at=START)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_a_code_taken_between_check_and_insert_is_refused_alike():
    terms = acting()
    with Thread() as other, transaction.atomic():
        create_merchant(code="GLOW", name="First", **terms)
        second = other.submit(lambda: create_merchant(code="glow", name="Second", **terms))
        until_one_waits()

    with pytest.raises(CodeTaken):
        second.result()
    assert Merchant.objects.get().name == "First"


@pytest.mark.parametrize(
    "wrong",
    [{"rotation": "lifo"}, {"picking_disabled_days": -1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_database_refuses_settings_that_mean_nothing(wrong):
    merchant = make_merchant()

    with pytest.raises(IntegrityError), transaction.atomic():
        Merchant.objects.filter(pk=merchant.pk).update(**wrong)


def test_staff_create_one_by_the_api():
    answer = caller().post("merchants/", {"code": "GLOW", "name": " Glow & Co "})

    assert answer.status_code == 201
    merchant = Merchant.objects.get()
    assert answer.json() == {
        "id": merchant.pk, "code": "GLOW", "name": "Glow & Co", "is_active": True
    }  # fmt: skip


def test_staff_list_all_of_them():
    make_merchant("GLOW")
    make_merchant("AQUA")

    answer = caller().get("merchants/")

    assert [merchant["code"] for merchant in answer.json()["results"]] == ["GLOW", "AQUA"]


def test_the_api_refuses_a_code_that_is_taken():
    make_merchant("GLOW")

    assert_problem(caller().post("merchants/", {"code": "glow", "name": "X"}), 409, "code_taken")

    assert Merchant.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("code", "required"), ("name", "required")]),
        ({"code": "", "name": "X"}, [("code", "blank")]),
        ({"code": "A B", "name": "X"}, [("code", "invalid")]),
        ({"code": "É", "name": "X"}, [("code", "invalid")]),
        ({"code": "A\n", "name": "X", "color": 1}, [("color", "unknown_field")]),
        ({"code": "A" * 33, "name": "X"}, [("code", "max_length")]),
        ({"code": None, "name": 5}, [("code", "null"), ("name", "invalid")]),
    ],
)
def test_the_api_names_what_is_wrong(body, errors):
    assert errors_of(caller().post("merchants/", body)) == errors
    assert not Merchant.objects.exists()


def test_an_outsider_is_told_nothing():
    outsider = caller(make_merchant("GLOW"))

    assert_problem(outsider.get("merchants/"), 404, "not_found")
    assert_problem(outsider.post("merchants/", "{not json"), 404, "not_found")
    assert Merchant.objects.count() == 1
