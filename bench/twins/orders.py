"""One order of some lines, made and allocated: by set-based statements, and inside the server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from bench.twins.stock import FEFO, PROMISABLE


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as the twins take it."""

    merchant_id: int
    warehouse_id: int
    actor_id: int
    skus: Sequence[str]
    quantities: Sequence[int]
    now: datetime
    today: date
    country: str = "US"

    @property
    def ship_to(self) -> str:
        return json.dumps({"name": "Ada", "country": self.country})


LOCK = """
SELECT id, sku FROM inventory_product WHERE merchant_id = %s AND sku = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""
PLAN = f"""
WITH d AS (
    SELECT *, %(warehouse_id)s::bigint AS warehouse_id, 'dtc' AS channel, %(country)s AS country
    FROM unnest(%(product_ids)s::bigint[], %(quantities)s::int[])
    WITH ORDINALITY AS line (product_id, quantity, n)
), stock AS (
    SELECT d.n, d.quantity, b.id, b.on_hand - b.committed AS free,
        sum(b.on_hand - b.committed) OVER (PARTITION BY d.n ORDER BY {FEFO}) AS up_to
    {PROMISABLE.format(demands="d")}
)
SELECT n, id, LEAST(free, quantity - (up_to - free))::int
FROM stock WHERE up_to - free < quantity ORDER BY n, up_to
"""
INSERT_ORDER = """
INSERT INTO fulfillment_order (merchant_id, reference, warehouse_id, channel, ship_to, priority,
    note, created_at, created_by_id, customer, ship_by)
VALUES (%s, '', %s, 'dtc', %s, 0, '', %s, %s, '', NULL) RETURNING id
"""
INSERT_DEMANDS = """
INSERT INTO inventory_demand (merchant_id, product_id, order_number, warehouse_id, quantity,
    single_lot, channel, country, priority, ordered_at, is_released, is_cancelled, allocated,
    shipped, customer, is_set_aside)
SELECT %s, line.product_id, %s, %s, line.quantity, FALSE, 'dtc', %s, 0, %s, TRUE, FALSE,
    line.allocated, 0, '', FALSE
FROM unnest(%s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY
    AS line (product_id, quantity, allocated, n) ORDER BY line.n
RETURNING id
"""
INSERT_LINES = """
INSERT INTO fulfillment_orderline (merchant_id, order_id, position, product_id, demand_id)
SELECT %s, %s, line.n, line.product_id, line.demand_id
FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS line (product_id, demand_id, n)
"""
COMMIT_UNITS = """
UPDATE inventory_balance SET committed = committed + v.units
FROM unnest(%s::bigint[], %s::int[]) AS v (id, units) WHERE inventory_balance.id = v.id
"""
INSERT_ALLOCATIONS = """
INSERT INTO inventory_allocation (merchant_id, product_id, demand_id, balance_id, quantity)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
"""
INSERT_EVENTS = """
INSERT INTO merchants_event (topic, merchant_id, object, payload, occurred_at)
VALUES ('order.created', %s, %s, %s, %s), (%s, %s, %s, %s, %s)
"""


def create_order(connection: psycopg.Connection, wanted: Wanted) -> int:
    """Make and allocate an order in eight statements; the caller's connection is not autocommit."""
    with connection.transaction(), connection.cursor() as cursor:
        rows = cursor.execute(LOCK, [wanted.merchant_id, list(wanted.skus)]).fetchall()
        by_sku = {sku: pk for pk, sku in rows}
        products = [by_sku[sku] for sku in wanted.skus]
        quantities = list(wanted.quantities)
        facts = {
            "warehouse_id": wanted.warehouse_id,
            "country": wanted.country,
            "today": wanted.today,
            "product_ids": products,
            "quantities": quantities,
        }
        picks = cursor.execute(PLAN, facts).fetchall()
        order_id = _insert_order(cursor, wanted)
        number = f"ORD-{order_id:06d}"
        allocated = [0] * len(products)
        for n, _, units in picks:
            allocated[n - 1] += units
        demands = _insert_lines(cursor, wanted, order_id, (products, quantities, allocated))
        balances, units = [pick[1] for pick in picks], [pick[2] for pick in picks]
        cursor.execute(COMMIT_UNITS, [balances, units])
        places = [pick[0] - 1 for pick in picks]
        columns = [[products[n] for n in places], [demands[n] for n in places], balances, units]
        cursor.execute(INSERT_ALLOCATIONS, [wanted.merchant_id, *columns])
        _insert_events(cursor, wanted, number, sum(allocated), sum(quantities))
    return order_id


def _insert_order(cursor: psycopg.Cursor, wanted: Wanted) -> int:
    facts = [wanted.merchant_id, wanted.warehouse_id, wanted.ship_to, wanted.now, wanted.actor_id]
    row = cursor.execute(INSERT_ORDER, facts).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def _insert_lines(
    cursor: psycopg.Cursor, wanted: Wanted, order_id: int, lines: tuple[list[int], ...]
) -> list[int]:
    number = f"ORD-{order_id:06d}"
    facts = [wanted.merchant_id, number, wanted.warehouse_id, wanted.country, wanted.now]
    demands = [pk for (pk,) in cursor.execute(INSERT_DEMANDS, [*facts, *lines]).fetchall()]
    cursor.execute(INSERT_LINES, [wanted.merchant_id, order_id, lines[0], demands])
    return demands


def _insert_events(
    cursor: psycopg.Cursor, wanted: Wanted, number: str, allocated: int, asked: int
) -> None:
    cover = json.dumps({"allocated": allocated, "backordered": asked - allocated})
    topic = "order.allocated" if allocated == asked else "order.backordered"
    created = [wanted.merchant_id, number, json.dumps({"reference": ""}), wanted.now]
    cursor.execute(INSERT_EVENTS, [*created, topic, wanted.merchant_id, number, cover, wanted.now])


FUNCTION = f"""
CREATE OR REPLACE FUNCTION bench_create_order(the_merchant bigint, the_warehouse bigint,
    actor bigint, skus text[], quantities int[], address jsonb, the_country text,
    at timestamptz, today date)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    the_order bigint; the_demand bigint; the_product bigint; number text; asked int := 0;
    missing int; taken int; promised int := 0; minimum int; days int; one record;
BEGIN
    PERFORM 1 FROM inventory_product WHERE merchant_id = the_merchant AND sku = ANY(skus)
        ORDER BY id FOR NO KEY UPDATE;
    SELECT GREATEST(picking_disabled_days, dtc_min_shelf_life_days) INTO minimum
        FROM merchants_merchant WHERE id = the_merchant;
    INSERT INTO fulfillment_order (merchant_id, reference, warehouse_id, channel, ship_to, priority,
        note, created_at, created_by_id, customer, ship_by)
    VALUES (the_merchant, '', the_warehouse, 'dtc', address, 0, '', at, actor, '', NULL)
    RETURNING id INTO the_order;
    number := 'ORD-' || lpad(the_order::text, GREATEST(6, length(the_order::text)), '0');
    FOR n IN 1 .. cardinality(skus) LOOP
        SELECT id, GREATEST(COALESCE(min_shelf_life_days, 0), minimum) INTO the_product, days
            FROM inventory_product WHERE merchant_id = the_merchant AND sku = skus[n];
        INSERT INTO inventory_demand (merchant_id, product_id, order_number, warehouse_id, quantity,
            single_lot, channel, country, priority, ordered_at, is_released, is_cancelled,
            allocated, shipped, customer, is_set_aside)
        VALUES (the_merchant, the_product, number, the_warehouse, quantities[n], FALSE, 'dtc',
            the_country, 0, at, TRUE, FALSE, 0, 0, '', FALSE) RETURNING id INTO the_demand;
        INSERT INTO fulfillment_orderline (merchant_id, order_id, position, product_id, demand_id)
        VALUES (the_merchant, the_order, n, the_product, the_demand);
        missing := quantities[n];
        FOR one IN SELECT b.id, b.on_hand - b.committed AS free
            FROM inventory_balance b
            JOIN inventory_location loc ON loc.id = b.location_id
            LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
            WHERE b.product_id = the_product AND b.warehouse_id = the_warehouse
            AND b.location_kind IN ('storage', 'staging', 'quarantine', 'damaged')
            AND NOT b.is_blocked AND b.on_hand > b.committed
            AND (b.expires_on IS NULL OR b.expires_on - days >= today)
            AND (lot.id IS NULL OR (lot.only_channels = '' OR 'dtc' = ANY (string_to_array(
                    lot.only_channels, ' ')))
                AND (lot.only_countries = '' OR the_country = ANY (string_to_array(
                    lot.only_countries, ' ')))
                AND (lot.never_countries = '' OR the_country <> ALL (string_to_array(
                    lot.never_countries || ' ', ' '))))
            ORDER BY {FEFO}
        LOOP
            EXIT WHEN missing = 0;
            taken := LEAST(missing, one.free);
            UPDATE inventory_balance SET committed = committed + taken WHERE id = one.id;
            INSERT INTO inventory_allocation (merchant_id, product_id, demand_id, balance_id,
                quantity)
            VALUES (the_merchant, the_product, the_demand, one.id, taken);
            missing := missing - taken;
        END LOOP;
        UPDATE inventory_demand SET allocated = quantities[n] - missing WHERE id = the_demand;
        asked := asked + quantities[n];
        promised := promised + quantities[n] - missing;
    END LOOP;
    INSERT INTO merchants_event (topic, merchant_id, object, payload, occurred_at) VALUES
        ('order.created', the_merchant, number, '{{"reference": ""}}', at),
        (CASE WHEN promised = asked THEN 'order.allocated' ELSE 'order.backordered' END,
            the_merchant, number,
            jsonb_build_object('allocated', promised, 'backordered', asked - promised), at);
    RETURN the_order;
END $$
"""
CALL = "SELECT bench_create_order(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def install(connection: psycopg.Connection) -> None:
    """Make the in-server function. The connection is autocommit."""
    connection.execute(FUNCTION)


def create_order_in_server(connection: psycopg.Connection, wanted: Wanted) -> int:
    """Make and allocate an order by one call. The connection is autocommit."""
    parts = [
        *(wanted.merchant_id, wanted.warehouse_id, wanted.actor_id),
        *(list(wanted.skus), list(wanted.quantities), wanted.ship_to, wanted.country),
        *(wanted.now, wanted.today),
    ]
    row = connection.execute(CALL, parts).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])
