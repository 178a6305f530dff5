"""What each engine needs to keep the ledger correct and quick; `settings` applies it."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# IMMEDIATE takes the write lock when a transaction begins. With SQLite's default a transaction that
# reads before it writes fails at once with "database is locked", whatever the timeout.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
}

DJANGOS_POSTGRESQL, POSTGRESQL = "django.db.backends.postgresql", "lotwms.postgresql"
CONNECT_SECONDS = 5
REPLICA_CONNECT_SECONDS = 2


def tuned(
    database: dict[str, Any], *, lock_timeout_ms: int, statement_timeout_ms: int
) -> dict[str, Any]:
    """Return Django's settings for `database` (as read from a URL) with the options of its engine.

    An option given in the URL wins over ours. Refuses engines that the ledger was not proved on.
    """
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["OPTIONS"] = SQLITE_OPTIONS | options
        # Threads cannot share SQLite's in-memory test database without lock errors.
        database["TEST"] = {"NAME": str(Path(database["NAME"]).with_name("test.sqlite3"))}
    elif database["ENGINE"] == DJANGOS_POSTGRESQL:
        database["ENGINE"] = POSTGRESQL
        database["OPTIONS"] = _postgresql_options(lock_timeout_ms, statement_timeout_ms) | options
        database.setdefault("CONN_MAX_AGE", 60)
        database["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured(
            f"lotwms runs on PostgreSQL and SQLite, not on {database['ENGINE']}."
        )
    return database


def replica_of(
    database: dict[str, Any], replica: dict[str, Any], **timeouts: int
) -> dict[str, Any]:
    """Return the settings of a replica of `database`, which is tuned: read only, soon given up."""
    if (database["ENGINE"], replica["ENGINE"]) != (POSTGRESQL, DJANGOS_POSTGRESQL):
        raise ImproperlyConfigured("A replica is PostgreSQL's: DATABASE_REPLICA_URL names one.")
    tuned(replica, **timeouts)
    options = replica["OPTIONS"]
    options["options"] = f"{options['options']} -c default_transaction_read_only=on".strip()
    options["connect_timeout"] = REPLICA_CONNECT_SECONDS
    replica["TEST"] = {"MIRROR": "default"}
    return replica


def _postgresql_options(lock_timeout_ms: int, statement_timeout_ms: int) -> dict[str, Any]:
    timeouts = {
        "lock_timeout": lock_timeout_ms,
        "statement_timeout": statement_timeout_ms,
        # A process that was stopped or cut off in a transaction must not keep its locks.
        "idle_in_transaction_session_timeout": statement_timeout_ms,
    }
    return {
        "server_side_binding": True,
        # A connection prepares a statement when it has sent it this often: a third faster.
        "prepare_threshold": 5,
        # 0 leaves a timeout to the role; some poolers refuse to pass them on.
        "options": " ".join(f"-c {name}={ms}" for name, ms in timeouts.items() if ms),
        "application_name": "lotwms",
        # Without these, a machine that vanished is waited for until the system's patience ends.
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
