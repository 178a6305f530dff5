"""Django for one process of the benchmark."""

from __future__ import annotations

import os
from functools import cache

import psycopg


def set_up_django(url: str) -> None:
    """Make the database of this URL the one of our settings, for this process and its children."""
    import django

    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "lotwms.settings"
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    os.environ["API_RATE"] = "1000000/min"
    django.setup()


def current_url() -> str:
    """The database of this process."""
    return os.environ["DATABASE_URL"]


@cache
def kept_connection(*, autocommit: bool) -> psycopg.Connection:
    """The twins' connection in this process, kept as Django keeps its: statements stay prepared."""
    return psycopg.connect(current_url(), autocommit=autocommit)
