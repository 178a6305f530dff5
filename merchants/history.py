"""The history of master data: who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from merchants.columns import execute, moment, values


class History(HistoricalRecords):  # type: ignore[misc]
    """`HistoricalRecords` that writes no row for a save of nothing but excluded fields.

    A log-in saves `last_login` alone; without this each would stand in the history as a change.
    """

    def post_save(
        self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any
    ) -> None:
        update_fields = kwargs.get("update_fields")
        if update_fields and set(update_fields) <= set(self.excluded_fields):
            return
        super().post_save(instance, created, using=using, **kwargs)


def history(*, excluded_fields: tuple[str, ...] = ()) -> History:
    """The history of one model; its user comes from `stamp`, else from the request."""
    return History(user_model=settings.AUTH_USER_MODEL, excluded_fields=list(excluded_fields))


def stamp(instance: models.Model, *, actor: Any, now: datetime) -> None:
    """Name who changes this row and when, for the history row of the save that follows."""
    instance._history_user = actor  # type: ignore[attr-defined]
    instance._history_date = now  # type: ignore[attr-defined]


WRITE_CHANGES = """
INSERT INTO {history} ({columns}, history_date, history_change_reason, history_type,
    history_user_id)
SELECT {tracked}, %s, v.reason, '~', %s
FROM {{values}} JOIN {table} one ON one.id = v.id ORDER BY v.n
"""


def record_changes(model: Any, reasons: Mapping[int, str], *, actor: Any, now: datetime) -> None:
    """Write the history of rows that were changed together, as they stand now, with the reasons.

    One statement however many there are. ``reasons`` by primary key.
    """
    past = model.history.model
    columns = [field.column for field in past.tracked_fields]
    sql = WRITE_CHANGES.format(
        history=past._meta.db_table,
        columns=", ".join(columns),
        tracked=", ".join(f"one.{column}" for column in columns),
        table=model._meta.db_table,
    )
    fragment, params = values(
        {"id": list(reasons), "reason": list(reasons.values())}, reason="text"
    )
    execute(sql.format(values=fragment), [moment(now), actor.pk, *params])
