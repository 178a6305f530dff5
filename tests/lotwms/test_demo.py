"""The demo: filled in twice, for it takes seconds; so each test looks at much of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import StringIO
from itertools import product
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from fulfillment.models import LotSwap, Order, Wave
from fulfillment.queries import wave_results
from fulfillment.status import OrderStatus
from inventory.models import (
    Balance,
    Hold,
    Lot,
    Posting,
    Product,
    QuarantineCase,
    SetAside,
    Warehouse,
)
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_product
from lotwms.demo.house import LOG_IN, STAFF
from lotwms.demo.story import tell
from merchants.models import Merchant, User
from receiving.models import WRO
from returns.disposition import Kind
from returns.models import Return, Status
from tests.clock import START
from transfers.models import Transfer

ANOTHER_DAY = datetime(2028, 2, 29, 5, 30, tzinfo=UTC)  # 23:30 of the day before, in Chicago


def said_by(command: str) -> str:
    said = StringIO()
    call_command(command, stdout=said)
    return said.getvalue()


def picture(now: datetime) -> dict[str, Any]:
    """What the demo looks like, in days from its day."""
    today = Warehouse.objects.get(code="CHI").today(now)
    balances = Balance.objects.select_related("product", "location").order_by("id")
    return {
        "stock": [
            (
                one.product.sku,
                one.expires_on and (one.expires_on - today).days,
                one.location.name,
                one.on_hand,
                one.committed,
            )
            for one in balances
        ],
        "orders": list(
            Order.objects.with_status().order_by("id").values_list("reference", "status")
        ),
        "wros": list(WRO.objects.order_by("id").values_list("reference", "status")),
        "returns": list(Return.objects.order_by("id").values_list("reference", "kind", "status")),
        "transfers": list(Transfer.objects.order_by("id").values_list("reference", "status")),
        "waves": list(Wave.objects.order_by("id").values_list("status", "done_count")),
        "cases": list(QuarantineCase.objects.order_by("id").values_list("source", "quantity")),
    }


def test_it_works(db: None) -> None:
    assert said_by("demo").splitlines() == [
        "Filling in the demo ...",
        "The log-in of the demo: name demo, password demo",
    ]
    assert list(Merchant.objects.order_by("code").values_list("code", flat=True)) == [
        "LUMEN",
        "VITALEAF",
    ]
    assert list(Warehouse.objects.values_list("code", flat=True)) == ["CHI", "NJ"]
    assert 38 <= Product.objects.count() <= 42
    assert said_by("check_ledger") == "The ledger agrees with itself.\n"
    for merchant in Merchant.objects.all():
        every_state_is_there(merchant)
        something_is_held_and_something_in_quarantine(merchant)
        something_is_kept_restricted_and_swapped(merchant)
    lots_are_fresh_near_their_expiry_and_expired()
    most_reasons_of_an_exception_can_be_seen()
    people_of_every_group_can_log_in()
    one_wave_fell_short_and_one_waits()

    before = picture(START), Posting.objects.count(), User.objects.count()
    assert said_by("demo") == "The log-in of the demo: name demo, password demo\n"
    assert (picture(START), Posting.objects.count(), User.objects.count()) == before


def test_it_is_the_same_every_time_relative_to_today(db: None) -> None:
    with transaction.atomic():
        tell(ANOTHER_DAY)
        earlier = picture(ANOTHER_DAY)
        transaction.set_rollback(True)
    tell(START)
    for part, seen in picture(START).items():
        assert seen == earlier[part], part


def every_state_is_there(merchant: Merchant) -> None:
    wros = WRO.objects.for_merchant(merchant)
    assert set(wros.values_list("status", flat=True)) == set(WRO.Status.values)
    assert wros.filter(completed_short=True).exists()
    orders = Order.objects.for_merchant(merchant).with_status()
    assert set(orders.values_list("status", flat=True)) == set(OrderStatus.values)
    transfers = Transfer.objects.for_merchant(merchant).values_list("status", flat=True)
    assert sorted(transfers) == ["awaiting", "in_transit"]
    returns = Return.objects.for_merchant(merchant)
    assert set(returns.values_list("kind", "status")) == set(product(Kind.values, Status.values))


def something_is_kept_restricted_and_swapped(merchant: Merchant) -> None:
    kept = SetAside.objects.for_merchant(merchant).get(ended_at=None)
    assert (kept.demand.allocated, kept.demand.customer) == (6, "Northside Market")
    assert Lot.objects.for_merchant(merchant).get(only_countries="CA US").only_channels
    assert LotSwap.objects.for_merchant(merchant).count() == 1


def lots_are_fresh_near_their_expiry_and_expired() -> None:
    today = Warehouse.objects.get(code="CHI").today(START)
    on_hand = Balance.objects.in_house().filter(on_hand__gt=0).values("lot")
    days = [lot.days_remaining(today) for lot in Lot.objects.filter(pk__in=on_hand)]
    ages = Counter(
        "expired" if left < 0 else "near" if left <= 30 else "fresh"
        for left in days
        if left is not None
    )
    assert min(ages["expired"], ages["near"]) >= 3
    assert ages["fresh"] >= 50


def something_is_held_and_something_in_quarantine(merchant: Merchant) -> None:
    hold = Hold.objects.for_merchant(merchant).get(released_at=None)
    assert hold.lot is not None
    assert hold.reason
    cases = QuarantineCase.objects.for_merchant(merchant).filter(quantity__gt=0)
    sources = set(cases.values_list("source", flat=True))
    assert sources >= {"receiving", "move", "customer_return", "short_pick"}


def most_reasons_of_an_exception_can_be_seen() -> None:
    found = inventory_by_product(
        list(Product.objects.values_list("pk", flat=True)), todays=todays(START), warehouse_id=None
    )
    units = sum((Counter(figures.reasons) for figures in found.values()), Counter[str]())
    assert set(units) == {"quarantine", "damaged", "hold", "expired", "short_dated"}


def one_wave_fell_short_and_one_waits() -> None:
    done, waiting = Wave.objects.order_by("id")
    assert (done.status, waiting.status) == ("completed", "open")
    results = wave_results(done)
    assert (results.short, results.left, results.cancelled) == (1, 0, 0)
    assert results.covered == done.order_count - 1 == 9
    assert wave_results(waiting).left == waiting.order_count == 10


def people_of_every_group_can_log_in() -> None:
    for username, (_, group) in STAFF.items():
        assert Client().login(username=username, password=LOG_IN)
        user = User.objects.get(username=username)
        assert [one.name for one in user.groups.all()] == [group]
        assert (user.is_staff, user.is_superuser) == (True, False)
    assert User.objects.get(username=LOG_IN).is_superuser


def test_production_is_refused(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not in production"):
        call_command("demo")
