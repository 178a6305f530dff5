"""Can these units ship? The one place that decides it, in three forms that a test keeps equal.

``is_allocatable`` is the cheap form for queries, ``reason`` the one that joins to say why not,
``why_not`` the same rule in Python. None of them reads a clock: the local date of each warehouse
comes in as ``Todays``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from inventory.models import Hold

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


# What the copy `is_blocked` on a balance means, by its location `loc`, its lot `lot` (null: none)
# and the id of its product: every reason but those of its date.
IS_BLOCKED_SQL = """
(loc.kind IN ('quarantine', 'damaged') OR NOT loc.pickable OR NOT loc.sellable
 OR NOT COALESCE(lot.is_active, TRUE)
 OR EXISTS (SELECT 1 FROM inventory_hold hold WHERE hold.released_at IS NULL AND (
        hold.product_id = {product} OR hold.lot_id = lot.id OR hold.location_id = loc.id)))
"""


class Reason(TextChoices):
    """Why units may not ship, in the order in which a unit counts under the first that holds."""

    QUARANTINE = "quarantine", "In quarantine"
    DAMAGED = "damaged", "Damaged"
    HOLD = "hold", "On hold"
    INACTIVE = "inactive", "Lot is inactive"
    EXPIRED = "expired", "Expired"
    SHORT_DATED = "short_dated", "Below the minimum shelf life"
    NOT_SELLABLE = "not_sellable", "Location is not sellable"
    NOT_PICKABLE = "not_pickable", "Location is not pickable"


# A promise that stands is taken back, and a shipment refused, for these only.
STOPS_SHIPPING = frozenset({Reason.HOLD, Reason.INACTIVE, Reason.EXPIRED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the units of one balance."""

    location_kind: str
    pickable: bool
    sellable: bool
    on_hold: bool
    lot_is_active: bool
    expires_on: date | None


def why_not(units: Facts, *, today: date, min_shelf_life_days: int) -> Reason | None:
    """The first reason why the units may not be allocated on ``today``; None when they may."""
    remaining = None if units.expires_on is None else (units.expires_on - today).days
    checks = (
        (Reason.QUARANTINE, units.location_kind == Reason.QUARANTINE),
        (Reason.DAMAGED, units.location_kind == Reason.DAMAGED),
        (Reason.HOLD, units.on_hold),
        (Reason.INACTIVE, not units.lot_is_active),
        (Reason.EXPIRED, remaining is not None and remaining < 0),
        (Reason.SHORT_DATED, remaining is not None and remaining < min_shelf_life_days),
        (Reason.NOT_SELLABLE, not units.sellable),
        (Reason.NOT_PICKABLE, not units.pickable),
    )
    return next((reason for reason, holds in checks if holds), None)


@dataclass(frozen=True, slots=True)
class Todays:
    """The local date of each warehouse at one moment, by warehouse id."""

    dates: Mapping[int, date]

    def at(self, warehouse_id: int) -> date:
        return self.dates[warehouse_id]

    def latest(self, warehouse_ids: Iterable[int] = (), *, default: date | None = None) -> date:
        """The latest date among these warehouses (among all where none is named)."""
        days = [self.dates[pk] for pk in (list(warehouse_ids) or self.dates)]
        return max(days) if days or default is None else default

    def same_date(self) -> dict[date, tuple[int, ...]]:
        """The warehouses that have each date."""
        by_date: dict[date, list[int]] = {}
        for warehouse_id, day in self.dates.items():
            by_date.setdefault(day, []).append(warehouse_id)
        return {day: tuple(ids) for day, ids in by_date.items()}

    def expression(self) -> Combinable:
        """The date of the row's ``warehouse_id``, as SQL."""
        by_date = self.same_date()
        if len(by_date) == 1:
            return Value(next(iter(by_date)), DateField())
        cases = [When(warehouse_id__in=ids, then=Value(day)) for day, ids in by_date.items()]
        return Case(*cases, output_field=DateField())


class DaysBefore(Func):
    """A date minus a whole number of days; null where either is."""

    output_field = DateField()
    arity = 2
    template = "(%(expressions)s)"
    arg_joiner = " - "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "date(%(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", -", **context)


def min_shelf_life_days() -> Combinable:
    """The larger of the product's and the account's minimum, for a row with a product."""
    return Greatest(
        Coalesce(F("product__min_shelf_life_days"), 0),
        F("product__merchant__picking_disabled_days"),
    )


def is_allocatable(todays: Todays) -> Q:
    """Deciding: a filter on balances in the house, by copied columns and one date comparison."""
    lasts = Q(expires_on__isnull=True) | Q(allocatable_until__gte=todays.expression())
    return Q(is_blocked=False) & lasts


def allocatable_until() -> Combinable:
    """The last date on which the units may be allocated, to annotate for ``is_allocatable``."""
    return DaysBefore(F("expires_on"), min_shelf_life_days())


def on_hold() -> Exists:
    """Whether an active hold is on the row's lot, location or product."""
    hits = (
        Q(lot=OuterRef("lot_id"))
        | Q(location=OuterRef("location_id"))
        | Q(product=OuterRef("product_id"))
    )
    return Exists(Hold.objects.active().filter(hits))


def reason(todays: Todays) -> Case:
    """Explaining: the first reason that holds for a balance, null where it may ship."""
    today = todays.expression()
    return Case(
        When(location_kind=Reason.QUARANTINE, then=Value(Reason.QUARANTINE.value)),
        When(location_kind=Reason.DAMAGED, then=Value(Reason.DAMAGED.value)),
        When(on_hold(), then=Value(Reason.HOLD.value)),
        When(lot__is_active=False, then=Value(Reason.INACTIVE.value)),
        When(expires_on__lt=today, then=Value(Reason.EXPIRED.value)),
        When(allocatable_until__lt=today, then=Value(Reason.SHORT_DATED.value)),
        When(location__sellable=False, then=Value(Reason.NOT_SELLABLE.value)),
        When(location__pickable=False, then=Value(Reason.NOT_PICKABLE.value)),
        default=None,
    )
