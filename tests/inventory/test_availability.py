"""Why units may not ship. (That its three forms agree is shown on random stock elsewhere.)"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from inventory.availability import Facts, Reason, Todays, why_not
from inventory.models import Balance
from tests.builders import World, make_warehouse, put

TODAY = date(2026, 6, 1)
GOOD = Facts("storage", True, True, False, True, None)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"location_kind": "quarantine"}, Reason.QUARANTINE),
        ({"location_kind": "damaged"}, Reason.DAMAGED),
        ({"on_hold": True}, Reason.HOLD),
        ({"lot_is_active": False}, Reason.INACTIVE),
        ({"expires_on": in_days(-1)}, Reason.EXPIRED),
        ({"expires_on": in_days(0)}, Reason.SHORT_DATED),
        ({"expires_on": in_days(29)}, Reason.SHORT_DATED),
        ({"expires_on": in_days(30)}, None),
        ({"sellable": False}, Reason.NOT_SELLABLE),
        ({"pickable": False}, Reason.NOT_PICKABLE),
    ],
)
def test_why_not(facts: dict[str, Any], expected: Reason | None) -> None:
    assert why_not(replace(GOOD, **facts), today=TODAY, min_shelf_life_days=30) is expected


def test_units_are_good_on_their_last_day() -> None:
    facts = replace(GOOD, expires_on=TODAY)
    assert why_not(facts, today=TODAY, min_shelf_life_days=0) is None


def test_the_first_reason_that_holds_counts() -> None:
    """With everything wrong, mending what is named first shows the next reason."""
    facts = Facts("quarantine", False, False, True, False, in_days(-1))
    mended = [
        {},
        {"location_kind": "damaged"},
        {"location_kind": "storage"},
        {"on_hold": False},
        {"lot_is_active": True},
        {"expires_on": in_days(3)},
        {"expires_on": None},
        {"sellable": True},
        {"pickable": True},
    ]
    said = []
    for change in mended:
        facts = replace(facts, **change)
        said.append(why_not(facts, today=TODAY, min_shelf_life_days=30))
    assert said == [*Reason, None]


def test_each_row_has_the_day_of_its_warehouse(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 1)
    here, there = world.warehouse.pk, make_warehouse("EAST").pk
    for dates in ({here: TODAY}, {here: TODAY, there: in_days(1)}, {here: TODAY, there: TODAY}):
        row = Balance.objects.annotate(today=Todays(dates).expression()).first()
        assert row.today == TODAY
    assert Balance.objects.annotate(today=Todays({}).expression()).first().today is None
