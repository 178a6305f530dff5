"""Labels as PDF: what stands on them, their barcodes, their pages. Pure: no table is read here.

A label is drawn for thermal printers of 203 dots per inch: every bar and every module is a whole
number of dots wide, so that none comes out thinner than its neighbour.
"""

from inventory.labels.boxes import BoxLabel, box_labels
from inventory.labels.lots import LotLabel, lot_labels
from inventory.labels.pages import MOST_LABELS, TooManyLabels

__all__ = [
    "MOST_LABELS",
    "BoxLabel",
    "LotLabel",
    "TooManyLabels",
    "box_labels",
    "lot_labels",
]
