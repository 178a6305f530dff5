"""A verb that takes a file: `keys/{id}/look-at/` says what it was given."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from merchants.models import ApiKey
from merchants.services import create_api_key
from tests.builders import acting, make_merchant
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def png(data: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("box.png", data, "text/html")


@pytest.fixture
def key() -> ApiKey:
    return create_api_key(merchant=make_merchant("GLOW"), name="Shop", **acting()).key


@pytest.fixture
def call(key) -> Caller:
    return caller(key.merchant)


def test_it_works(call, key):
    answer = call.send(f"keys/{key.pk}/look-at/", {"file": png(), "note": "Left side"})

    assert answer.status_code == 200
    assert answer.json() == {
        "name": "box.png",
        "media_type": "image/png",
        "size": 28,
        "note": "Left side",
    }


def parts(boundary: str, note: str = "Left", data: bytes = PNG) -> tuple[bytes, str]:
    """A form with a picture, and the Content-Type with its boundary, as a client draws it anew."""
    line = f"--{boundary}\r\nContent-Disposition: form-data; name="
    body = f'{line}"note"\r\n\r\n{note}\r\n{line}"file"; filename="box.png"\r\n\r\n'.encode()
    end = f"\r\n--{boundary}--\r\n".encode()
    return body + data + end, f"multipart/form-data; boundary={boundary}"


def test_it_is_answered_once_for_each_key(call, key):
    """Whoever sends a form again draws another boundary."""
    path = f"/api/v1/keys/{key.pk}/look-at/"
    headers = {"Authorization": f"Bearer {call.text}", "Idempotency-Key": "one"}

    def send(*form: str | bytes):
        return call.client.post(path, *parts(*form), headers=headers)

    first, again = send("first"), send("again")

    assert first.json() == {
        "name": "box.png",
        "media_type": "image/png",
        "size": 28,
        "note": "Left",
    }
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json() == first.json()
    for other in (send("again", "Left", PNG + b"\0"), send("again", "Right")):
        assert_problem(other, 422, "idempotency_key_reused")


def test_the_largest_file_may_have_a_key(call, key, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    path, header = f"keys/{key.pk}/look-at/", {"Idempotency_Key": "one"}
    answer = call.send(path, {"file": png(PNG + b"\0" * 100)}, **header)
    assert (answer.status_code, answer.json()["size"]) == (200, 128)


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "one"}])
def test_a_form_that_is_much_too_large_is_not_read(call, key, settings, headers):
    settings.UPLOAD_MAX_MEGABYTES = 0
    answer = call.send(f"keys/{key.pk}/look-at/", {"file": png()}, **headers)
    assert_problem(answer, 413, "too_large")


def test_a_form_that_cannot_be_read_leaves_the_key_free(call, key):
    path, header = f"keys/{key.pk}/look-at/", {"Idempotency_Key": "one"}
    refused = call.send(path, {"file": [png(), png()]}, **header)
    assert errors_of(refused) == [("", "parse_error")]
    assert call.send(path, {"file": png()}, **header).status_code == 200


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({}, [("file", "required")]),
        ({"file": "no file"}, [("file", "invalid")]),
        ({"file": png(b"<svg>")}, [("file", "file_type_not_allowed")]),
        ({"file": png(b"")}, [("file", "file_empty")]),
        ({"file": png(), "colour": "red"}, [("colour", "unknown_field")]),
        ({"file": [png(), png()]}, [("", "parse_error")]),
        ({"file": png(), "note": ["a", "b"]}, [("", "parse_error")]),
    ],
    ids=["none", "text", "type", "empty", "unknown", "two files", "two notes"],
)
def test_a_form_is_read_strictly(call, key, form, errors):
    assert errors_of(call.send(f"keys/{key.pk}/look-at/", form)) == errors


def test_json_has_no_file(call, key):
    path = f"keys/{key.pk}/look-at/"
    assert errors_of(call.post(path, {"file": "cGRm"})) == [("file", "invalid")]


def test_other_verbs_take_no_form(call, key):
    answer = call.send(f"keys/{key.pk}/rename-with/", {"suffix": "!"})
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_stranger_is_not_read(key):
    stranger = caller(make_merchant("OTHER"))
    answer = stranger.send(f"keys/{key.pk}/look-at/", {"colour": "red"})
    assert_problem(answer, 404, "not_found")
