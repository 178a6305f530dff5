"""What waits at the docks of a warehouse, of all WROs, in the order in which it is put away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, F, Sum

from inventory.models import Lot, Product, Supply, Warehouse
from inventory.putaway import Suggestion, plan_bins
from inventory.queries.bins import bins_for, wanted
from merchants.models import User
from receiving.models import WRO

MOST_LOTS = 200  # at the docks that one list plans, the oldest first


class Waiting(NamedTuple):
    """Units of one lot of a WRO at a dock."""

    supply: Supply
    wro: WRO

    @property
    def units(self) -> int:
        return self.supply.received - self.supply.stowed


@dataclass
class StowTask:
    """Units that are carried to one bin: all of a lot, or the part of it that fits there."""

    waiting: Waiting
    part: int
    quantity: int
    suggestion: Suggestion | None
    today: date
    typed_quantity: str = ""
    typed_bin: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"task-{self.waiting.supply.pk}-{self.part}"

    @property
    def product(self) -> Product:
        return self.waiting.supply.product

    @property
    def lot(self) -> Lot | None:
        return self.waiting.supply.lot

    @property
    def expires_on(self) -> date | None:
        return self.lot.expires_on if self.lot else None

    @property
    def days_remaining(self) -> int | None:
        return (self.expires_on - self.today).days if self.expires_on else None

    @property
    def place(self) -> tuple[bool, int, str, int, int]:
        """Its place on the way; what has no bin comes last."""
        bin = self.suggestion
        spot = (bin.pick_sequence, bin.name) if bin else (0, "")
        return (bin is None, *spot, self.waiting.supply.pk, self.part)


class DockLoad(NamedTuple):
    """How many units of how many lots wait at the docks of a warehouse."""

    warehouse: Warehouse
    units: int
    lots: int


def dock_loads() -> list[DockLoad]:
    """The warehouses where units wait at a dock, by code. Two queries."""
    rows = Supply.objects.filter(received__gt=F("stowed")).order_by().values("warehouse")
    sums = {
        row["warehouse"]: (row["units"], row["lots"])
        for row in rows.annotate(units=Sum(F("received") - F("stowed")), lots=Count("pk"))
    }
    places = Warehouse.objects.filter(pk__in=sums).order_by("code")
    return [DockLoad(place, *sums[place.pk]) for place in places]


def waiting_at(warehouse: Warehouse, user: User) -> list[Waiting]:
    """The lots at the docks of a warehouse that this person may see, the oldest first. One query.

    At most ``MOST_LOTS``.
    """
    rows = (
        Supply.objects.for_user(user)
        .filter(warehouse=warehouse, received__gt=F("stowed"))
        .select_related("product__merchant", "lot", "wro_line__wro", "wro_lot_line__line__wro")
        .order_by("id")
    )
    return [Waiting(one, _wro_of(one)) for one in rows[:MOST_LOTS]]


def planned(waiting: list[Waiting], warehouse: Warehouse, now: datetime) -> list[StowTask]:
    """A task for each bin that the units go to, in walking order. As many queries as ``bins_for``.

    What finds no bin is a task without one.
    """
    units = [wanted(one.supply.product, one.supply.lot_id, one.units) for one in waiting]
    today = warehouse.today(now)
    tasks = []
    for one, parts in zip(waiting, plan_bins(bins_for(units, warehouse.pk), units), strict=True):
        for number, part in enumerate(parts):
            tasks.append(StowTask(one, number, part.quantity, part, today))
        if left := one.units - sum(part.quantity for part in parts):
            tasks.append(StowTask(one, len(parts), left, None, today))
    return sorted(tasks, key=lambda task: task.place)


def _wro_of(supply: Supply) -> WRO:
    line = getattr(supply, "wro_line", None) or supply.wro_lot_line.line
    return line.wro
