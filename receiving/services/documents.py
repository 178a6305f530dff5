"""What every verb of a WRO begins and ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from inventory.locks import lock_documents
from merchants.errors import NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from receiving.errors import WrongStatus
from receiving.models import WRO, Discrepancy, StatusChange, UnidentifiedDelivery
from receiving.sorting import Finding


def lock_wro(actor: User, wro_id: int, *statuses: WRO.Status, to: str) -> WRO:
    """Lock a WRO that the actor may see and that is in one of these states.

    ``to`` says what for, in words. Raises: NotFound, WrongStatus.
    """
    wro = lock_documents(WRO.objects.for_user(actor), [wro_id]).get(wro_id)
    if wro is None:
        raise NotFound()
    if wro.status not in statuses:
        needed = " or ".join(status.label.lower() for status in statuses)
        raise WrongStatus(
            message=f"{wro.number} is {wro.get_status_display().lower()}: only while {needed} "
            f"can it be {to}.",
            status=wro.status,
        )
    return wro


def set_status(wro: WRO, status: WRO.Status, *, actor: User, now: datetime) -> None:
    """Bring a locked WRO into a status and keep who did it when; in that status already, nothing.

    Every change of a WRO's status goes through here. Two statements.
    """
    if wro.status == status:
        return
    wro.status = status
    wro.save(update_fields=["status"])
    note_status(wro, actor=actor, now=now)


def note_status(wro: WRO, *, actor: User, now: datetime) -> None:
    """Keep the status that a WRO has come into."""
    StatusChange.objects.create(wro=wro, status=wro.status, at=now, by=actor)


def happening(verb: str, wro: WRO, now: datetime, **payload: object) -> Happening:
    """The event `wro.<verb>` of this WRO."""
    facts = {"reference": wro.reference, "status": wro.status, **payload}
    return Happening(f"wro.{verb}", wro.merchant_id, wro.number, now, facts)


def open_discrepancies(
    document: WRO | UnidentifiedDelivery,
    findings: Iterable[Finding],
    *,
    actor: User,
    now: datetime,
    cases: Mapping[int, int] | None = None,
) -> list[Discrepancy]:
    """Write what was found to differ. One statement; events are the caller's.

    ``cases``: the quarantine case of each placement that opened one (``Finding.apart``).
    """
    kind = "wro" if isinstance(document, WRO) else "delivery"
    return Discrepancy.objects.bulk_create(
        Discrepancy(
            **{kind: document},
            merchant_id=document.merchant_id,  # type: ignore[misc]  # a delivery's is known by now
            type=finding.type,
            product_id=finding.product_id,
            lot_id=finding.lot_id,
            lot_number=finding.lot_number,
            expires_on=finding.expires_on,
            quantity=finding.quantity,
            is_damaged=finding.is_damaged,
            case_id=None if finding.apart is None else (cases or {}).get(finding.apart),
            explanation=finding.note[:500],
            due_at=now + grace(finding.type),
            opened_at=now,
            opened_by=actor,
        )
        for finding in findings
    )


def grace(type: str) -> timedelta:
    """How long a discrepancy may be open before it is overdue, from the settings."""
    hours = settings.DISCREPANCY_GRACE_HOURS
    return timedelta(hours=hours.get(type, hours["other"]))


def tell(
    verb: str,
    wro: WRO,
    now: datetime,
    discrepancies: Sequence[Discrepancy] = (),
    **payload: object,
) -> None:
    """Record the event of a verb, and one `discrepancy.opened` for each discrepancy."""
    opened = (opened_event(one, wro.number, now) for one in discrepancies)
    record_many([happening(verb, wro, now, **payload), *opened])


def opened_event(one: Discrepancy, number: str, now: datetime) -> Happening:
    """The event that a discrepancy of this document was opened."""
    facts = {
        "discrepancy": one.pk,
        "type": one.type,
        "product": one.product_id,
        "lot_number": one.lot_number,
        "expires_on": one.expires_on and one.expires_on.isoformat(),
        "quantity": one.quantity,
        "explanation": one.explanation,
    }
    return Happening("discrepancy.opened", one.merchant_id, number, now, facts)
