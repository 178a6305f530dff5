"""Breaking down stock held without a lot: which of its units are of which lot and expiry."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from inventory import ledger
from inventory.entry import missing
from inventory.errors import BreakdownDoesNotSum, LotConflict, OtherLotInLocation
from inventory.kinds import BINS, LocationKind
from inventory.ledger import Act, Place, Transfer
from inventory.locks import lock_products
from inventory.models import (
    Allocation,
    Location,
    Lot,
    Posting,
    PostingKind,
    Product,
    QuarantineCase,
    Warehouse,
)
from inventory.putaway import suggest_bin
from inventory.queries.bins import bins_for, wanted
from inventory.queries.lots import LotRef, agrees, find_lots
from inventory.queries.unlotted import shelves_without_lot
from inventory.services import planning
from inventory.services.case_units import Cases, out_of_cases
from inventory.services.lots import create_lots, require_told_apart
from inventory.stamping import Clash, Shelf, Stamp, clashes, fill
from merchants.columns import among
from merchants.errors import FieldError, Malformed, NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from merchants.transactions import act

MOST_LINES = 10_000
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Portion:
    """Units of a product without a lot that are of this lot.

    They stand at a location, or (``location_id`` None) in the bins of a warehouse, or (both None)
    in the bins of all warehouses, from the first bin on the pickers' way on.
    """

    product: Product
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None
    location_id: int | None = None
    warehouse_id: int | None = None

    @property
    def ref(self) -> LotRef:
        return LotRef(self.product.pk, self.lot_number.strip(), self.expires_on)

    @property
    def scope(self) -> Scope:
        warehouse_id = None if self.location_id else self.warehouse_id
        return Scope(self.product.pk, self.location_id, warehouse_id)


@dataclass(frozen=True, slots=True)
class Scope:
    """The units that some portions stamp, all of them."""

    product_id: int
    location_id: int | None
    warehouse_id: int | None

    @property
    def how(self) -> tuple[bool, bool]:
        return (self.location_id is None, self.warehouse_id is None)

    def has(self, shelf: Shelf) -> bool:
        if self.location_id is not None:
            return shelf.location_id == self.location_id
        return shelf.kind in BINS and self.warehouse_id in (None, shelf.warehouse_id)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What a breakdown did: its posting, what became what, and how many promises it took back."""

    posting: Posting
    stamps: list[Stamp]
    lots: dict[int, Lot]
    released: int


@act
def break_down(
    *,
    actor: User,
    now: datetime,
    portions: Sequence[Portion],
    reason: str = "",
    confirm_new: bool = False,
) -> Breakdown:
    """Stamp units without a lot with their lots, all of a place or none; unknown lots are made.

    The portions of a location sum to its units without a lot, those without a location to the
    product's in all bins (of the warehouse, where they name one). The latter fill the bins in pick
    order. No two lots of a product come to share a bin that is not mixed. Promises on the stamped
    units are released and re-planned. ``confirm_new``: unknown lots whose numbers look like others'
    are other lots all the same. One posting; statements do not grow with the portions.

    Raises: Malformed, NotFound, BreakdownDoesNotSum, LotLooksLike, LotConflict,
    OtherLotInLocation. The products are one merchant's. Locks them; no location, for no unit comes
    to where the product is not.
    """
    _check(portions)
    products = lock_products({one.product.pk for one in portions})
    if len(products) < len({one.product.pk for one in portions}):
        raise NotFound()
    portions = [replace(one, product=products[one.product.pk]) for one in portions]
    _check_lots(portions)
    shelves = shelves_without_lot(products)
    by_scope = _require_sums(portions, shelves)
    lots = _settle_lots(portions, actor, now, confirm_new=confirm_new)
    stamps = [
        stamp for scope, some in by_scope.items() for stamp in _fill(scope, some, lots, shelves)
    ]
    by_id = {lot.pk: lot for lot in lots.values()}
    if found := clashes(stamps):
        _refuse_mixture(found, by_id, products)
    released, lost = _take_back(stamps)
    merchant_id = portions[0].product.merchant_id
    why = reason.strip() or _in_words(stamps, by_id)
    header = Act(PostingKind.ASSIGN_LOT, merchant_id, actor, now, reason=why)
    posting = ledger.post(header, _transfers(stamps))
    planning.reallocate(sorted(products), now=now, lost=lost)
    record_many(_events(stamps, products, now))
    return Breakdown(posting, stamps, by_id, released)


def preview_breakdown(
    *,
    actor: User,
    now: datetime,
    portions: Sequence[Portion],
    reason: str = "",
    confirm_new: bool = False,
) -> Breakdown:
    """What ``break_down`` would do: it is done and undone. Raises and locks as it does."""
    with transaction.atomic():
        done = break_down(
            actor=actor, now=now, portions=portions, reason=reason, confirm_new=confirm_new
        )
        transaction.set_rollback(True)
    return done


def _check(portions: Sequence[Portion]) -> None:
    """What can be said of a breakdown without looking at the stock."""
    if not portions:
        raise Malformed("required", "Give at least one line.", field="lines")
    if len(portions) > MOST_LINES:
        message = f"A breakdown has at most {MOST_LINES:,} lines."
        raise Malformed("too_many_lines", message, field="lines")
    errors: list[FieldError] = []
    how: dict[int, tuple[bool, bool]] = {}
    for place, one in enumerate(portions):
        if one.quantity < 1:
            errors.append(
                _fault(place, "quantity", "min_value", "Say how many units: at least one.")
            )
        if how.setdefault(one.product.pk, one.scope.how) != one.scope.how:
            message = f"Name the location in every line of {one.product.sku}, or in none."
            errors.append(_fault(place, "location", "name_all_locations", message))
    _refuse(errors)


def _check_lots(portions: Sequence[Portion]) -> None:
    """Whether each lot has what its product asks for, as it stands under its lock."""
    errors: list[FieldError] = []
    for place, one in enumerate(portions):
        number = one.lot_number
        for lack in missing(one.product, number=number, expires_on=one.expires_on):
            field = "expires_on" if lack["field"] == "expires_on" else "lot_number"
            errors.append(_fault(place, field, lack["code"], lack["message"]))
    _refuse(errors)


def _fault(place: int, field: str, code: str, message: str) -> FieldError:
    return {"field": f"lines[{place}].{field}", "code": code, "message": message}


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise Malformed(errors[0]["code"], errors[0]["message"], errors=errors)


def _require_sums(
    portions: Sequence[Portion], shelves: Iterable[Shelf]
) -> dict[Scope, list[Portion]]:
    """The portions of each scope. Raises: BreakdownDoesNotSum."""
    by_scope: defaultdict[Scope, list[Portion]] = defaultdict(list)
    for one in portions:
        by_scope[one.scope].append(one)
    stands = _units_of(by_scope, shelves)
    wrong = {
        scope: (stands[scope], given)
        for scope, some in by_scope.items()
        if (given := sum(one.quantity for one in some)) != stands[scope]
    }
    if wrong:
        scope, (available, given) = next(iter(wrong.items()))
        sku = by_scope[scope][0].product.sku
        raise BreakdownDoesNotSum(
            message=f"{available} units of {sku} stand without a lot {_where(scope)}; "
            f"the breakdown has {given}. It has to have all of them.",
            sku=sku,
            requested=given,
            available=available,
            scope=scope,
        )
    return dict(by_scope)


def _units_of(scopes: Iterable[Scope], shelves: Iterable[Shelf]) -> dict[Scope, int]:
    units = dict.fromkeys(scopes, 0)
    for shelf in shelves:
        product_id = shelf.product_id
        for scope in (
            Scope(product_id, shelf.location_id, None),
            Scope(product_id, None, shelf.warehouse_id),
            Scope(product_id, None, None),
        ):
            if scope in units and scope.has(shelf):
                units[scope] += shelf.units
    return units


def _where(scope: Scope) -> str:
    """In words, for a refusal."""
    if scope.location_id is not None:
        name = Location.objects.values_list("name", flat=True).filter(pk=scope.location_id).first()
        return f"at {name or 'that location'}"
    if scope.warehouse_id is not None:
        codes = Warehouse.objects.values_list("code", flat=True)
        code = codes.filter(pk=scope.warehouse_id).first()
        return f"in the bins of {code or 'that warehouse'}"
    return "in bins"


def _settle_lots(
    portions: Sequence[Portion], actor: User, now: datetime, *, confirm_new: bool
) -> dict[LotRef, Lot]:
    """The lot of every portion, found or made. Raises: LotLooksLike, LotConflict."""
    refs = list(dict.fromkeys(one.ref for one in portions))
    lots = find_lots(refs)
    unknown = [ref for ref in refs if ref not in lots]
    if unknown and not confirm_new:
        require_told_apart(unknown)
    if unknown:
        merchant_id = portions[0].product.merchant_id
        lots |= create_lots(actor=actor, now=now, refs=unknown, merchant_id=merchant_id)
    skus = {one.product.pk: one.product.sku for one in portions}
    for ref in refs:
        if not agrees(lot := lots[ref], ref):
            raise LotConflict(
                message=f"Lot {lot.number} of {skus[lot.product_id]} has "
                f"{f'the expiry {lot.expires_on}' if lot.expires_on else 'no expiry'}, not "
                f"{ref.expires_on}: correct one of them, or give these units another number.",
                number=lot.number,
                expires_on=lot.expires_on,
            )
    return lots


def _fill(
    scope: Scope, portions: Sequence[Portion], lots: Mapping[LotRef, Lot], shelves: Iterable[Shelf]
) -> list[Stamp]:
    units: dict[int, int] = {}
    for one in portions:
        lot_id = lots[one.ref].pk
        units[lot_id] = units.get(lot_id, 0) + one.quantity
    ours = [one for one in shelves if one.product_id == scope.product_id and scope.has(one)]
    return fill(ours, units)


def _refuse_mixture(
    found: Sequence[Clash], lots: Mapping[int, Lot], products: Mapping[int, Product]
) -> None:
    """Name the first bin, what would stand in it, and what a person can do about it."""
    clash = found[0]
    shelf, stays = clash.shelf, clash.stays
    lots = dict(lots) | Lot.objects.in_bulk(shelf.lots - lots.keys())
    away = {lot_id: units for lot_id, units in clash.units.items() if lot_id != stays}
    units = sum(away.values())
    others = f" So it is with {len(found) - 1} more." if len(found) > 1 else ""
    another = wanted(products[shelf.product_id], next(iter(away)))
    free = suggest_bin(bins_for([another], shelf.warehouse_id), another)
    told = ", ".join(f"{units} of lot {lots[pk]}" for pk, units in clash.units.items())
    standing = "".join(f" beside lot {lots[pk]}" for pk in sorted(shelf.lots))
    raise OtherLotInLocation(
        message=f"{shelf.name} has {shelf.units} units of {products[shelf.product_id].sku} without "
        f"a lot{standing}, which would become {told}. Lots are kept apart: move {units} of them "
        f"first{f' ({free.name} is free)' if free else ''}, or say which bin has which lot."
        f"{others}",
        location=shelf.name,
        units=units,
    )


def _take_back(stamps: Iterable[Stamp]) -> tuple[int, set[int]]:
    """Release the promises on whole shelves; how many units, and the demands that lost some.

    A line that asked for a single lot is released whole. Two statements to read them.
    """
    balance_ids = {one.shelf.balance_id for one in stamps}
    here = Allocation.objects.filter(balance_id__in=among(balance_ids))
    single = here.filter(demand__single_lot=True).values("demand_id")
    hit = Q(balance_id__in=among(balance_ids)) | Q(demand__in=single)
    found = list(Allocation.objects.filter(hit).order_by("id"))
    planning.take_back(found)
    return sum(one.quantity for one in found), {one.demand_id for one in found}


def _transfers(stamps: Sequence[Stamp]) -> list[Transfer]:
    """What moves, where it stands; units in quarantine with the cases that they are of."""
    cases = _open_cases(stamps)
    transfers: list[Transfer] = []
    for shelf, lot_id, quantity in stamps:
        whole = Transfer(
            shelf.product_id,
            Place(shelf.location_id),
            Place(shelf.location_id, lot_id),
            quantity,
        )
        if shelf.kind == LocationKind.QUARANTINE:
            transfers += out_of_cases(whole, cases[shelf.balance_id], stays=True)
        else:
            transfers.append(whole)
    return transfers


def _open_cases(stamps: Iterable[Stamp]) -> dict[int, Cases]:
    """The cases of each quarantine balance, the oldest first. One query at most."""
    ids = {one.shelf.balance_id for one in stamps if one.shelf.kind == LocationKind.QUARANTINE}
    cases: defaultdict[int, Cases] = defaultdict(deque)
    if ids:
        for case in QuarantineCase.objects.open().filter(balance__in=ids).order_by("id"):
            cases[case.balance_id].append((case, case.quantity))
    return cases


def _in_words(stamps: Iterable[Stamp], lots: Mapping[int, Lot]) -> str:
    """`40 units without a lot → VC-A 25, VC-B 15`, cut where it is long."""
    units: dict[int, int] = {}
    for one in stamps:
        units[one.lot_id] = units.get(one.lot_id, 0) + one.quantity
    parts = ", ".join(f"{lots[pk]} {quantity}" for pk, quantity in units.items())
    text = f"{sum(units.values())} units without a lot → {parts}"
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"


def _events(
    stamps: Iterable[Stamp], products: Mapping[int, Product], now: datetime
) -> Iterable[Happening]:
    """One `stock.lot_assigned` for each lot in each place, as a single assignment has it."""
    for shelf, lot_id, quantity in stamps:
        product = products[shelf.product_id]
        facts = {"sku": product.sku, "lot": lot_id, "quantity": quantity}
        yield Happening(
            topic="stock.lot_assigned",
            merchant_id=product.merchant_id,
            object=str(product.pk),
            payload={**facts, "location": shelf.name},
            at=now,
        )
