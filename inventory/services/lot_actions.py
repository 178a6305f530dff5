"""What people decide about lots that run out of life."""

from __future__ import annotations

from datetime import datetime

from inventory.expiry import Suggestion
from inventory.models import Lot, LotAction
from inventory.queries.expiry import Wanted
from inventory.queries.expiry_rows import rows_of
from inventory.queries.places import todays
from inventory.services.checks import check_fields
from inventory.services.lots import lock_lot, require_own
from merchants.errors import NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@act
def take_action(
    *, actor: User, now: datetime, lot_id: int, action: str, note: str = ""
) -> LotAction:
    """Record what is done about a lot, beside what was suggested for it at that moment.

    It moves nothing: units leave by a move to quarantine or a disposal. Raises: NotFound,
    LotMerged, Malformed. Locks the product.
    """
    if not Lot.objects.for_user(actor).filter(pk=lot_id).exists():
        raise NotFound()
    lot, _ = lock_lot(lot_id)
    require_own(lot)
    suggestion = suggested(lot, now)
    taken = LotAction(
        merchant_id=lot.merchant_id,
        product=lot.product,
        lot=lot,
        action=action,
        suggested=suggestion.action if suggestion else "",
        note=note.strip(),
        taken_by=actor,
        taken_at=now,
    )
    check_fields(taken)
    taken.save()
    record(
        topic="lot.action_taken",
        merchant_id=lot.merchant_id,
        object=str(lot.pk),
        payload={"action": taken.action, "suggested": taken.suggested, "note": taken.note},
        at=now,
    )
    return taken


def suggested(lot: Lot, now: datetime) -> Suggestion | None:
    """What is suggested for a lot: in the warehouse where it has least life left."""
    rows = rows_of([lot.pk], Wanted(), todays=todays(now), now=now)
    found = [(row.days_remaining or 0, row.suggestion) for row in rows if row.suggestion]
    return min(found, key=lambda one: one[0])[1] if found else None
