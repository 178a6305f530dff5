"""The stock that orders are planned on: read once, drawn on order by order, written by others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from inventory.errors import ProductNotInWarehouse
from inventory.queries import planning
from inventory.queries.places import carried, todays_of
from inventory.queries.planning import FIRST_LOTS, Group, Waiting
from inventory.rotation import Drawn, Pick, Shelves, WarehouseOption, choose_warehouse

Order = Sequence[Waiting]  # the demands of one order


class Stockroom:
    """The free stock of some products in every warehouse. Three statements to open.

    What is drawn is gone for the next order, also before the ledger is told. Only the first lots
    of each product are read; where they do not suffice, all are, in one statement more. Whoever
    opens it holds the locks of the products.
    """

    def __init__(self, demands: Iterable[Waiting], now: datetime) -> None:
        product_ids = {one.product_id for one in demands}
        self._warehouses = planning.warehouses()
        self._days = todays_of(self._warehouses.values(), now)
        self._terms = planning.terms(product_ids)
        today = min(self._days.dates.values(), default=now.date())
        self._stock = planning.first_stock(self._terms, today)
        self._may_have_more = {
            group for group, stock in self._stock.items() if len(stock) >= FIRST_LOTS
        }
        self._shelves: dict[Group, Shelves] = {}
        self._drawn: dict[Group, dict[Drawn, int]] = {}

    def serve(self, order: Order, *, may_choose: bool) -> tuple[int, list[Pick]]:
        """The order's warehouse and what is drawn for it there.

        The house chooses the warehouse of an order that has none; ``may_choose``: also of one
        that has one, while nothing of it is promised or shipped. Raises: ProductNotInWarehouse
        (there is no warehouse at all).
        """
        chosen = order[0].warehouse_id
        if chosen is None or (may_choose and not any(one.is_touched for one in order)):
            chosen = self._choose_warehouse(order)
        return chosen, [pick for one in order for pick in self.draw(one, chosen)]

    def draw(self, one: Waiting, warehouse_id: int) -> list[Pick]:
        """Take what the demand still misses."""
        group = (one.product_id, warehouse_id)
        if not one.uncovered or group not in self._stock:
            return []
        claim = self._terms[one.product_id].claim(one)
        if one.single_lot and self._keeps_units(group):
            self._read_all()
        picks = self._shelves_of(group).draw(claim)
        if group not in self._may_have_more or _units(picks) == claim.quantity:
            return picks
        self._shelves_of(group).put_back(picks)
        self._read_all()
        return self._shelves_of(group).draw(claim)

    def _keeps_units(self, group: Group) -> bool:
        """Units set aside make their lot the first one, wherever the rest of it stands."""
        return group in self._may_have_more and any(one.reserved for one in self._stock[group])

    def _shelves_of(self, group: Group) -> Shelves:
        shelves = self._shelves.get(group)
        if shelves is None:
            product_id, warehouse_id = group
            shelves = self._shelves[group] = Shelves(
                self._stock[group],
                rotation=self._terms[product_id].rotation,
                today=self._days.at(warehouse_id),
                drawn=self._drawn.get(group),
            )
        return shelves

    def _read_all(self) -> None:
        """Every lot of the products. What is drawn stays so: the ledger does not know of it yet."""
        self._drawn = {group: shelves.drawn() for group, shelves in self._shelves.items()}
        self._stock = planning.free_stock(self._terms)
        self._shelves, self._may_have_more = {}, set()

    def _choose_warehouse(self, order: Order) -> int:
        """The warehouse that can do most for an order of which nothing is promised.

        Which products a warehouse carries is read only where that decides: between several that
        cover equally much and do not all have units of every product.
        """
        products = {one.product_id for one in order}
        covers = {pk: self._covered(order, pk) for pk in self._warehouses}
        best = [pk for pk, units in covers.items() if units == max(covers.values())]
        carries = {(product, pk) for product in products for pk in best} & self._stock.keys()
        if len(best) > 1 and len(carries) < len(products) * len(best):
            carries = carried(products, best)
        chosen = choose_warehouse(
            WarehouseOption(
                pk,
                self._warehouses[pk].code,
                covers[pk],
                sum((product, pk) in carries for product in products),
            )
            for pk in best
        )
        if chosen is None:
            raise ProductNotInWarehouse(message="There is no warehouse yet: create one first.")
        return chosen

    def _covered(self, order: Order, warehouse_id: int) -> int:
        """How many units of the order the warehouse could cover; the stock stays as it is."""
        drawn = [(one, picks) for one in order if (picks := self.draw(one, warehouse_id))]
        for one, picks in drawn:
            self._shelves_of((one.product_id, warehouse_id)).put_back(picks)
        return sum(_units(picks) for _, picks in drawn)


def _units(picks: Iterable[Pick]) -> int:
    return sum(pick.quantity for pick in picks)


def by_order(demands: Iterable[Waiting]) -> Iterator[Order]:
    """Demands order by order; the order of the first of each is kept."""
    orders: dict[tuple[int, str], list[Waiting]] = {}
    for one in demands:
        orders.setdefault((one.merchant_id, one.order_number), []).append(one)
    yield from orders.values()
