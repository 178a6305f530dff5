"""Answers outside all pages. For errors: problem+json under /api/, Django's pages elsewhere."""

import sys
from http import HTTPStatus
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from merchants.outages import AWAY, Outage, outage


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
    """Called while the error is being handled, by whatever middleware or view it came."""
    found = outage(sys.exc_info()[1])
    if found is not None:
        return _unavailable(request, found)
    if _is_api(request):
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong here. Nothing was changed.",
        )
    return defaults.server_error(request)


def _unavailable(request: HttpRequest, found: Outage) -> HttpResponse:
    """503 without a look at the database, at the session or at who asks."""
    if _is_api(request):
        response = _problem(HTTPStatus.SERVICE_UNAVAILABLE, found.code, found.detail)
    else:
        response = HttpResponse(_page(request, found), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = found.retry_after
    return response


def _page(request: HttpRequest, found: Outage) -> str:
    if found is not AWAY:
        reason, advice = found.detail, "Go back, and send it again in a moment."
    elif request.method == "GET":
        reason, advice = "The database cannot be reached.", "Load the page again in a moment."
    else:
        reason = "The database cannot be reached, and may or may not have kept what you sent."
        advice = "Wait a moment, go back and look before you send it again."
    return render_to_string("503.html", {"reason": reason, "advice": advice})


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this path by themselves, whatever a page names."""
    return HttpResponseRedirect(static("lotwms/favicon.svg"))
