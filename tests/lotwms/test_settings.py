"""Settings are read by running their file, each time with another environment."""

import re
import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PRODUCTION = {
    "LOTWMS_ENV": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "wms.example.com",
}

OF_THE_TESTS = ("DATABASE_URL", "DATABASE_LOCK_TIMEOUT_MS", "DATABASE_STATEMENT_TIMEOUT_MS")


@pytest.fixture
def load(monkeypatch):
    def load(**environment):
        for name in OF_THE_TESTS:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(settings.BASE_DIR / "lotwms" / "settings.py"))

    return load


def test_it_works_without_any_environment(load):
    shown = load()

    assert shown["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert shown["DEBUG"] is False
    assert shown["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert shown["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert shown["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")


def test_production_is_strict(load):
    shown = load(**PRODUCTION)

    assert shown["SESSION_COOKIE_SECURE"]
    assert shown["CSRF_COOKIE_SECURE"]
    assert shown["SECURE_SSL_REDIRECT"]
    assert shown["SECURE_HSTS_SECONDS"] == 31_536_000
    assert shown["ALLOWED_HOSTS"] == ["wms.example.com"]
    assert shown["LOGGING"]["handlers"]["console"]["formatter"] == "json"
    assert "SECURE_PROXY_SSL_HEADER" not in shown


def test_mail_is_printed_on_this_machine(load):
    here = load()
    assert here["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert (here["SENDS_MAIL"], here["CURRENCY"]) == (True, "USD")


def test_a_real_installation_sends_none_until_its_mail_server_is_named(load):
    assert load(**PRODUCTION)["SENDS_MAIL"] is False


def test_the_mail_server_is_one_variable(load):
    url = "smtp+tls://wms:s%40cret@mail.example.com:587"
    named = load(EMAIL_URL=url, DEFAULT_FROM_EMAIL="wms@example.com", **PRODUCTION)
    assert named["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    server = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")
    assert [named[one] for one in server] == ["mail.example.com", 587, "wms", "s@cret"]
    assert (named["EMAIL_USE_TLS"], named["EMAIL_USE_SSL"], named["SENDS_MAIL"]) == (
        True,
        False,
        True,
    )


def test_a_proxy_is_trusted_only_when_it_is_named(load):
    shown = load(BEHIND_PROXY="true", **PRODUCTION)

    assert shown["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SECRET_KEY": ""}, "Production needs SECRET_KEY"),
        ({"ALLOWED_HOSTS": ""}, "Production needs ALLOWED_HOSTS"),
        ({"DEBUG": "true"}, "it stays off in production"),
        ({"LOTWMS_ENV": "prod"}, "LOTWMS_ENV is 'development' or 'production'"),
        ({"DATABASE_URL": "mysql://localhost/lotwms"}, "runs on PostgreSQL and SQLite"),
        ({"DATABASE_REPLICA_URL": "postgres://db2/lotwms"}, "A replica is PostgreSQL's"),
    ],
)
def test_what_production_refuses(load, change, told):
    with pytest.raises(ImproperlyConfigured, match=told):
        load(**(PRODUCTION | change))


def test_postgresql_comes_with_its_options(load):
    shown = load(DATABASE_URL="postgres://lotwms@db/lotwms?prepare_threshold=9")

    assert shown["DATABASES"]["default"]["OPTIONS"] == {
        "server_side_binding": True,
        "prepare_threshold": 9,
        "options": "-c lock_timeout=5000 -c statement_timeout=60000"
        " -c idle_in_transaction_session_timeout=60000",
        "application_name": "lotwms",
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    assert shown["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
    assert shown["DATABASES"].keys() == {"default"}


def test_a_replica_is_only_read_and_soon_given_up_on(load):
    shown = load(
        DATABASE_URL="postgres://lotwms@db/lotwms",
        DATABASE_REPLICA_URL="postgres://lotwms@db2/lotwms",
        DATABASE_LOCK_TIMEOUT_MS="0",
        DATABASE_STATEMENT_TIMEOUT_MS="0",
    )

    replica = shown["DATABASES"]["replica"]
    assert replica["HOST"] == "db2"
    assert replica["OPTIONS"]["options"] == "-c default_transaction_read_only=on"
    assert replica["OPTIONS"]["connect_timeout"] == 2
    assert shown["DATABASES"]["default"]["OPTIONS"]["options"] == ""
    assert shown["DATABASE_ROUTERS"] == ["merchants.replica.Router"]


def test_every_variable_is_described():
    """A row of the table for each that is read, and for none besides."""
    files = (settings.BASE_DIR / "lotwms").glob("*.py")
    texts = [file.read_text() for file in files]
    read = {
        name for text in texts for name in re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_0-9]+)"', text)
    }
    page = (settings.BASE_DIR / "docs" / "deployment.md").read_text()
    rows = re.findall(r"^\| (`[A-Z].*?) \|", page, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([A-Z_0-9]+)`", row)} == read
