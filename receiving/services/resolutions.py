"""Resolving discrepancies: what a person decides is posted through the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple, TypedDict

from inventory import ledger
from inventory.errors import LotOrExpiryRequired, NoLocationFree, UnknownLot
from inventory.kinds import LocationKind
from inventory.ledger import Act, Place, Progress, Transfer
from inventory.locks import lock_documents, lock_products, share_locations
from inventory.models import CaseSource, Location, Lot, PostingKind, QuarantineCase
from inventory.putaway import suggest_bin
from inventory.queries.bins import bins_for, wanted
from inventory.queries.lots import LotRef, find_lots
from inventory.queries.places import house_places
from inventory.services import quarantine, stock
from inventory.services.lots import create_lot, update_lot
from merchants.errors import Malformed, NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from merchants.transactions import act
from receiving.errors import AlreadyResolved, ResolutionNotPossible
from receiving.models import WRO, Discrepancy, Resolution
from receiving.queries import expected_lots
from receiving.remedies import possible_for
from receiving.services.documents import open_discrepancies, opened_event, set_status
from receiving.sorting import Expected, Finding

Type, Kind = Discrepancy.Type, Resolution.Kind
RECEIVABLE = (WRO.Status.ARRIVED, WRO.Status.PROCESSING)
OFF = {
    Kind.RETURN_TO_MERCHANT: quarantine.return_case_to_merchant,
    Kind.DISPOSE: quarantine.dispose_case,
}


class DiscrepancyFields(TypedDict, total=False):
    """What people keep about a discrepancy; a field that is absent stays as it is."""

    note: str
    owner: User | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of how many units (None: all that are open), and why.

    ``lot_number`` and ``expires_on`` say which lot they are of, or are to be; ``location`` where
    they go (blank: the lot's bin, else an empty one), or where they stand that are to leave.
    """

    kind: Resolution.Kind
    quantity: int | None = None
    note: str = ""
    lot_number: str = ""
    expires_on: date | None = None
    location: str = ""


class Done(NamedTuple):
    """How many units it was, the lot that they are of now, and the location where they went."""

    units: int
    lot_id: int | None = None
    place: str = ""


@act
def update_discrepancy(
    *, actor: User, now: datetime, discrepancy_id: int, fields: DiscrepancyFields
) -> Discrepancy:
    """Keep who sees to a discrepancy, until when, and what is known.

    A deadline that has passed may stay, but none is set like that. Raises: NotFound,
    AlreadyResolved (linked meanwhile), Malformed. Locks its WRO, then the discrepancy.
    """
    found = _lock(actor, discrepancy_id)
    owner, due_at = fields.get("owner"), fields.get("due_at")
    if owner is not None and not (owner.is_house and owner.is_active):
        raise Malformed("not_staff", f"{owner} is not staff of the house.", field="owner")
    if due_at is not None and due_at < now and _minute(due_at) != _minute(found.due_at):
        message = "The deadline has passed already: give a later one, or none."
        raise Malformed("in_the_past", message, field="due_at")
    for name, value in fields.items():
        setattr(found, name, value)
    found.save(update_fields=list(fields))
    return found


@act
def resolve_discrepancy(
    *, actor: User, now: datetime, discrepancy_id: int, decision: Decision
) -> Discrepancy:
    """Decide about units of a discrepancy; what was expected stays as it is.

    Units set apart leave quarantine: to a bin, to the dock where they turn out to be of an
    announced lot, to the merchant, or for good. Of units that stand elsewhere, accepting
    acknowledges the difference; to return or destroy them, say where they stand (damaged ones: the
    damaged area). The part of the units that is not decided about stays open.

    Raises: NotFound, ResolutionNotPossible, AlreadyResolved, Malformed, UnknownLot, NoLocationFree
    and what the quarantine queue refuses. Locks its WRO, the discrepancy, locations, the product.
    """
    found = _lock(actor, discrepancy_id)
    _open_units(found, decision)
    match decision.kind:
        case Kind.ACCEPT_AS_RECEIVED:
            done = _accept(found, decision, actor, now)
        case Kind.CORRECT_LOT:
            done = _correct_lot(found, decision, actor, now)
        case Kind.SEPARATE_LOT:
            done = _separate_lot(found, decision, actor, now)
        case _:
            done = _give_up(found, decision, actor, now)
    return note_resolution(found, decision, done, actor=actor, now=now)


def _minute(at: datetime | None) -> datetime | None:
    """A moment as a form shows and returns it."""
    return at and at.replace(second=0, microsecond=0)


def note_resolution(
    found: Discrepancy, decision: Decision, done: Done, *, actor: User, now: datetime
) -> Discrepancy:
    """Keep what was decided, and tell the merchant."""
    Resolution.objects.create(
        discrepancy=found,
        kind=decision.kind,
        quantity=done.units,
        lot_id=done.lot_id,
        place=done.place,
        note=decision.note,
        at=now,
        by=actor,
    )
    found.resolved_quantity = min(found.quantity, found.resolved_quantity + done.units)
    found.__dict__.pop("apart", None)
    if not found.is_open:
        found.resolved_at = now
    found.save(update_fields=["resolved_quantity", "resolved_at"])
    facts = {
        "discrepancy": found.pk,
        "type": found.type,
        "resolution": decision.kind.value,
        "quantity": done.units,
        "open": found.open_quantity,
        "lot": done.lot_id,
        "note": decision.note,
    }
    record_many([Happening("discrepancy.resolved", found.merchant_id, found.number, now, facts)])
    return found


def cases_of(found: Discrepancy) -> list[QuarantineCase]:
    """The open cases with its units, oldest first: its own, and those that took over from it."""
    if found.case_id is None:
        return []
    own = QuarantineCase.objects.filter(pk=found.case_id)
    took_over = QuarantineCase.objects.filter(origin_id=found.case_id)
    rows = (own | took_over).open().select_related("balance__location", "product__merchant")
    return list(rows.order_by("id"))


def split(cases: Iterable[QuarantineCase], units: int) -> list[tuple[QuarantineCase, int]]:
    """So many units of these cases, the first ones first."""
    parts = []
    for case in cases:
        taken = min(units, case.quantity)
        if taken:
            parts.append((case, taken))
            units -= taken
    return parts


def _lock(actor: User, discrepancy_id: int) -> Discrepancy:
    """Its WRO first, which no receipt changes meanwhile; then itself.

    Raises: NotFound, AlreadyResolved (a delivery that was linked to a WRO while this waited).
    """
    rows = Discrepancy.objects.for_user(actor)
    wro_id = rows.filter(pk=discrepancy_id).values_list("wro_id", flat=True).first()
    if wro_id is not None:
        lock_documents(WRO.objects.all(), [wro_id])
    found: Discrepancy | None = lock_documents(rows, [discrepancy_id]).get(discrepancy_id)
    if found is None:
        raise NotFound()
    found.__dict__.pop("apart", None)  # as it was before the wait
    if found.wro_id != wro_id:  # that WRO is not locked, and must not be after the discrepancy
        raise AlreadyResolved(
            message=f"It was linked to {found.number} meanwhile: look at it again.",
            available=found.open_quantity,
        )
    return found


def _open_units(found: Discrepancy, decision: Decision) -> int:
    """How many units are decided about. Raises: ResolutionNotPossible, AlreadyResolved."""
    ways = possible_for(found)
    if decision.kind not in ways:
        words = ", ".join(way.label.lower() for way in ways)
        what = "damaged units" if found.is_damaged else f"“{found.get_type_display()}”"
        raise ResolutionNotPossible(
            message=f"“{decision.kind.label}” is not possible for {what}. Possible: {words}.",
            possible=[way.value for way in ways],
        )
    left = found.open_quantity
    if not left:
        raise AlreadyResolved(message="It is resolved: nothing is left to decide.", available=0)
    if decision.quantity is not None and not 0 < decision.quantity <= left:
        raise AlreadyResolved(
            message=f"{left} of its units are open, not {decision.quantity}.",
            requested=decision.quantity,
            available=left,
        )
    return left if decision.quantity is None else decision.quantity


def _taken(found: Discrepancy, decision: Decision) -> tuple[int, list[tuple[QuarantineCase, int]]]:
    """How many units are decided about, and by case those that are in quarantine.

    Locks the product of units set apart: until then the quarantine queue may work them off. Raises
    as ``_open_units``.
    """
    if found.case_id is not None:
        lock_products([found.product_id])
        found.__dict__.pop("apart", None)  # as it was before the wait
    units = _open_units(found, decision)
    return units, split(cases_of(found), units)


def _why(found: Discrepancy, decision: Decision) -> str:
    return f"{found.get_type_display()}: {decision.note or decision.kind.label}"[:500]


def _of(case: QuarantineCase, why: str, units: int) -> quarantine.Decision:
    return quarantine.Decision(case.pk, why, units)


# Where units go -----------------------------------------------------------------------------------


def _bin(found: Discrepancy, decision: Decision, lot_id: int | None) -> Location:
    """The bin that is named, else the lot's own, else an empty one; kept as it is from here on.

    Raises: Malformed (unknown location), NoLocationFree. Locks it and the quarantine area.
    """
    warehouse_id = found.warehouse_id
    area = house_places(warehouse_id)[LocationKind.QUARANTINE].pk
    if decision.location:
        pk = _named(warehouse_id, decision.location)
    else:
        units = wanted(found.product, lot_id, decision.quantity or found.open_quantity)
        suggestion = suggest_bin(bins_for([units], warehouse_id), units)
        if suggestion is None:
            raise NoLocationFree(message=f"No bin is free for {found.product}: name a location.")
        pk = suggestion.location_id
    standing = {case.balance.location_id for case in cases_of(found)}
    return share_locations({pk, area, *standing})[pk]


def _named(warehouse_id: int, name: str) -> int:
    pk: int | None = (
        Location.objects.real()
        .filter(warehouse_id=warehouse_id, name=name)
        .values_list("pk", flat=True)
        .first()
    )
    if pk is None:
        raise Malformed(
            "unknown_location", f"There is no location {name} in the warehouse.", field="location"
        )
    return pk


def _release(
    parts: Iterable[tuple[QuarantineCase, int]], target: Location, why: str, actor: User,
    now: datetime,
) -> None:  # fmt: skip
    for case, units in parts:
        quarantine.release_case(
            actor=actor, now=now, decision=_of(case, why, units), location_id=target.pk
        )


# The resolutions ----------------------------------------------------------------------------------


def _accept(found: Discrepancy, decision: Decision, actor: User, now: datetime) -> Done:
    if found.case_id is None:
        return Done(_open_units(found, decision), found.lot_id)
    lot_id = next((case.balance.lot_id for case in cases_of(found)), found.lot_id)
    target = _bin(found, decision, lot_id)
    units, parts = _taken(found, decision)
    _release(parts, target, _why(found, decision), actor, now)
    return Done(units, lot_id, target.name)


def _give_up(found: Discrepancy, decision: Decision, actor: User, now: datetime) -> Done:
    """By way of quarantine, where units that are not there yet go first."""
    why = _why(found, decision)
    units, parts = _taken(found, decision)
    parts = parts or [_set_apart(found, decision, units, actor, now)]
    for case, part in parts:
        OFF[decision.kind](actor=actor, now=now, decision=_of(case, why, part))
    return Done(units, parts[0][0].balance.lot_id)


def _set_apart(
    found: Discrepancy, decision: Decision, units: int, actor: User, now: datetime
) -> tuple[QuarantineCase, int]:
    """Move units from where they stand to quarantine; their promises are taken back."""
    warehouse_id = found.warehouse_id
    areas = house_places(warehouse_id)
    if decision.location:
        source_id = _named(warehouse_id, decision.location)
    elif found.type == Type.DAMAGED:
        source_id = areas[LocationKind.DAMAGED].pk
    else:
        raise Malformed("required", "Say where the units stand.", field="location")
    stock.move(
        actor=actor,
        now=now,
        units=stock.Units(found.product_id, _lot_now(found), units),
        source_id=source_id,
        target_id=areas[LocationKind.QUARANTINE].pk,
        reason=_why(found, decision),
    )
    made = QuarantineCase.objects.filter(product_id=found.product_id, source=CaseSource.MOVE)
    return made.select_related("balance").latest("id"), units


def _lot_now(found: Discrepancy) -> int | None:
    """The lot of the units, or the one into which it was merged since."""
    lot = found.lot
    return None if lot is None else lot.merged_into_id or lot.pk


def _correct_lot(found: Discrepancy, decision: Decision, actor: User, now: datetime) -> Done:
    """The lot that they are of, with the expiry that is right."""
    lot = _lot_named(found, decision)
    announced = _announced(found, lot)
    target = _dock(found) if announced else _bin(found, decision, lot.pk)
    units, parts = _taken(found, decision)
    if decision.expires_on and decision.expires_on != lot.expires_on:
        update_lot(actor=actor, now=now, lot_id=lot.pk, fields={"expires_on": decision.expires_on})
    if announced and found.wro:
        _count_in(found.wro, announced, parts, target, _why(found, decision), actor, now)
    else:
        _restamp_and_release(found, decision, parts, lot, target, actor, now)
    return Done(units, lot.pk, target.name)


def _separate_lot(found: Discrepancy, decision: Decision, actor: User, now: datetime) -> Done:
    """`VC-A (2)`: what the supplier wrote is kept beside the number that we use."""
    written = decision.lot_number.strip() or found.lot_number
    expires_on = decision.expires_on or found.expires_on
    if not written:
        raise LotOrExpiryRequired(message="Say what number the lot is to have.", field="lot_number")
    same = found.product.lots.filter(supplier_number=written, expires_on=expires_on)
    same = same.filter(merged_into=None).order_by("id")
    known = same.first()
    target = _bin(found, decision, known.pk if known else 0)  # 0: no bin holds a lot to be made
    units, parts = _taken(found, decision)
    lot = same.first() or _new_lot(found, written, expires_on, actor, now)
    _restamp_and_release(found, decision, parts, lot, target, actor, now)
    return Done(units, lot.pk, target.name)


def _new_lot(
    found: Discrepancy, written: str, expires_on: date | None, actor: User, now: datetime
) -> Lot:
    number, place = written, 1
    while find_lots([LotRef(found.product_id, number)]):
        place += 1
        number = f"{written} ({place})"
    return create_lot(
        actor=actor,
        now=now,
        product=found.product,
        fields={"number": number, "supplier_number": written, "expires_on": expires_on},
        confirm_new=True,
    )


def _restamp_and_release(
    found: Discrepancy, decision: Decision, parts: Iterable[tuple[QuarantineCase, int]], lot: Lot,
    target: Location, actor: User, now: datetime,
) -> None:  # fmt: skip
    why = _why(found, decision)
    stamped = [
        (case, units)
        if case.balance.lot_id == lot.pk
        else (
            quarantine.restamp_case(
                actor=actor, now=now, decision=_of(case, why, units), lot_id=lot.pk
            ),
            units,
        )
        for case, units in parts
    ]
    _release(stamped, target, why, actor, now)


def _lot_named(found: Discrepancy, decision: Decision) -> Lot:
    """By number, by expiry where it has none, else the lot that the box names. Raises: UnknownLot,
    LotOrExpiryRequired."""
    if decision.lot_number.strip():
        ref = LotRef(found.product_id, decision.lot_number.strip())
    elif found.lot is not None:
        return found.lot.merged_into or found.lot
    else:
        ref = LotRef(found.product_id, "", decision.expires_on)
    if ref.is_blank:
        raise LotOrExpiryRequired(message="Say which lot they are of.", field="lot_number")
    lot = find_lots([ref]).get(ref)
    if lot is None:
        raise UnknownLot(message=f"{found.product} has no lot {ref}.", field="lot_number")
    return lot


# Counting units to a WRO that stood in quarantine -------------------------------------------------


def _announced(found: Discrepancy, lot: Lot) -> Expected | None:
    """The announcement of this lot by the WRO, while it still receives."""
    if found.wro is None or found.wro.status not in RECEIVABLE:
        return None
    return expected_lots(found.wro).get((found.product_id, lot.pk))


def _dock(found: Discrepancy) -> Location:
    areas = house_places(found.warehouse_id)
    ids = [areas[kind].pk for kind in (LocationKind.DOCK, LocationKind.QUARANTINE)]
    return share_locations(ids)[ids[0]]


def _count_in(
    wro: WRO, announced: Expected, parts: list[tuple[QuarantineCase, int]], dock: Location,
    why: str, actor: User, now: datetime,
) -> None:  # fmt: skip
    """Units from quarantine are received at the dock as what was announced; a surplus is told."""
    transfers = [to_dock(case, units, dock.pk, announced.lot_id) for case, units in parts]
    units = sum(one.quantity for one in transfers)
    header = Act(PostingKind.RECEIVE, wro.merchant_id, actor, now, wro.number, why)
    ledger.post(header, transfers, progress=[Progress(announced.supply_id, received=units)])
    set_status(wro, WRO.Status.PROCESSING, actor=actor, now=now)
    after = replace(announced, received=announced.received + units)
    beyond = _beyond(after) - _beyond(announced)
    if beyond:
        made = open_discrepancies(wro, [_overage(announced, beyond)], actor=actor, now=now)
        record_many(opened_event(one, wro.number, now) for one in made)


def to_dock(case: QuarantineCase, units: int, dock_id: int, lot_id: int | None) -> Transfer:
    return Transfer(
        product_id=case.product_id,
        source=Place(case.balance.location_id, case.balance.lot_id),
        target=Place(dock_id, lot_id),
        quantity=units,
        case_id=case.pk,
    )


def _beyond(one: Expected) -> int:
    return max(0, one.received - one.expected)


def _overage(announced: Expected, beyond: int) -> Finding:
    return Finding(
        type=Type.OVERAGE,
        product_id=announced.product_id,
        lot_id=announced.lot_id,
        lot_number=announced.lot_number,
        expires_on=announced.expires_on,
        quantity=beyond,
        note="Received when a discrepancy was resolved.",
    )
