from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from merchants.api.throttling import count, parse_rate
from tests.builders import make_merchant
from tests.clock import CLOCK
from tests.merchants.api import Caller, assert_problem, caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rate(settings):
    settings.API_RATE = "3/min"


def statuses(call: Caller, times: int) -> list[int]:
    return [call.get("merchants/").status_code for _ in range(times)]


def test_so_many_requests_in_a_minute(clock):
    call = caller()
    CLOCK.advance(seconds=20)

    assert statuses(call, 4) == [200, 200, 200, 429]

    answer = call.get("merchants/")
    assert_problem(answer, 429, "throttled")
    assert answer["Retry-After"] == "40"


def test_the_next_minute_starts_anew():
    call = caller()
    statuses(call, 4)

    CLOCK.advance(seconds=60)

    assert statuses(call, 4) == [200, 200, 200, 429]


def test_each_key_has_its_own_count():
    merchant = make_merchant()
    first, second = caller(merchant), caller(merchant)

    assert statuses(first, 4) == [404, 404, 404, 429]
    assert statuses(caller(), 4) == [200, 200, 200, 429]
    assert statuses(second, 1) == [404]


def test_requests_without_a_key_are_not_counted():
    assert statuses(Caller(None), 5) == [401] * 5


def test_it_can_be_switched_off(settings):
    settings.API_RATE = None

    assert statuses(caller(), 5) == [200] * 5


@pytest.mark.parametrize(
    ("rate", "parsed"),
    [("6000/min", (6000, 60)), ("5/s", (5, 1)), ("9/hour", (9, 3600)), ("1/day", (1, 86400))],
)
def test_a_rate_in_words(rate, parsed):
    assert parse_rate(rate) == parsed


def test_counting():
    assert [count(7, 1), count(7, 1), count(8, 1)] == [1, 2, 1]
    assert [count(7, 2), count(7, 2)] == [1, 2]


def test_threads_count_exactly(transactional_db):
    def count_one(number: int) -> int:
        try:
            return count(7, 1)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(count_one, range(64))) == list(range(1, 65))
