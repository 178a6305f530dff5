"""Stowing: what waits at the dock, filled in with the bin that is suggested for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from inventory.putaway import Suggestion
from merchants.errors import DomainError, Malformed
from receiving.editors.typed import Data, Typed, places, pressed
from receiving.queries import Row
from receiving.services import StowLine


@dataclass
class PutRow:
    """Units into one bin."""

    quantity: str = ""
    location: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass
class StowRow:
    """A lot at the dock and the bins for it."""

    row: Row
    suggestion: Suggestion | None
    puts: list[PutRow] = field(default_factory=list)


class StowEditor:
    """What goes where."""

    PATH: ClassVar = re.compile(r"lines\[(\d+)\]")

    def __init__(self, rows: Iterable[Row], suggestions: Mapping[int, Suggestion | None]) -> None:
        self.errors: list[str] = []
        self.rows = [
            StowRow(row, suggestions.get(row.supply_id or 0)) for row in rows if row.at_dock
        ]
        for one in self.rows:
            name = one.suggestion.name if one.suggestion else ""
            one.puts.append(PutRow(str(one.row.at_dock), name))
        self.sent: list[PutRow] = []
        self.focus = ""  # the field to go on with after a button

    @classmethod
    def typed(
        cls, rows: Iterable[Row], suggestions: Mapping[int, Suggestion | None], data: Data
    ) -> StowEditor:
        """The table as it was sent."""
        editor = cls(rows, suggestions)
        for one in editor.rows:
            name = f"supply-{one.row.supply_id}-{{}}"
            one.puts = [
                PutRow(
                    data.get(f"{name.format(place)}-quantity", ""),
                    data.get(f"{name.format(place)}-location", ""),
                )
                for place in places(data, f"{name}-quantity")
            ]
        return editor

    def do(self, action: str) -> None:
        """Press one of the buttons that change the table."""
        rows = {one.row.supply_id: one for one in self.rows}
        match pressed(action):
            case "add-bin", int(supply_id) if supply_id in rows:
                rows[supply_id].puts.append(PutRow())
                self.focus = f"supply-{supply_id}-{len(rows[supply_id].puts) - 1}-quantity"
            case "remove-bin", int(supply_id), int(place) if supply_id in rows:
                del rows[supply_id].puts[place : place + 1]
                self.focus = f"supply-{supply_id}-0-quantity"

    def lines(self) -> list[StowLine] | None:
        """What is stowed; None where something typed cannot be read."""
        lines = []
        for one in self.rows:
            lot = one.row.lot
            for put in one.puts:
                units = Typed(put.errors).units(put.quantity or "0", least=0)
                if units and not put.location.strip():
                    put.errors.append("Name the bin.")
                if not units:
                    continue
                self.sent.append(put)
                lines.append(
                    StowLine(
                        product=one.row.product,
                        quantity=units,
                        location=put.location.strip(),
                        lot_number=lot.number if lot else "",
                        expires_on=lot.expires_on if lot else None,
                    )
                )
        if any(put.errors for one in self.rows for put in one.puts):
            return None
        if not lines:
            self.errors.append("Say how many units go into which bin.")
            return None
        return lines

    def refuse(self, refusal: DomainError) -> None:
        """Show a service's refusal at the rows that it names."""
        if not isinstance(refusal, Malformed):
            self.errors.append(str(refusal))
            return
        for error in refusal.errors:
            match = self.PATH.match(error["field"])
            errors = self.sent[int(match[1])].errors if match else self.errors
            errors.append(error["message"])
