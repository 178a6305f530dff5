"""Stowing: what waits at the dock, filled in with the bins that are suggested for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from inventory.putaway import Suggestion
from merchants.errors import DomainError, Malformed
from receiving.editors.typed import Data, Typed, places, pressed
from receiving.queries import Row
from receiving.services import StowLine

LONGEST_REASON = 500
SEPARATOR = "\t"  # between the names of bins; no name holds one


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
    suggestions: Sequence[Suggestion] = ()
    puts: list[PutRow] = field(default_factory=list)
    shown: frozenset[str] = frozenset()  # the bins that were suggested when the page was opened

    @property
    def suggested(self) -> frozenset[str]:
        """Where the units may go without a reason."""
        return self.shown | {one.name for one in self.suggestions}

    @property
    def suggested_text(self) -> str:
        """The same, as the page carries it."""
        return SEPARATOR.join(sorted(self.suggested))

    @property
    def left(self) -> int:
        """The units for which no bin is free."""
        return self.row.at_dock - sum(one.quantity for one in self.suggestions)


class StowEditor:
    """What goes where."""

    PATH: ClassVar = re.compile(r"lines\[(\d+)\]")

    def __init__(
        self, rows: Iterable[Row], suggestions: Mapping[int, Sequence[Suggestion]]
    ) -> None:
        self.errors: list[str] = []
        self.reason = ""
        self.reason_errors: list[str] = []
        self.rows = [
            StowRow(row, suggestions.get(row.supply_id or 0, ())) for row in rows if row.at_dock
        ]
        for one in self.rows:
            one.puts = [PutRow(str(part.quantity), part.name) for part in one.suggestions]
            if one.left:
                one.puts.append(PutRow(str(one.left)))
        self.sent: list[PutRow] = []
        self.focus = ""  # the field to go on with after a button

    @classmethod
    def typed(
        cls, rows: Iterable[Row], suggestions: Mapping[int, Sequence[Suggestion]], data: Data
    ) -> StowEditor:
        """The table as it was sent."""
        editor = cls(rows, suggestions)
        editor.reason = data.get("reason", "").strip()
        for one in editor.rows:
            name = f"supply-{one.row.supply_id}-{{}}"
            shown = data.get(name.format("suggested"), "").split(SEPARATOR)
            one.shown = frozenset(filter(None, shown))
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
        if len(self.reason) > LONGEST_REASON:
            self.reason_errors.append(f"Say it in at most {LONGEST_REASON} characters.")
            return None
        return lines

    def elsewhere(self) -> set[str]:
        """The bins that are named and not suggested for their lot, where one is suggested."""
        return {
            put.location.strip()
            for one in self.rows
            if one.suggested
            for put in one.puts
            if put in self.sent and put.location.strip() not in one.suggested
        }

    def ask_for_reason(self, bins: Collection[str]) -> None:
        """Units go into these bins, where others are suggested, and nobody says why."""
        names = ", ".join(sorted(bins))
        verb = "is not the bin that is" if len(bins) == 1 else "are not the bins that are"
        self.reason_errors.append(f"{names} {verb} suggested: say why the units go there.")

    def refuse(self, refusal: DomainError) -> None:
        """Show a service's refusal at the rows that it names."""
        if not isinstance(refusal, Malformed):
            self.errors.append(str(refusal))
            return
        for error in refusal.errors:
            match = self.PATH.match(error["field"])
            errors = self.sent[int(match[1])].errors if match else self.errors
            errors.append(error["message"])
