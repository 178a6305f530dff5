"""The OpenAPI schema of views on the base."""

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.urls("tests.merchants.urls")


@pytest.fixture
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        return SchemaGenerator(urlconf="tests.merchants.urls").get_schema(public=True)


def parameters(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


def test_it_is_valid(schema):
    validate_schema(schema)


def test_every_problem_is_described(schema):
    create = schema["paths"]["/api/v1/keys/"]["post"]["responses"]
    assert set(create) == {"201", "400", "401", "409", "413", "415", "422", "429", "503"}
    assert create["409"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    one = schema["paths"]["/api/v1/keys/{id}/"]
    assert set(one["get"]["responses"]) == {"200", "400", "401", "404", "429", "503"}
    assert set(one["patch"]["responses"]) == {
        "200", "400", "401", "404", "409", "413", "415", "429", "503"
    }  # fmt: skip
    assert "204" in one["delete"]["responses"]


def test_a_verb_is_described_with_its_body_and_the_object(schema):
    verb = schema["paths"]["/api/v1/keys/{id}/rename-with/"]["post"]
    body = verb["requestBody"]["content"]
    assert body == {"application/json": {"schema": {"$ref": "#/components/schemas/RenameRequest"}}}
    answer = verb["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Key"}
    assert "requestBody" not in schema["paths"]["/api/v1/keys/{id}/revoke/"]["post"]
    counted = schema["paths"]["/api/v1/keys/count-named/"]["post"]["responses"]["200"]
    assert counted["content"]["application/json"]["schema"]["$ref"].endswith("/Count")


def test_parameters_that_all_have(schema):
    keys = schema["paths"]["/api/v1/keys/"]
    assert parameters(keys["get"]) == {
        "cursor", "page_size", "merchant", "name", "is_revoked", "made_after", "user"
    }  # fmt: skip
    assert parameters(keys["post"]) == {"Idempotency-Key", "merchant"}
    assert parameters(schema["paths"]["/api/v1/keys/{id}/"]["patch"]) == {"id"}
    types = {parameter["name"]: parameter["schema"] for parameter in keys["get"]["parameters"]}
    assert types["user"] == {"type": "integer"}
    assert types["is_revoked"] == {"type": "boolean"}
    assert types["made_after"] == {"type": "string", "format": "date"}


def test_a_staff_verb_says_so(schema):
    paths = schema["paths"]
    assert paths["/api/v1/keys/{id}/revoke/"]["post"]["description"].endswith("Staff keys only.")
    assert "404" in paths["/api/v1/events/"]["get"]["responses"]
    assert "Staff" not in paths["/api/v1/keys/"]["post"]["description"]


def test_the_key_is_described(schema):
    scheme = schema["components"]["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["paths"]["/api/v1/keys/"]["get"]["security"] == [{"ApiKey": []}]


def test_words_for_authors_stay_out(schema):
    assert "description" not in schema["components"]["schemas"]["Key"]
    assert schema["components"]["schemas"]["Problem"]["description"]
