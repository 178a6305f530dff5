"""The migration that tells the way of each WRO from the times that were kept before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from receiving.models import WRO
from tests.builders import house, make_world
from tests.clock import CLOCK

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("receiving", "0003_status_changes")]
BEGAN = CLOCK.now


def hours(number: int) -> Any:
    return BEGAN + timedelta(hours=number)


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Go there; the apps as they are then."""
    executor = MigrationExecutor(connection)
    return executor.migrate(targets).apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The database as it was before; afterwards it is as it is now, whatever happened."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(newest)


def test_each_wro_keeps_its_times(before: Any) -> None:
    world, user = make_world(), house()
    old = before.get_model("receiving", "WRO")

    def wro(status: str, **times: Any) -> int:
        made = old.objects.create(
            merchant_id=world.merchant.pk,
            warehouse_id=world.warehouse.pk,
            status=status,
            created_at=BEGAN,
            created_by_id=user.pk,
            **times,
        )
        return int(made.pk)

    draft = wro("draft")
    done = wro("completed", submitted_at=hours(1), arrived_at=hours(2), completed_at=hours(3))
    off = wro("cancelled", submitted_at=hours(1), cancelled_at=hours(4))

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    begun = ("draft", BEGAN, "house")
    assert told(draft) == [begun]
    assert told(done) == [
        begun,
        ("awaiting", hours(1), None),
        ("arrived", hours(2), None),
        ("completed", hours(3), None),
    ]
    assert told(off) == [begun, ("awaiting", hours(1), None), ("cancelled", hours(4), None)]
    assert set(WRO.objects.values_list("saved_at", flat=True)) == {BEGAN}


def told(pk: int) -> list[tuple[str, Any, str | None]]:
    rows = WRO.objects.get(pk=pk).status_changes.select_related("by")
    return [(one.status, one.at, one.by and one.by.username) for one in rows]
