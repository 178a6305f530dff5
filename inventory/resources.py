"""Products and locations as spreadsheets."""

from __future__ import annotations

from typing import Any

from inventory.kinds import CREATABLE
from inventory.locks import lock_locations, lock_products
from inventory.models import (
    BackupAction,
    Balance,
    FTLCategory,
    Location,
    LotEntry,
    Product,
    ReturnAction,
    Warehouse,
)
from inventory.services.places import create_location, update_location
from inventory.services.products import (
    change_product,
    create_products,
    new_product,
    update_products,
)
from inventory.spreadsheets.cells import Amount, Choice, Measure, Named, Text, Whole, YesNo
from inventory.spreadsheets.resources import Column, ObjectResource, Row, SheetResult
from merchants.errors import DomainError
from merchants.models import MOST_DAYS, Merchant, Rotation


def column(attribute: str, rule: Any, explanation: str, example: str = "") -> Column:
    return Column(rule, explanation, example, attribute=attribute)


class ProductResource(ObjectResource):
    """A product for each row, found by its merchant and SKU."""

    title = "Products"
    owner, key = "merchant", "sku"
    refusal_columns = {
        "sku_taken": "sku",
        "restock_not_supported_for_lot_product": "return_action",
        "lots_in_stock": "is_lot_product",
    }

    merchant = column("merchant", Named("merchant"), "Whose product it is", "GLOW")
    sku = column(
        "sku", Text(64, required=True, code=True), "Finds the product; a new one makes it", "VC-90"
    )
    name = column("name", Text(200, required=True), "What people call it", "Vitamin C, 90 pcs")
    barcode = column("barcode", Text(64, code=True), "What is scanned", "0012345678905")
    is_lot_product = column(
        "is_lot_product", YesNo(), "Whether its units are kept apart by lot", "yes"
    )
    lot_entry = column("lot_entry", Choice(LotEntry.values), "What each lot must have", "either")
    rotation = column(
        "rotation",
        Choice(Rotation.values, empty=None),
        "Which units ship first; nothing: as the account says",
        "fefo",
    )
    min_shelf_life_days = column(
        "min_shelf_life_days",
        Whole(maximum=MOST_DAYS, empty=None),
        "Days that must remain before expiry to ship; nothing: no minimum",
        "30",
    )
    length_in = column("length_in", Measure(empty=None), "Length in inches", "2.5")
    width_in = column("width_in", Measure(empty=None), "Width in inches", "2.5")
    height_in = column("height_in", Measure(empty=None), "Height in inches", "4.75")
    weight_oz = column("weight_oz", Measure(empty=None), "Weight in ounces", "6.4")
    zone = column(
        "zone", Text(32, code=True), "Its bins are suggested in this zone only; nothing: any", "A"
    )
    unit_value = column(
        "unit_value",
        Amount(empty=None),
        "What a unit is worth, in the currency of the house; nothing: unknown",
        "12.50",
    )
    is_ftl = column(
        "is_ftl", YesNo(), "Whether it is a food of the FDA's Food Traceability List", "no"
    )
    ftl_category = column(
        "ftl_category",
        Choice(FTLCategory.values, empty=""),
        "Which of that list",
        "leafy_greens",
    )
    return_action = column(
        "return_action",
        Choice(ReturnAction.values),
        "What becomes of customer returns; lot products are never restocked",
        "quarantine",
    )
    return_backup_action = column(
        "return_backup_action",
        Choice(BackupAction.values),
        "The same, where a unit to restock fails inspection",
        "dispose",
    )
    rts_action = column("rts_action", Choice(ReturnAction.values), "What becomes of RTS", "restock")
    rts_backup_action = column(
        "rts_backup_action",
        Choice(BackupAction.values),
        "The same, where a unit to restock fails inspection or is too near its expiry",
        "quarantine",
    )
    return_instructions = column(
        "return_instructions",
        Text(10_000, multiline=True),
        "What the inspectors should know",
        "Check the seal.",
    )

    def owners(self) -> dict[str, Merchant]:
        return {merchant.code.casefold(): merchant for merchant in Merchant.objects.all()}

    def find(self, owner_ids: set[int], keys: set[str]) -> dict[tuple[int, str], Product]:
        rows = Product.objects.filter(merchant__in=owner_ids, sku__in=keys)
        return {(product.merchant_id, product.sku): product for product in rows}

    def lock(self, rows: list[Row]) -> None:
        lock_products({row.original.pk for row in rows if row.original})

    def judge(self, row: Row) -> None:
        """The rules alone: nothing is written, nobody waits."""
        fields: Any = self.fields_of(row)
        if row.original is None:
            new_product(merchant=row.values["merchant"], now=self.now, fields=fields)
        else:
            change_product(row.original, fields)

    def write(self, rows: list[Row], result: SheetResult) -> None:
        new = [(one.values["merchant"], self.fields_of(one)) for one in rows if not one.original]
        changed = {one.original.pk: self.fields_of(one) for one in rows if one.original}
        for row in rows:
            self.attempt(row, self.judge)
        if result.is_refused:
            return
        try:
            create_products(actor=self.actor, now=self.now, entries=new)
            update_products(actor=self.actor, now=self.now, changes=changed)
        except DomainError as refusal:  # somebody else was faster
            result.refusals.append(refusal)


class LocationResource(ObjectResource):
    """A location for each row, found by its warehouse and name."""

    title = "Locations"
    owner, key = "warehouse", "name"
    refusal_columns = {
        "name_taken": "name",
        "location_in_use": "kind",
        "other_lot_in_location": "mixed",
    }

    warehouse = column("warehouse", Named("warehouse"), "Where it is", "EAST")
    name = column(
        "name", Text(64, required=True, code=True), "Finds the location; a new one makes it", "A-01"
    )
    kind = column("kind", Choice(CREATABLE), "What it is for", "storage")
    pickable = column("pickable", YesNo(), "Whether orders may take units from it", "yes")
    sellable = column("sellable", YesNo(), "Whether units in it may be promised", "yes")
    mixed = column("mixed", YesNo(), "Whether several lots of a product may share it", "no")
    pick_sequence = column("pick_sequence", Whole(), "Its place on the pickers' way", "10")
    zone = column("zone", Text(32, code=True), "The part of the warehouse; nothing: none", "A")
    capacity_in3 = column(
        "capacity_in3",
        Whole(minimum=1, empty=None),
        "The room inside in cubic inches; nothing: not measured",
        "6912",
    )

    def owners(self) -> dict[str, Warehouse]:
        return {warehouse.code.casefold(): warehouse for warehouse in Warehouse.objects.all()}

    def find(self, owner_ids: set[int], keys: set[str]) -> dict[tuple[int, str], Location]:
        rows = Location.objects.real().filter(warehouse__in=owner_ids, name__in=keys)
        return {(location.warehouse_id, location.name): location for location in rows}

    def lock(self, rows: list[Row]) -> None:
        locations = lock_locations({row.original.pk for row in rows if row.original})
        standing = Balance.objects.filter(location__in=locations)
        lock_products(standing.order_by().values_list("product_id", flat=True).distinct())

    def create(self, owner: Warehouse, fields: Any) -> Location:
        return create_location(actor=self.actor, now=self.now, warehouse=owner, fields=fields)

    def update(self, standing: Location, fields: Any) -> Location:
        return update_location(
            actor=self.actor, now=self.now, location_id=standing.pk, fields=fields
        )
