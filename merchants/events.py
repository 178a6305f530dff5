"""Events: what happened, written in the transaction in which it happened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from merchants.columns import Columns, execute, moment, values


@dataclass(frozen=True, slots=True)
class Happening:
    """One event to be recorded; `object` is the number of the document, or its id."""

    topic: str
    merchant_id: int | None
    object: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


# Every act writes some, and a wave thousands: the ORM would take most of the time of the act.
INSERT = """
INSERT INTO merchants_event (topic, merchant_id, object, payload, occurred_at)
SELECT v.topic, v.merchant_id, v.object, v.payload, v.occurred_at FROM {values} ORDER BY v.n
"""
TYPES = {"topic": "text", "object": "text", "payload": "jsonb", "occurred_at": "timestamptz"}


def record(
    *,
    topic: str,
    merchant_id: int | None,
    object: str,
    at: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Record one event, such as `order.shipped` of ORD-000042. `payload` must be plain JSON."""
    record_many([Happening(topic, merchant_id, object, at, payload or {})])


def record_many(happenings: Iterable[Happening]) -> None:
    """Record many events in their order, in one statement however many there are."""
    rows = list(happenings)
    if not rows:
        return
    columns: Columns = {
        "topic": [one.topic for one in rows],
        "merchant_id": [one.merchant_id for one in rows],
        "object": [one.object for one in rows],
        "payload": [json.dumps(one.payload) for one in rows],
        "occurred_at": [moment(one.at) for one in rows],
    }
    fragment, params = values(columns, **TYPES)
    execute(INSERT.format(values=fragment), params)


# From each topic to the next by the index: there are few, and millions of events of each.
TOPICS = """
WITH RECURSIVE known (topic) AS (
    SELECT MIN(topic) FROM merchants_event
    UNION ALL
    SELECT (SELECT MIN(e.topic) FROM merchants_event e WHERE e.topic > known.topic)
    FROM known WHERE known.topic IS NOT NULL)
SELECT topic FROM known WHERE topic IS NOT NULL
"""


def topics() -> list[str]:
    """The topics of all events so far, sorted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(TOPICS)
        return [topic for (topic,) in cursor.fetchall()]
