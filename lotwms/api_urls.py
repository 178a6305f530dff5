"""Everything below /api/v1/: the routes of each app."""

from django.urls import include, path

# Paths are tried in turn, and orders are asked for most.
APPS = ["fulfillment", "inventory", "receiving", "transfers", "returns", "merchants"]

urlpatterns = [path("", include(f"{app}.api.urls")) for app in APPS]
