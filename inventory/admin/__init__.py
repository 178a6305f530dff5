"""The inventory's screens; each module registers its own."""

from inventory.admin import (
    holds,
    lots,
    places,
    products,
    quarantine,
    set_asides,
    settings,
    stock,
)

__all__ = [
    "holds",
    "lots",
    "places",
    "products",
    "quarantine",
    "set_asides",
    "settings",
    "stock",
]
