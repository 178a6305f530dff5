"""The pages of an import: choose a file, check what it would do, confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from import_export.admin import ExportMixin

from inventory.spreadsheets.formats import FORMATS
from inventory.spreadsheets.forms import FileForm, FormatForm, NothingElse
from inventory.spreadsheets.reading import Sheet, read_file
from inventory.spreadsheets.resources import SheetResource, SheetResult
from inventory.spreadsheets.uploads import Upload, keep, kept, take
from merchants.errors import DomainError, Refusal
from merchants.lists import OUT_OF_RANGE
from merchants.outages import waited_too_long
from merchants.screens import add_refusal

MOST_SHOWN = 200
GONE = "This upload was imported already, or is older than an hour: choose the file again."
BUSY = (
    "Somebody else is changing the same things right now. Nothing was imported: "
    "choose the file again in a moment."
)


@dataclass(frozen=True)
class Import:
    """One import page.

    `resource(details, request)` makes the resource; `details_form` asks for what the file does
    not say. `links` are the breadcrumbs, the last of which is where it leads back to;
    `done(resource, result)` says what happened, `onward(resource)` where to go then.
    """

    title: str
    explanation: str
    links: Sequence[tuple[str, str]]
    resource: Callable[[dict[str, Any], Any], SheetResource]
    sample: SheetResource
    done: Callable[[Any, SheetResult], str]
    onward: Callable[[Any], str]
    details_form: type[forms.Form] = NothingElse
    context: dict[str, Any] = field(default_factory=dict)


@dataclass
class Attempt:
    """One file on its way: what it holds and what would become of it."""

    upload: Upload
    resource: SheetResource | None = None
    sheet: Sheet | None = None
    result: SheetResult | None = None


def run_import(site: admin.AdminSite, request: HttpRequest, page: Import) -> HttpResponse:
    """One address for all steps; the button that was pressed tells which."""
    if request.method != "POST":
        kind = request.GET.get("template", "")
        if kind in FORMATS:
            return template_file(page.sample, kind)
        return _show(site, request, page, FileForm(), page.details_form())
    if request.POST.get("step") in ("confirm", "annotate"):
        return _run_kept(site, request, page)
    return _preview(site, request, page)


def template_file(resource: SheetResource, kind: str) -> HttpResponse:
    """A file with the headings; the workbook has a second sheet that explains them."""
    options = {"explanation": resource.explanation()} if kind == "xlsx" else {}
    data = FORMATS[kind]().export_data(resource.empty_sheet(), **options)
    return attachment(data, kind, f"{resource.title.lower().replace(' ', '-')}-template.{kind}")


def attachment(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=FORMATS[kind]().get_content_type())
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _preview(site: admin.AdminSite, request: Any, page: Import) -> HttpResponse:
    file_form = FileForm(request.POST, request.FILES)
    details_form = page.details_form(request.POST)
    if not (file_form.is_valid() & details_form.is_valid()):
        return _show(site, request, page, file_form, details_form)
    upload = _uploaded(request, file_form.cleaned_data["import_file"], details_form)
    attempt = Attempt(upload)
    refusal = _try(page, request, attempt, details_form, dry_run=True)
    if refusal:
        add_refusal(file_form, refusal)
        return _show(site, request, page, file_form, details_form)
    return _show(site, request, page, file_form, details_form, attempt)


def _uploaded(request: Any, file: Any, details_form: forms.Form) -> Upload:
    return Upload(
        name=PurePath(file.name).name,
        data=file.read(),
        user_id=request.user.pk,
        page=request.path,
        details={name: request.POST.get(name, "") for name in details_form.fields},
    )


def _run_kept(site: admin.AdminSite, request: Any, page: Import) -> HttpResponse:
    token = request.POST.get("upload", "")
    upload = kept(token, user_id=request.user.pk, page=request.path)
    annotate = request.POST["step"] == "annotate"
    if upload is None or not (annotate or take(token)):
        messages.error(request, GONE)
        return HttpResponseRedirect(request.path)
    file_form, details_form = FileForm(), page.details_form(upload.details)
    if not details_form.is_valid():
        return _show(site, request, page, file_form, details_form)
    attempt = Attempt(upload)
    refusal = _try(page, request, attempt, details_form, dry_run=annotate)
    if refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(request.path)
    if annotate:
        return annotated_file(attempt)
    if attempt.result.is_refused:  # something changed since the preview
        return _show(site, request, page, file_form, details_form, attempt)
    messages.success(request, page.done(attempt.resource, attempt.result))
    return HttpResponseRedirect(page.onward(attempt.resource))


def _try(
    page: Import, request: Any, attempt: Attempt, details_form: forms.Form, *, dry_run: bool
) -> DomainError | None:
    """Read and run the file; the answer is why that is impossible."""
    try:
        attempt.resource = page.resource(details_form.cleaned_data, request)
        upload = attempt.upload
        attempt.sheet = read_file(upload.name, upload.data, title=attempt.resource.title)
        attempt.result = attempt.resource.import_data(attempt.sheet, dry_run=dry_run)
    except DomainError as refusal:
        return refusal
    except (OperationalError, IntegrityError) as error:
        if isinstance(error, OperationalError) and not waited_too_long(error):
            raise
        return Refusal("busy", BUSY)
    return None


def annotated_file(attempt: Attempt) -> HttpResponse:
    """The file as it was uploaded, with a column of what is wrong; that column is never read."""
    sheet = attempt.resource.annotated(attempt.sheet, attempt.result)
    kind = attempt.sheet.kind
    data = FORMATS[kind]().export_data(sheet)
    return attachment(data, kind, f"{PurePath(attempt.upload.name).stem[:80]}-errors.{kind}")


def _show(
    site: admin.AdminSite,
    request: Any,
    page: Import,
    file_form: FileForm,
    details_form: forms.Form,
    attempt: Attempt | None = None,
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": page.title,
        "page": page,
        "form": file_form,
        "details_form": details_form,
        "columns": page.sample.columns.items(),
        "most_shown": MOST_SHOWN,
        **page.context,
    }
    if attempt is not None and attempt.result is not None:
        context |= _outcome(attempt)
    return TemplateResponse(request, "admin/import_export/import.html", context)


def _outcome(attempt: Attempt) -> dict[str, Any]:
    result = attempt.result
    worth_keeping = result.is_refused or result.writes
    return {
        "result": result,
        "counts": result.counts,
        "faults": result.faults[:MOST_SHOWN],
        "changes": [row for row in result.rows if row.writes or row.is_delete()][:MOST_SHOWN],
        "file_name": attempt.upload.name,
        "token": keep(attempt.upload) if worth_keeping else "",
    }


class SheetAdmin(ExportMixin):
    """Adds Import and Export to a list. Mix in before ModelAdmin; set `sheet_resource`."""

    sheet_resource: type[SheetResource]
    import_explanation = ""
    export_form_class = FormatForm
    formats = tuple(FORMATS.values())
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_action)
        name = "_".join(self.get_model_info())
        return [path("import/", view, name=f"{name}_import"), *super().get_urls()]

    def get_resource_classes(self, request: HttpRequest) -> list[type[SheetResource]]:
        return [self.sheet_resource]

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return {}

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        allowed = {"has_import_permission": self.has_import_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **allowed})

    def import_action(self, request: HttpRequest) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        many = self.opts.verbose_name_plural
        back = self.reverse("changelist")
        page = Import(
            title=f"Import {many}",
            explanation=self.import_explanation,
            links=[(str(many).capitalize(), back)],
            resource=lambda _, request: self.sheet_resource(request.user, request.now),
            sample=self.sheet_resource(),
            done=lambda _, result: said(result, str(many)),
            onward=lambda _: back,
        )
        return run_import(self.admin_site, request, page)

    def reverse(self, name: str) -> str:
        return reverse(f"admin:{'_'.join(self.get_model_info())}_{name}")

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """The list as it was narrowed down; an unknown filter exports nothing."""
        try:
            return super().export_action(request)
        except (IncorrectLookupParameters, *OUT_OF_RANGE):
            messages.error(request, "There is no such filter. Nothing was exported.")
            return HttpResponseRedirect(self.reverse("changelist"))

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        context = super().init_request_context_data(request, form)
        return context | {"title": f"Export {self.opts.verbose_name_plural}"}

    def get_export_filename(self, request: Any, queryset: Any, file_format: Any) -> str:
        name = self.sheet_resource.title.lower().replace(" ", "-")
        return f"{name}-{request.now.date()}.{file_format.get_extension()}"


def said(result: SheetResult, many: str) -> str:
    """What an import did, in a sentence."""
    counts = result.counts
    return (
        f"Imported {many}: {counts['new']} new, {counts['update']} changed, "
        f"{counts['skip']} as they were."
    )
