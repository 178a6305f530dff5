"""The migration that lets waves be resumed which were under way before their jobs were known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fulfillment.models import Wave
from fulfillment.services import release_wave
from tests.builders import acting, house
from tests.clock import CLOCK

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("fulfillment", "0008_waves_chosen_by_hand")]
JOB = UUID(int=7)


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Go there; the apps as they are then."""
    return MigrationExecutor(connection).migrate(targets).apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The database as it was before; afterwards it is as it is now, whatever happened."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(newest)


def test_a_wave_without_a_job_is_resumed(before: Any) -> None:
    old, actor = before.get_model("fulfillment", "Wave"), house().pk

    def wave(status: str, job_id: UUID | None = None) -> int:
        made = {"created_at": CLOCK.now, "created_by_id": actor, "order_count": 9}
        return int(old.objects.create(status=status, job_id=job_id, **made).pk)

    statuses = ("open", "released", "running", "interrupted", "completed", "cancelled")
    stuck = [wave(status) for status in statuses]
    at_work = [wave(status, JOB) for status in ("released", "running")]

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert [Wave.objects.get(pk=pk).status for pk in stuck + at_work] == [
        *("open", "interrupted", "interrupted", "interrupted", "completed", "cancelled"),
        *("released", "running"),
    ]
    resumed = release_wave(wave_id=stuck[2], **acting())
    assert (resumed.status, resumed.job_id is None) == ("released", False)
