"""What the products are worth, the night in which some of them expired, and what was decided."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from inventory.expiry import LifeBucket
from inventory.models import Balance, Product
from inventory.queries.expiry import Wanted, lot_ids, standing
from inventory.queries.places import todays
from inventory.services.digests import write_digests
from inventory.services.expiry_run import run_due
from inventory.services.lot_actions import take_action
from inventory.services.products import update_products
from merchants.models import User


def tell_of_expiry(actor: User, now: datetime) -> None:
    """Values, the daily run with its digests, and one lot that is to be destroyed."""
    ids = Product.objects.order_by("id").values_list("pk", flat=True)
    update_products(
        actor=actor,
        now=now,
        changes={pk: {"unit_value": worth(place)} for place, pk in enumerate(ids)},
    )
    run_due(now=now)
    write_digests(now=now)
    gone = standing(Balance.objects.all(), Wanted(life=LifeBucket.EXPIRED.value), todays(now), now)
    note = "The merchant asked for a certificate."
    take_action(actor=actor, now=now, lot_id=lot_ids(gone)[0], action="dispose", note=note)


def worth(place: int) -> Decimal:
    """From 6.20 to 18.45, the same for the same product."""
    return Decimal(620 + place * 35 % 1_226) / 100
