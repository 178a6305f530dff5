"""Everything below /api/v1/: the routes of each app."""

from importlib.util import find_spec

from django.urls import include, path

APPS = ["merchants", "inventory", "receiving", "fulfillment", "transfers", "returns"]

urlpatterns = [
    path("", include(f"{app}.api.urls"))
    for app in APPS
    if find_spec(f"{app}.api") and find_spec(f"{app}.api.urls")
]
