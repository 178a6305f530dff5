from inventory.kinds import LocationKind
from inventory.models.accounts import LotTrackingSettings
from inventory.models.lots import Hold, Lot, lot_key
from inventory.models.pending import Allocation, Channel, Demand, SetAside, Supply
from inventory.models.places import Location, Warehouse
from inventory.models.products import BackupAction, LotEntry, Product, ReturnAction
from inventory.models.quarantine import CaseSource, QuarantineCase
from inventory.models.stock import Balance, Movement, Posting, PostingKind

__all__ = [
    "Allocation",
    "BackupAction",
    "Balance",
    "CaseSource",
    "Channel",
    "Demand",
    "Hold",
    "Location",
    "LocationKind",
    "Lot",
    "LotEntry",
    "LotTrackingSettings",
    "Movement",
    "Posting",
    "PostingKind",
    "Product",
    "QuarantineCase",
    "ReturnAction",
    "SetAside",
    "Supply",
    "Warehouse",
    "lot_key",
]
