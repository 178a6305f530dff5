"""Chainable filters of one table each."""

from __future__ import annotations

import re
from typing import Self

from django.db.models import Q

from inventory.models import lot_key
from merchants.querysets import ScopedQuerySet

NUMBER = re.compile(r"(?:TRF-?)?0*([0-9]{1,18})", re.IGNORECASE)


class TransferQuerySet(ScopedQuerySet):
    def search(self, words: str) -> Self:
        """Transfers of this number, reference or tracking number, or with such a product or lot.

        `trf-42`, `TRF-000042` and `42` are the same number.
        """
        match = (
            Q(reference__icontains=words)
            | Q(tracking_number__icontains=words)
            | Q(pk__in=self._with("lines__product__sku__icontains", words))
            | Q(pk__in=self._with("lines__lot__number_key__contains", lot_key(words)))
        )
        if number := NUMBER.fullmatch(words.strip()):
            match |= Q(pk=int(number[1]))
        return self.filter(match)

    def _with(self, lookup: str, words: str) -> Self:
        """Ids by one path at a time, so that no row comes twice."""
        return self.model._default_manager.filter(**{lookup: words}).order_by().values("pk")

    def with_lines(self) -> Self:
        """With warehouses, lines, products and lots. Three queries for any number."""
        return self.select_related("merchant", "source", "target").prefetch_related(
            "lines__product", "lines__lot"
        )
