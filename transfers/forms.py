"""What people type into the screens of transfers. A form reads and types; a service decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms

from inventory.models import Product, Warehouse
from merchants.days import DayField
from merchants.errors import FieldError, Malformed
from merchants.models import Merchant
from merchants.rows import LARGEST, BaseRows, NamedControls, short, units
from transfers.choosing import Free
from transfers.models import Line
from transfers.services import LineRequest, Stowed, Taken, TransferRequest

MOST_LINES = 500


class TransferForm(forms.Form):
    """A transfer but for its lines."""

    merchant = forms.ModelChoiceField(Merchant.objects.filter(is_active=True))
    source = forms.ModelChoiceField(Warehouse.objects.all(), label="From warehouse")
    target = forms.ModelChoiceField(Warehouse.objects.all(), label="To warehouse")
    reference = forms.CharField(
        max_length=64, required=False, help_text="The merchant's or the carrier's own number."
    )
    refusal_fields = {"reference_taken": "reference"}

    def request(self, lines: Any) -> TransferRequest:
        """Raises: Malformed where a SKU names no product of the merchant."""
        rows = [row.cleaned_data for row in lines.filled()]
        known = products(self.cleaned_data["merchant"], [row["sku"] for row in rows])
        requests = [
            LineRequest(known[row["sku"]], row["quantity"], row["lot_number"], row["expires_on"])
            for row in rows
        ]
        return TransferRequest(**self.cleaned_data, lines=requests)


def products(merchant: Merchant, skus: Sequence[str]) -> Mapping[str, Product]:
    """The merchant's products by SKU, all of these. Raises: Malformed at each row that has none."""
    rows = Product.objects.for_merchant(merchant).select_related("merchant")
    known = {one.sku: one for one in rows.filter(sku__in=set(skus))}
    wrong: list[FieldError] = [
        {"field": f"lines[{place}].sku", "code": "unknown_sku", "message": f"No product {sku}."}
        for place, sku in enumerate(skus)
        if sku not in known
    ]
    if wrong:
        raise Malformed(message=wrong[0]["message"], errors=wrong)
    return known


class LineForm(NamedControls):
    """Units to be transferred; without a lot the rotation says which lots of a lot product go."""

    sku = forms.CharField(
        max_length=64,
        label="Product",
        widget=short(list="transfer-products", autocomplete="off", placeholder="SKU, name or id"),
    )
    quantity = forms.IntegerField(min_value=1, max_value=LARGEST, label="Units", widget=units())
    lot_number = forms.CharField(
        max_length=64,
        required=False,
        label="Lot number",
        widget=short(list="transfer-lots", autocomplete="off", placeholder="by rotation"),
    )
    expires_on = DayField(label="Expiry")


class ArrivalForm(NamedControls):
    """Units of a line that go into one place. A row without units is passed over."""

    line = forms.TypedChoiceField(coerce=int, label="Product and lot")
    quantity = forms.IntegerField(
        min_value=0, max_value=LARGEST, required=False, label="Units", widget=units()
    )
    location = forms.CharField(
        max_length=64,
        required=False,
        label="Location",
        widget=short(autocomplete="off", autocapitalize="characters"),
    )

    def __init__(self, *args: Any, under_way: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under_way = {line.pk: line for line in under_way}
        self.fields["line"].choices = [(line.pk, in_words(line)) for line in under_way]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("quantity") and not data.get("location"):
            self.add_error("location", "Name the bin or area.")
        return data

    def stowed(self) -> Stowed:
        data = self.cleaned_data
        line = self.under_way[data["line"]]
        lot = (line.lot.number, line.lot.expires_on) if line.lot else ("", None)
        return Stowed(line.product, data["quantity"], data["location"], *lot)


def in_words(line: Line) -> str:
    """A line as the floor tells it apart, with what is still under way of it."""
    lot = f", lot {line.lot}" if line.lot else ""
    day = (
        f" ({line.lot.expires_on})" if line.lot and line.lot.number and line.lot.expires_on else ""
    )
    return f"{line.product.sku}{lot}{day} · {line.in_transit} in transit"


class BaseArrivals(BaseRows):
    def filled(self) -> list[Any]:
        return [form for form in self.forms if form.cleaned_data.get("quantity")]

    def clean(self) -> None:
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError("Say how many units arrived.", code="required")


OPTIONS: dict[str, Any] = {
    "extra": 0,
    "max_num": MOST_LINES,
    "validate_max": True,
}
TransferLines = forms.formset_factory(LineForm, formset=BaseRows, **OPTIONS)
Arrivals = forms.formset_factory(ArrivalForm, formset=BaseArrivals, **OPTIONS)


class BinRow(NamedTuple):
    """Free units of a line's lot in one bin, and how many of them are sent."""

    line: Line
    free: Free
    units: forms.BoundField


class SendForm(forms.Form):
    """How many units leave each bin; filled in with what the rotation suggests."""

    tracking_number = forms.CharField(
        max_length=64, required=False, help_text="Of the carrier or truck, where there is one."
    )

    def __init__(self, *args: Any, bins: Sequence[tuple[Line, Free, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bins = {name_of(line, free): (line, free) for line, free, _ in bins}
        for place, (line, free, suggested) in enumerate(bins, start=1):
            self.fields[name_of(line, free)] = forms.IntegerField(
                min_value=0,
                max_value=free.stock.free,
                required=False,
                initial=suggested,
                label="Units sent",
                widget=forms.NumberInput(attrs={"aria-label": f"Units sent, row {place}"}),
            )

    def rows(self) -> list[BinRow]:
        return [BinRow(line, free, self[name]) for name, (line, free) in self.bins.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data[name] for name in self.bins):
            raise forms.ValidationError("Nothing is sent.", code="nothing_sent")
        return data

    def taken(self) -> list[Taken]:
        return [
            Taken(
                line.product,
                self.cleaned_data[name],
                free.location,
                line.lot.number if line.lot else "",
                line.lot.expires_on if line.lot else None,
            )
            for name, (line, free) in self.bins.items()
            if self.cleaned_data[name]
        ]


def name_of(line: Line, free: Free) -> str:
    return f"units_{line.pk}_{free.stock.balance_id}"


class WriteOffForm(forms.Form):
    """Why what is still in transit will never come."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
