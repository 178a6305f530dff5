"""What people type into the screens of orders. A form reads and types; a service decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.utils.dateparse import parse_date

from fulfillment.requests import LineRequest, OrderRequest, PackedLine
from inventory.models import Allocation, Channel, Warehouse, lot_key
from merchants.days import DayField
from merchants.models import Merchant
from merchants.rows import LARGEST, PLACE, BaseRows, NamedControls, short, units

MOST_LINES = 1000
SHIP_TO = ("name", "email", "phone", "address1", "address2", "city", "state", "zip", "country")


class OrderForm(forms.Form):
    """An order but for its lines."""

    merchant = forms.ModelChoiceField(Merchant.objects.filter(is_active=True))
    reference = forms.CharField(
        max_length=64, required=False, help_text="The merchant's own number."
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(), required=False, empty_label="The house chooses"
    )
    channel = forms.ChoiceField(choices=Channel.choices, initial=Channel.DTC)
    customer = forms.CharField(
        max_length=64,
        required=False,
        help_text="The merchant's own name or number of the customer.",
    )
    ship_by = DayField(label="Ship by")
    priority = forms.IntegerField(
        initial=0, min_value=-LARGEST, max_value=LARGEST, help_text="Higher is served first."
    )
    note = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    name = forms.CharField(max_length=500, required=False)
    email = forms.EmailField(required=False)
    phone = forms.CharField(max_length=500, required=False)
    address1 = forms.CharField(max_length=500, required=False, label="Address")
    address2 = forms.CharField(max_length=500, required=False, label="Address, second line")
    city = forms.CharField(max_length=500, required=False)
    state = forms.CharField(max_length=500, required=False, label="State or region")
    zip = forms.CharField(max_length=500, required=False, label="ZIP or postal code")
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        required=False,
        help_text="Two letters, such as US.",
        error_messages={"invalid": "Give a code of two letters, such as US."},
    )
    refusal_fields = {"reference_taken": "reference"}

    @property
    def about_order(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in SHIP_TO]

    @property
    def about_recipient(self) -> list[forms.BoundField]:
        return [self[name] for name in SHIP_TO]

    def request(self, lines: Sequence[LineRequest]) -> OrderRequest:
        data = self.cleaned_data
        return OrderRequest(
            merchant=data["merchant"],
            lines=lines,
            reference=data["reference"],
            warehouse=data["warehouse"],
            channel=data["channel"],
            customer=data["customer"],
            ship_by=data["ship_by"],
            ship_to={name: data[name] for name in SHIP_TO if data[name]},
            priority=data["priority"],
            note=data["note"],
        )


class LineForm(NamedControls):
    """A line of an order."""

    sku = forms.CharField(
        max_length=64,
        label="Product",
        widget=short(list="order-products", autocomplete="off", placeholder="SKU, name or id"),
    )
    quantity = forms.IntegerField(min_value=1, max_value=LARGEST, label="Units", widget=units())
    lot_number = forms.CharField(
        max_length=64,
        required=False,
        label="Lot number",
        widget=short(list="order-lots", autocomplete="off"),
    )
    expires_on = DayField(label="Expiry")
    single_lot = forms.BooleanField(required=False, label="From a single lot")
    min_shelf_life_days = forms.IntegerField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        label="Minimum shelf life (days)",
        widget=units(),
    )

    def request(self) -> LineRequest:
        return LineRequest(**self.cleaned_data)


OrderLines = forms.formset_factory(
    LineForm, formset=BaseRows, extra=0, max_num=MOST_LINES, validate_max=True
)


class PackedRow(NamedTuple):
    """An allocation on the packing screen: how many were packed and, perhaps, the lot read."""

    allocation: Allocation
    quantity: forms.BoundField
    lot_read: forms.BoundField | None


class FoundForm(forms.Form):
    """How many of the units promised at a bin a picker found there."""

    found = forms.IntegerField(min_value=0, max_value=LARGEST, initial=0, label="Units found")
    refusal_fields = {"nothing_missing": "found"}

    def __init__(self, *args: Any, allocated: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["found"].help_text = f"Of {allocated} allocated there to this order."


class ShipForm(forms.Form):
    """What was packed of each allocation; all of it where nothing is changed."""

    tracking_number = forms.CharField(max_length=64, required=False)
    reason = forms.CharField(max_length=500, required=False, label="Why another lot")

    def __init__(
        self, *args: Any, allocations: Sequence[Allocation], verify_lot: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.allocations, self.verify_lot = allocations, verify_lot
        for place, one in enumerate(allocations, start=1):
            self.fields[f"quantity_{one.pk}"] = forms.IntegerField(
                min_value=0,
                max_value=one.quantity,
                initial=one.quantity,
                label="Units packed",
                widget=forms.NumberInput(attrs={"aria-label": f"Units packed, row {place}"}),
            )
            if self._is_read(one):
                self.fields[f"lot_{one.pk}"] = forms.CharField(
                    max_length=64,
                    required=False,
                    label="Lot read",
                    widget=forms.TextInput(attrs={"aria-label": f"Lot read, row {place}"}),
                )

    def _is_read(self, one: Allocation) -> bool:
        return self.verify_lot and one.balance.lot_id is not None

    def rows(self) -> list[PackedRow]:
        return [
            PackedRow(
                one,
                self[f"quantity_{one.pk}"],
                self[f"lot_{one.pk}"] if self._is_read(one) else None,
            )
            for one in self.allocations
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for one in self.allocations:
            name, units = f"lot_{one.pk}", data.get(f"quantity_{one.pk}")
            if units and name in self.fields and not data.get(name):
                self.add_error(name, "Read the lot on the units.")
        if not self.errors and not any(data[f"quantity_{one.pk}"] for one in self.allocations):
            raise forms.ValidationError("Nothing is packed.", code="nothing_packed")
        return data

    def field_of(self, name: str) -> str:
        """The control that a refusal means by `lines[2].lot_number`: its lines are what `packed`
        told."""
        match = PLACE.fullmatch(name)
        if match is None:
            return name
        packed = [one for one in self.allocations if self.cleaned_data[f"quantity_{one.pk}"]]
        return f"lot_{packed[int(match[1])].pk}"

    def packed(self) -> list[PackedLine]:
        data = self.cleaned_data
        return [
            PackedLine(one.demand.product.sku, data[f"quantity_{one.pk}"], *self._lot(one))
            for one in self.allocations
            if data[f"quantity_{one.pk}"]
        ]

    def read(self) -> list[tuple[Allocation, str, date | None, int]]:
        """Each allocation with the lot read where it was packed (number, expiry) and the units.

        Nothing where something typed is missing or wrong.
        """
        if self.errors or not self.is_bound:
            return []
        return [
            (one, *self._lot(one), self.cleaned_data[f"quantity_{one.pk}"])
            for one in self.allocations
        ]

    def _lot(self, one: Allocation) -> tuple[str, date | None]:
        """The lot as it was read; as it was allocated where nobody has to read it.

        A lot without a number is read by its date.
        """
        lot = one.balance.lot
        if lot is None:
            return "", None
        if not self._is_read(one):
            return lot.number, lot.expires_on
        read = self.cleaned_data[f"lot_{one.pk}"]
        day = None if lot_key(read) == lot.number_key else _as_date(read)
        return (read, None) if day is None else ("", day)


def _as_date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # such as 2026-02-30
        return None
