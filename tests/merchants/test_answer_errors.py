import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, OperationalError
from rest_framework.exceptions import NotAcceptable

from merchants.api.errors import exception_handler
from merchants.errors import DomainError, Malformed, NotFound, Refusal
from tests.merchants.api import FAILURES, Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]


@pytest.fixture
def call() -> Caller:
    return caller()


def fail(call: Caller, name: str):
    return call.post("echo/failing/", {"suffix": name})


def raising(error: Exception, monkeypatch) -> str:
    monkeypatch.setitem(FAILURES, "own", lambda: error)
    return "own"


def test_a_refusal_is_409_with_its_code(call):
    problem = assert_problem(fail(call, "refusal"), 409, "units_committed")

    assert problem == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "The units are promised.",
        "code": "units_committed",
    }


def test_malformed_input_is_400_with_every_field(call):
    answer = fail(call, "malformed")

    assert errors_of(answer) == [("lines[0].sku", "unknown_sku"), ("lines[2].sku", "unknown_sku")]
    assert answer.json()["code"] == "unknown_sku"
    assert answer.json()["detail"] == "lines[0].sku: There is no such SKU. (and 1 more)"


def test_what_is_missing_is_404(call):
    assert_problem(fail(call, "missing"), 404, "not_found")


def test_a_constraint_that_no_rule_foresaw_is_409_and_tells_nothing(call, monkeypatch, caplog):
    error = IntegrityError('duplicate key value violates "secret_constraint"')

    problem = assert_problem(fail(call, raising(error, monkeypatch)), 409, "conflict")

    assert "secret" not in str(problem)
    assert any(record.levelno == logging.ERROR for record in caplog.records)


@pytest.mark.parametrize("sqlstate", ["55P03", "40P01", "40001"])
def test_a_lock_that_never_came_is_503(call, monkeypatch, sqlstate):
    error = OperationalError("canceling statement")
    error.__cause__ = type("Driver", (Exception,), {"sqlstate": sqlstate})()

    answer = fail(call, raising(error, monkeypatch))

    assert_problem(answer, 503, "busy")
    assert answer["Retry-After"] == "1"


def test_a_busy_sqlite_is_503(call, monkeypatch):
    error = OperationalError("database is locked")

    assert_problem(fail(call, raising(error, monkeypatch)), 503, "busy")


def test_permissions_are_403(call, monkeypatch):
    assert_problem(fail(call, raising(PermissionDenied(), monkeypatch)), 403, "permission_denied")


def test_suspicious_requests_are_400(call, monkeypatch):
    answer = fail(call, raising(SuspiciousOperation("x"), monkeypatch))

    assert_problem(answer, 400, "bad_request")


def test_other_errors_of_the_framework_keep_their_status(call, monkeypatch):
    assert_problem(fail(call, raising(NotAcceptable(), monkeypatch)), 406, "not_acceptable")


def test_anything_else_is_500_logged_and_without_a_trace(call, caplog):
    call.client.raise_request_exception = False

    problem = assert_problem(call.get("echo/failing_read/"), 500, "internal_error")

    assert "secret" not in str(problem)
    errors = [record for record in caplog.records if record.exc_info]
    assert isinstance(errors[0].exc_info[1], ZeroDivisionError)


def test_the_test_client_sees_what_went_wrong(call):
    with pytest.raises(ZeroDivisionError):
        call.get("echo/failing_read/")


def test_a_database_that_fails_otherwise_is_500(call, monkeypatch):
    call.client.raise_request_exception = False

    error = OperationalError("no such table: secret")

    problem = assert_problem(fail(call, raising(error, monkeypatch)), 500, "internal_error")
    assert "secret" not in str(problem)


def test_half_a_character_can_be_answered(call):
    answer = call.post("echo/", '{"\\ud800": 1}')

    assert errors_of(answer) == [("?", "unknown_field")]


@pytest.mark.parametrize("method", ["put", "delete", "options", "patch"])
def test_a_method_that_is_not_there_is_405(call, method):
    answer = call(method, "echo/", {})

    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


def test_the_handler_needs_no_request():
    assert exception_handler(ValueError("x"), {}).status_code == 500


def test_an_error_carries_its_facts():
    class InsufficientStock(Refusal):
        code = "insufficient_stock"

    error = InsufficientStock(message="Only 3 of lot A.", lot="A", available=3)

    assert (error.code, str(error), error.lot, error.available) == (
        "insufficient_stock", "Only 3 of lot A.", "A", 3
    )  # fmt: skip
    assert isinstance(error, DomainError)
    with pytest.raises(AttributeError, match="InsufficientStock has no requested"):
        error.requested  # noqa: B018


def test_an_error_without_words_says_its_code():
    assert str(Refusal()) == "refused"
    assert NotFound().message == "There is no such object."


def test_malformed_with_one_field_names_it():
    error = Malformed("lots_required", "Split the line into lots.", field="lines[0].lots")

    assert error.errors == [
        {"field": "lines[0].lots", "code": "lots_required", "message": "Split the line into lots."}
    ]
