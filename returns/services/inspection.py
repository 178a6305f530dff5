"""Inspecting what came back: the units move to where the rules send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from inventory import ledger
from inventory.kinds import LocationKind
from inventory.ledger import Act, CaseEntry, Place, Transfer
from inventory.locks import lock_products
from inventory.models import (
    CaseSource,
    Location,
    Posting,
    PostingKind,
    QuarantineCase,
    ReturnAction,
)
from inventory.queries.places import house_places
from inventory.services.planning import reallocate
from merchants.errors import NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from merchants.transactions import act
from returns.disposition import Kind
from returns.models import Disposition, Return, Status
from returns.requests import Finding
from returns.services.checks import lock, require_status, tell
from returns.services.planning import Part, lines_of, plan
from returns.services.restocking import Bins, candidate_bins, choose_bins, share

POSTED_AS = {
    ReturnAction.RESTOCK: PostingKind.RESTOCK,
    ReturnAction.QUARANTINE: PostingKind.QUARANTINE,
    ReturnAction.DISPOSE: PostingKind.DISPOSE,
}


@act
def inspect_return(
    *, actor: User, now: datetime, return_id: int, findings: Sequence[Finding]
) -> list[Disposition]:
    """Record what was found and move it: to a bin, to quarantine, or out as disposed of.

    What becomes of the units is decided by ``returns.disposition``. Restocked units go to the
    bin that the finding names, else to the one of their lot, else to an empty one; backorders
    are offered them at once. Returns what was done, in the order of the findings.

    Raises: NotFound, WrongStatus, UnknownLine, UnknownLocation, Malformed, MoreThanShipped,
    NoLocationFree, NotAStockLocation, OtherLotInLocation. Locks the return, the locations, then
    the products.
    """
    document = lock(return_id)
    require_status(document, [Status.ARRIVED, Status.PROCESSING], "inspected")
    lines = lines_of(document, findings)
    places = house_places(document.warehouse_id)
    bins = candidate_bins(document, findings, lines)
    share(bins, places.values())
    products = lock_products({line.product_id for line in lines})
    parts = plan(document, findings, lines, products, now)
    targets = _targets(document, parts, places, bins)
    done = _post(document, parts, targets, places, actor, now)
    if document.status != Status.PROCESSING:
        document.status = Status.PROCESSING
        document.save(update_fields=["status"])
    _tell(document, done, now)
    restocked = {one.product_id for one in done if one.action == ReturnAction.RESTOCK}
    if restocked:
        reallocate(restocked, now=now)
    return done


def preview_inspection(
    *, now: datetime, return_id: int, findings: Sequence[Finding]
) -> list[Disposition]:
    """What ``inspect_return`` would do now, unsaved: nothing is written or locked.

    Raises what ``inspect_return`` raises, save for what only the ledger finds out.
    """
    document = Return.objects.select_related("warehouse", "order").filter(pk=return_id).first()
    if document is None:
        raise NotFound()
    require_status(document, [Status.ARRIVED, Status.PROCESSING], "inspected")
    lines = lines_of(document, findings)
    places = house_places(document.warehouse_id)
    bins = candidate_bins(document, findings, lines)
    products = {line.product_id: line.product for line in lines}
    parts = plan(document, findings, lines, products, now)
    targets = _targets(document, parts, places, bins)
    return [_disposition(part, target) for part, target in zip(parts, targets, strict=True)]


def _targets(
    document: Return,
    parts: Sequence[Part],
    places: Mapping[str, Location],
    bins: Bins,
) -> list[Location]:
    """Where the units of each part go."""
    restocked = [part for part in parts if part.decision.action == ReturnAction.RESTOCK]
    chosen = iter(choose_bins(document, restocked, bins))
    elsewhere = {
        ReturnAction.QUARANTINE: LocationKind.QUARANTINE,
        ReturnAction.DISPOSE: LocationKind.DISPOSED,
    }
    return [
        next(chosen)
        if part.decision.action == ReturnAction.RESTOCK
        else places[elsewhere[part.decision.action]]
        for part in parts
    ]


def _post(
    document: Return,
    parts: Sequence[Part],
    targets: Sequence[Location],
    places: Mapping[str, Location],
    actor: User,
    now: datetime,
) -> list[Disposition]:
    """One posting for each kind of act, its movements, and what was done as rows."""
    done = [_disposition(part, target) for part, target in zip(parts, targets, strict=True)]
    for one in done:
        one.decided_at, one.decided_by = now, actor
    customer = places[LocationKind.CUSTOMER]
    for action, kind in POSTED_AS.items():
        same = [one for one in done if one.action == action]
        if not same:
            continue
        posting = _move(document, same, customer, Act(
            kind, document.merchant_id, actor, now, document.number, _reason(same)
        ))  # fmt: skip
        for one in same:
            one.posting = posting
    return Disposition.objects.bulk_create(done)


def _move(
    document: Return, same: Sequence[Disposition], customer: Location, header: Act
) -> Posting:
    source = CaseSource.RTS if document.kind == Kind.RTS else CaseSource.CUSTOMER_RETURN
    transfers = [
        Transfer(
            product_id=one.product_id,
            source=Place(customer.pk, one.lot_id),
            target=Place(one.location_id, one.lot_id),
            quantity=one.quantity,
            case=CaseEntry(
                source,
                one.explanation[:500],
                document.number,
                may_be_released=source == CaseSource.RTS or not one.product.is_lot_product,
            )
            if one.action == ReturnAction.QUARANTINE
            else None,
        )
        for one in same
    ]
    return ledger.post(header, transfers)


def _disposition(part: Part, target: Location) -> Disposition:
    return Disposition(
        merchant_id=part.line.merchant_id,
        line=part.line,
        product=part.line.product,
        action=part.decision.action,
        rule=part.decision.rule,
        explanation=part.decision.explanation,
        quantity=part.quantity,
        passed=part.finding.passed,
        lot=part.lot,
        lot_number=part.finding.lot_number.strip(),
        expires_on=part.finding.expires_on,
        location=target,
        note=part.finding.note.strip(),
    )


def _reason(same: Sequence[Disposition]) -> str:
    return ", ".join(dict.fromkeys(one.get_rule_display() for one in same))[:500]


def _tell(document: Return, done: Sequence[Disposition], now: datetime) -> None:
    """Record the inspection, and each quarantine case that it opened."""
    facts = [
        {
            "sku": one.product.sku,
            "lot_number": one.lot.number if one.lot else one.lot_number,
            "quantity": one.quantity,
            "action": one.action,
            "rule": one.rule,
        }
        for one in done
    ]
    tell("inspected", document, now, dispositions=facts)
    entered = [fact for fact in facts if fact["action"] == ReturnAction.QUARANTINE]
    cases = QuarantineCase.objects.filter(
        merchant_id=document.merchant_id, reference=document.number
    ).order_by("-id")[: len(entered)]
    record_many(
        Happening(
            topic="quarantine.opened",
            merchant_id=document.merchant_id,
            object=str(case.pk),
            payload={**fact, "reason": case.reason, "reference": case.reference},
            at=now,
        )
        for case, fact in zip(reversed(cases), entered, strict=True)
    )
