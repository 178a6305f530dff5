"""Transfers held against the movements, for `check_ledger`; see ``inventory.queries.audit``.

Starts from the balances in transit, of which there are few, and not from all that ever moved.
"""

# Units that came into transit and left it, by the number of their transfer.
MOVED = """(
    SELECT p.merchant_id, p.reference, ends.warehouse_id, ends.product_id, ends.lot_key,
        SUM(ends.sent) AS sent, SUM(ends.received) AS received, SUM(ends.lost) AS lost
    FROM (
        SELECT m.posting_id, b.warehouse_id, b.product_id, b.lot_key,
            m.quantity AS sent, 0 AS received, 0 AS lost
        FROM inventory_balance b JOIN inventory_movement m ON m.target_id = b.id
        WHERE b.location_kind = 'in_transit'
        UNION ALL
        SELECT m.posting_id, b.warehouse_id, b.product_id, b.lot_key, 0,
            CASE WHEN goal.location_kind = 'adjustment' THEN 0 ELSE m.quantity END,
            CASE WHEN goal.location_kind = 'adjustment' THEN m.quantity ELSE 0 END
        FROM inventory_balance b JOIN inventory_movement m ON m.source_id = b.id
        JOIN inventory_balance goal ON goal.id = m.target_id
        WHERE b.location_kind = 'in_transit') ends
    JOIN inventory_posting p ON p.id = ends.posting_id
    GROUP BY p.merchant_id, p.reference, ends.warehouse_id, ends.product_id, ends.lot_key)"""
NUMBER = "'TRF-' || substr('000000', length(CAST(t.id AS text)) + 1) || t.id"
UNDER_WAY = """(
    SELECT t.target_id, l.product_id, COALESCE(l.lot_id, 0) AS lot_key,
        SUM(l.sent - l.received - l.lost) AS units
    FROM transfers_line l JOIN transfers_transfer t ON t.id = l.transfer_id
    GROUP BY t.target_id, l.product_id, l.lot_id)"""

# rule: (label of the row, what is stored, what is expected, FROM … of the rows to compare)
RULES = {
    "a transfer's sent, received and lost units are its movements": (
        f"{NUMBER} || ', line ' || l.id",
        "l.sent || ', ' || l.received || ', ' || l.lost",
        """COALESCE(moved.sent, 0) || ', ' || COALESCE(moved.received, 0)
            || ', ' || COALESCE(moved.lost, 0)""",
        f"""transfers_line l JOIN transfers_transfer t ON t.id = l.transfer_id
            LEFT JOIN {MOVED} moved ON moved.merchant_id = t.merchant_id
            AND moved.reference = {NUMBER} AND moved.warehouse_id = t.target_id
            AND moved.product_id = l.product_id AND moved.lot_key = COALESCE(l.lot_id, 0)""",
    ),
    "units in transit are those of open transfers": (
        "'balance ' || b.id",
        "CASE WHEN b.location_kind = 'in_transit' THEN b.on_hand ELSE 0 END",
        "COALESCE(under_way.units, 0)",
        f"""inventory_balance b LEFT JOIN {UNDER_WAY} under_way
            ON b.location_kind = 'in_transit' AND under_way.target_id = b.warehouse_id
            AND under_way.product_id = b.product_id AND under_way.lot_key = b.lot_key""",
    ),
}
