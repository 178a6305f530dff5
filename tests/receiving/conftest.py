import pytest

from tests.builders import World, make_world


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def vitamin(world):
    """A lot product."""
    return world.lot_product("VITAMIN")


@pytest.fixture
def soap(world):
    """A product without lots."""
    return world.product("SOAP")
