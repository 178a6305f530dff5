import os
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import settings

from tests.builders import World, make_world
from tests.clock import CLOCK, START, Clock
from tests.flush import flush_everything

ENGINES = ("sqlite", "postgresql")
# A busy machine is no failure; a failure tells how to see it again.
settings.register_profile("lotwms", deadline=None, print_blob=True)
settings.load_profile("lotwms")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test marked with an engine belongs to the run on that engine; the other leaves it out.

    The long ones, in the browser, begin each half of the list, which is what a worker begins with.
    """
    for item in items:
        if "browse" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    others = [engine for engine in ENGINES if engine != connection.vendor]
    foreign = [item for item in items if any(item.get_closest_marker(name) for name in others)]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        left_out = set(foreign)
        items[:] = [item for item in items if item not in left_out]
    items[:] = [*_long_ones_first(items[0::2]), *_long_ones_first(items[1::2])]


def _long_ones_first(items: list[pytest.Item]) -> list[pytest.Item]:
    return sorted(items, key=lambda item: item.get_closest_marker("browser") is None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is at hand, as in CI, a skipped test is a test that nobody ran."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.ensure_newline()
        reporter.write_line("Skipped tests fail this run, for CI is set.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_report_header() -> str:
    return f"database: {connection.vendor}"


@pytest.fixture(scope="session", autouse=True)
def _flush() -> Iterator[None]:
    with flush_everything():
        yield


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    """2026-06-01 09:00 UTC at the start of each test; `clock.set(...)`, `clock.advance(days=1)`."""
    CLOCK.set(START)
    yield CLOCK
    CLOCK.set(START)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Counts of requests and uploads of one test are not seen by the next."""
    yield
    if connection.vendor == "sqlite":
        cache.clear()  # elsewhere it is a table, and is undone or flushed as all tables are


@pytest.fixture
def world(db: None) -> World:
    """A warehouse with nine empty bins and a merchant."""
    return make_world()
