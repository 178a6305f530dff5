from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from merchants import groups
from merchants.groups import GROUPS, set_up_groups

pytestmark = pytest.mark.django_db


def names_of(group: str) -> set[str]:
    rows = Permission.objects.filter(group__name=group).select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def test_it_works():
    out = StringIO()

    call_command("set_up_groups", verbosity=2, stdout=out)

    assert out.getvalue() == "associate, manager, merchant care, billing\n"
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)


def test_again_it_brings_them_back():
    set_up_groups()
    before = {name: names_of(name) for name in GROUPS}
    other = Group.objects.create(name="night shift")
    Group.objects.get(name="billing").permissions.set(Permission.objects.all()[:3])
    Group.objects.get(name="manager").permissions.clear()

    set_up_groups()

    assert {name: names_of(name) for name in GROUPS} == before
    assert Group.objects.get(pk=other.pk).name == "night shift"
    assert Group.objects.count() == 5


def test_billing_only_looks():
    set_up_groups()

    assert {name.partition(".")[2].partition("_")[0] for name in names_of("billing")} == {"view"}


def test_nobody_deletes_or_touches_rights():
    set_up_groups()

    for group in GROUPS:
        # A check-in rule is a setting: it is taken away as it was made.
        names = names_of(group) - {"receiving.delete_checkinrule"}
        assert not [name for name in names if ".delete_" in name or name.startswith("auth.")]


def test_associates_make_no_merchants_people_or_keys():
    set_up_groups()

    own = {name for name in names_of("associate") if name.startswith("merchants.")}
    assert own == {"merchants.view_merchant"}


def test_only_managers_make_people():
    set_up_groups()

    assert [name for name in GROUPS if "merchants.add_user" in names_of(name)] == ["manager"]


def test_every_name_stands_for_a_permission():
    known = {
        f"{row.content_type.app_label}.{row.codename}": row
        for row in Permission.objects.select_related("content_type")
    }
    for wanted in GROUPS.values():
        for name in wanted:
            if groups.has_tables(name.partition(".")[0]):
                assert groups.expanded((name,), known), name


def test_a_name_that_no_model_has_is_refused_loudly(monkeypatch):
    set_up_groups()
    before = names_of("billing")
    monkeypatch.setitem(GROUPS, "manager", ("merchants.view_marchent",))

    with pytest.raises(CommandError, match=r"no permission merchants\.view_marchent"):
        call_command("set_up_groups")

    assert names_of("billing") == before


def test_an_app_without_tables_stands_for_nothing():
    assert groups.expanded(("staticfiles.view_*",), {}) == set()
