"""What each group of the house's staff may do. `manage.py set_up_groups` makes it so."""

from __future__ import annotations

from fnmatch import fnmatchcase

from django.apps import apps
from django.contrib.auth.models import Group, Permission

from merchants.transactions import act

ASSOCIATE = "associate"
MANAGER = "manager"
MERCHANT_CARE = "merchant care"
BILLING = "billing"

SEE_EVERYTHING = (
    "merchants.view_merchant",
    "inventory.view_*",
    "receiving.view_*",
    "fulfillment.view_*",
    "transfers.view_*",
    "returns.view_*",
)
FLOOR = (
    "receiving.change_wro",
    "receiving.change_discrepancy",
    "receiving.add_unidentifieddelivery",
    "receiving.change_unidentifieddelivery",
    "fulfillment.change_order",
    "fulfillment.add_wave",
    "fulfillment.change_wave",
    "transfers.change_transfer",
    "returns.change_return",
    "inventory.change_balance",  # move units, and assign a lot to those without
    "inventory.change_quarantinecase",
    "inventory.add_lotattachment",
    "inventory.change_disposalrequest",  # carry it out
    "inventory.add_hold",
    "inventory.add_lotaction",
)
DOCUMENTS = (
    "receiving.add_wro",
    "receiving.change_wro",
    "fulfillment.add_order",
    "fulfillment.change_order",
    "transfers.add_transfer",
    "transfers.change_transfer",
    "returns.add_return",
    "returns.change_return",
)
CATALOGUE = (
    "receiving.add_checkinrule",
    "receiving.change_checkinrule",
    "receiving.delete_checkinrule",
    "inventory.add_product",
    "inventory.change_product",
    "inventory.add_lot",
    "inventory.change_lot",
    "inventory.add_lotattachment",
    "inventory.add_lotformat",
    "inventory.change_lotformat",
    "inventory.add_hold",
    "inventory.change_hold",
    "inventory.add_lotaction",
    "inventory.add_disposalrequest",
    "inventory.add_setaside",
    "inventory.change_setaside",
)
HOUSE = (
    "inventory.add_warehouse",
    "inventory.change_warehouse",
    "inventory.add_location",
    "inventory.change_location",
    "inventory.add_posting",  # adjust what is counted
)
ACCOUNTS = (
    "merchants.add_merchant",
    "merchants.change_merchant",
    "merchants.view_user",
    "merchants.add_apikey",
    "merchants.change_apikey",
    "merchants.view_apikey",
    "merchants.view_event",
)
JOBS = ("jobs.view_job", "jobs.change_job")
STAFF = ("merchants.add_user", "merchants.change_user")

GROUPS: dict[str, tuple[str, ...]] = {
    ASSOCIATE: SEE_EVERYTHING + FLOOR,
    MANAGER: SEE_EVERYTHING + FLOOR + DOCUMENTS + CATALOGUE + HOUSE + ACCOUNTS + STAFF + JOBS,
    MERCHANT_CARE: SEE_EVERYTHING + DOCUMENTS + CATALOGUE + ACCOUNTS,
    BILLING: (*SEE_EVERYTHING, "merchants.view_event"),
}


class UnknownPermission(LookupError):
    """A name above that no model has."""


@act
def set_up_groups() -> list[Group]:
    """Make the groups, or bring them back to what stands above; other groups are left alone.

    Safe to run any number of times. Raises: UnknownPermission, for a name that no model has.
    """
    by_name = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    made = []
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(by_name[match] for match in expanded(wanted, by_name))
        made.append(group)
    return made


def expanded(wanted: tuple[str, ...], known: dict[str, Permission]) -> set[str]:
    """The permissions that these names and patterns stand for.

    Those of an app without tables yet stand for none.
    """
    names: set[str] = set()
    for pattern in wanted:
        matches = {name for name in known if fnmatchcase(name, pattern)}
        if not matches and has_tables(pattern.partition(".")[0]):
            raise UnknownPermission(pattern)
        names |= matches
    return names


def has_tables(app_label: str) -> bool:
    return any(apps.get_app_config(app_label).get_models())
