"""State for tests, made by the services as people make it; never by inserting balances."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from inventory.kinds import VIRTUAL
from inventory.locks import lock_products
from inventory.models import Balance, Demand, Location, Lot, Product, Supply, Warehouse
from inventory.queries.lots import LotRef, find_lots
from inventory.services.activation import Wish, set_activity
from inventory.services.demands import DemandRequest, OrderTerms, open_demands, release_demands
from inventory.services.lots import create_lot
from inventory.services.places import create_location, create_locations, create_warehouse
from inventory.services.products import create_product
from inventory.services.settings import update_lot_tracking
from inventory.services.stock import Units, adjust
from inventory.services.supplies import SupplyRequest, announce
from merchants.models import Merchant, User
from merchants.services import create_api_key, create_merchant
from tests.clock import CLOCK


def house() -> User:
    """A superuser of the house, always the same one."""
    found = User.objects.filter(username="house").first()
    return found or User.objects.create_superuser("house", password="correct horse")


def acting() -> dict[str, Any]:
    """The actor and the time that every service asks for."""
    return {"actor": house(), "now": CLOCK.now}


def make_merchant(code: str = "GLOW", **settings: Any) -> Merchant:
    merchant = create_merchant(code=code, name=code.title(), **acting())
    if settings:
        return update_lot_tracking(merchant_id=merchant.pk, fields=settings, **acting())
    return merchant


def make_product(merchant: Merchant, sku: str = "VITAMIN-C-90CT", **fields: Any) -> Product:
    """A product; `is_lot_product=True` for one with lots."""
    named = {"sku": sku, "name": sku.replace("-", " ").title(), **fields}
    return create_product(merchant=merchant, fields=named, **acting())


def make_warehouse(code: str = "EAST", timezone: str = "UTC") -> Warehouse:
    return create_warehouse(code=code, name=code.title(), timezone=timezone, **acting())


def make_bin(warehouse: Warehouse, name: str = "A-01", **fields: Any) -> Location:
    return create_location(warehouse=warehouse, fields={"name": name, **fields}, **acting())


def place(warehouse: Warehouse, name: str) -> Location:
    """A location that came with the warehouse, such as QUARANTINE."""
    return warehouse.locations.get(name=name)


def make_lot(
    product: Product, number: str = "", expires_on: date | None = None, **fields: Any
) -> Lot:
    """A lot, whatever others its number looks like."""
    named = {"number": number, "expires_on": expires_on, **fields}
    return create_lot(product=product, fields=named, confirm_new=True, **acting())


def set_lots_active(
    *, lot_ids: Collection[int], is_active: bool, actor: User, now: datetime
) -> list[Lot]:
    """Activate or deactivate lots together; the lots by id."""
    wishes = dict.fromkeys(lot_ids, Wish(is_active))
    return set_activity(wishes=wishes, actor=actor, now=now).lots


def put(product: Product, location: Location, quantity: int, lot: Lot | None = None) -> None:
    """Find so many units at a location."""
    units = Units(product.pk, lot.pk if lot else None, quantity)
    adjust(units=units, location_id=location.pk, reason="Opening stock", **acting())


def make_demand(
    product: Product,
    quantity: int,
    warehouse: Warehouse | None,
    *,
    number: str = "ORD-000001",
    lot: Lot | None = None,
    min_shelf_life_days: int | None = None,
    single_lot: bool = False,
    priority: int = 0,
    **whose: Any,
) -> Demand:
    """An order line's claim, released and allocated as far as there is stock.

    Where no warehouse is named, the house chooses. ``whose``: channel, country, customer.
    """
    terms = OrderTerms(
        product.merchant_id,
        number,
        CLOCK.now,
        warehouse_id=warehouse.pk if warehouse else None,
        priority=priority,
        **whose,
    )
    request = DemandRequest(
        product.pk,
        quantity,
        lot_id=lot.pk if lot else None,
        single_lot=single_lot,
        min_shelf_life_days=min_shelf_life_days,
    )
    with transaction.atomic():
        lock_products([product.pk])
        (pk,) = open_demands(terms=terms, requests=[request])
        release_demands(demand_ids=[pk], now=CLOCK.now, may_choose=warehouse is None)
    return Demand.objects.get(pk=pk)


def make_supply(
    product: Product, expected: int, warehouse: Warehouse, lot: Lot | None = None
) -> Supply:
    """Units announced by a WRO."""
    (supply,) = announce(
        merchant_id=product.merchant_id,
        warehouse_id=warehouse.pk,
        wro_number="WRO-000001",
        requests=[SupplyRequest(product.pk, lot.pk if lot else None, expected)],
    )
    return supply


def api(merchant: Merchant | None = None) -> APIClient:
    """A client of the API with a new key: the merchant's, or one of staff."""
    key = create_api_key(merchant=merchant, name="test", **acting())
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {key.text}")


@dataclass
class World:
    """A warehouse in Chicago with bins A-01 to A-09, and a merchant of its own."""

    warehouse: Warehouse
    merchant: Merchant
    bins: list[Location]

    def place(self, name: str) -> Location:
        return place(self.warehouse, name)

    def product(self, sku: str = "SOAP", **fields: Any) -> Product:
        return make_product(self.merchant, sku, **fields)

    def lot_product(self, sku: str = "VITAMIN", **fields: Any) -> Product:
        return make_product(self.merchant, sku, is_lot_product=True, **fields)

    def stock_lot(
        self, product: Product, number: str, expires_on: date | None, quantity: int, bin: int
    ) -> Lot:
        """Units of a lot in the bin of this index; the lot is made where it does not exist yet."""
        ref = LotRef(product.pk, number, expires_on)
        lot = find_lots([ref]).get(ref) or make_lot(product, number, expires_on)
        put(product, self.bins[bin], quantity, lot)
        return lot


def make_world() -> World:
    warehouse = make_warehouse("CHI", "America/Chicago")
    named = [{"name": f"A-0{n}", "pick_sequence": n} for n in range(1, 10)]
    bins = create_locations(warehouse=warehouse, entries=named, **acting())
    return World(warehouse, make_merchant("ACME"), bins)


def balance(product: Product, location: Location, lot: Lot | None = None) -> Balance:
    return Balance.objects.get(product=product, location=location, lot=lot)


def stands(product: Product) -> dict[tuple[str, str | None], tuple[int, int]]:
    """(units, promised ones) by location and lot, where the product stands in the house."""
    rows = Balance.objects.filter(product=product).exclude(location_kind__in=VIRTUAL)
    return {
        (one.location.name, one.lot and str(one.lot)): (one.on_hand, one.committed)
        for one in rows.exclude(on_hand=0).select_related("location", "lot")
    }


def promised(demand: Demand) -> dict[str, int]:
    """Promised units of a demand by the name of the bin, in the order of the promises."""
    rows = demand.allocations.order_by("id").values_list("balance__location__name", "quantity")
    return dict(rows)
