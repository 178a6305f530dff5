import pytest

from merchants.models import ApiKey, IdempotencyKey, Merchant
from merchants.services import create_api_key
from tests.builders import acting, make_merchant
from tests.clock import START
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant("GLOW")


@pytest.fixture
def call(merchant) -> Caller:
    return caller(merchant)


def made() -> int:
    return ApiKey.objects.filter(name="Robot").count()


def test_the_same_post_twice_takes_effect_once(call):
    first = call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")
    second = call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert made() == 1


def test_what_is_kept(call, merchant):
    call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    row = IdempotencyKey.objects.get()
    assert (str(row), row.merchant, row.user.api_key.name) == ("one", merchant, "test")
    assert (row.method, row.path, row.status) == ("POST", "/api/v1/keys/", 201)
    assert row.created_at == START


def test_without_a_key_nothing_is_kept(call):
    call.post("keys/", {"name": "Robot"})
    call.post("keys/", {"name": "Robot"})

    assert made() == 2
    assert not IdempotencyKey.objects.exists()


def test_a_verb_is_repeated_too(call):
    key = ApiKey.objects.get()
    path = f"keys/{key.pk}/rename-with/"

    answers = [call.post(path, {"suffix": "!"}, Idempotency_Key="one") for _ in range(3)]

    assert [answer.json()["name"] for answer in answers] == ["test!"] * 3
    key.refresh_from_db()
    assert key.name == "test!"


def test_a_verb_without_a_body_is_repeated_too(call):
    for _ in range(2):
        answer = call.post("keys/as-it-is/", Idempotency_Key="one")
        assert (answer.status_code, answer.json()) == (202, {"data": {}})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("keys/", {"name": "Other"}),
        ("keys/", '{ "name": "Robot"}'),  # byte for byte
        ("keys/?merchant=GLOW", {"name": "Robot"}),
        ("echo/", {"name": "Robot"}),
    ],
)
def test_another_request_with_the_key_is_422(merchant, path, body):
    staff = caller()
    staff.post("keys/", '{"name": "Robot", "merchant": "GLOW"}', Idempotency_Key="one")
    assert made() == 1

    answer = staff.post(path, body, Idempotency_Key="one")

    assert_problem(answer, 422, "idempotency_key_reused")
    assert ApiKey.objects.exclude(name="test").count() == 1


@pytest.mark.parametrize(
    ("body", "status"), [({"name": ""}, 400), ({"nam": "Robot"}, 400), ("{", 400)]
)
def test_a_refusal_leaves_the_key_free(call, body, status):
    assert call.post("keys/", body, Idempotency_Key="one").status_code == status
    assert not IdempotencyKey.objects.exists()

    assert call.post("keys/", {"name": "Robot"}, Idempotency_Key="one").status_code == 201
    assert made() == 1


def test_a_refusal_undoes_what_the_act_did(call):
    """The second revocation is refused; its key stays free and the first stands."""
    key = ApiKey.objects.get()
    staff = caller()
    assert staff.post(f"keys/{key.pk}/revoke/", Idempotency_Key="a").status_code == 200

    assert_problem(
        staff.post(f"keys/{key.pk}/revoke/", Idempotency_Key="b"), 409, "already_revoked"
    )

    assert [row.key for row in IdempotencyKey.objects.all()] == ["a"]
    assert staff.post(f"keys/{key.pk}/revoke/", Idempotency_Key="a").status_code == 200


def test_a_key_belongs_to_a_merchant_whichever_of_its_keys_sends_it(call, merchant):
    call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")
    colleague = caller(merchant)

    again = colleague.post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    assert again["Idempotent-Replayed"] == "true"
    assert made() == 1


def test_another_merchant_has_keys_of_its_own(call):
    call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")
    other = make_merchant("AQUA")

    answer = caller(other).post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    assert "Idempotent-Replayed" not in answer
    assert answer.json()["merchant_code"] == "AQUA"
    assert made() == 2


def test_each_staff_key_has_keys_of_its_own(call):
    body = {"name": "Robot", "merchant": "GLOW"}
    call.post("keys/", {"name": "Robot"}, Idempotency_Key="one")

    answers = [caller().post("keys/", body, Idempotency_Key="one") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert made() == 3


@pytest.mark.parametrize("key", ["a" * 256, "", " ", "a\tb", "é", "a\x7fb"])
def test_a_key_is_1_to_255_printable_characters(call, key):
    answer = call.post("keys/", {"name": "Robot"}, Idempotency_Key=key)

    assert errors_of(answer) == [("Idempotency-Key", "invalid_idempotency_key")]
    assert made() == 0


@pytest.mark.parametrize("key", ["a", "a" * 255, "a b", '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_any_other_key_will_do(call, key):
    for _ in range(2):
        assert call.post("keys/", {"name": "Robot"}, Idempotency_Key=key).status_code == 201
    assert made() == 1


def test_a_key_of_255_is_told_from_its_like(call):
    for last in "ab":
        call.post("keys/", {"name": "Robot"}, Idempotency_Key="a" * 254 + last)
    assert made() == 2


def test_other_methods_ignore_it(call):
    path = f"keys/{ApiKey.objects.get().pk}/"

    for name in ("A", "B"):
        call.patch(path, {"name": name}, Idempotency_Key="one")

    assert ApiKey.objects.get().name == "B"
    assert not IdempotencyKey.objects.exists()


def test_a_revoked_key_repeats_nothing(call, merchant):
    text = create_api_key(merchant=merchant, name="x", **acting()).text
    shop = Caller(text)
    shop.post("keys/", {"name": "Robot"}, Idempotency_Key="one")
    ApiKey.objects.filter(name="x").update(revoked_at=START)

    assert shop.post("keys/", {"name": "Robot"}, Idempotency_Key="one").status_code == 401
