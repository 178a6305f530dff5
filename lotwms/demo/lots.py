"""What merchants want done with their lots: told at the end of the demo."""

from __future__ import annotations

from datetime import datetime

from inventory.models import DisposalAction, DisposalRequest, LocationKind, Lot
from inventory.services.disposals import request_disposal
from merchants.models import Merchant, User


def tell_of_lots(actor: User, now: datetime, merchant: Merchant) -> DisposalRequest:
    """Some units of the lot that expires first are to be destroyed."""
    lots = Lot.objects.filter(
        merchant=merchant,
        balances__location_kind=LocationKind.STORAGE,
        balances__on_hand__gt=2,
    )
    return request_disposal(
        actor=actor,
        now=now,
        lot=lots.first_expired_first()[0],
        action=DisposalAction.DISPOSE,
        quantity=2,
        reason="Seals of two cartons came back broken from the fair.",
    )
