"""The inventory's screens; each module registers its own."""

from inventory.admin import (
    disposals,
    expiry,
    holds,
    lot_formats,
    lots,
    places,
    products,
    quarantine,
    set_asides,
    settings,
    stock,
)

__all__ = [
    "disposals",
    "expiry",
    "holds",
    "lot_formats",
    "lots",
    "places",
    "products",
    "quarantine",
    "set_asides",
    "settings",
    "stock",
]
