"""Warehouses and locations: they belong to the house."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.db.models import Count
from simple_history.utils import bulk_create_with_history

from inventory import ledger
from inventory.errors import LocationInUse, NameTaken, OtherLotInLocation
from inventory.kinds import ALWAYS_MIXED, CREATABLE, VIRTUAL, LocationKind
from inventory.locks import lock_locations, lock_products
from inventory.models import Balance, Location, Warehouse
from inventory.services.checks import check_fields, while_free
from inventory.services.planning import reallocate
from merchants.errors import Malformed, NotFound
from merchants.history import stamp
from merchants.models import User
from merchants.transactions import act

COMES_WITH_A_WAREHOUSE = ["dock", "quarantine", "damaged", *VIRTUAL]


class LocationFields(TypedDict, total=False):
    """What may be set on a location; a field that is absent stays as it is."""

    name: str
    kind: str
    pickable: bool
    sellable: bool
    mixed: bool
    pick_sequence: int
    zone: str
    capacity_in3: int | None


@act
def create_warehouse(
    *, actor: User, now: datetime, code: str, name: str, timezone: str
) -> Warehouse:
    """Open a warehouse with `DOCK`, `QUARANTINE`, `DAMAGED` and its virtual locations.

    Raises: NameTaken, Malformed (an unknown time zone).
    """
    warehouse = Warehouse(code=code, name=name, timezone=timezone)
    check_fields(warehouse)
    stamp(warehouse, actor=actor, now=now)
    with while_free(lambda: _refuse_taken_code(code)):
        warehouse.save()
    areas = [
        Location(
            warehouse=warehouse,
            name=kind.upper(),
            kind=kind,
            mixed=True,
            pickable=False,
            sellable=False,
        )
        for kind in COMES_WITH_A_WAREHOUSE
    ]
    _insert(warehouse, areas, actor, now)
    return warehouse


@act
def update_warehouse(
    *, actor: User, now: datetime, warehouse_id: int, name: str, timezone: str
) -> Warehouse:
    """Rename a warehouse or correct its time zone, which moves its day: its stock is re-planned.

    Raises: NotFound, Malformed. Locks the warehouse, then (another zone) the products there.
    """
    # NO KEY, as with a location: an act that holds a product checks its foreign keys at its end.
    rows = Warehouse.objects.select_for_update(no_key=True)
    warehouse = rows.filter(pk=warehouse_id).first()
    if warehouse is None:
        raise NotFound()
    standing = Balance.objects.in_house().filter(warehouse=warehouse, on_hand__gt=0)
    moved = standing if timezone != warehouse.timezone else standing.none()
    products = lock_products(moved.order_by().values_list("product_id", flat=True).distinct())
    warehouse.name, warehouse.timezone = name, timezone
    check_fields(warehouse)
    stamp(warehouse, actor=actor, now=now)
    warehouse.save()
    reallocate(list(products), now=now)
    return warehouse


@act
def create_location(
    *, actor: User, now: datetime, warehouse: Warehouse, fields: LocationFields
) -> Location:
    """Add a bin or an area. Docks, quarantine and damaged areas are mixed and never sold from.

    A staging area is mixed unless said otherwise. Raises: NameTaken, Malformed.
    """
    return create_locations(actor=actor, now=now, warehouse=warehouse, entries=[fields])[0]


@act
def create_locations(
    *, actor: User, now: datetime, warehouse: Warehouse, entries: Sequence[LocationFields]
) -> list[Location]:
    """Add many locations, all or none. Statements do not grow with their number.

    Raises: as ``create_location``; a name must not come twice among them either.
    """
    locations = [_new(warehouse, fields) for fields in entries]
    return _insert(warehouse, locations, actor, now)


def _new(warehouse: Warehouse, fields: LocationFields) -> Location:
    location = Location(warehouse=warehouse, **fields)
    if location.kind == LocationKind.STAGING and "mixed" not in fields:
        location.mixed = True
    _check(location, fields)
    return location


@act
def update_location(
    *, actor: User, now: datetime, location_id: int, fields: LocationFields
) -> Location:
    """Change a location and re-plan what stands there; promises that stand are kept.

    Its kind changes only while it is empty, and not where the warehouse would be left without a
    dock, quarantine or damaged area. Raises: NotFound, NameTaken, LocationInUse,
    OtherLotInLocation (to keep lots apart where several stand), Malformed. Locks the location,
    then the products there.
    """
    location = lock_locations([location_id]).get(location_id)
    if location is None or location.is_virtual:
        raise NotFound()
    standing = Balance.objects.filter(location=location)
    products = lock_products(standing.order_by().values_list("product_id", flat=True).distinct())
    if fields.get("kind", location.kind) != location.kind:
        _refuse_another_kind(location)
    if location.mixed and not fields.get("mixed", True):
        _refuse_several_lots(location)
    for name, value in fields.items():
        setattr(location, name, value)
    _check(location, fields)
    stamp(location, actor=actor, now=now)
    with while_free(lambda: _refuse_taken_names(location.warehouse_id, [location])):
        location.save()
    ledger.refresh_locations([location.pk])
    reallocate(list(products), now=now)
    return location


def _insert(
    warehouse: Warehouse, locations: Sequence[Location], actor: User, now: datetime
) -> list[Location]:
    with while_free(lambda: _refuse_taken_names(warehouse.pk, locations)):
        made: list[Location] = bulk_create_with_history(
            locations, Location, batch_size=1000, default_user=actor, default_date=now
        )
    return made


def _refuse_taken_code(code: str) -> None:
    if Warehouse.objects.filter(code__iexact=code).exists():
        raise NameTaken(message=f"There is already a warehouse {code}.")


def _refuse_taken_names(warehouse_id: int, locations: Sequence[Location]) -> None:
    """One query for all of them."""
    ours = {location.pk for location in locations}
    rows = Location.objects.filter(
        warehouse_id=warehouse_id, name__in={location.name for location in locations}
    )
    taken = {name for pk, name in rows.order_by().values_list("pk", "name") if pk not in ours}
    for location in locations:
        if location.name in taken:
            message = f"There is already a location {location.name} in this warehouse."
            raise NameTaken(message=message)
        taken.add(location.name)


def _check(location: Location, fields: LocationFields) -> None:
    check_fields(location)
    if location.kind not in CREATABLE:
        raise Malformed(
            "invalid_choice",
            f"A location is one of {', '.join(CREATABLE)}.",
            field="kind",
        )
    if location.kind in ALWAYS_MIXED:
        _require_flags_of_area(location, fields)


def _require_flags_of_area(location: Location, fields: LocationFields) -> None:
    """Docks, quarantine and damaged areas: flags that say otherwise are refused, not ignored."""
    for name, must_be in (("mixed", True), ("pickable", False), ("sellable", False)):
        if fields.get(name, must_be) != must_be:
            raise Malformed(
                "invalid_choice",
                f"A {location.kind} area is always mixed and neither pickable nor sellable.",
                field=name,
            )
        setattr(location, name, must_be)


def _refuse_another_kind(location: Location) -> None:
    if location.balances.exclude(on_hand=0).exists():
        raise LocationInUse(message=f"{location.name} is not empty: its kind cannot change.")
    alike = Location.objects.filter(warehouse_id=location.warehouse_id, kind=location.kind)
    if location.kind in COMES_WITH_A_WAREHOUSE and not alike.exclude(pk=location.pk).exists():
        raise LocationInUse(
            message=f"{location.name} is the only {location.get_kind_display().lower()} area of "
            "its warehouse, which needs one: its kind cannot change."
        )


def _refuse_several_lots(location: Location) -> None:
    several = (
        Balance.objects.filter(location=location, on_hand__gt=0)
        .order_by("product__sku")
        .values("product__sku")
        .annotate(lots=Count("id"))
        .filter(lots__gt=1)
        .first()
    )
    if several:
        raise OtherLotInLocation(
            message=(
                f"{location.name} holds several lots of {several['product__sku']}: "
                "move them apart first."
            )
        )
