"""Step 3 of a draft: its boxes, their tracking numbers, and what is in each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from merchants.errors import DomainError, Malformed
from receiving.editors.typed import Data, Typed, places, pressed
from receiving.models import MOST_BOXES
from receiving.packing import AnnouncedBox, ContentKey, Packed, packed_units, spread

MOST_LOTS = 100  # more are packed by spreadsheet: nobody works through such a page
LONGEST_TRACKING_NUMBER = 64


@dataclass
class ContentRow:
    what: Packed
    quantity: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        return token_of(self.what)

    @property
    def units(self) -> int:
        """As far as it can be read."""
        return Typed([]).units(self.quantity) or 0


@dataclass
class BoxRow:
    """A box of the page. ``was`` is its place in the draft, ``kept`` what it holds there unseen."""

    tracking: str = ""
    contents: list[ContentRow] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    was: str = ""
    kept: tuple[Packed, ...] = ()

    @property
    def kept_units(self) -> int:
        return sum(one.quantity for one in self.kept)

    def put(self, what: Packed, units: int) -> None:
        """Add units to what the box holds."""
        for row in self.contents:
            if row.what.key == what.key:
                row.quantity = str(row.units + units)
                return
        self.contents.append(ContentRow(what, str(units)))


@dataclass(frozen=True)
class ToPack:
    """An announced lot: how many of its units are in the boxes, and how many are left."""

    what: Packed
    packed: int

    @property
    def left(self) -> int:
        return self.what.quantity - self.packed

    @property
    def surplus(self) -> int:
        return -self.left

    @property
    def token(self) -> str:
        return token_of(self.what)


class BoxesEditor:
    """The boxes of a draft. ``wanted`` is what it announces."""

    PATH: ClassVar = re.compile(r"boxes\[(\d+)\]\.contents\[(\d+)\]")

    def __init__(self, wanted: Mapping[ContentKey, Packed], rows: list[BoxRow]) -> None:
        self.wanted = wanted
        self.rows = rows
        self.count = str(len(rows))
        self.errors: list[str] = []
        self.focus = ""

    @classmethod
    def of(cls, wanted: Mapping[ContentKey, Packed], boxes: Sequence[AnnouncedBox]) -> BoxesEditor:
        """The boxes as a draft has them; where it has none yet, one to begin with."""
        editor = cls(wanted, [])
        editor.rows = [
            BoxRow(
                box.tracking_number or "",
                [ContentRow(one, str(one.quantity)) for one in box.contents or ()],
            )
            if editor.has_contents
            else BoxRow(box.tracking_number or "", was=str(place), kept=box.contents or ())
            for place, box in enumerate(boxes)
        ] or [BoxRow()]
        editor.count = str(len(editor.rows))
        return editor

    @classmethod
    def typed(
        cls,
        wanted: Mapping[ContentKey, Packed],
        data: Data,
        standing: Sequence[AnnouncedBox] = (),
    ) -> BoxesEditor:
        """The boxes as they were sent; what is no longer announced is left out.

        ``standing`` are the draft's, whose contents stay where they are too many for the page.
        """
        by_token = {token_of(one): one for one in wanted.values()}
        kept = {str(place): box.contents or () for place, box in enumerate(standing)}
        rows = [
            BoxRow(
                data[f"box-{place}-tracking"].strip(),
                list(_contents(data, place, by_token)),
                was=(was := data.get(f"box-{place}-was", str(place))),
                kept=kept.get(was, ()),
            )
            for place in places(data, "box-{}-tracking")
        ]
        editor = cls(wanted, rows)
        editor.chosen = {place: data.get(f"box-{place}-add", "") for place in range(len(rows))}
        editor._resize(data.get("count", ""))
        editor._paste(data.get("tracking_numbers", ""))
        return editor

    chosen: Mapping[int, str] = {}  # what is picked in the list of each box

    @property
    def has_contents(self) -> bool:
        """Whether the page asks what is in which box."""
        return 0 < len(self.wanted) <= MOST_LOTS

    @property
    def kept_units(self) -> int:
        """Units that the draft has in boxes, where their lots are too many for the page."""
        return sum(row.kept_units for row in self.rows)

    @property
    def wanted_units(self) -> int:
        return sum(one.quantity for one in self.wanted.values())

    @property
    def most_lots(self) -> int:
        return MOST_LOTS

    @property
    def to_pack(self) -> list[ToPack]:
        units = packed_units(
            AnnouncedBox("", tuple(_packed(one, one.units) for one in row.contents))
            for row in self.rows
        )
        return [ToPack(one, units[key]) for key, one in self.wanted.items()]

    @property
    def has_left(self) -> bool:
        """Whether there is anything to put into a box still."""
        return any(one.left > 0 for one in self.to_pack)

    @property
    def is_packed(self) -> bool:
        """Whether any box says what is in it."""
        return any(row.contents for row in self.rows)

    def do(self, action: str) -> None:
        """Press one of the buttons that change the boxes."""
        match pressed(action):
            case "spread", *_ if self.rows:
                self._spread()
            case "empty", *_:
                for row in self.rows:
                    row.contents.clear()
            case "rest", int(box) if box < len(self.rows):
                for one in self.to_pack:
                    if one.left > 0:
                        self.rows[box].put(one.what, one.left)
            case "add", int(box) if box < len(self.rows):
                self._add(box)
            case "remove", int(box), int(row) if box < len(self.rows):
                del self.rows[box].contents[row : row + 1]
            case "remove-box", int(box) if box < len(self.rows):
                del self.rows[box]
                self.count = str(len(self.rows))

    def _spread(self) -> None:
        """Each lot over all boxes, as evenly as may be."""
        for row in self.rows:
            row.contents.clear()
        for what in self.wanted.values():
            for row, units in zip(self.rows, spread(what.quantity, len(self.rows)), strict=True):
                if units:
                    row.put(what, units)

    def _add(self, box: int) -> None:
        """Put what is left of the lot that is picked in the list into the box."""
        for one in self.to_pack:
            if one.token == self.chosen.get(box):
                row = self.rows[box]
                row.put(one.what, max(one.left, 0))
                place = [content.token for content in row.contents].index(one.token)
                self.focus = f"box-{box}-row-{place}-quantity"

    def _resize(self, count: str) -> None:
        if not count.strip():
            return
        self.count = count
        number = int(count) if count.strip().isascii() and count.strip().isdigit() else -1
        if not 0 <= number <= MOST_BOXES:
            self.errors.append(f"“{count}” is not a number of boxes from 0 to {MOST_BOXES}.")
            return
        del self.rows[number:]
        self.rows += [BoxRow() for _ in range(number - len(self.rows))]

    def _paste(self, text: str) -> None:
        """A tracking number for each box in turn; a blank row leaves its box as it is."""
        numbers = [row.strip() for row in text.rstrip().splitlines()]
        if len(numbers) > MOST_BOXES:
            self.errors.append(f"There are {len(numbers)} tracking numbers: more than boxes.")
            return
        if len(numbers) > len(self.rows):
            self.rows += [BoxRow() for _ in range(len(numbers) - len(self.rows))]
            self.count = str(len(self.rows))
        for row, number in zip(self.rows, numbers, strict=False):
            row.tracking = number or row.tracking

    def boxes(self) -> list[AnnouncedBox] | None:
        """What is announced; None where something typed cannot be read."""
        boxes = [
            AnnouncedBox(
                row.tracking,
                tuple(
                    _packed(one, Typed(one.errors).units(one.quantity) or 0) for one in row.contents
                )
                if self.has_contents
                else row.kept,
            )
            for row in self.rows
        ]
        for row in self.rows:
            if len(row.tracking) > LONGEST_TRACKING_NUMBER:
                row.errors.append(
                    f"A tracking number has at most {LONGEST_TRACKING_NUMBER} characters."
                )
        wrong = self.errors or any(row.errors for row in self.rows)
        wrong = wrong or any(one.errors for row in self.rows for one in row.contents)
        return None if wrong else boxes

    def refuse(self, refusal: DomainError) -> None:
        """Show a service's refusal at the row that it names."""
        errors = refusal.errors if isinstance(refusal, Malformed) else []
        for error in errors:
            if match := self.PATH.match(error["field"]):
                row = self.rows[int(match[1])].contents[int(match[2])]
                row.errors.append(error["message"])
            else:
                self.errors.append(error["message"])
        if not errors:
            self.errors.append(str(refusal))


def token_of(what: Packed) -> str:
    """What is in a box, as a field of the form names it."""
    product_id, number_key, expires_on = what.key
    return f"{product_id}|{number_key}|{expires_on or ''}"


def _packed(row: ContentRow, units: int) -> Packed:
    what = row.what
    return Packed(what.product, units, what.lot_number, what.expires_on)


def _contents(data: Data, box: int, by_token: Mapping[str, Packed]) -> Iterable[ContentRow]:
    name = f"box-{box}-row-{{}}"
    for place in places(data, f"{name}-what"):
        what = by_token.get(data[f"{name.format(place)}-what"])
        if what:
            yield ContentRow(what, data.get(f"{name.format(place)}-quantity", ""))
