"""The pure planner: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from statistics import median

from bench.crew import timed
from bench.results import Row
from bench.run import Run
from inventory.rotation import Claim, Stock, plan

TODAY = date(2026, 6, 1)
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
PRODUCTS = 200
SIZES = (10, 1_000)  # lots of a product, and as many lines
LEAST = 400_000


def measure(run: Run) -> Iterator[Row]:
    rates = {size: [_rate(size, n) for n in range(run.repeats)] for size in SIZES}
    small, large = (median(rates[size]) for size in SIZES)
    for size in SIZES:
        yield Row(
            measure="planner",
            name=f"the pure planner, {size:,} lines and {size:,} lots of each product",
            unit="(lines + lots)/s",
            ours=rates[size],
            target=f"≥ {LEAST:,}, linear",
            reached=median(rates[size]) >= LEAST and large >= small / 2,
        )


def _rate(size: int, seed: int) -> float:
    products = max(2, PRODUCTS * SIZES[0] // size)
    acts = [partial(_plan, *_facts(size, 1_000 * seed + n)) for n in range(products)]
    outcome = timed(acts)
    return 2 * size * products / (outcome.ended - outcome.began)


def _plan(claims: list[Claim], stock: list[Stock]) -> None:
    plan(claims, stock, rotation="fefo", today=TODAY)


def _facts(size: int, seed: int) -> tuple[list[Claim], list[Stock]]:
    random = Random(seed)  # noqa: S311
    claims = [Claim(n, random.randrange(1, 11)) for n in range(size)]
    stock = [
        Stock(
            n,
            n,
            random.randrange(1, 21),
            TODAY + timedelta(days=random.randrange(730)),
            RECEIVED,
            n,
        )
        for n in range(size)
    ]
    return claims, stock
