"""Element strings: which element begins here, how long it is, whether another was swallowed.

Which elements there are and what they may hold is biip's table. Its parser is not used: it cuts a
lot at 20 characters and reads on behind it, asks the clock for the century, and gives one error
for everything.

An element of variable length (lot, count, serial number) ends at a separator or at the end. Where
a scanner sends no separators, what follows is swallowed by it. **Certain**, and refused, is that
when the value is impossible (a lot of more than 20 characters, a count with letters) and its end
reads as elements, or when a lot ends in a whole expiry element that the code lacks otherwise.
**Suspicious**, and told as a doubt, is a lot that ends in a further date or in a count. A serial
number cannot be told from letters of a lot: half of all lot numbers hold a 21 somewhere. Where the
code holds a separator or the lot ends the element before one, the scanner sends them, and nothing
is suspected.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from inventory.gs1.scans import (
    CHARACTERS,
    LONGEST_LOT,
    SEPARATOR,
    Fault,
    ScanRefused,
    has_check_digit,
    is_digits,
)

LOT, SERIAL, COUNT = "10", "21", "37"
EXPIRIES = ("17", "15", "16")  # by what they say about the last good day
DATES = frozenset({"11", "12", "13", *EXPIRIES})
CHECKED = frozenset({"00", "01", "02", "03"})  # end in a check digit
# With what a value may go on that is impossible as it stands.
SERIAL_OR_COUNT = re.compile(r"21.{1,20}|37[1-9]\d{0,7}")
DATES_AND_COUNT = re.compile(r"((?:1[1-3567]\d{6})+)(?:37\d{1,8})?")
TAIL_COUNT = re.compile(r"\D37[1-9]\d{0,3}$")
YEARS_BACK, YEARS_AHEAD = 10, 15  # a swallowed date is taken for one only within these


class Element(NamedTuple):
    identifier: str
    value: str


class _Rule(NamedTuple):
    name: str
    longest: int
    is_variable: bool  # ends at a separator or at the end
    is_numeric: bool
    pattern: str


def split_elements(text: str, *, year: int) -> tuple[dict[str, str], list[str]]:
    """The elements of a message, by identifier in their order, and what is doubtful about them.

    ``text`` is without symbology identifier, separators are GS. Raises: ScanRefused.
    """
    segments = [segment for segment in text.split(SEPARATOR) if segment]
    if not segments:
        raise ScanRefused(Fault.INCOMPLETE, "The code holds no elements. Scan it again.")
    sends_separators = SEPARATOR in text.strip(SEPARATOR) or text.endswith(SEPARATOR)
    found: dict[str, str] = {}
    doubts: list[str] = []
    for segment in segments:
        for element in _elements(segment, year=None if sends_separators else year):
            check_element(element, year=year)
            _add(found, element)
            if not sends_separators:
                doubts += _suspect(element, found, year=year)
    return found, doubts


def check_element(element: Element, *, year: int) -> None:
    """Raises: ScanRefused where the value cannot be one of its element."""
    identifier, value = element
    if identifier in CHECKED and not has_check_digit(value):
        raise ScanRefused(
            Fault.WRONG_CHECK_DIGIT,
            f"The check digit of ({identifier}) {value} is wrong. Scan it again or type it anew; "
            "if it stays, the barcode is printed wrong.",
            element=identifier,
            value=value,
        )
    if identifier in DATES:
        read_date(identifier, value, year=year)


def check_value(identifier: str, value: str) -> None:
    """A value that stands alone, as in a web address. Raises: ScanRefused."""
    rule = _rule_at(identifier)
    if rule is None or rule.name != identifier:
        raise _unknown(identifier)
    _check(rule, value, year=None)


def read_date(identifier: str, value: str, *, year: int) -> date:
    """YYMMDD as a date; day 00 is the month's last. The century is the one nearest ``year``.

    (49 years back to 50 ahead: GS1 General Specifications 7.12.) Raises: ScanRefused.
    """
    months, days = int(value[2:4]), int(value[4:6])
    full_year = full_year_of(int(value[:2]), year=year)
    last = calendar.monthrange(full_year, months)[1] if 1 <= months <= 12 else 0
    if days > last or not last:
        raise ScanRefused(
            Fault.BAD_DATE,
            f"({identifier}) {value[:6]} is no date: it is read as year {value[:2]}, month "
            f"{value[2:4]}, day {value[4:6]}. Scan it again or type the date from the label.",
            element=identifier,
            value=value,
        )
    return date(full_year, months, days or last)


def full_year_of(two_digits: int, *, year: int) -> int:
    ahead = (two_digits - year) % 100
    return year + ahead if ahead <= 50 else year + ahead - 100


def check_characters(text: str) -> None:
    """Raises: ScanRefused for a character that no element may hold."""
    strange = next((char for char in text if char not in CHARACTERS and char != SEPARATOR), "")
    if strange:
        raise ScanRefused(
            Fault.BAD_CHARACTER,
            f"“{strange}” ({_name(strange)}) may not stand in a GS1 code. Scan it again; if it "
            "stays, see whether the scanner is set to this keyboard's language.",
            character=strange,
        )


def _name(char: str) -> str:
    return f"character {ord(char):04X}"


def _elements(segment: str, *, year: int | None) -> Iterator[Element]:
    """The elements of a text between two separators; a variable one takes all that is left.

    ``year`` is None where the scanner sends separators, so that nothing can be swallowed.
    """
    rest = segment
    while rest:
        rule = _rule_at(rest)
        if rule is None:
            raise _unknown(rest)
        start = len(rule.name)
        end = len(rest) if rule.is_variable else start + rule.longest
        value, rest = rest[start:end], rest[end:]
        _check(rule, value, year=year)
        yield Element(rule.name, value)


@lru_cache(maxsize=1024)
def _rule_of(identifier: GS1ApplicationIdentifier) -> _Rule:
    layout = identifier.format.split("+", 1)[1]
    lengths = [int(length) for length in re.findall(r"\d+", re.sub(r"N\d+\.\.", "", layout))]
    lengths += [1] * layout.count("[-]")
    return _Rule(
        identifier.ai,
        longest=sum(lengths),
        is_variable=identifier.separator_required,
        is_numeric=not re.search("[XYZ-]", layout),
        pattern=identifier.pattern,
    )


def _rule_at(text: str) -> _Rule | None:
    try:
        return _rule_of(GS1ApplicationIdentifier.extract(text))
    except ParseError:
        return None


def _unknown(text: str) -> ScanRefused:
    if len(text) == 1:
        message = f"The code ends in a lone “{text}”. Scan the whole code again."
        return ScanRefused(Fault.INCOMPLETE, message, value=text)
    return ScanRefused(
        Fault.UNKNOWN_ELEMENT,
        f"No GS1 element begins with “{text[:4]}”. Scan it again; if it stays, type what the "
        "label says.",
        value=text,
    )


def _check(rule: _Rule, value: str, *, year: int | None) -> None:
    """Length and characters of a value. Raises: ScanRefused."""
    facts = {"element": rule.name, "value": value}
    if not value or (not rule.is_variable and len(value) < rule.longest):
        raise ScanRefused(
            Fault.INCOMPLETE,
            f"({rule.name}) needs {_needed(rule)} and has {len(value)}: “{value}”. The code was "
            "not read to its end; scan it again.",
            **facts,
        )
    is_impossible = len(value) > rule.longest or (rule.is_numeric and not is_digits(value))
    if is_impossible and year and _holds_element(rule, value, year=year):
        raise _swallowed(rule.name, value)
    if len(value) > rule.longest:
        raise _too_long(rule, value)
    if rule.is_numeric and not is_digits(value):
        message = f"({rule.name}) takes digits only, not “{value}”. Scan the code again."
        raise ScanRefused(Fault.BAD_CHARACTER, message, **facts)
    if not re.search(rule.pattern, rule.name + value) and rule.name not in DATES:
        message = f"({rule.name}) cannot be “{value}”. Scan the code again."
        raise ScanRefused(Fault.INCOMPLETE, message, **facts)


def _needed(rule: _Rule) -> str:
    return "at least 1 character" if rule.is_variable else f"{rule.longest} digits"


def _too_long(rule: _Rule, value: str) -> ScanRefused:
    facts = {"element": rule.name, "value": value}
    if rule.name == LOT:
        message = (
            f"The lot number has {len(value)} characters; a GS1 code takes at most {LONGEST_LOT}: "
            f"“{value}”. Type the lot number from the label."
        )
        return ScanRefused(Fault.LOT_TOO_LONG, message, **facts)
    message = f"({rule.name}) takes at most {rule.longest} characters and has {len(value)}."
    return ScanRefused(Fault.ELEMENT_TOO_LONG, f"{message} Scan the code again.", **facts)


def _holds_element(rule: _Rule, value: str, *, year: int) -> bool:
    """An impossible value has a possible beginning, and behind it what reads as an element."""
    if not rule.is_variable:
        return False
    if rule.is_numeric:
        digits = len(value) - len(value.lstrip("0123456789"))
        return any(value[at : at + 2] in (LOT, SERIAL) for at in range(1, digits))
    return any(_begins(value[at:], year=year) for at in range(1, min(len(value), rule.longest + 1)))


def _begins(text: str, *, year: int) -> bool:
    """Something that can hardly be by chance: a date, a GTIN, or a serial number or count last."""
    if text[:2] in DATES:
        return is_digits(text[:8]) and len(text) >= 8 and _are_near(text[:8], year=year)
    if text[:2] in CHECKED and is_digits(gtin := text[2:16]) and len(gtin) == 14:
        return has_check_digit(gtin)
    return bool(SERIAL_OR_COUNT.fullmatch(text))


def _swallowed(identifier: str, value: str) -> ScanRefused:
    return ScanRefused(
        Fault.MISSING_SEPARATOR,
        f"The separator behind ({identifier}) is missing: “{value}” holds more than one element. "
        "Set the scanner to send the separator (GS, also called FNC1), or type what the label "
        "says.",
        element=identifier,
        value=value,
    )


def _suspect(element: Element, found: dict[str, str], *, year: int) -> list[str]:
    """Doubts on a lot without a separator behind it. Raises: ScanRefused where it is certain."""
    identifier, value = element
    if identifier == COUNT and re.fullmatch(r"\d+10\d+", value) and len(value) > 4:
        return [f"Is the count really {value}? A lot may have been swallowed by it."]
    if identifier != LOT:
        return []
    dates = _dates_at_end(value, year=year)
    is_certain = len(dates) > 1 or any(name in EXPIRIES for name in dates)
    if is_certain and not any(name in found for name in EXPIRIES):
        raise _swallowed(LOT, value)
    if dates or (COUNT not in found and TAIL_COUNT.search(value)):
        return [f"Is the lot number really “{value}”? Its end may be another element."]
    return []


def _dates_at_end(value: str, *, year: int) -> list[str]:
    """The identifiers of the date elements that the value ends in, with a count behind or none."""
    for start in range(1, len(value) - 7):
        tail = DATES_AND_COUNT.fullmatch(value, start)
        if tail and _are_near(tail[1], year=year):
            return [tail[1][at : at + 2] for at in range(0, len(tail[1]), 8)]
    return []


def _are_near(dates: str, *, year: int) -> bool:
    """All are dates, in years that goods of today may carry."""
    for at in range(0, len(dates), 8):
        try:
            told = read_date(dates[at : at + 2], dates[at + 2 : at + 8], year=year)
        except ScanRefused:
            return False
        if not year - YEARS_BACK <= told.year <= year + YEARS_AHEAD:
            return False
    return True


def _add(found: dict[str, str], element: Element) -> None:
    """Raises: ScanRefused where an element comes twice and says two things."""
    identifier, value = element
    if found.setdefault(identifier, value) != value:
        raise ScanRefused(
            Fault.REPEATED_ELEMENT,
            f"({identifier}) stands twice in the code: “{found[identifier]}” and “{value}”. "
            "Perhaps two codes were scanned in one go; scan one of them again.",
            element=identifier,
            value=value,
        )
