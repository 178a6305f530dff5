"""When the database cannot answer now: an error that is nobody's fault and passes by itself.

Told as 503 with Retry-After, under /api/ and on pages alike; never as 500.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from merchants.transactions import is_retriable

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
READ_ONLY = "25006"  # the server became a standby
# Connection exceptions, insufficient resources, operator intervention.
AWAY_CLASSES = ("08", "53", "57")
SQLITE_AWAY = ("unable to open database file", "disk I/O error", "disk is full", "readonly")


@dataclass(frozen=True)
class Outage:
    """Why there is no answer: in words, and how many seconds to wait before asking again."""

    code: str
    detail: str
    retry_after: str


BUSY = Outage("busy", "Others are changing the same stock; try again. Nothing was changed.", "1")
SLOW = Outage("busy", "The database took too long for this; try again. Nothing was changed.", "1")
AWAY = Outage(
    "unavailable",
    "The database cannot be reached; try again. It is not known whether this took effect: send it "
    "with the same Idempotency-Key, or look before you repeat it.",
    "2",
)


def outage(error: BaseException | None) -> Outage | None:
    """What kind of outage an error is; None for one that has another cause.

    AWAY includes a connection that was lost at COMMIT: nobody can know then whether it was kept.
    """
    if not isinstance(error, OperationalError | InterfaceError) and sqlstate(error) != READ_ONLY:
        return None
    if waited_too_long(error):
        return BUSY
    if sqlstate(error) == QUERY_CANCELED:
        return SLOW
    return AWAY if is_away(error) else None


def waited_too_long(error: BaseException | None) -> bool:
    """Whether the database gave up waiting for another transaction, on either engine."""
    if not isinstance(error, OperationalError):
        return False
    return sqlstate(error) == LOCK_NOT_AVAILABLE or is_retriable(error) or "is locked" in str(error)


def is_away(error: BaseException | None) -> bool:
    """Whether the server is gone, going, coming or full, or the connection to it is broken."""
    if isinstance(error, InterfaceError):
        return True
    if not hasattr(getattr(error, "__cause__", None), "sqlstate"):  # SQLite's have none
        return any(words in str(error) for words in SQLITE_AWAY)
    state = sqlstate(error)
    return state is None or state == READ_ONLY or state.startswith(AWAY_CLASSES)


def sqlstate(error: BaseException | None) -> str | None:
    """The five characters by which PostgreSQL names an error; None where it named none."""
    return getattr(getattr(error, "__cause__", None), "sqlstate", None)
