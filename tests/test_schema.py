"""The OpenAPI schema and its page: valid, complete, and at work without a network."""

from __future__ import annotations

import re

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.merchants.api import caller

V1 = "/api/v1/"
# API.md, path by path.
CONTRACT = {
    "products/": {"get", "post"},
    "products/{id}/": {"get", "patch"},
    "products/{id}/break-down/": {"post"},
    "lots/": {"get", "post"},
    "lots/{id}/": {"get", "patch", "delete"},
    "lots/bulk-update/": {"post"},
    "lots/{id}/assign-to-location/": {"post"},
    "lots/{id}/label/": {"get"},
    "lots/{id}/disposal-requests/": {"post"},
    "disposal-requests/": {"get"},
    "disposal-requests/{id}/": {"get"},
    "disposal-requests/{id}/cancel/": {"post"},
    "locations/": {"get", "post"},
    "item-locations/": {"get"},
    "item-locations/move/": {"post"},
    "inventory/": {"get"},
    "inventory/{id}/": {"get"},
    "inventory/{id}/lots/": {"get"},
    "inventory/{id}/history/": {"get"},
    "wros/": {"get", "post"},
    "wros/{id}/": {"get", "patch"},
    **{
        f"wros/{{id}}/{verb}/": {"post"}
        for verb in ("submit", "cancel", "copy", "arrive", "receive", "stow", "complete")
    },
    "wros/{id}/labels/": {"get"},
    "wros/{id}/lot-labels/": {"get"},
    "orders/": {"get", "post"},
    "orders/{id}/": {"get"},
    **{f"orders/{{id}}/{verb}/": {"post"} for verb in ("cancel", "ship", "allocate")},
    "waves/": {"get", "post"},
    "waves/{id}/": {"get"},
    **{f"waves/{{id}}/{part}/": {"get"} for part in ("orders", "pick-list")},
    **{f"waves/{{id}}/{verb}/": {"post"} for verb in ("release", "interrupt", "cancel")},
    "returns/": {"get", "post"},
    "returns/{id}/": {"get", "patch"},
    **{f"returns/{{id}}/{verb}/": {"post"} for verb in ("cancel", "arrive", "inspect", "complete")},
    "transfers/": {"get", "post"},
    "transfers/{id}/": {"get"},
    **{
        f"transfers/{{id}}/{verb}/": {"post"} for verb in ("send", "receive", "write-off", "cancel")
    },
    "quarantine/": {"get"},
    **{
        f"quarantine/{{id}}/{verb}/": {"post"}
        for verb in ("release", "dispose", "return-to-merchant")
    },
    "expiry/": {"get"},
    "expiry/summary/": {"get"},
    "holds/": {"get", "post"},
    "holds/{id}/release/": {"post"},
    "settings/lot-tracking/": {"get", "patch"},
    "settings/check-in-rules/": {"get", "post"},
    "settings/check-in-rules/{id}/": {"get", "patch", "delete"},
    "discrepancies/": {"get"},
    "discrepancies/{id}/": {"get", "patch"},
    **{f"discrepancies/{{id}}/{verb}/": {"post"} for verb in ("resolve", "add-photo")},
    "deliveries/": {"get", "post"},
    "deliveries/{id}/": {"get"},
    **{
        f"deliveries/{{id}}/{verb}/": {"post"}
        for verb in ("receive", "link", "return-to-merchant", "dispose", "add-photo")
    },
    "photos/{id}/": {"get"},
    "wros/{id}/traceability/": {"get", "post"},
    "merchants/": {"get", "post"},
    "warehouses/": {"get", "post"},
    "adjustments/": {"post"},
}


@pytest.fixture(scope="module")
def schema():
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)


def test_it_is_valid(schema):
    errors = [error.message for error in OpenAPIV31SpecValidator(schema).iter_errors()]
    assert errors == []
    assert schema["openapi"].startswith("3.1")


def test_it_is_made_without_a_warning(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    assert file.read_text().startswith("openapi: 3.1")


def test_it_has_every_path_of_the_contract(schema):
    shown = {path.removeprefix(V1): set(methods) for path, methods in schema["paths"].items()}
    missing = {path: methods - shown.get(path, set()) for path, methods in CONTRACT.items()}
    assert {path: methods for path, methods in missing.items() if methods} == {}


def test_every_operation_says_what_it_is_and_how_it_fails(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert operation["security"] == [{"ApiKey": []}], (method, path)
            expected = {"400", "401", "429"}
            expected |= {"404"} if "{" in path else set()
            expected |= {"409"} if method != "get" else set()
            expected |= {"422"} if method == "post" else set()
            assert expected <= set(operation["responses"]), (method, path)


def test_operations_have_names_of_their_own(schema):
    names = [one["operationId"] for path in schema["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_every_parameter_that_it_names_is_known(schema):
    staff = caller()
    for path, methods in schema["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        for name in [one["name"] for one in parameters if one["in"] == "query"]:
            answer = staff.get(f"{path.replace('{id}', '1')}?{name}=1")
            assert b"unknown_parameter" not in answer.content, (path, name)


def test_the_docs_need_no_network():
    """Every file of the page is one of ours. (A browser opens it in tests/browser.)"""
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    links = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)""", html)
    assert links
    assert [link for link in links if not link.startswith("/")] == []
    script = Client().get("/api/docs/?script=")
    assert re.findall(r"https?://(?!www\.w3\.org)", script.content.decode()) == []
