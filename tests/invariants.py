"""What always holds, added up in Python from the rows themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

from inventory.models import Allocation, Balance, Movement, Posting, QuarantineCase


def counted(figures: Any) -> Counter[str]:
    """The quantities and reasons of a row of the status, those of 0 left out."""
    names = (
        "incoming",
        "on_hand",
        "committed",
        "fulfillable",
        "exception",
        "backordered",
        "in_transit",
    )
    reasons = {f"because {name}": units for name, units in figures.reasons.items()}
    return +Counter({**{name: getattr(figures, name) for name in names}, **reasons})


def recompute() -> None:
    """The invariants of the ledger once more, added up here and not by the database."""
    merchants = dict(Posting.objects.values_list("id", "merchant_id"))
    moved: Counter[int] = Counter()
    for one in Movement.objects.all():
        assert one.quantity > 0
        assert one.source_id != one.target_id
        assert one.merchant_id == merchants[one.posting_id]
        moved[one.source_id] -= one.quantity
        moved[one.target_id] += one.quantity
    promised: Counter[int] = Counter()
    for balance, units in Allocation.objects.values_list("balance_id", "quantity"):
        promised[balance] += units
    in_cases: Counter[int] = Counter()
    for balance, units in QuarantineCase.objects.values_list("balance_id", "quantity"):
        in_cases[balance] += units
    sums: Counter[int] = Counter()
    in_bins: Counter[tuple[int, int]] = Counter()
    for one in Balance.objects.select_related("location", "lot", "product"):
        sums[one.product_id] += one.on_hand
        assert (one.on_hand, one.committed) == (moved[one.pk], promised[one.pk])
        assert one.merchant_id == one.product.merchant_id
        if one.location.is_virtual:
            assert one.committed == 0
        else:
            assert 0 <= one.committed <= one.on_hand
        if one.location.kind == "quarantine":
            assert one.on_hand == in_cases[one.pk]
        if one.lot_id and one.on_hand > 0 and not one.location.mixed:
            in_bins[one.product_id, one.location_id] += 1
        assert one.lot is None or one.lot.product_id == one.product_id
        assert one.expires_on == (one.lot and one.lot.expires_on)
    assert not +sums
    assert not -sums
    assert set(in_bins.values()) <= {1}
