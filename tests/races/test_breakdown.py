"""Units without a lot are broken down while an order is promised them. Seen with the locks off."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from fulfillment.models import Order
from fulfillment.requests import LineRequest, OrderRequest
from fulfillment.services import create_order
from inventory.models import Balance, Product
from inventory.services.breakdown import Portion, break_down
from tests.builders import World, acting, put, stands
from tests.fulfillment.orders import promised
from tests.locks import locks_off
from tests.races.clients import (
    FEW,
    ROUNDS,
    Clients,
    Gate,
    Round,
    adds_up,
    rounds,
    sound,
    surfaced,
    told,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def meet(world: World, clients: Clients, turn: Round) -> tuple[Product, list[Any]]:
    """An order of four meets the breakdown of all ten units, of which three are promised."""
    product = world.product(f"P-{turn.number}")
    put(product, world.bins[0], 10)

    def buy(units: int) -> Order:
        request = OrderRequest(world.merchant, [LineRequest(product.sku, units)])
        return create_order(request=request, **acting())

    buy(3)
    (row,) = Balance.objects.filter(product=product, location=world.bins[0])
    stamp = partial(break_down, portions=[Portion(product, 10, "L", date(2027, 1, 1))], **acting())
    gates = {"lock": Gate(Product, [product.pk]), "write": Gate(Balance, [row.pk])}
    return product, clients.meet(turn, (partial(buy, 4), stamp), **gates)


def test_without_locks_units_are_promised_that_are_no_longer_there(
    world: World, clients: Clients
) -> None:
    with locks_off():
        for turn in rounds(FEW):
            _, answers = meet(world, clients, turn)
            if surfaced(answers):
                return
    raise AssertionError("the race was not seen")


def test_the_order_gets_the_units_with_their_lot(world: World, clients: Clients) -> None:
    for turn in rounds(ROUNDS):
        product, answers = meet(world, clients, turn)
        assert told(answers) == ("done", "done")
        order, done = answers
        assert done.released == (7 if turn.came_first(0, unless=done.released == 7) else 3)
        assert [(str(lot), units) for _, lot, _, units in promised(order)] == [("L", 4)]
        assert stands(product) == {("A-01", "L"): (10, 7)}
        adds_up(product.pk)
    sound()
