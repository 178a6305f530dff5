# mypy: disable-error-code="type-arg, misc"
"""What the screens of merchants, people and keys ask for, and the verb that each performs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminRadioSelect
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group

from merchants.groups import GROUPS
from merchants.models import ApiKey, Merchant, User
from merchants.screens import ServiceForm
from merchants.services import (
    Person,
    create_api_key,
    create_member,
    create_merchant,
    create_staff,
    update_merchant,
    update_user,
)


class NewMerchantForm(ServiceForm):
    refusal_fields = {"code_taken": "code"}

    class Meta:
        model = Merchant
        fields = ("code", "name")

    def perform(self, *, actor: Any, now: Any) -> Merchant:
        return create_merchant(
            code=self.cleaned_data["code"], name=self.cleaned_data["name"], actor=actor, now=now
        )


class MerchantForm(ServiceForm):
    class Meta:
        model = Merchant
        fields = ("name", "is_active")

    def perform(self, *, actor: Any, now: Any) -> Merchant:
        return update_merchant(
            merchant=self.instance,
            name=self.cleaned_data["name"],
            is_active=self.cleaned_data["is_active"],
            actor=actor,
            now=now,
        )


class GroupsField(forms.ModelMultipleChoiceField):
    """The groups of the house; any other is given by a superuser's hand only."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        super().__init__(
            Group.objects.filter(name__in=GROUPS).order_by("name"),
            required=False,
            help_text="What a person of the house may do. Members of a merchant have no group.",
        )


class PersonForm(ServiceForm):
    """The part that new and known people have in common."""

    def person(self) -> Person:
        data = self.cleaned_data
        return Person(data["first_name"], data["last_name"], data["email"])

    def refuse_groups_of_members(self, merchant: Any, groups: Any) -> None:
        if merchant and groups:
            self.add_error("groups", "A member of a merchant has no group of the house.")


class NewUserForm(PersonForm, AdminUserCreationForm):
    """A person: of the house with groups, or of a merchant without."""

    groups = GroupsField()

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "merchant")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.refuse_groups_of_members(cleaned.get("merchant"), cleaned.get("groups"))
        return cleaned

    def _post_clean(self) -> None:
        AdminUserCreationForm._post_clean(self)  # where passwords are judged
        super()._post_clean()

    def perform(self, *, actor: Any, now: Any) -> User:
        data = self.cleaned_data
        username, person = data["username"], self.person()
        password = data["password1"] if data["set_usable_password"] else None
        if data["merchant"]:
            return create_member(
                merchant=data["merchant"],
                username=username,
                person=person,
                password=password,
                actor=actor,
                now=now,
            )
        return create_staff(
            username=username,
            groups=data["groups"],
            person=person,
            password=password,
            actor=actor,
            now=now,
        )


class UserForm(PersonForm, UserChangeForm):
    """A person as staff may correct it; the merchant a user acts for never changes."""

    groups = GroupsField()
    refusal_fields = {"own_account": "is_active"}

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "is_active", "groups")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.refuse_groups_of_members(self.instance.merchant_id, cleaned.get("groups"))
        return cleaned

    def perform(self, *, actor: Any, now: Any) -> User:
        return update_user(
            user=self.instance,
            person=self.person(),
            is_active=self.cleaned_data["is_active"],
            groups=self.cleaned_data["groups"],
            actor=actor,
            now=now,
        )


class NewApiKeyForm(ServiceForm):
    """A key, with its reach said aloud: an empty merchant must not mean all of them."""

    MERCHANT, STAFF = "merchant", "staff"

    reach = forms.ChoiceField(
        label="It opens",
        choices=[
            (MERCHANT, "the products, stock, orders and returns of one merchant"),
            (STAFF, "everything, of every merchant"),
        ],
        widget=AdminRadioSelect(attrs={"class": "radiolist"}),
        initial=MERCHANT,
    )
    may_open_everything = False
    text = ""

    class Meta:
        model = ApiKey
        fields = ("name", "reach", "merchant")
        help_texts = {"name": "What the key is for, such as the shop that will use it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.may_open_everything:
            self.fields["reach"].choices = self.fields["reach"].choices[:1]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        merchant = cleaned.get("merchant")
        if cleaned.get("reach") == self.MERCHANT and merchant is None:
            self.add_error("merchant", "Choose the merchant whose rows the key opens.")
        if cleaned.get("reach") == self.STAFF and merchant is not None:
            self.add_error("merchant", "A key that opens everything has no merchant.")
        return cleaned

    def perform(self, *, actor: Any, now: Any) -> ApiKey:
        made = create_api_key(
            merchant=self.cleaned_data["merchant"],
            name=self.cleaned_data["name"],
            actor=actor,
            now=now,
        )
        self.text = made.text
        return made.key
