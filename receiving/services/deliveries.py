"""Unidentified deliveries: recorded, received to quarantine, linked to a WRO, or sent off again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from inventory import ledger
from inventory.kinds import LocationKind
from inventory.ledger import Act, CaseEntry, Place, Progress, Transfer
from inventory.locks import lock_documents, lock_products, share_locations
from inventory.models import CaseSource, Lot, PostingKind, Warehouse
from inventory.queries.lots import LotRef, agrees
from inventory.queries.places import house_places
from inventory.services.checks import check_fields
from merchants.errors import Malformed, NotFound
from merchants.events import Happening, record_many
from merchants.models import Merchant, User
from merchants.transactions import act
from receiving.errors import ReceivedMeanwhile, WrongStatus, WrongWarehouse
from receiving.models import WRO, Discrepancy, Resolution, UnidentifiedDelivery
from receiving.queries import expected_lots
from receiving.services.documents import (
    grace,
    lock_wro,
    open_discrepancies,
    opened_event,
    set_status,
    tell,
)
from receiving.services.receipt import Count, cases_opened, check_counts, lots_of
from receiving.services.resolutions import Decision, Done, cases_of, note_resolution, to_dock
from receiving.sorting import Finding, LotKey, Placement

Status = UnidentifiedDelivery.Status
NO_WRO = Discrepancy.Type.NO_WRO
LINKABLE = (WRO.Status.AWAITING, WRO.Status.ARRIVED, WRO.Status.PROCESSING)


class DeliveryFields(TypedDict, total=False):
    """What is known of a delivery; a field that is absent stays as it is."""

    warehouse: Warehouse
    merchant: Merchant | None
    carrier: str
    tracking_number: str
    boxes: int
    note: str


@act
def record_delivery(*, actor: User, now: datetime, fields: DeliveryFields) -> UnidentifiedDelivery:
    """Note boxes that came without a WRO; whose they are may be unknown. Raises: Malformed."""
    made = UnidentifiedDelivery(
        recorded_at=now, recorded_by=actor, due_at=now + grace(NO_WRO), **fields
    )
    check_fields(made)
    made.save()
    _tell("recorded", made, now)
    return made


@act
def receive_delivery(
    *,
    actor: User,
    now: datetime,
    delivery_id: int,
    merchant: Merchant,
    counts: Sequence[Count],
    knows: int | None = None,
) -> UnidentifiedDelivery:
    """Take its units to quarantine, once it is known whose they are; a lot may be unknown.

    Each product and lot opens a `no_wro` discrepancy. May be called again as boxes are opened;
    ``knows`` are the discrepancies of it that the person has seen, where that matters. Raises:
    NotFound, WrongStatus, ReceivedMeanwhile, Malformed (none counted; another merchant's delivery
    or product). Locks the delivery, the areas, then the products.
    """
    delivery = _lock(actor, delivery_id, Status.RECORDED, Status.RECEIVED, to="received")
    if delivery.merchant_id not in (None, merchant.pk):
        message = f"{delivery.number} is a delivery of {delivery.merchant}."
        raise Malformed("other_merchant", message, field="merchant")
    if knows is not None and knows != delivery.discrepancies.count():
        raise ReceivedMeanwhile(
            message=f"Units of {delivery.number} were received since this page was opened, and "
            "nothing was added to them. If these are others, press the button again."
        )
    check_counts(counts, merchant.pk)
    delivery.merchant, delivery.status = merchant, Status.RECEIVED
    delivery.save(update_fields=["merchant", "status"])
    delivery.photos.update(merchant=merchant)
    places = house_places(delivery.warehouse_id)
    supplier, area = places[LocationKind.SUPPLIER].pk, places[LocationKind.QUARANTINE].pk
    share_locations([supplier, area])
    lock_products({count.product.pk for count in counts})
    lots = lots_of(counts, merchant.pk, actor=actor, now=now)
    findings, placements = _apart(counts, lots)
    header = Act(PostingKind.RECEIVE, merchant.pk, actor, now, delivery.number)
    ledger.post(header, [_into(one, supplier, area) for one in placements])
    made = open_discrepancies(
        delivery, findings, actor=actor, now=now, cases=cases_opened(delivery.number, placements)
    )
    _tell("received", delivery, now, units=sum(count.quantity for count in counts))
    record_many(opened_event(one, delivery.number, now) for one in made)
    return delivery


@act
def link_delivery(
    *, actor: User, now: datetime, delivery_id: int, wro_id: int
) -> UnidentifiedDelivery:
    """Say which WRO a delivery belongs to. What the WRO still expects goes to the dock as received.

    The rest stays in quarantine with its discrepancies, which are the WRO's from then on; damaged
    units too. Raises: NotFound, WrongStatus (either), WrongWarehouse. Locks the WRO, the delivery,
    its discrepancies, the areas, then the products.
    """
    wro = lock_wro(actor, wro_id, *LINKABLE, to="linked to a delivery")
    delivery = _lock(actor, delivery_id, Status.RECEIVED, to="linked to a WRO")
    if delivery.merchant_id != wro.merchant_id:
        raise NotFound()
    if delivery.warehouse_id != wro.warehouse_id:
        raise WrongWarehouse(message=f"{delivery.number} stands in another warehouse than the WRO.")
    ids = delivery.discrepancies.open().values_list("id", flat=True)
    found = list(lock_documents(Discrepancy.objects.all(), list(ids)).values())
    places = house_places(wro.warehouse_id)
    share_locations([places[LocationKind.DOCK].pk, places[LocationKind.QUARANTINE].pk])
    lock_products({one.product_id for one in found})
    if wro.status == WRO.Status.AWAITING:
        set_status(wro, WRO.Status.ARRIVED, actor=actor, now=now)
        tell("arrived", wro, now)
    Discrepancy.objects.filter(pk__in=ids).update(wro=wro)
    _count_to(wro, found, places[LocationKind.DOCK].pk, actor, now)
    delivery.wro, delivery.status, delivery.closed_at = wro, Status.LINKED, now
    delivery.save(update_fields=["wro", "status", "closed_at"])
    _tell("linked", delivery, now, wro=wro.number)
    return delivery


@act
def close_delivery(
    *, actor: User, now: datetime, delivery_id: int, outcome: str, note: str
) -> UnidentifiedDelivery:
    """Note that boxes were sent back or destroyed unopened: nothing of them was ever in the house.

    Received units leave through their discrepancies instead. Raises: NotFound, WrongStatus,
    Malformed. Locks the delivery.
    """
    delivery = _lock(actor, delivery_id, Status.RECORDED, to="sent back or disposed of unopened")
    if not note.strip():
        raise Malformed("required", "Say why.", field="note")
    delivery.status, delivery.closed_at, delivery.note = Status(outcome), now, note[:500]
    delivery.save(update_fields=["status", "closed_at", "note"])
    _tell(outcome, delivery, now, note=note)
    return delivery


def _lock(actor: User, delivery_id: int, *statuses: Status, to: str) -> UnidentifiedDelivery:
    rows = UnidentifiedDelivery.objects.for_user(actor)
    delivery: UnidentifiedDelivery | None = lock_documents(rows, [delivery_id]).get(delivery_id)
    if delivery is None:
        raise NotFound()
    if delivery.status not in statuses:
        raise WrongStatus(
            message=f"{delivery.number} is “{delivery.get_status_display()}”: it cannot be {to}.",
            status=delivery.status,
        )
    return delivery


def _apart(
    counts: Sequence[Count], lots: dict[LotRef, Lot]
) -> tuple[list[Finding], list[Placement]]:
    """What was counted, once per product, lot as read and condition, all of it to quarantine."""
    units: Counter[tuple[LotRef, bool]] = Counter()
    for count in counts:
        units[count.ref, count.is_damaged] += count.quantity
    findings: list[Finding] = []
    placements: list[Placement] = []
    for (ref, is_damaged), quantity in units.items():
        lot = lots.get(ref)
        lot_id = lot.pk if lot and agrees(lot, ref) else None
        damaged = ", damaged" if is_damaged else ""
        finding = Finding(
            type=NO_WRO,
            product_id=ref.product_id,
            lot_id=lot.pk if lot else None,
            lot_number=ref.number,
            expires_on=ref.expires_on,
            quantity=quantity,
            note=f"Came without a WRO{damaged}. In quarantine.",
            is_damaged=is_damaged,
            apart=len(placements),
        )
        findings.append(finding)
        reason = f"{NO_WRO.label}{damaged}"
        area = LocationKind.QUARANTINE
        placements.append(Placement(ref.product_id, lot_id, area, quantity, reason=reason))
    return findings, placements


def _into(one: Placement, supplier_id: int, area_id: int) -> Transfer:
    return Transfer(
        product_id=one.product_id,
        source=Place(supplier_id, one.lot_id),
        target=Place(area_id, one.lot_id),
        quantity=one.quantity,
        case=CaseEntry(CaseSource.RECEIVING, one.reason),
    )


def _count_to(
    wro: WRO, found: Sequence[Discrepancy], dock_id: int, actor: User, now: datetime
) -> None:
    """Bring to the dock what the WRO still expects of these units, and resolve as much."""
    expected = expected_lots(wro)
    missing = {key: max(0, one.expected - one.received) for key, one in expected.items()}
    transfers: list[Transfer] = []
    progress: list[Progress] = []
    counted: Counter[int] = Counter()
    for one in found:
        for case in [] if one.is_damaged else cases_of(one):
            key: LotKey = (one.product_id, case.balance.lot_id)
            units = min(case.quantity, missing.get(key, 0))
            if units:
                missing[key] -= units
                counted[one.pk] += units
                transfers.append(to_dock(case, units, dock_id, key[1]))
                progress.append(Progress(expected[key].supply_id, received=units))
    if not transfers:
        return
    ledger.post(
        Act(PostingKind.RECEIVE, wro.merchant_id, actor, now, wro.number), transfers,
        progress=progress,
    )  # fmt: skip
    set_status(wro, WRO.Status.PROCESSING, actor=actor, now=now)
    decision = Decision(Resolution.Kind.COUNT_TO_WRO, note=f"Counted to {wro.number}.")
    for one in found:
        if units := counted[one.pk]:
            one.wro = wro
            done = Done(units, one.lot_id, "DOCK")
            note_resolution(one, decision, done, actor=actor, now=now)
    tell("received", wro, now, units=sum(counted.values()))


def _tell(verb: str, delivery: UnidentifiedDelivery, now: datetime, **payload: object) -> None:
    """To the merchant, once it is known."""
    if delivery.merchant_id is None:
        return
    facts = {
        "delivery": delivery.pk,
        "tracking_number": delivery.tracking_number,
        "status": delivery.status,
        **payload,
    }
    topic = f"delivery.{verb}"
    record_many([Happening(topic, delivery.merchant_id, delivery.number, now, facts)])
