"""Products: what a merchant sells, and how its stock is to be treated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from inventory.errors import LotsInStock, RestockNotSupportedForLotProduct, SkuTaken
from inventory.locks import lock_products
from inventory.models import Product, ReturnAction
from inventory.queries.lots import lots_in_stock
from inventory.services.checks import check_fields, while_free
from inventory.services.planning import reallocate
from merchants.errors import NotFound
from merchants.events import Happening, record_many
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
    zone: str
    unit_value: Decimal | None
    return_action: str
    return_backup_action: str
    rts_action: str
    rts_backup_action: str
    return_instructions: str
    is_ftl: bool
    ftl_category: str


@act
def create_product(
    *, actor: User, now: datetime, merchant: Merchant, fields: ProductFields
) -> Product:
    """Add a product to a merchant's catalogue.

    A lot product's customer returns are quarantined where nothing else is said. Raises: SkuTaken,
    RestockNotSupportedForLotProduct, Malformed.
    """
    return create_products(actor=actor, now=now, entries=[(merchant, fields)])[0]


@act
def create_products(
    *, actor: User, now: datetime, entries: Sequence[tuple[Merchant, ProductFields]]
) -> list[Product]:
    """Add many products, all or none. Statements do not grow with their number.

    Raises: as `create_product`; a SKU must not come twice among them either.
    """
    products = [
        new_product(merchant=merchant, now=now, fields=fields) for merchant, fields in entries
    ]
    with while_free(lambda: _refuse_taken(products)):
        made = bulk_create_with_history(
            products, Product, batch_size=1000, default_user=actor, default_date=now
        )
    record_many(_event("product.created", product, now) for product in made)
    return made


def new_product(*, merchant: Merchant, now: datetime, fields: ProductFields) -> Product:
    """A product with these fields, held against every rule but that its SKU is free; not saved.

    Raises: RestockNotSupportedForLotProduct, Malformed.
    """
    product = Product(merchant=merchant, created_at=now, **fields)
    if product.is_lot_product and "return_action" not in fields:
        product.return_action = ReturnAction.QUARANTINE
    _check(product)
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
    return update_products(actor=actor, now=now, changes={product_id: fields})[0]


@act
def update_products(
    *, actor: User, now: datetime, changes: Mapping[int, ProductFields]
) -> list[Product]:
    """Change many products by id, all or none, with one re-planning for all of them.

    Raises: as `update_product`. Locks the products.
    """
    products = lock_products(changes)
    if len(products) < len(changes):
        raise NotFound()
    changed = {pk: change_product(products[pk], fields) for pk, fields in changes.items()}
    touched = [products[pk] for pk, names in changed.items() if names]
    renamed = [product for product in touched if "sku" in changed[product.pk]]
    if touched:
        names = sorted(set().union(*changed.values()))
        with while_free(lambda: _refuse_taken(renamed)):
            bulk_update_with_history(
                touched, Product, names, batch_size=500, default_user=actor, default_date=now
            )
    deciding = [product.pk for product in touched if changed[product.pk] & DECIDES_ALLOCATION]
    if deciding:
        reallocate(deciding, now=now)
    record_many(
        _event("product.updated", product, now, changed=sorted(changed[product.pk]))
        for product in touched
    )
    return [products[pk] for pk in changes]


def change_product(product: Product, fields: ProductFields) -> set[str]:
    """Set these fields, held against every rule but that a new SKU is free; not saved.

    Returns the names of those that are other than before. Raises: as `update_product`.
    """
    changed = {name for name, value in fields.items() if getattr(product, name) != value}
    if "is_lot_product" in changed and product.is_lot_product and lots_in_stock(product):
        raise LotsInStock(
            message=f"{product.sku} has units in lots: lot tracking cannot be switched off."
        )
    for name, value in fields.items():
        setattr(product, name, value)
    if changed:
        _check(product)
    return changed


def _check(product: Product) -> None:
    check_fields(product)
    if product.is_lot_product and product.return_action == ReturnAction.RESTOCK:
        raise RestockNotSupportedForLotProduct(message=RESTOCK_NOT_SUPPORTED)


def _refuse_taken(products: Sequence[Product]) -> None:
    """One query for all of them."""
    if not products:
        return
    ours = {product.pk for product in products}
    same = Product.objects.filter(
        merchant__in={product.merchant_id for product in products},
        sku__in={product.sku for product in products},
    )
    rows = same.order_by().values_list("pk", "merchant_id", "sku")
    taken = {(merchant_id, sku) for pk, merchant_id, sku in rows if pk not in ours}
    for product in products:
        identity = (product.merchant_id, product.sku)
        if identity in taken:
            raise SkuTaken(message=f"The SKU {product.sku} is taken.", sku=product.sku)
        taken.add(identity)


def _event(topic: str, product: Product, now: datetime, **payload: object) -> Happening:
    return Happening(
        topic, product.merchant_id, str(product.pk), now, {"sku": product.sku, **payload}
    )
