"""Two lots that are one: a mistyped number's units are booked over to the lot that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from inventory import ledger
from inventory.errors import (
    ExpiryDiffers,
    LotInactive,
    LotInUse,
    LotOnHold,
    RestrictionsDiffer,
)
from inventory.kinds import IN_THE_BUILDING, LocationKind
from inventory.ledger import Act, Place, Transfer
from inventory.locks import lock_products
from inventory.models import (
    Allocation,
    Balance,
    Demand,
    DisposalRequest,
    DisposalStatus,
    Hold,
    Lot,
    PostingKind,
    Supply,
)
from inventory.queries.activation import covers_of, promised_on
from inventory.queries.planning import restriction_of
from inventory.services import planning
from inventory.services.lots import LotFields, require_own, update_lot
from inventory.services.stock import taken_from
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.history import stamp
from merchants.models import User
from merchants.transactions import act

SOURCES, TARGETS = "source", "target"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Wish:
    """Which lot goes into which. ``expiry`` says whose date stays where they differ."""

    source_id: int
    target_id: int
    expiry: str = ""  # "", "source" or "target"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Units that stay where they are, under the other lot's name."""

    warehouse: str
    location: str
    quantity: int
    committed: int


@dataclass(frozen=True, slots=True)
class Promised:
    """Units that were promised of the mistyped lot, and what the order lacks afterwards."""

    number: str
    is_set_aside: bool
    quantity: int
    backordered: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, or would do."""

    source: Lot
    target: Lot
    moves: list[Moved]
    promises: list[Promised]

    @property
    def quantity(self) -> int:
        return sum(one.quantity for one in self.moves)


@act
def merge_lots(*, actor: User, now: datetime, wish: Wish) -> Merged:
    """Book every unit of a lot in the house over to another lot of its product, where it stands.

    The lot stays, inactive, as the alias under which the other one is found by search, scan and
    entry; closed documents keep naming it. What open order lines named is now the other lot, and so
    is what holds are on; its promises are released and made anew. Units outside the house stay
    booked as they left it.

    Raises: NotFound, Malformed (two products, one lot), LotMerged, LotInUse (an open WRO, units in
    transit, an open disposal request), LotOnHold, LotInactive and RestrictionsDiffer (units would
    come free), ExpiryDiffers. Locks the product, which keeps its locations as they are, too:
    whoever changes one locks what stands there. Statements grow with the quarantine locations only.
    """
    source, target = _lock(wish)
    _require_finished(source)
    _require_holds(source, target)
    standing = _standing(source)
    if standing:
        _require_as_strict(source, target)
    _settle_expiry(wish, source, target, actor, now)
    promised = promised_on([source.pk])
    before = covers_of(promised)
    planning.take_back(Allocation.objects.filter(balance__lot=source).order_by("id"))
    _restamp(standing, wish, source, target, actor, now)
    _make_alias(source, target, actor, now)
    planning.reallocate([source.product_id], now=now, lost=promised)
    after = covers_of(promised)
    merged = Merged(
        source=source,
        target=target,
        moves=[
            Moved(one.warehouse.code, one.location.name, one.on_hand, one.committed)
            for one in standing
        ],
        promises=[
            Promised(was.order_number, was.is_set_aside, promised[pk], after[pk].uncovered)
            for pk, was in before.items()
        ],
    )
    _tell(source, target, merged, now)
    return merged


def preview_merge(*, actor: User, now: datetime, wish: Wish) -> Merged:
    """What ``merge_lots`` would do: it is done and undone. Raises and locks as it does."""
    with transaction.atomic():
        merged = merge_lots(actor=actor, now=now, wish=wish)
        transaction.set_rollback(True)
    return merged


def _lock(wish: Wish) -> tuple[Lot, Lot]:
    """Both lots as they are once their product is locked."""
    if len(wish.reason) > LONGEST_REASON:
        message = f"A reason has at most {LONGEST_REASON} characters."
        raise Malformed("max_length", message, field="reason")
    if wish.expiry not in ("", SOURCES, TARGETS):
        raise Malformed("invalid_choice", "Say source or target.", field="expiry")
    pair = Lot.objects.filter(pk__in=[wish.source_id, wish.target_id])
    lock_products(pair.order_by().values_list("product_id", flat=True).distinct())
    lots = pair.select_related("product__merchant", "merged_into").in_bulk()
    if wish.source_id not in lots or wish.target_id not in lots:
        raise NotFound(message="There is no such lot.")
    source, target = lots[wish.source_id], lots[wish.target_id]
    if source.pk == target.pk:
        raise Malformed("same_lot", "A lot is not merged into itself.", field="target")
    if source.product_id != target.product_id:
        message = f"{target} is a lot of {target.product.sku}, not of {source.product.sku}."
        raise Malformed("other_product", message, field="target")
    for lot in (source, target):
        require_own(lot)
    return source, target


def _require_finished(source: Lot) -> None:
    """No document is about to bring in, move or take units under the old name."""
    supply = Supply.objects.open().filter(lot=source).order_by("id").first()
    if supply:
        raise LotInUse(
            message=f"{supply.wro_number} still brings units of lot {source}: complete it first."
        )
    under_way = Balance.objects.filter(
        lot=source, location_kind=LocationKind.IN_TRANSIT, on_hand__gt=0
    )
    if under_way.exists():
        raise LotInUse(message=f"Units of lot {source} are in transit: receive them first.")
    asked = DisposalRequest.objects.filter(lot=source, status=DisposalStatus.REQUESTED)
    if asked.exists():
        raise LotInUse(
            message=f"The merchant asked to have units of lot {source} removed: end that first."
        )


def _require_holds(source: Lot, target: Lot) -> None:
    held = set(Hold.objects.active().filter(lot__in=[source, target]).values_list("lot", flat=True))
    if source.pk in held and target.pk not in held:
        raise LotOnHold(
            message=f"Lot {source} is on hold and {target} is not: its units would be free. Hold "
            f"{target}, too, or release the hold."
        )


def _require_as_strict(source: Lot, target: Lot) -> None:
    """Units that stand in the house do not come free by getting another name."""
    if target.is_active and not source.is_active:
        raise LotInactive(
            message=f"Lot {source} is inactive and {target} is not: its units would be picked. "
            f"Activate it first, or deactivate {target}."
        )
    restriction = restriction_of(source)
    if restriction is not None and restriction != restriction_of(target):
        raise RestrictionsDiffer(
            message=f"Lot {source} may not go everywhere, and {target} has other restrictions: "
            "give both the same first."
        )


def _settle_expiry(wish: Wish, source: Lot, target: Lot, actor: User, now: datetime) -> None:
    if source.expires_on == target.expires_on:
        return
    if not wish.expiry:
        raise ExpiryDiffers(
            message=f"Lot {source} has {_expiry(source)}, {target} has {_expiry(target)}: say "
            "which one stays.",
            source=source.expires_on,
            target=target.expires_on,
        )
    if wish.expiry == SOURCES:
        fields = LotFields(expires_on=source.expires_on)
        corrected = update_lot(actor=actor, now=now, lot_id=target.pk, fields=fields)
        target.expires_on = corrected.expires_on


def _expiry(lot: Lot) -> str:
    return f"the expiry {lot.expires_on}" if lot.expires_on else "no expiry"


def _standing(source: Lot) -> list[Balance]:
    """Where its units stand in the house, docks too."""
    rows = Balance.objects.filter(
        lot=source, on_hand__gt=0, location_kind__in=IN_THE_BUILDING
    ).select_related("location", "warehouse")
    return list(rows.order_by("warehouse__code", "location__name", "id"))


def _restamp(
    standing: list[Balance], wish: Wish, source: Lot, target: Lot, actor: User, now: datetime
) -> None:
    """One posting: at every place the units of one lot become those of the other."""
    transfers: list[Transfer] = []
    for one in standing:
        here, there = Place(one.location_id, source.pk), Place(one.location_id, target.pk)
        whole = Transfer(source.product_id, here, there, one.on_hand)
        transfers += taken_from(one.location, whole, stays=True)
    if transfers:
        reason = f"Lot {source} is {target}. {wish.reason}".strip()
        header = Act(PostingKind.MERGE_LOTS, source.merchant_id, actor, now, reason=reason)
        ledger.post(header, transfers)


def _make_alias(source: Lot, target: Lot, actor: User, now: datetime) -> None:
    """The old lot points to the other, as do those that pointed to it, and so do open claims."""
    first = min((one for one in (source.received_at, target.received_at) if one), default=None)
    Lot.objects.filter(pk=target.pk).update(received_at=first)
    target.received_at = first
    source.is_active, source.merged_into = False, target
    aliases = list(source.merged_lots.order_by("id"))
    for lot in aliases:
        lot.merged_into = target
    for lot in (source, *aliases):
        stamp(lot, actor=actor, now=now)
        lot.save()
    Demand.objects.filter(lot=source).open().update(lot=target)
    Hold.objects.active().filter(lot=source).update(lot=target)
    ledger.refresh_lots([source.pk, target.pk])


def _tell(source: Lot, target: Lot, merged: Merged, now: datetime) -> None:
    record(
        topic="lot.merged",
        merchant_id=source.merchant_id,
        object=str(target.pk),
        payload={
            "source": source.pk,
            "source_number": source.number,
            "target": target.pk,
            "target_number": target.number,
            "quantity": merged.quantity,
        },
        at=now,
    )
