"""What a scan at the dock means, in the light of the scan before it.

Pure: plain values in, plain values out. A box, then a product, then its lot, each by one scan; a
GS1 code says product, lot and expiry at once. What is wrong with a scan is said at once, and never
guessed: a refused scan counts nothing and, where it may have been another box or product, lets go
of the one before it, so that the next lot is not counted for the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from inventory.models import LotEntry, lot_key
from merchants.days import OUT_OF_RANGE, is_meant
from receiving.models.scans import OUTSIDE, Scan
from receiving.shelf_life import CheckIn, shortfalls

Asks, Outcome = Scan.Asks, Scan.Outcome
LONGEST_LOT = 64
LONGEST_DIGITS = 14
MOST_UNITS = 99_999  # more digits are a barcode that went into the wrong field
NO_DATE = date.min
MAY_BE_A_LOT = ("wrong_check_digit", "unknown_product")


@dataclass(frozen=True, slots=True)
class State:
    """What a person has in hand: the box, the product, its lot; and what is asked for next.

    ``box``: None while it is not known, 0 for units in none. ``wanted`` and ``is_damaged`` were
    said before the units they are for.
    """

    box: int | None = None
    product_id: int | None = None
    lot_number: str = ""
    expires_on: date | None = None
    asks: str = Asks.NOTHING
    wanted: int | None = None
    is_damaged: bool = False

    def without_product(self) -> State:
        return State(box=self.box)

    def without_box(self) -> State:
        return State()


@dataclass(frozen=True, slots=True)
class Reading:
    """A scan as it was read: the elements of a code, or plain text.

    ``box`` is the WRO's number and the box's of one of our labels; ``fault`` (code, message) is
    why the text is no good code, ``doubt`` why it may be misread; ``wanted`` are the units typed
    beside it. ``is_lot``, ``is_sure`` and ``is_unreadable`` are what the person says about it.
    """

    text: str = ""
    gtin: str = ""
    lot_number: str = ""
    expires_on: date | None = None
    units: int | None = None
    sscc: str = ""
    box: tuple[str, int | None] | None = None
    fault: tuple[str, str] | None = None
    doubt: str = ""
    wanted: int | None = None
    is_damaged: bool = False
    is_lot: bool = False
    is_sure: bool = False
    is_unreadable: bool = False

    @property
    def is_plain(self) -> bool:
        return not (self.gtin or self.lot_number or self.expires_on or self.sscc or self.box)


@dataclass(frozen=True, slots=True)
class Item:
    """A product, as far as the dock asks; ``check_in``: the shelf life that its units need."""

    product_id: int
    sku: str
    is_tracked: bool = False
    lot_entry: str = LotEntry.EITHER
    is_listed: bool = True
    check_in: tuple[CheckIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Announced:
    """An announced lot (of a product without lots, the product) and what has come of it so far."""

    supply_id: int
    expected: int
    came: int = 0


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot that exists; ``announced`` where this WRO brings it."""

    number: str
    expires_on: date | None
    announced: Announced | None = None
    manufactured_on: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a scan is held against: the WRO's boxes, and what the text may name.

    ``items`` are the products that the text or GTIN names, ``in_hand`` that of the state. ``lots``
    are known ones by product and ``lot_key``, ``dated`` those without a number by their expiry;
    ``loose`` is what is announced without a lot, by product. ``packed``: the supplies that are
    announced in the box in hand, None where nobody said.
    """

    wro_number: str
    today: date
    boxes: frozenset[int] = frozenset()
    tracked_boxes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    items: Sequence[Item] = ()
    in_hand: Item | None = None
    lots: Mapping[tuple[int, str], KnownLot] = field(default_factory=dict)
    dated: Mapping[tuple[int, date], KnownLot] = field(default_factory=dict)
    loose: Mapping[int, Announced] = field(default_factory=dict)
    packed: Mapping[int, frozenset[int]] = field(default_factory=dict)


class Units(NamedTuple):
    """Units that a scan counts; ``supply_id`` where they are of an announced lot."""

    item: Item
    quantity: int
    lot_number: str
    expires_on: date | None
    supply_id: int | None
    is_damaged: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What a scan became.

    ``offers``: what the person may say about a refused text, that it is a lot number (``lot``) or
    that it is right as read (``sure``).
    """

    state: State
    outcome: Scan.Outcome
    told: str
    code: str = ""
    units: Units | None = None
    offers: str = ""


def decide(before: State, reading: Reading, facts: Facts) -> Step:
    """What a scan means: another box, a product, a lot, units that are counted, or a refusal."""
    state = before
    if len(facts.boxes) == 1 and state.box is None:
        state = replace(state, box=min(facts.boxes))
    if reading.wanted is not None or reading.is_damaged:
        wanted = state.wanted if reading.wanted is None else reading.wanted
        state = replace(state, wanted=wanted, is_damaged=reading.is_damaged or state.is_damaged)
    if state.wanted is not None and not 1 <= state.wanted <= MOST_UNITS:
        message = f"The units are a whole number from 1 to {MOST_UNITS}: type them again."
        return _refuse(replace(before, wanted=None), "bad_quantity", message)
    tracked = _tracked(reading, facts)
    if len(tracked) > 1:
        message = f"{len(tracked)} boxes of {facts.wro_number} have this tracking number: scan our "
        message += f"label on the box, or type its number, such as {facts.wro_number}/{tracked[0]}."
        return _refuse(state.without_box(), "ambiguous_box", message)
    box = (facts.wro_number, tracked[0]) if tracked else reading.box
    if box is not None:
        return _open_box(state, box, facts)
    if reading.sscc and not reading.gtin:
        message = f"No box of {facts.wro_number} has the SSCC {reading.sscc}."
        return _refuse(state.without_box(), "unknown_box", message)
    if not reading.text and reading.is_plain and not reading.is_unreadable:
        return _note_quantity(state, reading)
    if len(facts.boxes) > 1 and state.box is None:
        message = f"{facts.wro_number} came in {len(facts.boxes)} boxes: scan the box first."
        return _refuse(state.without_box(), "box_first", message)
    return _product_or_lot(state, reading, facts)


def _tracked(reading: Reading, facts: Facts) -> Sequence[int]:
    """The boxes with this tracking number of their carrier; our own label says more."""
    if reading.box is not None or reading.is_lot:
        return ()
    boxes = facts.tracked_boxes
    return boxes.get(reading.text.casefold()) or boxes.get(reading.sscc, ())


def _open_box(state: State, box: tuple[str, int | None], facts: Facts) -> Step:
    """On with this box; what was in hand belonged to the one before."""
    number, place = box
    if number != facts.wro_number:
        message = f"This box is of {number}, not of {facts.wro_number}."
        return _refuse(state.without_box(), "other_wro", message)
    if place is None:
        return Step(state, Outcome.NOTED, f"This is {number}: now one of its boxes or products.")
    if place == OUTSIDE:
        return Step(State(box=OUTSIDE), Outcome.NOTED, "Units in no box.")
    if place not in facts.boxes:
        message = f"{number} has {len(facts.boxes)} boxes: there is no box {place}."
        return _refuse(state.without_box(), "unknown_box", message)
    told = f"Box {place} of {len(facts.boxes)}."
    return Step(State(box=place), Outcome.NOTED, told)


def _note_quantity(state: State, reading: Reading) -> Step:
    if reading.wanted is None and not reading.is_damaged:
        return _refuse(state, "empty", "Nothing was read: scan again.")
    units = "units" if state.wanted != 1 else "unit"
    told = f"The next scan counts {state.wanted or 1} {'damaged ' * state.is_damaged}{units}."
    return Step(state, Outcome.NOTED, told)


def _product_or_lot(state: State, reading: Reading, facts: Facts) -> Step:
    """A lot of the product in hand where the text is known as one, else a product, else a lot."""
    item = facts.in_hand
    if item is not None and (reading.is_lot or _names_lot_of(item, reading, facts)):
        return _lot(state, item, replace(reading, lot_number=reading.text), facts)
    if reading.is_unreadable:
        return _unreadable(state, item, reading, facts)
    if facts.items:
        return _product(state, reading, facts)
    return _no_product(state, item, reading, facts)


def _no_product(state: State, item: Item | None, reading: Reading, facts: Facts) -> Step:
    """A lot of the product in hand, or nothing that can be counted."""
    if reading.gtin:
        message = f"No product has the barcode {reading.gtin.lstrip('0')}: scan or type its SKU."
        return _not_read(state, "unknown_product", message, reading, item)
    if reading.fault is not None:
        return _not_read(state, *reading.fault, reading, item)
    if item is None:
        message = f"“{reading.text}” is no product: scan a product first, then its lot."
        return _refuse(state.without_product(), "unknown_product", message)
    if not _has_lots(item, facts):
        message = f"“{reading.text}” is no product, and {item.sku} has no lots."
        return _refuse(state.without_product(), "unknown_product", message)
    if reading.is_plain:
        return _plain_lot(state, item, reading, facts)
    return _lot(state, item, reading, facts)


def _names_lot_of(item: Item, reading: Reading, facts: Facts) -> bool:
    """Whether a plain text, such as a number that looks like a barcode, is an announced lot."""
    if reading.lot_number or not reading.text:
        return False
    known = facts.lots.get((item.product_id, lot_key(reading.text)))
    return known is not None and known.announced is not None


def _not_read(state: State, code: str, told: str, reading: Reading, item: Item | None) -> Step:
    offers = (
        code in MAY_BE_A_LOT
        and item is not None
        and item.is_tracked
        and reading.text.isdigit()  # as a GTIN and many a lot is; elements are no lot
        and len(reading.text) <= LONGEST_DIGITS
    )
    # Where it may be a lot, the product stays in hand until the person says so or scans another.
    kept = state if offers else state.without_product()
    return replace(_refuse(kept, code, told), offers="lot" if offers else "")


def _product(state: State, reading: Reading, facts: Facts) -> Step:
    """A product by its barcode, SKU or GTIN; its units at once where nothing else is asked for."""
    items = facts.items
    if len(items) > 1:
        items = [item for item in items if item.is_listed]
    if len(items) != 1:
        skus = ", ".join(item.sku for item in items or facts.items)
        message = f"Several products have this barcode ({skus}): scan or type the SKU."
        return _refuse(state.without_product(), "ambiguous_product", message)
    (item,) = items
    state = State(
        box=state.box,
        product_id=item.product_id,
        wanted=state.wanted,
        is_damaged=state.is_damaged,
    )
    if not _has_lots(item, facts):
        return _count(state, item, reading, facts)
    if reading.lot_number or reading.expires_on:
        return _lot(state, item, reading, facts)
    asks = Asks.EXPIRY if item.lot_entry == LotEntry.EXPIRY else Asks.LOT
    return _ask(state, item, asks)


def _has_lots(item: Item, facts: Facts) -> bool:
    """Whether its units are counted by lot: tracked, or announced by lot all the same."""
    return item.is_tracked or (item.is_listed and item.product_id not in facts.loose)


def _plain_lot(state: State, item: Item, reading: Reading, facts: Facts) -> Step:
    """A date where one is asked for or a lot may go without a number; else a lot number."""
    day = as_date(reading.text)
    if day is None and state.asks == Asks.EXPIRY:
        message = f"“{reading.text}” is not a date such as 2027-06-30."
        return _refuse(state, "bad_expiry", message)
    if day is None:
        return _lot(state, item, replace(reading, lot_number=reading.text), facts)
    if state.asks == Asks.NOTHING and state.lot_number:
        return _second_look(state, item, day, facts)
    return _lot(state, item, replace(reading, expires_on=day), facts)


def _second_look(state: State, item: Item, day: date, facts: Facts) -> Step:
    """A date read after its lot was counted: it agrees, or the count is to be made anew."""
    known = facts.lots.get((item.product_id, lot_key(state.lot_number)))
    expires_on = state.expires_on or (known.expires_on if known else None)
    if day == expires_on:
        return Step(state, Outcome.NOTED, f"{state.lot_number} expires on {day}, as counted.")
    message = (
        f"{state.lot_number} was counted with the expiry {expires_on or 'unknown'}, not {day}: "
        "undo the count and enter lot and expiry by hand."
    )
    return _refuse(state, "other_expiry", message)


def _lot(state: State, item: Item, reading: Reading, facts: Facts) -> Step:
    """Lot and expiry, together with what was read of them before; counts when all is known."""
    is_next = state.asks != Asks.NOTHING
    number = reading.lot_number.strip() or (state.lot_number if is_next else "")
    expires_on = reading.expires_on or (state.expires_on if is_next else None)
    if len(number) > LONGEST_LOT:
        message = f"A lot number has at most {LONGEST_LOT} characters, not {len(number)}."
        return _refuse(state, "lot_too_long", message)
    if expires_on and not is_meant(expires_on):
        message = f"An expiry is a date such as 2027-06-30: {OUT_OF_RANGE.lower()}"
        return _refuse(state, "bad_expiry", message)
    state = replace(state, lot_number=number, expires_on=expires_on)
    known = facts.lots.get((item.product_id, lot_key(number))) if number else None
    if item.is_tracked:
        if not number and item.lot_entry in (LotEntry.NUMBER, LotEntry.BOTH):
            return _ask(state, item, Asks.LOT)
        needs_expiry = item.lot_entry in (LotEntry.EXPIRY, LotEntry.BOTH)
        if needs_expiry and expires_on is None and known is None:
            return _ask(state, item, Asks.EXPIRY)
    return _count(state, item, reading, facts)


def _ask(state: State, item: Item, asks: Scan.Asks) -> Step:
    what = "its expiry date" if asks == Asks.EXPIRY else "its lot"
    lot = f", lot {state.lot_number}" if state.lot_number else ""
    told = f"{item.sku}{lot}: now {what}."
    return Step(replace(state, asks=asks), Outcome.NOTED, told)


def _unreadable(state: State, item: Item | None, reading: Reading, facts: Facts) -> Step:
    """Units whose lot nobody can read: they count, and go to quarantine."""
    if item is None:
        message = "Scan or type the product first, then say that its lot cannot be read."
        return _refuse(state, "product_first", message)
    return _count(replace(state, lot_number="", expires_on=None), item, reading, facts)


def _count(state: State, item: Item, reading: Reading, facts: Facts) -> Step:
    if reading.units and state.wanted and reading.units != state.wanted:
        message = f"The code says {reading.units} units and {state.wanted} were typed: leave one."
        return _refuse(replace(_anew(state), wanted=None), "quantity_twice", message)
    quantity = state.wanted or reading.units or 1
    has_lots = _has_lots(item, facts)
    number, expires_on = (state.lot_number, state.expires_on) if has_lots else ("", None)
    known = _known(item, number, expires_on, facts)
    announced = known.announced if known else None
    if not number and expires_on is None:
        announced = None if item.is_tracked else facts.loose.get(item.product_id)
    elif known and expires_on is not None and known.expires_on != expires_on:
        announced = None
    shown = expires_on or (known.expires_on if known else None)
    supply_id = announced.supply_id if announced and item.is_listed else None
    if reading.doubt and supply_id is None and not reading.is_sure:
        return replace(_refuse(_anew(state), "doubtful", reading.doubt), offers="sure")
    units = Units(item, quantity, number, expires_on, supply_id, state.is_damaged)
    after = State(
        box=state.box, product_id=item.product_id, lot_number=number, expires_on=expires_on
    )
    told = _counted(units, shown, announced)
    differences = list(_differences(units, known, announced, shown, state.box, facts))
    if not differences:
        return Step(after, Outcome.COUNTED, told, units=units)
    (code, _) = differences[0]
    told = " ".join([told, *(message for _, message in differences)])
    return Step(after, Outcome.DIFFERS, told, code=code, units=units)


def _anew(state: State) -> State:
    """The product still in hand, its lot to be read again."""
    return replace(state, lot_number="", expires_on=None, asks=Asks.NOTHING)


def _known(item: Item, number: str, expires_on: date | None, facts: Facts) -> KnownLot | None:
    if number:
        return facts.lots.get((item.product_id, lot_key(number)))
    return facts.dated.get((item.product_id, expires_on)) if expires_on else None


def _counted(units: Units, expires_on: date | None, announced: Announced | None) -> str:
    parts = [f"{units.quantity} {'damaged ' * units.is_damaged}of {units.item.sku}"]
    if units.lot_number:
        parts.append(f"lot {units.lot_number}")
    if expires_on is not None:
        parts.append(f"expiry {expires_on}")
    told = ", ".join(parts)
    if announced is not None:
        told += f": {announced.came + units.quantity} of {announced.expected}"
    return f"{told}."


def _differences(
    units: Units,
    known: KnownLot | None,
    announced: Announced | None,
    expires_on: date | None,
    box: int | None,
    facts: Facts,
) -> Iterator[tuple[str, str]]:
    """(code, message) of all in which the units are not as announced, the gravest first."""
    if announced is None or not units.item.is_listed:
        yield _set_apart(units, known)
    if expires_on is not None:
        made_on = known.manufactured_on if known else None
        rules = units.item.check_in
        if expires_on < facts.today:
            yield "expired_on_arrival", f"Its last day was {expires_on}."
        elif missing := shortfalls(
            rules, expires_on=expires_on, manufactured_on=made_on, today=facts.today
        ):
            yield "short_dated_on_arrival", " ".join(missing)
    if announced is None:
        return
    more = announced.came + units.quantity - announced.expected
    if more > 0:
        yield "overage", f"{more} more than announced."
    packed = facts.packed.get(box) if box else None
    if packed is not None and announced.supply_id not in packed:
        yield "other_box", f"It is not announced in box {box}."


def _set_apart(units: Units, known: KnownLot | None) -> tuple[str, str]:
    """Why units go to quarantine when they are received, as ``receive`` will say it."""
    if not units.item.is_listed:
        return "unlisted_product", f"{units.item.sku} is not announced: to quarantine."
    if known is not None and units.expires_on and known.expires_on != units.expires_on:
        lot, expiry = known.number or "The lot", known.expires_on or "no expiry"
        return "expiry_mismatch", f"{lot} is known with {expiry}: to quarantine."
    if not units.lot_number and units.expires_on is None:
        return "unreadable_barcode", "Its lot is not read: to quarantine."
    return "lot_mismatch", "This lot is not announced: to quarantine."


def _refuse(state: State, code: str, told: str) -> Step:
    return Step(state, Outcome.REFUSED, told, code=code)


def as_units(text: str) -> int | None:
    """Units as typed: None where nothing is, 0 (which is refused) where it is no number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def as_expiry(text: str) -> date | None:
    """An expiry as typed: None where nothing is, ``NO_DATE``, which is refused, for no date."""
    text = text.strip()
    return (as_date(text) or NO_DATE) if text else None


def as_date(text: str) -> date | None:
    """A date written as YYYY-MM-DD; None where the text is none."""
    if len(text) != len("2027-06-30") or text[4] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
