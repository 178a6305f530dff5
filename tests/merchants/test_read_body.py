"""What a body may be: `echo/` answers with what it understood."""

import json

import pytest

from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]


@pytest.fixture
def call() -> Caller:
    return caller()


def test_it_works(call):
    body = {
        "text": "  Vitamin C ",
        "note": "two\nlines",
        "integer": -3,
        "quantity": 2**31 - 1,
        "boolean": False,
        "measure": 2.5,
        "date": "2026-06-01",
        "time": "2026-06-01T11:00:00+02:00",
        "choice": "red",
    }

    answer = call.post("echo/", body)

    assert answer.status_code == 201
    assert answer.json() == body | {
        "text": "Vitamin C",
        "time": "2026-06-01T09:00:00Z",
    }


def test_a_measure_is_answered_as_a_number(call):
    assert call.post("echo/shown/", {"measure": "2.50"}).json()["measure"] == 2.5


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("text", 5, "invalid"),
        ("text", True, "invalid"),
        ("text", ["a"], "invalid"),
        ("text", None, "null"),
        ("text", "   ", "blank"),
        ("text", "a" * 11, "max_length"),
        ("text", "a\x00b", "control_character"),
        ("text", "a\x07b", "control_character"),
        ("text", "a\nb", "control_character"),
        ("text", "a\x85b", "control_character"),
        ("text", "a\ud800b", "control_character"),
        ("note", "a\x1bb", "control_character"),
        ("integer", "5", "invalid"),
        ("integer", 5.0, "invalid"),
        ("integer", True, "invalid"),
        ("integer", None, "null"),
        ("integer", [], "invalid"),
        ("integer", 2**31, "max_value"),
        ("integer", -(2**31), "min_value"),
        ("quantity", 0, "min_value"),
        ("quantity", -1, "min_value"),
        ("boolean", "true", "invalid"),
        ("boolean", 1, "invalid"),
        ("boolean", {}, "invalid"),
        ("boolean", None, "null"),
        ("measure", True, "invalid"),
        ("measure", {}, "invalid"),
        ("measure", "heavy", "invalid"),
        ("measure", -0.5, "min_value"),
        ("measure", 0.125, "max_decimal_places"),
        ("date", "2026-6-1", "invalid"),
        ("date", "2026-06-01T00:00:00", "invalid"),
        ("date", "20260601", "invalid"),
        ("date", "2026-W23-1", "invalid"),
        ("date", "\u0662\u0660\u0662\u0666-06-01", "invalid"),
        ("date", "2026-02-30", "invalid"),
        ("date", "0000-01-01", "invalid"),
        ("date", 20260601, "invalid"),
        ("date", "1899-12-31", "out_of_range"),
        ("date", "2201-01-01", "out_of_range"),
        ("time", "tomorrow", "invalid"),
        ("time", 5, "invalid"),
        ("time", "2026-06-01", "invalid"),
        ("time", "0001-01-01T00:00:00+14:00", "overflow"),
        ("time", "2201-01-01T00:00:00Z", "out_of_range"),
        ("choice", "RED", "invalid_choice"),
        ("choice", 1, "invalid_choice"),
        ("choice", [], "invalid_choice"),
        ("lines", {}, "not_a_list"),
        ("color", "red", "unknown_field"),
        ("merchant", "GLOW", "unknown_field"),
    ],
    ids=ascii,
)
def test_it_takes_nothing_that_merely_looks_right(call, field, value, code):
    answer = call.post("echo/", {field: value})

    assert errors_of(answer) == [(field, code)]
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("field", "value", "quoted"),
    [
        ("integer", "5", 'Give a whole number, not "5".'),
        ("integer", True, "Give a whole number, not true."),
        ("date", "01/06/2026", 'Give a date as YYYY-MM-DD, not "01/06/2026".'),
        ("text", {"a": "b" * 90}, 'Give a text, not {"a": "' + "b" * 53 + "…."),
    ],
)
def test_a_message_names_the_value_and_the_rule(call, field, value, quoted):
    error = call.post("echo/", {field: value}).json()["errors"][0]

    assert error["message"] == quoted


@pytest.mark.parametrize("time", ["2026-06-01T09:00:00Z", "2026-06-01T09:00:00"])
def test_a_time_without_an_offset_is_utc(call, time):
    assert call.post("echo/", {"time": time}).json() == {"time": "2026-06-01T09:00:00Z"}


def test_fields_that_are_only_read_are_passed_over(call):
    assert call.post("echo/", {"ignored": 5}).json() == {}


@pytest.mark.parametrize("empty", [{}, {"lot_number": "", "expires_on": ""}, {"lot_number": None}])
def test_null_and_nothing_mean_the_same_for_a_lot(call, empty):
    answer = call.post("echo/", {"lines": [empty]})

    assert answer.json() == {"lines": [{"lot_number": "", "expires_on": None}]}


def test_every_error_says_where_it_is(call):
    body = {
        "lines": [
            {"quantity": 1},
            {"quantity": 0, "lot_number": 5, "lot": "A"},
            {"expires_on": "soon", "quantity": 1},
        ],
        "note": "x",
    }

    answer = call.post("echo/document/", body)

    assert errors_of(answer) == [
        ("lines[1].lot_number", "invalid"),
        ("lines[1].quantity", "min_value"),
        ("lines[1].lot", "unknown_field"),
        ("lines[2].expires_on", "invalid"),
        ("note", "unknown_field"),
    ]
    problem = answer.json()
    assert problem["code"] == "invalid"  # they do not agree
    assert problem["detail"] == ("lines[1].lot_number: Give a text, not 5. (and 4 more)")


@pytest.mark.parametrize("lines", [None, [], {}, "x", [None], [[]]])
def test_lines_are_a_list_of_objects(call, lines):
    answer = call.post("echo/document/", {"lines": lines})

    if lines == []:
        assert answer.json() == {"lines": []}
    else:
        assert errors_of(answer)[0][0] in ("lines", "lines[0]")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"integer": NaN}',
        '{"integer": Infinity}',
        '{"text": "a", "text": "b"}',
        "[" * 100_000,
        b'{"text": "\xff"}',
        '{"integer": ' + "9" * 5000 + "}",
    ],
    ids=["empty", "cut", "nan", "infinity", "twice", "deep", "latin-1", "long number"],
)
def test_what_is_not_json_is_refused(call, body):
    answer = call("post", "echo/document/", body or b" ")

    assert errors_of(answer) == [("", "parse_error")]


@pytest.mark.parametrize("body", [[], "5", "null", '"text"'])
def test_a_body_is_an_object(call, body):
    assert errors_of(call.post("echo/document/", body)) in [
        [("", "invalid")],
        [("", "null")],
    ]


def test_other_media_types_are_refused(call):
    answer = call.client.post(
        "/api/v1/echo/document/",
        "lines=1",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {call.text}"},
    )

    assert_problem(answer, 415, "unsupported_media_type")


def test_whatever_the_client_accepts_it_gets_json(call):
    answer = call.post("echo/", {"text": "a"}, Accept="text/html")

    assert (answer.status_code, answer["Content-Type"]) == (201, "application/json")


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "one"}])
def test_a_body_that_is_too_large_is_refused(call, settings, headers):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = call.post("echo/", {"note": "x" * 200}, **headers)

    assert_problem(answer, 413, "too_large")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(json.dumps({"note": "x" * 200}))
    assert call.post("echo/", {"note": "x" * 200}, **headers).status_code != 413


@pytest.mark.parametrize("body", [None, {}])
def test_a_verb_without_a_body_takes_none(call, body):
    assert call("post", "keys/as-it-is/", body).json() == {"data": {}}


def test_a_verb_without_a_body_refuses_one(call):
    assert errors_of(call.post("keys/as-it-is/", {"force": True})) == [("force", "unknown_field")]
