# mypy: disable-error-code="type-arg, misc, no-any-return"
"""Screens: merchants, people, API keys, events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import UserAdmin as AuthUserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from merchants.errors import DomainError
from merchants.events import topics
from merchants.forms import MerchantForm, NewApiKeyForm, NewMerchantForm, NewUserForm, UserForm
from merchants.models import ApiKey, Event, Merchant, User
from merchants.screens import HistoryAdmin, ReadOnlyAdmin, ServiceAdmin
from merchants.services import revoke_api_key

ACCOUNT = ("lot_tracking_active", "rotation", "picking_disabled_days", "verify_lot")


@admin.register(Merchant)
class MerchantAdmin(ServiceAdmin, HistoryAdmin):
    list_display = ("code", "name", "is_active", *ACCOUNT)
    list_filter = ("is_active", "lot_tracking_active")
    search_fields = ("code", "name")
    ordering = ("code",)
    history_list_display = ("is_active",)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        kwargs["form"] = MerchantForm if obj else NewMerchantForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("code", "name")})]
        lot_tracking = {
            "fields": ACCOUNT,
            "description": "Changed under Inventory, Lot-tracking settings.",
        }
        return [
            (None, {"fields": ("code", "name", "is_active", "created_at")}),
            ("Lot tracking", lot_tracking),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("code", "created_at", *ACCOUNT)


class KindFilter(admin.SimpleListFilter):
    """Whom a user acts for, and whether it is a person."""

    title = "kind"
    parameter_name = "kind"
    KINDS = {
        "staff": Q(merchant=None, api_key=None),
        "member": Q(merchant__isnull=False, api_key=None),
        "key": Q(api_key__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("staff", "Staff of the house"), ("member", "Merchants' members"), ("key", "Keys")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        kind = self.KINDS.get(self.value() or "")
        return queryset if kind is None else queryset.filter(kind)


@admin.register(User)
class UserAdmin(ServiceAdmin, HistoryAdmin, AuthUserAdmin):
    """People are made and changed here; the user of an API key and a superuser only shown."""

    form = UserForm
    add_form = NewUserForm
    add_form_template = "merchants/user_add.html"
    list_display = ("username", "full_name", "email", "merchant", "kind", "is_active")
    list_filter = (
        KindFilter,
        "is_active",
        "groups",
        ("merchant", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("merchant", "api_key")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("username", "merchant", "is_superuser", "last_login", "date_joined")
    history_list_display = ("is_active",)
    fieldsets = (
        (None, {"fields": ("username", "password", "merchant")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("is_active", "groups", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("merchant", "groups")}),
    )

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="kind")
    def kind(self, user: User) -> str:
        if hasattr(user, "api_key"):
            return "API key"
        return "staff" if user.is_house else "member"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A manager must not become a superuser by way of a superuser's password."""
        if obj is not None and (hasattr(obj, "api_key") or obj.is_superuser):
            return request.user.is_superuser and not hasattr(obj, "api_key")
        return super().has_change_permission(request, obj)


@admin.register(ApiKey)
class ApiKeyAdmin(ServiceAdmin):
    """Keys are made, shown once, and revoked; never changed."""

    list_display = (
        "name",
        "reach",
        "prefix",
        "created_at",
        "created_by",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (
        ("revoked_at", admin.EmptyFieldListFilter),
        ("merchant", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("merchant", "created_by")
    search_fields = ("name", "prefix", "merchant__code")
    ordering = ("-id",)
    actions = ("revoke",)
    fields = (
        "name",
        "merchant",
        "user",
        "prefix",
        "created_at",
        "created_by",
        "last_used_at",
        "revoked_at",
    )
    readonly_fields = fields

    @admin.display(description="opens", ordering="merchant__code")
    def reach(self, key: ApiKey) -> str:
        return "everything" if key.merchant is None else key.merchant.code

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("merchants.change_apikey")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "reach", "merchant")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Whoever may make staff may make a key that opens everything."""
        if obj is None:
            may = request.user.has_perm("merchants.add_user")
            kwargs["form"] = type("Form", (NewApiKeyForm,), {"may_open_everything": may})
            kwargs["fields"] = ("name", "reach", "merchant")
        return super().get_form(request, obj, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        key = super().save_form(request, form, change)
        request.key_text = form.text
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """The key is in this answer and nowhere else: no message, session or log keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy this API key now",
            "opts": self.opts,
            "key": obj,
            "text": request.key_text,
        }
        response = TemplateResponse(request, "merchants/api_key_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if "confirmed" in request.POST:
            self.revoke_each(request, queryset)
            return redirect(request.get_full_path())
        keys = queryset.filter(revoked_at=None)
        if not keys:
            self.message_user(request, "These keys are revoked already.", messages.WARNING)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Revoke API keys?",
            "opts": self.opts,
            "keys": keys,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "merchants/revoke_api_keys.html", context)

    def revoke_each(self, request: HttpRequest, keys: QuerySet) -> None:
        for key in keys:
            try:
                revoke_api_key(key=key, actor=request.user, now=request.now)
            except DomainError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, f"{key} opens nothing any more.", messages.SUCCESS)


class TopicFilter(admin.SimpleListFilter):
    """The topics that there are, by as many looks into their index."""

    title = "topic"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(topic, topic) for topic in topics()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(topic=self.value()) if self.value() else queryset


def ways_to_event(words: str) -> list[Q]:
    return [Q(object__in={words, words.upper()}), Q(topic=words.lower())]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "topic", "object", "merchant")
    list_filter = (TopicFilter, "merchant")
    list_select_related = ("merchant",)
    list_per_page = 50
    search_fields = ("object", "topic")
    search_help_text = "The number of a document, such as WRO-000001, or a topic"
    ways = staticmethod(ways_to_event)
    ordering = ("-id",)
