"""Products: what a merchant sells, and how its stock is to be treated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from inventory.errors import LotsInStock, RestockNotSupportedForLotProduct, SkuTaken
from inventory.locks import lock_products
from inventory.models import Product, ReturnAction
from inventory.queries.lots import lots_in_stock
from inventory.services.checks import check_fields
from inventory.services.planning import reallocate
from merchants.errors import NotFound
from merchants.events import record
from merchants.history import stamp
from merchants.models import Merchant, User
from merchants.transactions import act

RESTOCK_NOT_SUPPORTED = (
    "Restocking customer returns is not supported for lot products. "
    "Choose quarantine or dispose as the action for customer returns."
)
DECIDES_ALLOCATION = {"rotation", "min_shelf_life_days"}


class ProductFields(TypedDict, total=False):
    """What may be set on a product; a field that is absent stays as it is."""

    sku: str
    name: str
    barcode: str
    is_lot_product: bool
    lot_entry: str
    rotation: str | None
    min_shelf_life_days: int | None
    length_in: Decimal | None
    width_in: Decimal | None
    height_in: Decimal | None
    weight_oz: Decimal | None
    return_action: str
    return_backup_action: str
    rts_action: str
    rts_backup_action: str
    return_instructions: str


@act
def create_product(
    *, actor: User, now: datetime, merchant: Merchant, fields: ProductFields
) -> Product:
    """Add a product to a merchant's catalogue.

    A lot product's customer returns are quarantined where nothing else is said. Raises: SkuTaken,
    RestockNotSupportedForLotProduct, Malformed.
    """
    product = Product(merchant=merchant, created_at=now, **fields)
    if product.is_lot_product and "return_action" not in fields:
        product.return_action = ReturnAction.QUARANTINE
    _check(product)
    stamp(product, actor=actor, now=now)
    product.save()
    _record("product.created", product, now)
    return product


@act
def update_product(
    *, actor: User, now: datetime, product_id: int, fields: ProductFields
) -> Product:
    """Change a product; a new rotation or minimum shelf life is offered to its backorders at once.

    Turning lot tracking on while customer returns are restocked asks for the new action; it never
    guesses. Raises: NotFound, SkuTaken, RestockNotSupportedForLotProduct, LotsInStock, Malformed.
    Locks the product.
    """
    product = lock_products([product_id]).get(product_id)
    if product is None:
        raise NotFound()
    changed = {name for name, value in fields.items() if getattr(product, name) != value}
    if not changed:
        return product
    if "is_lot_product" in changed and product.is_lot_product and lots_in_stock(product):
        raise LotsInStock(
            message=f"{product.sku} has units in lots: lot tracking cannot be switched off."
        )
    for name, value in fields.items():
        setattr(product, name, value)
    _check(product)
    stamp(product, actor=actor, now=now)
    product.save()
    if changed & DECIDES_ALLOCATION:
        reallocate([product.pk], now=now)
    _record("product.updated", product, now, changed=sorted(changed))
    return product


def _check(product: Product) -> None:
    check_fields(product)
    if product.is_lot_product and product.return_action == ReturnAction.RESTOCK:
        raise RestockNotSupportedForLotProduct(message=RESTOCK_NOT_SUPPORTED)
    same = Product.objects.filter(merchant_id=product.merchant_id, sku=product.sku)
    if same.exclude(pk=product.pk).exists():
        raise SkuTaken(message=f"The SKU {product.sku} is taken.", sku=product.sku)


def _record(topic: str, product: Product, now: datetime, **payload: object) -> None:
    record(
        topic=topic,
        merchant_id=product.merchant_id,
        object=str(product.pk),
        payload={"sku": product.sku, **payload},
        at=now,
    )
