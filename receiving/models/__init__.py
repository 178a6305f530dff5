"""What merchants announce to a warehouse, and what was found to be different."""

from receiving.models.boxes import MOST_BOXES, Box, BoxContent
from receiving.models.discrepancies import Discrepancy
from receiving.models.lines import Line, LotLine
from receiving.models.scans import Scan
from receiving.models.wros import WRO, StatusChange

__all__ = [
    "MOST_BOXES",
    "WRO",
    "Box",
    "BoxContent",
    "Discrepancy",
    "Line",
    "LotLine",
    "Scan",
    "StatusChange",
]
