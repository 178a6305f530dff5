"""GS1 barcodes: what a scanner typed is read, what a label carries is written. Pure.

``read`` takes whatever stands on a box or a product; ``read_lot`` is for a field in which a lot
number is expected. Both return a ``Scan`` or raise ``ScanRefused`` with one of ``Fault``'s codes.
"""

from inventory.gs1.reading import read, read_lot
from inventory.gs1.scans import (
    Fault,
    Kind,
    Scan,
    ScanRefused,
    barcodes_of,
    gtin14,
    with_check_digit,
)
from inventory.gs1.writing import (
    NotWritable,
    digital_link,
    element_string,
    elements_of,
    human_readable,
)

__all__ = [
    "Fault",
    "Kind",
    "NotWritable",
    "Scan",
    "ScanRefused",
    "barcodes_of",
    "digital_link",
    "element_string",
    "elements_of",
    "gtin14",
    "human_readable",
    "read",
    "read_lot",
    "with_check_digit",
]
