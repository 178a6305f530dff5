"""A wave of 1,000 orders leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median

import psycopg

from bench import counting
from bench.crew import Act, Crew, Outcome
from bench.dataset import today
from bench.measures import waves
from bench.results import Row, ratio
from bench.run import Run
from bench.setup import kept_connection
from bench.twins.shipping import ship_orders
from fulfillment import services
from fulfillment.models import WaveOrder
from fulfillment.tasks import run_wave
from merchants.models import User

ORDERS = 1_000
BATCH = 50
HERE = __name__


def measure(run: Run) -> Iterator[Row]:
    statements, rows, twin_rows = _counted(run)
    mine: list[Outcome] = []
    twins: list[Outcome] = []
    batched: list[Outcome] = []
    with Crew(1, run.url) as crew:
        jobs = ((mine, "ours", 1), (twins, "twin", 1), (batched, "twin", BATCH))
        for _, job, batch in jobs:
            crew.run(f"{HERE}:{job}", orders=_allocated(run, 10 * batch), batch=batch)
        for _ in range(run.repeats):
            for found, job, batch in jobs:
                orders = _allocated(run, ORDERS)
                found.append(crew.run(f"{HERE}:{job}", orders=orders, batch=batch))
    rates, twin_rates = [one.per_second for one in mine], [one.per_second for one in twins]
    in_batches = median(BATCH * one.per_second for one in batched)
    yield Row(
        measure="shipping",
        name=f"ship a wave of {ORDERS:,} orders of 3 lines, one by one",
        unit="orders/s",
        ours=rates,
        twin=twin_rates,
        twin_name="psycopg",
        p50=median(one.median_ms for one in mine),
        p99=median(one.percentile(99) for one in mine),
        statements=statements,
        rows=rows,
        twin_rows=twin_rows,
        target="≥ 40 %",
        reached=ratio(rates, twin_rates) >= 0.40,
        note=f"(the twin by {BATCH} orders in a transaction: {in_batches:,.0f})",
    )


def _allocated(run: Run, count: int) -> list[int]:
    """So many orders with all their units promised."""
    (wave_id,) = waves.prepare(run, count, 1)
    run_wave.func(wave_id=wave_id)
    rows = WaveOrder.objects.filter(wave_id=wave_id).order_by("position")
    return list(rows.values_list("order_id", flat=True))


def _counted(run: Run) -> tuple[int, int, int]:
    mine = [*ours(0, orders=_allocated(run, 3), batch=1)]
    other = [*twin(0, orders=_allocated(run, 2), batch=1)]
    mine[0](), other[0]()
    with psycopg.connect(run.url, autocommit=True) as watch:
        rows = counting.rows_written(mine[1], None, watch)
        twin_rows = counting.rows_written(other[1], kept_connection(autocommit=False), watch)
    return counting.statements(mine[2]), rows, twin_rows


def ours(worker: int, *, orders: Sequence[int], batch: int) -> Iterator[Act]:
    """An order is packed, and so ships, by itself."""
    actor = User.objects.get(username="bench")
    for order_id in orders:
        yield partial(_ship, order_id, actor)


def _ship(order_id: int, actor: User) -> None:
    services.ship_order(order_id=order_id, actor=actor, now=datetime.now(UTC))


def twin(worker: int, *, orders: Sequence[int], batch: int) -> Iterator[Act]:
    connection = kept_connection(autocommit=False)
    actor = User.objects.get(username="bench").pk
    now = datetime.now(UTC)
    for first in range(0, len(orders), batch):
        yield partial(
            ship_orders,
            connection,
            orders[first : first + batch],
            actor_id=actor,
            now=now,
            today=today(),
        )
