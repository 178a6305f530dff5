"""A wave whose workers are killed in the middle of it."""

import signal
from collections import Counter
from typing import Any

import pytest

from tests.fire.checker import Story, breaches
from tests.fire.house import House
from tests.postgresql import Server
from tests.processes import PATIENCE_SECONDS, until

pytestmark = pytest.mark.postgresql

ORDERS = 120  # three batches


def test_a_wave_is_taken_up_where_its_worker_was_killed(server: Server) -> None:
    with House(server, "wave", orders=ORDERS, with_web=False) as house:
        wave_id = house.ask("release_wave", orders=ORDERS)
        # The first batch is kept; of the second nothing is, though it was promised all its units.
        for point, done in (("after-commit", 50), ("after-promise", 50), ("before-commit", 50)):
            house.arm(point)
            assert house.start_worker().wait(timeout=PATIENCE_SECONDS) == -signal.SIGKILL
            assert house.ask("wave", wave_id=wave_id)["done"] == done
            assert house.ask("snapshot")["differences"] == []

        house.start_worker()

        until(lambda: house.ask("wave", wave_id=wave_id)["status"] == "completed")
        wave = house.ask("wave", wave_id=wave_id)
        assert wave["done"] == ORDERS
        assert wave["attempts"] >= 4
        assert sorted(wave["planned"].values()) == [1] * ORDERS  # whoever did it
        facts = house.ask("facts")
        put = {
            product["sku"]: sum(lot["units"] for lot in product["lots"])
            for merchant in house.world["merchants"]
            for product in merchant["products"]
        }
        ordered, promised = (_units(facts, of) for of in ("quantity", "allocated"))
        assert promised == {sku: min(units, put[sku]) for sku, units in ordered.items()}
        assert promised["GLOW-4"] < ordered["GLOW-4"]  # what is scarce is promised once, too
        facts["effects"] = {}  # of requests, and there was none
        assert breaches(Story(house.world, {}, facts)) == []


def _units(facts: Any, column: str) -> Counter[str]:
    units: Counter[str] = Counter()
    for order in facts["orders"]:
        for line in order["lines"]:
            value = line[column]
            units[line["sku"]] += sum(value.values()) if column == "allocated" else value
    return units
