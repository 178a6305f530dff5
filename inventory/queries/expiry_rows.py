"""Lots that run out of life, warehouse by warehouse: how they sell, and what will be left of them.

Every read is of all lots of a page at once; what is sold is told by the movements, and what was
sold of a lot by the balances of the world outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.db.models import Count, Max, Q, Sum

from inventory.availability import Todays
from inventory.expiry import (
    RATE_DAYS,
    AgeBucket,
    LifeBucket,
    Pace,
    Standing,
    Suggestion,
    age_bucket,
    left_at_expiry,
    life_bucket,
    suggest,
)
from inventory.kinds import LocationKind
from inventory.models import (
    Balance,
    ExpiryRun,
    Lot,
    LotAction,
    Movement,
    PostingKind,
    Product,
    Warehouse,
)
from inventory.queries.expiry import Wanted
from merchants.columns import among

Spot = tuple[int, int]  # product id, warehouse id
# Where units come from; everywhere else they have arrived.
ORIGINS = (LocationKind.SUPPLIER, LocationKind.ADJUSTMENT)


@dataclass(frozen=True, slots=True)
class Row:
    """The units of one lot in one warehouse. ``sold`` and its share are those of the lot in all.

    ``value`` is None where the product has none, ``days_of_cover`` where nothing is sold,
    ``left`` where the lot does not expire.
    """

    lot: Lot
    warehouse: Warehouse
    units: int
    bins: int
    days_remaining: int | None
    life: LifeBucket
    age_days: int | None
    age: AgeBucket
    value: Decimal | None
    sold_lately: int
    days_of_cover: int | None
    left: int | None
    sold: int
    share_sold: int
    suggestion: Suggestion | None
    action: LotAction | None


@dataclass(frozen=True, slots=True)
class Stock:
    """Units on hand of one lot (None: without a lot) in one warehouse; ``kept`` may not ship."""

    product_id: int
    warehouse_id: int
    lot_id: int | None
    expires_on: date | None
    units: int
    kept: int
    bins: int

    @property
    def spot(self) -> Spot:
        return self.product_id, self.warehouse_id


@dataclass(frozen=True, slots=True)
class Sales:
    """How many units of a lot are with customers, of so many that ever came in."""

    sold: int = 0
    arrived: int = 0

    @property
    def share(self) -> int:
        """In per cent; what came back counts as not sold."""
        return round(100 * self.sold / self.arrived) if self.arrived > 0 else 0


def rows_of(ids: Collection[int], wanted: Wanted, *, todays: Todays, now: datetime) -> list[Row]:
    """The rows of these lots, in the order of their ids and by warehouse code: those in the
    warehouse and the buckets that are wanted. Eight queries, however many lots."""
    lots = {
        lot.pk: lot
        for lot in Lot.objects.filter(pk__in=among(ids)).select_related("product", "merchant")
    }
    products = {lot.product_id: lot.product for lot in lots.values()}
    for lot in lots.values():
        lot.product.merchant = lot.merchant
    stock = _stock(products)
    outlook = _Outlook(stock, products, _paces(products, now), todays)
    sales, actions = _sales(ids), _last_actions(ids)
    warehouses = {one.pk: one for one in Warehouse.objects.all()}
    of_lot: defaultdict[int | None, list[Stock]] = defaultdict(list)
    for one in sorted(stock, key=lambda one: warehouses[one.warehouse_id].code):
        of_lot[one.lot_id].append(one)
    rows = [
        outlook.row(one, lots[pk], warehouses, sales.get(pk, Sales()), actions.get(pk), now)
        for pk in ids
        if pk in lots
        for one in of_lot[pk]
    ]
    return [row for row in rows if _is_wanted(row, wanted)]


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    days = row.days_remaining
    return (
        wanted.warehouse_id in (None, row.warehouse.pk)
        and wanted.life in ("", row.life)
        and wanted.age in ("", row.age)
        and (wanted.within_days is None or (days is not None and 0 <= days <= wanted.within_days))
    )


class _Outlook:
    """What becomes of the units of some products, by product and warehouse."""

    def __init__(
        self,
        stock: Iterable[Stock],
        products: dict[int, Product],
        paces: dict[Spot, Pace],
        todays: Todays,
    ) -> None:
        self.products, self.paces, self.todays = products, paces, todays
        self.left: dict[tuple[object, int], int | None] = {}
        self.cover: dict[Spot, int | None] = {}
        for spot, group in groupby(sorted(stock, key=lambda one: one.spot), lambda one: one.spot):
            self._look_at(spot, [self._standing(one) for one in group])

    def _look_at(self, spot: Spot, lots: list[Standing]) -> None:
        pace = self.paces.get(spot, Pace(0))
        least = self.products[spot[0]].days_needed
        left = left_at_expiry(lots, pace, min_shelf_life_days=least)
        self.left |= {(lot_id, spot[1]): units for lot_id, units in left.items()}
        good = (one for one in lots if one.days_remaining is None or one.days_remaining >= least)
        self.cover[spot] = pace.days_of_cover(sum(one.sellable for one in good))

    def _standing(self, one: Stock) -> Standing:
        days = None
        if one.expires_on is not None:
            days = (one.expires_on - self.todays.at(one.warehouse_id)).days
        return Standing(one.lot_id, one.units - one.kept, one.kept, days)

    def row(
        self,
        one: Stock,
        lot: Lot,
        warehouses: dict[int, Warehouse],
        sales: Sales,
        action: LotAction | None,
        now: datetime,
    ) -> Row:
        product, standing = self.products[one.product_id], self._standing(one)
        left = self.left[one.lot_id, one.warehouse_id]
        age = None if lot.received_at is None else max((now - lot.received_at).days, 0)
        least = product.days_needed
        return Row(
            lot=lot,
            warehouse=warehouses[one.warehouse_id],
            units=one.units,
            bins=one.bins,
            days_remaining=standing.days_remaining,
            life=life_bucket(standing.days_remaining),
            age_days=age,
            age=age_bucket(age),
            value=None if product.unit_value is None else product.unit_value * one.units,
            sold_lately=self.paces.get(one.spot, Pace(0)).sold,
            days_of_cover=self.cover[one.spot],
            left=left,
            sold=sales.sold,
            share_sold=sales.share,
            suggestion=suggest(standing, left=left, min_shelf_life_days=least),
            action=action,
        )


# What is read -------------------------------------------------------------------------------------


def _stock(product_ids: Collection[int]) -> list[Stock]:
    """All units on hand of these products: lots that are not asked for sell, too. One query."""
    rows = (
        Balance.objects.in_house()
        .filter(product_id__in=among(product_ids), on_hand__gt=0)
        .order_by()
        .values_list("product_id", "warehouse_id", "lot_id", "expires_on")
        .annotate(
            units=Sum("on_hand"),
            kept=Sum("on_hand", filter=Q(is_blocked=True), default=0),
            bins=Count("id"),
        )
        .order_by("product_id", "warehouse_id", "expires_on", "lot_id")
    )
    return [Stock(*row) for row in rows]


def _paces(product_ids: Collection[int], now: datetime) -> dict[Spot, Pace]:
    """What each warehouse shipped of these products in the last four weeks. Two queries.

    Postings from before a daily run that is older than that are passed over unread.
    """
    since = now - timedelta(days=RATE_DAYS)
    before = ExpiryRun.objects.filter(started_at__lte=since)
    rows = (
        Movement.objects.filter(
            product_id__in=among(product_ids),
            posting_id__gt=before.aggregate(last=Max("newest_posting"))["last"] or 0,
            posting__kind=PostingKind.SHIP,
            posting__occurred_at__gt=since,
            target__location_kind=LocationKind.CUSTOMER,
        )
        .order_by()
        .values_list("product_id", "source__warehouse_id")
        .annotate(units=Sum("quantity"))
    )
    return {(product_id, warehouse_id): Pace(units) for product_id, warehouse_id, units in rows}


def _sales(ids: Collection[int]) -> dict[int, Sales]:
    """What is with customers of each lot, and what ever came in. One query."""
    away = Q(location_kind__in=ORIGINS)
    rows = (
        Balance.objects.filter(lot_id__in=among(ids))
        .order_by()
        .values_list("lot_id")
        .annotate(
            sold=Sum("on_hand", filter=Q(location_kind=LocationKind.CUSTOMER), default=0),
            arrived=Sum("on_hand", filter=~away, default=0),
        )
    )
    return {lot_id: Sales(sold, arrived) for lot_id, sold, arrived in rows}


def _last_actions(ids: Collection[int]) -> dict[int, LotAction]:
    """The last that was decided on each lot. One query."""
    newest = (
        LotAction.objects.filter(lot_id__in=among(ids))
        .order_by()
        .values("lot_id")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    rows = LotAction.objects.filter(pk__in=newest).select_related("taken_by")
    return {one.lot_id: one for one in rows}
