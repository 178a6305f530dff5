"""What merchants announce to a warehouse, and what was found to be different."""

from receiving.models.boxes import MOST_BOXES, Box, BoxContent
from receiving.models.deliveries import UnidentifiedDelivery
from receiving.models.discrepancies import Discrepancy, Photo, Resolution
from receiving.models.lines import Line, LotLine
from receiving.models.rules import CheckInRule, ReceiptFacts
from receiving.models.scans import Scan
from receiving.models.wros import WRO, StatusChange

__all__ = [
    "MOST_BOXES",
    "WRO",
    "Box",
    "BoxContent",
    "CheckInRule",
    "Discrepancy",
    "Line",
    "LotLine",
    "Photo",
    "ReceiptFacts",
    "Resolution",
    "Scan",
    "StatusChange",
    "UnidentifiedDelivery",
]
