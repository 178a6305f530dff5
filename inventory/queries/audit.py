"""The ledger held against itself: everything recomputed from the movements, in SQL.

Each rule is one query whose rows are differences: what is wrong, the id of the row, what is stored
and what it should be. Nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connection

from inventory.availability import IS_BLOCKED_SQL
from inventory.constraints import AppendOnly

Rule = tuple[str, str, str, str]


class Difference(NamedTuple):
    """A row that breaks a rule; ``stored`` and ``expected`` as text."""

    rule: str
    row: str
    stored: str
    expected: str


# Units that WROs brought in and units of theirs at the dock, by product and lot. Some came by way
# of quarantine, where they stood until somebody knew of which WRO and lot they are.
RECEIVED = """(
    SELECT p.merchant_id, p.reference, m.product_id, target.lot_key,
        SUM(CASE WHEN source.location_kind IN ('supplier', 'quarantine')
            THEN m.quantity ELSE 0 END) AS received,
        SUM(CASE WHEN target.location_kind = 'dock' THEN m.quantity
            WHEN source.location_kind = 'dock' THEN -m.quantity ELSE 0 END) AS at_dock
    FROM inventory_posting p
    JOIN inventory_movement m ON m.posting_id = p.id
    JOIN inventory_balance source ON source.id = m.source_id
    JOIN inventory_balance target ON target.id = m.target_id
    WHERE p.kind IN ('receive', 'stow')
    GROUP BY p.merchant_id, p.reference, m.product_id, target.lot_key)"""
SUPPLIES = f"""inventory_supply s LEFT JOIN {RECEIVED} r
    ON r.merchant_id = s.merchant_id AND r.reference = s.wro_number
    AND r.product_id = s.product_id AND r.lot_key = COALESCE(s.lot_id, 0)
    GROUP BY s.merchant_id, s.wro_number, s.product_id, s.lot_id, r.received, r.at_dock"""
SUPPLY = "s.wro_number || ', product ' || s.product_id || ', lot ' || COALESCE(s.lot_id, 0)"

# rule: (label of the row, what is stored, what is expected, FROM … of the rows to compare)
RULES: dict[str, Rule] = {
    "balance is the sum of its movements": (
        "'balance ' || b.id",
        "b.on_hand",
        "COALESCE(moved.units, 0)",
        """inventory_balance b LEFT JOIN (
            SELECT balance_id, SUM(units) AS units FROM (
                SELECT target_id AS balance_id, quantity AS units FROM inventory_movement
                UNION ALL SELECT source_id, -quantity FROM inventory_movement) ends
            GROUP BY balance_id) moved ON moved.balance_id = b.id""",
    ),
    "committed is the sum of the open allocations": (
        "'balance ' || b.id",
        "b.committed",
        "COALESCE(promised.units, 0)",
        """inventory_balance b LEFT JOIN (
            SELECT balance_id, SUM(quantity) AS units FROM inventory_allocation
            GROUP BY balance_id) promised ON promised.balance_id = b.id""",
    ),
    "a demand's allocated units are its open allocations": (
        "'demand ' || d.id",
        "d.allocated",
        "COALESCE(promised.units, 0)",
        """inventory_demand d LEFT JOIN (
            SELECT demand_id, SUM(quantity) AS units FROM inventory_allocation
            GROUP BY demand_id) promised ON promised.demand_id = d.id""",
    ),
    "open quarantine cases are the quarantine balance": (
        "'balance ' || b.id",
        "COALESCE(cases.units, 0)",
        "CASE WHEN b.location_kind = 'quarantine' THEN b.on_hand ELSE 0 END",
        """inventory_balance b LEFT JOIN (
            SELECT balance_id, SUM(quantity) AS units FROM inventory_quarantinecase
            GROUP BY balance_id) cases ON cases.balance_id = b.id""",
    ),
    "a product sums to zero over all locations": (
        "'product ' || b.product_id",
        "SUM(b.on_hand)",
        "0",
        "inventory_balance b GROUP BY b.product_id",
    ),
    "an order's shipped units are its shipments": (
        "'order ' || d.order_number || ', product ' || d.product_id",
        "SUM(d.shipped)",
        "COALESCE(gone.units, 0)",
        """inventory_demand d LEFT JOIN (
            SELECT p.merchant_id, p.reference, m.product_id, SUM(m.quantity) AS units
            FROM inventory_posting p JOIN inventory_movement m ON m.posting_id = p.id
            WHERE p.kind = 'ship' GROUP BY p.merchant_id, p.reference, m.product_id) gone
            ON gone.merchant_id = d.merchant_id AND gone.reference = d.order_number
            AND gone.product_id = d.product_id
            WHERE NOT d.is_set_aside
            GROUP BY d.merchant_id, d.order_number, d.product_id, gone.units""",
    ),
    "a supply's received units came from the supplier, its stowed units left the dock": (
        SUPPLY,
        "SUM(s.received) || ' received, ' || SUM(s.stowed) || ' stowed'",
        """COALESCE(r.received, 0) || ' received, '
            || COALESCE(r.received - r.at_dock, 0) || ' stowed'""",
        SUPPLIES,
    ),
    "expiry is copied from the lot": (
        "'balance ' || b.id",
        "COALESCE(CAST(b.expires_on AS text), 'none')",
        "COALESCE(CAST(lot.expires_on AS text), 'none')",
        "inventory_balance b LEFT JOIN inventory_lot lot ON lot.id = b.lot_id",
    ),
    "blocking is copied from hold, lot and location": (
        "'balance ' || b.id",
        "CASE WHEN b.is_blocked THEN 1 ELSE 0 END",
        f"CASE WHEN {IS_BLOCKED_SQL.format(product='b.product_id')} THEN 1 ELSE 0 END",
        """inventory_balance b JOIN inventory_location loc ON loc.id = b.location_id
            LEFT JOIN inventory_lot lot ON lot.id = b.lot_id""",
    ),
    "the location's flags are copied": (
        "'balance ' || b.id",
        "b.warehouse_id || b.location_kind || CASE WHEN b.location_mixed THEN 1 ELSE 0 END",
        "loc.warehouse_id || loc.kind || CASE WHEN loc.mixed THEN 1 ELSE 0 END",
        "inventory_balance b JOIN inventory_location loc ON loc.id = b.location_id",
    ),
}
# Tables whose product's merchant is theirs, and whose lot is of their product (invariants 2 and 8).
TENANT_TABLES = ("lot", "balance", "movement", "demand", "allocation", "supply", "quarantinecase")


def differences() -> Iterator[Difference]:
    """Every row that breaks a rule, rule by rule. One query per rule; rows are streamed."""
    for rule, (row, stored, expected, source) in _rules().items():
        yield from _compare(rule, row, stored, expected, source)
    for table in TENANT_TABLES:
        yield from _compare(
            "a row is of its product's merchant",
            f"'{table} ' || t.id",
            "t.merchant_id",
            "p.merchant_id",
            f"inventory_{table} t JOIN inventory_product p ON p.id = t.product_id",
        )
    yield from missing_triggers()


def _rules() -> dict[str, Rule]:
    """The ledger's own, and the `ledger_rules` of the apps whose documents stand on it."""
    found = dict(RULES)
    for app in apps.get_app_configs():
        found |= getattr(app, "ledger_rules", {})
    return found


def _compare(rule: str, row: str, stored: str, expected: str, source: str) -> Iterator[Difference]:
    grouped = "GROUP BY" in source.rsplit(")", 1)[-1]
    clause = "HAVING" if grouped else "WHERE"
    sql = (
        f"SELECT {row}, CAST({stored} AS text), CAST({expected} AS text) FROM {source} "
        f"{clause} {stored} <> {expected} ORDER BY 1"
    )
    with connection.chunked_cursor() as cursor:  # the differences may be as many as the rows
        cursor.execute(sql)
        for found in cursor:
            yield Difference(rule, *found)


def missing_triggers() -> Iterator[Difference]:
    """Append-only tables whose triggers do not stand (on PostgreSQL also: are switched off)."""
    standing = _standing_triggers()
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if not isinstance(constraint, AppendOnly):
                continue
            for name in sorted(set(constraint.trigger_names(connection.vendor)) - standing):
                yield Difference("append-only tables are guarded", name, "missing", "standing")


def _standing_triggers() -> set[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {name for (name,) in cursor.fetchall()}
