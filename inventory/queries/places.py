"""Warehouses and their places."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from inventory.availability import Todays
from inventory.models import Balance, Location, LocationKind, Supply, Warehouse
from merchants.compiled import Compiled

WAREHOUSE = -1  # stands in the statement for the warehouse that is asked for

# As the index of the areas has it, and no parameter: a plan that is kept has to know the kind.
NOT_STORAGE = RawSQL(  # noqa: S611  # a name of ours
    f"NOT (inventory_location.kind = '{LocationKind.STORAGE}')", (), output_field=BooleanField()
)


def todays(now: datetime) -> Todays:
    """The local date of every warehouse at ``now``. One query."""
    return todays_of(_warehouses().models({}), now)


@cache
def _warehouses() -> Compiled:
    return Compiled(Warehouse.objects.order_by())


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
    """The area of each kind that a warehouse uses where nobody names one, by kind. One query.

    The first by pick sequence, then by id: `DOCK`, `QUARANTINE`, `DAMAGED` and the virtual ones
    unless somebody added an earlier one.
    """
    places: dict[str, Location] = {}
    for location in _areas().models({WAREHOUSE: warehouse_id}):
        places.setdefault(location.kind, location)
    return places


@cache
def _areas() -> Compiled:
    # Of bins there may be a million; the index of the areas answers whether or not there are.
    areas = Location.objects.filter(NOT_STORAGE, warehouse_id=WAREHOUSE)
    return Compiled(areas.select_related("warehouse").order_by("pick_sequence", "id"))


def carried(product_ids: Iterable[int], warehouse_ids: Collection[int]) -> set[tuple[int, int]]:
    """(product, warehouse) where a submitted WRO or a balance of the product is. Two queries."""
    wanted = {"product_id__in": list(product_ids), "warehouse_id__in": list(warehouse_ids)}
    pairs = ("product_id", "warehouse_id")
    return {
        *Balance.objects.filter(**wanted).order_by().values_list(*pairs).distinct(),
        *Supply.objects.filter(**wanted).order_by().values_list(*pairs).distinct(),
    }
