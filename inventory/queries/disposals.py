"""What a request to dispose of a lot is carried out on: where its units stand, and their cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from inventory.kinds import LocationKind
from inventory.models import Balance, CaseSource, DisposalRequest, Lot, QuarantineCase
from inventory.querysets import ScopedQuerySet

# Units that a picker did not find can neither be destroyed nor sent anywhere.
NOT_FOUND = Q(source=CaseSource.SHORT_PICK)


def to_take(lot: Lot) -> QuerySet[Any]:
    """Where units of the lot can be taken from, by warehouse and pick order. One query.

    Adds ``free_to_take``: the units there; in quarantine without those of short picks.
    """
    found = (
        QuarantineCase.objects.open()
        .filter(~NOT_FOUND, balance=OuterRef("pk"))
        .order_by()
        .values("balance")
        .annotate(units=Sum("quantity"))
        .values("units")
    )
    in_quarantine = Coalesce(Subquery(found, BigIntegerField()), Value(0))
    units = Case(
        When(location_kind=LocationKind.QUARANTINE, then=in_quarantine),
        default=F("on_hand"),
        output_field=BigIntegerField(),
    )
    return (
        Balance.objects.in_house()
        .filter(lot=lot, on_hand__gt=0)
        .annotate(free_to_take=units, unpromised=F("on_hand") - F("committed"))
        .filter(free_to_take__gt=0)
        .select_related("location", "warehouse")
        .order_by("warehouse__code", "location__pick_sequence", "location__name", "id")
    )


def found_cases(balance_ids: Iterable[int]) -> dict[int, list[QuarantineCase]]:
    """Open cases of these balances whose units are there, the oldest first. One query."""
    cases: defaultdict[int, list[QuarantineCase]] = defaultdict(list)
    rows = QuarantineCase.objects.open().filter(~NOT_FOUND, balance__in=list(balance_ids))
    for case in rows.order_by("id"):
        cases[case.balance_id].append(case)
    return cases


def for_list(requests: ScopedQuerySet) -> ScopedQuerySet:
    """Requests with what their lists and pages show. No further query."""
    return requests.select_related("merchant", "product", "lot", "requested_by", "ended_by")


def open_requests() -> QuerySet[DisposalRequest]:
    rows: QuerySet[DisposalRequest] = DisposalRequest.objects.filter(status="requested")
    return rows


def open_requests_of(lot: Lot) -> list[DisposalRequest]:
    """What is asked for of the lot and not carried out, the oldest first. One query."""
    return list(open_requests().filter(lot=lot).order_by("id"))
