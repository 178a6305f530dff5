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
    elif database["ENGINE"] == "django.db.backends.postgresql":
        database["OPTIONS"] = _postgresql_options(lock_timeout_ms, statement_timeout_ms) | options
        database.setdefault("CONN_MAX_AGE", 60)
        database["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured(
            f"lotwms runs on PostgreSQL and SQLite, not on {database['ENGINE']}."
        )
    return database


def _postgresql_options(lock_timeout_ms: int, statement_timeout_ms: int) -> dict[str, Any]:
    timeouts = {"lock_timeout": lock_timeout_ms, "statement_timeout": statement_timeout_ms}
    return {
        "server_side_binding": True,
        # A connection prepares a statement when it has sent it this often: a third faster.
        "prepare_threshold": 5,
        # 0 leaves a timeout to the role; some poolers refuse to pass them on.
        "options": " ".join(f"-c {name}={ms}" for name, ms in timeouts.items() if ms),
        "application_name": "lotwms",
    }
