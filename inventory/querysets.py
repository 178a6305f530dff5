"""Chainable filters of one table each."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db.models import F, Q, Value
from django.db.models.functions import Lower, StrIndex
from django.db.models.lookups import GreaterThan

from inventory.kinds import ON_HAND, VIRTUAL
from merchants.ids import is_id
from merchants.querysets import ScopedQuerySet, SharedQuerySet

__all__ = ["ScopedQuerySet", "SharedQuerySet"]


class ProductQuerySet(ScopedQuerySet):
    def search(self, words: str) -> Self:
        """Products whose SKU, name or barcode contains ``words``, or whose id they are."""
        return self.filter(has_words(words))


def has_words(words: str) -> Q:
    """What `search` looks for. A position is found sooner than a pattern; the words are folded as
    the column is, by the database."""
    match = Q(GreaterThan(StrIndex("words", Lower(Value(words))), 0))
    if is_id(words):
        match |= Q(pk=int(words))
    return match


class LocationQuerySet(SharedQuerySet):
    def real(self) -> Self:
        """Places in the house; the virtual ones outside are never listed."""
        return self.exclude(kind__in=VIRTUAL)


class LotQuerySet(ScopedQuerySet):
    def first_expired_first(self) -> Self:
        return self.order_by(F("expires_on").asc(nulls_last=True), "number", "id")


class HoldQuerySet(ScopedQuerySet):
    def active(self) -> Self:
        return self.filter(released_at__isnull=True)

    def overdue(self, now: datetime) -> Self:
        """Active holds whose ``until`` has passed: the next scheduled run lifts them."""
        return self.active().filter(until__lte=now)


class BalanceQuerySet(ScopedQuerySet):
    def in_house(self) -> Self:
        """Balances that count as on hand: not at a dock, a marketplace or a virtual location."""
        return self.filter(location_kind__in=ON_HAND)


class MovementQuerySet(ScopedQuerySet):
    pass


class DemandQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(is_cancelled=False, quantity__gt=F("shipped"))

    def backordered(self) -> Self:
        """Released and not covered: what the planner still has to find units for."""
        return self.filter(
            is_released=True,
            is_cancelled=False,
            quantity__gt=F("shipped") + F("allocated"),
        )

    def of_orders(self) -> Self:
        """What orders ask for; a set-aside asks for units, too, but nobody waits for them."""
        return self.filter(is_set_aside=False)

    def by_rank(self) -> Self:
        """Who is served first: priority, then age, then id."""
        return self.order_by("-priority", "ordered_at", "id")


class SupplyQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(is_open=True)


class QuarantineCaseQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(quantity__gt=0)
