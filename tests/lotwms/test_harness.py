"""What every other test rests on: the clock stands still, and no test sees another's rows."""

import pytest
from django.core.cache import cache
from django.utils.formats import date_format

from merchants.clock import read_clock
from merchants.models import User


def test_the_clock_stands_still_until_it_is_moved(clock):
    assert read_clock().isoformat() == "2026-06-01T09:00:00+00:00"
    clock.advance(days=1, hours=2)
    assert read_clock().isoformat() == "2026-06-02T11:00:00+00:00"


def test_the_clock_was_set_back():
    assert read_clock().isoformat() == "2026-06-01T09:00:00+00:00"


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_is_cleaned_up(turn):
    cache.add("turn", turn)

    User.objects.create_user("ada")

    assert User.objects.count() == 1
    assert cache.get("turn") == turn


def test_dates_are_iso(clock):
    assert date_format(clock.now) == "2026-06-01"
    assert date_format(clock.now, "DATETIME_FORMAT") == "2026-06-01 09:00"
