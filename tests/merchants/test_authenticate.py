import pytest

from merchants.models import ApiKey, User
from merchants.services import create_api_key
from tests.builders import acting
from tests.clock import CLOCK, START
from tests.merchants.api import Caller, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def text() -> str:
    return create_api_key(merchant=None, name="Robot", **acting()).text


def test_it_works(text):
    assert Caller(text).get("merchants/").status_code == 200
    assert Caller(None).get("merchants/", Authorization=f"bearer {text}").status_code == 200


def test_no_key_is_401(text):
    answer = Caller(None).get("merchants/")

    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer lw_",
        "Bearer lw_00000000_" + "a" * 43,
        "Basic dXNlcjpwYXNz",
        "Bearer \xff",
        "Token TEXT",
        "Bearer TEXTx",
        "Bearer TEXT TEXT",
    ],
)
def test_a_wrong_key_is_401(text, header):
    answer = Caller(None).get("merchants/", Authorization=header.replace("TEXT", text))

    assert_problem(answer, 401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_key_with_another_secret_is_401(text):
    other = text[:-1] + ("A" if text[-1] != "A" else "B")

    assert_problem(Caller(other).get("merchants/"), 401, "authentication_failed")


def test_a_key_whose_user_is_inactive_is_401(text):
    User.objects.filter(api_key__isnull=False).update(is_active=False)

    assert Caller(text).get("merchants/").status_code == 401


def test_it_is_refused_before_the_body_is_read():
    assert Caller(None).post("merchants/", "{not json").status_code == 401


def test_the_last_use_is_noted_at_most_once_a_minute(text):
    call = Caller(text)
    call.get("merchants/")
    assert ApiKey.objects.get().last_used_at == START

    CLOCK.advance(seconds=59)
    call.get("merchants/")
    assert ApiKey.objects.get().last_used_at == START

    CLOCK.advance(seconds=1)
    call.get("merchants/")
    assert ApiKey.objects.get().last_used_at == CLOCK.now


def test_a_session_of_the_admin_opens_nothing(client):
    client.force_login(acting()["actor"])

    assert client.get("/api/v1/merchants/").status_code == 401
