"""Chainable filters of one table each."""

from __future__ import annotations

import re
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.models import QuarantineCase, Supply, lot_key
from merchants.querysets import ScopedQuerySet

NUMBER = re.compile(r"(?:WRO-?)?0*([0-9]{1,18})", re.IGNORECASE)


class WROQuerySet(ScopedQuerySet):
    def search(self, words: str) -> Self:
        """WROs of this number, reference or purchase order, or with a product or lot so named.

        Tracking numbers count too. `wro-42`, `WRO-000042` and `42` are the same number.
        """
        key = lot_key(words)
        match = (
            Q(reference__icontains=words)
            | Q(purchase_order_number__icontains=words)
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
        """With boxes, lines, lots, counters and discrepancies. Eleven queries for any number."""
        return self.select_related("merchant", "warehouse").prefetch_related(
            "boxes__contents__line__product",
            "boxes__contents__lot_line",
            "status_changes__by",
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
        """With units about which nothing is decided: those set apart are still in quarantine."""
        return self.filter(_undecided(), resolved_at=None)

    def resolved(self) -> Self:
        return self.exclude(_undecided(), resolved_at=None)


class DiscrepancyManager(models.Manager.from_queryset(DiscrepancyQuerySet)):  # type: ignore[misc]
    """Rows come with ``apart``: the units of theirs that are still in quarantine."""

    def get_queryset(self) -> DiscrepancyQuerySet:
        rows: DiscrepancyQuerySet = super().get_queryset()
        total = _cases().annotate(group=Value(1)).values("group")
        units = Subquery(total.annotate(units=Sum("quantity")).values("units"))
        return rows.annotate(apart=Coalesce(units, 0))


def _cases() -> Any:
    """The cases of a discrepancy: its own, and those that took over from it under another lot."""
    own = Q(pk=OuterRef("case")) | Q(origin=OuterRef("case"))
    return QuarantineCase.objects.filter(own).order_by()


def _undecided() -> Q:
    return Q(case=None) | Q(Exists(_cases().filter(quantity__gt=0)))


class DeliveryQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        """Of which it is not decided what becomes of them: nothing is received yet."""
        return self.filter(status="recorded")


class PhotoQuerySet(ScopedQuerySet):
    pass
