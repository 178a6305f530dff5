"""The one writer of stock: balances, movements, postings, allocations, cases and counters.

Works in batches: an act of one movement and one of 5,000 take the same few statements. Imported
by services only, which hold the locks (``inventory.locks``).
"""

from inventory.ledger.acts import (
    Act,
    CaseEntry,
    DemandRequest,
    OrderTerms,
    Place,
    Progress,
    Promise,
    Transfer,
)
from inventory.ledger.copies import refresh_locations, refresh_lots, refresh_products
from inventory.ledger.posting import open_balances, post
from inventory.ledger.promises import open_demands, promise, release, take_back

__all__ = [
    "Act",
    "CaseEntry",
    "DemandRequest",
    "OrderTerms",
    "Place",
    "Progress",
    "Promise",
    "Transfer",
    "open_balances",
    "open_demands",
    "post",
    "promise",
    "refresh_locations",
    "refresh_lots",
    "refresh_products",
    "release",
    "take_back",
]
