"""A twin is honest: for the same input it leaves the same rows as the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from bench.dataset import Size, fill, sku, today
from bench.twins import orders, shipping, status, waves
from fulfillment import services
from fulfillment.requests import LineRequest, OrderRequest, WaveRequest
from fulfillment.services.waves import BATCH
from inventory.models import Balance, Lot, Product, Warehouse
from inventory.queries.audit import differences
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_product
from merchants.models import Merchant, User
from tests.bench.rows import last_ids, rows

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SIZE = Size(balances=200, orders=20)
SHIP_TO = {"name": "Ada", "country": "US"}
Rows = dict[str, list[str]]


@pytest.fixture
def twin() -> Iterator[psycopg.Connection]:
    """The data set in the test database, and a connection of the twins to it."""
    asked = ("host", "port", "user", "password", "dbname")
    given = connection.get_connection_params()
    with psycopg.connect(**{key: given[key] for key in asked if given.get(key)}) as made:
        fill(made, SIZE)
        yield made


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def actor() -> User:
    return User.objects.get(username="bench")


def left_by_ours(act: Callable[[], object]) -> Rows:
    """What the service leaves behind; undone again."""
    with transaction.atomic(), connection.cursor() as cursor:

        def fetch(query: str) -> list[tuple[Any, ...]]:
            cursor.execute(query)
            return cursor.fetchall()

        before = last_ids(fetch)
        act()
        found = rows(fetch, before)
        transaction.set_rollback(True)
    return found


def left_by_twin(twin: psycopg.Connection, act: Callable[[], object]) -> Rows:
    with twin.transaction(force_rollback=True):

        def fetch(query: str) -> list[tuple[Any, ...]]:
            return twin.execute(query).fetchall()

        before = last_ids(fetch)
        act()
        return rows(fetch, before)


def lines(merchant: Merchant) -> dict[str, int]:
    """More of the first than its first lot has, so that it comes from several."""
    ids = [*Product.objects.filter(merchant=merchant).order_by("id").values_list("id", flat=True)]
    return {sku(ids[0]): 300, sku(ids[1]): 2, sku(ids[2]): 9}


def request(merchant: Merchant) -> OrderRequest:
    return OrderRequest(
        merchant=merchant,
        lines=[LineRequest(name, units) for name, units in lines(merchant).items()],
        warehouse=home(merchant),
        ship_to=SHIP_TO,
    )


def home(merchant: Merchant) -> Warehouse:
    return Warehouse.objects.order_by("id")[merchant.pk % 2]


def wanted(merchant: Merchant, at: datetime) -> orders.Wanted:
    asked = lines(merchant)
    return orders.Wanted(
        merchant_id=merchant.pk,
        warehouse_id=home(merchant).pk,
        actor_id=actor().pk,
        skus=[*asked],
        quantities=[*asked.values()],
        now=at,
        today=today(),
    )


def test_the_twins_of_an_order_leave_its_rows(twin: psycopg.Connection) -> None:
    orders.install(twin)
    twin.commit()
    merchant, at = Merchant.objects.get(code="M03"), now()
    for minimum in (0, 200):
        Merchant.objects.filter(pk=merchant.pk).update(picking_disabled_days=minimum)
        ours = left_by_ours(
            lambda: services.create_order(request=request(merchant), actor=actor(), now=at)
        )
        for make in (orders.create_order, orders.create_order_in_server):
            theirs = left_by_twin(twin, partial(make, twin, wanted(merchant, at)))
            assert theirs == ours
        assert len(ours["inventory_allocation"]) > 3  # a line came from several lots


def test_the_twin_of_a_batch_leaves_its_rows(twin: psycopg.Connection) -> None:
    at = now()
    wave = services.create_wave(request=WaveRequest(), actor=actor(), now=at)
    services.release_wave(wave_id=wave.pk, actor=actor(), now=at)

    ours = left_by_ours(lambda: services.release_batch(wave_id=wave.pk, now=at))
    theirs = left_by_twin(
        twin,
        lambda: waves.release_batch(twin, wave.pk, batch=BATCH, now=at, today=today()),
    )

    assert ours == theirs
    assert len(ours["inventory_allocation"]) >= 3 * SIZE.orders


def test_the_twin_of_shipping_leaves_its_rows(twin: psycopg.Connection) -> None:
    at = now()
    merchants = Merchant.objects.filter(code__in=["M02", "M03"])
    ids = [
        services.create_order(request=request(one), actor=actor(), now=at).pk for one in merchants
    ]

    def ship() -> None:
        for order_id in ids:
            services.ship_order(order_id=order_id, actor=actor(), now=at)

    ours = left_by_ours(ship)
    theirs = left_by_twin(
        twin,
        lambda: shipping.ship_orders(twin, ids, actor_id=actor().pk, now=at, today=today()),
    )

    assert ours == theirs
    assert len(ours["fulfillment_shipment"]) == len(ids)


def test_the_data_set_agrees_with_itself_and_the_twin_of_the_status(
    twin: psycopg.Connection,
) -> None:
    assert Balance.objects.filter(location_kind="storage").count() == SIZE.balances
    assert Lot.objects.count() == SIZE.lots
    assert list(differences()) == []
    at = now()
    services.create_order(request=request(Merchant.objects.get(code="M03")), actor=actor(), now=at)
    ids = [*Product.objects.values_list("id", flat=True)]

    ours = inventory_by_product(ids, todays=todays(at))

    assert any(figures.reasons for figures in ours.values())
    for by_lot in (False, True):
        theirs = status.of_products(twin, ids, today(), by_lot=by_lot)
        for product in ids:
            of_product = [figures for key, figures in theirs.items() if key[0] == product]
            for name in status.NAMES:
                assert sum(one[name] for one in of_product) == getattr(ours[product], name)
            reasons: Counter[str] = Counter()
            for one in of_product:
                reasons.update(one.get("reasons", {}))
            assert reasons == ours[product].reasons
