"""The task list as it comes back: which bins were scanned, and what of it is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from merchants.errors import DomainError, Malformed
from receiving.editors.stowing import LONGEST_REASON, StowEditor
from receiving.editors.typed import Data, Typed
from receiving.models import WRO
from receiving.services import StowLine
from receiving.stow_tasks import StowTask, Waiting

KEY = re.compile(r"task-([0-9]{1,18})-([0-9]{1,9})-quantity")


@dataclass
class Put:
    """Units that somebody says are in a bin now. ``errors`` are shown at their task."""

    waiting: Waiting
    key: str
    quantity: str
    location: str
    suggested: str
    errors: list[str] = field(default_factory=list)
    units: int = 0

    @property
    def line(self) -> StowLine:
        lot = self.waiting.supply.lot
        return StowLine(
            product=self.waiting.supply.product,
            quantity=self.units,
            location=self.location,
            lot_number=lot.number if lot else "",
            expires_on=lot.expires_on if lot else None,
        )

    @property
    def is_elsewhere(self) -> bool:
        return bool(self.suggested) and self.location != self.suggested


class StowTasks:
    """What was scanned on the page: one bin in the box above, or several at their tasks.

    The box is compared with the bins that the page showed, which the person has gone by; meanwhile
    others may have been suggested.
    """

    def __init__(self, waiting: Iterable[Waiting], data: Data) -> None:
        self.data = data
        self.scan = data.get("scan", "").strip()
        self.reason = data.get("reason", "").strip()
        self.errors: list[str] = []
        self.reason_errors: list[str] = []
        self.puts: list[Put] = []
        here = {one.supply.pk: one for one in waiting}
        for name in data:
            if match := KEY.fullmatch(name):
                self._take(here.get(int(match[1])), name.removesuffix("-quantity"))

    def _take(self, waiting: Waiting | None, key: str) -> None:
        location = self.data.get(f"{key}-bin", "").strip()
        suggested = self.data.get(f"{key}-suggested", "")
        if not location and self.scan and self.scan.casefold() == suggested.casefold():
            location = suggested
        if not location:
            return
        if location.casefold() == suggested.casefold():
            location = suggested
        if waiting is None:
            self.errors.append(f"What was to go to {location} is stowed already.")
            return
        quantity = self.data.get(f"{key}-quantity", "")
        self.puts.append(Put(waiting, key, quantity, location, suggested))

    def is_ready(self, bins: Collection[str]) -> bool:
        """Whether all can be stowed as far as the page can tell. ``bins``: of those named."""
        if not self.puts and not self.errors:
            self.errors.append(
                f"No task here goes to {self.scan}. Scan it at the task of the units."
                if self.scan
                else "Scan the label of a bin once the units are in it."
            )
        for put in self.puts:
            put.units = Typed(put.errors).units(put.quantity) or 0
            shown = self.data.get(f"waiting-{put.waiting.supply.pk}", "")
            if shown != str(put.waiting.units):
                put.errors.append(
                    f"{put.waiting.units} units wait at the dock now: look again, and scan."
                )
            if put.is_elsewhere and put.location in bins and not self.reason:
                put.errors.append(
                    f"{put.location} is not {put.suggested}, the bin that is suggested: say why "
                    f"above, or scan {put.suggested}."
                )
        if len(self.reason) > LONGEST_REASON:
            self.reason_errors.append(f"Say it in at most {LONGEST_REASON} characters.")
        return not (self.errors or self.reason_errors or any(put.errors for put in self.puts))

    def named(self) -> set[str]:
        """The bins that are named where others are suggested."""
        return {put.location for put in self.puts if put.is_elsewhere}

    def by_wro(self) -> list[tuple[WRO, list[Put]]]:
        """What goes into bins, WRO by WRO."""
        groups: defaultdict[int, list[Put]] = defaultdict(list)
        for put in self.puts:
            groups[put.waiting.wro.pk].append(put)
        return [(groups[pk][0].waiting.wro, groups[pk]) for pk in sorted(groups)]

    def refuse(self, refusal: DomainError, puts: Sequence[Put]) -> None:
        """Show a service's refusal at the tasks that it names, else at the only one."""
        if not isinstance(refusal, Malformed):
            errors = puts[0].errors if len(puts) == 1 else self.errors
            errors.append(str(refusal))
            return
        for error in refusal.errors:
            match = StowEditor.PATH.match(error["field"])
            errors = puts[int(match[1])].errors if match else self.errors
            errors.append(error["message"])

    def shown_on(self, tasks: Iterable[StowTask], done: Collection[str]) -> None:
        """Put what was typed and is not ``done`` back into the tasks of the page."""
        by_key = {task.key: task for task in tasks}
        for put in self.puts:
            if put.key in done:
                continue
            if task := by_key.get(put.key):
                task.typed_quantity, task.typed_bin = put.quantity, put.location
                task.errors = put.errors
            else:
                self.errors.extend(put.errors)
