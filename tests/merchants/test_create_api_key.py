import hashlib
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from merchants.models import ApiKey, Event
from merchants.services import create_api_key
from tests.builders import acting, house, make_merchant
from tests.clock import START
from tests.merchants.api import Caller

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


def test_it_works():
    merchant = make_merchant()

    made = create_api_key(merchant=merchant, name="Shop", **acting())

    key = ApiKey.objects.get()
    assert made.key == key
    assert re.fullmatch(r"lw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", made.text)
    assert key.prefix == made.text[3:11]
    assert key.digest == hashlib.sha256(made.text.encode()).hexdigest()
    assert (key.name, key.merchant, key.created_at) == ("Shop", merchant, START)
    assert (key.created_by, key.revoked_at, key.last_used_at) == (house(), None, None)
    assert str(key) == f"Shop (lw_{key.prefix}…)"


def test_a_key_acts_as_a_user_of_its_own():
    merchant = make_merchant()

    user = create_api_key(merchant=merchant, name="Shop", **acting()).key.user

    assert (user.merchant, user.is_staff, user.is_superuser) == (merchant, False, False)
    assert not user.has_usable_password()
    assert user.history.get().history_user == house()


def test_a_staff_key_acts_for_the_house_without_the_admin():
    user = create_api_key(merchant=None, name="Robot", **acting()).key.user

    assert user.is_house
    assert not user.is_staff


def test_the_text_is_kept_nowhere():
    made = create_api_key(merchant=make_merchant(), name="Shop", **acting())
    secret = made.text.rpartition("_")[2]

    event = Event.objects.get(topic="api_key.created")
    assert event.payload == {"name": "Shop", "prefix": made.key.prefix}
    kept = str(vars(ApiKey.objects.get())) + str(vars(made.key.user)) + str(vars(event))
    assert secret not in kept


def test_the_command_prints_the_key_alone_on_its_last_line():
    make_merchant("GLOW")

    lines = run("--merchant", "glow", "--name", "Shop").splitlines()

    assert lines[0] == "A key for GLOW; it cannot be shown again:"
    key = ApiKey.objects.get()
    assert (key.merchant.code, key.name, key.created_by) == ("GLOW", "Shop", None)
    assert Caller(lines[-1]).get("merchants/").status_code == 404  # known, and no staff


def test_the_command_makes_staff_keys():
    text = run("--staff").splitlines()[-1]

    assert Caller(text).get("merchants/").status_code == 200
    assert ApiKey.objects.get().merchant is None


@pytest.mark.parametrize("arguments", [(), ("--staff", "--merchant", "GLOW")])
def test_the_command_asks_for_exactly_one_owner(arguments):
    make_merchant("GLOW")

    with pytest.raises(CommandError):
        run(*arguments)

    assert not ApiKey.objects.exists()


def test_the_command_knows_no_other_merchant():
    with pytest.raises(CommandError, match="There is no merchant NOBODY"):
        run("--merchant", "NOBODY")


def test_the_command_says_what_to_do_without_a_database():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE merchants_merchant RENAME TO elsewhere")

    with pytest.raises(CommandError, match="Run `make run`"):
        run("--merchant", "GLOW")
