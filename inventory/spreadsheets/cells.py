# mypy: disable-error-code="misc"
"""What the cells of a column may hold, and how a value is written into one. Pure.

A rule takes what the file has: text, a number, a real date, a formula. It never guesses: what
could mean two things is refused with what was expected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from import_export.widgets import Widget

from merchants.errors import Malformed

LARGEST_WHOLE = 2**31 - 1
# Day numbers before this one are numbers that were formatted as a date by mistake.
FIRST_DAY, LAST_DAY = date(1900, 3, 1), date(2199, 12, 31)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DIGITS = re.compile(r"\d{1,12}", re.ASCII)
DECIMAL_DIGITS = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)
LINE_BREAKS = "\n\r\t"
SHOWN_CHARACTERS = 60
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes. Its text, never its result."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that shows an error such as #REF!."""

    text: str


class Unsaid(Enum):
    """An empty cell of a column in which empty means: as it is, or the default."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID  # a member of an Enum stays itself when rules are copied
Cell = str | int | float | Decimal | date | Formula | Broken | None


class Expected(ValueError):
    """A cell does not hold what its column takes; the message says what was expected."""

    def __init__(self, code: str, expected: str) -> None:
        self.code = code
        super().__init__(expected)


def shown(cell: Any) -> str:
    """A cell as a message quotes it: short, on one line, with signs one can see."""
    if isinstance(cell, Formula | Broken):
        cell = cell.text
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        cell = cell.date()
    text = "" if cell is None else str(cell)
    visible = "".join(
        f"\\x{ord(c):02x}" if unicodedata.category(c) in ("Cc", "Cs", "Cf") else c
        for c in text[:SHOWN_CHARACTERS]
    )
    return visible + "…" if len(text) > SHOWN_CHARACTERS else visible


def is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


class Rule(Widget):
    """What one column takes. Subclasses say what they expect, and read a cell that is not empty."""

    is_text = False

    def __init__(self, *, empty: Any = UNSAID, required: bool = False) -> None:
        super().__init__()
        self.empty, self.required = empty, required

    @property
    def expected(self) -> str:
        raise NotImplementedError

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The value of a cell. Raises: Expected."""
        if isinstance(value, Formula):
            raise Expected("formula_not_allowed", f"{self.expected}; no formula")
        if isinstance(value, Broken):
            raise Expected("cell_error", self.expected)
        if is_empty(value):
            if self.required:
                raise Expected("required", self.expected)
            return self.empty
        return self.read(value)

    def read(self, cell: Any) -> Any:
        raise NotImplementedError

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """What stands in the cell of a value; None leaves it empty."""
        return value


class Text(Rule):
    """A text; with `code`, one that is compared, such as a SKU: nothing invisible in it."""

    is_text = True

    def __init__(
        self,
        max_length: int,
        *,
        required: bool = False,
        multiline: bool = False,
        code: bool = False,
        empty: Any = "",
    ) -> None:
        super().__init__(empty=empty, required=required)
        self.max_length, self.multiline, self.code = max_length, multiline, code

    @property
    def expected(self) -> str:
        return f"text of at most {self.max_length} characters"

    def read(self, cell: Any) -> str:
        if not isinstance(cell, str):
            raise Expected(
                "must_be_text",
                "text: format the column as text and type it again, so that zeros in front and "
                "long numbers stay as they are",
            )
        text = cell.strip()
        if len(text) > self.max_length:
            message = f"at most {self.max_length} characters; these are {len(text)}"
            raise Expected("value_too_long", message)
        if any(self._is_refused(character) for character in text):
            raise Expected("control_character", "text without control or invisible characters")
        return text

    def _is_refused(self, character: str) -> bool:
        """Controls, half characters, and what turns the reading direction around."""
        if self.multiline and character in LINE_BREAKS:
            return False
        category = unicodedata.category(character)
        if category == "Cf":
            return self.code or unicodedata.bidirectional(character) not in ("BN", "L", "R", "AL")
        return category in ("Cc", "Cs")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        if self.multiline and value:  # line breaks as spreadsheet programs have them
            return value.replace("\r\n", "\n")
        return value or None


class Whole(Rule):
    """A whole number of units or days."""

    def __init__(
        self,
        minimum: int = 0,
        maximum: int = LARGEST_WHOLE,
        *,
        empty: Any = UNSAID,
        required: bool = False,
    ) -> None:
        super().__init__(empty=empty, required=required)
        self.minimum, self.maximum = minimum, maximum

    @property
    def expected(self) -> str:
        if self.maximum < LARGEST_WHOLE:
            return f"a whole number from {self.minimum} to {self.maximum}"
        return f"a whole number from {self.minimum} on, such as 12"

    def read(self, cell: Any) -> int:
        number = self._number(cell)
        if number is None:
            raise Expected("not_a_whole_number", self.expected)
        if number < self.minimum:
            raise Expected("min_value", self.expected)
        if number > self.maximum:
            raise Expected("too_large", f"a whole number of at most {self.maximum}")
        return number

    def _number(self, cell: Any) -> int | None:
        """A float is taken where it is whole exactly; nothing is ever rounded."""
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int):
            return cell
        if isinstance(cell, float) and cell.is_integer():
            return int(cell)
        if isinstance(cell, str) and DIGITS.fullmatch(cell.strip()):
            return int(cell)
        return None


class Measure(Rule):
    """A size or weight with at most two decimals."""

    expected = "a number such as 4.25, of at most 999999.99 and two decimals"
    largest = Decimal("999999.99")

    def read(self, cell: Any) -> Decimal:
        text = cell.strip() if isinstance(cell, str) else repr(cell)
        if isinstance(cell, bool) or not DECIMAL_DIGITS.fullmatch(text):
            raise Expected("not_a_number", self.expected)
        value = Decimal(text)
        exact = value.quantize(self.largest)
        if exact != value or exact > self.largest:
            raise Expected("not_a_number", self.expected)
        return exact


class Amount(Measure):
    """What something is worth, with at most four decimals: some units cost less than a cent."""

    expected = "an amount such as 12.50, of at most 99999999.9999 and four decimals"
    largest = Decimal("99999999.9999")


class Day(Rule):
    """A date: a real date cell, or YYYY-MM-DD as text. 03/04/2027 could be two days."""

    expected = "a date cell, or a date written as text like 2027-04-30"

    def read(self, cell: Any) -> date:
        day = self._day(cell)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise Expected("invalid_date", f"{self.expected}, from {FIRST_DAY} to {LAST_DAY}")
        return day

    def _day(self, cell: Any) -> date:
        if isinstance(cell, datetime):
            if cell.time() != datetime.min.time():
                raise Expected("ambiguous_date", f"{self.expected}, without a time of day")
            return cell.date()
        if isinstance(cell, date):
            return cell
        if not isinstance(cell, str) or not ISO_DAY.fullmatch(cell.strip()):
            raise Expected("ambiguous_date", self.expected)
        try:
            return date.fromisoformat(cell.strip())
        except ValueError as error:
            raise Expected("invalid_date", f"{self.expected}; there is no such day") from error


class YesNo(Rule):
    expected = "yes or no"

    def read(self, cell: Any) -> bool:
        if isinstance(cell, bool):
            return cell
        word = str(cell).strip().casefold() if isinstance(cell, str | int) else ""
        if word not in YES + NO:
            raise Expected("invalid_choice", self.expected)
        return word in YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return None if value is None else YES[0] if value else NO[0]


class Choice(Rule):
    """One of a few words, whatever their case."""

    def __init__(self, choices: Iterable[str], *, empty: Any = UNSAID) -> None:
        super().__init__(empty=empty)
        self.choices = [str(choice) for choice in choices]

    @property
    def expected(self) -> str:
        words = ", ".join(self.choices[:-1]) + f" or {self.choices[-1]}"
        return words if self.empty is UNSAID else f"{words}, or nothing"

    def read(self, cell: Any) -> str:
        word = cell.strip().casefold() if isinstance(cell, str) else ""
        if word not in self.choices:
            raise Expected("invalid_choice", self.expected)
        return word


class Named(Rule):
    """Something of the house that the cell names by its code, such as a merchant."""

    is_text = True

    def __init__(self, noun: str, by_code: Mapping[str, Any] | None = None) -> None:
        super().__init__(required=True)
        self.noun = noun
        self.by_code = by_code or {}  # by folded code

    @property
    def expected(self) -> str:
        return f"the code of a {self.noun}"

    def read(self, cell: Any) -> Any:
        if not isinstance(cell, str):
            raise Expected("must_be_text", f"{self.expected}, as text")
        found = self.by_code.get(cell.strip().casefold())
        if found is None:
            raise Expected(f"unknown_{self.noun}", f"{self.expected}; there is none of this code")
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return value.code


class FileRefused(Malformed):
    """The file as a whole cannot be read; nothing of it was looked at further."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, field="import_file")
