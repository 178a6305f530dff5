"""Reads for lists of products."""

from django.db.models import IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import Balance
from inventory.querysets import ProductQuerySet


def with_on_hand(products: ProductQuerySet) -> ProductQuerySet:
    """Adds ``on_hand``: units of the product in the house, in all warehouses. No further query."""
    units = (
        Balance.objects.in_house()
        .filter(product=OuterRef("pk"))
        .order_by()
        .values("product")
        .annotate(units=Sum("on_hand"))
        .values("units")
    )
    return products.annotate(on_hand=Coalesce(Subquery(units, IntegerField()), 0))
