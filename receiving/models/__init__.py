"""What merchants announce to a warehouse, and what was found to be different."""

from receiving.models.discrepancies import Discrepancy
from receiving.models.lines import Line, LotLine
from receiving.models.wros import MOST_BOXES, WRO, Box

__all__ = ["MOST_BOXES", "WRO", "Box", "Discrepancy", "Line", "LotLine"]
