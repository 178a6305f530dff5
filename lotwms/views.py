"""Answers outside all pages. For errors: problem+json under /api/, Django's pages elsewhere."""

from http import HTTPStatus
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.templatetags.static import static
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }
    return JsonResponse(body, status=status.value, content_type="application/problem+json")


@csrf_exempt
def unknown_api_path(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return _problem(HTTPStatus.NOT_FOUND, "not_found", "Nothing is found at this path.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return _problem(HTTPStatus.BAD_REQUEST, "bad_request", "The request could not be read.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if _is_api(request):
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong here. Nothing was changed.",
        )
    return defaults.server_error(request)


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this path by themselves, whatever a page names."""
    return HttpResponseRedirect(static("lotwms/favicon.svg"))
