"""Step 2 of a draft: its products, and the lots of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from inventory.models import Product
from merchants.errors import DomainError, Malformed
from merchants.models import Merchant
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.editors.typed import Data, ProductSearch, Typed, known_products, places, pressed


@dataclass
class LotRow:
    number: str = ""
    expires_on: str = ""
    quantity: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass
class LineRow:
    product: Product
    quantity: str = ""
    lots: list[LotRow] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def asks_for_lots(self) -> bool:
        return self.product.is_tracked


class LinesEditor:
    """The products and lots of a draft."""

    PATH: ClassVar = re.compile(r"lines\[(\d+)\](?:\.lots\[(\d+)\])?")

    def __init__(self, merchant: Merchant, rows: list[LineRow]) -> None:
        self.merchant = merchant
        self.rows = rows
        self.search = ProductSearch(merchant)
        self.errors = self.search.errors
        self.focus = ""  # the field to go on with after a button

    @classmethod
    def of(cls, merchant: Merchant, lines: Iterable[AnnouncedLine]) -> LinesEditor:
        """The table as a draft has it."""
        return cls(merchant, [_row(line) for line in lines])

    @classmethod
    def typed(cls, merchant: Merchant, data: Data) -> LinesEditor:
        """The table as it was sent; products of others are left out."""
        found = list(places(data, "line-{}-product"))
        products = known_products(merchant, (data[f"line-{place}-product"] for place in found))
        rows = [
            LineRow(product, data.get(f"line-{place}-quantity", ""), list(_lots(data, place)))
            for place in found
            if (product := products.get(data[f"line-{place}-product"]))
        ]
        editor = cls(merchant, rows)
        editor.search.words = data.get("find", "").strip()
        return editor

    def do(self, action: str) -> None:
        """Press one of the buttons that change the table."""
        match pressed(action):
            case "find", *_:
                self.add(self.search.find())
            case "pick", int(product_id):
                self.add(self.search.pick(product_id))
            case "remove-line", int(line) if line < len(self.rows):
                del self.rows[line]
            case "add-lot", int(line) if line < len(self.rows):
                self.rows[line].lots.append(LotRow())
                self.focus = f"line-{line}-lot-{len(self.rows[line].lots) - 1}-number"
            case "remove-lot", int(line), int(lot) if line < len(self.rows):
                del self.rows[line].lots[lot : lot + 1]
                self.focus = f"line-{line}-quantity"

    def add(self, product: Product | None) -> None:
        if product is None:
            return
        if any(row.product == product for row in self.rows):
            self.errors.append(f"{product.sku} is in the list already.")
            return
        self.rows.append(LineRow(product, lots=[LotRow()] if product.is_tracked else []))
        self.focus = f"line-{len(self.rows) - 1}-quantity"

    def lines(self) -> list[AnnouncedLine] | None:
        """What is announced; None where something typed cannot be read."""
        lines = [
            AnnouncedLine(
                row.product,
                Typed(row.errors).units(row.quantity),
                tuple(
                    AnnouncedLot(
                        lot.number.strip(),
                        Typed(lot.errors).expiry(lot.expires_on),
                        Typed(lot.errors).units(lot.quantity),
                    )
                    for lot in row.lots
                ),
            )
            for row in self.rows
        ]
        if not lines:
            self.errors.append("Add at least one product.")
        wrong = self.errors or any(row.errors for row in self.rows)
        wrong = wrong or any(lot.errors for row in self.rows for lot in row.lots)
        return None if wrong else lines

    def refuse(self, refusal: DomainError) -> None:
        """Show a service's refusal at the rows that it names."""
        if not isinstance(refusal, Malformed):
            self.errors.append(str(refusal))
            return
        for error in refusal.errors:
            match = self.PATH.match(error["field"])
            if match is None:
                self.errors.append(error["message"])
            elif match[2] is None:
                self.rows[int(match[1])].errors.append(error["message"])
            else:
                self.rows[int(match[1])].lots[int(match[2])].errors.append(error["message"])


def _row(line: AnnouncedLine) -> LineRow:
    lots = [
        LotRow(lot.number, str(lot.expires_on or ""), str(lot.quantity or ""))
        for lot in line.lots or ()
    ]
    if not lots and line.product.is_tracked:  # of a copy, whose lots are to be filled in
        lots = [LotRow()]
    return LineRow(line.product, str(line.quantity or ""), lots)


def _lots(data: Data, line: int) -> Sequence[LotRow]:
    name = f"line-{line}-lot-{{}}"
    return [
        LotRow(
            data.get(f"{name.format(place)}-number", ""),
            data.get(f"{name.format(place)}-expires_on", ""),
            data.get(f"{name.format(place)}-quantity", ""),
        )
        for place in places(data, f"{name}-quantity")
    ]
