from collections.abc import Iterator

import pytest

from tests.builders import World, make_world
from tests.races.clients import Clients


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """Here an act is not tried again: a deadlock is to be seen, not smoothed over."""
    monkeypatch.setattr("merchants.transactions.TRIES", 1)
    return make_world()


@pytest.fixture
def clients(world: World) -> Iterator[Clients]:
    with Clients() as pair:
        yield pair
