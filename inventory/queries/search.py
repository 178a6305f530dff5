"""In which ways the search boxes of long lists find a row.

Each way is looked for by itself (`merchants.lists.found`) and has an index: products are searched
for any part of SKU, name and barcode; numbers and places by how they begin; free text in what is
open and in the newest rows.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from inventory.models import (
    Hold,
    Location,
    Lot,
    Posting,
    Product,
    QuarantineCase,
    Supply,
    lot_key,
)
from inventory.querysets import has_words
from merchants.models import Merchant
from merchants.querysets import newest

FEW = 1_000


def products(words: str) -> list[Q]:
    """Any part of SKU, name or barcode, or the id."""
    return [has_words(words)]


def lots(words: str) -> list[Q]:
    """How the number begins, or the supplier's, the supplier or the production run; of the newest
    lots any part of the number; the WRO that announced it; the product."""
    part = Q(number_key__contains=lot_key(words)) | Q(supplier_number__icontains=words)
    return [
        *numbered(words),
        Q(supplier__istartswith=words),
        Q(production_run__istartswith=words),
        newest(Lot) & part,
        Q(pk__in=announced_by(words)),
        Q(product__in=products_found(words)),
    ]


def announced_by(words: str) -> list[int]:
    """Lots that a WRO of this number announced. One query."""
    rows = Supply.objects.filter(
        merchant__in=Merchant.objects.order_by(), wro_number=words.upper(), lot__isnull=False
    )
    return list(rows.order_by().values_list("lot_id", flat=True)[: FEW + 1])


def locations(words: str) -> list[Q]:
    """How the name begins; of the newest locations any part of it."""
    return [Q(name__istartswith=words), newest(Location) & Q(name__icontains=words)]


def balances(words: str) -> list[Q]:
    """The product; how the lot's number or the location's name begins."""
    return [
        Q(product__in=products_found(words)),
        Q(lot__in=lots_numbered(words)),
        Q(location__in=locations_named(words)),
    ]


def movements(words: str) -> list[Q]:
    """The number of the document; the product; how the lot's number begins."""
    found = lots_numbered(words)
    documents = Posting.objects.filter(
        merchant__in=Merchant.objects.order_by(), reference__in={words, words.upper()}
    )
    return [
        Q(posting__in=few(documents)),
        Q(product__in=products_found(words)),
        Q(source__lot__in=found),
        Q(target__lot__in=found),
    ]


def holds(words: str) -> list[Q]:
    """What is held, found as in its own list; of active and the newest holds the reason."""
    reason, found = Q(reason__icontains=words), products_found(words)
    return [
        Q(lot__in=lots_numbered(words)),
        Q(product__in=found),
        Q(lot__product__in=found),
        Q(location__in=locations_named(words)),
        Q(released_at=None) & reason,
        newest(Hold) & reason,
    ]


def cases(words: str) -> list[Q]:
    """The product; how the lot number begins; of open and the newest cases reason and document."""
    told = Q(reason__icontains=words) | Q(reference__icontains=words)
    return [
        Q(product__in=products_found(words)),
        Q(balance__lot__in=lots_numbered(words)),
        Q(quantity__gt=0) & told,
        newest(QuarantineCase) & told,
    ]


def few(rows: QuerySet[Any]) -> Any:
    """What to put after IN: the ids themselves where they are few, so that the database can tell
    how few; else the query. One query."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return ids if len(ids) <= FEW else rows.order_by().values("pk")


def products_found(words: str) -> Any:
    """Products by any part of SKU, name or barcode; there are few enough to look at each."""
    return few(Product.objects.search(words))


def of_products(lines: QuerySet[Any], document: str, words: str) -> Q:
    """Documents with a line of a product that is found; where many are, of the newest documents."""
    found = products_found(words)
    named = Q(pk__in=lines.filter(product__in=found).order_by().values(document))
    if isinstance(found, list):
        return named
    return newest(lines.model._meta.get_field(document).related_model) & named


def numbered(words: str) -> list[Q]:
    """The ways to a lot by how the number begins that stands on the box, an old one too."""
    key = lot_key(words)
    merged = Lot.objects.filter(merged_into__isnull=False, number_key__istartswith=key)
    return [
        Q(number_key__istartswith=key),
        Q(supplier_number__istartswith=words),
        Q(pk__in=few_heirs(merged)),
    ]


def few_heirs(merged: QuerySet[Any]) -> list[int]:
    """The lots into which these were merged. One query."""
    return list(merged.order_by().values_list("merged_into_id", flat=True)[: FEW + 1])


def lots_numbered(words: str) -> Any:
    """The lots that are found in these ways."""
    by_number, by_supplier, by_alias = numbered(words)
    return few(Lot.objects.filter(by_number | by_supplier | by_alias))


def locations_named(words: str) -> Any:
    return few(Location.objects.filter(name__istartswith=words))
