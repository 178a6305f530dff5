"""Inventory status by hand: the same figures by product or by lot, reasons included."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import psycopg

# What is told of each group; `b` are balances with `house` (on hand) and `may_ship`.
STOCK = """
SELECT {keys}, sum(on_hand) FILTER (WHERE house), sum(committed) FILTER (WHERE house),
    sum(free) FILTER (WHERE house AND may_ship), sum(free) FILTER (WHERE house AND NOT may_ship),
    sum(on_hand) FILTER (WHERE NOT house)
FROM (
    SELECT b.product_id, b.lot_id, b.on_hand, b.committed, b.on_hand - b.committed AS free,
        b.location_kind <> 'in_transit' AS house,
        NOT b.is_blocked AND (b.expires_on IS NULL OR b.expires_on - GREATEST(
            COALESCE(p.min_shelf_life_days, 0), m.picking_disabled_days) >= %(today)s) AS may_ship
    FROM inventory_product p JOIN merchants_merchant m ON m.id = p.merchant_id
    JOIN inventory_balance b ON b.merchant_id = p.merchant_id AND b.product_id = p.id
    WHERE {chosen} AND b.on_hand <> 0
    AND b.location_kind IN ('storage', 'staging', 'quarantine', 'damaged', 'in_transit')
) b GROUP BY {keys}
"""
INCOMING = """
SELECT {keys}, sum(GREATEST(expected, received) - stowed) FROM inventory_supply
JOIN inventory_product p ON p.id = product_id WHERE {chosen} AND is_open GROUP BY {keys}
"""
BACKORDERED = """
SELECT {keys}, sum(quantity - shipped - allocated) FROM inventory_demand
JOIN inventory_product p ON p.id = product_id WHERE {chosen} AND is_released AND NOT is_cancelled
AND quantity > shipped + allocated GROUP BY {keys}
"""
REASONS = """
SELECT {keys}, reason, sum(free) FROM (
    SELECT b.product_id, b.lot_id, b.on_hand - b.committed AS free, CASE
        WHEN b.location_kind IN ('quarantine', 'damaged') THEN b.location_kind
        WHEN b.is_blocked AND EXISTS (SELECT 1 FROM inventory_hold hold
            WHERE hold.released_at IS NULL AND (hold.product_id = b.product_id
            OR hold.lot_id = b.lot_id OR hold.location_id = b.location_id)) THEN 'hold'
        WHEN NOT lot.is_active THEN 'inactive'
        WHEN b.expires_on < %(today)s THEN 'expired'
        WHEN b.expires_on - GREATEST(COALESCE(p.min_shelf_life_days, 0), m.picking_disabled_days)
            < %(today)s THEN 'short_dated'
        WHEN NOT loc.sellable THEN 'not_sellable' ELSE 'not_pickable' END AS reason
    FROM inventory_product p JOIN merchants_merchant m ON m.id = p.merchant_id
    JOIN inventory_balance b ON b.merchant_id = p.merchant_id AND b.product_id = p.id
    JOIN inventory_location loc ON loc.id = b.location_id
    LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
    WHERE {chosen} AND b.on_hand > b.committed
    AND b.location_kind IN ('storage', 'staging', 'quarantine', 'damaged')
    AND (b.is_blocked OR b.expires_on - GREATEST(COALESCE(p.min_shelf_life_days, 0),
        m.picking_disabled_days) < %(today)s)
) b GROUP BY {keys}, reason
"""
PAGE = "p.id = ANY(%(products)s)"
MERCHANT = "p.merchant_id = %(merchant)s"

Figures = dict[str, Any]
NAMES = ("on_hand", "committed", "fulfillable", "exception", "in_transit")


def of_products(
    connection: psycopg.Connection, products: Collection[int], today: date, *, by_lot: bool = False
) -> dict[Any, Figures]:
    """The figures of these products, or of each of their lots."""
    return _read(connection, PAGE, {"products": list(products), "today": today}, by_lot=by_lot)


def of_merchant(connection: psycopg.Connection, merchant: int, today: date) -> dict[Any, Figures]:
    """The figures of all products of a merchant that have any."""
    return _read(connection, MERCHANT, {"merchant": merchant, "today": today}, by_lot=False)


def _read(
    connection: psycopg.Connection, chosen: str, facts: dict[str, Any], *, by_lot: bool
) -> dict[Any, Figures]:
    keys = "product_id, lot_id" if by_lot else "product_id"
    width = 2 if by_lot else 1
    found: dict[Any, Figures] = {}

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return connection.execute(statement.format(keys=keys, chosen=chosen), facts).fetchall()

    for row in rows(STOCK):
        figures = zip(NAMES, row[width:], strict=True)
        found[row[:width]] = {name: int(units or 0) for name, units in figures}
    for name, statement in (("incoming", INCOMING), ("backordered", BACKORDERED)):
        for *key, units in rows(statement):
            found.setdefault(tuple(key), {})[name] = units
    for *key, reason, units in rows(REASONS):
        found[tuple(key)].setdefault("reasons", {})[reason] = int(units)
    return found
