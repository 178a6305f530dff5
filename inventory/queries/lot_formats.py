"""Which format numbers a product's lots, and what it reads in a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from inventory.lot_formats import DateMeans, Reading, parse, read, write
from inventory.models import LotFormat, Product
from merchants.errors import Malformed

Number = tuple[int, str]  # of which product, and how it is written


@dataclass(frozen=True, slots=True)
class Dates:
    """The day that a number carries, as what it is."""

    manufactured_on: date | None = None
    expires_on: date | None = None


def format_of(product: Product) -> LotFormat | None:
    """The active format of a product, else that of its merchant. One query."""
    return _formats([product]).get(product.pk)


def dates_in(numbers: Iterable[Number]) -> dict[Number, Dates]:
    """The dates that lot numbers carry, where a format reads them.

    Three queries; one where nobody has a format.
    """
    wanted = set(numbers)
    if not wanted or not LotFormat.objects.filter(is_active=True).exists():
        return {}
    products = Product.objects.in_bulk({product_id for product_id, _ in wanted})
    formats = _formats(products.values())
    found = {}
    for product_id, number in wanted:
        made = formats.get(product_id)
        reading = made and reading_of(made, products[product_id], number)
        if made and reading and reading.day:
            found[product_id, number] = as_dates(made, reading.day)
    return found


def reading_of(made: LotFormat, product: Product, number: str) -> Reading | None:
    """What the number of a lot of this product says by a format; None where it does not fit."""
    words = words_of(made, product)
    return read(parse(made.pattern), number, words=words, means=made.date_means)


def words_of(made: LotFormat, product: Product | None) -> dict[str, str]:
    """The words that a format writes for a product, unless others are given."""
    return {
        "BRAND": made.brand,
        "PRODUCT": made.product_code or (product.sku if product else ""),
        "SUPPLIER": made.supplier,
        "LINE": made.line,
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """What a format writes on a day, or why it cannot be; and what it reads in a number."""

    examples: list[str]
    refusal: str = ""
    number: str = ""
    parts: Mapping[str, str] | None = None
    dates: Dates | None = None


def preview(made: LotFormat, day: date, *, number: str = "") -> Preview:
    """What a format that is being typed would write and read. No query where its product is loaded.

    Without a number it reads its own first example.
    """
    try:
        first = example_of(made, day)
        examples = [first]
        if parse(made.pattern).has_sequence:
            examples.append(example_of(made, day, sequence=2))
    except Malformed as refusal:
        return Preview([], refusal=refusal.message)
    number = number.strip() or first
    words = {name: word or name for name, word in words_of(made, made.product).items()}
    reading = read(parse(made.pattern), number, words=words, means=made.date_means)
    if reading is None:
        return Preview(examples, number=number)
    dates = as_dates(made, reading.day) if reading.day else Dates()
    return Preview(examples, number=number, parts=dict(reading.parts), dates=dates)


def example_of(made: LotFormat, day: date, *, sequence: int = 1) -> str:
    """What a format writes for a day; words that it leaves open stand there by their names.

    No query where the product is loaded.
    """
    words = {name: word or name for name, word in words_of(made, made.product).items()}
    return write(parse(made.pattern), day=day, words=words, sequence=sequence)


def as_dates(made: LotFormat, day: date) -> Dates:
    if made.date_means == DateMeans.EXPIRY:
        return Dates(expires_on=day)
    return Dates(manufactured_on=day)


def _formats(products: Iterable[Product]) -> Mapping[int, LotFormat]:
    products = list(products)
    reach = Q(product__in=[one.pk for one in products]) | Q(
        product=None, merchant__in={one.merchant_id for one in products}
    )
    rows = list(LotFormat.objects.filter(reach, is_active=True).order_by("id"))
    of_merchants = {row.merchant_id: row for row in rows if row.product_id is None}
    of_products = {row.product_id: row for row in rows if row.product_id is not None}
    found = {
        one.pk: of_products.get(one.pk) or of_merchants.get(one.merchant_id) for one in products
    }
    return {pk: row for pk, row in found.items() if row}
