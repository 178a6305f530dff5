"""The rows of the ledger and its documents, so that two ways of writing them can be compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Fetch = Callable[[str], list[tuple[Any, ...]]]

TABLES = (
    "fulfillment_order",
    "fulfillment_orderline",
    "fulfillment_shipment",
    "fulfillment_wave",
    "fulfillment_waveorder",
    "inventory_allocation",
    "inventory_balance",
    "inventory_demand",
    "inventory_lot",
    "inventory_movement",
    "inventory_posting",
    "inventory_supply",
    "merchants_event",
)
# Which table a column points into, where its rows may be new.
POINTS_TO = {
    "order_id": "fulfillment_order",
    "demand_id": "inventory_demand",
    "posting_id": "inventory_posting",
    "balance_id": "inventory_balance",
    "source_id": "inventory_balance",
    "target_id": "inventory_balance",
}
NAMED = tuple(dict.fromkeys(POINTS_TO.values()))


def last_ids(fetch: Fetch) -> dict[str, int]:
    """The last id of every table: what comes after is new."""
    return {table: fetch(f"SELECT COALESCE(max(id), 0) FROM {table}")[0][0] for table in TABLES}


def rows(fetch: Fetch, before: Mapping[str, int]) -> dict[str, list[str]]:
    """Every row of every table, where new rows have names in place of their ids."""
    fetch("SELECT set_config('TimeZone', 'UTC', TRUE)")
    names = {table: _names(fetch, table, before[table]) for table in NAMED}
    numbers = {f"ORD-{pk:06d}": name for pk, name in names["fulfillment_order"].items()}
    return {table: _rows(fetch, table, before[table], names, numbers) for table in TABLES}


def _names(fetch: Fetch, table: str, last: int) -> dict[int, str]:
    """Balances are named for what they are, all others by their turn."""
    if table == "inventory_balance":
        found = fetch(f"SELECT id, product_id, lot_key, location_id FROM {table} WHERE id > {last}")
        return {pk: f"balance of {where}" for pk, *where in found}
    ids = fetch(f"SELECT id FROM {table} WHERE id > {last} ORDER BY id")
    return {pk: f"new {table} {turn}" for turn, (pk,) in enumerate(ids)}


def _rows(
    fetch: Fetch,
    table: str,
    last: int,
    names: Mapping[str, Mapping[int, str]],
    numbers: Mapping[str, str],
) -> list[str]:
    found = []
    for (row,) in fetch(f"SELECT to_jsonb(t) FROM {table} t"):
        facts = json.loads(row) if isinstance(row, str) else row
        if facts["id"] > last:
            facts["id"] = names.get(table, {}).get(facts["id"], "new")
        for column, target in POINTS_TO.items():
            if column in facts:
                facts[column] = names[target].get(facts[column], facts[column])
        for column in ("order_number", "object", "reference"):
            if column in facts:
                facts[column] = numbers.get(facts[column], facts[column])
        found.append(json.dumps(facts, sort_keys=True))
    return sorted(found)
