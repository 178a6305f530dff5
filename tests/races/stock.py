"""The stock of all rounds of a race, brought in by one WRO: a product of its own for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.models import Balance, Lot, Product
from inventory.services.products import create_products
from receiving.services import StowLine
from tests.builders import World, acting
from tests.races.clients import ROUNDS, Act, Clients, Gate, Round, rounds
from tests.receiving.builders import line, put_away, received

NEXT_YEAR = date(2027, 1, 1)
THE_YEAR_AFTER = date(2028, 1, 1)


@dataclass
class Scene:
    """One round: its product, whose lots stand in bins of their own, the first to expire first."""

    world: World
    turn: Round
    product: Product
    lots: list[Lot]

    @property
    def lock(self) -> Gate:
        return Gate(Product, [self.product.pk])

    @property
    def write(self) -> Gate:
        """The balance of the first lot."""
        rows = Balance.objects.filter(lot=self.lots[0], location=self.world.bins[0])
        return Gate(Balance, list(rows.values_list("id", flat=True)))

    def meet(self, clients: Clients, *acts: Act) -> list[Any]:
        return clients.meet(self.turn, acts, lock=self.lock, write=self.write)


def products(world: World, count: int) -> list[Product]:
    """Lot products that have nothing yet."""
    entries: Any = [
        (world.merchant, {"sku": f"P-{n}", "name": f"Product {n}", "is_lot_product": True})
        for n in range(count)
    ]
    return create_products(entries=entries, **acting())


def scenes(
    world: World,
    *units: int,
    expiries: Sequence[date] = (NEXT_YEAR, THE_YEAR_AFTER),
    count: int = ROUNDS,
) -> Iterator[Scene]:
    """So many units of lot L-0 in the first bin and of L-1 in the second, for every round."""
    turns = list(rounds(count))
    fresh = products(world, len(turns))
    lots = [
        (f"L-{place}", expires_on, quantity)
        for place, (expires_on, quantity) in enumerate(zip(expiries, units, strict=False))
    ]
    total = sum(units)
    wro = received(world, *(line(product, total, *lots) for product in fresh))
    put_away(
        wro,
        *(
            StowLine(product, quantity, world.bins[place].name, number, expires_on)
            for product in fresh
            for place, (number, expires_on, quantity) in enumerate(lots)
        ),
    )
    for turn, product in zip(turns, fresh, strict=True):
        yield Scene(world, turn, product, list(product.lots.order_by("number")))
