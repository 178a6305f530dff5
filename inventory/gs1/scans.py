"""What a scan tells, the refusals, and check digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from biip.checksums import gs1_standard_check_digit

from merchants.errors import Malformed

SEPARATOR = "\x1d"  # GS: how scanners send the FNC1 that ends an element of variable length
LONGEST_LOT = 20
GTIN_LENGTHS = (8, 12, 13, 14)
# The characters that an element may hold (GS1 General Specifications, figure 7.11-1), 82 of them.
CHARACTERS = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)


class Kind(StrEnum):
    """What was scanned."""

    GS1 = "gs1"  # elements, from GS1-128, DataMatrix, DataBar or QR
    DIGITAL_LINK = "digital_link"  # elements in a web address
    GTIN = "gtin"  # EAN-8, UPC, EAN-13 or GTIN-14: the product alone
    SSCC = "sscc"  # a logistic unit, such as a pallet
    WRO = "wro"  # our own sheet
    WRO_BOX = "wro_box"  # our own box label
    PLAIN = "plain"  # a lot number, a SKU, a tracking number: whoever asked knows


class Fault(StrEnum):
    """Why a scan is refused; the values are stable codes."""

    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    MISSING_SEPARATOR = "missing_separator"
    UNKNOWN_ELEMENT = "unknown_element"
    REPEATED_ELEMENT = "repeated_element"
    LOT_TOO_LONG = "lot_too_long"
    ELEMENT_TOO_LONG = "element_too_long"
    BAD_DATE = "bad_date"
    BAD_CHARACTER = "bad_character"


class ScanRefused(Malformed):
    """A scan that cannot be meant. ``message`` says what to do; ``text`` is what was scanned."""

    def __init__(self, code: Fault, message: str, **data: Any) -> None:
        super().__init__(code.value, message, **data)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan tells; '' or None where it says nothing.

    ``gtin`` has 14 digits (``barcodes`` gives every length in which a product may carry it).
    ``expires_on`` is the last good day: (17) or (7003), else best before (15), else sell by (16),
    which are also given apart. ``quantity`` is (37) or (30). ``elements`` holds every element as
    scanned. ``doubts`` are sentences on readings that may be wrong: to be confirmed by a person
    before anything is posted.
    """

    kind: Kind
    text: str
    gtin: str = ""
    lot_number: str = ""
    expires_on: date | None = None
    best_before_on: date | None = None
    sell_by_on: date | None = None
    manufactured_on: date | None = None
    packed_on: date | None = None
    quantity: int | None = None
    serial_number: str = ""
    sscc: str = ""
    wro_id: int | None = None
    box: int | None = None
    elements: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    doubts: tuple[str, ...] = ()

    @property
    def barcodes(self) -> list[str]:
        return barcodes_of(self.gtin)


def has_check_digit(digits: str) -> bool:
    """The last digit is the check digit of those before it."""
    return gs1_standard_check_digit(digits[:-1]) == int(digits[-1])


def with_check_digit(digits: str) -> str:
    return f"{digits}{gs1_standard_check_digit(digits)}"


def gtin14(barcode: str) -> str:
    """The 14 digits of a product's barcode; '' where it is no GTIN or its check digit is wrong."""
    digits = barcode.strip()
    if len(digits) not in GTIN_LENGTHS or not is_digits(digits) or not has_check_digit(digits):
        return ""
    return digits.zfill(14)


def barcodes_of(gtin: str) -> list[str]:
    """Every way in which a product may carry this GTIN: 14, 13, 12 and 8 digits, longest first."""
    lengths = [length for length in GTIN_LENGTHS if not gtin[: 14 - length].strip("0")]
    return [gtin[14 - length :] for length in sorted(lengths, reverse=True)] if gtin else []


def is_digits(text: str) -> bool:
    """0 to 9 only: ``isdecimal`` takes Arabic digits too."""
    return text.isascii() and text.isdecimal()
