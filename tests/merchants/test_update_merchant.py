import pytest

from merchants.models import Event
from merchants.services import update_merchant
from tests.builders import acting, house, make_merchant
from tests.clock import CLOCK
from tests.merchants.api import caller

pytestmark = pytest.mark.django_db


def test_it_works():
    merchant = make_merchant("GLOW")
    CLOCK.advance(hours=1)

    update_merchant(merchant=merchant, name="Glow Ltd", is_active=False, **acting())

    merchant.refresh_from_db()
    assert (merchant.name, merchant.is_active) == ("Glow Ltd", False)
    event = Event.objects.get(topic="merchant.updated")
    assert event.payload == {"code": "GLOW", "name": "Glow Ltd", "is_active": False}
    entry = merchant.history.first()
    assert (entry.name, entry.history_user, entry.history_date) == ("Glow Ltd", house(), CLOCK.now)


def test_the_keys_of_an_inactive_merchant_open_nothing():
    merchant = make_merchant("GLOW")
    shop = caller(merchant)
    assert shop.get("merchants/").status_code == 404

    update_merchant(merchant=merchant, name="Glow", is_active=False, **acting())

    assert shop.get("merchants/").status_code == 401
