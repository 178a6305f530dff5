"""What the races rest on: locks taken in one order, locations kept as they are, sums in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from fulfillment.models import Order
from inventory.locks import (
    lock_documents,
    lock_locations,
    lock_products,
    lock_skus,
    lock_stock,
    share_locations,
)
from inventory.models import Location, Product
from inventory.services.holds import place_hold
from inventory.services.places import create_locations
from inventory.services.stock import Units, adjust, move
from merchants.models import Merchant
from merchants.transactions import is_retriable
from tests.builders import World, acting, balance
from tests.fulfillment.orders import line, make_open_order
from tests.locks import locks_off
from tests.merchants.races import Thread
from tests.races.clients import (
    FEW,
    ROUNDS,
    Clients,
    Gate,
    adds_up,
    rounds,
    sound,
    surfaced,
    told,
)
from tests.races.stock import Scene, products, scenes

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

Lock = Callable[[Iterable[int]], Any]
ROWS = 5


@pytest.fixture
def rows(world: World) -> dict[type, list[int]]:
    """Five rows of each table that is locked, by id; the first one stands last in its table."""
    fresh = products(world, ROWS)
    orders = [make_open_order(world.merchant, line(one, 1)) for one in fresh]
    by_table = {
        Product: [one.pk for one in fresh],
        Order: [one.pk for one in orders],
        Location: [one.pk for one in world.bins[:ROWS]],
    }
    with connection.cursor() as cursor:
        for table, ids in by_table.items():
            name = table._meta.db_table
            cursor.execute(f"UPDATE {name} SET id = id WHERE id = %s", [min(ids)])
    return by_table


def by_their_skus(ids: Iterable[int]) -> Any:
    rows = Product.objects.in_bulk(list(ids)).values()
    return lock_skus(Merchant.objects.get().pk, [one.sku for one in rows])


OF_PRODUCTS: dict[str, Lock] = {
    "products": lock_products,
    "products by their SKUs": by_their_skus,
    "stock": lock_stock,
}
LOCKS: list[tuple[type, Lock]] = [
    *((Product, lock) for lock in OF_PRODUCTS.values()),
    (Order, partial(lock_documents, Order.objects.all())),
    (Location, lock_locations),
    (Location, share_locations),
]


@pytest.mark.parametrize(
    ("table", "lock"),
    LOCKS,
    ids=[*OF_PRODUCTS, "documents", "locations", "shared locations"],
)
def test_locks_are_taken_from_the_lowest_id_to_the_highest(
    rows: dict[type, list[int]], clients: Clients, table: Any, lock: Lock
) -> None:
    """Whoever waits for the third has the first two, and none of those after it."""
    ids = sorted(rows[table])

    def lock_all() -> None:
        with transaction.atomic():
            lock(reversed(ids))

    for _ in range(FEW):
        with transaction.atomic():
            Gate(table, [ids[2]]).close()
            waiting = clients.submit(0, lock_all)
            with Thread() as other:
                assert other.submit(partial(_free, table)).result() & {*ids} == {*ids[3:]}
        assert told([waiting.result()]) == ("done",)


def _free(table: Any) -> set[int]:
    """The rows that nobody else has locked."""
    with transaction.atomic():
        return {one.pk for one in table.objects.select_for_update(skip_locked=True, of=("self",))}


def test_without_their_order_the_locks_end_in_a_deadlock(world: World, clients: Clients) -> None:
    """The negative control: each client takes the five one by one, in an order of its own."""
    ids = [one.pk for one in products(world, ROWS)]

    def lock(wanted: list[int]) -> None:
        with transaction.atomic():
            for pk in wanted:
                lock_products([pk])

    (deadlock,) = surfaced(_lock_at_once(clients, ids, lock))
    assert is_retriable(deadlock)


@pytest.mark.parametrize("lock", OF_PRODUCTS.values(), ids=OF_PRODUCTS)
def test_who_locks_the_same_products_waits_and_goes_on(
    world: World, clients: Clients, lock: Lock
) -> None:
    ids = [one.pk for one in products(world, ROWS)]

    def lock_all(wanted: list[int]) -> None:
        with transaction.atomic():
            lock(wanted)

    for _ in rounds():
        assert told(_lock_at_once(clients, ids, lock_all)) == ("done", "done")


def _lock_at_once(clients: Clients, ids: list[int], lock: Callable[[list[int]], None]) -> list[Any]:
    """The one begins at one end, the other at the other; somebody holds the one in the middle."""
    acts = [partial(lock, ids), partial(lock, ids[::-1])]
    middle = Gate(Product, [ids[ROWS // 2]])
    turn = next(rounds())
    return clients.meet(turn, acts, lock=middle, write=middle)


# A hold of a location against units that are brought in -------------------------------------------


def fresh_bins(world: World, count: int) -> list[Location]:
    named: Any = [{"name": f"B-{n}"} for n in range(count)]
    return create_locations(warehouse=world.warehouse, entries=named, **acting())


def hold_while_moving(scene: Scene, clients: Clients, target: Location) -> list[Any]:
    """Units go to a bin that is empty, while the bin is put on hold."""
    units = Units(scene.product.pk, scene.lots[0].pk, 4)
    source = scene.world.bins[0].pk
    acts = [
        partial(move, units=units, source_id=source, target_id=target.pk, **acting()),
        partial(place_hold, target=target, reason="Spilled", **acting()),
    ]
    return clients.meet(scene.turn, acts, lock=Gate(Location, [target.pk]), write=scene.write)


def test_without_locks_units_at_a_held_location_may_ship(world: World, clients: Clients) -> None:
    with locks_off():
        for scene, bin in zip(scenes(world, 9, count=FEW), fresh_bins(world, FEW), strict=True):
            told(hold_while_moving(scene, clients, bin))
            if not balance(scene.product, bin, scene.lots[0]).is_blocked:
                return
    raise AssertionError("the race was not seen")


def test_units_that_come_to_a_held_location_are_held(world: World, clients: Clients) -> None:
    for scene, bin in zip(scenes(world, 9), fresh_bins(world, ROUNDS), strict=True):
        assert told(hold_while_moving(scene, clients, bin)) == ("done", "done")
        there = balance(scene.product, bin, scene.lots[0])
        assert (there.on_hand, there.is_blocked) == (4, True)
        adds_up(scene.product.pk)
    sound()


# Sums ---------------------------------------------------------------------------------------------


def find_twice(scene: Scene, clients: Clients) -> list[Any]:
    """Two people find a unit each at the same place, where one was found before.

    So both ends of the movement have a balance, and nobody has to wait for one to be opened.
    """
    units = Units(scene.product.pk, scene.lots[0].pk, 1)
    place = scene.world.bins[0].pk
    found = partial(adjust, units=units, location_id=place, reason="Found", **acting())
    found()
    return clients.meet(scene.turn, [found, found], lock=scene.lock, write=scene.write)


def test_even_without_locks_no_unit_is_lost(world: World, clients: Clients) -> None:
    """Who writes adds to what stands there then, not to what was read before."""
    with locks_off():
        for scene in scenes(world, 5, count=FEW):
            assert told(find_twice(scene, clients)) == ("done", "done")
            assert balance(scene.product, world.bins[0], scene.lots[0]).on_hand == 8
            adds_up(scene.product.pk)
    sound()
