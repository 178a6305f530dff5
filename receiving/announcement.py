"""What a merchant may announce: the lines of a WRO, as plain values, and what is wrong with them.

Pure: products come loaded with their merchants, nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from inventory.entry import missing
from inventory.models import Lot, Product, lot_key
from inventory.queries.lots import LotRef
from merchants.errors import FieldError

LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class AnnouncedLot:
    """Units of a line in one lot. ``quantity`` None: not said, or as the draft has it.

    ``keeps_expiry``: the draft's lot of this number keeps its expiry.
    """

    number: str = ""
    expires_on: date | None = None
    quantity: int | None = None
    keeps_expiry: bool = False

    @property
    def identity(self) -> tuple[str, date | None]:
        key = lot_key(self.number)
        return (key, None if key else self.expires_on)


@dataclass(frozen=True, slots=True)
class AnnouncedLine:
    """Total units of a product and their lots. None: not said, or as the draft has it."""

    product: Product
    quantity: int | None = None
    lots: tuple[AnnouncedLot, ...] | None = None


def merged(
    changes: Sequence[AnnouncedLine], standing: Mapping[int, AnnouncedLine]
) -> list[AnnouncedLine]:
    """The lines as changed: what a change does not say stays as the draft's line has it.

    ``standing`` is by product id. Lines that the changes do not name are gone.
    """
    return [_merge(line, standing.get(line.product.pk)) for line in changes]


def _merge(line: AnnouncedLine, old: AnnouncedLine | None) -> AnnouncedLine:
    if old is None:
        return replace(line, lots=line.lots or ())
    standing = {lot.identity: lot for lot in old.lots or ()}
    lots = old.lots if line.lots is None else line.lots
    return AnnouncedLine(
        product=line.product,
        quantity=old.quantity if line.quantity is None else line.quantity,
        lots=tuple(_merge_lot(lot, standing.get(lot.identity)) for lot in lots or ()),
    )


def _merge_lot(lot: AnnouncedLot, old: AnnouncedLot | None) -> AnnouncedLot:
    if old is None:
        return lot
    return AnnouncedLot(
        number=lot.number,
        expires_on=old.expires_on if lot.keeps_expiry else lot.expires_on,
        quantity=old.quantity if lot.quantity is None else lot.quantity,
    )


def faults(lines: Sequence[AnnouncedLine]) -> list[FieldError]:
    """Everything that keeps these lines from being announced, each with its field.

    One line per product; a tracked product's line is split into lots, each with what the product
    asks for, once each, that sum to the line's units.
    """
    return list(_faults(lines))


def _faults(lines: Sequence[AnnouncedLine]) -> Iterator[FieldError]:
    seen: set[int] = set()
    for place, line in enumerate(lines):
        path = f"lines[{place}]"
        if line.product.pk in seen:
            message = f"{line.product.sku} stands in the list already: give one line per product."
            yield _fault(f"{path}.sku", "duplicate_sku", message)
        seen.add(line.product.pk)
        if line.quantity is None:
            yield _fault(f"{path}.quantity", "required", "Say how many units.")
        yield from _lot_faults(f"{path}.lots", line)


def _lot_faults(path: str, line: AnnouncedLine) -> Iterator[FieldError]:
    lots, sku = line.lots or (), line.product.sku
    if not lots:
        if line.product.is_tracked:
            message = f"{sku} is a lot product: say how many units come in which lot."
            yield _fault(path, "lots_required", message)
        return
    if not line.product.is_lot_product:
        message = f"{sku} is not a lot product: leave its lots out."
        yield _fault(path, "not_a_lot_product", message)
        return
    seen = set()
    for place, lot in enumerate(lots):
        yield from _entry_faults(f"{path}[{place}]", line.product, lot)
        if lot.identity in seen:
            message = f"Lot {lot.number or lot.expires_on} stands in this line already."
            yield _fault(f"{path}[{place}]", "duplicate_lot", message)
        seen.add(lot.identity)
    units = [lot.quantity for lot in lots if lot.quantity is not None]
    if len(units) == len(lots) and line.quantity is not None and sum(units) != line.quantity:
        message = f"The lots of {sku} have {sum(units)} units, the line {line.quantity}."
        yield _fault(path, "lots_do_not_sum", message)


def _entry_faults(path: str, product: Product, lot: AnnouncedLot) -> Iterator[FieldError]:
    """What is wrong with one lot: its units, its number's length, what it lacks."""
    if lot.quantity is None:
        yield _fault(f"{path}.quantity", "required", "Say how many units.")
    if len(lot.number.strip()) > LONGEST_NUMBER:
        message = f"A lot number has at most {LONGEST_NUMBER} characters."
        yield _fault(f"{path}.number", "max_length", message)
    for lack in missing(product, number=lot.number, expires_on=lot.expires_on):
        field = f"{path}.{lack['field']}" if lack["field"] else path
        yield _fault(field, lack["code"], lack["message"])


def lot_refs(lines: Iterable[AnnouncedLine]) -> list[LotRef]:
    """The lots as these lines name them."""
    return [_ref(line, lot) for line in lines for lot in line.lots or ()]


def same_lots(lines: Sequence[AnnouncedLine], known: Mapping[LotRef, Lot]) -> list[FieldError]:
    """Lots that a line names twice, by the number that was merged and by the one that it became.

    ``known`` are the lots of ``lot_refs``. Units of one lot are one expectation.
    """
    found = []
    for place, line in enumerate(lines):
        named: dict[int, AnnouncedLot] = {}
        for number, lot in enumerate(line.lots or ()):
            same = known.get(_ref(line, lot))
            if same is None:
                continue
            other = named.setdefault(same.pk, lot)
            if other.identity != lot.identity:
                message = (
                    f"{other.number or other.expires_on} and {lot.number or lot.expires_on} are "
                    f"one lot of {line.product.sku} since they were merged: announce all its units "
                    f"as {same.number or same.expires_on}."
                )
                found.append(_fault(f"lines[{place}].lots[{number}]", "duplicate_lot", message))
    return found


def _ref(line: AnnouncedLine, lot: AnnouncedLot) -> LotRef:
    return LotRef(line.product.pk, lot.number, lot.expires_on)


def _fault(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)
