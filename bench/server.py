"""The PostgreSQL server of a run: that of TEST_DATABASE_URL if set, else one of our own.

Ours has the durable settings of a real installation. Its directory is kept from one run to the
next, and with it the data sets, which take longer to build than to measure.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.postgresql import Server

OPTIONS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "random_page_cost": "1.1",
    "max_connections": "200",
    "max_wal_size": "4GB",
    # Containers often have 64 MB of shared memory, too little for parallel workers.
    "max_parallel_workers_per_gather": "0",
}
# What a reader of the figures wants to know of the server.
TOLD = (
    "server_version",
    *("fsync", "synchronous_commit", "full_page_writes", "shared_buffers"),
    *("random_page_cost", "max_wal_size", "max_parallel_workers_per_gather"),
)


def directory() -> Path:
    """Where our own server keeps its data; short, for the sake of its socket's path."""
    return Path(tempfile.gettempdir()) / "lotwms-bench"


@contextmanager
def running(options: Mapping[str, str]) -> Iterator[str]:
    """The URL of a server; ours is started, and stopped again unless it ran before."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    directory().mkdir(exist_ok=True)
    server = Server(directory(), {**OPTIONS, **options})
    ran_before = server.is_running
    if not ran_before:
        server.start()
    try:
        yield server.url()
    finally:
        if not ran_before:
            server.stop("fast")


def named(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def create(url: str, *, template: str = "template0") -> None:
    """Make the database of this URL, or make it anew, from a template."""
    drop(url)
    with psycopg.connect(named(url, "postgres"), autocommit=True) as connection:
        # The pages of the template are copied as files: quicker than through the log.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        database, source = sql.Identifier(name_of(url)), sql.Identifier(template)
        connection.execute(statement.format(database, source))


def drop(url: str) -> None:
    with psycopg.connect(named(url, "postgres"), autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name_of(url))))


def note(url: str) -> str | None:
    """What was written on a database by ``annotate``; None where there is no such database."""
    with psycopg.connect(named(url, "postgres"), autocommit=True) as connection:
        row = connection.execute(
            "SELECT COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database "
            "WHERE datname = %s",
            [name_of(url)],
        ).fetchone()
    return row[0] if row else None


def annotate(url: str, text: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(statement.format(sql.Identifier(name_of(url)), sql.Literal(text)))


def settings(url: str) -> dict[str, str]:
    """The settings of the server that decide how fast it is."""
    with psycopg.connect(url) as connection:
        found = {}
        for name in TOLD:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            found[name] = row[0] if row else ""
        return found
