"""Stock that stands without a lot: how much of it, where, and which lots stand beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.kinds import BINS
from inventory.models import Balance
from inventory.querysets import BalanceQuerySet, ProductQuerySet
from inventory.stamping import Shelf
from merchants.columns import among


def without_lot() -> BalanceQuerySet:
    """Balances of units without a lot in the house."""
    rows: BalanceQuerySet = Balance.objects.in_house().filter(lot_key=0, on_hand__gt=0)
    return rows


def with_unlotted(products: ProductQuerySet) -> ProductQuerySet:
    """Adds ``unlotted``: units without a lot in bins, in all warehouses. No further query.

    Those in quarantine and damaged areas do not count: there a lot that cannot be read is awaited.
    """
    units = (
        Balance.objects.filter(product=OuterRef("pk"), lot_key=0, location_kind__in=BINS)
        .order_by()
        .values("product")
        .annotate(units=Sum("on_hand"))
        .values("units")
    )
    return products.annotate(unlotted=Coalesce(Subquery(units, IntegerField()), 0))


def lacking_lots(products: ProductQuerySet) -> ProductQuerySet:
    """Lot products with units without a lot in bins. No further query."""
    units = without_lot().filter(product=OuterRef("pk"), location_kind__in=BINS)
    return products.filter(Exists(units), is_lot_product=True)


def standing_without_lot(product_id: int) -> QuerySet[Balance]:
    """Where units of a product stand without a lot, by warehouse and pick order. One query."""
    return (
        without_lot()
        .filter(product_id=product_id)
        .select_related("location", "warehouse")
        .order_by("warehouse__code", "location__pick_sequence", "location__name", "id")
    )


def shelves_without_lot(product_ids: Collection[int]) -> list[Shelf]:
    """All places where units of these products stand without a lot, for ``stamping``. Two queries.

    Whoever decides on them holds the locks of the products, which keeps the places as they are:
    nobody changes a location where one of them stands without the same lock.
    """
    bare = without_lot().filter(product_id__in=among(product_ids)).select_related("location")
    rows = list(bare.order_by("id"))
    beside: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    lots = Balance.objects.filter(
        product_id__in=among(product_ids),
        location_id__in=among({one.location_id for one in rows}),
        lot_key__gt=0,
        on_hand__gt=0,
    )
    for product_id, location_id, lot_id in lots.order_by().values_list(
        "product_id", "location_id", "lot_id"
    ):
        beside[product_id, location_id].add(lot_id)
    return [
        Shelf(
            balance_id=one.pk,
            product_id=one.product_id,
            location_id=one.location_id,
            warehouse_id=one.warehouse_id,
            kind=one.location_kind,
            name=one.location.name,
            units=one.on_hand,
            pick_sequence=one.location.pick_sequence,
            is_mixed=one.location_mixed,
            lots=frozenset(beside[one.product_id, one.location_id]),
        )
        for one in rows
    ]
