"""Papers that came with a lot, such as its certificate of analysis."""

from __future__ import annotations

from datetime import datetime

from inventory.models import LotAttachment
from inventory.services.checks import check_fields
from inventory.services.lots import lock_lot
from merchants.events import record
from merchants.models import User
from merchants.transactions import act
from merchants.uploads import Upload


@act
def attach_to_lot(
    *, actor: User, now: datetime, lot_id: int, upload: Upload, kind: str, note: str = ""
) -> LotAttachment:
    """Keep a checked file with a lot; also with one that was merged into another.

    Raises: NotFound, Malformed. Locks the product. The file is written last; what an act that fails
    at its end leaves of it is named by no row.
    """
    lot, _ = lock_lot(lot_id)
    made = LotAttachment(
        merchant_id=lot.merchant_id,
        product_id=lot.product_id,
        lot=lot,
        kind=kind,
        name=upload.name,
        media_type=upload.media_type,
        size_bytes=len(upload.data),
        note=note.strip(),
        uploaded_at=now,
        uploaded_by=actor,
        file=upload.content,
    )
    check_fields(made)
    record(
        topic="lot.attached",
        merchant_id=lot.merchant_id,
        object=str(lot.pk),
        payload={"number": lot.number, "kind": made.kind, "name": made.name},
        at=now,
    )
    made.save()
    return made
