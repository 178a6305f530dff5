"""Lists: pages, filters and parameters."""

import base64

import pytest

from merchants.models import ApiKey
from merchants.services import create_api_key, revoke_api_key
from tests.builders import acting, make_merchant
from tests.clock import CLOCK
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]


@pytest.fixture
def call() -> Caller:
    """A merchant with five keys: the caller's own, then 1 to 4."""
    merchant = make_merchant("GLOW")
    call = caller(merchant)
    for number in range(1, 5):
        create_api_key(merchant=merchant, name=str(number), **acting())
    return call


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_pages_follow_each_other_and_back(call):
    first = call.get("keys/?page_size=2")
    assert names(first) == ["test", "1"]
    assert first.json()["previous"] is None

    second = call.get(first.json()["next"])
    assert names(second) == ["2", "3"]

    third = call.get(second.json()["next"])
    assert names(third) == ["4"]
    assert third.json()["next"] is None

    assert names(call.get(third.json()["previous"])) == ["2", "3"]


def test_a_page_does_not_shift_when_rows_are_added(call):
    first = call.get("newest-keys/?page_size=2")
    assert names(first) == ["4", "3"]

    create_api_key(merchant=ApiKey.objects.first().merchant, name="5", **acting())

    assert names(call.get(first.json()["next"])) == ["2", "1"]


def test_pages_have_fifty_rows_unless_asked(call):
    for number in range(46):
        create_api_key(merchant=ApiKey.objects.first().merchant, name=f"n{number}", **acting())

    assert len(names(call.get("keys/"))) == 50
    assert len(names(call.get("keys/?page_size=200"))) == 51


@pytest.mark.parametrize("size", ["0", "201", "-1", "ten", "5.0", "1e1", "\u0665", "99999"])
def test_a_page_has_1_to_200_rows(call, size):
    assert errors_of(call.get(f"keys/?page_size={size}")) == [("page_size", "invalid")]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "%00",
        base64.b64encode(b"p=abc").decode(),
        base64.b64encode(b"p=-1").decode(),
        base64.b64encode(b"p=" + b"9" * 40).decode(),
        base64.b64encode(b"r=x").decode(),
        base64.b64encode(b"p=\xff").decode(),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(call, cursor):
    assert errors_of(call.get(f"keys/?cursor={cursor}")) == [("cursor", "invalid_cursor")]


def test_filters_narrow_the_list(call):
    CLOCK.advance(days=1)
    key = create_api_key(merchant=ApiKey.objects.first().merchant, name="late", **acting()).key
    revoke_api_key(key=key, **acting())

    assert names(call.get("keys/?name=2")) == ["2"]
    assert names(call.get("keys/?is_revoked=true")) == ["late"]
    assert len(names(call.get("keys/?is_revoked=false"))) == 5
    assert names(call.get("keys/?made_after=2026-06-01")) == ["late"]
    assert names(call.get(f"keys/?user={key.user_id}")) == ["late"]
    assert names(call.get("keys/?name=2&is_revoked=true")) == []


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("nme=2", ("nme", "unknown_parameter")),
        ("format=json", ("format", "unknown_parameter")),
        ("merchant=GLOW", ("merchant", "unknown_parameter")),
        ("name=1&name=2", ("name", "duplicate_parameter")),
        ("name=", ("name", "blank")),
        ("name=%00", ("name", "null_characters_not_allowed")),
        ("is_revoked=maybe", ("is_revoked", "invalid")),
        ("is_revoked=True", ("is_revoked", "invalid")),
        ("is_revoked=1", ("is_revoked", "invalid")),
        ("made_after=2026-6-1", ("made_after", "invalid")),
        ("made_after=9999-01-01", ("made_after", "invalid")),
        ("made_after=%25", ("made_after", "invalid")),
        ("made_after=%25s%25(x)d", ("made_after", "invalid")),
        ("user=me", ("user", "invalid")),
        ("user=-1", ("user", "invalid")),
        ("user=" + "9" * 19, ("user", "invalid")),
        ("user=" + "9" * 30, ("user", "invalid")),
    ],
)
def test_a_parameter_that_is_not_understood_is_refused(call, query, error):
    assert errors_of(call.get(f"keys/?{query}")) == [error]


@pytest.mark.parametrize("path", ["keys/{id}/", "keys/{id}/rename-with/"])
def test_paths_without_filters_take_no_parameters(call, path):
    path = path.format(id=ApiKey.objects.first().pk)
    method = "post" if "rename" in path else "get"

    answer = call(method, f"{path}?name=1", {"suffix": "x"} if method == "post" else None)

    assert errors_of(answer) == [("name", "unknown_parameter")]


def test_staff_see_all_or_one_merchant(call):
    other = make_merchant("AQUA")
    create_api_key(merchant=other, name="other", **acting())
    staff = caller()

    assert names(staff.get("keys/")) == ["test", "1", "2", "3", "4", "other", "test"]
    assert names(staff.get("keys/?merchant=aqua")) == ["other"]
    assert errors_of(staff.get("keys/?merchant=NOBODY")) == [("merchant", "unknown_merchant")]


def test_a_list_of_what_is_not_there_is_a_problem(call):
    assert_problem(call.get("keys/999999/"), 404, "not_found")
