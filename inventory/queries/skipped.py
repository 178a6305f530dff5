"""The lots that an order line passes over, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from inventory.availability import Facts
from inventory.models import Balance, Demand, Hold
from inventory.queries.places import todays
from inventory.queries.planning import effective_minimum, restriction_of
from inventory.skips import Need, Skip, Units, skips


def skipped_lots(demands: Iterable[Demand], *, now: datetime) -> dict[int, list[Skip]]:
    """Per demand id every lot on hand in its warehouse that may not be allocated to it, and why.

    Demands come with product, merchant and lot loaded. First expired first, units without a lot
    last. Empty for a demand that is shipped, cancelled or of no warehouse yet. Three queries for
    any number of demands, none where all are empty.
    """
    asked = list(demands)
    found: dict[int, list[Skip]] = {demand.pk: [] for demand in asked}
    waiting = [(one, place) for one in asked if (place := _place(one))]
    if not waiting:
        return found
    days = todays(now)
    units = _units_on_hand({place for _, place in waiting})
    for demand, place in waiting:
        today = days.at(place.warehouse_id)
        found[demand.pk] = skips(_need(demand), units.get(place, []), today=today)
    return found


READ = [
    *("product_id", "warehouse_id", "location_id", "lot_id", "on_hand", "is_blocked"),
    *("location_kind", "expires_on", "location__name", "location__sellable", "location__pickable"),
    *("lot__number", "lot__is_active"),
    *("lot__only_countries", "lot__never_countries", "lot__only_channels"),
]


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


def _units_on_hand(places: Collection[_Place]) -> dict[_Place, list[Units]]:
    """The units on hand in these places. Two queries."""
    rows = Balance.objects.in_house().filter(
        product_id__in={place.product_id for place in places},
        warehouse_id__in={place.warehouse_id for place in places},
        on_hand__gt=0,
    )
    balances = list(rows.select_related("lot", "location").only(*READ).order_by("id"))
    # A hold blocks what it is on: without blocked units there is none to be told of.
    holds = _holds([one for one in balances if one.is_blocked])
    units: dict[_Place, list[Units]] = defaultdict(list)
    for one in balances:
        on_it = {
            hold.pk: _told(hold, one)
            for target in _targets(one.lot_id, one.location_id, one.product_id)
            for hold in holds[target]
        }
        reasons = [on_it[pk] for pk in sorted(on_it)]
        units[_Place(one.product_id, one.warehouse_id)].append(_as_units(one, reasons))
    return units


def _told(hold: Hold, balance: Balance) -> str:
    """Why, to the merchant; a location is held for reasons that may be another merchant's."""
    return hold.reason if hold.location_id is None else f"location {balance.location.name}"


_Target = tuple[str, int]


def _targets(lot_id: int | None, location_id: int | None, product_id: int | None) -> list[_Target]:
    """What a hold may be on, of these."""
    named = (("lot", lot_id), ("location", location_id), ("product", product_id))
    return [(kind, pk) for kind, pk in named if pk is not None]


def _holds(balances: Collection[Balance]) -> dict[_Target, list[Hold]]:
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


def _as_units(balance: Balance, because: list[str]) -> Units:
    lot = balance.lot
    return Units(
        lot_id=balance.lot_id,
        lot_number=None if lot is None else lot.number,
        quantity=balance.on_hand,
        location=balance.location.name,
        facts=Facts(
            location_kind=balance.location_kind,
            pickable=balance.location.pickable,
            sellable=balance.location.sellable,
            on_hold=bool(because),
            lot_is_active=lot is None or lot.is_active,
            expires_on=balance.expires_on,
        ),
        held_because=tuple(dict.fromkeys(because)),
        restriction=restriction_of(lot),
    )
