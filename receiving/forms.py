"""What people type into the receiving screens. A form reads and types; a service decides."""

from __future__ import annotations

from typing import Any

from django import forms

from inventory.models import Warehouse
from merchants.days import DayField
from merchants.models import Merchant
from receiving.models import WRO
from receiving.services import WROFields


class DetailsForm(forms.Form):
    """Step 1: who sends it, to which warehouse, in what."""

    refusal_fields = {
        "reference_taken": "reference",
        "purchase_order_number_taken": "purchase_order_number",
    }

    merchant = forms.ModelChoiceField(Merchant.objects.filter(is_active=True))
    warehouse = forms.ModelChoiceField(Warehouse.objects.all())
    package_type = forms.ChoiceField(
        label="Sent as", choices=WRO.PackageType.choices, initial=WRO.PackageType.BOX
    )
    reference = forms.CharField(
        required=False,
        max_length=64,
        help_text="The merchant's own number for it.",
    )
    purchase_order_number = forms.CharField(label="Purchase order", required=False, max_length=64)
    expected_arrival_on = DayField(label="Expected arrival")

    def __init__(self, *args: Any, wro: WRO | None = None, **kwargs: Any) -> None:
        if wro is not None:
            kwargs["initial"] = {name: getattr(wro, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if wro is not None:  # whose units they are is settled with the first save
            del self.fields["merchant"]

    def wro_fields(self) -> WROFields:
        names = WROFields.__annotations__
        return {name: self.cleaned_data[name] for name in names}  # type: ignore[return-value]


class CopyForm(forms.Form):
    """How much of a former WRO its copy takes over."""

    with_lots = forms.BooleanField(
        label="With its lots and what was in which box",
        required=False,
        help_text="The next delivery seldom brings the same lots.",
    )


class ConfirmForm(forms.Form):
    """Nothing to fill in: an act that asks first."""
