"""What people type when they see to discrepancies, deliveries and receipts of FTL foods."""

from __future__ import annotations

from typing import Any

from django import forms

from inventory.models import Product, Warehouse
from inventory.putaway import suggest_bin
from inventory.queries.bins import bins_for, wanted
from merchants.days import DayField
from merchants.errors import Malformed
from merchants.models import Merchant, User
from merchants.uploads import PICTURES, accepts, checked
from receiving.models import WRO, Discrepancy, ReceiptFacts, Resolution, UnidentifiedDelivery
from receiving.services import Count, Decision
from receiving.services.deliveries import LINKABLE

Kind = Resolution.Kind
MOST = 2**31 - 1


class ResolveForm(forms.Form):
    """How many units, and why; which lot and where, as the resolution needs it."""

    kind: Kind
    refusal_fields = {
        "already_resolved": "quantity",
        "insufficient_stock": "quantity",
        "other_lot_in_location": "location",
        "wrong_location_kind": "location",
        "no_location_free": "location",
        "units_committed": "quantity",
        "lot_number_taken": "lot_number",
    }

    quantity = forms.IntegerField(min_value=1, max_value=MOST, label="Units")
    lot_number = forms.CharField(label="Lot number", max_length=64, required=False)
    expires_on = DayField(label="Expiry")
    location = forms.CharField(label="Location", max_length=64, required=False)
    note = forms.CharField(
        label="Why", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def decision(self) -> Decision:
        return Decision(self.kind, **self.cleaned_data)


def resolve_form(kind: Kind, one: Discrepancy, data: Any) -> ResolveForm:
    """The form with the fields that this resolution of this discrepancy needs, filled in."""
    form = ResolveForm(data)
    form.kind = kind
    form.fields["quantity"].initial = one.open_quantity
    form.fields["quantity"].help_text = f"Of {one.open_quantity} that are open."
    names_lot = kind in (Kind.CORRECT_LOT, Kind.SEPARATE_LOT)
    if names_lot:
        _offer_lot(form, kind, one)
    else:
        del form.fields["lot_number"], form.fields["expires_on"]
    if _leaves_from_stock(kind, one):
        form.fields["location"].help_text = "Where the units stand now."
        form.fields["location"].required = one.type != Discrepancy.Type.DAMAGED
        if one.type == Discrepancy.Type.DAMAGED:
            form.fields["location"].help_text += " Empty: the damaged area."
    elif one.case_id and (names_lot or kind == Kind.ACCEPT_AS_RECEIVED):
        _offer_bin(form, one)
    else:
        del form.fields["location"]
    return form


def _leaves_from_stock(kind: Kind, one: Discrepancy) -> bool:
    return one.case_id is None and kind in (Kind.RETURN_TO_MERCHANT, Kind.DISPOSE)


def _offer_lot(form: ResolveForm, kind: Kind, one: Discrepancy) -> None:
    number, expiry = form.fields["lot_number"], form.fields["expires_on"]
    if kind == Kind.CORRECT_LOT:
        number.initial = one.lot.number if one.lot else ""
        number.help_text = "The lot that they are of."
        expiry.help_text = "Only where the lot's own expiry is to be corrected."
    else:
        number.initial, expiry.initial = one.lot_number, one.expires_on
        number.help_text = "As the supplier wrote it; where it is taken, (2) is added."
        expiry.help_text = "Of the new lot."


def _offer_bin(form: ResolveForm, one: Discrepancy) -> None:
    units = wanted(one.product, one.lot_id, one.open_quantity)
    found = suggest_bin(bins_for([units], one.warehouse_id), units)
    where = "the lot's own bin, else a free one"
    if found and form.kind == Kind.ACCEPT_AS_RECEIVED:
        where = f"{found.name}, which {found.why}"
    form.fields["location"].help_text = f"Empty: {where}."


class CareForm(forms.Form):
    """Who sees to it, until when, and what is known."""

    owner = forms.ModelChoiceField(
        User.objects.filter(merchant=None, is_active=True, is_staff=True).order_by("username"),
        required=False,
        empty_label="Nobody",
    )
    due_at = forms.DateTimeField(
        label="Deadline (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, one: Discrepancy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"owner": one.owner_id, "due_at": one.due_at, "note": one.note}


class PhotoForm(forms.Form):
    """A picture."""

    file = forms.FileField(
        label="Photo",
        help_text="JPEG, PNG or WebP. A tablet offers its camera.",
        widget=forms.FileInput(attrs={"accept": accepts(PICTURES), "capture": "environment"}),
    )

    def clean_file(self) -> Any:
        try:
            return checked(self.cleaned_data["file"], allowed=PICTURES)
        except Malformed as wrong:
            raise forms.ValidationError(str(wrong), code=wrong.code) from wrong


class RecordForm(forms.Form):
    """Boxes that came without a WRO."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.order_by("code"))
    merchant = forms.ModelChoiceField(
        Merchant.objects.filter(is_active=True), required=False, empty_label="Not known yet"
    )
    carrier = forms.CharField(max_length=64, required=False)
    tracking_number = forms.CharField(max_length=64, required=False)
    boxes = forms.IntegerField(min_value=1, max_value=10_000, initial=1)
    note = forms.CharField(
        max_length=500,
        required=False,
        help_text="What is written on them, and where they stand.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReceiveDeliveryForm(forms.Form):
    """Units of one product and lot; once more for the next."""

    merchant = forms.ModelChoiceField(Merchant.objects.filter(is_active=True))
    sku = forms.CharField(label="SKU", max_length=64)
    lot_number = forms.CharField(
        max_length=64, required=False, help_text="Empty where it cannot be read."
    )
    expires_on = DayField(label="Expiry")
    quantity = forms.IntegerField(min_value=1, max_value=10_000_000, label="Units")
    is_damaged = forms.BooleanField(label="Damaged", required=False)
    knows = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, delivery: UnidentifiedDelivery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delivery = delivery
        self.fields["knows"].initial = delivery.discrepancies.count()
        if delivery.merchant_id:
            rows = Merchant.objects.filter(pk=delivery.merchant_id)
            self.fields["merchant"] = forms.ModelChoiceField(rows, initial=delivery.merchant_id)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        merchant, sku = data.get("merchant"), data.get("sku")
        if merchant and sku:
            rows = Product.objects.filter(merchant=merchant).select_related("merchant")
            data["product"] = rows.filter(sku=sku).first()
            if data["product"] is None:
                self.add_error("sku", f"{merchant} has no product {sku}.")
        return data

    def look_again(self) -> None:
        """Have the page show, and know, what was received meanwhile."""
        data: Any = self.data
        self.data = {**data.dict(), "knows": self.delivery.discrepancies.count()}

    def counts(self) -> list[Count]:
        data = self.cleaned_data
        names = ("product", "quantity", "lot_number", "expires_on", "is_damaged")
        return [Count(**{name: data[name] for name in names})]


class LinkForm(forms.Form):
    """The WRO that a delivery belongs to."""

    wro = forms.ModelChoiceField(WRO.objects.none(), label="WRO")

    def __init__(self, *args: Any, delivery: UnidentifiedDelivery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = WRO.objects.filter(
            merchant=delivery.merchant_id, warehouse=delivery.warehouse_id, status__in=LINKABLE
        )
        field: Any = self.fields["wro"]
        field.queryset = rows.order_by("-id")


class WhyForm(forms.Form):
    """Why, in words."""

    note = forms.CharField(label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class FactsForm(forms.ModelForm):
    """What is said of the receipt of FTL foods."""

    class Meta:
        model = ReceiptFacts
        fields = (
            "previous_source",
            "tlc_source",
            "tlc_source_reference",
            "document_type",
            "document_number",
        )
        help_texts = {
            "previous_source": "Name, street, city and telephone of who sent it; not the carrier.",
            "tlc_source": "Name and place of who gave the lot its code.",
            "tlc_source_reference": "Or a GLN, an FDA registration number or a web address.",
            "document_type": "Such as bill of lading, invoice, WRO.",
        }
