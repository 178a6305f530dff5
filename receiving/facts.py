"""What a scan at the dock is held against: read once for each scan, then decided by ``dock``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db.models import Max, Q, Sum

from inventory import gs1
from inventory.models import Lot, Product, lot_key
from inventory.queries.lots import LotRef, find_lots
from merchants.models import User
from receiving.dock import Announced, Facts, Item, KnownLot, Reading, State, as_date
from receiving.models import WRO, BoxContent
from receiving.queries import supplies_of, with_rules
from receiving.querysets import NUMBER
from receiving.shelf_life import CheckIn
from receiving.sorting import Expected

TYPED_UNITS = re.compile(r"\*\s*(\d{1,18})|(\d{1,18})\s*\*")  # *24: no lot is written like that
LONGEST_TEXT = 500
MOST_MATCHES = 10


def reading_of(text: str, today: date) -> Reading:
    """A text as the scanner typed it: its elements, or why it is no good code."""
    clean = text.strip()
    if not clean:
        return Reading()
    if typed := TYPED_UNITS.fullmatch(clean):
        return Reading(wanted=int(typed[1] or typed[2]))
    if len(clean) > LONGEST_TEXT:
        fault = ("too_long", "That is too long for a barcode of ours: scan again.")
        return Reading(text=clean[:LONGEST_TEXT], fault=fault)
    try:
        read = gs1.read(text, year=today.year)
    except gs1.ScanRefused as refusal:
        return Reading(text=clean, fault=(refusal.code, str(refusal)))
    if read.kind in (gs1.Kind.WRO, gs1.Kind.WRO_BOX) and read.wro_id is not None:
        return Reading(text=clean, box=(f"WRO-{read.wro_id:06d}", read.box))
    return Reading(
        text=clean,
        gtin=read.gtin,
        lot_number=read.lot_number,
        expires_on=read.expires_on,
        units=read.quantity,
        sscc=read.sscc,
        doubt=" ".join(read.doubts),
    )


def facts_for(wro: WRO, state: State, reading: Reading, now: datetime) -> Facts:
    """What a scan of a WRO is held against. At most eight queries."""
    boxes = dict(wro.boxes.values_list("position", "tracking_number"))
    products = _products(wro, state, reading)
    supplies = supplies_of(wro).filter(product_id__in=products)
    announced: dict[tuple[int, int | None], Announced] = {
        (product_id, lot_id): Announced(pk, expected, received)
        for pk, product_id, lot_id, expected, received in supplies.values_list(
            "id", "product_id", "lot_id", "expected", "received"
        )
    }
    lots = find_lots(_refs(products, state, reading)) if products else {}
    announced = _with_counted(wro, announced, lots.values())
    listed = {product_id for product_id, _ in announced}
    rules = _rules(wro, products)
    items = {pk: _item(one, pk in listed, rules[pk]) for pk, one in products.items()}
    known = {lot: _known_lot(lot, announced) for lot in lots.values()}
    return Facts(
        wro_number=wro.number,
        today=wro.warehouse.today(now),
        boxes=frozenset(boxes),
        tracked_boxes=_by_tracking(boxes),
        items=[items[pk] for pk in items if _is_named(products[pk], reading)],
        in_hand=items.get(state.product_id or 0),
        lots={
            (ref.product_id, lot_key(ref.number)): known[lot]
            for ref, lot in lots.items()
            if lot_key(ref.number)
        },
        dated={
            (ref.product_id, ref.expires_on): known[lot]
            for ref, lot in lots.items()
            if ref.expires_on is not None
        },
        loose={pk: one for (pk, lot_id), one in announced.items() if lot_id is None},
        packed=_packed(wro, state.box),
    )


def _products(wro: WRO, state: State, reading: Reading) -> dict[int, Product]:
    """The merchant's products that the text may name, and the one in hand. One query."""
    wanted = Q(pk=state.product_id)
    if names := _names(reading):
        wanted |= Q(sku__in=names) | Q(barcode__in=names)
    rows = Product.objects.for_merchant(wro.merchant_id).filter(wanted)
    return {one.pk: one for one in rows.select_related("merchant").order_by("id")}


def _names(reading: Reading) -> Collection[str]:
    """What the product may have as SKU or barcode: its GTIN in every length, else the text."""
    if reading.gtin:
        return {*gs1.barcodes_of(reading.gtin), reading.text}
    if reading.is_plain and reading.text and not reading.is_lot:
        return {reading.text, reading.text.upper()}
    return set()


def _is_named(product: Product, reading: Reading) -> bool:
    names = _names(reading)
    return product.sku in names or product.barcode in names


def _refs(products: Collection[int], state: State, reading: Reading) -> list[LotRef]:
    numbers = {reading.lot_number or reading.text, state.lot_number} - {""}
    dates = {reading.expires_on, as_date(reading.text), state.expires_on} - {None}
    return [
        *(LotRef(pk, number) for pk in products for number in numbers),
        *(LotRef(pk, expires_on=day) for pk in products for day in dates),
    ]


def _with_counted(
    wro: WRO, announced: Mapping[tuple[int, int | None], Announced], lots: Collection[Lot]
) -> dict[tuple[int, int | None], Announced]:
    """With what is counted and not received yet, of the lots that matter. One query."""
    ids = {lot.pk for lot in lots} | {None}
    wanted = [one.supply_id for (_, lot_id), one in announced.items() if lot_id in ids]
    units = counted_units(wro, wanted) if wanted else {}
    return {
        key: Announced(one.supply_id, one.expected, one.came + units.get(one.supply_id, 0))
        for key, one in announced.items()
    }


def _rules(wro: WRO, products: Mapping[int, Product]) -> dict[int, tuple[CheckIn, ...]]:
    """The shelf life that units of each product need, as their receipt asks. One query."""
    asked = with_rules(
        {(pk, None): Expected(0, pk, None, 0, 0) for pk in products}, wro.merchant_id
    )
    return {
        pk: (CheckIn(min_days=product.days_needed), *asked[pk, None].check_in)
        for pk, product in products.items()
    }


def _by_tracking(boxes: Mapping[int, str]) -> dict[str, list[int]]:
    """The boxes of each tracking number: a carrier may give one to all boxes of a shipment."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, number in boxes.items():
        if number:
            places[number.casefold()].append(place)
    return dict(places)


def _item(product: Product, is_listed: bool, check_in: tuple[CheckIn, ...]) -> Item:
    return Item(
        product_id=product.pk,
        sku=product.sku,
        is_tracked=product.is_tracked,
        lot_entry=product.lot_entry,
        is_listed=is_listed,
        check_in=check_in,
    )


def _known_lot(lot: Lot, announced: Mapping[tuple[int, int | None], Announced]) -> KnownLot:
    return KnownLot(
        number=lot.number,
        expires_on=lot.expires_on,
        announced=announced.get((lot.product_id, lot.pk)),
        manufactured_on=lot.manufactured_on,
    )


def _packed(wro: WRO, box: int | None) -> dict[int, frozenset[int]]:
    """The supplies that are announced in a box, where the WRO says what is in it. One query."""
    if not box:
        return {}
    rows = BoxContent.objects.filter(wro=wro, box__position=box).order_by()
    found = {
        of_lot or of_line
        for of_line, of_lot in rows.values_list("line__supply", "lot_line__supply")
    }
    return {box: frozenset(found)} if found else {}


def counted_units(wro: WRO, supply_ids: Collection[int] | None = None) -> dict[int, int]:
    """Units scanned and not received yet, by announced lot, the latest first. One query."""
    rows = wro.scans.open().exclude(supply=None)
    if supply_ids is not None:
        rows = rows.filter(supply__in=supply_ids)
    summed = rows.values_list("supply").annotate(units=Sum("quantity"), last=Max("id"))
    return {supply_id: units for supply_id, units, _ in summed.order_by("-last")}


def find_wros(user: User, text: str) -> list[WRO]:
    """The WROs that a box at the door may be of: by our label, its tracking number or reference.

    The latest first, at most ten; drafts and cancelled ones too, for they are told. Two queries.
    """
    rows = WRO.objects.for_user(user).select_related("merchant", "warehouse")
    named = NUMBER.fullmatch(text.partition("/")[0].strip())
    by_number = list(rows.filter(pk=int(named[1]))) if named else []
    if by_number:
        return by_number
    reading = reading_of(text, date(2000, 1, 1))
    tracked = Q(boxes__tracking_number__in={text, text.upper(), reading.sscc} - {""})
    own = Q(reference=text) | Q(purchase_order_number=text)
    return list(rows.filter(tracked | own).distinct().order_by("-pk")[:MOST_MATCHES])


def names_box(wro: WRO, text: str) -> bool:
    """Whether a text is the label or tracking number of a box of this WRO. At most one query."""
    reading = reading_of(text, date(2000, 1, 1))
    if reading.box is not None:
        return reading.box[1] is not None
    numbers = {text, text.upper(), reading.sscc} - {""}
    return wro.boxes.filter(tracking_number__in=numbers).exists()
