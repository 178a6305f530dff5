"""A database that is busy, slow, gone or going: 503 and when to ask again, never 500."""

from contextlib import contextmanager

import psycopg
import pytest
from django.contrib.messages import get_messages
from django.db import InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from inventory.models import Posting, Product
from merchants.models import IdempotencyKey, Merchant
from merchants.outages import AWAY, BUSY, SLOW, outage
from merchants.services import create_api_key
from tests.builders import acting, house, make_merchant, make_world, put
from tests.merchants.api import Caller, assert_problem
from tests.merchants.races import Thread, until_one_waits
from tests.processes import Processes

TRANSACTIONAL = pytest.mark.django_db(transaction=True)


def error(sqlstate: str | None, kind: type[Exception] = OperationalError) -> Exception:
    """What Django raises for an error of PostgreSQL's driver."""
    made = kind("secret words of the server")
    made.__cause__ = psycopg.Error()
    made.__cause__.sqlstate = sqlstate
    return made


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (error("55P03"), BUSY),
        (error("40P01"), BUSY),
        (error("40001"), BUSY),
        (OperationalError("database is locked"), BUSY),
        (error("57014"), SLOW),
        (error("57P01"), AWAY),
        (error("57P03"), AWAY),
        (error("08006"), AWAY),
        (error("53300"), AWAY),
        (error(None), AWAY),
        (InterfaceError("connection already closed"), AWAY),
        (error("25006", ProgrammingError), AWAY),
        (OperationalError("unable to open database file"), AWAY),
        (OperationalError("no such table: secret"), None),
        (error("58000"), None),
        (error("42P01", ProgrammingError), None),
        (ValueError("locked"), None),
        (None, None),
    ],
)
def test_what_passes_by_itself_is_an_outage(one, expected):
    assert outage(one) is expected


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def call(world) -> Caller:
    caller = Caller(create_api_key(merchant=None, name="test", **acting()).text)
    caller.client = Client(raise_request_exception=False)
    caller.get("merchants/")  # so that the key's own row need not be written again
    return caller


def found(world, units: int = 7) -> dict:
    return {
        "merchant": "ACME",
        "sku": "SOAP",
        "location": world.bins[0].pk,
        "quantity": units,
        "reason": "found",
    }


@TRANSACTIONAL
@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("setting", "words"),
    [("lock_timeout", "Others are changing"), ("statement_timeout", "took too long")],
)
def test_who_waits_too_long_is_told_to_come_again(world, call, setting, words):
    product = world.product()

    def impatient():
        with connection.cursor() as cursor:
            cursor.execute(f"SET {setting} = '300ms'")
        return call.post("adjustments/", found(world), Idempotency_Key="one")

    with Thread() as other, transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)
        answer = other.submit(impatient).result()

    problem = assert_problem(answer, 503, "busy")
    assert words in problem["detail"]
    assert answer["Retry-After"] == "1"
    assert not Posting.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert call.post("adjustments/", found(world), Idempotency_Key="one").status_code == 201


@TRANSACTIONAL
@pytest.mark.sqlite
def test_a_busy_sqlite_is_told_in_the_form_of_the_caller(world, call):
    page = Client(raise_request_exception=False)
    page.force_login(house())
    world.product()
    glow = make_merchant("GLOW")
    change = reverse("admin:merchants_merchant_change", args=[glow.pk])

    def impatient():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        form = {"name": "Glow & Co", "is_active": "on"}
        return call.post("adjustments/", found(world)), page.post(change, form)

    with Thread() as other, transaction.atomic():
        Merchant.objects.filter(code="GLOW").update(name="Held")
        api, html = other.submit(impatient).result()

    assert_problem(api, 503, "busy")
    assert (html.status_code, html["Retry-After"]) == (503, "1")
    assert html["Content-Type"].startswith("text/html")
    assert "Others are changing the same stock; try again. Nothing was changed." in html.text
    assert "Traceback" not in html.text
    assert Merchant.objects.get(code="GLOW").name == "Held"
    assert not Posting.objects.exists()


@contextmanager
def trigger(table: str, when: str, body: str):
    """A trigger that does the server's part in an accident."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE tries")
        cursor.execute(
            f"CREATE FUNCTION accident() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {body} RETURN new; END $$"
        )
        cursor.execute(f"CREATE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION accident()")
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION accident CASCADE")
            cursor.execute("DROP SEQUENCE tries")


AT_COMMIT = "CONSTRAINT TRIGGER cut AFTER INSERT"
DEFERRED = "inventory_posting DEFERRABLE INITIALLY DEFERRED"
CUT = "PERFORM pg_terminate_backend(pg_backend_pid());"


@TRANSACTIONAL
@pytest.mark.postgresql
def test_a_connection_lost_at_commit_leaves_the_outcome_open_and_the_key_settles_it(world, call):
    world.product()

    with trigger(DEFERRED, AT_COMMIT, CUT):
        answer = call.post("adjustments/", found(world), Idempotency_Key="one")

    problem = assert_problem(answer, 503, "unavailable")
    assert "not known whether this took effect" in problem["detail"]
    assert answer["Retry-After"] == "2"
    assert call.post("adjustments/", found(world), Idempotency_Key="one").status_code == 201
    assert Posting.objects.count() == 1


def fails_twice(sqlstate: str) -> str:
    return f"IF nextval('tries') < 3 THEN RAISE 'x' USING ERRCODE = '{sqlstate}'; END IF;"


def tries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM tries")
        return cursor.fetchone()[0]


@TRANSACTIONAL
@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("sqlstate", "status", "tried", "name"),
    [
        ("40P01", 302, 3, "Glow & Co"),
        ("40001", 302, 3, "Glow & Co"),
        ("55P03", 503, 1, "Glow"),
        ("57014", 503, 1, "Glow"),
    ],
)
def test_an_admin_form_is_sent_again_for_a_deadlock_and_for_nothing_else(
    sqlstate, status, tried, name
):
    glow = make_merchant("GLOW")
    page = Client(raise_request_exception=False)
    page.force_login(house())
    change = reverse("admin:merchants_merchant_change", args=[glow.pk])

    with trigger("merchants_merchant", "TRIGGER fall BEFORE UPDATE", fails_twice(sqlstate)):
        answer = page.post(change, {"name": "Glow & Co", "is_active": "on"})
        assert tries() == tried

    glow.refresh_from_db()
    assert (answer.status_code, glow.name) == (status, name)
    if status == 302:
        assert len(list(get_messages(answer.wsgi_request))) == 1


@TRANSACTIONAL
@pytest.mark.postgresql
def test_a_real_server_says_so_and_goes_on(world, call):
    """The server's connections are cut in the middle of a request; the next one works."""
    put(world.product(), world.bins[0], 1)
    product = Product.objects.get()
    with Processes() as processes:
        web = processes.serve(DATABASE_LOCK_TIMEOUT_MS="20000")
        api = web.as_key(call.text)
        assert api.get("/api/v1/merchants/").status == 200

        with Thread() as other, transaction.atomic():
            Product.objects.select_for_update().get(pk=product.pk)
            path, body = "/api/v1/adjustments/", found(world)
            cut = other.submit(lambda: api.post(path, body, Idempotency_Key="one"))
            until_one_waits()
            assert terminate_waiting() == 1
            answer = cut.result()

        assert (answer.status, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "2"
        assert api.post(path, body, Idempotency_Key="one").status == 201
    assert Posting.objects.count() == 2


def terminate_waiting() -> int:
    """Cut the connections to this database that wait for a lock; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


@TRANSACTIONAL
@pytest.mark.postgresql
def test_a_page_without_a_database_says_so_in_plain_words(transactional_db):
    """The server was started before its database, or outlived it."""
    key = f"lw_{'0' * 8}_{'x' * 43}"
    with Processes() as processes:
        web = processes.serve(DATABASE_URL="postgres://nobody@/gone?host=/nonexistent")

        log_in = web.log_in("ada", "secret")
        api = web.as_key(key).get("/api/v1/products/")

    assert (log_in.status, log_in.headers["Retry-After"]) == (503, "2")
    assert "may or may not have kept what you sent" in log_in.text
    assert "default-src 'self'" in log_in.headers["Content-Security-Policy"]
    assert "Traceback" not in log_in.text
    assert (api.status, api.json()["code"]) == (503, "unavailable")
