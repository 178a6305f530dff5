"""The Content-Security-Policy of every answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

STRICT = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
# Swagger UI writes style attributes and draws icons from data URLs; its scripts are files of ours.
API_DOCS = STRICT | {"style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:"}


def _header(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


class ContentSecurityPolicy:
    """Nothing inline, nothing from elsewhere; `/api/docs/` alone may style inline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = API_DOCS if request.path == "/api/docs/" else STRICT
        response["Content-Security-Policy"] = _header(policy)
        return response
