"""Keeping the copies on balances equal to their sources."""

from collections.abc import Sequence

from inventory.availability import IS_BLOCKED_SQL
from merchants.columns import execute, values

REFRESH = """
UPDATE inventory_balance SET is_blocked = fresh.is_blocked, expires_on = fresh.expires_on
FROM (
    SELECT b.id, lot.expires_on, {is_blocked} AS is_blocked
    FROM {values}
    JOIN inventory_balance b ON b.{column} = v.id
    JOIN inventory_location loc ON loc.id = b.location_id
    LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
) AS fresh
WHERE inventory_balance.id = fresh.id
"""


def refresh_lots(lot_ids: Sequence[int]) -> None:
    """Copy expiry and blocking anew to every balance of these lots."""
    _refresh("lot_id", lot_ids)


def refresh_products(product_ids: Sequence[int]) -> None:
    """Copy expiry and blocking anew to every balance of these products."""
    _refresh("product_id", product_ids)


def refresh_locations(location_ids: Sequence[int]) -> None:
    """Copy expiry and blocking anew to every balance at these locations."""
    _refresh("location_id", location_ids)


def _refresh(column: str, ids: Sequence[int]) -> None:
    fragment, params = values({"id": ids})
    is_blocked = IS_BLOCKED_SQL.format(product="b.product_id")
    execute(REFRESH.format(values=fragment, column=column, is_blocked=is_blocked), params)
