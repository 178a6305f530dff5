"""What all tables have in common: single values, buttons, and the search for a product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from inventory.models import Product
from merchants.days import is_meant
from merchants.models import Merchant

MOST_UNITS = 10_000_000
MOST_MATCHES = 20
Data = Mapping[str, str]


class Typed:
    """Reads single values, and keeps what is wrong with them for the row."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors

    def units(self, text: str, *, least: int = 1) -> int | None:
        """A whole number of units; None where it is none."""
        text = text.strip()
        if text.isascii() and text.isdigit() and least <= int(text) <= MOST_UNITS:
            return int(text)
        wrong = f"“{text}” is not a whole number of units from {least}."
        self.errors.append(wrong if text else "Say how many units.")
        return None

    def expiry(self, text: str) -> date | None:
        """A date as YYYY-MM-DD; None where nothing is typed."""
        if not text.strip():
            return None
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            day = None
        if day is None or not is_meant(day):
            self.errors.append(f"“{text}” is not a date such as 2027-06-30.")
            return None
        return day


class ProductSearch:
    """The box in which a product is named by SKU, name or id; several matches are to pick from."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.words = ""
        self.matches: list[Product] = []
        self.errors: list[str] = []

    def find(self) -> Product | None:
        """The product that is meant; None where none or several might be, or nothing is typed."""
        if not self.words:
            return None
        self.matches = find_products(self.merchant, self.words)
        if len(self.matches) == 1:
            return self._found(self.matches[0])
        if not self.matches:
            self.errors.append(f"No product of {self.merchant.name} matches “{self.words}”.")
        return None

    def pick(self, product_id: int) -> Product | None:
        rows = Product.objects.for_merchant(self.merchant).select_related("merchant")
        return self._found(rows.filter(pk=product_id).first())

    def _found(self, product: Product | None) -> Product | None:
        self.words, self.matches = "", []
        return product


def pressed(action: str) -> tuple[str | int, ...]:
    """The button `remove-lot:2:0` as ("remove-lot", 2, 0)."""
    verb, *places = action.split(":")
    return (verb, *(int(one) for one in places if is_id(one)))


def find_products(merchant: Merchant, words: str) -> list[Product]:
    """Products that a person may mean: the one of this SKU or id, else those that match.

    At most 20, by SKU.
    """
    words = words.strip()
    if not words:
        return []
    rows = Product.objects.for_merchant(merchant).select_related("merchant")
    exact = list(rows.filter(sku__iexact=words)[:1])
    return exact or list(rows.search(words).order_by("sku", "id")[:MOST_MATCHES])


def known_products(merchant: Merchant, ids: Iterable[str]) -> dict[str, Product]:
    """The merchant's products by their ids as text; others are left out."""
    wanted = {one for one in ids if is_id(one)}
    rows = Product.objects.for_merchant(merchant).select_related("merchant")
    return {str(product.pk): product for product in rows.filter(pk__in=wanted)}


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def places(data: Data, name: str) -> Iterable[int]:
    """0, 1, 2 … as long as there is a field of that name."""
    place = 0
    while name.format(place) in data:
        yield place
        place += 1
