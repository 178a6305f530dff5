"""Units that leave quarantine or get another lot there: of which cases they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from inventory.ledger import CaseEntry, Transfer
from inventory.models import CaseSource, QuarantineCase

Cases = deque[tuple[QuarantineCase, int]]  # with the units of each that are left


def whole_cases(cases: Iterable[QuarantineCase]) -> Cases:
    """These cases, with all of their units, to be taken from in this order."""
    return deque((one, one.quantity) for one in cases if one.quantity)


def out_of_cases(whole: Transfer, cases: Cases, *, stays: bool = False) -> list[Transfer]:
    """The transfer, split over the first of these cases, which have so many units fewer then.

    ``stays``: the units stay in quarantine under another lot, and each case with them. Where the
    cases have too few units, so have the parts.
    """
    parts, wanted = [], whole.quantity
    while wanted and cases:
        case, left = cases.popleft()
        units = min(wanted, left)
        if units < left:
            cases.appendleft((case, left - units))
        entry = entry_of(case) if stays else None
        parts.append(replace(whole, quantity=units, case_id=case.pk, case=entry))
        wanted -= units
    return parts


def entry_of(case: QuarantineCase) -> CaseEntry:
    """How units of a case go on in quarantine under another lot."""
    return CaseEntry(
        CaseSource(case.source),
        case.reason,
        case.reference,
        case.may_be_released,
        case.opened_at,
        case.origin_id or case.pk,
    )
