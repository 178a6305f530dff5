from collections.abc import Iterator

import pytest

from tests.fire.house import cluster
from tests.postgresql import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server that may be stopped without warning; each test has a database on it."""
    with cluster() as started:
        yield started
