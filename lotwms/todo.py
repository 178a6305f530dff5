"""What needs doing in the warehouse now: the counts on the index page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q, Sum
from django.urls import reverse

from inventory.models import Allocation, Balance, Demand, LocationKind, Lot, QuarantineCase
from inventory.queries.disposals import open_requests
from inventory.queries.lot_list import expired, expiring
from jobs.queries import crew
from merchants.models import User
from receiving.models import WRO, Discrepancy, UnidentifiedDelivery
from receiving.queries import late
from returns.models import Return
from returns.models import Status as ReturnStatus
from transfers.queries import to_receive

SOON_DAYS = 30


@dataclass(frozen=True)
class Task:
    """Work that waits: how much, of what, more in words, and the page where it is done."""

    count: int
    name: str
    hint: str
    url: str


def todo(user: User, now: datetime) -> list[Task]:
    """The tasks that this person may see, in the order of the work. At most four queries each."""
    return [task(now) for permission, task in TASKS if user.has_perm(permission)]


def receive(now: datetime) -> Task:
    found = WRO.objects.aggregate(
        arrived=Count("id", filter=Q(status=WRO.Status.ARRIVED)),
        awaiting=Count("id", filter=Q(status=WRO.Status.AWAITING)),
        late=Count("id", filter=late(now)),
    )
    under_way = f"{found['awaiting']} more on the way" if found["awaiting"] else "None on the way"
    only_late = found["late"] and not found["arrived"]
    rows = {"arrival": "late"} if only_late else {"status__exact": "arrived"}
    return Task(
        found["arrived"],
        counted(found["arrived"], "WRO to receive", "WROs to receive"),
        f"{under_way}, {found['late']} late" if found["late"] else under_way,
        page("receiving_wro", **rows),
    )


def stow(now: datetime) -> Task:
    at_docks = Balance.objects.filter(location_kind=LocationKind.DOCK, on_hand__gt=0)
    found = at_docks.aggregate(
        units=Sum("on_hand", default=0), products=Count("product", distinct=True)
    )
    return Task(
        found["units"],
        counted(found["units"], "unit at a dock to stow", "units at a dock to stow"),
        counted(found["products"], "All of one product", "Of {} products")
        if found["units"]
        else "The docks are empty",
        reverse("admin:receiving_wro_stow_tasks"),
    )


def bring_over(now: datetime) -> Task:
    found = to_receive()
    under_way = counted(found["units"], "1 unit is under way", "{} units are under way")
    planned = counted(found["awaiting"], "1 more to send", "{} more to send")
    return Task(
        found["transfers"],
        counted(found["transfers"], "transfer to receive", "transfers to receive"),
        f"{under_way}; {planned}" if found["awaiting"] else under_way,
        page("transfers_transfer", status__exact="in_transit"),
    )


def ship(now: datetime) -> Task:
    short = (
        Demand.objects.of_orders()
        .backordered()
        .filter(
            merchant=OuterRef("demand__merchant"), order_number=OuterRef("demand__order_number")
        )
    )
    promised = Allocation.objects.filter(demand__is_set_aside=False).filter(~Exists(short))
    orders = promised.aggregate(orders=Count("demand__order_number", distinct=True))["orders"]
    return Task(
        orders,
        counted(orders, "order to ship", "orders to ship"),
        "All of their units are allocated" if orders else "No order is fully allocated",
        page("fulfillment_order", status="allocated"),
    )


def cover(now: datetime) -> Task:
    found = (
        Demand.objects.of_orders()
        .backordered()
        .aggregate(orders=Count("order_number", distinct=True), since=Min("ordered_at"))
    )
    return Task(
        found["orders"],
        counted(found["orders"], "backordered order", "backordered orders"),
        f"The oldest is of {found['since']:%Y-%m-%d}"
        if found["since"]
        else "Every released order has its units",
        page("fulfillment_order", status="backordered"),
    )


def inspect(now: datetime) -> Task:
    found = Return.objects.aggregate(
        arrived=Count("id", filter=Q(status=ReturnStatus.ARRIVED)),
        awaiting=Count("id", filter=Q(status=ReturnStatus.AWAITING)),
    )
    return Task(
        found["arrived"],
        counted(found["arrived"], "return to inspect", "returns to inspect"),
        f"{found['awaiting']} more on the way" if found["awaiting"] else "None on the way",
        page("returns_return", status__exact="arrived"),
    )


def decide(now: datetime) -> Task:
    found = QuarantineCase.objects.open().aggregate(cases=Count("id"), oldest=Min("opened_at"))
    return Task(
        found["cases"],
        counted(found["cases"], "quarantine case", "quarantine cases"),
        age_of(found["oldest"], now) if found["cases"] else "Nothing waits for a decision",
        page("inventory_quarantinecase"),
    )


def dispose(now: datetime) -> Task:
    found = open_requests().aggregate(requests=Count("id"), oldest=Min("requested_at"))
    return Task(
        found["requests"],
        counted(found["requests"], "disposal request", "disposal requests"),
        age_of(found["oldest"], now)
        if found["requests"]
        else "No merchant asks to dispose of a lot",
        page("inventory_disposalrequest"),
    )


def resolve(now: datetime) -> Task:
    found = Discrepancy.objects.open().aggregate(
        all=Count("id"), late=Count("id", filter=Q(due_at__lt=now))
    )
    boxes = UnidentifiedDelivery.objects.waiting().count()
    came = counted(boxes, "1 delivery without a WRO", "{} deliveries without a WRO")
    late = f"{found['late']} overdue" if found["late"] else "None is overdue"
    return Task(
        found["all"],
        counted(found["all"], "discrepancy to resolve", "discrepancies to resolve"),
        f"{late}; {came}" if boxes else late,
        page("receiving_discrepancy", **({"state": "overdue"} if found["late"] else {})),
    )


def sell_soon(now: datetime) -> Task:
    soon = expiring(Lot.objects.all(), now, days=SOON_DAYS).count()
    gone = expired(Lot.objects.all(), now).count()
    return Task(
        soon,
        counted(
            soon, f"lot expires within {SOON_DAYS} days", f"lots expire within {SOON_DAYS} days"
        ),
        counted(gone, "1 in stock has expired already", "{} in stock have expired already")
        if gone
        else "No lot in stock has expired",
        page("inventory_lot", expiry="expired" if gone and not soon else str(SOON_DAYS)),
    )


def repair(now: datetime) -> Task:
    found = crew()
    standing = counted(found.waiting, "1 more waits", "{} more wait") + ", "
    standing += counted(found.workers, "1 worker is there", "{} workers are there")
    return Task(
        found.failed,
        counted(found.failed, "background job failed", "background jobs failed"),
        "Jobs wait and no worker is there" if found.is_missed else standing,
        page("jobs_job", **({"status__exact": "FAILED"} if found.failed else {})),
    )


def age_of(oldest: datetime, now: datetime) -> str:
    days = (now - oldest).days
    if not days:
        return "The oldest is less than a day old"
    return counted(days, "The oldest is 1 day old", "The oldest is {} days old")


def counted(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(count)


def page(model: str, **filters: str) -> str:
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse(f"admin:{model}_changelist") + query


TASKS = (
    ("receiving.view_wro", receive),
    ("inventory.view_balance", stow),
    ("transfers.view_transfer", bring_over),
    ("fulfillment.view_order", ship),
    ("fulfillment.view_order", cover),
    ("returns.view_return", inspect),
    ("receiving.view_discrepancy", resolve),
    ("inventory.view_quarantinecase", decide),
    ("inventory.view_disposalrequest", dispose),
    ("inventory.view_lot", sell_soon),
    ("jobs.view_job", repair),
)
