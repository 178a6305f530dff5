"""What a label carries: elements for GS1-128 and DataMatrix, a Digital Link for QR."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from inventory.gs1.elements import COUNT, LOT, full_year_of, split_elements
from inventory.gs1.scans import CHARACTERS, LONGEST_LOT, SEPARATOR, Fault, ScanRefused, gtin14
from merchants.errors import Malformed

MOST_UNITS = 99_999_999
VARIABLE = frozenset({LOT, COUNT})
ORDERS = (("01", "17", COUNT, LOT), ("01", COUNT, LOT, "17"), (COUNT, LOT, "17", "01"))


class NotWritable(Malformed):
    """What GS1 has no way to write; the label then carries the lot as plain text."""


def elements_of(
    *, barcode: str, lot_number: str, expires_on: date | None, units: int | None, year: int
) -> dict[str, str]:
    """The elements (01), (17), (37) and (10) of units of a lot, as far as they are known.

    Raises: NotWritable (``no_gtin``, ``lot_too_long``, ``bad_character``, ``bad_date``,
    ``too_many_units``), with the reason as it stands on the label.
    """
    if not (gtin := gtin14(barcode)):
        message = "the product's barcode is no GTIN" if barcode else "the product has no barcode"
        raise NotWritable("no_gtin", message)
    if len(lot_number) > LONGEST_LOT:
        message = f"the lot number has more than {LONGEST_LOT} characters"
        raise NotWritable(Fault.LOT_TOO_LONG.value, message)
    if strange := next((char for char in lot_number if char not in CHARACTERS), ""):
        shown = "a space" if strange == " " else f"“{strange}”"
        message = f"the lot number holds {shown}"
        raise NotWritable(Fault.BAD_CHARACTER.value, message, character=strange)
    if expires_on and full_year_of(expires_on.year % 100, year=year) != expires_on.year:
        raise NotWritable(Fault.BAD_DATE.value, "the expiry is too far away for two digits of year")
    if units is not None and not 0 < units <= MOST_UNITS:
        raise NotWritable("too_many_units", f"a code counts 1 to {MOST_UNITS:,} units")
    expiry = f"{expires_on:%y%m%d}" if expires_on else ""
    told = {"01": gtin, "17": expiry, COUNT: str(units or ""), LOT: lot_number}
    return {identifier: value for identifier, value in told.items() if value}


def element_string(elements: dict[str, str], *, year: int) -> str:
    """The elements as one message, in the order of ``written_order``; separators are GS."""
    return _joined(written_order(elements, year=year))


def written_order(elements: dict[str, str], *, year: int) -> dict[str, str]:
    """The elements in an order in which a scanner cannot misread them.

    The lot comes last and the count before it, so that a scanner which sends no separators is
    found out. A lot whose end looks like another element is followed by a separator instead.
    """
    orders = [{name: elements[name] for name in order if name in elements} for order in ORDERS]
    return next(order for order in orders if _reads_back(order, year=year))


def human_readable(elements: dict[str, str]) -> str:
    """As it stands below a barcode: (01)09506000134352(17)261231(10)A1."""
    return "".join(f"({identifier}){value}" for identifier, value in elements.items())


def digital_link(elements: dict[str, str], *, domain: str) -> str:
    """The same as a web address below ``domain`` (https://id.gs1.org)."""
    lot = f"/{LOT}/{quote(elements[LOT], safe='')}" if LOT in elements else ""
    told = "&".join(f"{name}={elements[name]}" for name in ("17", COUNT) if name in elements)
    query = f"?{told}" if told else ""
    return f"{domain.rstrip('/')}/01/{elements['01']}{lot}{query}"


def _joined(elements: dict[str, str]) -> str:
    """Elements of variable length end in a separator, the last one does not."""
    ended = [name + value + SEPARATOR * (name in VARIABLE) for name, value in elements.items()]
    return "".join(ended).removesuffix(SEPARATOR)


def _reads_back(elements: dict[str, str], *, year: int) -> bool:
    try:
        return split_elements(_joined(elements), year=year) == (elements, [])
    except ScanRefused:
        return False
