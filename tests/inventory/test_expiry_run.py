"""The daily run: what expired in the night leaves its orders, once per warehouse and day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command

from inventory.models import ExpiryRun
from inventory.queries import expiry_runs
from inventory.services import expiry_run
from inventory.services.expiry_run import run_due, run_expiry
from merchants.models import Event
from tests.builders import World, make_bin, make_demand, make_warehouse, promised, put
from tests.clock import Clock
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

JUNE_1, JUNE_2 = date(2026, 6, 1), date(2026, 6, 2)
# Midnight in Chicago, in summer five hours behind.
MIDNIGHT = datetime(2026, 6, 2, 5, 0, tzinfo=UTC)


def facts(run: ExpiryRun) -> tuple[Any, ...]:
    return run.warehouse.code, run.day, run.first_day, run.products, run.units


def test_it_works(world: World, clock: Clock) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_1, 5, 0)
    world.stock_lot(product, "B", date(2027, 1, 1), 3, 1)
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {"A-01": 4}
    clock.set(MIDNIGHT)

    (run,) = run_due(now=clock.now)

    assert facts(run) == ("CHI", JUNE_2, JUNE_2, 1, 4)
    assert (run.started_at, run.finished_at) == (MIDNIGHT, MIDNIGHT)
    assert promised(demand) == {"A-02": 3}
    events = Event.objects.order_by("-id")[:2]
    assert [(one.topic, one.object) for one in events] == [
        ("expiry.run", "CHI"),
        ("order.backordered", "ORD-000001"),
    ]
    assert events[0].payload == {"day": "2026-06-02", "products": 1, "units": 4}
    assert events[1].payload == {"allocated": 3, "backordered": 1}


def test_a_run_repeated_does_nothing_twice(world: World, clock: Clock) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_1, 5, 0)
    make_demand(product, 4, world.warehouse)
    clock.set(MIDNIGHT)
    (first,) = run_due(now=clock.now)
    count = Event.objects.count()

    assert run_due(now=clock.advance(hours=3)) == []
    again = run_expiry(warehouse_id=world.warehouse.pk, day=JUNE_2, now=clock.now)

    assert (again, facts(again)) == (first, facts(first))
    assert Event.objects.count() == count


def test_a_lot_is_good_on_its_last_day(world: World, clock: Clock) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_2, 5, 0)
    demand = make_demand(product, 4, world.warehouse)
    clock.set(MIDNIGHT)
    (run,) = run_due(now=clock.now)
    assert (facts(run)[3:], promised(demand)) == ((0, 0), {"A-01": 4})


def test_each_warehouse_has_its_own_midnight(world: World, clock: Clock) -> None:
    """Tokyo is fourteen hours ahead of Chicago, Kathmandu a quarter of an hour off the others."""
    make_warehouse("TYO", "Asia/Tokyo")
    make_warehouse("KTM", "Asia/Kathmandu")
    run_due(now=clock.now)
    moments = {
        datetime(2026, 6, 1, 14, 59, tzinfo=UTC): [],
        datetime(2026, 6, 1, 15, 0, tzinfo=UTC): ["TYO"],
        datetime(2026, 6, 1, 18, 14, tzinfo=UTC): [],
        datetime(2026, 6, 1, 18, 15, tzinfo=UTC): ["KTM"],
        datetime(2026, 6, 2, 4, 59, tzinfo=UTC): [],
        MIDNIGHT: ["CHI"],
    }
    for now, codes in moments.items():
        assert [run.warehouse.code for run in run_due(now=now)] == codes
    assert ExpiryRun.objects.filter(day=JUNE_2).count() == 3


@pytest.mark.parametrize(
    ("before", "midnight"),
    [
        # The night to 2026-11-01, when the clock goes back later on, and the one after it.
        (datetime(2026, 11, 1, 4, 59, tzinfo=UTC), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)),
        (datetime(2026, 11, 2, 5, 59, tzinfo=UTC), datetime(2026, 11, 2, 6, 0, tzinfo=UTC)),
        # The nights around 2026-03-08, when it goes forward.
        (datetime(2026, 3, 8, 5, 59, tzinfo=UTC), datetime(2026, 3, 8, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 9, 4, 59, tzinfo=UTC), datetime(2026, 3, 9, 5, 0, tzinfo=UTC)),
    ],
)
def test_days_of_23_and_25_hours(world: World, before: datetime, midnight: datetime) -> None:
    run_due(now=before)
    assert run_due(now=before) == []
    (run,) = run_due(now=midnight)
    assert run.day == midnight.date()


def test_days_that_were_missed_are_made_up_for(world: World, clock: Clock) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_1, 5, 0)
    world.stock_lot(product, "B", date(2026, 6, 3), 5, 1)
    demand = make_demand(product, 8, world.warehouse)
    run_due(now=clock.now)
    clock.advance(days=4)

    (run,) = run_due(now=clock.now)

    assert facts(run) == ("CHI", date(2026, 6, 5), JUNE_2, 1, 8)
    assert promised(demand) == {}


def test_a_run_that_was_interrupted_goes_on(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first batch; the second worker neither repeats nor counts it again."""
    monkeypatch.setattr(expiry_run, "BATCH", 1)
    products = [world.lot_product(sku) for sku in ("A", "B", "C")]
    for place, product in enumerate(products):
        world.stock_lot(product, "L", JUNE_1, 5, place)
        make_demand(product, 2, world.warehouse, number=f"ORD-{place}")
    clock.set(MIDNIGHT)
    whole = expiry_run._plan_anew

    def killed(*, run_id: int, product_ids: Any, now: datetime) -> None:
        if product_ids == [products[1].pk]:
            raise KeyboardInterrupt
        whole(run_id=run_id, product_ids=product_ids, now=now)

    monkeypatch.setattr(expiry_run, "_plan_anew", killed)
    with pytest.raises(KeyboardInterrupt):
        run_due(now=clock.now)
    monkeypatch.setattr(expiry_run, "_plan_anew", whole)
    half = ExpiryRun.objects.get()
    assert (half.finished_at, half.done_to, half.units) == (None, products[0].pk, 2)

    (run,) = run_due(now=clock.now)
    assert facts(run) == ("CHI", JUNE_2, JUNE_2, 3, 6)


def test_a_batch_that_is_done_is_not_done_again(world: World, clock: Clock) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_1, 5, 0)
    make_demand(product, 4, world.warehouse)
    clock.set(MIDNIGHT)
    (run,) = run_due(now=clock.now)
    expiry_run._plan_anew(run_id=run.pk, product_ids=[product.pk], now=clock.now)
    again = expiry_run._finish(run_id=run.pk, now=clock.advance(hours=1))
    assert (facts(again), again.finished_at) == (facts(run), MIDNIGHT)


def test_what_may_ship_is_not_touched(world: World, clock: Clock) -> None:
    """Neither another product nor the other warehouse, where the day has not begun."""
    west = make_warehouse("WEST", "Pacific/Honolulu")
    far = make_bin(west)
    soap, vitamin = world.product(), world.lot_product()
    put(soap, world.bins[2], 5)
    lot = world.stock_lot(vitamin, "A", JUNE_1, 5, 0)
    put(vitamin, far, 5, lot)
    demands = [
        make_demand(soap, 1, world.warehouse, number="ORD-1"),
        make_demand(vitamin, 2, world.warehouse, number="ORD-2"),
        make_demand(vitamin, 3, west, number="ORD-3"),
    ]
    run_due(now=clock.now)
    run, far_run = run_due(now=MIDNIGHT)
    assert facts(run) == ("CHI", JUNE_2, JUNE_2, 1, 2)
    assert facts(far_run) == ("WEST", JUNE_1, JUNE_1, 0, 0)
    assert [promised(one) for one in demands] == [{"A-03": 1}, {}, {"A-01": 3}]


def test_refusals(world: World, clock: Clock) -> None:
    pk = world.warehouse.pk
    with refused("day_not_begun"):
        run_expiry(warehouse_id=pk, day=JUNE_2, now=clock.now)
    with refused("not_found"):
        run_expiry(warehouse_id=pk + 1, day=JUNE_1, now=clock.now)
    assert not ExpiryRun.objects.exists()


def test_without_a_warehouse_nothing_is_due(db: None, clock: Clock) -> None:
    assert run_due(now=clock.now) == []


def test_statements_do_not_grow_with_the_products(
    world: World, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    for place in range(9):
        product = world.lot_product(f"P-{place}")
        world.stock_lot(product, "A", JUNE_1, 5, place)
        make_demand(product, 4, world.warehouse, number=f"ORD-{place}")
    with django_assert_max_num_queries(45):
        (run,) = run_due(now=MIDNIGHT)
    assert facts(run)[3:] == (9, 36)


def test_by_hand(world: World, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", JUNE_1, 5, 0)
    make_demand(product, 4, world.warehouse)
    clock.set(MIDNIGHT)
    call_command("run_expiry")
    call_command("run_expiry")
    assert capsys.readouterr().out == (
        "CHI 2026-06-02: 4 units taken back of 1 products.\n0 digests sent.\n0 digests sent.\n"
    )


def test_what_was_posted_before_a_run_is_known(world: World, clock: Clock) -> None:
    assert expiry_runs.newest_posting() == 0
    put(world.product(), world.bins[0], 5)
    (run,) = run_due(now=clock.now)
    assert run.newest_posting == expiry_runs.newest_posting() > 0
