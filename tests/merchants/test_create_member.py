import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from merchants.models import Event, User
from merchants.services import Person, UsernameTaken, create_member, create_staff
from tests.builders import acting, house, make_merchant
from tests.clock import START

pytestmark = pytest.mark.django_db

ADA = Person("Ada", "Lovelace", "ada@example.com")


def test_it_works():
    merchant = make_merchant("GLOW")

    create_member(merchant=merchant, username="ada", person=ADA, **acting())

    member = User.objects.get(username="ada")
    assert (member.merchant, member.is_house, member.is_staff) == (merchant, False, False)
    assert (member.get_full_name(), member.email) == ("Ada Lovelace", "ada@example.com")
    assert not member.has_usable_password()
    assert member.date_joined == START
    event = Event.objects.get(topic="member.created")
    assert event.payload == {"username": "ada", "email": "ada@example.com"}


def test_staff_get_groups_a_password_and_the_admin():
    group = Group.objects.create(name="associate")

    create_staff(username="ada", groups=[group], password="correct horse", **acting())

    user = User.objects.get(username="ada")
    assert (user.is_house, user.is_staff, user.is_superuser) == (True, True, False)
    assert list(user.groups.all()) == [group]
    assert user.check_password("correct horse")


def test_a_username_is_taken_once():
    merchant = make_merchant("GLOW")
    create_member(merchant=merchant, username="ada", **acting())

    with pytest.raises(UsernameTaken) as refusal:
        create_staff(username="ada", groups=[], **acting())

    assert refusal.value.code == "username_taken"
    assert User.objects.get(username="ada").merchant == merchant


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_the_database_lets_no_member_be_staff(right):
    member = create_member(merchant=make_merchant(), username="ada", **acting())

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=member.pk).update(**{right: True})


def test_history_leaves_passwords_and_log_ins_out(client):
    user = create_staff(username="ada", groups=[], password="correct horse", **acting())

    client.force_login(user)

    entry = user.history.get()  # the log-in has written no second one
    assert entry.history_user == house()
    columns = {field.name for field in type(entry)._meta.get_fields()}
    assert not columns & {"password", "last_login"}
