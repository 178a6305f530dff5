"""Warehouses and their places."""

from collections.abc import Collection, Iterable
from datetime import datetime

from inventory.availability import Todays
from inventory.models import Balance, Location, Supply, Warehouse


def todays(now: datetime) -> Todays:
    """The local date of every warehouse at ``now``. One query."""
    return todays_of(Warehouse.objects.all(), now)


def todays_of(warehouses: Iterable[Warehouse], now: datetime) -> Todays:
    """The local date of these warehouses at ``now``."""
    return Todays({warehouse.pk: warehouse.today(now) for warehouse in warehouses})


def warehouse_named(code: str) -> Warehouse | None:
    """The warehouse of this code. With a NUL, which PostgreSQL would not even compare, none."""
    if "\x00" in code:
        return None
    warehouse: Warehouse | None = Warehouse.objects.filter(code=code).first()
    return warehouse


def house_places(warehouse_id: int) -> dict[str, Location]:
    """The place of each kind that a warehouse uses where nobody names one, by kind. One query.

    The first by pick sequence, then by id: `DOCK`, `QUARANTINE`, `DAMAGED` and the virtual ones
    unless somebody added an earlier one.
    """
    places: dict[str, Location] = {}
    rows = Location.objects.filter(warehouse_id=warehouse_id).select_related("warehouse")
    for location in rows.order_by("pick_sequence", "id"):
        places.setdefault(location.kind, location)
    return places


def carried(product_ids: Iterable[int], warehouse_ids: Collection[int]) -> set[tuple[int, int]]:
    """(product, warehouse) where a submitted WRO or a balance of the product is. Two queries."""
    wanted = {"product_id__in": list(product_ids), "warehouse_id__in": list(warehouse_ids)}
    pairs = ("product_id", "warehouse_id")
    return {
        *Balance.objects.filter(**wanted).order_by().values_list(*pairs).distinct(),
        *Supply.objects.filter(**wanted).order_by().values_list(*pairs).distinct(),
    }
