"""What is in which box of a WRO, as plain values, and what is wrong with that.

Pure: nothing is read or written here. That a WRO says what is in its boxes is optional; where it
does, the boxes together hold what it announces, lot by lot.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inventory.models import Product, lot_key
from merchants.errors import FieldError
from receiving.announcement import AnnouncedLine

ContentKey = tuple[int, str, date | None]  # product, key of the lot's number, else its expiry


@dataclass(frozen=True, slots=True)
class Packed:
    """Units of one announced product and lot in one box; no lot for a product without lots."""

    product: Product
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None

    @property
    def key(self) -> ContentKey:
        key = lot_key(self.lot_number)
        return (self.product.pk, key, None if key else self.expires_on)

    def __str__(self) -> str:
        lot = self.lot_number or (f"expiring {self.expires_on}" if self.expires_on else "")
        return f"{self.product.sku} {lot}".strip()


@dataclass(frozen=True, slots=True)
class AnnouncedBox:
    """One box, pallet or container, by its place in the list. None: not said, or as it stands."""

    tracking_number: str | None = None
    contents: tuple[Packed, ...] | None = None


def announced_units(lines: Iterable[AnnouncedLine]) -> dict[ContentKey, Packed]:
    """What there is to pack: the units of each lot, and of each product without lots."""
    packed = [
        Packed(line.product, lot.quantity or 0, lot.number.strip(), lot.expires_on)
        for line in lines
        for lot in line.lots or ()
    ]
    packed += [Packed(line.product, line.quantity or 0) for line in lines if not line.lots]
    return {one.key: one for one in packed}


def merged(
    changes: Sequence[AnnouncedBox],
    standing: Sequence[AnnouncedBox],
    wanted: Mapping[ContentKey, Packed],
) -> list[AnnouncedBox]:
    """The boxes as changed: what a change does not say stays as the box at its place has it.

    What stands in a box and is no longer announced (``wanted``) goes.
    """
    boxes = []
    for place, box in enumerate(changes):
        old = standing[place] if place < len(standing) else AnnouncedBox("", ())
        tracking = old.tracking_number if box.tracking_number is None else box.tracking_number
        kept = tuple(one for one in old.contents or () if one.key in wanted)
        contents = kept if box.contents is None else box.contents
        boxes.append(AnnouncedBox((tracking or "").strip(), contents))
    return boxes


def box_faults(
    boxes: Sequence[AnnouncedBox], wanted: Mapping[ContentKey, Packed]
) -> list[FieldError]:
    """What no draft may hold: contents that are not announced, or twice in one box."""
    found = []
    for place, box in enumerate(boxes):
        seen = set()
        for row, one in enumerate(box.contents or ()):
            path = f"boxes[{place}].contents[{row}]"
            if not _is_announced(one, wanted):
                name = "lot_number" if one.lot_number or one.expires_on else "sku"
                message = f"{one} is not announced by this WRO."
                found.append(_fault(f"{path}.{name}", "not_announced", message))
            elif one.key in seen:
                message = f"{one} stands in box {place + 1} already."
                found.append(_fault(path, "duplicate_content", message))
            if one.quantity < 1:
                message = "Say how many units, or leave the row out."
                found.append(_fault(f"{path}.quantity", "min_value", message))
            seen.add(one.key)
    return found


def _fault(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)


def _is_announced(one: Packed, wanted: Mapping[ContentKey, Packed]) -> bool:
    """Another expiry than the announced one names another lot."""
    found = wanted.get(one.key)
    return found is not None and one.expires_on in (None, found.expires_on)


def sum_faults(
    boxes: Sequence[AnnouncedBox], wanted: Mapping[ContentKey, Packed]
) -> list[FieldError]:
    """What keeps boxes with contents from being announced: units too few or too many of a lot.

    Each names the last box that holds the lot. Nothing where no box says what is in it.
    """
    last: dict[ContentKey, str] = {}
    for place, box in enumerate(boxes):
        for row, one in enumerate(box.contents or ()):
            last[one.key] = f"boxes[{place}].contents[{row}].quantity"
    units = packed_units(boxes)
    return [
        _fault(
            last.get(key, "boxes"),
            "contents_do_not_sum",
            f"The boxes hold {units[key]} units of {one}, the WRO announces {one.quantity}.",
        )
        for key, one in wanted.items()
        if units and units[key] != one.quantity
    ]


def packed_units(boxes: Iterable[AnnouncedBox]) -> Counter[ContentKey]:
    """Units of each lot in all boxes together."""
    units: Counter[ContentKey] = Counter()
    for box in boxes:
        for one in box.contents or ():
            units[one.key] += one.quantity
    return units


def unpacked(before: Sequence[AnnouncedBox], after: Sequence[AnnouncedBox]) -> Iterator[str]:
    """What boxes held before and hold no more, box by box, in words."""
    for place, box in enumerate(before):
        kept: set[ContentKey] = set()
        if place < len(after):
            kept = {one.key for one in after[place].contents or ()}
        for one in box.contents or ():
            if one.key not in kept:
                yield f"box {place + 1}: {one.quantity} of {one}"


def spread(units: int, boxes: int) -> list[int]:
    """Units over boxes as evenly as may be, the first boxes one more: 10 over 4 is 3, 3, 2, 2."""
    each, rest = divmod(units, boxes)
    return [each + (place < rest) for place in range(boxes)]


def boxes_by_content(boxes: Sequence[AnnouncedBox]) -> dict[ContentKey, list[tuple[int, int]]]:
    """(number of the box, units) of each lot, in the order of the boxes."""
    found: defaultdict[ContentKey, list[tuple[int, int]]] = defaultdict(list)
    for number, box in enumerate(boxes, start=1):
        for one in box.contents or ():
            found[one.key].append((number, one.quantity))
    return found
