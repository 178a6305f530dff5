"""The receipt: counts of what was announced, filled in with what is expected, and of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inventory.models import Product
from merchants.errors import DomainError
from merchants.models import Merchant
from receiving.editors.typed import Data, ProductSearch, Typed, known_products, places, pressed
from receiving.queries import Row
from receiving.services import Count


@dataclass
class CountRow:
    """Units of an announced lot: good and damaged ones."""

    row: Row
    good: str = ""
    damaged: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass
class ExtraRow:
    """Units of a lot or product that was not announced, with the lot as it is read on the box."""

    product: Product
    number: str = ""
    expires_on: str = ""
    good: str = ""
    damaged: str = ""
    errors: list[str] = field(default_factory=list)


class ReceiptEditor:
    """What is counted of a WRO."""

    def __init__(self, merchant: Merchant, rows: Iterable[Row]) -> None:
        self.search = ProductSearch(merchant)
        self.errors = self.search.errors
        self.rows = [CountRow(row, str(row.missing), "0") for row in rows]
        self.extras: list[ExtraRow] = []
        self.focus = ""  # the field to go on with after a button

    @classmethod
    def typed(cls, merchant: Merchant, rows: Iterable[Row], data: Data) -> ReceiptEditor:
        """The table as it was sent; an announced lot that is not in it counts nothing."""
        editor = cls(merchant, rows)
        for one in editor.rows:
            one.good = data.get(f"supply-{one.row.supply_id}-good", "")
            one.damaged = data.get(f"supply-{one.row.supply_id}-damaged", "")
        found = list(places(data, "extra-{}-product"))
        products = known_products(merchant, (data[f"extra-{place}-product"] for place in found))
        editor.extras = [
            ExtraRow(
                product=product,
                number=data.get(f"extra-{place}-number", ""),
                expires_on=data.get(f"extra-{place}-expires_on", ""),
                good=data.get(f"extra-{place}-good", ""),
                damaged=data.get(f"extra-{place}-damaged", ""),
            )
            for place in found
            if (product := products.get(data[f"extra-{place}-product"]))
        ]
        editor.search.words = data.get("find", "").strip()
        return editor

    def do(self, action: str) -> None:
        """Press one of the buttons that change the table."""
        match pressed(action):
            case "find", *_:
                self.add(self.search.find())
            case (("pick" | "add-lot"), int(product_id)):
                self.add(self.search.pick(product_id))
            case "remove-extra", int(place) if place < len(self.extras):
                del self.extras[place]

    def add(self, product: Product | None) -> None:
        if product is not None:
            self.extras.append(ExtraRow(product))
            self.focus = f"extra-{len(self.extras) - 1}-number"

    def counts(self) -> list[Count] | None:
        """What is counted; None where something typed cannot be read."""
        counts: list[Count] = []
        for one in self.rows:
            lot = one.row.lot
            number, expires_on = (lot.number, lot.expires_on) if lot else ("", None)
            for units, is_damaged in _units(one):
                counts.append(Count(one.row.product, units, number, expires_on, is_damaged))
        for extra in self.extras:
            expires_on = Typed(extra.errors).expiry(extra.expires_on)
            for units, is_damaged in _units(extra):
                counts.append(
                    Count(extra.product, units, extra.number.strip(), expires_on, is_damaged)
                )
            if len(extra.number.strip()) > 64:
                extra.errors.append("A lot number has at most 64 characters.")
        if any(one.errors for one in self.rows) or any(one.errors for one in self.extras):
            return None
        if not counts:
            self.errors.append("Count at least one unit.")
            return None
        return counts

    def refuse(self, refusal: DomainError) -> None:
        self.errors.append(str(refusal))


def _units(one: CountRow | ExtraRow) -> list[tuple[int, bool]]:
    """(units, damaged?) of what was counted of a row; a blank is 0."""
    typed = Typed(one.errors)
    counted = [
        (typed.units(one.good or "0", least=0), False),
        (typed.units(one.damaged or "0", least=0), True),
    ]
    return [(units, is_damaged) for units, is_damaged in counted if units]
