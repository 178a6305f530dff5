"""What every verb of a return makes sure of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from inventory.locks import lock_documents
from merchants.errors import NotFound
from merchants.events import record
from returns.errors import WrongStatus
from returns.models import Return, Status


def lock(return_id: int) -> Return:
    """Lock a return and read it. Raises: NotFound."""
    document: Return | None = lock_documents(Return.objects, [return_id]).get(return_id)
    if document is None:
        raise NotFound()
    return document


def require_status(document: Return, allowed: Collection[Status], what: str) -> None:
    """Raises: WrongStatus unless the return stands in one of these states."""
    if document.status not in allowed:
        raise WrongStatus(
            message=f"{document.number} is {document.get_status_display().lower()}: "
            f"it can no longer be {what}."
            if document.status in (Status.COMPLETED, Status.CANCELLED)
            else f"{document.number} is {document.get_status_display().lower()}: "
            f"it cannot be {what}.",
            status_now=document.status,
        )


def tell(topic: str, document: Return, now: datetime, **facts: Any) -> None:
    """Record an event of a return."""
    record(
        topic=f"return.{topic}",
        merchant_id=document.merchant_id,
        object=document.number,
        payload={"kind": document.kind, "status": document.status, **facts},
        at=now,
    )
