"""Requests with one Idempotency-Key at the same time, over real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from merchants.api.idempotency import Attempt, once
from merchants.models import ApiKey, IdempotencyKey, Merchant
from merchants.services import create_api_key
from tests.builders import acting, make_merchant
from tests.clock import START
from tests.merchants.api import Caller, assert_problem
from tests.merchants.races import Thread, until_one_waits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.merchants.urls")]

CLIENTS = 8


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant("GLOW")


@pytest.fixture
def text(merchant) -> str:
    return create_api_key(merchant=merchant, name="Shop", **acting()).text


def made() -> int:
    return ApiKey.objects.filter(name="Robot").count()


def all_at_once(text: str, *keys: str) -> list[int]:
    """Post once for each key from a thread of its own, all starting together."""
    start = Barrier(len(keys))

    def post(key: str) -> int:
        try:
            start.wait()
            headers = {"Idempotency_Key": key} if key else {}
            return Caller(text).post("keys/", {"name": "Robot"}, **headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(post, keys))


def test_negative_control_without_a_key_each_takes_effect(text):
    assert all_at_once(text, *[""] * CLIENTS) == [201] * CLIENTS
    assert made() == CLIENTS


def test_one_key_takes_effect_once(text):
    assert all_at_once(text, *["one"] * CLIENTS) == [201] * CLIENTS
    assert made() == 1


def test_keys_do_not_wait_for_each_other_in_vain(text):
    assert all_at_once(text, *[str(number % 4) for number in range(CLIENTS)]) == [201] * CLIENTS
    assert made() == 4


def insert(merchant: Merchant) -> None:
    IdempotencyKey.objects.create(
        merchant=merchant,
        user=ApiKey.objects.get(name="Shop").user,
        key="one",
        method="POST",
        path="/api/v1/keys/",
        digest="of another request",
        created_at=START,
    )


@pytest.mark.postgresql
def test_the_second_waits_and_finds_the_first(text, merchant):
    with Thread() as other, transaction.atomic():
        insert(merchant)
        second = other.submit(
            lambda: Caller(text).post("keys/", {"name": "Robot"}, Idempotency_Key="one")
        )
        until_one_waits()

    assert_problem(second.result(), 422, "idempotency_key_reused")
    assert made() == 0


@pytest.mark.postgresql
def test_the_second_goes_ahead_when_the_first_is_refused(text, merchant):
    with Thread() as other:
        with transaction.atomic():
            insert(merchant)
            second = other.submit(
                lambda: Caller(text).post("keys/", {"name": "Robot"}, Idempotency_Key="one")
            )
            until_one_waits()
            transaction.set_rollback(True)

        assert second.result().status_code == 201
    assert made() == 1


@pytest.mark.postgresql
def test_the_second_is_told_when_it_waited_too_long(text, merchant):
    def impatient():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return Caller(text).post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    with Thread() as other, transaction.atomic():
        insert(merchant)
        answer = other.submit(impatient).result()

    assert_problem(answer, 409, "idempotency_key_in_use")
    assert answer["Retry-After"] == "1"
    assert made() == 0


@pytest.mark.sqlite
def test_on_sqlite_too_the_second_is_told_when_it_waited_too_long(text, merchant):
    def impatient():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        return Caller(text).post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    ApiKey.objects.update(last_used_at=START)  # so that the key itself is not written
    with Thread() as other, transaction.atomic():
        insert(merchant)
        answer = other.submit(impatient).result()

    assert_problem(answer, 409, "idempotency_key_in_use")
    assert made() == 0


class Request:
    """What `once` needs of a request."""

    def __init__(self, user) -> None:
        self.user = user
        self.headers = {"Idempotency-Key": "one"}
        self.method, self.path, self.now = "POST", "/", START
        self.content_type = "application/json"
        self._request = type("Raw", (), {"body": b""})

    def get_full_path(self) -> str:
        return self.path


def test_a_lock_that_the_act_waited_for_is_not_the_keys(text):
    user = ApiKey.objects.get(name="Shop").user

    def perform():
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError, match="database is locked"):
        once(Request(user), perform)

    assert not IdempotencyKey.objects.exists()


def test_an_error_of_another_kind_is_not_the_keys(text, monkeypatch):
    user = ApiKey.objects.get(name="Shop").user

    def fail(self):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(Attempt, "insert", fail)
    with pytest.raises(OperationalError, match="disk"):
        once(Request(user), lambda: None)
