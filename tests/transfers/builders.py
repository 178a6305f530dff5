"""Transfers for tests, made by the services as people make them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.models import Location, Product, Warehouse
from inventory.services.places import create_locations
from tests.builders import World, acting, make_world, put
from tests.builders import make_warehouse as build
from transfers.models import Transfer
from transfers.services import (
    LineRequest,
    Stowed,
    Taken,
    TransferRequest,
    create_transfer,
    receive_transfer,
    send_transfer,
)

EARLY, LATE = date(2026, 10, 31), date(2027, 3, 1)


@dataclass
class TwoWarehouses:
    """CHI with VITAMIN (EARLY 10 in A-01, LATE 20 in A-02) and SOAP (8 in A-03); NJ is empty."""

    world: World
    target: Warehouse
    vitamin: Product
    soap: Product

    @property
    def source(self) -> Warehouse:
        return self.world.warehouse

    def bin(self, name: str) -> Location:
        return Location.objects.get(name=name)

    def request(self, *lines: LineRequest, **fields: Any) -> TransferRequest:
        named = {"source": self.source, "target": self.target, **fields}
        return TransferRequest(self.world.merchant, lines=list(lines), **named)


def make_two() -> TwoWarehouses:
    world = make_world()
    target = build("NJ", "America/Chicago")
    named = [{"name": f"N-0{n}", "pick_sequence": n} for n in range(1, 4)]
    create_locations(warehouse=target, entries=named, **acting())
    vitamin, soap = world.lot_product("VITAMIN"), world.product("SOAP")
    world.stock_lot(vitamin, "EARLY", EARLY, 10, 0)
    world.stock_lot(vitamin, "LATE", LATE, 20, 1)
    put(soap, world.bins[2], 8)
    return TwoWarehouses(world, target, vitamin, soap)


def planned(two: TwoWarehouses, *lines: LineRequest, **fields: Any) -> Transfer:
    return create_transfer(request=two.request(*lines, **fields), **acting())


def sent(two: TwoWarehouses, *lines: LineRequest, **fields: Any) -> Transfer:
    """Planned and sent as suggested."""
    return send(planned(two, *lines, **fields))


def send(transfer: Transfer, *taken: Taken, **fields: Any) -> Transfer:
    """As suggested where nothing is given."""
    given = list(taken) or None
    return send_transfer(transfer_id=transfer.pk, lines=given, **fields, **acting())


def receive(transfer: Transfer, *stowed: Stowed) -> Transfer:
    return receive_transfer(transfer_id=transfer.pk, lines=list(stowed), **acting())


Counters = list[tuple[str, str | None, int, int, int, int]]


def counters(transfer: Transfer) -> Counters:
    """SKU, lot, and the units asked for, sent, received and lost of each line."""
    rows: Iterable[Any] = transfer.lines.select_related("product", "lot").order_by("position")
    return [
        (one.product.sku, one.lot and str(one.lot), one.quantity, one.sent, one.received, one.lost)
        for one in rows
    ]
