import pytest
from django.contrib.auth.models import Group

from merchants.models import User
from merchants.services import OwnAccount, Person, create_staff, update_user
from tests.builders import acting, house
from tests.clock import CLOCK

pytestmark = pytest.mark.django_db

ADA = Person("Ada", "Lovelace", "ada@example.com")


def test_it_works():
    old, new = Group.objects.create(name="associate"), Group.objects.create(name="manager")
    user = create_staff(username="ada", groups=[old], **acting())
    CLOCK.advance(hours=1)

    update_user(user=user, person=ADA, is_active=False, groups=[new], **acting())

    user = User.objects.get(username="ada")
    assert (user.first_name, user.last_name, user.email) == ("Ada", "Lovelace", "ada@example.com")
    assert not user.is_active
    assert list(user.groups.all()) == [new]
    entry = user.history.first()
    assert (entry.history_user, entry.history_date, entry.email) == (house(), CLOCK.now, ADA.email)


def test_nobody_locks_themselves_out():
    user = house()

    with pytest.raises(OwnAccount) as refusal:
        update_user(user=user, person=ADA, is_active=False, groups=[], **acting())

    assert refusal.value.code == "own_account"
    user.refresh_from_db()
    assert (user.is_active, user.first_name) == (True, "")
