"""Every lock of stock, in the one order in which an act takes them.

Idempotency key, documents by primary key, locations by primary key, products by primary key.
What an act decides on is read in a later statement than the lock. On SQLite, IMMEDIATE
transactions already serialise the writers and these only read.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import prefetch_related_objects

from inventory.models import Location, Product
from merchants.columns import among, execute, fetch, values


def lock_documents(queryset: Any, ids: Iterable[int]) -> dict[int, Any]:
    """Lock documents (WROs, orders, returns …) by primary key; the rows by id.

    Missing ids are missing in the answer. Locks: FOR NO KEY UPDATE, so that lines may be added.
    """
    rows = (
        queryset.filter(pk__in=list(ids))
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    return {row.pk: row for row in rows}


def lock_locations(ids: Iterable[int]) -> dict[int, Location]:
    """Lock locations whose flags or holds are about to change: FOR NO KEY UPDATE.

    It keeps out who brings units in (FOR SHARE), but not the check of a foreign key at the commit
    of an act that holds a product already: with FOR UPDATE the two would wait for each other.
    """
    rows = Location.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def share_locations(ids: Iterable[int]) -> dict[int, Location]:
    """Keep locations as they are while units are brought in: FOR SHARE, which Django lacks."""
    wanted = sorted(set(ids))
    if connection.vendor == "postgresql":
        execute(
            "SELECT id FROM inventory_location WHERE id = ANY(%s) ORDER BY id FOR SHARE", [wanted]
        )
    return Location.objects.select_related("warehouse").in_bulk(wanted)


# Written by hand, for every order begins with it.
LOCK_SKUS = """
SELECT p.id, p.merchant_id, p.sku
FROM {values} JOIN inventory_product p ON p.merchant_id = %s AND p.sku = v.sku
ORDER BY p.id {lock}
"""


def lock_skus(merchant_id: int, skus: Collection[str]) -> list[Product]:
    """Lock a merchant's products by their SKUs, in the order of their ids: FOR NO KEY UPDATE.

    Of what is not there nothing is locked. The rows have their id, merchant and SKU.
    """
    fragment, params = values({"sku": sorted(skus)}, sku="text")
    lock = "FOR NO KEY UPDATE OF p" if connection.vendor == "postgresql" else ""
    sql = LOCK_SKUS.format(values=fragment, lock=lock)
    names = ["id", "merchant_id", "sku"]
    return [Product.from_db(None, names, row) for row in fetch(sql, [*params, merchant_id])]


def lock_stock(product_ids: Iterable[int]) -> None:
    """Lock the stock of these products as ``lock_products`` does, and read nothing of them."""
    if connection.vendor == "postgresql":
        execute(
            "SELECT id FROM inventory_product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(product_ids))],
        )


def lock_products(ids: Iterable[int]) -> dict[int, Product]:
    """Lock the stock of these products: FOR NO KEY UPDATE of their rows, in one statement.

    Their merchants are read in a second one: a statement that waits for a lock answers with the
    settings of the account as they were before it waited.
    """
    rows = (
        Product.objects.filter(pk__in=among(ids))
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    products = list(rows)
    prefetch_related_objects(products, "merchant")
    return {product.pk: product for product in products}
