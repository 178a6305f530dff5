from inventory.kinds import LocationKind
from inventory.models.accounts import LotTrackingSettings
from inventory.models.disposals import DisposalAction, DisposalRequest, DisposalStatus
from inventory.models.expiry import Action, ExpiryDigest, ExpiryRun, LotAction
from inventory.models.lot_numbers import LotAttachment, LotFormat, LotSequence, SpentLotNumber
from inventory.models.lots import Hold, Lot, lot_key
from inventory.models.pending import Allocation, Channel, Demand, SetAside, Supply
from inventory.models.places import Location, Warehouse
from inventory.models.products import BackupAction, FTLCategory, LotEntry, Product, ReturnAction
from inventory.models.quarantine import CaseSource, QuarantineCase
from inventory.models.stock import Balance, Movement, Posting, PostingKind

__all__ = [
    "Action",
    "Allocation",
    "BackupAction",
    "Balance",
    "CaseSource",
    "Channel",
    "Demand",
    "DisposalAction",
    "DisposalRequest",
    "DisposalStatus",
    "ExpiryDigest",
    "ExpiryRun",
    "FTLCategory",
    "Hold",
    "Location",
    "LocationKind",
    "Lot",
    "LotAction",
    "LotAttachment",
    "LotEntry",
    "LotFormat",
    "LotSequence",
    "LotTrackingSettings",
    "Movement",
    "Posting",
    "PostingKind",
    "Product",
    "QuarantineCase",
    "ReturnAction",
    "SetAside",
    "SpentLotNumber",
    "Supply",
    "Warehouse",
    "lot_key",
]
