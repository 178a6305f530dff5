from datetime import UTC, datetime

from merchants.clock import read_clock, system_clock
from tests.clock import CLOCK, START


def test_it_reads_what_the_setting_names():
    assert read_clock() == START

    tomorrow = CLOCK.advance(days=1)

    assert read_clock() == tomorrow


def test_the_systems_own_is_in_utc():
    before = datetime.now(UTC)

    now = system_clock()

    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)
