"""The history of master data: who changed what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


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
