"""The two ends of a WRO: completed, also with units missing, or cancelled before it came."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from inventory.services import supplies
from merchants.models import User
from merchants.transactions import act
from receiving.errors import OpenScans, UnitsAtDock
from receiving.models import WRO, Discrepancy
from receiving.queries import at_dock, expected_lots
from receiving.services.documents import lock_wro, open_discrepancies, set_status, tell
from receiving.services.traceability import require_traceability
from receiving.sorting import Expected, Finding


@act
def complete_wro(*, actor: User, now: datetime, wro_id: int) -> WRO:
    """Close a WRO. Units that never came end as incoming and open a `short` discrepancy per lot.

    Raises: NotFound, WrongStatus, OpenScans, UnitsAtDock, TraceabilityIncomplete (an FTL food).
    Locks the WRO, which no receipt and no scan can then change.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.ARRIVED, WRO.Status.PROCESSING, to="completed")
    scanned = wro.scans.open().aggregate(units=Sum("quantity", default=0))["units"]
    if scanned:
        raise OpenScans(
            message=f"{scanned} units of {wro.number} are scanned and not received yet: finish "
            "the count first.",
            units=scanned,
        )
    waiting = sum(one.units for one in at_dock(wro).values())
    if waiting:
        raise UnitsAtDock(
            message=f"{waiting} units of {wro.number} still wait at the dock: stow them first.",
            units=waiting,
        )
    require_traceability(wro)
    expected = list(expected_lots(wro).values())
    short = [_short(one) for one in expected if one.received < one.expected]
    supplies.close([one.supply_id for one in expected])
    discrepancies = open_discrepancies(wro, short, actor=actor, now=now)
    wro.completed_short = bool(short)
    wro.save(update_fields=["completed_short"])
    set_status(wro, WRO.Status.COMPLETED, actor=actor, now=now)
    missing = sum(one.quantity for one in short)
    tell("completed", wro, now, discrepancies, missing=missing)
    return wro


@act
def cancel_wro(*, actor: User, now: datetime, wro_id: int) -> WRO:
    """Call a WRO off before anything of it arrived; nothing of it is incoming any more.

    Raises: NotFound, WrongStatus. Locks the WRO.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.DRAFT, WRO.Status.AWAITING, to="cancelled")
    supplies.close([one.supply_id for one in expected_lots(wro).values()])
    set_status(wro, WRO.Status.CANCELLED, actor=actor, now=now)
    tell("cancelled", wro, now)
    return wro


def _short(one: Expected) -> Finding:
    return Finding(
        type=Discrepancy.Type.SHORT,
        product_id=one.product_id,
        lot_id=one.lot_id,
        lot_number=one.lot_number,
        expires_on=one.expires_on,
        quantity=one.expected - one.received,
        note=f"{one.expected} announced, {one.received} received.",
    )
