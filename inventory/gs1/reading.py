"""From what a scanner typed to a ``Scan``: which kind of code it is, then its content."""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from biip import ParseError
from biip.upc import Upc

from inventory.gs1.elements import (
    COUNT,
    LOT,
    SERIAL,
    Element,
    check_characters,
    check_element,
    check_value,
    read_date,
    split_elements,
)
from inventory.gs1.scans import (
    GTIN_LENGTHS,
    SEPARATOR,
    Fault,
    Kind,
    Scan,
    ScanRefused,
    has_check_digit,
    is_digits,
)

LONGEST_TEXT = 64  # of a lot number, a SKU, a tracking number
# What stands for the separator where a keyboard cannot type GS.
WRITTEN_SEPARATORS = ("{GS}", "<GS>", "\N{SYMBOL FOR GROUP SEPARATOR}")
SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
OF_ELEMENTS = frozenset({"]C1", "]e0", "]d2", "]d8", "]Q3", "]J1"})
OF_GTINS = frozenset({"]E0", "]E4", "]I1"})
WRO_LABEL = re.compile(r"WRO-(\d{6,12})(?:/(\d{1,3}))?", re.IGNORECASE)
# A code that came without symbology identifier is one of elements when it begins so.
HEAD = re.compile(r"0[12]\d{12}|00\d{17}")
BRACKETS = re.compile(r"\((\d{2,4})\)")
LINK_KEYS = ("00", "01")
LINK_QUALIFIERS = frozenset({"22", LOT, SERIAL})
SSCC_LENGTH = 18


def read(text: str, *, year: int, separator: str = "") -> Scan:
    """What was scanned, whatever it is: elements, a web address, a GTIN, an SSCC, our box, text.

    ``year`` (the present one) decides the century of two-digit years; ``separator`` is what the
    scanner types for GS where it is set to another character. Raises: ScanRefused.
    """
    return _read(text, year=year, separator=separator, expects_lot=False)


def read_lot(text: str, *, year: int, separator: str = "") -> Scan:
    """As ``read``, in a field for a lot: digits that are no GTIN are the lot's number.

    A plain text comes back as ``lot_number``. A scanned GTIN stays a GTIN: somebody scanned the
    product where the lot was asked for. Raises: ScanRefused.
    """
    return _read(text, year=year, separator=separator, expects_lot=True)


def _read(text: str, *, year: int, separator: str, expects_lot: bool) -> Scan:
    clean = _clean(text, separator)
    symbology = match[0] if (match := SYMBOLOGY.match(clean)) else ""
    content = clean[len(symbology) :]
    if not content:
        raise ScanRefused(Fault.EMPTY, "Nothing was scanned. Scan again.", text=text)
    try:
        return _dispatch(content, symbology, year=year, expects_lot=expects_lot)
    except ScanRefused as refusal:
        refusal.data["text"] = text
        raise


def _clean(text: str, separator: str) -> str:
    """Without the Enter or Tab of the scanner; separators as GS."""
    clean = text.strip(" \t\r\n\v\f")
    for written in (*WRITTEN_SEPARATORS, separator) if separator else WRITTEN_SEPARATORS:
        clean = clean.replace(written, SEPARATOR)
    return clean


def _dispatch(content: str, symbology: str, *, year: int, expects_lot: bool) -> Scan:
    if symbology in OF_ELEMENTS and not _is_link(content):
        return _of_elements(content, year=year)
    if symbology in OF_GTINS:
        return _of_gtin(content)
    if _is_link(content):
        return _of_link(content, year=year)
    if match := WRO_LABEL.fullmatch(content):
        return _of_wro(content, match)
    if BRACKETS.match(content):
        return _of_elements(_without_brackets(content), year=year)
    if not symbology and (SEPARATOR in content or HEAD.match(content)):
        return _of_elements(content, year=year)
    if is_digits(content):
        return _of_digits(content, year=year, expects_lot=expects_lot)
    return _of_text(content, expects_lot=expects_lot)


def _of_elements(content: str, *, year: int) -> Scan:
    check_characters(content)
    found, doubts = split_elements(content, year=year)
    return _scan(Kind.GS1, content, found, doubts, year=year)


def _without_brackets(content: str) -> str:
    """(01)09506000134352(10)A1 as elements: what people copy from under a barcode."""
    parts = BRACKETS.split("".join(content.split()))[1:]
    return SEPARATOR.join(map("".join, zip(parts[::2], parts[1::2], strict=True))) + SEPARATOR


def _scan(
    kind: Kind, text: str, found: dict[str, str], doubts: list[str] | None = None, *, year: int
) -> Scan:
    def dated(identifier: str) -> date | None:
        value = found.get(identifier)
        return read_date(identifier, value, year=year) if value else None

    best_before_on, sell_by_on = dated("15"), dated("16")
    count = found.get(COUNT) or found.get("30")
    return Scan(
        kind=Kind.SSCC if set(found) == {"00"} else kind,
        text=text,
        gtin=found.get("01") or found.get("02", ""),
        lot_number=found.get(LOT, ""),
        expires_on=dated("17") or dated("7003") or best_before_on or sell_by_on,
        best_before_on=best_before_on,
        sell_by_on=sell_by_on,
        manufactured_on=dated("11"),
        packed_on=dated("13"),
        quantity=int(count) if count else None,
        serial_number=found.get(SERIAL, ""),
        sscc=found.get("00", ""),
        elements=MappingProxyType(found),
        doubts=tuple(doubts or ()),
    )


def _is_link(content: str) -> bool:
    return bool(re.match(r"https?://", content, re.IGNORECASE))


def _of_link(content: str, *, year: int) -> Scan:
    """Elements of a GS1 Digital Link: the key and its qualifiers in the path, the rest behind ?.

    Any host and any path before the key will do. Keys of the query that are no numbers are the
    host's own. Raises: ScanRefused.
    """
    try:
        parts = urlsplit(content)
    except ValueError:
        message = "This web address is not complete. Scan the code again."
        raise ScanRefused(Fault.INCOMPLETE, message) from None
    found: dict[str, str] = {}
    for identifier, value in [*_path_elements(parts.path), *_query_elements(parts.query)]:
        plain = unquote(value)
        if identifier == "01" and len(plain) in GTIN_LENGTHS:
            plain = plain.zfill(14)
        check_characters(plain)
        check_value(identifier, plain)
        check_element(Element(identifier, plain), year=year)
        if found.setdefault(identifier, plain) != plain:
            message = f"({identifier}) stands twice in this web address. Scan the code again."
            raise ScanRefused(Fault.REPEATED_ELEMENT, message, element=identifier)
    return _scan(Kind.DIGITAL_LINK, content, found, year=year)


def _path_elements(path: str) -> list[Element]:
    parts = path.strip("/").split("/")
    keys = [at for at, part in enumerate(parts) if part in LINK_KEYS]
    if not keys:
        message = "This web address names no product: it is not a GS1 Digital Link."
        raise ScanRefused(Fault.UNKNOWN_ELEMENT, f"{message} Scan another code of the label.")
    parts = parts[keys[0] :]
    if len(parts) % 2:
        message = f"This web address ends behind ({parts[-1]}). Scan the whole code again."
        raise ScanRefused(Fault.INCOMPLETE, message, element=parts[-1])
    elements = [Element(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    strange = [one.identifier for one in elements[1:] if one.identifier not in LINK_QUALIFIERS]
    if strange:
        message = f"“{strange[0]}” may not stand in the path of a GS1 Digital Link."
        raise ScanRefused(Fault.UNKNOWN_ELEMENT, message, element=strange[0])
    return elements


def _query_elements(query: str) -> list[Element]:
    pairs = [pair.partition("=") for pair in re.split("[&;]", query)]
    return [Element(name, value) for name, _, value in pairs if is_digits(name)]


def _of_wro(content: str, match: re.Match[str]) -> Scan:
    box = int(match[2]) if match[2] else None
    kind = Kind.WRO if box is None else Kind.WRO_BOX
    return Scan(kind, content, wro_id=int(match[1]), box=box)


def _of_gtin(digits: str) -> Scan:
    """A code that can only be a GTIN. Raises: ScanRefused."""
    text = digits
    if not is_digits(digits):
        message = f"A product's barcode holds digits only, not “{text}”. Scan it again."
        raise ScanRefused(Fault.BAD_CHARACTER, message)
    if len(digits) not in GTIN_LENGTHS:
        message = f"A product's barcode has 8, 12, 13 or 14 digits, not {len(digits)}."
        raise ScanRefused(Fault.INCOMPLETE, f"{message} Scan it again.")
    if not has_check_digit(digits):
        digits = _expanded(digits)
    return Scan(Kind.GTIN, text, gtin=digits.zfill(14))


def _expanded(digits: str) -> str:
    """A UPC-E of 8 digits in full. Raises: ScanRefused for any other wrong check digit."""
    if len(digits) == 8 and digits[0] in "01":
        try:
            return Upc.parse(digits).as_upc_a()
        except ParseError:
            pass
    message = f"The check digit of {digits} is wrong. Scan it again or type it anew."
    raise ScanRefused(Fault.WRONG_CHECK_DIGIT, message, value=digits)


def _of_digits(content: str, *, year: int, expects_lot: bool) -> Scan:
    """Digits alone: a GTIN or SSCC by length and check digit, else a text."""
    if len(content) not in (*GTIN_LENGTHS, SSCC_LENGTH):
        return _of_text(content, expects_lot=expects_lot)
    is_date = len(content) == 8 and _looks_like_a_date(content, year=year)
    is_right = has_check_digit(content)
    if (is_date and expects_lot) or (not is_right and (is_date or expects_lot)):
        return _of_text(content, expects_lot=expects_lot)
    if len(content) == SSCC_LENGTH:
        check_element(Element("00", content), year=year)
        return Scan(Kind.SSCC, content, sscc=content)
    return _of_gtin(content)


def _looks_like_a_date(digits: str, *, year: int) -> bool:
    """20250808: many lots are numbered by their day."""
    if abs(int(digits[:4]) - year) > 20:
        return False
    try:
        read_date("", digits[2:], year=year)
    except ScanRefused:
        return False
    return digits[6:] != "00"


def _of_text(content: str, *, expects_lot: bool) -> Scan:
    strange = next((char for char in content if not char.isprintable()), "")
    if strange:
        raise ScanRefused(
            Fault.BAD_CHARACTER,
            f"The text holds an invisible character ({ord(strange):04X}). Scan it again or type "
            "it from the label.",
            character=strange,
        )
    if len(content) > LONGEST_TEXT:
        message = f"A lot number or SKU has at most {LONGEST_TEXT} characters, not {len(content)}."
        raise ScanRefused(Fault.LOT_TOO_LONG, message)
    return Scan(Kind.PLAIN, content, lot_number=content if expects_lot else "")
