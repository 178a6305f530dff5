"""Lot numbers: the formats in which they are written, and the next one of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from inventory.errors import LotFormatTaken, LotNumberTaken, NoLotFormat, SequenceExhausted
from inventory.locks import lock_products
from inventory.lot_formats import DIGITS, WORD, DateMeans, Format, parse, scope, write
from inventory.models import Lot, LotFormat, LotSequence, Product, SpentLotNumber, lot_key
from inventory.queries.lot_formats import Dates, as_dates, format_of, words_of
from inventory.queries.places import todays
from inventory.services.checks import check_fields, while_free
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.history import stamp
from merchants.models import Merchant, User
from merchants.transactions import act

LOOKED_AT = 100  # numbers at once, for the first that is free


class FormatFields(TypedDict, total=False):
    """What may be set on a format; a field that is absent stays as it is."""

    pattern: str
    date_means: str
    brand: str
    product_code: str
    supplier: str
    line: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number for a lot that is to be made, with the date that it carries."""

    number: str
    dates: Dates


@act
def create_lot_format(
    *, actor: User, now: datetime, merchant: Merchant, product: Product | None, fields: FormatFields
) -> LotFormat:
    """Say how lots are numbered: of one product, or of all of a merchant's that have no own format.

    Raises: Malformed (a pattern that cannot be read back, a word with a dash), LotFormatTaken.
    """
    made = LotFormat(merchant=merchant, product=product, created_at=now, **fields)
    return _keep(made, actor, now)


@act
def update_lot_format(
    *, actor: User, now: datetime, format_id: int, fields: FormatFields
) -> LotFormat:
    """Change a format; numbers that were drawn stay drawn. Raises: NotFound, as above."""
    made = LotFormat.objects.select_for_update(no_key=True, of=("self",)).filter(pk=format_id)
    standing = made.first()
    if standing is None:
        raise NotFound()
    for name, value in fields.items():
        setattr(standing, name, value)
    return _keep(standing, actor, now)


@act
def draw_lot_number(
    *,
    actor: User,
    now: datetime,
    product: Product,
    words: Mapping[str, str] | None = None,
    day: date | None = None,
) -> Drawn:
    """The next lot number of a product, never given before and never again.

    ``words`` replace those of the format (SUPPLIER, LINE …); ``day`` is the date that the number
    carries, today where it means the manufacture. Two who draw at once wait for each other at the
    sequence. Raises: NoLotFormat, SequenceExhausted, LotNumberTaken (a format without a sequence),
    Malformed. Locks the product, then the sequence.
    """
    lock_products([product.pk])
    made = format_of(product)
    if made is None:
        raise NoLotFormat(message=f"There is no lot number format for {product.sku}.")
    form = parse(made.pattern)
    day = day or _today(made, form, now)
    known = words_of(made, product) | {name: word for name, word in (words or {}).items() if word}
    number = _next(made, form, day, known, product)
    spend(product=product, numbers=[number], now=now)
    record(
        topic="lot.number_drawn",
        merchant_id=product.merchant_id,
        object=str(product.pk),
        payload={"sku": product.sku, "number": number},
        at=now,
    )
    return Drawn(number, as_dates(made, day) if _carries_a_day(form) else Dates())


def spend(*, product: Product, numbers: list[str], now: datetime) -> None:
    """Keep numbers from ever being drawn (again). One statement; under the product's lock."""
    SpentLotNumber.objects.bulk_create(
        [
            SpentLotNumber(
                merchant_id=product.merchant_id, product=product, number=number, spent_at=now
            )
            for number in numbers
        ],
        ignore_conflicts=True,
    )


def _keep(made: LotFormat, actor: User, now: datetime) -> LotFormat:
    """Hold a format against its rules and write it."""
    made.pattern = made.pattern.strip()
    for name in ("brand", "product_code", "supplier", "line"):
        setattr(made, name, getattr(made, name).strip())
    check_fields(made)
    parse(made.pattern)
    for name in ("brand", "supplier", "line"):
        word = getattr(made, name)
        if word and not WORD.fullmatch(word):
            raise Malformed("word_invalid", "Use letters and digits only.", field=name)
    stamp(made, actor=actor, now=now)
    with while_free(lambda: _refuse_second(made)):
        made.save()
    return made


def _refuse_second(made: LotFormat) -> None:
    same = LotFormat.objects.filter(is_active=True, product=made.product, merchant=made.merchant)
    if made.is_active and same.exclude(pk=made.pk).exists():
        whose = made.product.sku if made.product else made.merchant.code
        raise LotFormatTaken(message=f"{whose} has an active format already: deactivate it first.")


def _today(made: LotFormat, form: Format, now: datetime) -> date:
    if made.date_means == DateMeans.EXPIRY and form.names() & set(DIGITS):
        message = "The number carries the expiry: say which it is."
        raise Malformed("expiry_required", message, field="expires_on")
    return todays(now).latest(default=now.date())


def _carries_a_day(form: Format) -> bool:
    """A whole one: a number with the month alone says less than is known here."""
    names = form.names()
    return bool(names & {"YYYY", "YY"}) and bool(names & {"DD", "JJJ"})


def _next(
    made: LotFormat, form: Format, day: date, words: Mapping[str, str], product: Product
) -> str:
    """The first number of the sequence that nobody had, under the sequence's lock."""
    if not form.has_sequence:
        number = write(form, day=day, words=words)
        if _taken(product, [number]):
            raise LotNumberTaken(
                message=f"{product.sku} had the lot {number} already, and its format has no "
                "sequence: add {SEQ:2} to it."
            )
        return number
    counted = scope(form, day=day, words=words)
    sequence = _sequence(made, counted)
    while sequence.last < form.last_in_sequence:
        end = min(sequence.last + LOOKED_AT, form.last_in_sequence)
        places = range(sequence.last + 1, end + 1)
        written = {n: write(form, day=day, words=words, sequence=n) for n in places}
        taken = _taken(product, list(written.values()))
        sequence.last = next((n for n in places if lot_key(written[n]) not in taken), end + 1)
        if sequence.last <= end:
            sequence.save(update_fields=["last"])
            return written[sequence.last]
        sequence.last = end
    raise SequenceExhausted(
        message=f"{made.pattern} has no further number for {counted}: give its sequence more "
        "digits."
    )


def _sequence(made: LotFormat, counted: str) -> LotSequence:
    """The sequence of this scope, locked; begun where it is the first draw."""
    rows = LotSequence.objects.select_for_update().filter(format=made, scope=counted)
    found = rows.first()
    if found is None:
        begun = LotSequence(format=made, scope=counted)
        LotSequence.objects.bulk_create([begun], ignore_conflicts=True)
        found = rows.get()
    return found


def _taken(product: Product, numbers: list[str]) -> set[str]:
    """Keys of those that a lot of the product has or had. Two queries."""
    keys = [lot_key(number) for number in numbers]
    taken: set[str] = set()
    for rows in (Lot.objects, SpentLotNumber.objects):
        had = rows.filter(product=product, number_key__in=keys)
        taken.update(had.order_by().values_list("number_key", flat=True))
    return taken
