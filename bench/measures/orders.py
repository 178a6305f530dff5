"""One order of three lines, made and allocated: ours, by psycopg, and inside the server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, partial

import psycopg
from django.db import DatabaseError

from bench import counting
from bench.crew import Act, Crew, Outcome
from bench.dataset import Size, hot_orders, open_orders, size_of, sku, today
from bench.results import Row, ratio
from bench.run import Run
from bench.setup import current_url, kept_connection
from bench.twins.orders import Wanted, create_order, create_order_in_server, install
from fulfillment import services
from fulfillment.requests import LineRequest, OrderRequest
from inventory.models import Product, Warehouse
from merchants.models import Merchant, User

ORDERS = 300  # of each process in a repeat
SHIP_TO = {"name": "Ada", "country": "US"}


def measure(run: Run) -> Iterator[Row]:
    with psycopg.connect(run.url, autocommit=True) as connection:
        install(connection)
    statements, rows, twin_rows = _counted(run.url)
    for processes in (1, 4):
        ours, twin, server = _timed(run, processes)
        floor = 0.20 if processes == 1 else 0.25
        p99 = max(one.percentile(99) for one in ours)
        rates, twins = [one.per_second for one in ours], [one.per_second for one in twin]
        servers = [one.per_second for one in server]
        named = f"one order of 3 lines, {processes} process{'es' * (processes > 1)}"
        quick = processes == 1 or p99 <= 15
        yield Row(
            measure="orders",
            name=named,
            unit="orders/s",
            ours=rates,
            twin=twins,
            twin_name="psycopg",
            p50=run.middle(one.median_ms for one in ours),
            p99=run.middle(one.percentile(99) for one in ours),
            statements=statements,
            rows=rows,
            twin_rows=twin_rows,
            target="≥ 60 %; ≤ 12 statements" + ("; p99 ≤ 15 ms" if processes == 4 else ""),
            reached=ratio(rates, twins) >= 0.60 and statements <= 12 and quick,
        )
        yield Row(
            measure="orders",
            name=named,
            unit="orders/s",
            ours=rates,
            twin=servers,
            twin_name="in the server",
            target=f"≥ {floor * 100:.0f} %",
            reached=ratio(rates, servers) >= floor,
        )


def _timed(run: Run, processes: int) -> tuple[list[Outcome], list[Outcome], list[Outcome]]:
    outcomes: dict[str, list[Outcome]] = {"ours": [], "twin": [], "in_server": []}
    with Crew(processes, run.url) as crew:
        for job in outcomes:
            crew.run(f"{__name__}:{job}", count=50, seed=run.next_seed())
        for _ in range(run.repeats):
            for job, found in outcomes.items():
                found.append(crew.run(f"{__name__}:{job}", count=ORDERS, seed=run.next_seed()))
    return outcomes["ours"], outcomes["twin"], outcomes["in_server"]


def _counted(url: str) -> tuple[int, int, int]:
    mine, other = [*ours(0, count=3, seed=1)], [*twin(0, count=2, seed=1)]
    mine[0]()
    with psycopg.connect(url, autocommit=True) as watch:
        rows = counting.rows_written(mine[1], None, watch)
        twin_rows = counting.rows_written(other[1], kept_connection(autocommit=False), watch)
    return counting.statements(mine[2]), rows, twin_rows


# Jobs ---------------------------------------------------------------------------------------------


def ours(worker: int, *, count: int, seed: int, hot: bool = False) -> Iterator[Act]:
    actor, houses = User.objects.get(username="bench"), [*Warehouse.objects.order_by("id")]
    merchants = Merchant.objects.in_bulk()
    of_product = merchants_of_products()
    for lines in order_lines(count, seed, worker, hot=hot):
        merchant = merchants[of_product[lines[0][0]]]
        request = OrderRequest(
            merchant=merchant,
            lines=[LineRequest(sku(product), units) for product, units in lines],
            warehouse=houses[merchant.pk % 2],
            ship_to=SHIP_TO,
        )
        yield partial(_create, request, actor)


def _create(request: OrderRequest, actor: User) -> bool:
    """Whether the order was taken: the service itself tries again where it may."""
    try:
        services.create_order(request=request, actor=actor, now=datetime.now(UTC))
    except DatabaseError:
        return False
    return True


def twin(worker: int, *, count: int, seed: int, hot: bool = False) -> Iterator[Act]:
    connection = kept_connection(autocommit=False)
    for wanted in wanteds(count, seed, worker, hot=hot):
        yield partial(create_order, connection, wanted)


def in_server(worker: int, *, count: int, seed: int) -> Iterator[Act]:
    connection = kept_connection(autocommit=True)
    for wanted in wanteds(count, seed, worker):
        yield partial(create_order_in_server, connection, wanted)


def wanteds(count: int, seed: int, worker: int, *, hot: bool = False) -> Iterator[Wanted]:
    """The orders of ``ours`` as the twins take them."""
    actor = User.objects.get(username="bench").pk
    houses = [*Warehouse.objects.order_by("id").values_list("id", flat=True)]
    of_product = merchants_of_products()
    now = datetime.now(UTC)
    for lines in order_lines(count, seed, worker, hot=hot):
        merchant = of_product[lines[0][0]]
        yield Wanted(
            merchant_id=merchant,
            warehouse_id=houses[merchant % 2],
            actor_id=actor,
            skus=[sku(product) for product, _ in lines],
            quantities=[units for _, units in lines],
            now=now,
            today=today(),
        )


@cache
def merchants_of_products() -> dict[int, int]:
    return dict(Product.objects.values_list("id", "merchant_id"))


@cache
def _size() -> Size:
    return size_of(current_url())


def order_lines(
    count: int, seed: int, worker: int, *, hot: bool
) -> Iterator[list[tuple[int, int]]]:
    """The same orders for ours and its twins: (product id, units) of each line."""
    return (hot_orders if hot else open_orders)(count, _size(), seed=1000 * seed + worker)
