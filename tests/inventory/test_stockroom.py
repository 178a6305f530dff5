"""The stock that is drawn on is read in part; what is drawn is what all of it would give."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Product
from inventory.queries import planning
from inventory.queries.planning import Waiting
from inventory.rotation import Pick, plan
from inventory.services.lots import update_lot
from inventory.services.set_asides import Wish, set_aside
from inventory.services.stockroom import Stockroom
from merchants.models import Rotation
from tests.builders import World, acting, make_bin, make_demand, make_lot, make_product, put
from tests.clock import CLOCK

pytestmark = pytest.mark.django_db


def wanting(product: Product, warehouse_id: int | None, pk: int = 1, **fields: Any) -> Waiting:
    return Waiting(**{
        "id": pk, "merchant_id": product.merchant_id, "order_number": f"ORD-{pk:06d}",
        "product_id": product.pk, "warehouse_id": warehouse_id, "quantity": 1, "shipped": 0,
        "allocated": 0, "is_released": True, "lot_id": None, "single_lot": False,
        "min_shelf_life_days": None, "channel": "dtc", "country": "US", "customer": "",
        "is_set_aside": False, **fields,
    })  # fmt: skip


def stock(world: World, product: Product, days: list[int | None], units: int = 5) -> list[Lot]:
    """A lot of so many days, in a bin of its own; None for one without an expiry."""
    lots = []
    for place, left in enumerate(days):
        expires_on = None if left is None else CLOCK.now.date() + timedelta(days=left)
        lot = make_lot(product, f"L{place:02d}", expires_on)
        put(product, make_bin(world.warehouse, f"{product.sku}-{place:02d}"), units, lot)
        lots.append(lot)
    return lots


def keep(world: World, lot: Lot, units: int) -> None:
    """Set aside for B2B."""
    wish = Wish(lot.product, units, world.warehouse, "Trade fair", lot=lot, channel="b2b")
    set_aside(wish=wish, **acting())


def drawn(demands: list[Waiting]) -> tuple[list[Pick], int]:
    """What is drawn for these demands, one after the other, and how many statements it took."""
    with CaptureQueriesContext(connection) as statements:
        room = Stockroom(demands, CLOCK.now)
        picks = [pick for one in demands for pick in room.draw(one, one.warehouse_id)]
    return picks, len(statements)


def test_the_first_lots_are_read_and_no_others(world: World) -> None:
    product = world.lot_product()
    stock(world, product, [-3, 10, 20, 30, 40])
    terms = planning.terms([product.pk])
    first = planning.first_stock(terms, CLOCK.now.date())
    assert [one.expires_on for one in first[product.pk, world.warehouse.pk]] == [
        CLOCK.now.date() + timedelta(days=days) for days in (10, 20)
    ]


def test_the_rest_is_read_once_when_they_do_not_suffice(world: World) -> None:
    soap, tea = world.lot_product(), make_product(world.merchant, "TEA", is_lot_product=True)
    for product in (soap, tea):
        stock(world, product, [10, 20, 30, 40])
    place = world.warehouse.pk
    enough = [wanting(one, place, pk, quantity=10) for pk, one in enumerate((soap, tea), 1)]
    short = [one._replace(quantity=17) for one in enough]
    few, statements = drawn(enough)
    assert [pick.quantity for pick in few] == [5, 5, 5, 5]
    many, more = drawn(short)
    assert [pick.quantity for pick in many] == [5, 5, 5, 2] * 2
    assert more == statements + 1


def test_what_is_put_back_after_the_rest_was_read_is_free_again(world: World) -> None:
    product = world.lot_product()
    stock(world, product, [10, 20, 30])
    east = wanting(product, None, 1, quantity=15)
    room = Stockroom([east], CLOCK.now)
    taken = room.draw(east._replace(quantity=7), world.warehouse.pk)
    assert [pick.quantity for pick in taken] == [5, 2]
    assert room._covered([east], world.warehouse.pk) == 8
    picks = room.draw(east, world.warehouse.pk)
    assert [pick.quantity for pick in picks] == [3, 5]


def test_what_was_drawn_before_the_rest_was_read_can_be_put_back(world: World) -> None:
    soap, tea = world.lot_product(), make_product(world.merchant, "TEA", is_lot_product=True)
    for product in (soap, tea):
        stock(world, product, [10, 20, 30])
    place = world.warehouse.pk
    wanted = [wanting(soap, None, 1, quantity=4), wanting(tea, None, 2, quantity=14)]
    room = Stockroom(wanted, CLOCK.now)
    assert room._covered(wanted, place) == 18
    picks = room.draw(wanted[0]._replace(quantity=15), place)
    assert [pick.quantity for pick in picks] == [5, 5, 5]


def test_units_kept_for_it_make_their_lot_the_first_wherever_the_rest_of_it_stands(
    world: World,
) -> None:
    product = world.lot_product()
    *_, last = stock(world, product, [10, 20, 30, 40], units=10)
    keep(world, last, 5)
    place = world.warehouse.pk
    picks, _ = drawn([wanting(product, place, quantity=8, single_lot=True, channel="b2b")])
    assert [(pick.quantity, bool(pick.reserved)) for pick in picks] == [(5, True), (3, False)]
    picks, statements = drawn([wanting(product, place, quantity=8, channel="b2b")])
    assert [(pick.quantity, bool(pick.reserved)) for pick in picks] == [(5, True), (3, False)]
    assert picks[1].balance_id == product.balances.get(lot__number="L00", on_hand=10).pk
    assert drawn([wanting(product, place, quantity=8, single_lot=True)])[1] == statements + 1


@pytest.mark.parametrize("seed", range(24))
def test_it_draws_what_all_of_the_stock_would_give(world: World, seed: int) -> None:
    dice = Random(seed)
    product = world.lot_product(min_shelf_life_days=dice.choice([None, 5]))
    product.rotation = dice.choice([Rotation.FEFO, Rotation.FEFO, Rotation.FIFO, None])
    product.save()
    days = [dice.choice([-2, 3, 8, 8, 20, 45, None]) for _ in range(7)]
    lots = stock(world, product, days, units=dice.randint(4, 9))
    update_lot(lot_id=dice.choice(lots).pk, fields={"only_channels": "b2b"}, **acting())
    make_demand(product, 3, world.warehouse, number="ORD-000099")
    if seed % 2:
        good = [lot for lot, left in zip(lots, days, strict=True) if left is None or left > 5]
        keep(world, dice.choice(good), dice.randint(1, 3))
    terms = planning.terms([product.pk])
    group = (product.pk, world.warehouse.pk)
    demands = [
        wanting(
            product, world.warehouse.pk, pk,
            quantity=dice.randint(1, 12),
            channel=dice.choice(["dtc", "b2b"]),
            min_shelf_life_days=dice.choice([None, None, 15]),
            single_lot=dice.random() < 0.3,
            lot_id=dice.choice(lots).pk if dice.random() < 0.2 else None,
        )
        for pk in range(1, 9)
    ]  # fmt: skip
    whole = plan(
        [terms[product.pk].claim(one) for one in demands],
        planning.free_stock([product.pk])[group],
        rotation=terms[product.pk].rotation,
        today=CLOCK.now.date(),
    )
    assert whole
    assert drawn(demands)[0] == whole
