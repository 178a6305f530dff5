"""Reads for the lists of stock and of movements."""

from __future__ import annotations

from inventory.kinds import AREAS
from inventory.models import Balance, Posting
from inventory.queries.search import few
from inventory.querysets import BalanceQuerySet, MovementQuerySet

LATEST = 5_000  # postings of a kind, of which the movements are listed


def standing_at(balances: BalanceQuerySet, kind: str) -> BalanceQuerySet:
    """Those at places of this kind. One query where it is an area: these are few, and have an
    index of their own."""
    rows = Balance.objects.filter(location_kind=kind, on_hand__gt=0)
    if kind not in AREAS:
        return balances.filter(location_kind=kind)
    return balances.filter(pk__in=few(rows.filter(location_kind__in=AREAS)))


def of_kind(movements: MovementQuerySet, kind: str, *, merchant_id: int | None) -> MovementQuerySet:
    """The movements of the latest postings of this kind, of one merchant or of all."""
    postings = Posting.objects.filter(kind=kind).order_by("-id")
    if merchant_id is not None:
        postings = postings.filter(merchant=merchant_id)
    return movements.filter(posting__in=postings.values("pk")[:LATEST])
