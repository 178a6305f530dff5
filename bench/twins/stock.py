"""What the twins of allocation share: which balances may be promised, and in which order."""

# Balances `b` of products `p` and merchants `m` that may be promised in a warehouse on a day, with
# their lots `lot` and locations `loc`. Parameters: warehouse_id, today.
PROMISABLE = """
    FROM {demands}
    JOIN inventory_product p ON p.id = d.product_id
    JOIN merchants_merchant m ON m.id = p.merchant_id
    JOIN inventory_balance b ON b.product_id = p.id AND b.warehouse_id = d.warehouse_id
    JOIN inventory_location loc ON loc.id = b.location_id
    LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
    WHERE b.location_kind IN ('storage', 'staging', 'quarantine', 'damaged')
    AND NOT b.is_blocked AND b.on_hand > b.committed
    AND (b.expires_on IS NULL OR b.expires_on - GREATEST(COALESCE(p.min_shelf_life_days, 0),
        m.picking_disabled_days, m.dtc_min_shelf_life_days) >= %(today)s)
    AND (lot.id IS NULL OR (lot.only_channels = '' OR d.channel = ANY (string_to_array(
            lot.only_channels, ' ')))
        AND (lot.only_countries = '' OR d.country = ANY (string_to_array(lot.only_countries, ' ')))
        AND (lot.never_countries = '' OR d.country <> ALL (string_to_array(
            lot.never_countries || ' ', ' '))))
"""
FEFO = """b.lot_id IS NULL, b.expires_on NULLS LAST, lot.received_at NULLS LAST,
    b.on_hand - b.committed, loc.pick_sequence, b.id"""
