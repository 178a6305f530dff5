"""Whether a connection that was kept still lives is seen before it is used."""

from select import select

import psycopg
import pytest
from django.db import ProgrammingError, connection

from tests.merchants.races import Thread

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end_it_from_elsewhere(backend: int) -> None:
    with Thread() as other:
        other.submit(lambda: terminate(backend)).result()
    assert select([connection.connection.fileno()], [], [], 60)[0], "the server went on"


def terminate(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])


def begin_a_request() -> None:
    """As Django does it: the next statement is the first of a request."""
    connection.health_check_done = False


def test_one_that_lives_is_kept():
    before = ask()
    assert connection.is_usable()
    begin_a_request()
    assert ask() == before


def test_one_that_the_server_ended_is_replaced():
    before = ask()
    end_it_from_elsewhere(before)
    assert not connection.is_usable()
    begin_a_request()
    assert ask() != before


def test_without_looking_the_end_is_found_by_a_statement():
    """The negative control: what a request would meet."""
    before = ask()
    end_it_from_elsewhere(before)
    with pytest.raises(Exception, match="terminat") as met:
        ask()
    assert isinstance(met.value.__cause__, psycopg.OperationalError)
    connection.close()


def test_one_in_a_failed_transaction_is_not_used():
    ask()
    connection.set_autocommit(False)
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not connection.is_usable()
    connection.rollback()
    assert connection.is_usable()
    connection.set_autocommit(True)


def test_one_that_was_never_opened_or_is_closed_is_not_usable():
    ask()
    connection.connection.close()
    assert not connection.is_usable()
    connection.close()
    assert not connection.is_usable()
