"""What people type into the screens of returns. A form reads and types; a service decides."""

from __future__ import annotations

from typing import Any

from django import forms

from fulfillment.models import Order
from inventory.models import Warehouse
from merchants.days import DayField
from merchants.models import Merchant
from merchants.rows import LARGEST, BaseRows, NamedControls, short, units
from returns.disposition import Kind, RequestedAction
from returns.models import ReturnLine
from returns.requests import Finding, LineChange, LineRequest, ReturnChange, ReturnRequest

MOST_LINES = 500
PASSED, FAILED = "passed", "failed"


class OrderField(forms.CharField):
    """An order by its number, such as ORD-000042; the number alone will do."""

    def clean(self, value: Any) -> Order | None:
        text = super().clean(value)
        if not text:
            return None
        digits = text.upper().removeprefix("ORD-")
        known = digits.isascii() and digits.isdigit() and len(digits) < 19
        order = Order.objects.filter(pk=int(digits)).first() if known else None
        if order is None:
            raise forms.ValidationError(f"There is no order {text}.", code="unknown_order")
        return order


class ReturnForm(forms.Form):
    """A return but for its lines."""

    merchant = forms.ModelChoiceField(Merchant.objects.filter(is_active=True))
    kind = forms.ChoiceField(
        choices=Kind.choices,
        help_text="RTS: the carrier could not deliver. Customer return: the customer's wish.",
    )
    order = OrderField(
        max_length=32, required=False, help_text="Such as ORD-000042, where it is known."
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.all(),
        required=False,
        empty_label="The one that shipped the order",
        help_text="Needed where the order is not known.",
    )
    reference = forms.CharField(
        max_length=64, required=False, help_text="The merchant's own number."
    )
    refusal_fields = {"reference_taken": "reference"}

    def request(self, lines: Any) -> ReturnRequest:
        return ReturnRequest(
            **self.cleaned_data, lines=[LineRequest(**line.named()) for line in lines.filled()]
        )

    def change(self, lines: Any) -> ReturnChange:
        data = self.cleaned_data
        return ReturnChange(
            kind=data["kind"],
            reference=data["reference"],
            order=data["order"],
            warehouse=data["warehouse"],
            lines=[line.changed() for line in lines.filled()],
        )


class LineForm(NamedControls):
    """Units that are to come back, and what the merchant asks for."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput, label="Line")
    sku = forms.CharField(
        max_length=64,
        label="Product",
        widget=short(list="return-products", autocomplete="off"),
    )
    quantity = forms.IntegerField(min_value=1, max_value=LARGEST, label="Units", widget=units())
    lot_number = forms.CharField(
        max_length=64,
        required=False,
        label="Lot number",
        widget=short(list="return-lots", autocomplete="off"),
    )
    expires_on = DayField(label="Expiry")
    requested_action = forms.ChoiceField(
        choices=[("default", "As the product prefers"), *RequestedAction.choices[1:]],
        initial=RequestedAction.DEFAULT,
        required=False,
        label="Requested action",
    )

    def named(self) -> dict[str, Any]:
        data = {name: value for name, value in self.cleaned_data.items() if name != "id"}
        return data | {"requested_action": data["requested_action"] or RequestedAction.DEFAULT}

    def changed(self) -> LineChange:
        change = LineChange(**self.named())
        if self.cleaned_data["id"]:
            change["id"] = self.cleaned_data["id"]
        return change


class FindingForm(NamedControls):
    """Units of a line that were found alike. A row without units is passed over."""

    line = forms.TypedChoiceField(coerce=int, label="Announced")
    quantity = forms.IntegerField(
        min_value=0, max_value=LARGEST, required=False, label="Units found", widget=units()
    )
    outcome = forms.ChoiceField(
        choices=[("", "Choose"), (PASSED, "Passed"), (FAILED, "Failed")],
        required=False,
        label="Inspection",
    )
    lot_number = forms.CharField(
        max_length=64,
        required=False,
        label="Lot number read",
        widget=short(placeholder="lot number"),
    )
    expires_on = DayField(label="Expiry read")
    location = forms.CharField(
        max_length=64,
        required=False,
        label="Bin for restock",
        widget=short(placeholder="bin: found for you"),
    )
    note = forms.CharField(
        max_length=500, required=False, label="Note", widget=short(placeholder="note")
    )

    def __init__(self, *args: Any, announced: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = announced

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("quantity") and not data.get("outcome"):
            self.add_error("outcome", "Say whether the units passed.")
        return data

    def finding(self) -> Finding:
        data = self.cleaned_data
        return Finding(
            line_id=data["line"],
            quantity=data["quantity"],
            passed=data["outcome"] == PASSED,
            lot_number=data["lot_number"],
            expires_on=data["expires_on"],
            note=data["note"],
            location=data["location"],
        )


class BaseFindings(BaseRows):
    def filled(self) -> list[Any]:
        return [form for form in self.forms if form.cleaned_data.get("quantity")]

    def clean(self) -> None:
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError("Say how many units were found.", code="required")


OPTIONS: dict[str, Any] = {
    "extra": 0,
    "max_num": MOST_LINES,
    "validate_max": True,
}
ReturnLines = forms.formset_factory(LineForm, formset=BaseRows, **OPTIONS)
Findings = forms.formset_factory(FindingForm, formset=BaseFindings, **OPTIONS)


def announced_lines(lines: list[ReturnLine]) -> list[tuple[int, str]]:
    """The lines of a return as an inspector tells them apart."""
    return [
        (
            line.pk,
            f"{place}. {line.product.sku}" + (f", lot {line.lot}" if line.lot else ""),
        )
        for place, line in enumerate(lines, start=1)
    ]
