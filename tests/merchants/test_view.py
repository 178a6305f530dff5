"""The scoped base: whose rows, which merchant, which verbs."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import ValidationError

from merchants.api.errors import field_errors
from merchants.api.fields import resolve
from merchants.api.views import ScopedViewSet
from merchants.models import ApiKey, Event, Merchant, User
from merchants.querysets import SharedQuerySet
from merchants.services import create_api_key
from tests.builders import acting, house, make_merchant
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.merchants.urls")]


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant("GLOW")


@pytest.fixture
def call(merchant) -> Caller:
    return caller(merchant)


@pytest.fixture
def key(merchant) -> ApiKey:
    return create_api_key(merchant=merchant, name="Shop", **acting()).key


@pytest.fixture
def foreign() -> ApiKey:
    return create_api_key(merchant=make_merchant("AQUA"), name="Foreign", **acting()).key


def test_create_answers_201_with_what_a_get_gives(call, merchant):
    answer = call.post("keys/", {"name": "Robot"})

    assert answer.status_code == 201
    made = ApiKey.objects.get(name="Robot")
    assert made.merchant == merchant
    assert made.created_by == User.objects.get(api_key__name="test")
    assert answer.json() == {"id": made.pk, "name": "Robot", "merchant_code": "GLOW"}
    assert call.get(f"keys/{made.pk}/").json() == answer.json()


def test_patch_changes_what_was_sent(call, key):
    answer = call.patch(f"keys/{key.pk}/", {"name": "Till"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Till")

    assert call.patch(f"keys/{key.pk}/", {}).json()["name"] == "Till"


def test_delete_answers_204(call, key):
    answer = call("delete", f"keys/{key.pk}/")

    assert (answer.status_code, answer.content) == (204, b"")
    key.refresh_from_db()
    assert key.is_revoked


def test_a_verb_answers_200_with_the_object(call, key):
    answer = call.post(f"keys/{key.pk}/rename-with/", {"suffix": "!"})

    assert (answer.status_code, answer.json()["name"]) == (200, "Shop!")


def test_a_verb_of_the_collection_answers_in_its_own_shape(call, key):
    assert call.post("keys/count-named/", {"suffix": "hop"}).json() == {"count": 1}


def test_what_a_verb_took_off_the_list_is_still_answered(call, key):
    answer = call.post(f"newest-keys/{key.pk}/end/")

    assert (answer.status_code, answer.json()["name"]) == (200, "Shop")
    assert call.post(f"newest-keys/{key.pk}/end/").status_code == 404


@pytest.mark.parametrize(
    "bad", ["foreign", "999999", "0", "-1", "abc", "1.5", "\u0665", "9" * 30, "%00", " 1"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "keys/{}/", None),
        ("patch", "keys/{}/", {"name": "Mine"}),
        ("delete", "keys/{}/", None),
        ("post", "keys/{}/rename-with/", {"suffix": "!"}),
    ],
)
def test_a_foreign_id_is_answered_like_a_random_one(call, foreign, method, path, body, bad):
    answer = call(method, path.format(foreign.pk if bad == "foreign" else bad), body)

    random = call(method, path.format("123456789"), body)
    assert (answer.status_code, answer.content) == (random.status_code, random.content)
    assert_problem(answer, 404, "not_found")
    foreign.refresh_from_db()
    assert (foreign.name, foreign.is_revoked) == ("Foreign", False)


def test_lists_hold_nothing_of_others(call, key, foreign):
    assert [row["name"] for row in call.get("keys/").json()["results"]] == ["test", "Shop"]


def test_a_staff_verb_is_not_there_for_a_merchant(call, key):
    path = f"keys/{key.pk}/revoke/"

    answer = call.post(path, "{not json")

    assert_problem(answer, 404, "not_found")
    assert_problem(call.get("events/"), 404, "not_found")
    key.refresh_from_db()
    assert not key.is_revoked


def test_a_staff_verb_is_there_for_staff(key):
    assert caller().post(f"keys/{key.pk}/revoke/").status_code == 200
    assert caller().get("events/").status_code == 200

    key.refresh_from_db()
    assert key.is_revoked


# Which merchant -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["body", "query", "both"])
def test_staff_name_the_merchant_in_body_or_query(merchant, where):
    query = "" if where == "body" else "?merchant=glow"
    body = {"name": "Robot"} | ({} if where == "query" else {"merchant": "glow"})

    answer = caller().post(f"keys/{query}", body)

    assert answer.status_code == 201
    assert ApiKey.objects.get(name="Robot").merchant == merchant


@pytest.mark.parametrize(
    ("query", "named", "code"),
    [
        ("", {}, "required"),
        ("", {"merchant": None}, "required"),
        ("", {"merchant": "NOBODY"}, "unknown_merchant"),
        ("", {"merchant": ""}, "unknown_merchant"),
        ("", {"merchant": 5}, "invalid"),
        ("", {"merchant": ["GLOW"]}, "invalid"),
        ("?merchant=AQUA", {"merchant": "GLOW"}, "invalid"),
        ("?merchant=NOBODY", {}, "unknown_merchant"),
        ("?merchant=%00", {}, "unknown_merchant"),
    ],
)
def test_staff_must_name_a_merchant_that_is_there(merchant, query, named, code):
    answer = caller().post(f"keys/{query}", {"name": "Robot"} | named)

    assert errors_of(answer) == [("merchant", code)]
    assert not ApiKey.objects.filter(name="Robot").exists()


def test_a_body_that_is_no_object_names_no_merchant(merchant):
    assert errors_of(caller().post("keys/", [])) == [("merchant", "required")]


def test_a_merchant_may_not_name_one(call):
    assert errors_of(call.post("keys/", {"name": "X", "merchant": "GLOW"})) == [
        ("merchant", "unknown_field")
    ]
    assert errors_of(call.post("keys/?merchant=GLOW", {"name": "X"})) == [
        ("merchant", "unknown_parameter")
    ]


def test_staff_name_none_where_an_id_tells_it(key):
    staff = caller()

    assert errors_of(staff.patch(f"keys/{key.pk}/", {"merchant": "GLOW"})) == [
        ("merchant", "unknown_field")
    ]
    assert errors_of(staff.get(f"keys/{key.pk}/?merchant=GLOW")) == [
        ("merchant", "unknown_parameter")
    ]


def test_a_verb_of_the_collection_can_ask_for_it(key):
    staff = caller()

    assert errors_of(staff.post("keys/count-named/", {"suffix": "hop"})) == [
        ("merchant", "required")
    ]
    answer = staff.post("keys/count-named/", {"suffix": "hop", "merchant": "GLOW"})
    assert answer.json() == {"count": 1}


def test_a_page_of_an_account_is_the_keys_own_or_the_one_named(call):
    assert call.get("account/").json() == {"code": "GLOW"}
    assert caller().get("account/?merchant=GLOW").json() == {"code": "GLOW"}
    assert errors_of(caller().get("account/")) == [("merchant", "required")]


# Related rows -------------------------------------------------------------------------------------


def test_a_body_names_rows_of_its_own_merchant(call, key):
    body = {"name": "X", "colleague": key.user.username}

    assert call.post("keys/", body).status_code == 201
    assert call.patch(f"keys/{key.pk}/", body).status_code == 200
    assert caller().patch(f"keys/{key.pk}/", body).status_code == 200
    assert caller().post("keys/?merchant=GLOW", body).status_code == 201


@pytest.mark.parametrize("by", ["merchant", "staff"])
def test_a_foreign_row_is_as_unknown_as_none(call, key, foreign, by):
    caller_ = call if by == "merchant" else caller()
    path = f"keys/{key.pk}/"

    answer = caller_.patch(path, {"colleague": foreign.user.username})

    assert errors_of(answer) == [("colleague", "unknown_user")]
    assert errors_of(caller_.patch(path, {"colleague": "nobody"})) == [
        ("colleague", "unknown_user")
    ]
    assert errors_of(caller_.patch(path, {"colleague": 5})) == [("colleague", "invalid")]


def test_many_are_named_in_one_query(merchant, key, django_assert_num_queries):
    other = create_api_key(merchant=merchant, name="Till", **acting()).key
    names = ["Till", "Shop", "Till"]

    with django_assert_num_queries(1):
        found = resolve(names, ApiKey.objects.all(), "name", path=lambda i: f"lines[{i}].key")

    assert found == [other, key, other]


def test_each_of_many_that_is_unknown_is_named(key):
    with pytest.raises(ValidationError) as error:
        resolve(["Shop", "X", "Y"], ApiKey.objects.all(), "name", path=lambda i: f"lines[{i}].key")

    assert [(each["field"], each["code"]) for each in field_errors(error.value.detail)] == [
        ("lines[1].key", "unknown_apikey"),
        ("lines[2].key", "unknown_apikey"),
    ]


def test_a_related_row_by_id_is_written_as_its_id(call, key):
    answer = call.post("keys/with-key/", {"key": key.pk})
    assert answer.json() == {"key": key.pk}
    assert caller().post("keys/with-key/", {"key": key.pk}).json() == {"key": key.pk}
    assert errors_of(call.post("keys/with-key/", {"key": str(key.pk)})) == [("key", "invalid")]


# A query without a scope --------------------------------------------------------------------------


def test_a_view_with_a_queryset_of_its_own_is_refused():
    with pytest.raises(ImproperlyConfigured, match="a queryset has no scope"):
        type("Leak", (ScopedViewSet,), {"queryset": ApiKey.objects.all()})


def test_a_view_of_a_model_without_a_scope_is_refused():
    with pytest.raises(ImproperlyConfigured, match="Group has no `for_user`"):
        type("Leak", (ScopedViewSet,), {"model": Group})


def test_nobody_sees_nothing(merchant, key):
    sleeping = User.objects.create_user("sleeping", is_active=False)

    for user in (AnonymousUser(), sleeping):
        assert not ApiKey.objects.for_user(user).exists()
        assert not Event.objects.for_user(user).exists()
        assert not SharedQuerySet(ApiKey).for_user(user).exists()


def test_each_sees_their_own(merchant, key, foreign):
    assert list(Merchant.objects.for_user(key.user)) == [merchant]
    assert list(ApiKey.objects.for_user(key.user)) == [key]
    assert set(ApiKey.objects.for_user(house())) == {key, foreign}
    assert set(ApiKey.objects.for_merchant(merchant)) == {key}
    assert set(SharedQuerySet(ApiKey).for_user(key.user)) == {key, foreign}
    assert list(User.objects.for_user(key.user)) == [key.user]
