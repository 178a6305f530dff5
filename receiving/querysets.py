"""Chainable filters of one table each."""

from __future__ import annotations

import re
from typing import Self

from django.db.models import Exists, F, OuterRef, Q

from inventory.models import Supply, lot_key
from merchants.querysets import ScopedQuerySet

NUMBER = re.compile(r"(?:WRO-?)?0*([0-9]{1,18})", re.IGNORECASE)


class WROQuerySet(ScopedQuerySet):
    def search(self, words: str) -> Self:
        """WROs of this number or reference, or that announce a product or lot so named.

        Tracking numbers count too. `wro-42`, `WRO-000042` and `42` are the same number.
        """
        key = lot_key(words)
        match = (
            Q(reference__icontains=words)
            | Q(pk__in=self._with("lines__product__sku__icontains", words))
            | Q(pk__in=self._with("lines__product__name__icontains", words))
            | Q(pk__in=self._with("boxes__tracking_number__icontains", words))
            | Q(pk__in=self._with("lines__lots__number_key__contains", key))
            | Q(pk__in=self._with("lines__lots__lot__supplier_number__icontains", words))
        )
        if number := NUMBER.fullmatch(words.strip()):
            match |= Q(pk=int(number[1]))
        return self.filter(match)

    def _with(self, lookup: str, words: str) -> Self:
        """Ids by one path at a time, so that no row comes twice."""
        return self.model._default_manager.filter(**{lookup: words}).order_by().values("pk")

    def with_contents(self) -> Self:
        """With boxes, lines, lots, counters and discrepancies. Seven queries for any number."""
        return self.select_related("merchant", "warehouse").prefetch_related(
            "boxes",
            "lines__product",
            "lines__supply",
            "lines__lots__supply",
            "lines__lots__lot",
            "discrepancies__product",
            "discrepancies__lot",
        )

    def at_dock(self) -> Self:
        """With received units that are not yet stowed."""
        waiting = Supply.objects.filter(received__gt=F("stowed"))
        by_line = Exists(waiting.filter(wro_line__wro=OuterRef("pk")))
        by_lot = Exists(waiting.filter(wro_lot_line__line__wro=OuterRef("pk")))
        return self.filter(by_line | by_lot, status="processing")


class DiscrepancyQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status="open")
