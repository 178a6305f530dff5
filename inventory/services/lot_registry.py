"""Many lots registered and corrected at once, as a sheet has them: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from inventory import ledger
from inventory.errors import LotNumberTaken, LotsRefused
from inventory.locks import lock_products
from inventory.models import Lot, Product
from inventory.queries.look_alikes import look_alikes
from inventory.queries.lots import LotRef, find_lots
from inventory.services import planning
from inventory.services.lots import (
    LotFields,
    fill_dates,
    looks_like,
    lot_event,
    require_code_kept,
    require_own,
    require_sound,
    take_back_too_old,
)
from merchants.columns import among
from merchants.errors import DomainError, NotFound
from merchants.events import record_many
from merchants.models import User
from merchants.transactions import act

AT_ONCE = 500  # rows of a statement


@dataclass(frozen=True, slots=True)
class Line:
    """One lot of a product: a new one, or ``lot_id``, which keeps its number and restrictions."""

    product: Product
    fields: LotFields
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Drafts:
    """The lots as they are to be, by the key of their line, and the expiry of those that stand."""

    new: dict[int, Lot]
    standing: dict[int, Lot]
    expiries: dict[int, date | None]  # by lot id, as they were
    refusals: dict[int, DomainError]


def judge_lots(*, lines: Mapping[int, Line], now: datetime) -> dict[int, DomainError]:
    """What ``write_lots`` would refuse, by the key of each line. Nothing is written or locked.

    Six queries at most, however many lines.
    """
    products = {line.product.pk: line.product for line in lines.values()}
    return _draft(lines, products, now).refusals


@act
def write_lots(*, actor: User, now: datetime, lines: Mapping[int, Line]) -> None:
    """Register the new lots and correct those that stand; each lot comes once among the lines.

    A date that is not given is taken from the number, where the product's format reads one there;
    promises that a corrected expiry breaks are released and re-allocated. Statements grow by
    chunks of 500 lots, not with each. Raises: LotsRefused, with what ``create_lot`` and
    ``update_lot`` refuse, by the keys of the lines. Locks the products.
    """
    products = lock_products({line.product.pk for line in lines.values()})
    drafts = _draft(lines, products, now)
    if drafts.refusals:
        message = f"{len(drafts.refusals)} lots are refused."
        raise LotsRefused(message=message, refusals=drafts.refusals)
    _create(drafts.new.values(), actor, now)
    names = {name for line in lines.values() if line.lot_id for name in line.fields}
    _correct(drafts, sorted(names), actor, now)


def _draft(lines: Mapping[int, Line], products: Mapping[int, Product], now: datetime) -> _Drafts:
    """What the lines make of the lots, held against every rule."""
    new = {key: _new(one, products, now) for key, one in lines.items() if one.lot_id is None}
    fill_dates(new.values())
    found = _standing(one.lot_id for one in lines.values() if one.lot_id is not None)
    expiries = {lot.pk: lot.expires_on for lot in found.values()}
    standing: dict[int, Lot] = {}
    refusals: dict[int, DomainError] = {}
    for key, line in lines.items():
        try:
            if key in new:
                require_sound(new[key])
            else:
                standing[key] = _corrected(line, found)
        except DomainError as refusal:
            refusals[key] = refusal
    sound = {key: lot for key, lot in new.items() if key not in refusals}
    return _Drafts(new, standing, expiries, refusals | _not_free(sound))


def _new(line: Line, products: Mapping[int, Product], now: datetime) -> Lot:
    product = products[line.product.pk]
    return Lot(product=product, merchant_id=product.merchant_id, created_at=now, **line.fields)


def _standing(ids: Iterable[int]) -> dict[int, Lot]:
    rows = Lot.objects.filter(pk__in=among(ids)).select_related("product__merchant", "merged_into")
    return {lot.pk: lot for lot in rows.order_by("pk")}


def _corrected(line: Line, found: Mapping[int, Lot]) -> Lot:
    """The lot with what its line says. Raises: NotFound, LotMerged, LotCodeFixed, Malformed."""
    lot = found.get(line.lot_id or 0)
    if lot is None or lot.product_id != line.product.pk:
        raise NotFound()
    require_own(lot)
    before = (lot.number, lot.supplier_number)
    for name, value in line.fields.items():
        setattr(lot, name, value)
    require_sound(lot)
    require_code_kept(lot, before, lot.product)
    return lot


def _not_free(lots: Mapping[int, Lot]) -> dict[int, DomainError]:
    """Of these new lots, those that are there already or look like another one. Two queries."""
    refs = {key: LotRef(one.product_id, one.number, one.expires_on) for key, one in lots.items()}
    taken = find_lots(refs.values())
    alike = {one.ref.identity: one for one in look_alikes(refs.values())}
    refusals: dict[int, DomainError] = {}
    for key, ref in refs.items():
        if ref in taken:
            message = f"This product already has the lot {taken[ref]}."
            refusals[key] = LotNumberTaken(message=message)
        elif ref.identity in alike:
            refusals[key] = looks_like([alike[ref.identity]])
    return refusals


def _create(lots: Iterable[Lot], actor: User, now: datetime) -> None:
    made = bulk_create_with_history(
        list(lots), Lot, batch_size=AT_ONCE, default_user=actor, default_date=now
    )
    record_many(lot_event("lot.created", lot, now) for lot in made)


def _correct(drafts: _Drafts, names: list[str], actor: User, now: datetime) -> None:
    """Write the lots that stand, and measure promises on those with another expiry anew."""
    lots = list(drafts.standing.values())
    if names:
        bulk_update_with_history(
            lots, Lot, names, batch_size=AT_ONCE, default_user=actor, default_date=now
        )
    dated = [lot for lot in lots if lot.expires_on != drafts.expiries[lot.pk]]
    if dated:
        ids = [lot.pk for lot in dated]
        ledger.refresh_lots(ids)
        lost = take_back_too_old(ids, now)
        planning.reallocate(sorted({lot.product_id for lot in dated}), now=now, lost=lost)
    record_many(lot_event("lot.updated", lot, now) for lot in lots)
