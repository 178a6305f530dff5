"""Many clients who want the same 100 products, and whether every promise can be kept afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import psycopg

from bench.crew import Crew, Outcome
from bench.measures import orders
from bench.results import Row, ratio
from bench.run import Run

CLIENTS = 8
ORDERS = 150  # of each client in a repeat
CHECKS = {
    "oversold": "SELECT count(*) FROM inventory_balance WHERE committed > on_hand "
    "AND location_kind = 'storage'",
    "promised twice": """
        SELECT count(*) FROM inventory_balance b LEFT JOIN (
            SELECT balance_id, sum(quantity) AS units FROM inventory_allocation GROUP BY balance_id
        ) a ON a.balance_id = b.id WHERE b.committed <> COALESCE(a.units, 0)""",
    # Nothing was released meanwhile: no later lot is promised while an earlier one has units.
    "FEFO breaches": """
        SELECT count(*) FROM (
            SELECT product_id, warehouse_id,
                min(expires_on) FILTER (WHERE on_hand > committed) AS first_free,
                max(expires_on) FILTER (WHERE committed > 0) AS last_promised
            FROM inventory_balance
            WHERE NOT is_blocked AND location_kind = 'storage' AND expires_on >= CURRENT_DATE
            GROUP BY product_id, warehouse_id
        ) shelf WHERE first_free < last_promised""",
}
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def measure(run: Run) -> Iterator[Row]:
    with psycopg.connect(run.url, autocommit=True) as watch, Crew(CLIENTS, run.url) as crew:
        before = _number(watch, DEADLOCKS)
        hot, uniform, twin = _timed(run, crew)
        made = CLIENTS * (ORDERS * len(hot) + 20)
        each = max(0, run.hot_orders - made) // CLIENTS
        rest = crew.run(f"{orders.__name__}:ours", count=each, seed=run.next_seed(), hot=True)
        made += CLIENTS * each
        found = {name: _number(watch, check) for name, check in CHECKS.items()}
        found["deadlocks"] = _number(watch, DEADLOCKS) - before
        found["given up"] = sum(one.failed for one in (*hot, *uniform, rest))
    yield _row(hot, uniform, twin, found, made)


def _row(
    hot: Sequence[Outcome],
    uniform: Sequence[Outcome],
    twin: Sequence[Outcome],
    found: dict[str, int],
    made: int,
) -> Row:
    rates, others = [one.per_second for one in hot], [one.per_second for one in uniform]
    told = ", ".join(f"{count} {name}" for name, count in found.items())
    hot_twin = median(one.per_second for one in twin)
    return Row(
        measure="hot",
        name=f"hot product: {CLIENTS} clients on 100 SKUs, of uniform SKUs",
        unit="orders/s",
        ours=rates,
        twin=others,
        twin_name="ours, uniform",
        p50=median(one.median_ms for one in hot),
        p99=median(one.percentile(99) for one in hot),
        target="≥ 80 %; 0 of each",
        reached=ratio(rates, others) >= 0.80 and not any(found.values()),
        note=f"(after {made:,} hot orders: {told}; psycopg on the same: {hot_twin:,.0f})",
    )


def _timed(run: Run, crew: Crew) -> tuple[list[Outcome], list[Outcome], list[Outcome]]:
    hot: list[Outcome] = []
    uniform: list[Outcome] = []
    twin: list[Outcome] = []
    jobs = ((hot, "ours", True), (uniform, "ours", False), (twin, "twin", True))
    for _, job, is_hot in jobs:
        crew.run(f"{orders.__name__}:{job}", count=20, seed=run.next_seed(), hot=is_hot)
    for _ in range(run.repeats):
        for found, job, is_hot in jobs:
            found.append(
                crew.run(f"{orders.__name__}:{job}", count=ORDERS, seed=run.next_seed(), hot=is_hot)
            )
    return hot, uniform, twin


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
