"""Reads for the lists of stock and of movements."""

from __future__ import annotations

from inventory.kinds import AREAS
from inventory.models import Balance, Posting
from inventory.queries.search import FEW
from inventory.querysets import BalanceQuerySet, MovementQuerySet

LATEST = 5_000  # postings of a kind, of which the movements are listed


def standing_at(balances: BalanceQuerySet, kind: str) -> BalanceQuerySet:
    """Those at places of this kind. One query where it is an area: these are few, and have an
    index of their own."""
    if kind not in AREAS:
        return balances.filter(location_kind=kind)
    standing = Balance.objects.filter(location_kind__in=AREAS, on_hand__gt=0, location_kind=kind)
    # Without a LIMIT, for that lets PostgreSQL hope to meet some by reading the table.
    ids = list(standing.order_by().values_list("pk", flat=True))
    return balances.filter(pk__in=ids if len(ids) <= FEW else standing.order_by().values("pk"))


def of_kind(movements: MovementQuerySet, kind: str, *, merchant_id: int | None) -> MovementQuerySet:
    """The movements of the latest postings of this kind, of one merchant or of all."""
    postings = Posting.objects.filter(kind=kind).order_by("-id")
    if merchant_id is not None:
        postings = postings.filter(merchant=merchant_id)
    return movements.filter(posting__in=postings.values("pk")[:LATEST])
