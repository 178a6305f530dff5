"""What people type into the receiving screens. A form reads and types; a service decides."""

from __future__ import annotations

from typing import Any

from django import forms

from inventory.models import Warehouse
from merchants.models import Merchant
from receiving.models import MOST_BOXES, WRO
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
    expected_arrival_on = forms.DateField(
        label="Expected arrival",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, wro: WRO | None = None, **kwargs: Any) -> None:
        if wro is not None:
            kwargs["initial"] = {name: getattr(wro, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if wro is not None:  # whose units they are is settled with the first save
            del self.fields["merchant"]

    def wro_fields(self) -> WROFields:
        names = WROFields.__annotations__
        return {name: self.cleaned_data[name] for name in names}  # type: ignore[return-value]


class BoxesForm(forms.Form):
    """Step 3: how many boxes, and the tracking numbers as far as they are known."""

    refusal_fields = {"too_many_boxes": "boxes"}

    boxes = forms.IntegerField(
        label="Number of boxes, pallets or containers",
        min_value=0,
        max_value=MOST_BOXES,
        initial=1,
        help_text=f"At most {MOST_BOXES}.",
    )
    tracking_numbers = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One in each row, in the order of the boxes, as far as they are known.",
    )

    def __init__(self, *args: Any, wro: WRO, **kwargs: Any) -> None:
        known = [box.tracking_number for box in wro.boxes.all()]
        if known:
            text = "\n".join(known).rstrip("\n")
            kwargs["initial"] = {"boxes": len(known), "tracking_numbers": text}
        super().__init__(*args, **kwargs)

    def clean_tracking_numbers(self) -> list[str]:
        rows = [row.strip() for row in self.cleaned_data["tracking_numbers"].splitlines()]
        if any(len(row) > 64 for row in rows):
            raise forms.ValidationError("A tracking number has at most 64 characters.")
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        boxes, rows = data.get("boxes"), data.get("tracking_numbers", [])
        if boxes is not None and len(rows) > boxes:
            self.add_error(
                "tracking_numbers",
                f"There are {len(rows)} tracking numbers for {boxes} boxes.",
            )
        return data

    def in_order(self) -> list[str]:
        """A tracking number for each box, blank where it is not known."""
        rows: list[str] = self.cleaned_data["tracking_numbers"]
        return rows + [""] * (self.cleaned_data["boxes"] - len(rows))


class ConfirmForm(forms.Form):
    """Nothing to fill in: an act that asks first."""
