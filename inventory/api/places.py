"""warehouses/ and locations/: they belong to the house."""

from __future__ import annotations

from typing import Any

from inventory.kinds import CREATABLE, LocationKind
from inventory.models import Location, Warehouse
from inventory.querysets import LocationQuerySet
from inventory.services.places import create_location, create_warehouse
from merchants.api import fields
from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import CreateMixin, ListMixin, ScopedViewSet


class WarehouseSerializer(StrictSerializer):
    """A building with a calendar day of its own."""

    id = fields.Id(read_only=True)
    code = fields.Text(max_length=32, code=True)
    name = fields.Text(max_length=200)
    timezone = fields.Text(max_length=64)


class WarehouseViewSet(CreateMixin, ListMixin, ScopedViewSet):
    """Warehouses; a new one comes with its dock, quarantine, damaged area and virtual locations."""

    model = Warehouse
    serializer_class = WarehouseSerializer
    staff_only = ScopedViewSet.ALL
    names_merchant = ()

    def make(self, data: dict[str, Any]) -> Warehouse:
        return create_warehouse(**data, actor=self.actor, now=self.now)


class LocationSerializer(StrictSerializer):
    """A place where units can stand."""

    id = fields.Id(read_only=True)
    name = fields.Text(max_length=64, code=True)
    warehouse = fields.Related(Warehouse.objects.all, "code")
    kind = fields.Choice([(kind, LocationKind(kind).label) for kind in CREATABLE], required=False)
    pickable = fields.Boolean(required=False)
    sellable = fields.Boolean(required=False)
    mixed = fields.Boolean(required=False)
    pick_sequence = fields.Integer(min_value=0, required=False)
    zone = fields.Text(max_length=32, required=False, allow_blank=True, code=True)
    capacity_in3 = fields.Integer(min_value=1, required=False, allow_null=True)


class LocationFilters(StrictFilterSet):
    warehouse = TextFilter(field_name="warehouse__code")
    name = TextFilter()


class LocationViewSet(CreateMixin, ListMixin, ScopedViewSet):
    """Locations in the house; the virtual ones outside are never listed."""

    model = Location
    serializer_class = LocationSerializer
    filterset_class = LocationFilters
    staff_only = ("create",)
    names_merchant = ()

    def rows(self, rows: LocationQuerySet) -> LocationQuerySet:
        return rows.real().select_related("warehouse")

    def make(self, data: dict[str, Any]) -> Location:
        warehouse = data.pop("warehouse")
        return create_location(warehouse=warehouse, fields=data, actor=self.actor, now=self.now)
