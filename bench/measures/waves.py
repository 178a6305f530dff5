"""Waves: open orders released and allocated in batches, and the memory that a large one takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median

import psycopg

from bench import counting
from bench.crew import Act, Crew, Outcome
from bench.dataset import add_orders, today
from bench.results import Row, ratio
from bench.run import Run
from bench.setup import kept_connection
from bench.twins.waves import release_batch
from fulfillment.requests import WaveRequest
from fulfillment.services import waves
from merchants.models import User

ORDERS = 10_000
ONE_BY_ONE = 2_000  # orders of the twin that takes one at a time
HERE = __name__


def measure(run: Run) -> Iterator[Row]:
    statements, rows, twin_rows = _counted(run)
    with Crew(8, run.url) as crew:
        slow = [_rate(run, crew, 8, ONE_BY_ONE, "twin", batch=1) for _ in range(run.repeats)]
    one_by_one = median(one.per_second for one in slow)
    for processes in (1, 4):
        with Crew(processes, run.url) as crew:
            for job in ("ours", "twin"):
                _rate(run, crew, processes, 10 * processes * waves.BATCH, job)
            mine, other = [], []
            for _ in range(run.repeats):
                mine.append(_rate(run, crew, processes, ORDERS, "ours"))
                other.append(_rate(run, crew, processes, ORDERS, "twin"))
        yield _row(processes, mine, other, one_by_one, (statements, rows, twin_rows))


def _row(
    processes: int,
    mine: Sequence[Outcome],
    other: Sequence[Outcome],
    one_by_one: float,
    counts: tuple[int, int, int],
) -> Row:
    rates = [waves.BATCH * one.per_second for one in mine]
    twins = [waves.BATCH * one.per_second for one in other]
    return Row(
        measure="waves",
        name=f"wave of {ORDERS:,} orders of 3 lines, {processes} process{'es' * (processes > 1)}",
        unit="orders/s",
        ours=rates,
        twin=twins,
        twin_name="in batches",
        p50=median(one.median_ms for one in mine),
        p99=median(one.percentile(99) for one in mine),
        statements=counts[0],
        rows=counts[1],
        twin_rows=counts[2],
        target="≥ 65 %; faster than one at a time with 8 clients",
        reached=ratio(rates, twins) >= 0.65 and median(rates) > one_by_one,
        note=f"(one at a time, 8 clients: {one_by_one:,.0f}; p50, p99 and rows of a batch of 50)",
    )


def _rate(
    run: Run, crew: Crew, processes: int, orders: int, job: str, *, batch: int = waves.BATCH
) -> Outcome:
    """Each process has a wave of its own, as each worker has."""
    wave_ids = prepare(run, orders, processes)
    acts = orders // processes // batch
    return crew.run(f"{HERE}:{job}", wave_ids=wave_ids, acts=acts, batch=batch)


def prepare(run: Run, orders: int, count: int) -> list[int]:
    """So many waves of new open orders, released as to a worker; their ids."""
    actor, now = User.objects.get(username="bench"), datetime.now(UTC)
    ids = add_orders(run.url, orders, seed=run.next_seed())
    made = []
    for place in range(count):
        request = WaveRequest(order_ids=ids[place::count])
        wave = waves.create_wave(request=request, actor=actor, now=now)
        made.append(waves.release_wave(wave_id=wave.pk, actor=actor, now=now).pk)
    return made


def _counted(run: Run) -> tuple[int, int, int]:
    mine, other = prepare(run, 150, 1), prepare(run, 100, 1)
    ours_acts = [*ours(0, wave_ids=mine, acts=3, batch=waves.BATCH)]
    twin_acts = [*twin(0, wave_ids=other, acts=2, batch=waves.BATCH)]
    ours_acts[0](), twin_acts[0]()
    with psycopg.connect(run.url, autocommit=True) as watch:
        rows = counting.rows_written(ours_acts[1], None, watch)
        connection = kept_connection(autocommit=False)
        twin_rows = counting.rows_written(twin_acts[1], connection, watch)
    return counting.statements(ours_acts[2]), rows, twin_rows


def ours(worker: int, *, wave_ids: Sequence[int], acts: int, batch: int) -> Iterator[Act]:
    for _ in range(acts):
        yield partial(_release_batch, wave_ids[worker])


def _release_batch(wave_id: int) -> None:
    waves.release_batch(wave_id=wave_id, now=datetime.now(UTC))


def twin(worker: int, *, wave_ids: Sequence[int], acts: int, batch: int) -> Iterator[Act]:
    connection = kept_connection(autocommit=False)
    now = datetime.now(UTC)
    for _ in range(acts):
        yield partial(
            release_batch, connection, wave_ids[worker], batch=batch, now=now, today=today()
        )
