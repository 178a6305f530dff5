"""A batch of a wave: open orders released together, by one statement behind the locks."""

from __future__ import annotations

from datetime import date, datetime

import psycopg

from bench.twins.stock import FEFO, PROMISABLE

LOCK_WAVE = "SELECT done_count, order_count FROM fulfillment_wave WHERE id = %s FOR NO KEY UPDATE"
LOCK_ORDERS = """
SELECT id FROM fulfillment_order WHERE id IN (
    SELECT order_id FROM fulfillment_waveorder WHERE wave_id = %s AND position BETWEEN %s AND %s)
ORDER BY id FOR NO KEY UPDATE
"""
LOCK_PRODUCTS = """
SELECT id FROM inventory_product WHERE id IN (
    SELECT product_id FROM fulfillment_orderline WHERE order_id = ANY(%s))
ORDER BY id FOR NO KEY UPDATE
"""
RELEASE = f"""
WITH demand AS MATERIALIZED (
    SELECT d.id, d.merchant_id, d.order_number, d.product_id, d.warehouse_id, d.channel, d.country,
        d.allocated, d.quantity - d.shipped - d.allocated AS missing,
        sum(d.quantity - d.shipped - d.allocated) OVER (PARTITION BY d.product_id, d.warehouse_id
            ORDER BY d.priority DESC, d.ordered_at, d.id) AS up_to
    FROM fulfillment_orderline line JOIN inventory_demand d ON d.id = line.demand_id
    WHERE line.order_id = ANY(%(orders)s) AND NOT d.is_cancelled
), wanted AS MATERIALIZED (
    SELECT DISTINCT product_id, warehouse_id, channel, country FROM demand
), stock AS MATERIALIZED (
    SELECT b.product_id, b.warehouse_id, b.id, b.on_hand - b.committed AS free,
        sum(b.on_hand - b.committed) OVER (PARTITION BY b.product_id, b.warehouse_id
            ORDER BY {FEFO}) AS up_to
    {PROMISABLE.format(demands="wanted d")}
), pick AS MATERIALIZED (
    SELECT demand.id AS demand_id, demand.merchant_id, demand.product_id, stock.id AS balance_id,
        LEAST(demand.up_to, stock.up_to)
            - GREATEST(demand.up_to - demand.missing, stock.up_to - stock.free) AS units
    FROM demand JOIN stock USING (product_id, warehouse_id)
    WHERE stock.up_to - stock.free < demand.up_to
    AND stock.up_to > demand.up_to - demand.missing AND demand.missing > 0
), covered AS MATERIALIZED (
    SELECT demand.*, COALESCE(drawn.units, 0) AS units FROM demand LEFT JOIN (
        SELECT demand_id, sum(units) AS units FROM pick GROUP BY demand_id
    ) drawn ON drawn.demand_id = demand.id
), promised AS (
    UPDATE inventory_balance SET committed = committed + drawn.units
    FROM (SELECT balance_id, sum(units) AS units FROM pick GROUP BY balance_id) drawn
    WHERE inventory_balance.id = drawn.balance_id
), allocated AS (
    INSERT INTO inventory_allocation (merchant_id, product_id, demand_id, balance_id, quantity)
    SELECT merchant_id, product_id, demand_id, balance_id, units FROM pick
), released AS (
    UPDATE inventory_demand SET is_released = TRUE,
        allocated = inventory_demand.allocated + covered.units
    FROM covered WHERE inventory_demand.id = covered.id
)
INSERT INTO merchants_event (topic, merchant_id, object, payload, occurred_at)
SELECT CASE WHEN sum(missing - units) = 0 THEN 'order.allocated' ELSE 'order.backordered' END,
    merchant_id, order_number,
    jsonb_build_object('allocated', sum(allocated + units), 'backordered', sum(missing - units)),
    %(now)s
FROM covered GROUP BY merchant_id, order_number
"""
NOTE_PROGRESS = "UPDATE fulfillment_wave SET status = 'running', done_count = %s WHERE id = %s"


def release_batch(
    connection: psycopg.Connection, wave_id: int, *, batch: int, now: datetime, today: date
) -> int:
    """Release the next orders of a wave in five statements; how many there were."""
    with connection.transaction(), connection.cursor() as cursor:
        row = cursor.execute(LOCK_WAVE, [wave_id]).fetchone()
        done, count = row or (0, 0)
        last = min(done + batch, count)
        rows = cursor.execute(LOCK_ORDERS, [wave_id, done + 1, last]).fetchall()
        orders = [pk for (pk,) in rows]
        cursor.execute(LOCK_PRODUCTS, [orders])
        cursor.execute(RELEASE, {"orders": orders, "now": now, "today": today})
        cursor.execute(NOTE_PROGRESS, [last, wave_id])
    return len(orders)
