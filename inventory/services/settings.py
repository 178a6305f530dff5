"""The account's lot-tracking settings: they decide what may ship, so they re-plan."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from inventory.errors import ExpiredNeverAvailable
from inventory.locks import lock_products
from inventory.models import Product
from inventory.services.checks import check_fields
from inventory.services.planning import reallocate
from merchants.events import record
from merchants.history import stamp
from merchants.models import Merchant, User
from merchants.transactions import act

DECIDES_ALLOCATION = {
    "rotation",
    "picking_disabled_days",
    "dtc_min_shelf_life_days",
    "b2b_min_shelf_life_days",
    "fba_min_shelf_life_days",
}


class LotTrackingFields(TypedDict, total=False):
    """What may be set; a field that is absent stays as it is."""

    lot_tracking_active: bool
    rotation: str
    picking_disabled_days: int
    dtc_min_shelf_life_days: int
    b2b_min_shelf_life_days: int
    fba_min_shelf_life_days: int
    verify_lot: bool
    digest_email: str


@act
def update_lot_tracking(
    *, actor: User, now: datetime, merchant_id: int, fields: LotTrackingFields
) -> Merchant:
    """Change an account's lot-tracking settings and offer what became fulfillable to backorders.

    A stricter minimum, also that of a channel, takes no promise back. Raises: Malformed. Locks the
    merchant, then (where allocation changes) its products.
    """
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=merchant_id)
    changed = {name for name, value in fields.items() if getattr(merchant, name) != value}
    if not changed:
        return merchant
    replans = bool(changed & DECIDES_ALLOCATION)
    mine = Product.objects.for_merchant(merchant).order_by().values_list("pk", flat=True)
    products = lock_products(mine) if replans else {}
    for name, value in fields.items():
        setattr(merchant, name, value)
    check_fields(merchant)
    stamp(merchant, actor=actor, now=now)
    merchant.save()
    if replans:
        reallocate(list(products), now=now)
    record(
        topic="settings.updated",
        merchant_id=merchant.pk,
        object=merchant.code,
        payload={"changed": sorted(changed)},
        at=now,
    )
    return merchant


def require_expired_excluded(value: bool) -> None:
    """Expired units are never available; asking for it is refused, not ignored."""
    if not value:
        raise ExpiredNeverAvailable(
            message="Expired units never count as available. This setting cannot be switched off."
        )
