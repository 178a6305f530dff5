"""Sixteen clients at once fight for the same lots, on PostgreSQL.

Each fight is seen with the locks off first: a test that cannot see the race proves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fulfillment.models import Order
from fulfillment.requests import LineRequest, OrderRequest
from fulfillment.services import cancel_order, create_order, ship_order
from inventory.locks import lock_products
from inventory.models import Allocation, Balance, Demand, Lot, Product
from inventory.queries.audit import differences
from inventory.services.holds import place_hold, release_hold
from inventory.services.stock import Units, adjust, move
from merchants.errors import DomainError
from merchants.transactions import is_retriable
from tests.builders import World, acting, balance, make_world, set_lots_active
from tests.invariants import recompute
from tests.locks import locks_off

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

CLIENTS = 16
ROUNDS = 200  # a race need not be lost the first time; the first that is ends it

Act = Callable[[], Any]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Here an act is not tried again: a deadlock is to be seen, not smoothed over."""
    monkeypatch.setattr("merchants.transactions.TRIES", 1)
    return make_world()


def at_once(acts: Sequence[Act]) -> list[Any]:
    """What each client got: an answer, a refusal or what the database said. All start together."""
    ready = Barrier(len(acts))

    def run(act: Act) -> Any:
        try:
            with connection.cursor() as cursor:  # a busy machine must not look like a deadlock
                cursor.execute("SET lock_timeout = '60s'")
            ready.wait()
            return act()
        except (DomainError, DatabaseError) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def peacefully(acts: Sequence[Act]) -> list[Any]:
    """As ``at_once``, where the database had nothing to say: no deadlock, no row refused."""
    answers = at_once(acts)
    assert errors(answers) == []
    return answers


def sound() -> None:
    """Nothing is oversold, and the ledger is what its balances say."""
    assert list(differences()) == []
    recompute()


def stocked(world: World, sku: str, *, lots: int = 3, units: int = 10) -> tuple[Product, list[Lot]]:
    """So many units of each of these lots, in bins of their own, the first to expire first."""
    product = world.lot_product(sku)
    return product, [
        world.stock_lot(product, f"L-{n}", date(2027, 1, 1 + n), units, n) for n in range(lots)
    ]


def buy(world: World, product: Product, units: int, **fields: Any) -> Act:
    request = OrderRequest(world.merchant, [LineRequest(product.sku, units, **fields)])
    return partial(create_order, request=request, **acting())


def errors(answers: Sequence[Any]) -> list[Exception]:
    """What the database had to say: deadlocks, and rows that it refused."""
    return [one for one in answers if isinstance(one, DatabaseError)]


def test_a_deadlock_is_seen(world: World) -> None:
    """The negative control of them all: products locked one by one, in two orders."""
    first, second = world.product("SOAP").pk, world.product("BRUSH").pk
    both_hold_one = Barrier(2)

    def lock(*ids: int) -> None:
        with transaction.atomic():
            lock_products(ids[:1])
            both_hold_one.wait()
            lock_products(ids[1:])

    (deadlock,) = errors(at_once([partial(lock, first, second), partial(lock, second, first)]))
    assert is_retriable(deadlock)


# Orders for the same lots -------------------------------------------------------------------------


def test_without_locks_the_same_units_are_promised_to_many(world: World) -> None:
    """The negative control: clients decide on what is no longer so, and the CHECK stops them."""
    with locks_off():
        for number in range(ROUNDS):
            product, _ = stocked(world, f"P-{number}", lots=1, units=4)
            if errors(at_once([buy(world, product, 4)] * CLIENTS)) or list(differences()):
                return
    raise AssertionError("the race was not seen")


def test_nothing_is_oversold(world: World) -> None:
    product, lots = stocked(world, "VITAMIN", lots=5, units=10)
    answers = peacefully([buy(world, product, 4)] * CLIENTS)
    assert [type(one) for one in answers] == [Order] * CLIENTS
    allocated = Demand.objects.values_list("allocated", flat=True)
    assert sorted(allocated) == [0, 0, 0, 2, *[4] * 12]
    in_house = Balance.objects.in_house().values_list("on_hand", "committed")
    assert list(in_house) == [(10, 10)] * 5
    sound()
    orders = [partial(ship_order, order_id=one.pk, **acting()) for one in answers]
    shipped = peacefully(orders)
    assert Counter(getattr(one, "code", "shipped") for one in shipped) == {
        "shipped": 13,
        "nothing_allocated": 3,
    }
    at_customers = [balance(product, world.place("CUSTOMER"), lot).on_hand for lot in lots]
    assert at_customers == [10] * 5
    sound()


# A hold, while orders are taken -------------------------------------------------------------------


def hold_while_ordering(world: World, sku: str, run: Any) -> list[Allocation]:
    """Promises on the held lot that are left when everybody is done."""
    product, (first, _) = stocked(world, sku, lots=2, units=60)
    hold = partial(place_hold, target=first, reason="Recall", **acting())
    acts = [buy(world, product, 2)] * (CLIENTS - 1)
    run([*acts[:7], hold, *acts[7:]])
    return list(Allocation.objects.filter(balance__lot=first))


def test_without_locks_a_held_lot_is_promised(world: World) -> None:
    with locks_off():
        seen = any(hold_while_ordering(world, f"P-{number}", at_once) for number in range(ROUNDS))
    assert seen


def test_a_held_lot_is_promised_to_nobody(world: World) -> None:
    for number in range(3):
        assert hold_while_ordering(world, f"P-{number}", peacefully) == []
        product = Product.objects.get(sku=f"P-{number}")
        promised = Demand.objects.filter(product=product).values_list("allocated", flat=True)
        assert list(promised) == [2] * (CLIENTS - 1)
    sound()


# Shipping, cancelling and moving the same units ---------------------------------------------------


def leave_or_stay(world: World, sku: str, run: Any) -> list[Any]:
    """The same orders are shipped and cancelled, and their units moved to the damaged area."""
    product, (lot,) = stocked(world, sku, lots=1, units=8)
    orders = [buy(world, product, 2)() for _ in range(4)]
    who = acting()
    acts: list[Act] = []
    for order in orders:
        acts += [partial(verb, order_id=order.pk, **who) for verb in (ship_order, cancel_order)]
    ends = {"source_id": world.bins[0].pk, "target_id": world.place("DAMAGED").pk}
    acts += [partial(move, units=Units(product.pk, lot.pk, 1), **ends, **who)] * 8
    return run(acts)


def test_without_locks_units_leave_twice(world: World) -> None:
    with locks_off():
        for number in range(ROUNDS):
            if errors(leave_or_stay(world, f"P-{number}", at_once)) or list(differences()):
                return
    raise AssertionError("the race was not seen")


def test_units_leave_once(world: World) -> None:
    for number in range(3):
        leave_or_stay(world, f"P-{number}", peacefully)
        for demand in Demand.objects.filter(product__sku=f"P-{number}"):
            assert demand.shipped == 0 or not demand.is_cancelled
    sound()


# Everything at once -------------------------------------------------------------------------------


class Client:
    """Somebody who does what comes to mind, with everything that can be had in the house."""

    def __init__(self, world: World, stock: list[tuple[Product, list[Lot]]], seed: int) -> None:
        self.world, self.stock, self.random = world, stock, Random(seed)
        self.who = acting()
        self.orders: list[int] = []
        self.holds: list[int] = []
        self.met: Counter[str] = Counter()

    def work(self) -> Counter[str]:
        verbs = [self.buy, self.buy, self.ship, self.cancel, self.move]
        verbs += [self.adjust, self.hold, self.release, self.switch]
        for _ in range(8):
            verb = self.random.choice(verbs)
            try:
                verb()
                self.met[f"{verb.__name__} done"] += 1
            except DomainError as refusal:
                self.met[refusal.code] += 1
        return self.met

    def any(self) -> tuple[Product, Lot, int]:
        product, lots = self.random.choice(self.stock)
        place = self.random.randrange(len(lots))
        return product, lots[place], self.world.bins[place].pk

    def buy(self) -> None:
        """Two products in one order, named in any order: that of their locks is not theirs."""
        lines = [LineRequest(self.any()[0].sku, self.random.randint(1, 6)) for _ in range(2)]
        request = OrderRequest(self.world.merchant, lines)
        self.orders.append(create_order(request=request, **self.who).pk)

    def ship(self) -> None:
        ship_order(order_id=self.random.choice(self.orders or [0]), **self.who)

    def cancel(self) -> None:
        cancel_order(order_id=self.random.choice(self.orders or [0]), **self.who)

    def move(self) -> None:
        product, lot, source = self.any()
        target = self.random.choice([self.world.place("DAMAGED"), *self.world.bins[:4]])
        units = Units(product.pk, lot.pk, self.random.randint(1, 5))
        move(units=units, source_id=source, target_id=target.pk, **self.who)

    def adjust(self) -> None:
        product, lot, place = self.any()
        units = Units(product.pk, lot.pk, self.random.choice([-4, -1, 3]))
        adjust(units=units, location_id=place, reason="Counted", **self.who)

    def hold(self) -> None:
        product, lot, _ = self.any()
        target = self.random.choice([product, lot, self.random.choice(self.world.bins[:3])])
        self.holds.append(place_hold(target=target, reason="Recall", **self.who).pk)

    def release(self) -> None:
        release_hold(hold_id=self.random.choice(self.holds or [0]), **self.who)

    def switch(self) -> None:
        _, lot, _ = self.any()
        is_active = self.random.random() < 0.7
        set_lots_active(lot_ids=[lot.pk], is_active=is_active, **self.who)


def test_everything_at_once(world: World) -> None:
    stock = [stocked(world, f"P-{number}", units=30) for number in range(3)]
    met = peacefully([Client(world, stock, seed).work for seed in range(CLIENTS)])
    done = sum(met, Counter())
    assert sum(done.values()) == CLIENTS * 8
    assert done["buy done"] > CLIENTS // 2
    sound()
    assert not Allocation.objects.filter(balance__lot__holds__released_at=None).filter(
        balance__lot__holds__isnull=False
    )
    assert not Allocation.objects.filter(balance__lot__is_active=False)
