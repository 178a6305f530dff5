"""The screens of merchants, people, API keys and events."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from merchants.events import Happening, record_many
from merchants.groups import set_up_groups
from merchants.models import ApiKey, Event, Merchant, User
from merchants.services import create_api_key, create_member, create_staff, revoke_api_key
from tests.builders import acting, house, make_merchant
from tests.clock import CLOCK, START
from tests.merchants.api import Caller

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss() -> Client:
    return client_of(house())


def staff(group: str) -> Client:
    set_up_groups()
    groups = Group.objects.filter(name=group)
    return client_of(create_staff(username=group.replace(" ", "-"), groups=groups, **acting()))


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# Merchants ----------------------------------------------------------------------------------------


def test_a_merchant_is_taken_on(boss):
    answer = boss.post(reverse("admin:merchants_merchant_add"), {"code": "GLOW", "name": "Glow"})

    assert answer.status_code == 302
    merchant = Merchant.objects.get()
    assert (merchant.code, merchant.name, merchant.created_at) == ("GLOW", "Glow", START)
    assert Event.objects.get().topic == "merchant.created"


def test_a_code_that_is_taken_is_refused_at_its_field(boss):
    make_merchant("GLOW")

    answer = boss.post(reverse("admin:merchants_merchant_add"), {"code": "glow", "name": "Mine"})

    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert form.errors == {"code": ["There is already a merchant glow."]}
    assert form["name"].value() == "Mine"
    assert Merchant.objects.count() == 1


def test_a_merchant_is_renamed_and_ended_but_keeps_its_code(boss):
    merchant = make_merchant("GLOW")

    boss.post(
        reverse("admin:merchants_merchant_change", args=[merchant.pk]),
        {"code": "OTHER", "name": "Glow Ltd", "rotation": "fifo"},
    )

    merchant.refresh_from_db()
    assert (merchant.code, merchant.name, merchant.is_active) == ("GLOW", "Glow Ltd", False)
    assert merchant.rotation == "fefo"


def test_the_history_says_who_changed_what(boss):
    merchant = make_merchant("GLOW")
    path = reverse("admin:merchants_merchant_change", args=[merchant.pk])
    boss.post(path, {"name": "Glow Ltd", "is_active": "on"})

    page = text_of(boss.get(reverse("admin:merchants_merchant_history", args=[merchant.pk])))

    assert "Glow Ltd" in page
    assert "house" in page


def test_an_old_version_cannot_be_saved(boss):
    merchant = make_merchant("GLOW")
    version = merchant.history.get().pk
    path = reverse("admin:merchants_merchant_history", args=[merchant.pk])

    boss.post(f"{path}{version}/", {"name": "Old", "is_active": "on"})

    merchant.refresh_from_db()
    assert merchant.name == "Glow"


# People -------------------------------------------------------------------------------------------


def person(**fields: object) -> dict[str, object]:
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    names = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
    return {"username": "ada", "merchant": "", **passwords, **names, **fields}


def test_a_manager_makes_staff():
    manager = staff("manager")
    associate = Group.objects.get(name="associate")

    answer = manager.post(reverse("admin:merchants_user_add"), person(groups=[associate.pk]))

    assert answer.status_code == 302
    user = User.objects.get(username="ada")
    assert (user.is_staff, user.is_superuser, user.merchant) == (True, False, None)
    assert list(user.groups.all()) == [associate]
    assert user.check_password(PASSWORD)
    assert user.history.last().history_user.username == "manager"


def test_a_manager_makes_a_member():
    merchant = make_merchant("GLOW")

    body = person(merchant=merchant.pk, usable_password="false", password1="", password2="")
    staff("manager").post(reverse("admin:merchants_user_add"), body)

    user = User.objects.get(username="ada")
    assert (user.merchant, user.is_staff, user.has_usable_password()) == (merchant, False, False)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password2": "other"}, "password2"),
        ({"password1": "123", "password2": "123"}, "password2"),
        ({"username": "house"}, "username"),
        ({"username": ""}, "username"),
        ({"groups": [999]}, "groups"),
    ],
    ids=["other password", "weak password", "taken", "blank", "unknown group"],
)
def test_a_person_is_refused_at_the_field(boss, fields, wrong):
    answer = boss.post(reverse("admin:merchants_user_add"), person(**fields))

    assert list(answer.context["adminform"].form.errors) == [wrong]
    assert not User.objects.filter(username="ada").exists()


def test_a_member_has_no_group(boss):
    set_up_groups()
    merchant, group = make_merchant("GLOW"), Group.objects.get(name="manager")

    body = person(merchant=merchant.pk, groups=[group.pk])
    answer = boss.post(reverse("admin:merchants_user_add"), body)
    assert list(answer.context["adminform"].form.errors) == ["groups"]

    member = create_member(merchant=merchant, username="eve", **acting())
    path = reverse("admin:merchants_user_change", args=[member.pk])
    answer = boss.post(path, person(is_active="on", groups=[group.pk]))
    assert list(answer.context["adminform"].form.errors) == ["groups"]
    assert not member.groups.exists()


def test_a_group_outside_the_house_cannot_be_given(boss):
    other = Group.objects.create(name="secret")

    answer = boss.post(reverse("admin:merchants_user_add"), person(groups=[other.pk]))

    assert list(answer.context["adminform"].form.errors) == ["groups"]


def test_a_person_is_corrected(boss):
    set_up_groups()
    user = create_staff(username="ada", groups=Group.objects.filter(name="billing"), **acting())
    group = Group.objects.get(name="associate")
    path = reverse("admin:merchants_user_change", args=[user.pk])
    assert boss.get(path).status_code == 200

    boss.post(path, person(groups=[group.pk], is_superuser="on", is_staff="", username="eve"))

    user.refresh_from_db()
    assert (user.username, user.last_name, user.is_active) == ("ada", "Lovelace", False)
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert list(user.groups.all()) == [group]


def test_nobody_deactivates_themselves(boss):
    path = reverse("admin:merchants_user_change", args=[house().pk])

    answer = boss.post(path, person())

    assert list(answer.context["adminform"].form.errors) == ["is_active"]
    assert answer.context["adminform"].form["last_name"].value() == "Lovelace"
    assert house().is_active


def test_a_manager_cannot_become_a_superuser():
    superuser = house()
    manager = staff("manager")

    password = manager.post(
        reverse("admin:auth_user_password_change", args=[superuser.pk]),
        {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"},
    )
    change = manager.post(reverse("admin:merchants_user_change", args=[superuser.pk]), person())

    assert (password.status_code, change.status_code) == (403, 403)
    superuser.refresh_from_db()
    assert superuser.check_password("correct horse")
    assert superuser.last_name == ""


def test_the_user_of_a_key_is_only_shown(boss):
    user = create_api_key(merchant=None, name="Robot", **acting()).key.user
    path = reverse("admin:merchants_user_change", args=[user.pk])

    assert boss.get(path).status_code == 200
    assert boss.post(path, person(is_active="on")).status_code == 403


@pytest.mark.parametrize(
    ("kind", "names"), [("staff", ["ada", "house"]), ("member", ["eve"]), ("key", ["key"])]
)
def test_people_are_told_from_keys(boss, kind, names):
    create_staff(username="ada", groups=[], **acting())
    create_member(merchant=make_merchant(), username="eve", **acting())
    create_api_key(merchant=None, name="Robot", **acting())

    rows = (
        boss.get(reverse("admin:merchants_user_changelist"), {"kind": kind})
        .context["cl"]
        .result_list
    )

    assert [row.username.partition("-")[0] for row in rows] == names


# API keys -----------------------------------------------------------------------------------------


def test_a_key_is_shown_once(boss):
    merchant = make_merchant("GLOW")
    add = reverse("admin:merchants_apikey_add")
    assert "shop that will use it" in text_of(boss.get(add))

    page = boss.post(add, {"name": "Shop", "reach": "merchant", "merchant": merchant.pk})

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = re.search(r'value="(lw_[^"]+)"', page.content.decode())[1]
    key = ApiKey.objects.get()
    assert (key.merchant, key.created_by) == (merchant, house())
    assert Caller(text).get("merchants/").status_code == 404  # known, and no staff

    secret = text.split("_", 2)[2]
    for path in (
        reverse("admin:merchants_apikey_changelist"),
        reverse("admin:merchants_apikey_change", args=[key.pk]),
        reverse("admin:merchants_event_changelist"),
    ):
        assert secret not in boss.get(path).content.decode()
    assert secret not in str(boss.session.items())


@pytest.mark.parametrize(
    ("reach", "merchant", "wrong"),
    [("merchant", False, ["merchant"]), ("staff", True, ["merchant"]), ("", True, ["reach"])],
)
def test_its_reach_is_said_aloud(boss, reach, merchant, wrong):
    code = make_merchant("GLOW").pk if merchant else ""

    answer = boss.post(
        reverse("admin:merchants_apikey_add"), {"name": "X", "reach": reach, "merchant": code}
    )

    assert list(answer.context["adminform"].form.errors) == wrong
    assert not ApiKey.objects.exists()


def test_only_who_may_make_staff_makes_keys_that_open_everything():
    body = {"name": "Robot", "reach": "staff", "merchant": ""}
    add = reverse("admin:merchants_apikey_add")

    answer = staff("merchant care").post(add, body)
    assert list(answer.context["adminform"].form.errors) == ["reach"]
    assert staff("associate").get(add).status_code == 403
    assert not ApiKey.objects.exists()

    assert staff("manager").post(add, body).status_code == 200
    assert ApiKey.objects.get().merchant is None


def revoke(client: Client, *keys: ApiKey, **fields: str):
    body = {"action": "revoke", "_selected_action": [key.pk for key in keys], **fields}
    return client.post(reverse("admin:merchants_apikey_changelist"), body, follow=True)


def test_revoking_says_what_it_does_first(boss):
    key = create_api_key(merchant=make_merchant("GLOW"), name="Shop", **acting()).key

    page = revoke(boss, key)

    assert "These keys stop working at once" in text_of(page)
    assert "Shop" in text_of(page)
    assert not ApiKey.objects.get().is_revoked

    page = revoke(boss, key, confirmed="yes")

    assert "opens nothing any more" in text_of(page)
    assert ApiKey.objects.get().revoked_at == CLOCK.now


def test_revoking_twice_changes_nothing(boss):
    key = create_api_key(merchant=None, name="Robot", **acting()).key
    revoke_api_key(key=key, **acting())
    CLOCK.advance(hours=1)

    assert "revoked already" in text_of(revoke(boss, key))
    assert "was revoked at 2026-06-01 09:00" in text_of(revoke(boss, key, confirmed="yes"))
    assert ApiKey.objects.get().revoked_at == START


def test_who_may_not_change_keys_is_not_offered_it():
    key = create_api_key(merchant=None, name="Robot", **acting()).key
    client = staff("billing")
    assert client.get(reverse("admin:merchants_apikey_changelist")).status_code == 403

    assert revoke(client, key, confirmed="yes").status_code == 403
    assert not ApiKey.objects.get().is_revoked


def test_a_key_is_never_changed(boss):
    key = create_api_key(merchant=None, name="Robot", **acting()).key
    path = reverse("admin:merchants_apikey_change", args=[key.pk])

    assert "Robot" in text_of(boss.get(path))
    assert boss.post(path, {"name": "Other"}).status_code == 403


# All of them --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["merchant", "user", "apikey", "event"])
def test_nothing_is_deleted(boss, model):
    make_merchant("GLOW")
    create_api_key(merchant=None, name="Robot", **acting())
    row = {"merchant": Merchant, "user": User, "apikey": ApiKey, "event": Event}[
        model
    ].objects.first()

    assert boss.post(reverse(f"admin:merchants_{model}_delete", args=[row.pk])).status_code == 403
    assert "delete_selected" not in text_of(
        boss.get(reverse(f"admin:merchants_{model}_changelist"))
    )


def test_events_are_only_shown(boss):
    make_merchant("GLOW")
    path = reverse("admin:merchants_event_change", args=[Event.objects.get().pk])

    assert "merchant.created" in text_of(boss.get(path))
    assert boss.post(path, {}).status_code == 403
    assert boss.get(reverse("admin:merchants_event_add")).status_code == 403
    found = boss.get(reverse("admin:merchants_event_changelist"), {"q": "GLOW"})
    assert len(found.context["cl"].result_list) == 1


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("model", ["merchant", "user", "apikey", "event"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(boss, model):
    path = reverse(f"admin:merchants_{model}_changelist")
    fill("A", 2)
    few = queries(boss, path)

    fill("B", 12)

    assert queries(boss, path) == few
    assert few <= 12


def fill(letter: str, rows: int) -> None:
    for number in range(rows):
        merchant = make_merchant(f"{letter}{number}")
        create_api_key(merchant=merchant, name="Shop", **acting())
        create_member(merchant=merchant, username=f"{letter}{number}", **acting())
        record_many([Happening("x", merchant.pk, str(number), CLOCK.now)])


@pytest.mark.parametrize("group", ["associate", "manager", "merchant care", "billing"])
@pytest.mark.parametrize("page", ["add", "changelist", "change", "history"])
@pytest.mark.parametrize("model", ["merchant", "user"])
def test_every_page_opens_for_whom_it_is(group, page, model):
    client = staff(group)
    merchant = make_merchant("GLOW")
    user = create_member(merchant=merchant, username="ada", **acting())
    row = {"merchant": merchant, "user": user}[model]
    arguments = [row.pk] if page in ("change", "history") else []

    answer = client.get(reverse(f"admin:merchants_{model}_{page}", args=arguments))

    names = set_of_permissions(group)
    needed = "add" if page == "add" else "view"
    assert answer.status_code == (200 if f"{needed}_{model}" in names else 403)


def set_of_permissions(group: str) -> set[str]:
    rows = Group.objects.get(name=group).permissions.filter(content_type__app_label="merchants")
    return set(rows.values_list("codename", flat=True))
