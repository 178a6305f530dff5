"""All that is promised to some orders ships, each with a posting of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

LOCK_ORDERS = "SELECT id FROM fulfillment_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
LOCK_PRODUCTS = """
SELECT id FROM inventory_product WHERE id IN (
    SELECT product_id FROM fulfillment_orderline WHERE order_id = ANY(%s))
ORDER BY id FOR NO KEY UPDATE
"""
READ = """
SELECT line.order_id, a.id, d.id, a.merchant_id, a.product_id, b.id, b.lot_id, a.quantity,
    customer.id, p.sku, lot.number, lot.expires_on,
    b.expires_on < %(today)s OR (b.is_blocked AND (NOT COALESCE(lot.is_active, TRUE)
        OR EXISTS (SELECT 1 FROM inventory_hold hold WHERE hold.released_at IS NULL AND (
            hold.product_id = b.product_id OR hold.lot_id = b.lot_id
            OR hold.location_id = b.location_id))))
FROM fulfillment_orderline line
JOIN inventory_demand d ON d.id = line.demand_id
JOIN inventory_allocation a ON a.demand_id = d.id
JOIN inventory_balance b ON b.id = a.balance_id
JOIN inventory_product p ON p.id = a.product_id
LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
JOIN inventory_location customer ON customer.warehouse_id = b.warehouse_id
    AND customer.kind = 'customer' AND customer.name = 'CUSTOMER'
WHERE line.order_id = ANY(%(orders)s) AND NOT d.is_cancelled
ORDER BY line.order_id, line.position, a.id
"""
# Where the units are with the customer, opened where there is none yet.
OPEN = """
INSERT INTO inventory_balance (merchant_id, product_id, lot_id, location_id, warehouse_id,
    location_kind, location_mixed, on_hand, committed, expires_on, is_blocked)
SELECT DISTINCT b.merchant_id, b.product_id, b.lot_id, loc.id, loc.warehouse_id, loc.kind,
    loc.mixed, 0, 0, b.expires_on, TRUE
FROM unnest(%s::bigint[], %s::bigint[]) AS v (balance_id, location_id)
JOIN inventory_balance b ON b.id = v.balance_id
JOIN inventory_location loc ON loc.id = v.location_id
ON CONFLICT (product_id, lot_key, location_id) DO NOTHING
"""
TARGETS = """
SELECT v.balance_id, target.id
FROM unnest(%s::bigint[], %s::bigint[]) AS v (balance_id, location_id)
JOIN inventory_balance b ON b.id = v.balance_id
JOIN inventory_balance target ON target.product_id = b.product_id
    AND target.lot_key = b.lot_key AND target.location_id = v.location_id
"""
SUMS = """(
    SELECT id, sum(units) AS units FROM unnest(%s::bigint[], %s::int[]) AS u (id, units)
    GROUP BY id)"""
LOWER = f"""
UPDATE inventory_balance SET on_hand = on_hand - v.units, committed = committed - v.units
FROM {SUMS} v
WHERE inventory_balance.id = v.id
"""
RAISE = f"""
UPDATE inventory_balance SET on_hand = on_hand + v.units
FROM {SUMS} v
WHERE inventory_balance.id = v.id
"""
POST = """
INSERT INTO inventory_posting (merchant_id, kind, reference, actor_id, reason, occurred_at,
    recorded_at)
SELECT v.merchant_id, 'ship', v.reference, %s, '', %s, %s
FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS v (merchant_id, reference, n) ORDER BY v.n
RETURNING id
"""
MOVE = """
INSERT INTO inventory_movement (posting_id, merchant_id, product_id, source_id, target_id, quantity)
SELECT * FROM unnest(
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
"""
END = "DELETE FROM inventory_allocation WHERE id = ANY(%s)"
PROGRESS = f"""
UPDATE inventory_demand SET allocated = allocated - v.units, shipped = shipped + v.units
FROM {SUMS} v
WHERE inventory_demand.id = v.id
"""
SHIP = """
INSERT INTO fulfillment_shipment (merchant_id, order_id, tracking_number, posting_id, shipped_at,
    shipped_by_id)
SELECT v.merchant_id, v.order_id, '', v.posting_id, %s, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v (merchant_id, order_id, posting_id)
"""
TELL = """
INSERT INTO merchants_event (topic, merchant_id, object, payload, occurred_at)
SELECT 'order.shipped', v.merchant_id, v.object, v.payload, %s
FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS v (merchant_id, object, payload)
"""


class _Leaving(NamedTuple):
    order: int
    allocation: int
    demand: int
    merchant: int
    product: int
    balance: int
    lot: int | None
    units: int
    location: int
    sku: str
    number: str | None
    expires_on: date | None
    is_stopped: bool


def ship_orders(
    connection: psycopg.Connection,
    orders: Sequence[int],
    *,
    actor_id: int,
    now: datetime,
    today: date,
) -> None:
    """Ship these orders in thirteen statements."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(LOCK_ORDERS, [orders])
        cursor.execute(LOCK_PRODUCTS, [orders])
        rows = cursor.execute(READ, {"orders": orders, "today": today}).fetchall()
        leaving = [_Leaving(*row) for row in rows]
        if any(one.is_stopped for one in leaving):
            raise RuntimeError("Units of a lot that may not leave.")
        ends = [[one.balance for one in leaving], [one.location for one in leaving]]
        cursor.execute(OPEN, ends)
        targets: dict[int, int] = dict(cursor.execute(TARGETS, ends).fetchall())
        units = [one.units for one in leaving]
        cursor.execute(LOWER, [ends[0], units])
        cursor.execute(RAISE, [[targets[one.balance] for one in leaving], units])
        postings = _post(cursor, leaving, actor_id, now)
        _move(cursor, leaving, targets, postings)
        cursor.execute(END, [[one.allocation for one in leaving]])
        cursor.execute(PROGRESS, [[one.demand for one in leaving], units])
        _tell(cursor, leaving, postings, actor_id, now)


def _post(
    cursor: psycopg.Cursor, leaving: Sequence[_Leaving], actor_id: int, now: datetime
) -> dict[int, int]:
    """The posting of each order."""
    owners = {one.order: one.merchant for one in leaving}
    numbers = [f"ORD-{order:06d}" for order in owners]
    rows = cursor.execute(POST, [actor_id, now, now, [*owners.values()], numbers]).fetchall()
    return dict(zip(owners, (pk for (pk,) in rows), strict=True))


def _move(
    cursor: psycopg.Cursor,
    leaving: Sequence[_Leaving],
    targets: dict[int, int],
    postings: dict[int, int],
) -> None:
    columns = [
        [postings[one.order] for one in leaving],
        [one.merchant for one in leaving],
        [one.product for one in leaving],
        [one.balance for one in leaving],
        [targets[one.balance] for one in leaving],
        [one.units for one in leaving],
    ]
    cursor.execute(MOVE, columns)


def _tell(
    cursor: psycopg.Cursor,
    leaving: Sequence[_Leaving],
    postings: dict[int, int],
    actor_id: int,
    now: datetime,
) -> None:
    """Shipments and events."""
    lines: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    owners = {one.order: one.merchant for one in leaving}
    for one in leaving:
        expiry = one.expires_on.isoformat() if one.expires_on else None
        line = {"sku": one.sku, "lot_number": one.number, "expires_on": expiry}
        lines[one.order].append({**line, "quantity": one.units})
    ids, merchants = [*owners], [*owners.values()]
    cursor.execute(SHIP, [now, actor_id, merchants, ids, [postings[order] for order in ids]])
    payloads = [
        json.dumps({"reference": "", "tracking_number": "", "lines": lines[order]}) for order in ids
    ]
    cursor.execute(TELL, [now, merchants, [f"ORD-{order:06d}" for order in ids], payloads])
