import pytest

from merchants.models import ApiKey, Event
from merchants.services import AlreadyRevoked, create_api_key, revoke_api_key
from tests.builders import acting, house, make_merchant
from tests.clock import CLOCK, START
from tests.merchants.api import Caller, assert_problem

pytestmark = pytest.mark.django_db


def test_it_works():
    made = create_api_key(merchant=make_merchant(), name="Shop", **acting())
    CLOCK.advance(hours=1)

    revoke_api_key(key=made.key, **acting())

    key = ApiKey.objects.get()
    assert key.is_revoked
    assert key.revoked_at == CLOCK.now
    assert not key.user.is_active
    event = Event.objects.get(topic="api_key.revoked")
    assert (event.object, event.payload) == (str(key.pk), {"name": "Shop", "prefix": key.prefix})
    assert key.user.history.first().history_user == house()


def test_it_opens_nothing_any_more():
    made = create_api_key(merchant=None, name="Robot", **acting())
    assert Caller(made.text).get("merchants/").status_code == 200

    revoke_api_key(key=made.key, **acting())

    assert_problem(Caller(made.text).get("merchants/"), 401, "authentication_failed")


def test_twice_is_refused():
    made = create_api_key(merchant=None, name="Robot", **acting())
    revoke_api_key(key=made.key, **acting())
    CLOCK.advance(hours=1)

    with pytest.raises(AlreadyRevoked) as refusal:
        revoke_api_key(key=made.key, **acting())

    assert refusal.value.code == "already_revoked"
    assert "2026-06-01 09:00" in str(refusal.value)
    assert ApiKey.objects.get().revoked_at == START
    assert Event.objects.filter(topic="api_key.revoked").count() == 1
