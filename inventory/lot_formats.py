"""Lot numbers by a pattern, written and read: pure, no database and no clock.

A pattern is text with tokens: ``{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}`` writes and reads
2505-LWX-WLD01-001. Dates and the sequence have a fixed width; words have not, so that two of them
need a sign between them that is neither letter nor digit.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from merchants.days import FIRST_YEAR, LAST_YEAR
from merchants.errors import Malformed

LONGEST_NUMBER = 64
CENTURY = 2000  # of a year with two digits
MOST_DIGITS = 9
DIGITS = {"YYYY": 4, "YY": 2, "MM": 2, "DD": 2, "JJJ": 3}
WORDS = ("BRAND", "PRODUCT", "SUPPLIER", "LINE")
TOKEN = re.compile(r"\{([A-Z]+)(?::([0-9]{1,2}))?\}")
WORD = re.compile(r"[^\W_]+")


class DateMeans(StrEnum):
    """What the date in a number is the date of."""

    MANUFACTURED = "manufactured"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Part:
    """A token, or with ``name`` '' a text that stands there as it is."""

    text: str
    name: str = ""
    width: int = 0  # digits; 0 for words and texts


@dataclass(frozen=True, slots=True)
class Format:
    """A pattern that was read and found good."""

    pattern: str
    parts: tuple[Part, ...]

    def names(self) -> set[str]:
        return {part.name for part in self.parts if part.name}

    @property
    def has_sequence(self) -> bool:
        return "SEQ" in self.names()

    @property
    def last_in_sequence(self) -> int:
        """The highest number that the sequence has room for."""
        return max((10**part.width - 1 for part in self.parts if part.name == "SEQ"), default=0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a number says: its parts by token, and the day, where it carries a whole one."""

    parts: Mapping[str, str]
    day: date | None


def parse(pattern: str) -> Format:
    """The format that a pattern stands for. Raises: Malformed, with the reason and the field."""
    parts: list[Part] = []
    end = 0
    for match in TOKEN.finditer(pattern):
        _add_text(parts, pattern[end : match.start()])
        parts.append(_token(match))
        end = match.end()
    _add_text(parts, pattern[end:])
    made = Format(pattern, tuple(parts))
    _check_tokens(made)
    _check_words(made)
    return made


def write(made: Format, *, day: date, words: Mapping[str, str], sequence: int = 0) -> str:
    """The number of this day, these words and this place in the sequence.

    Raises: Malformed where a word is missing, has other signs than letters and digits (a product's
    may), or the number gets too long.
    """
    texts = {
        "YYYY": f"{day.year:04d}",
        "YY": f"{day:%y}",
        "MM": f"{day:%m}",
        "DD": f"{day:%d}",
        "JJJ": f"{day:%j}",
    }
    number = "".join(_written(part, texts, words, sequence) for part in made.parts)
    if len(number) > LONGEST_NUMBER:
        raise _wrong("too_long", f"{number} is longer than {LONGEST_NUMBER} characters.")
    return number


def scope(made: Format, *, day: date, words: Mapping[str, str]) -> str:
    """The number without its place in the sequence: numbers of one scope are counted together."""
    parts = tuple(Part("#") if part.name == "SEQ" else part for part in made.parts)
    return write(Format(made.pattern, parts), day=day, words=words)


def read(
    made: Format, text: str, *, words: Mapping[str, str], means: str = DateMeans.MANUFACTURED
) -> Reading | None:
    """What a number that somebody typed says by this format; None where it does not fit.

    ``words`` are those that are known: BRAND and PRODUCT have to be these. A month without a day is
    its first day for a date of manufacture, its last for an expiry. A day without a year (0725) is
    no whole one: it is told among the parts, and nothing is made of it.
    """
    known = {name: words[name] for name in ("BRAND", "PRODUCT") if words.get(name)}
    match = re.fullmatch("".join(_expression(one, known) for one in made.parts), text.strip(), re.I)
    if match is None:
        return None
    parts = match.groupdict()
    try:
        return Reading(parts, _day(parts, means))
    except ValueError:
        return None  # there is no month 13: it is another kind of number


def _add_text(parts: list[Part], text: str) -> None:
    if "{" in text or "}" in text:
        known = ", ".join([*(f"{{{name}}}" for name in (*DIGITS, *WORDS)), "{SEQ:3}"])
        raise _wrong("unknown_token", f"“{text}” is no token. There are {known}.")
    if not text.isprintable() or any(c.isspace() for c in text):
        raise _wrong("invalid", "Leave out spaces and what cannot be seen.")
    if text:
        parts.append(Part(text))


def _token(match: re.Match[str]) -> Part:
    name, width = match.groups()
    if name == "SEQ":
        digits = int(width or 0)
        if not 1 <= digits <= MOST_DIGITS:
            message = f"Say how many digits the sequence has, 1 to {MOST_DIGITS}: {{SEQ:3}}."
            raise _wrong("sequence_width", message)
        return Part(match[0], name, digits)
    if width is not None or name not in (*DIGITS, *WORDS):
        raise _wrong("unknown_token", f"There is no token {match[0]}.")
    return Part(match[0], name, DIGITS.get(name, 0))


def _check_tokens(made: Format) -> None:
    """Each once, and dates that can be one."""
    tokens = [part.name for part in made.parts if part.name]
    names = set(tokens)
    if not names:
        raise _wrong("no_token", "Without a token every lot would have the same number.")
    for name in tokens:
        if tokens.count(name) > 1:
            raise _wrong("token_twice", f"{{{name}}} stands there twice.")
    has_year = bool(names & {"YYYY", "YY"})
    if {"YYYY", "YY"} <= names:
        raise _wrong("token_twice", "The year stands there twice.")
    if "DD" in names and "MM" not in names:
        raise _wrong("incomplete_date", "A day needs its month: {MM}{DD}.")
    if "JJJ" in names and (not has_year or names & {"MM", "DD"}):
        raise _wrong("incomplete_date", "A day of the year needs its year and nothing else.")


def _check_words(made: Format) -> None:
    """Between two words there is a sign that cannot be part of either."""
    before, parted = "", True
    for part in made.parts:
        if part.name in WORDS:
            if not parted:
                raise _wrong(
                    "ambiguous",
                    f"{{{before}}} and {{{part.name}}} cannot be told apart: put a sign between "
                    "them that is neither letter nor digit.",
                )
            before, parted = part.name, False
        elif not part.name and any(not c.isalnum() for c in part.text):
            parted = True


def _written(part: Part, texts: Mapping[str, str], words: Mapping[str, str], sequence: int) -> str:
    if not part.name:
        return part.text
    if part.name == "SEQ":
        return f"{sequence:0{part.width}d}"
    if part.name in texts:
        return texts[part.name]
    word = words.get(part.name, "").strip()
    field = part.name.lower()
    if not word:
        raise Malformed("word_missing", f"The format asks for the {field}.", field=field)
    if part.name != "PRODUCT" and not WORD.fullmatch(word):
        raise Malformed("word_invalid", "Use letters and digits only.", field=field)
    return word


def _expression(part: Part, known: Mapping[str, str]) -> str:
    if not part.name:
        return re.escape(part.text)
    if part.width:
        return rf"(?P<{part.name}>[0-9]{{{part.width}}})"
    word = re.escape(known[part.name]) if part.name in known else WORD.pattern
    return rf"(?P<{part.name}>{word})"


def _day(parts: Mapping[str, str], means: str) -> date | None:
    """Raises: ValueError where there is no such day."""
    month = int(parts.get("MM", 1))
    if "YYYY" not in parts and "YY" not in parts:
        date(CENTURY, month, int(parts.get("DD", 1)))  # a leap year, so that 0229 may stand
        return None
    year = int(parts["YYYY"]) if "YYYY" in parts else CENTURY + int(parts["YY"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("no year that can be meant")
    if "JJJ" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["JJJ"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    if "MM" not in parts:
        return None
    if "DD" in parts:
        return date(year, month, int(parts["DD"]))
    first = date(year, month, 1)
    if means == DateMeans.EXPIRY:
        return first.replace(day=calendar.monthrange(year, month)[1])
    return first


def _wrong(code: str, message: str) -> Malformed:
    return Malformed(code, message, field="pattern")
