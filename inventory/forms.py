"""What people type into the inventory's screens. A form reads and types; a service decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin

from inventory.kinds import CREATABLE
from inventory.models import (
    Balance,
    Channel,
    Hold,
    Location,
    LocationKind,
    Lot,
    LotFormat,
    LotTrackingSettings,
    Product,
    SetAside,
    Warehouse,
)
from inventory.restrictions import NAMES as RESTRICTIONS
from inventory.services.holds import place_hold
from inventory.services.lot_numbers import create_lot_format, update_lot_format
from inventory.services.lots import create_lot, update_lot
from inventory.services.places import (
    create_location,
    create_warehouse,
    update_location,
    update_warehouse,
)
from inventory.services.products import create_product, update_product
from inventory.services.set_asides import Wish, set_aside
from inventory.services.settings import update_lot_tracking
from merchants.models import User
from merchants.screens import ServiceForm
from merchants.widgets import SearchBox

MOST_BINS_AT_ONCE = 500


def search(rows: Any, field: str, **options: Any) -> forms.ModelChoiceField:
    """A field that finds its row by typing; `field` is the one of Balance that points to it."""
    box = SearchBox(Balance._meta.get_field(field), admin.site)
    return forms.ModelChoiceField(rows, widget=box, **options)


class ProductForm(ServiceForm):
    """A product with its Inventory part and its return preferences."""

    has_min_shelf_life = forms.BooleanField(
        required=False, label="This product has a minimum shelf life"
    )
    refusal_fields = {
        "sku_taken": "sku",
        "restock_not_supported_for_lot_product": "return_action",
        "lots_in_stock": "is_lot_product",
    }

    class Meta:
        model = Product
        exclude = ["created_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = self.instance.min_shelf_life_days
        self.fields["has_min_shelf_life"].initial = days is not None
        if rotation := self.fields.get("rotation"):  # absent where the page is read only
            rotation.choices = [("", "The account's rotation"), *rotation.choices[1:]]
            rotation.help_text = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("has_min_shelf_life"):
            data["min_shelf_life_days"] = None
        elif data.get("min_shelf_life_days") is None and "min_shelf_life_days" not in self.errors:
            self.add_error("min_shelf_life_days", "Enter the number of days, or untick the box.")
        return data

    def perform(self, *, actor: User, now: datetime) -> Product:
        fields = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("merchant", "has_min_shelf_life")
        }
        if self.instance.pk:
            return update_product(actor=actor, now=now, product_id=self.instance.pk, fields=fields)
        merchant = self.cleaned_data["merchant"]
        return create_product(actor=actor, now=now, merchant=merchant, fields=fields)


class WarehouseForm(ServiceForm):
    refusal_fields = {"name_taken": "code"}

    class Meta:
        model = Warehouse
        fields = ["code", "name", "timezone"]

    def perform(self, *, actor: User, now: datetime) -> Warehouse:
        data = self.cleaned_data
        named = {"name": data["name"], "timezone": data["timezone"], "actor": actor, "now": now}
        if self.instance.pk:
            return update_warehouse(warehouse_id=self.instance.pk, **named)
        return create_warehouse(code=data["code"], **named)


class LocationForm(ServiceForm):
    """A bin or an area; docks, quarantine and damaged areas get the flags that they must have."""

    kind = forms.ChoiceField(
        choices=[(kind, LocationKind(kind).label) for kind in CREATABLE],
        help_text="A dock, quarantine or damaged area is always mixed, "
        "and neither pickable nor sellable.",
    )
    refusal_fields = {
        "name_taken": "name",
        "location_in_use": "kind",
        "other_lot_in_location": "mixed",
    }

    class Meta:
        model = Location
        fields = ["warehouse", "name", "kind", "pickable", "sellable", "mixed", "pick_sequence",
                  "zone", "capacity_in3"]  # fmt: skip

    def perform(self, *, actor: User, now: datetime) -> Location:
        fields = {name: value for name, value in self.cleaned_data.items() if name != "warehouse"}
        if self.instance.pk:
            return update_location(
                actor=actor, now=now, location_id=self.instance.pk, fields=fields
            )
        warehouse = self.cleaned_data["warehouse"]
        return create_location(actor=actor, now=now, warehouse=warehouse, fields=fields)


class BinRangeForm(forms.Form):
    """Bins with running numbers, such as A-01 to A-40."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.all())
    prefix = forms.CharField(max_length=50, help_text="What comes before the number: A- or 01-B-.")
    first = forms.IntegerField(min_value=0, max_value=99_999, label="First number", initial=1)
    last = forms.IntegerField(min_value=0, max_value=99_999, label="Last number")
    digits = forms.IntegerField(
        min_value=1, max_value=5, initial=2, help_text="2 makes A-01, 3 makes A-001."
    )
    first_pick_sequence = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        initial=1,
        help_text="The first bin's place on the pickers' way; each next bin comes one later.",
    )
    zone = forms.CharField(
        max_length=32, required=False, help_text="The part of the warehouse, such as A or CHILLED."
    )
    capacity_in3 = forms.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        label="Capacity of each (cubic inches)",
        help_text="Length × width × height inside. Empty: not measured.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "first" in data and "last" in data:
            bins = data["last"] - data["first"] + 1
            if bins < 1:
                self.add_error("last", "The last number is below the first.")
            elif bins > MOST_BINS_AT_ONCE:
                self.add_error("last", f"Add at most {MOST_BINS_AT_ONCE} bins at once.")
        return data

    def names(self) -> list[str]:
        data = self.cleaned_data
        numbers = range(data["first"], data["last"] + 1)
        return [f"{data['prefix']}{number:0{data['digits']}}" for number in numbers]


class LotForm(ServiceForm):
    """A lot; `confirm_new` is asked for where its number looks like another one's."""

    confirm_new = forms.BooleanField(required=False, label="It is a different lot")
    refusal_fields = {
        "lot_number_taken": "number",
        "lot_looks_like": "number",
        "lot_already_received": "product",
    }

    class Meta:
        model = Lot
        fields = [
            "product",
            "number",
            "supplier_number",
            "supplier",
            "production_run",
            "expires_on",
            "manufactured_on",
            "date_kind",
            *RESTRICTIONS,
            "is_active",
        ]

    def perform(self, *, actor: User, now: datetime) -> Lot:
        fields = dict(self.cleaned_data)
        named = {"actor": actor, "now": now, "confirm_new": fields.pop("confirm_new")}
        product = fields.pop("product", None)
        if self.instance.pk:
            return update_lot(lot_id=self.instance.pk, fields=fields, **named)
        return create_lot(product=product, fields=fields, **named)


class LotFormatForm(ServiceForm):
    """How lots are numbered; whose, is said once."""

    refusal_fields = {"lot_format_taken": "is_active"}

    class Meta:
        model = LotFormat
        exclude = ["created_at"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        product, merchant = data.get("product"), data.get("merchant")
        if product and merchant and product.merchant_id != merchant.pk:
            self.add_error("product", f"{product.sku} is not one of {merchant.code}.")
        return data

    def perform(self, *, actor: User, now: datetime) -> LotFormat:
        fields = dict(self.cleaned_data)
        merchant, product = fields.pop("merchant", None), fields.pop("product", None)
        if self.instance.pk:
            return update_lot_format(
                actor=actor, now=now, format_id=self.instance.pk, fields=fields
            )
        return create_lot_format(
            actor=actor, now=now, merchant=merchant, product=product, fields=fields
        )


class HoldForm(ServiceForm):
    class Meta:
        model = Hold
        fields = ["lot", "location", "product", "reason", "until"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if sum(data.get(name) is not None for name in ("lot", "location", "product")) != 1:
            raise forms.ValidationError("Choose exactly one of lot, location or product.")
        return data

    def perform(self, *, actor: User, now: datetime) -> Hold:
        data = self.cleaned_data
        return place_hold(
            actor=actor,
            now=now,
            target=data["lot"] or data["location"] or data["product"],
            reason=data["reason"],
            until=data["until"],
        )


class SetAsideForm(ServiceForm):
    """Units to be kept for a channel or customer."""

    product = search(Product.objects.all(), "product")
    lot = search(
        Lot.objects.filter(merged_into=None),
        "lot",
        required=False,
        help_text="Empty: any lot, in rotation order.",
    )
    warehouse = forms.ModelChoiceField(Warehouse.objects.all())
    quantity = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Units")
    channel = forms.ChoiceField(choices=[("", "Any channel"), *Channel.choices], required=False)
    customer = forms.CharField(
        max_length=64,
        required=False,
        help_text="As the merchant's orders name the customer. Empty: any customer.",
    )
    refusal_fields = {"insufficient_stock": "quantity"}

    class Meta:
        model = SetAside
        fields = ["reason"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        lot, product = data.get("lot"), data.get("product")
        if lot and product and lot.product_id != product.pk:
            self.add_error("lot", f"Lot {lot} is not a lot of {product.sku}.")
        if not data.get("channel") and not data.get("customer"):
            self.add_error("channel", "Say for which channel or which customer.")
        return data

    def perform(self, *, actor: User, now: datetime) -> SetAside:
        return set_aside(actor=actor, now=now, wish=Wish(**self.cleaned_data))


class MoveForm(forms.Form):
    """Units of one balance to another location of its warehouse."""

    target = search(Location.objects.real(), "location", label="To")
    quantity = forms.IntegerField(min_value=1, label="Units")
    reason = forms.CharField(
        max_length=500, required=False, help_text="Needed where the bin is too small."
    )
    refusal_fields = {"bin_too_small": "reason"}

    def __init__(self, *args: Any, balance: Balance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].initial = balance.on_hand - balance.committed


class AdjustForm(forms.Form):
    """More or fewer units than the books say, of a product and lot at a location."""

    product = search(Product.objects.all(), "product")
    lot = search(Lot.objects.filter(merged_into=None), "lot", required=False)
    location = search(Location.objects.real(), "location")
    quantity = forms.IntegerField(
        label="Units found (+) or missing (−)", help_text="-3 takes three units off the books."
    )
    reason = forms.CharField(max_length=500)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        lot, product = data.get("lot"), data.get("product")
        if lot and product and lot.product_id != product.pk:
            self.add_error("lot", f"Lot {lot} is not a lot of {product.sku}.")
        if data.get("quantity") == 0:
            self.add_error("quantity", "0 changes nothing.")
        return data


class AssignForm(forms.Form):
    """A lot for the units at a location that have none."""

    lot = search(Lot.objects.filter(merged_into=None), "lot")
    location = search(Location.objects.real(), "location")
    quantity = forms.IntegerField(
        min_value=1, required=False, label="Units", help_text="Empty: all that have no lot there."
    )


class LotTrackingForm(ServiceForm):
    """What an account says about lots, for all of its products."""

    class Meta:
        model = LotTrackingSettings
        fields = [
            "lot_tracking_active",
            "rotation",
            "picking_disabled_days",
            "dtc_min_shelf_life_days",
            "b2b_min_shelf_life_days",
            "fba_min_shelf_life_days",
            "verify_lot",
            "digest_email",
        ]

    def perform(self, *, actor: User, now: datetime) -> Any:
        update_lot_tracking(
            actor=actor, now=now, merchant_id=self.instance.pk, fields=self.cleaned_data
        )
        return self.instance
