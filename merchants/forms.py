"""What the screens of merchants, people and keys ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group

from merchants.groups import GROUPS
from merchants.models import ApiKey, Merchant, User

GROUP_HELP = "What a person of the house may do. Members of a merchant have no group."


def house_groups() -> Any:
    return Group.objects.filter(name__in=GROUPS).order_by("name")


class NewMerchantForm(forms.ModelForm):
    class Meta:
        model = Merchant
        fields = ("code", "name")


class MerchantForm(forms.ModelForm):
    class Meta:
        model = Merchant
        fields = ("name", "is_active")


class NewUserForm(AdminUserCreationForm):
    """A person: of the house with groups, or of a merchant without."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=GROUP_HELP,
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "merchant")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = house_groups()
        self.fields["merchant"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("merchant") and cleaned.get("groups"):
            self.add_error("groups", "A member of a merchant has no group of the house.")
        return cleaned


class UserForm(UserChangeForm):
    """A person as staff may correct it; the merchant a user acts for never changes."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=GROUP_HELP,
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "is_active", "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].queryset = house_groups()

    def clean_groups(self) -> Any:
        groups = self.cleaned_data["groups"]
        if self.instance.merchant_id and groups:
            raise forms.ValidationError("A member of a merchant has no group of the house.")
        return groups


class NewApiKeyForm(forms.ModelForm):
    """A key, with its reach said aloud: an empty merchant must not mean all of them."""

    MERCHANT, STAFF = "merchant", "staff"
    reach = forms.ChoiceField(
        label="It opens",
        choices=[
            (MERCHANT, "the products, stock, orders and returns of one merchant"),
            (STAFF, "everything, of every merchant"),
        ],
        widget=forms.RadioSelect,
        initial=MERCHANT,
    )

    class Meta:
        model = ApiKey
        fields = ("name", "reach", "merchant")
        help_texts = {"name": "What the key is for, such as the shop that will use it."}

    may_open_everything = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.may_open_everything:
            self.fields["reach"].choices = self.fields["reach"].choices[:1]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        merchant = cleaned.get("merchant")
        if cleaned.get("reach") == self.MERCHANT and merchant is None:
            self.add_error("merchant", "Choose the merchant whose rows the key opens.")
        if cleaned.get("reach") == self.STAFF and merchant is not None:
            self.add_error("merchant", "A key that opens everything has no merchant.")
        return cleaned
