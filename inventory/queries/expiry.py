"""Expiry at work: which units run out of life, summed by days to expiry, by month and by age.

Days are counted by the date of each warehouse, for a day begins in each at its own time. The same
balances are summed here and listed by ``expiry_rows``, so that chart and table show the same units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, Q, Sum, Value, When
from django.db.models.functions import TruncMonth

from inventory.availability import Todays
from inventory.expiry import (
    AGE_SPANS,
    LIFE_SPANS,
    SOON_DAYS,
    AgeBucket,
    LifeBucket,
    Span,
    life_bucket,
)
from inventory.queries.search import products_found
from inventory.querysets import BalanceQuerySet

MONTHS = 12  # that the chart by month shows one by one


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked the expiry page for; nothing asks for all."""

    search: str = ""
    sku: str = ""
    merchant_id: int | None = None
    warehouse_id: int | None = None
    life: str = ""
    age: str = ""
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One bar of a chart and line of its table: the units of a bucket."""

    key: str
    label: str
    units: int


# Which balances -----------------------------------------------------------------------------------


def standing(rows: BalanceQuerySet, wanted: Wanted, todays: Todays, now: datetime) -> Any:
    """Those of the balances on hand that are wanted. One query where products are searched."""
    rows = rows.in_house().filter(on_hand__gt=0)
    if wanted.merchant_id is not None:
        rows = rows.filter(merchant_id=wanted.merchant_id)
    if wanted.warehouse_id is not None:
        rows = rows.filter(warehouse_id=wanted.warehouse_id)
    if wanted.sku:
        rows = rows.filter(product__sku=wanted.sku)
    if wanted.search:
        rows = rows.filter(product__in=products_found(wanted.search))
    if wanted.within_days is not None:
        rows = rows.filter(expires(todays, (0, wanted.within_days)))
    if wanted.life == LifeBucket.UNDATED:
        rows = rows.filter(expires_on__isnull=True)
    elif wanted.life:
        rows = rows.filter(expires(todays, LIFE_SPANS[LifeBucket(wanted.life)]))
    if wanted.age == AgeBucket.UNKNOWN:
        rows = rows.filter(lot__received_at__isnull=True)
    elif wanted.age:
        rows = rows.filter(_received(now, AGE_SPANS[AgeBucket(wanted.age)]))
    return rows


def expires(todays: Todays, span: Span) -> Q:
    """Expires so many days after the local date of its warehouse.

    The range over all warehouses says the same once more, for there is an index of it.
    """
    if not todays.dates:
        return Q(pk=None)
    first, last = span
    days = todays.dates.values()
    wanted = Q(expires_on__isnull=False)
    if first is not None:
        wanted &= Q(expires_on__gte=min(days) + timedelta(days=first))
        if len(set(days)) > 1:
            wanted &= Q(expires_on__gte=_shifted(todays, first).expression())
    if last is not None:
        wanted &= Q(expires_on__lte=max(days) + timedelta(days=last))
        if len(set(days)) > 1:
            wanted &= Q(expires_on__lte=_shifted(todays, last).expression())
    return wanted


def _shifted(todays: Todays, days: int) -> Todays:
    return Todays({pk: day + timedelta(days=days) for pk, day in todays.dates.items()})


def _received(now: datetime, span: Span) -> Q:
    """Received so many whole days ago; what was received in the future counts as of today."""
    first, last = span
    wanted = Q(lot__received_at__isnull=False)
    if first:
        wanted &= Q(lot__received_at__lte=now - timedelta(days=first))
    if last is not None:
        wanted &= Q(lot__received_at__gt=now - timedelta(days=last + 1))
    return wanted


def lot_ids(balances: BalanceQuerySet) -> Any:
    """The ids of their lots, first expired first, those without an expiry last. One query."""
    rows = balances.filter(lot__isnull=False).values("expires_on", "lot_id").distinct()
    in_order = rows.order_by(F("expires_on").asc(nulls_last=True), "lot_id")
    return in_order.values_list("lot_id", flat=True)


# The charts ---------------------------------------------------------------------------------------


def units_by_life(balances: BalanceQuerySet, todays: Todays) -> list[Part]:
    """Units by days to expiry, a part for each bucket; they sum to the units on hand. One query."""
    sums: dict[LifeBucket, int] = dict.fromkeys(LifeBucket, 0)
    for expires_on, warehouse_id, units in _by_date(balances):
        days = None if expires_on is None else (expires_on - todays.at(warehouse_id)).days
        sums[life_bucket(days)] += units
    return [Part(one.value, str(one.label), units) for one, units in sums.items()]


def units_by_month(balances: BalanceQuerySet, todays: Todays, now: datetime) -> list[Part]:
    """Units by the month in which they expire, from this month on; what is before and after, and
    what does not expire, in one part each. One query."""
    first = todays.latest(default=now.date()).replace(day=1)
    months = [_month(first, place) for place in range(MONTHS + 1)]
    sums = dict.fromkeys(["before", *(f"{one:%Y-%m}" for one in months[:-1]), "later", "never"], 0)
    rows = balances.order_by().annotate(month=TruncMonth("expires_on"))
    for month, units in rows.values_list("month").annotate(units=Sum("on_hand")):
        if month is None:
            key = "never"
        elif month < first:
            key = "before"
        else:
            key = f"{month:%Y-%m}" if month < months[-1] else "later"
        sums[key] += units
    names = {"before": "Before", "later": "Later", "never": "No expiry"}
    return [Part(key, names.get(key, key), units) for key, units in sums.items()]


def _month(first: date, place: int) -> date:
    years, month = divmod(first.month - 1 + place, 12)
    return date(first.year + years, month + 1, 1)


def units_by_age(balances: BalanceQuerySet, now: datetime) -> list[Part]:
    """Units by days since their lot was first received; they sum to the units on hand. One query.

    Units without a lot have no age.
    """
    cases = [When(_received(now, span), then=Value(one.value)) for one, span in AGE_SPANS.items()]
    age = Case(*cases, default=Value(AgeBucket.UNKNOWN.value), output_field=CharField())
    rows = balances.order_by().annotate(age=age).values_list("age")
    sums = dict(rows.annotate(units=Sum("on_hand")))
    return [Part(one.value, str(one.label), sums.get(one.value, 0)) for one in AgeBucket]


def _by_date(balances: BalanceQuerySet) -> Iterable[tuple[date | None, int, int]]:
    rows = balances.order_by().values_list("expires_on", "warehouse_id")
    return rows.annotate(units=Sum("on_hand"))


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Units that expired or expire within 90 days, and what those are worth whose value is known.

    ``unvalued`` of them have no value.
    """

    units: int = 0
    value: Decimal = Decimal(0)
    unvalued: int = 0


def at_risk(balances: BalanceQuerySet, todays: Todays) -> AtRisk:
    """What of these units is at risk. One query, its money added up here, where it is exact."""
    rows = balances.filter(expires(todays, (None, SOON_DAYS))).order_by()
    sums = list(rows.values_list("product__unit_value").annotate(units=Sum("on_hand")))
    return AtRisk(
        sum(units for _, units in sums),
        sum((value * units for value, units in sums if value is not None), Decimal(0)),
        sum(units for value, units in sums if value is None),
    )
