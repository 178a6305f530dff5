"""Reads for locations: how full they are, and with what."""

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.kinds import IN_THE_BUILDING
from inventory.models import Balance, Location
from inventory.querysets import BalanceQuerySet, LocationQuerySet

LOOKED_AT = 5_000  # of the locations of a list, when the empty ones are asked for


def with_units(locations: LocationQuerySet) -> LocationQuerySet:
    """Adds ``units``: how many stand there, of all products. No further query."""
    units = (
        _units_at(OuterRef("pk")).values("location").annotate(total=Sum("on_hand")).values("total")
    )
    return locations.annotate(units=Coalesce(Subquery(units, IntegerField()), 0))


def filled(locations: LocationQuerySet) -> LocationQuerySet:
    """Locations where any unit stands. No further query.

    Not by EXISTS, which PostgreSQL may turn into a join of all: they are looked at in their order.
    """
    units = Subquery(_units_at(OuterRef("pk")).values("on_hand")[:1])
    return locations.alias(any_units=units).filter(any_units__isnull=False)


def empty(locations: LocationQuerySet) -> LocationQuerySet:
    """Of the first locations those where no unit stands. No further query.

    That a bin is empty is written nowhere: with all of them full, all would have to be looked at.
    """
    first = locations.order_by("warehouse_id", "pick_sequence", "name", "id").values("pk")
    return locations.filter(~_standing(), pk__in=first[:LOOKED_AT])


def _standing() -> Exists:
    return Exists(_units_at(OuterRef("pk")))


def _units_at(location: OuterRef) -> BalanceQuerySet:
    return Balance.objects.filter(
        location=location, location_kind__in=IN_THE_BUILDING, on_hand__gt=0
    ).order_by()


def contents(location: Location) -> QuerySet[Balance]:
    """The balances with units at a location, by SKU, first expired first. One query."""
    return (
        Balance.objects.filter(location=location)
        .exclude(on_hand=0)
        .select_related("product", "lot", "merchant", "location")
        .annotate(unpromised=F("on_hand") - F("committed"))
        .order_by("product__sku", F("expires_on").asc(nulls_last=True), "id")
    )
