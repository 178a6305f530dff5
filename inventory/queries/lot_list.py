"""Reads for lists of lots: what each has in the house, and which of them run out of life."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateField, Exists, IntegerField, Max, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.availability import Todays
from inventory.kinds import IN_THE_BUILDING
from inventory.models import Balance
from inventory.queries.places import todays
from inventory.querysets import BalanceQuerySet, LotQuerySet

LOOKED_AT = 5_000  # of the lots of a list, when those out of stock are asked for


def for_list(lots: LotQuerySet, now: datetime) -> LotQuerySet:
    """Adds ``on_hand`` (units in the house, in all warehouses) and ``today``: the latest local
    date among the warehouses that hold the lot, from which its days remaining are counted.

    One query before the one of the lots themselves.
    """
    days = todays(now)
    in_house = Balance.objects.in_house().filter(lot=OuterRef("pk")).order_by().values("lot")
    units = in_house.annotate(units=Sum("on_hand")).values("units")
    today: object = Value(days.latest(default=now.date()), DateField())
    if days.dates:
        held = _standing(days).filter(lot=OuterRef("pk")).order_by().values("lot")
        latest = Subquery(held.annotate(latest=Max("day")).values("latest"), DateField())
        today = Coalesce(latest, today)
    return lots.annotate(on_hand=Coalesce(Subquery(units, IntegerField()), 0), today=today)


def expiring(lots: LotQuerySet, now: datetime, *, days: int) -> LotQuerySet:
    """Lots with units in the house that expire today or within so many days. One query more."""
    first = todays(now)
    if not first.dates:
        return lots.none()
    last = Todays({pk: day + timedelta(days=days) for pk, day in first.dates.items()})
    # The lot's own date says the same, and there is an index that also sorts by it.
    dates = (min(first.dates.values()), max(last.dates.values()))
    lots = lots.filter(expires_on__range=dates)
    standing = _standing(first).filter(lot=OuterRef("pk"))
    if _is_one_date(first):
        return lots.filter(Exists(standing))
    return lots.filter(
        Exists(
            standing.filter(expires_on__gte=first.expression(), expires_on__lte=last.expression())
        )
    )


def expired(lots: LotQuerySet, now: datetime) -> LotQuerySet:
    """Lots with units in the house whose last good day has passed there. One query more."""
    days = todays(now)
    if not days.dates:
        return lots.none()
    lots = lots.filter(expires_on__lt=days.latest())
    standing = _standing(days).filter(lot=OuterRef("pk"))
    if _is_one_date(days):
        return lots.filter(Exists(standing))
    return lots.filter(Exists(standing.filter(expires_on__lt=days.expression())))


def _is_one_date(days: Todays) -> bool:
    """All warehouses have the same date, as on most of the day."""
    return len(set(days.dates.values())) == 1


def in_stock(lots: LotQuerySet) -> LotQuerySet:
    """Lots with units on hand. No further query."""
    return lots.filter(_on_hand())


def out_of_stock(lots: LotQuerySet) -> LotQuerySet:
    """Of the lots that expire first those without any unit on hand. No further query.

    What is not there has no index: with all lots in stock, all would have to be looked at.
    """
    first = lots.first_expired_first().values("pk")[:LOOKED_AT]
    return lots.filter(~_on_hand(), pk__in=first)


def _on_hand() -> Exists:
    return Exists(Balance.objects.in_house().filter(lot=OuterRef("pk"), on_hand__gt=0))


def _standing(days: Todays) -> BalanceQuerySet:
    """Balances with units in the house, docks too; ``day`` is the local date there."""
    rows = Balance.objects.filter(location_kind__in=IN_THE_BUILDING, on_hand__gt=0)
    return rows.annotate(day=days.expression())
