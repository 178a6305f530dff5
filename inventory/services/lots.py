"""Lots: created, corrected, deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TypedDict

from django.db.models import DO_NOTHING, ForeignObjectRel
from simple_history.utils import bulk_create_with_history

from inventory import ledger
from inventory.availability import Todays
from inventory.entry import missing
from inventory.errors import (
    LotAlreadyReceived,
    LotCodeFixed,
    LotInUse,
    LotLooksLike,
    LotMerged,
    LotNumberTaken,
)
from inventory.locks import lock_products
from inventory.models import Allocation, Balance, Demand, Lot, Movement, Product, lot_key
from inventory.models.lots import is_over_before_made
from inventory.queries.look_alikes import LookAlike, look_alikes
from inventory.queries.lot_formats import dates_in
from inventory.queries.lots import LotRef
from inventory.queries.places import todays
from inventory.queries.planning import effective_minimum, restriction_of
from inventory.restrictions import NAMES as RESTRICTIONS
from inventory.restrictions import kept
from inventory.rotation import Claim, Restriction
from inventory.services import planning
from inventory.services.checks import check_fields
from inventory.services.lot_numbers import spend
from merchants.columns import among
from merchants.days import OUT_OF_RANGE, is_meant
from merchants.errors import Malformed, NotFound
from merchants.events import Happening, record_many
from merchants.history import stamp
from merchants.models import User
from merchants.transactions import act

ANYWHERE = Restriction()
MOST_TOLD = 10  # look-alikes in one refusal


class LotFields(TypedDict, total=False):
    """What may be set on a lot; a field that is absent stays as it is."""

    number: str
    supplier_number: str
    supplier: str
    production_run: str
    expires_on: date | None
    manufactured_on: date | None
    date_kind: str
    only_countries: str
    never_countries: str
    only_channels: str
    is_active: bool


@act
def create_lot(
    *,
    actor: User,
    now: datetime,
    product: Product,
    fields: LotFields,
    confirm_new: bool = False,
) -> Lot:
    """Register a lot of a product; units come with a WRO, an adjustment or an assignment.

    A date that is not given is taken from the number, where the product's format reads one there.
    ``confirm_new``: a person said that it is another lot than the one whose number looks like it.
    Raises: LotNumberTaken, LotLooksLike, Malformed (also what its product asks for). Locks the
    product.
    """
    lock_products([product.pk])
    lot = Lot(product=product, merchant_id=product.merchant_id, created_at=now, **fields)
    fill_dates([lot])
    require_sound(lot)
    _require_free(lot)
    if not confirm_new:
        require_told_apart([LotRef(lot.product_id, lot.number)])
    stamp(lot, actor=actor, now=now)
    lot.save()
    record_many([lot_event("lot.created", lot, now)])
    return lot


def create_lots(
    *, actor: User, now: datetime, refs: Sequence[LotRef], merchant_id: int
) -> dict[LotRef, Lot]:
    """Register the lots of a WRO in a constant number of statements.

    References to one lot make one lot. A date that none of them states is taken from the number,
    where a format reads one there. The caller holds the product locks, has looked that none of them
    exists (``find_lots``), and may have asked about look-alikes (``require_told_apart``). Raises:
    Malformed (a day that cannot be meant).
    """
    lots: dict[object, Lot] = {}
    for ref in refs:
        lot = Lot(
            merchant_id=merchant_id,
            product_id=ref.product_id,
            number=ref.number.strip(),
            supplier_number=ref.number.strip(),
            expires_on=ref.expires_on,
            created_at=now,
        )
        kept = lots.setdefault(ref.identity, lot)
        kept.expires_on = kept.expires_on or ref.expires_on
        if kept.expires_on and not is_meant(kept.expires_on):
            raise Malformed("out_of_range", OUT_OF_RANGE, field="expires_on")
    fill_dates(lots.values())
    created = bulk_create_with_history(
        list(lots.values()), Lot, batch_size=1000, default_user=actor, default_date=now
    )
    record_many(lot_event("lot.created", lot, now) for lot in created)
    by_identity = dict(zip(lots, created, strict=True))
    return {ref: by_identity[ref.identity] for ref in refs}


def require_told_apart(refs: Iterable[LotRef]) -> None:
    """Ask about new lots whose numbers look like those of others: 0 or O, a dash more or less.

    Raises: LotLooksLike, which names all of them. One query.
    """
    if found := look_alikes(refs):
        raise looks_like(found)


def looks_like(found: Sequence[LookAlike]) -> LotLooksLike:
    """What to ask a person who named these lots."""
    pairs = [f"{one.ref} looks like the lot {one.number}" for one in found[:MOST_TOLD]]
    more = f", and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
    return LotLooksLike(
        message=f"{'; '.join(pairs)}{more}. Correct the number, or confirm that it is a new lot.",
        look_alikes=found,
    )


@act
def update_lot(
    *,
    actor: User,
    now: datetime,
    lot_id: int,
    fields: LotFields,
    product: Product | None = None,
    confirm_new: bool = False,
) -> Lot:
    """Correct a lot. A corrected expiry measures its promises anew; ``product`` moves it there.

    Promises of a lot that is now expired or below a line's minimum on this day are released and
    re-allocated, and so are those to orders to which a new restriction forbids it: what may not go
    there never does. Deactivating releases all, activating offers the units to backorders.
    A number that a lot had is never drawn for another. Raises: NotFound, LotNumberTaken,
    LotLooksLike (a new number; ``confirm_new`` as in ``create_lot``), LotMerged, LotAlreadyReceived
    and LotInUse (another product), Malformed. Locks the products.
    """
    lot, products = lock_lot(lot_id, product)
    require_own(lot)
    expiry_before, restriction_before = lot.expires_on, restriction_of(lot)
    product_before, number_before = lot.product, lot.number
    code_before = (lot.number, lot.supplier_number)
    if product and product.pk != lot.product_id:
        _require_unused(lot, "moved to another product")
        lot.product = product
    for name, value in fields.items():
        setattr(lot, name, value)
    require_sound(lot)
    _require_free(lot)
    require_code_kept(lot, code_before, product_before)
    if (lot.product_id, lot_key(lot.number)) != (product_before.pk, lot_key(number_before)):
        if not confirm_new:
            require_told_apart([LotRef(lot.product_id, lot.number)])
        _spend(product_before, number_before, now)
    stamp(lot, actor=actor, now=now)
    lot.save()
    ledger.refresh_lots([lot.pk])
    lost = take_back_too_old([lot.pk], now) if lot.expires_on != expiry_before else set()
    if restriction_of(lot) != restriction_before:
        lost |= _take_back_forbidden(lot)
    planning.reallocate(list(products), now=now, lost=lost)
    record_many([lot_event("lot.updated", lot, now)])
    return lot


@act
def delete_lot(*, actor: User, now: datetime, lot_id: int) -> None:
    """Remove a lot that was never received and that nothing names; its number is never drawn again.

    Raises: NotFound, LotAlreadyReceived, LotInUse, LotMerged. Locks the product.
    """
    lot, _ = lock_lot(lot_id)
    require_own(lot)
    _require_unused(lot, "deleted")
    _spend(lot.product, lot.number, now)
    event = lot_event("lot.deleted", lot, now)
    stamp(lot, actor=actor, now=now)
    lot.delete()
    record_many([event])


def lock_lot(lot_id: int, other: Product | None = None) -> tuple[Lot, Collection[int]]:
    """The lot as it is once its product (and another one) is locked; the ids of both.

    Raises: NotFound, also where it was deleted or went to another product during the wait.
    """
    found = Lot.objects.filter(pk=lot_id)
    wanted = set(found.values_list("product_id", flat=True)) | ({other.pk} if other else set())
    products = lock_products(wanted)
    lot = found.filter(product__in=products).first()
    if lot is None:
        raise NotFound()
    return lot, products


def own_lot(lot_id: int) -> Lot:
    """The lot in whose name units are booked, held or kept, read under its product's lock.

    Raises: NotFound, LotMerged.
    """
    lot: Lot | None = Lot.objects.filter(pk=lot_id).select_related("product", "merged_into").first()
    if lot is None:
        raise NotFound()
    require_own(lot)
    return lot


def require_own(lot: Lot) -> None:
    """A merged lot stays as it is: the name under which another one is found."""
    if lot.merged_into:
        raise LotMerged(message=f"Lot {lot} was merged into {lot.merged_into}.", lot=lot.pk)


def fill_dates(lots: Iterable[Lot]) -> None:
    """The dates that nobody stated, from numbers in which a format reads them.

    One that cannot be, beside what was stated, is not filled in: the number is of another kind.
    """
    lots = list(lots)
    found = dates_in((lot.product_id, lot.number) for lot in lots if lot.number)
    for lot in lots:
        if dates := found.get((lot.product_id, lot.number)):
            made = lot.manufactured_on or dates.manufactured_on
            over = lot.expires_on or dates.expires_on
            if not is_over_before_made(made, over):
                lot.manufactured_on, lot.expires_on = made, over


def _spend(product: Product, number: str, now: datetime) -> None:
    if lot_key(number):
        spend(product=product, numbers=[number], now=now)


def require_sound(lot: Lot) -> None:
    """Hold a lot, written as it is kept, against every rule but that it is not there already.

    Raises: Malformed. No query where its product and the merchant are loaded.
    """
    lot.number = lot.number.strip()
    for name in RESTRICTIONS:
        setattr(lot, name, kept(name, getattr(lot, name)))
    check_fields(lot)
    for lack in missing(lot.product, number=lot.number, expires_on=lot.expires_on):
        raise Malformed(lack["code"], lack["message"], field=lack["field"] or "number")


def _require_free(lot: Lot) -> None:
    key = lot_key(lot.number)
    same = Lot.objects.filter(product_id=lot.product_id, number_key=key).exclude(pk=lot.pk)
    if not key:
        same = same.filter(expires_on=lot.expires_on)
    other = same.select_related("merged_into").first()
    if other:
        merged = f", merged into {other.merged_into}" if other.merged_into else ""
        raise LotNumberTaken(message=f"This product already has the lot {other}{merged}.")


def require_code_kept(lot: Lot, before: tuple[str, str], product: Product) -> None:
    """The traceability lot code of an FTL food stays as it was received (21 CFR 1.1320).

    ``before``: its number and the supplier's; where it had neither, it may be given them.
    """
    changed = any(before) and (lot.number, lot.supplier_number) != before
    if changed and product.is_ftl and lot.received_at is not None:
        raise LotCodeFixed(
            message=f"{product.sku} is a food of the traceability list and the lot was received: "
            "its number stays as it came."
        )


def _require_unused(lot: Lot, what: str) -> None:
    moved = Movement.objects.filter(product_id=lot.product_id)
    if moved.filter(source__lot=lot).exists() or moved.filter(target__lot=lot).exists():
        raise LotAlreadyReceived(
            message=f"Lot {lot} was received: it cannot be {what}. Deactivate it instead."
        )
    for relation in lot._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.on_delete is DO_NOTHING:
            continue  # DO_NOTHING: a row of a history, which may outlive the lot
        rows = relation.related_model._default_manager.filter(**{relation.field.name: lot})
        if rows.exists():
            name = relation.related_model._meta.verbose_name
            raise LotInUse(message=f"Lot {lot} is named by a {name}: it cannot be {what}.")


def take_back_too_old(lot_ids: Collection[int], now: datetime) -> set[int]:
    """Release promises whose line asks for more days than these corrected lots have left.

    Returns the ids of the demands that lost units. Two queries, and what taking back takes.
    """
    days = todays(now)
    promised = (
        Allocation.objects.filter(balance__lot__in=among(lot_ids))
        .order_by("id")
        .select_related("balance__lot", "demand__product__merchant")
    )
    too_old = [
        one
        for one in promised
        if (left := _days_left(one.balance, days)) is not None
        and left < effective_minimum(one.demand)
    ]
    planning.take_back(too_old)
    return {one.demand_id for one in too_old}


def _days_left(balance: Balance, days: Todays) -> int | None:
    today = days.at(balance.warehouse_id)
    return balance.lot.days_remaining(today) if balance.lot else None


def _take_back_forbidden(lot: Lot) -> set[int]:
    """Release promises to demands to which the lot may no longer go."""
    restriction = restriction_of(lot) or ANYWHERE
    promised = Allocation.objects.filter(balance__lot=lot).order_by("id").select_related("demand")
    forbidden = [one for one in promised if not restriction.allows(_as_claim(one.demand))]
    planning.take_back(forbidden)
    return {one.demand_id for one in forbidden}


def _as_claim(demand: Demand) -> Claim:
    """As far as a restriction looks at it."""
    return Claim(
        demand.pk,
        demand.uncovered,
        channel=demand.channel,
        country=demand.country,
        is_set_aside=demand.is_set_aside,
    )


def lot_event(topic: str, lot: Lot, now: datetime) -> Happening:
    """What is told of a lot that was made, changed or deleted."""
    return Happening(
        topic=topic,
        merchant_id=lot.merchant_id,
        object=str(lot.pk),
        payload={
            "number": lot.number,
            "expires_on": lot.expires_on and lot.expires_on.isoformat(),
            "is_active": lot.is_active,
        },
        at=now,
    )
