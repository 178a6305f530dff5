"""A WRO of 1,000 lots is received at the dock and put into bins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple

from bench import counting
from bench.crew import timed
from bench.dataset import today
from bench.results import Row
from bench.run import Run
from inventory.models import Product, Warehouse
from inventory.services.places import create_locations
from merchants.models import Merchant, User
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.services import Count, StowLine, announce_wro, arrive_wro, receive, stow

PRODUCTS = 100
LOTS = 10  # of each product
UNITS = 40
MOST_SECONDS = 1


class _Expected(NamedTuple):
    wro: int
    counts: list[Count]
    lines: list[StowLine]


def measure(run: Run) -> Iterator[Row]:
    actor = User.objects.get(username="bench")
    seconds: list[float] = []
    for _ in range(run.repeats + 1):
        expected = _announced(actor, run.next_seed(), LOTS)
        outcome = timed([lambda one=expected: _work_off(one, actor)])  # type: ignore[misc]
        seconds.append(outcome.seconds[0])
    few, many = (_statements(actor, run.next_seed(), lots) for lots in (1, LOTS))
    yield Row(
        measure="receiving",
        name=f"receive and stow a WRO of {PRODUCTS * LOTS:,} lots",
        unit="s",
        ours=seconds[1:],
        p50=1000 * median(seconds[1:]),
        p99=1000 * max(seconds[1:]),
        statements=many,
        target=f"≤ {MOST_SECONDS} s, constant statements",
        reached=median(seconds[1:]) <= MOST_SECONDS and few == many,
        note=f"({few} statements for {PRODUCTS} lots)",
    )


def _statements(actor: User, number: int, lots: int) -> int:
    expected = _announced(actor, number, lots)
    return counting.statements(lambda: _work_off(expected, actor))


def _work_off(expected: _Expected, actor: User) -> None:
    now = datetime.now(UTC)
    receive(actor=actor, now=now, wro_id=expected.wro, counts=expected.counts)
    stow(actor=actor, now=now, wro_id=expected.wro, lines=expected.lines)


def _announced(actor: User, number: int, lots: int) -> _Expected:
    """A WRO that has arrived, and empty bins for what it brings."""
    now = datetime.now(UTC)
    merchant, house = Merchant.objects.get(code="M05"), Warehouse.objects.get(code="EAST")
    products = [*Product.objects.filter(merchant=merchant).select_related("merchant")[:PRODUCTS]]
    names = [[f"W{number}-{n}" for n in range(lots)] for _ in products]
    expires = today() + timedelta(days=400)
    announced = [
        AnnouncedLine(
            product, UNITS * lots, tuple(AnnouncedLot(name, expires, UNITS) for name in of_product)
        )
        for product, of_product in zip(products, names, strict=True)
    ]
    wro = announce_wro(
        actor=actor, now=now, merchant=merchant, fields={"warehouse": house}, lines=announced
    )
    arrive_wro(actor=actor, now=now, wro_id=wro.pk)
    flat = [(product, name) for product, some in zip(products, names, strict=True) for name in some]
    bins = [f"R{number}-{n}" for n in range(len(flat))]
    create_locations(
        actor=actor, now=now, warehouse=house, entries=[{"name": name} for name in bins]
    )
    return _Expected(
        wro.pk,
        [Count(product, UNITS, name, expires) for product, name in flat],
        [
            StowLine(product, UNITS, place, name, expires)
            for (product, name), place in zip(flat, bins, strict=True)
        ],
    )
