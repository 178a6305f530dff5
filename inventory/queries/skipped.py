"""The lots that an order line passes over, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from inventory.availability import Facts
from inventory.models import Demand, Hold
from inventory.queries.places import todays_of
from inventory.queries.planning import (
    IN_HOUSE_SQL,
    RESTRICTION_SQL,
    effective_minimum,
    restriction,
)
from inventory.skips import Need, Skip, Units, skips
from merchants.columns import fetch, values


def skipped_lots(demands: Iterable[Demand], *, now: datetime) -> dict[int, list[Skip]]:
    """Per demand id every lot on hand in its warehouse that may not be allocated to it, and why.

    Demands come with product, merchant, lot and warehouse loaded. First expired first, units
    without a lot last. Empty for a demand that is shipped, cancelled or of no warehouse yet. Two
    queries at most for any number of demands.
    """
    asked = list(demands)
    found: dict[int, list[Skip]] = {demand.pk: [] for demand in asked}
    waiting = [(one, place) for one in asked if (place := _place(one))]
    if not waiting:
        return found
    days = todays_of({one.warehouse for one, _ in waiting if one.warehouse}, now)
    units = _units_on_hand({place for _, place in waiting})
    for demand, place in waiting:
        today = days.at(place.warehouse_id)
        found[demand.pk] = skips(_need(demand), units.get(place, []), today=today)
    return found


class _Place(NamedTuple):
    """Where a demand looks for units."""

    product_id: int
    warehouse_id: int


def _place(demand: Demand) -> _Place | None:
    """Where units would come from; None where none are wanted, or nowhere yet."""
    if demand.warehouse_id is None or demand.is_cancelled or demand.shipped == demand.quantity:
        return None
    return _Place(demand.product_id, demand.warehouse_id)


def _need(demand: Demand) -> Need:
    return Need(
        quantity=demand.quantity - demand.shipped,
        min_shelf_life_days=effective_minimum(demand),
        lot_id=demand.lot_id,
        lot_name="" if demand.lot is None else demand.lot.number or str(demand.lot.expires_on),
        single_lot=demand.single_lot,
        channel=demand.channel,
        country=demand.country,
    )


# Written by hand, for every answer to an order asks it.
UNITS = f"""
SELECT b.product_id, b.warehouse_id, b.lot_id, b.location_id, b.on_hand, b.is_blocked,
    b.location_kind, b.expires_on, loc.name, loc.sellable, loc.pickable, lot.number, lot.is_active,
    {RESTRICTION_SQL}
FROM {{values}}
JOIN inventory_balance b ON b.product_id = v.product_id AND b.warehouse_id = v.warehouse_id
JOIN inventory_location loc ON loc.id = b.location_id
LEFT JOIN inventory_lot lot ON lot.id = b.lot_id
WHERE b.on_hand > 0 AND b.location_kind IN {IN_HOUSE_SQL}
ORDER BY b.id
"""


class _Standing(NamedTuple):
    """Units on hand of one balance, as read."""

    product_id: int
    warehouse_id: int
    lot_id: int | None
    location_id: int
    on_hand: int
    is_blocked: bool
    location_kind: str
    expires_on: date | None
    location: str
    sellable: bool
    pickable: bool
    lot_number: str | None
    lot_is_active: bool | None
    restriction: str | None


def _units_on_hand(places: Collection[_Place]) -> dict[_Place, list[Units]]:
    """The units on hand in these places. Two queries at most."""
    columns = {
        "product_id": [one.product_id for one in places],
        "warehouse_id": [one.warehouse_id for one in places],
    }
    fragment, params = values(columns)
    rows = [_Standing(*row) for row in fetch(UNITS.format(values=fragment), params)]
    # A hold blocks what it is on: without blocked units there is none to be told of.
    holds = _holds([one for one in rows if one.is_blocked])
    units: dict[_Place, list[Units]] = defaultdict(list)
    for one in rows:
        on_it = {
            hold.pk: _told(hold, one)
            for target in _targets(one.lot_id, one.location_id, one.product_id)
            for hold in holds[target]
        }
        reasons = [on_it[pk] for pk in sorted(on_it)]
        units[_Place(one.product_id, one.warehouse_id)].append(_as_units(one, reasons))
    return units


def _told(hold: Hold, one: _Standing) -> str:
    """Why, to the merchant; a location is held for reasons that may be another merchant's."""
    return hold.reason if hold.location_id is None else f"location {one.location}"


_Target = tuple[str, int]


def _targets(lot_id: int | None, location_id: int | None, product_id: int | None) -> list[_Target]:
    """What a hold may be on, of these."""
    named = (("lot", lot_id), ("location", location_id), ("product", product_id))
    return [(kind, pk) for kind, pk in named if pk is not None]


def _holds(balances: Collection[_Standing]) -> dict[_Target, list[Hold]]:
    """The active holds on these balances, by what they are on. One query at most."""
    holds: dict[_Target, list[Hold]] = defaultdict(list)
    if not balances:
        return holds
    on_them = (
        Q(lot_id__in={one.lot_id for one in balances if one.lot_id})
        | Q(location_id__in={one.location_id for one in balances})
        | Q(product_id__in={one.product_id for one in balances})
    )
    for hold in Hold.objects.active().filter(on_them):
        for target in _targets(hold.lot_id, hold.location_id, hold.product_id):
            holds[target].append(hold)
    return holds


def _as_units(one: _Standing, because: list[str]) -> Units:
    return Units(
        lot_id=one.lot_id,
        lot_number=one.lot_number,
        quantity=one.on_hand,
        location=one.location,
        facts=Facts(
            location_kind=one.location_kind,
            pickable=bool(one.pickable),
            sellable=bool(one.sellable),
            on_hold=bool(because),
            lot_is_active=one.lot_is_active is None or bool(one.lot_is_active),
            expires_on=one.expires_on,
        ),
        held_because=tuple(dict.fromkeys(because)),
        restriction=restriction(one.restriction) if one.restriction else None,
    )
