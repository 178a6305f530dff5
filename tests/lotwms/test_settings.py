"""Settings are read once per process, so each case here is a process of its own."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

SHOW = """
import json
from lotwms import settings
names = ["DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "DATABASES", "CACHES"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""
PRODUCTION = {
    "LOTWMS_ENV": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "wms.example.com",
}


def load(**environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW],
        check=False,
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


def test_it_works_without_any_environment():
    shown = json.loads(load().stdout)

    assert shown["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert shown["DEBUG"] is False
    assert shown["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert shown["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert shown["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")


def test_production_is_strict():
    shown = json.loads(load(**PRODUCTION).stdout)

    assert shown["SESSION_COOKIE_SECURE"]
    assert shown["CSRF_COOKIE_SECURE"]
    assert shown["SECURE_SSL_REDIRECT"]
    assert shown["SECURE_HSTS_SECONDS"] == 31_536_000
    assert shown["ALLOWED_HOSTS"] == ["wms.example.com"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SECRET_KEY": ""}, "Production needs SECRET_KEY"),
        ({"ALLOWED_HOSTS": ""}, "Production needs ALLOWED_HOSTS"),
        ({"DEBUG": "true"}, "it stays off in production"),
        ({"LOTWMS_ENV": "prod"}, "LOTWMS_ENV is 'development' or 'production'"),
        ({"DATABASE_URL": "mysql://localhost/lotwms"}, "runs on PostgreSQL and SQLite"),
    ],
)
def test_what_production_refuses(change, told):
    result = load(**(PRODUCTION | change))

    assert result.returncode == 1
    assert told in result.stderr


def test_postgresql_comes_with_its_options():
    shown = json.loads(load(DATABASE_URL="postgres://lotwms@db/lotwms?prepare_threshold=9").stdout)

    assert shown["DATABASES"]["default"]["OPTIONS"] == {
        "server_side_binding": True,
        "prepare_threshold": 9,
        "options": "-c lock_timeout=5000 -c statement_timeout=60000",
        "application_name": "lotwms",
    }
    assert shown["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
