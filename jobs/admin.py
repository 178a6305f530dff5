# mypy: disable-error-code="type-arg, misc, no-any-return"
"""Background jobs: what waits, what runs, what failed and why, and another try."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from django_tasks_db.admin import DBTaskResult

from jobs.errors import last_line
from jobs.limits import ATTEMPTS
from jobs.models import Job
from jobs.queries import crew
from jobs.services import FAILED, READY, RUNNING, try_again
from merchants.errors import DomainError
from merchants.screens import ReadOnlyAdmin, badge, number

CHANGE = "jobs.change_job"
BADGES = {READY: "info", RUNNING: "processing", FAILED: "bad"}

# The backend's own page, registered by the import above, lacks a way to try a job again.
admin.site.unregister(DBTaskResult)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "arguments", "tries", "error", "enqueued_at", "finished_at")
    list_filter = ("status",)
    list_per_page = 50
    search_fields = ("task_path",)
    search_help_text = "A part of the job's name, such as lift"
    ordering = ("-enqueued_at", "pk")
    actions = ("try_selected_again",)

    def get_urls(self) -> list[Any]:
        again = path(
            "<path:object_id>/try-again/",
            self.admin_site.admin_view(require_POST(self.try_one_again)),
            name="jobs_job_try_again",
        )
        return [again, *super().get_urls()]

    @admin.display(description="job", ordering="task_path")
    def name(self, job: Job) -> str:
        return format_html('<span class="lw-nowrap">{}</span>', job)

    @admin.display(description="status", ordering="status")
    def state(self, job: Job) -> str:
        return badge(BADGES.get(job.status, "good"), job.get_status_display())

    @admin.display(description="arguments")
    def arguments(self, job: Job) -> str:
        return in_words(job) or "–"

    @admin.display(description="attempts")
    def tries(self, job: Job) -> str:
        return number(job.attempts)

    @admin.display(description="error")
    def error(self, job: Job) -> str:
        return last_line(job.traceback) or "–"

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CHANGE)

    @admin.action(description="Try the selected jobs again", permissions=["try_again"])
    def try_selected_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        for job in queryset:
            self.try_and_say(request, job)

    def try_one_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        job = get_object_or_404(Job, pk=object_id)
        self.try_and_say(request, job)
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))

    def try_and_say(self, request: HttpRequest, job: Job) -> None:
        try:
            try_again(job=job)
        except DomainError as refusal:
            messages.error(request, f"{job}: {refusal}")
        else:
            messages.success(request, f"{job} is to be tried again.")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"crew": crew(), **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self.get_object(request, object_id)
        if job is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(job).capitalize(),
            "job": job,
            "state": self.state(job),
            "arguments": in_words(job),
            "last_attempt": ATTEMPTS,
            "may_try_again": job.status == FAILED and request.user.has_perm(CHANGE),
        }
        return TemplateResponse(request, "jobs/job.html", context)


def in_words(job: Job) -> str:
    """The arguments of a job as they were given: `7, wave=12`."""
    given = [json.dumps(value) for value in job.args_kwargs["args"]]
    given += [f"{name}={json.dumps(value)}" for name, value in job.args_kwargs["kwargs"].items()]
    return ", ".join(given)
