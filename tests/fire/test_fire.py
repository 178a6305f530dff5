"""Orders over HTTP while web servers die and the database goes: the short form of `make soak`."""

from functools import partial

import pytest

from tests.fire.checker import breaches
from tests.fire.fight import fight, stop_and_start
from tests.fire.house import House
from tests.fire.marksman import TARGETS
from tests.fire.points import AFTER_COMMIT
from tests.postgresql import Server

pytestmark = pytest.mark.postgresql

SEED = "short"


def test_a_lost_memory_is_found(server: Server) -> None:
    """The negative control: what is sent again is done again, where no key is remembered."""
    with House(server, "forgetful", orders=24, forgetful=True) as house:
        result = fight(house, SEED, orders=24, targets=[AFTER_COMMIT], pace=4)
        found = breaches(result.story)
        assert result.hits[AFTER_COMMIT]
        assert any("took effect" in one for one in found)
        assert any("no answer is kept" in one for one in found)


def test_nothing_is_lost_or_done_twice_while_workers_are_killed(server: Server) -> None:
    with House(server, "killed", orders=200) as house:
        result = fight(house, SEED, orders=200, targets=TARGETS, pace=14)
        assert breaches(result.story) == [], str(result)
        assert set(result.hits) == set(TARGETS)
        assert result.story.snapshots


def test_nothing_is_lost_or_done_twice_while_the_database_is_gone(server: Server) -> None:
    with House(server, "gone", orders=120) as house:
        gone = partial(stop_and_start, house, every=60)
        result = fight(house, SEED, orders=120, meanwhile=gone)
        assert len(result.story.outages) == 1
        assert breaches(result.story) == [], str(result)


def test_a_unit_that_came_from_nowhere_is_found(server: Server) -> None:
    """The negative control of the snapshots."""
    with House(server, "planted", orders=8, with_web=False) as house:
        assert house.ask("snapshot")["differences"] == []
        house.doctor(
            "UPDATE inventory_balance SET on_hand = on_hand + 1 WHERE on_hand > 0 AND id = 2"
        )
        (found, sum_found) = house.ask("snapshot")["differences"]
        assert found[:2] == ["balance is the sum of its movements", "balance 2"]
        assert sum_found[0] == "a product sums to zero over all locations"
