"""Inventory status: the rows of a page of 50 products, of their lots, of a whole merchant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random

from bench import counting
from bench.crew import timed
from bench.dataset import Size, merchant_place, size_of, today
from bench.results import Row, ratio
from bench.run import Run
from bench.setup import kept_connection
from bench.twins import status as twin
from inventory.availability import Todays
from inventory.models import Product
from inventory.queries.places import todays
from inventory.queries.status import _figures as figures
from inventory.queries.status import inventory_by_product
from merchants.models import Merchant

PAGE = 50
READS = 20  # of a repeat; each of other products
WHOLE_READS = 5


def measure(run: Run) -> Iterator[Row]:
    of, days = size_of(run.url), todays(datetime.now(UTC))
    whole = [*Product.objects.filter(merchant__code="M01").values_list("id", flat=True)]
    merchant = Merchant.objects.get(code="M01").pk
    connection = kept_connection(autocommit=True)
    by_product = partial(inventory_by_product, todays=days)
    yield _row(
        run,
        f"inventory status, page of {PAGE} products",
        [partial(by_product, page) for page in _pages(of)],
        [partial(twin.of_products, connection, page, today()) for page in _pages(of)],
        most=3,
    )
    yield _row(
        run,
        f"inventory status, lots of {PAGE} products",
        [partial(_lots, page, days) for page in _pages(of)],
        [partial(twin.of_products, connection, page, today(), by_lot=True) for page in _pages(of)],
        most=3,
    )
    yield _row(
        run,
        f"inventory status, whole merchant of {len(whole):,} products",
        [partial(by_product, whole)] * WHOLE_READS,
        [partial(twin.of_merchant, connection, merchant, today())] * WHOLE_READS,
        most=4,
    )


def _lots(products: Sequence[int], days: Todays) -> object:
    return figures(("product_id", "lot_id"), products, days, None)


def _row(
    run: Run,
    name: str,
    ours: Sequence[Callable[[], object]],
    other: Sequence[Callable[[], object]],
    *,
    most: int,
) -> Row:
    timed(ours), timed(other)
    pairs = [(timed(ours), timed(other)) for _ in range(run.repeats)]
    mine, twins = [one.median_ms for one, _ in pairs], [one.median_ms for _, one in pairs]
    found = ours[0]()
    return Row(
        measure="status",
        name=name,
        unit="ms",
        ours=mine,
        twin=twins,
        p50=run.middle(mine),
        p99=run.middle(one.percentile(99) for one, _ in pairs),
        statements=counting.statements(ours[0]),
        rows=len(found),  # type: ignore[arg-type]
        target=f"≤ {most} × the twin",
        reached=ratio(mine, twins) <= most,
    )


def _pages(of: Size) -> Iterator[list[int]]:
    """Pages of one merchant's products, as a list shows them."""
    random = Random(11)  # noqa: S311
    theirs = [n for n in range(1, of.products + 1) if merchant_place(n, of) == 2]
    for _ in range(READS):
        first = random.randrange(len(theirs) - PAGE)
        yield theirs[first : first + PAGE]
