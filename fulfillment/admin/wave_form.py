"""Which open orders a new wave takes, as people choose them."""

from __future__ import annotations

from django import forms

from fulfillment.requests import WaveRequest
from inventory.models import Channel, Warehouse
from merchants.days import DayField
from merchants.models import Merchant

LARGEST = 2**31 - 1


class WaveForm(forms.Form):
    """Filters that an order must all pass; one that is left out lets every order pass."""

    merchant = forms.ModelChoiceField(
        Merchant.objects.order_by("code"), required=False, empty_label="All merchants"
    )
    channel = forms.ChoiceField(choices=[("", "All channels"), *Channel.choices], required=False)
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.order_by("code"),
        required=False,
        empty_label="Any, or none",
        help_text="The one that an order names.",
    )
    ship_by = DayField(label="To be shipped by", help_text="On this day or before.")
    min_priority = forms.IntegerField(
        required=False,
        label="Priority",
        min_value=-LARGEST,
        max_value=LARGEST,
        help_text="This one or a higher one.",
    )

    def request(self) -> WaveRequest:
        return WaveRequest(**self.cleaned_data)
