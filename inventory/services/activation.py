"""Lots activated and deactivated together, with what that does to open orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from inventory import ledger
from inventory.locks import lock_products
from inventory.models import Lot
from inventory.queries.activation import Cover, covers_of, promised_on, waiting_for
from inventory.services import planning
from inventory.services.lots import lot_event, require_own
from merchants.columns import among
from merchants.errors import Malformed, NotFound
from merchants.events import record_many
from merchants.history import record_changes
from merchants.models import User
from merchants.transactions import act

MOST_LOTS = 5_000
LONGEST_REASON = 100  # as the history has room


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lot is to be, and why."""

    is_active: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderEffect:
    """What becomes of one order (or set-aside): units taken back, got anew, and missing then."""

    merchant_id: int
    number: str
    is_set_aside: bool
    released: int
    regained: int
    backordered: int


@dataclass(frozen=True, slots=True)
class Activity:
    """Lots that were activated or deactivated, how many changed, and what became of orders."""

    lots: list[Lot]
    changed: int
    orders: list[OrderEffect]

    @property
    def released(self) -> int:
        return sum(one.released for one in self.orders)

    @property
    def regained(self) -> int:
        return sum(one.regained for one in self.orders)

    @property
    def backordered(self) -> int:
        return sum(one.backordered for one in self.orders)


@act
def set_activity(*, actor: User, now: datetime, wishes: Mapping[int, Wish]) -> Activity:
    """Activate and deactivate lots by id, all or none; nothing else of them changes.

    Promises on those that go are released and their orders get other units at once; units of those
    that come back are offered to backorders. The reason stands in each lot's history and event.
    Statements do not grow with the lots. Raises: NotFound where one of them is missing, LotMerged,
    Malformed (more than 5,000, a reason over 100 characters). Locks their products.
    """
    _check(wishes)
    wanted = Lot.objects.filter(pk__in=among(wishes))
    products = lock_products(wanted.order_by().values_list("product_id", flat=True).distinct())
    lots = list(wanted.order_by("pk").select_related("product"))
    if len(lots) != len(wishes):
        raise NotFound()
    changed = [lot for lot in lots if lot.is_active != wishes[lot.pk].is_active]
    for lot in changed:
        require_own(lot)
    if not changed:
        return Activity(lots, 0, [])
    going = promised_on([lot.pk for lot in changed if lot.is_active])
    before = covers_of({*going, *waiting_for(products)})
    _write(changed, wishes, actor, now)
    planning.reallocate(list(products), now=now)
    after = covers_of(before)
    record_many(
        replace(event, payload={**event.payload, "reason": wishes[lot.pk].reason.strip()})
        for lot in changed
        for event in [lot_event("lot.updated", lot, now)]
    )
    return Activity(lots, len(changed), _effects(going, before, after))


def preview_activity(*, actor: User, now: datetime, wishes: Mapping[int, Wish]) -> Activity:
    """What ``set_activity`` would do: it is done and undone. Raises and locks as it does."""
    with transaction.atomic():
        activity = set_activity(actor=actor, now=now, wishes=wishes)
        transaction.set_rollback(True)
    return activity


def _check(wishes: Mapping[int, Wish]) -> None:
    if len(wishes) > MOST_LOTS:
        message = f"At most {MOST_LOTS:,} lots are changed at once, not {len(wishes):,}."
        raise Malformed("too_many_lots", message, field="ids")
    if any(len(wish.reason.strip()) > LONGEST_REASON for wish in wishes.values()):
        message = f"A reason has at most {LONGEST_REASON} characters."
        raise Malformed("max_length", message, field="reason")


def _write(changed: list[Lot], wishes: Mapping[int, Wish], actor: User, now: datetime) -> None:
    ids: dict[bool, list[int]] = {True: [], False: []}
    for lot in changed:
        lot.is_active = wishes[lot.pk].is_active
        ids[lot.is_active].append(lot.pk)
    for is_active, some in ids.items():
        Lot.objects.filter(pk__in=among(some)).update(is_active=is_active)
    reasons = {lot.pk: wishes[lot.pk].reason.strip() for lot in changed}
    record_changes(Lot, reasons, actor=actor, now=now)
    ledger.refresh_lots(list(reasons))


def _effects(
    going: Mapping[int, int], before: Mapping[int, Cover], after: Mapping[int, Cover]
) -> list[OrderEffect]:
    """The orders of which anything changed, by number."""
    effects: dict[tuple[int, str], OrderEffect] = {}
    for pk, was in before.items():
        became = after[pk]
        kept = was.allocated - going.get(pk, 0)
        released = going.get(pk, 0) + max(0, kept - became.allocated)
        regained = max(0, became.allocated - kept)
        if not released and not regained:
            continue
        key = (was.merchant_id, was.order_number)
        none = OrderEffect(was.merchant_id, was.order_number, was.is_set_aside, 0, 0, 0)
        so_far = effects.get(key, none)
        effects[key] = replace(
            so_far,
            released=so_far.released + released,
            regained=so_far.regained + regained,
            backordered=so_far.backordered + became.uncovered,
        )
    return sorted(effects.values(), key=lambda one: (one.number, one.merchant_id))
