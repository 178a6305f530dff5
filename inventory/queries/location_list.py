"""Reads for locations: how full they are, and with what."""

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import Balance, Location
from inventory.querysets import LocationQuerySet


def with_units(locations: LocationQuerySet) -> LocationQuerySet:
    """Adds ``units``: how many stand there, of all products. No further query."""
    units = (
        Balance.objects.filter(location=OuterRef("pk"))
        .order_by()
        .values("location")
        .annotate(total=Sum("on_hand"))
        .values("total")
    )
    return locations.annotate(units=Coalesce(Subquery(units, IntegerField()), 0))


def filled(locations: LocationQuerySet) -> LocationQuerySet:
    """Locations where any unit stands. No further query."""
    return locations.filter(_standing())


def empty(locations: LocationQuerySet) -> LocationQuerySet:
    """Locations where no unit stands. No further query."""
    return locations.filter(~_standing())


def _standing() -> Exists:
    return Exists(Balance.objects.filter(location=OuterRef("pk"), on_hand__gt=0))


def contents(location: Location) -> QuerySet[Balance]:
    """The balances with units at a location, by SKU, first expired first. One query."""
    return (
        Balance.objects.filter(location=location)
        .exclude(on_hand=0)
        .select_related("product", "lot", "merchant", "location")
        .annotate(unpromised=F("on_hand") - F("committed"))
        .order_by("product__sku", F("expires_on").asc(nulls_last=True), "id")
    )
