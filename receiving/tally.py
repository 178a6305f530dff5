"""What has been counted of a WRO so far, by all, in the words of the dock's screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, Max, Q, Sum, When
from django.db.models.functions import Coalesce

from inventory.models import Lot, Product, Supply
from merchants.models import User
from receiving.dock import State
from receiving.facts import counted_units
from receiving.models import WRO, BoxContent, Scan
from receiving.models.scans import OUTSIDE
from receiving.queries import supplies_of

MOST_ROWS = 50  # of a WRO with more lots, those that are counted or in hand come first
LATEST = 8
MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class LotTally:
    """An announced lot: what is expected, counted and not received yet, and received."""

    product: Product
    lot: Lot | None
    expected: int
    counted: int
    received: int
    days_remaining: int | None
    number: str = ""

    @property
    def expires_on(self) -> date | None:
        return self.lot.expires_on if self.lot else None


@dataclass(frozen=True, slots=True)
class BoxTally:
    """A box (0: none of them); ``expected`` is None where the WRO does not say what is in it."""

    number: int
    tracking_number: str = ""
    expected: int | None = None
    counted: int = 0
    received: int = 0

    @property
    def came(self) -> int:
        return self.counted + self.received


@dataclass(frozen=True, slots=True)
class Board:
    """All counters of a WRO, as one person sees them.

    ``unannounced`` are open counts of nothing that was announced, ``others`` the open units of
    other people by their names, ``latest`` the person's own last scans.
    """

    state: State
    in_hand: Product | None
    expected: int
    counted: int
    received: int
    rows: Sequence[LotTally]
    hidden_rows: int
    boxes: Sequence[BoxTally]
    choices: Sequence[Lot]
    unannounced: Sequence[dict[str, Any]]
    others: Sequence[dict[str, Any]]
    latest: Sequence[Scan]
    mine: int = 0
    mine_in_box: int = 0
    others_units: int = field(default=0)


def board_of(wro: WRO, user: User, state: State, now: datetime) -> Board:
    """The counters of a WRO. Eleven queries, whatever was scanned."""
    supplies = supplies_of(wro)
    counted = counted_units(wro)
    totals = supplies.order_by().aggregate(
        expected=Sum("expected", default=0), received=Sum("received", default=0), rows=Count("id")
    )
    rows = _rows(wro, supplies, counted, state, now)
    opened = wro.scans.open().order_by()
    people = list(opened.values(name=F("scanned_by__username")).annotate(units=Sum("quantity")))
    others = [one for one in people if one["name"] != user.username]
    mine = opened.filter(scanned_by=user).aggregate(
        all=Sum("quantity", default=0), box=Sum("quantity", filter=Q(box=state.box), default=0)
    )
    unannounced = opened.filter(supply=None).values("product__sku", "lot_number", "expires_on")
    return Board(
        state=state,
        in_hand=Product.objects.for_merchant(wro.merchant_id).filter(pk=state.product_id).first(),
        expected=totals["expected"],
        counted=sum(one["units"] for one in people),
        received=totals["received"],
        rows=rows,
        hidden_rows=totals["rows"] - len(rows),
        boxes=_boxes(wro),
        choices=_choices(supplies, state),
        unannounced=list(unannounced.annotate(units=Sum("quantity")).order_by("product__sku")),
        others=others,
        latest=list(wro.scans.filter(scanned_by=user, undone_at=None).order_by("-id")[:LATEST]),
        mine=mine["all"],
        mine_in_box=mine["box"] if state.box is not None else 0,
        others_units=sum(one["units"] for one in others),
    )


def version_of(wro: WRO) -> str:
    """Another text whenever a counter of the WRO has changed. Two queries, for a page that asks."""
    scans = wro.scans.order_by().aggregate(
        last=Max("id"), undone=Count("undone_at"), posted=Count("posted_at")
    )
    came = supplies_of(wro).order_by().aggregate(units=Sum("received"))["units"]
    return "-".join(str(one or 0) for one in (*scans.values(), came)) + f"-{wro.status}"


def box_tallies(wro: WRO) -> Sequence[BoxTally]:
    """What was scanned of each box; empty where nothing was. Three queries."""
    boxes = _boxes(wro)
    return boxes if any(box.came for box in boxes) else []


def scanned_units(wro: WRO) -> int:
    """Units that are scanned and not received yet, of all people. One query."""
    return wro.scans.open().aggregate(units=Sum("quantity", default=0))["units"]


def _rows(
    wro: WRO, supplies: Any, counted: dict[int, int], state: State, now: datetime
) -> Sequence[LotTally]:
    """The lots that matter now first, in the order of the WRO among themselves."""
    today = wro.warehouse.today(now)
    matters = Case(
        When(pk__in=list(counted)[:MOST_ROWS], then=0),
        When(product=state.product_id, then=1),
        default=2,
    )
    rows = supplies.select_related("lot", "product").order_by(matters, "id")[:MOST_ROWS]
    return [_row(one, counted, today) for one in sorted(rows, key=lambda one: one.pk)]


def _row(one: Supply, counted: dict[int, int], today: date) -> LotTally:
    return LotTally(
        product=one.product,
        lot=one.lot,
        expected=one.expected,
        counted=counted.get(one.pk, 0),
        received=one.received,
        days_remaining=one.lot.days_remaining(today) if one.lot else None,
    )


def _boxes(wro: WRO) -> Sequence[BoxTally]:
    named = dict(wro.boxes.values_list("position", "tracking_number"))
    if not named:
        return []
    packed = BoxContent.objects.filter(wro=wro).order_by().values_list("box__position")
    expected = dict(packed.annotate(units=Sum("quantity")))
    scans = wro.scans.counted().order_by().values(number=Coalesce("box", OUTSIDE))
    came = {
        one["number"]: one
        for one in scans.annotate(
            counted=Sum("quantity", filter=Q(posted_at=None), default=0),
            received=Sum("quantity", filter=Q(posted_at__isnull=False), default=0),
        )
    }
    nothing = {"counted": 0, "received": 0}
    return [
        BoxTally(
            tracking_number=named.get(number, ""),
            expected=expected.get(number),
            **({"number": number} | came.get(number, nothing)),
        )
        for number in [*named, *(came.keys() - named.keys())]
    ]


def _choices(supplies: Any, state: State) -> Sequence[Lot]:
    """Announced lots of the product in hand, to be tapped where a label is hard to scan."""
    if state.product_id is None:
        return []
    rows = supplies.filter(product=state.product_id, lot__isnull=False).select_related("lot")
    return [one.lot for one in rows[:MOST_CHOICES]]
