import pytest

from merchants.events import Happening, record, record_many
from merchants.models import Event
from merchants.transactions import act
from tests.builders import make_merchant
from tests.clock import START

pytestmark = pytest.mark.django_db


def test_it_works():
    merchant = make_merchant()

    record(
        topic="wro.submitted",
        merchant_id=merchant.pk,
        object="WRO-000001",
        payload={"units": 3},
        at=START,
    )

    event = Event.objects.latest("id")
    assert (event.topic, event.merchant, event.object) == ("wro.submitted", merchant, "WRO-000001")
    assert (event.payload, event.occurred_at) == ({"units": 3}, START)


def test_it_goes_with_the_act_that_failed():
    @act
    def fail() -> None:
        record(topic="x", merchant_id=None, object="1", at=START)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()

    assert not Event.objects.exists()


def test_many_take_one_statement_and_keep_their_order(django_assert_num_queries):
    happenings = [Happening("x", None, str(number), START, {"n": number}) for number in range(50)]

    with django_assert_num_queries(1):
        record_many(happenings)

    rows = Event.objects.order_by("id").values_list("object", "payload")
    assert list(rows) == [(str(number), {"n": number}) for number in range(50)]


def test_none_is_fine():
    record_many([])
    assert not Event.objects.exists()


def test_any_plain_json_is_kept():
    payload = {"text": "“Größe” \\u0000 {1,2}", "list": [1, None, {"deep": True}], "none": None}
    record(topic="x", merchant_id=None, object="1", at=START, payload=payload)
    assert Event.objects.get().payload == payload
