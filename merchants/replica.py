"""Reads that may lag go to a streaming replica, where DATABASE_REPLICA_URL names one.

`may_lag` marks the views that do so: reports and the inventory status. All else reads where it
writes, so that everybody sees at once what he did. A replica that is away, too far behind or in the
way of a query is left alone for a while, and the primary answers: nothing depends on it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.http import Http404
from django.template.response import TemplateResponse

from merchants.outages import outage

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("merchants.replica")

REPLICA = "replica"
HEADER = "Data-Lag-Seconds"
SHUNNED_SECONDS = 30.0

# 0 when everything that came was applied and more would come, else the age of what was applied.
LAG = """
SELECT CASE
  WHEN NOT pg_is_in_recovery() THEN 0
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
    AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
  ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
END
"""

_is_reading: ContextVar[bool] = ContextVar("reading_from_replica", default=False)


class Shunned:
    """Until when this process leaves the replica alone. A guess of its own, shared with nobody."""

    until = 0.0


class Router:
    """Everything is the primary's, but for reads inside `reading`, outside a transaction."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        lags = _is_reading.get() and not connection.in_atomic_block
        return REPLICA if lags else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def may_lag(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view that only reads be answered by the replica, and say how far that is behind.

    The lag stands in the answer's header and in `request.data_lag` (None: from the primary). What
    the replica does not have yet, or cannot answer, is asked of the primary.
    """

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        request = next(one for one in args if hasattr(one, "META"))
        request.data_lag = lag()
        if request.data_lag is not None:
            try:
                return _from_replica(view, request.data_lag, args, kwargs)
            except Http404:
                logger.debug("Not on the replica, perhaps not yet: %s", request.path)
            except (OperationalError, InterfaceError) as error:
                if outage(error) is None:
                    raise
                _shun(error)
            request.data_lag = None
        return view(*args, **kwargs)

    return answer


def _from_replica(view: Callable[..., Any], behind: float, args: Any, kwargs: Any) -> Any:
    with reading():
        response = view(*args, **kwargs)
        if isinstance(response, TemplateResponse):
            response.render()  # or its queries would run after this
    response[HEADER] = f"{behind:.1f}"
    return response


@contextmanager
def reading() -> Iterator[None]:
    """Inside, the ORM reads from the replica."""
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


def lag() -> float | None:
    """How many seconds the replica is behind; None where there is none to be used now."""
    if REPLICA not in settings.DATABASES or time.monotonic() < Shunned.until:
        return None
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(LAG)
            behind = cursor.fetchone()[0]
    except (OperationalError, InterfaceError) as error:
        _shun(error)
        return None
    if behind is None or behind > settings.DATABASE_REPLICA_MAX_LAG_SECONDS:
        return None
    return float(behind)


def _shun(error: BaseException) -> None:
    logger.warning("The replica is left alone for %s seconds: %s", SHUNNED_SECONDS, error)
    Shunned.until = time.monotonic() + SHUNNED_SECONDS
    connections[REPLICA].close()
