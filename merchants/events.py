"""Events: what happened, written in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from merchants.models import Event


@dataclass(frozen=True, slots=True)
class Happening:
    """One event to be recorded; `object` is the number of the document, or its id."""

    topic: str
    merchant_id: int | None
    object: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


def record(
    *,
    topic: str,
    merchant_id: int | None,
    object: str,
    at: datetime,
    payload: dict[str, Any] | None = None,
) -> Event:
    """Record one event, such as `order.shipped` of ORD-000042. `payload` must be plain JSON."""
    return Event.objects.create(
        topic=topic, merchant_id=merchant_id, object=object, payload=payload or {}, occurred_at=at
    )


def record_many(happenings: Iterable[Happening]) -> list[Event]:
    """Record many events in their order, in one statement however many there are."""
    return Event.objects.bulk_create(
        Event(
            topic=happening.topic,
            merchant_id=happening.merchant_id,
            object=happening.object,
            payload=happening.payload,
            occurred_at=happening.at,
        )
        for happening in happenings
    )
