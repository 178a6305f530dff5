"""The house of the demo: people, a warehouse with its bins, merchants and their products."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import Group

from inventory.gs1 import with_check_digit
from inventory.models import Location, Product, Warehouse
from inventory.services.places import create_location, create_locations, create_warehouse
from inventory.services.products import create_product
from lotwms.demo.catalogue import Item
from merchants.groups import set_up_groups
from merchants.models import Merchant, User
from merchants.services import Person, create_merchant, create_staff

LOG_IN = "demo"  # the name and the password of a superuser; refused in production
STAFF = {
    "ana": ("Ana Silva", "associate"),
    "marc": ("Marc Weber", "manager"),
    "carla": ("Carla Diaz", "merchant care"),
    "bo": ("Bo Lind", "billing"),
}


def hire(now: datetime) -> User:
    """The log-in of the demo, and one person of each group (password ``demo`` too)."""
    set_up_groups()
    boss = User.objects.create_superuser(LOG_IN, password=LOG_IN, first_name="Demo")
    for username, (name, group) in STAFF.items():
        first, last = name.split()
        create_staff(
            username=username,
            groups=Group.objects.filter(name=group),
            actor=boss,
            now=now,
            person=Person(first_name=first, last_name=last),
            password=LOG_IN,
        )
    return boss


def build(actor: User, now: datetime) -> tuple[Warehouse, list[Location]]:
    """A warehouse in Chicago with five aisles of bins, and the bins in walking order."""
    warehouse = create_warehouse(
        actor=actor, now=now, code="CHI", name="Chicago", timezone="America/Chicago"
    )
    names = [
        f"{aisle}-{bay:02}-{level:02}"
        for aisle in "ABCDE"
        for bay in range(1, 11)
        for level in range(1, 4)
    ]
    bins = create_locations(
        actor=actor,
        now=now,
        warehouse=warehouse,
        entries=[
            {
                "name": name,
                "pick_sequence": place * 10,
                "zone": name[0],
                "capacity_in3": 6_912,  # 24 × 18 × 16 inches
            }
            for place, name in enumerate(names, start=1)
        ],
    )
    create_location(
        actor=actor,
        now=now,
        warehouse=warehouse,
        fields={"name": "PACKING", "kind": "staging", "pickable": False},
    )
    return warehouse, bins


def build_another(actor: User, now: datetime) -> Warehouse:
    """A small warehouse in Newark, to which stock is taken for the east coast."""
    warehouse = create_warehouse(
        actor=actor, now=now, code="NJ", name="Newark", timezone="America/New_York"
    )
    create_locations(
        actor=actor,
        now=now,
        warehouse=warehouse,
        entries=[
            {"name": f"N-{bay:02}-{level:02}", "pick_sequence": bay * 10 + level}
            for bay in range(1, 5)
            for level in range(1, 4)
        ],
    )
    return warehouse


def sign(
    actor: User, now: datetime, code: str, name: str, items: Sequence[Item]
) -> tuple[Merchant, list[Product]]:
    """A merchant and its products."""
    merchant = create_merchant(code=code, name=name, actor=actor, now=now)
    products = [
        create_product(
            actor=actor,
            now=now,
            merchant=merchant,
            fields={
                "sku": item.sku,
                "name": item.name,
                "barcode": with_check_digit(f"08500{merchant.pk:02}{place:04}"),
                "is_lot_product": bool(item.expires_in),
                "length_in": Decimal(3),
                "width_in": Decimal(3),
                "height_in": Decimal(5),
                **item.fields,
            },
        )
        for place, item in enumerate(items, start=1)
    ]
    return merchant, products
