# mypy: disable-error-code="type-arg, misc, no-any-return"
"""What the admin screens of all apps share: permission, form, service, message; nothing else.

A form performs one service; its refusal comes back as the error of a field or of the form, with
everything typed still there and nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import DateTimeField, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from merchants.errors import DomainError, Malformed
from merchants.lists import ListAdmin
from merchants.transactions import act
from merchants.widgets import SearchBox


def require(request: HttpRequest, permission: str) -> None:
    """Raises: PermissionDenied where who asks does not have this permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def add_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Show a service's refusal on the form: at the field that it names (a form of several rows
    knows by `field_of` which one that is), or that the form's `refusal_fields` names for its code,
    else on the whole form."""
    if isinstance(refusal, Malformed):
        field_of = getattr(form, "field_of", last_word)
        errors = [(field_of(error["field"]), error["message"]) for error in refusal.errors]
    else:
        fields = getattr(form, "refusal_fields", {})
        errors = [(fields.get(refusal.code, ""), str(refusal))]
    for name, message in errors:
        form.add_error(name if name in form.fields else None, message)


def last_word(field: str) -> str:
    """`number` of `lot.number`."""
    return field.split(".")[-1]


class ServiceForm(forms.ModelForm):
    """A change form that is written by a service: `perform` calls it and returns its object."""

    refusal: DomainError | None = None
    refusal_fields: ClassVar[dict[str, str]] = {}

    def _post_clean(self) -> None:
        """The model's own rules are checked by the service; here its refusal is shown."""
        if self.refusal is not None:
            add_refusal(self, self.refusal)

    def perform(self, *, actor: Any, now: Any) -> Any:
        raise NotImplementedError


class ReadOnlyAdmin(ListAdmin):
    """Rows that screens show and only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


Screen = Callable[..., HttpResponse]


class DocumentAdmin(ReadOnlyAdmin):
    """Documents whose pages are screens: `screen(site, request, document)`.

    `adding` is the permission to make one, at the screen `start`; `show` is the page of one. A
    document comes to its screens with what `list_select_related` names.
    """

    adding: ClassVar[str]
    start: ClassVar[Screen]
    show: ClassVar[Screen]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.adding)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.start(self.admin_site, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        document = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.show(self.admin_site, request, document)

    def below(self, name: str, screen: Screen, *permissions: str, rest: str = "") -> URLPattern:
        """The way to a screen below a document's page, for who has all of these permissions.

        `rest` of the address names what else the screen is of.
        """

        def view(request: HttpRequest, document_id: int, **named: int) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            rows = self.model._default_manager.select_related(*self.list_select_related)
            document = get_object_or_404(rows, pk=document_id)
            return screen(self.admin_site, request, document, **named)

        return self._way(f"<int:document_id>/{name}/{rest}", name, view)

    def beside(self, address: str, answer: Screen, *permissions: str) -> URLPattern:
        """The way to `answer(request)`, which is of no document, for who has any of these
        permissions. It is named by the last word of its address."""

        def view(request: HttpRequest) -> HttpResponse:
            if not any(map(request.user.has_perm, permissions)):
                raise PermissionDenied
            return answer(request)

        return self._way(f"{address}/", address.rpartition("/")[2], view)

    def _way(self, route: str, name: str, view: Screen) -> URLPattern:
        full = f"{self.opts.app_label}_{self.opts.model_name}_{name.replace('-', '_')}"
        return path(route, self.admin_site.admin_view(view), name=full)


def page_of(document: Model) -> str:
    """Where its page is."""
    return reverse(_named(document, "change"), args=[document.pk])


def trail_to(document: Model) -> list[tuple[str, str]]:
    """Breadcrumbs that lead back to its list and its page."""
    several = str(document._meta.verbose_name_plural).capitalize()
    return [(several, reverse(_named(document, "changelist"))), (str(document), page_of(document))]


def _named(document: Model, page: str) -> str:
    return f"admin:{document._meta.app_label}_{document._meta.model_name}_{page}"


class ServiceAdmin(ListAdmin):
    """Change pages whose `form` is a `ServiceForm`. Nothing is deleted here."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's page; where the service refuses, the page again with the refusal on it.

        Django opens the transaction around the service, so what `act` does for other verbs is
        done here around Django's.
        """
        show = super().changeform_view
        try:
            return whole(request, lambda: show(request, object_id, form_url, extra_context))
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Fields without the pens and plus signs that would open another form in a pop-up."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        for verb in ("add", "change", "delete", "view"):
            if hasattr(formfield, "widget") and hasattr(formfield.widget, f"can_{verb}_related"):
                setattr(formfield.widget, f"can_{verb}_related", False)
        return formfield

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address fills in; no times, for the two inputs of a time take no text."""
        times = {one.name for one in self.opts.fields if isinstance(one, DateTimeField)}
        filled = super().get_changeform_initial_data(request)
        return {name: value for name, value in filled.items() if name not in times}

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", SearchBox(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.perform(actor=request.user, now=request.now)  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The service has written it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written it."""


def whole(request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer a POST in one act: tried again as a whole when the database asks for it.

    What an attempt that came to nothing had to say is not said.
    """
    if request.method != "POST":
        return show()
    said = messages.get_messages(request)._queued_messages
    before = list(said)

    @act
    def answer() -> HttpResponse:
        said[:] = before
        return show()

    return answer()


class HistoryAdmin(SimpleHistoryAdmin):
    """Shows who changed what, and when. A former state is never put back from there."""

    object_history_list_template = "admin/history_list.html"

    def get_urls(self) -> list[Any]:
        return super(SimpleHistoryAdmin, self).get_urls()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Also of what was deleted. Raises: Http404, for what is no id."""
        try:
            self.opts.pk.to_python(unquote(object_id))
        except ValidationError as error:
            raise Http404 from error
        return super().history_view(request, object_id, extra_context)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super(SimpleHistoryAdmin, self).save_model(request, obj, form, change)


@dataclass(frozen=True)
class Verb:
    """One page that asks for what a verb needs, and does it.

    `perform(form, request)` calls the service and returns the sentence to show; `links` are the
    breadcrumbs between Home and the page, the last of which is where it leads back to.
    """

    title: str
    submit: str
    perform: Callable[[Any, Any], str]
    links: Sequence[tuple[str, str]]
    explanation: str = ""
    danger: bool = False
    context: dict[str, Any] = field(default_factory=dict)
    template: str = "admin/verb.html"


def posted(request: HttpRequest) -> Any:
    """The data to bind a form to: what was sent, or None to show it empty."""
    return request.POST if request.method == "POST" else None


def run_verb(
    site: admin.AdminSite, request: HttpRequest, form: forms.BaseForm, verb: Verb
) -> HttpResponse:
    """Show the form; on a valid POST perform the verb, say so and go back."""
    if request.method == "POST" and form.is_valid():
        try:
            done = verb.perform(form, request)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return HttpResponseRedirect(verb.links[-1][1])
    context = {
        **site.each_context(request),
        "title": verb.title,
        "verb": verb,
        "form": form,
        "form_errors": form.errors.get(NON_FIELD_ERRORS, []),
        **verb.context,
    }
    return TemplateResponse(request, verb.template, context)


def badge(status: str, label: str) -> SafeString:
    """A status as a coloured pill; its words say the same without colour."""
    return format_html('<span class="lw-badge lw-badge--{}">{}</span>', status, label)


def number(value: int) -> SafeString:
    """A quantity; the column that holds it stands right-aligned."""
    return format_html('<span class="num">{}</span>', value)
