"""Quarantine cases: opened and worked off by the movement itself, so that they sum to the stock."""

from collections.abc import Mapping, Sequence

from inventory.kinds import LocationKind
from inventory.ledger.acts import Act, Place, Transfer
from inventory.models import QuarantineCase
from merchants.columns import execute, values

WORK_OFF = """
UPDATE inventory_quarantinecase SET quantity = inventory_quarantinecase.quantity - v.quantity
FROM {values} WHERE inventory_quarantinecase.id = v.id
"""


def check(transfers: Sequence[Transfer], kinds: Mapping[tuple[int, Place], str]) -> None:
    """Refuse a transfer that would make cases and quarantined units differ."""
    for one in transfers:
        leaves = kinds[one.product_id, one.source] == LocationKind.QUARANTINE
        enters = kinds[one.product_id, one.target] == LocationKind.QUARANTINE
        if leaves != (one.case_id is not None) or enters != (one.case is not None):
            raise ValueError("A transfer names a quarantine case exactly where it touches one.")


def work_off(transfers: Sequence[Transfer]) -> None:
    """Take the units that leave quarantine from their cases."""
    taken: dict[int, int] = {}
    for one in transfers:
        if one.case_id is not None:
            taken[one.case_id] = taken.get(one.case_id, 0) + one.quantity
    if taken:
        fragment, params = values({"id": list(taken), "quantity": list(taken.values())})
        execute(WORK_OFF.format(values=fragment), params)


def open(
    act: Act, transfers: Sequence[Transfer], balances: Mapping[tuple[int, Place], int]
) -> None:
    """Open a case for every transfer into quarantine."""
    QuarantineCase.objects.bulk_create(
        QuarantineCase(
            merchant_id=act.merchant_id,
            product_id=one.product_id,
            balance_id=balances[one.product_id, one.target],
            source=one.case.source,
            reference=one.case.reference or act.reference,
            reason=one.case.reason,
            may_be_released=one.case.may_be_released,
            opened_quantity=one.quantity,
            quantity=one.quantity,
            opened_at=one.case.opened_at or act.now,
            origin_id=one.case.origin_id,
        )
        for one in transfers
        if one.case
    )
