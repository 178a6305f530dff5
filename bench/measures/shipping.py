"""A wave of 1,000 orders leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median

import psycopg

from bench import counting
from bench.crew import Act, Crew
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
    mine, twins, slow = [], [], []
    with Crew(1, run.url) as crew:
        for job in ("ours", "twin"):
            crew.run(f"{HERE}:{job}", orders=_allocated(run, 5 * BATCH), batch=BATCH)
        for _ in range(run.repeats):
            mine.append(crew.run(f"{HERE}:ours", orders=_allocated(run, ORDERS), batch=BATCH))
            twins.append(crew.run(f"{HERE}:twin", orders=_allocated(run, ORDERS), batch=BATCH))
            slow.append(crew.run(f"{HERE}:twin", orders=_allocated(run, ORDERS), batch=1))
    rates = [ORDERS / (one.ended - one.began) for one in mine]
    others = [ORDERS / (one.ended - one.began) for one in twins]
    one_by_one = median(ORDERS / (one.ended - one.began) for one in slow)
    yield Row(
        measure="shipping",
        name=f"ship a wave of {ORDERS:,} orders",
        unit="orders/s",
        ours=rates,
        twin=others,
        twin_name="in batches",
        p50=median(one.median_ms for one in mine),
        p99=median(one.percentile(99) for one in mine),
        statements=statements,
        rows=rows,
        twin_rows=twin_rows,
        target="≥ 40 %",
        reached=ratio(rates, others) >= 0.40,
        note=f"(the twin one at a time: {one_by_one:,.0f})",
    )


def _allocated(run: Run, count: int) -> list[int]:
    """So many orders with all their units promised."""
    (wave_id,) = waves.prepare(run, count, 1)
    run_wave.func(wave_id=wave_id)
    rows = WaveOrder.objects.filter(wave_id=wave_id).order_by("position")
    return list(rows.values_list("order_id", flat=True))


def _counted(run: Run) -> tuple[int, int, int]:
    mine = [*ours(0, orders=_allocated(run, 3 * BATCH), batch=BATCH)]
    other = [*twin(0, orders=_allocated(run, 2 * BATCH), batch=BATCH)]
    mine[0](), other[0]()
    with psycopg.connect(run.url, autocommit=True) as watch:
        rows = counting.rows_written(mine[1], None, watch)
        twin_rows = counting.rows_written(other[1], kept_connection(autocommit=False), watch)
    return counting.statements(mine[2]), rows, twin_rows


def ours(worker: int, *, orders: Sequence[int], batch: int) -> Iterator[Act]:
    """By batches where the service takes them, else one by one."""
    actor = User.objects.get(username="bench")
    for first in range(0, len(orders), batch):
        yield partial(_ship, orders[first : first + batch], actor)


def _ship(orders: Sequence[int], actor: User) -> None:
    for order_id in orders:
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
