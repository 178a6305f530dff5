"""How the tests of the API base call it, and a small API of their own to call."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.api import fields
from merchants.api.filters import (
    BooleanFilter,
    DateFilter,
    IntegerFilter,
    StrictFilterSet,
    TextFilter,
)
from merchants.api.serializers import LotRef, StrictSerializer
from merchants.api.views import (
    ApiViewSet,
    CreateMixin,
    DestroyMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    collection_verb,
    verb,
)
from merchants.errors import Malformed, NotFound, Refusal
from merchants.models import ApiKey, Event, Merchant, User
from merchants.services import create_api_key, revoke_api_key
from merchants.uploads import PICTURES
from tests.clock import CLOCK

ROOT = "/api/v1/"


class Caller:
    """A client that holds one key."""

    def __init__(self, text: str | None, root: str = ROOT) -> None:
        self.text = text
        self.root = root
        self.client = Client()

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.text is not None:
            named.setdefault("Authorization", f"Bearer {self.text}")
        path = path if path.startswith(("/", "http")) else self.root + path
        if body is None:
            return self.client.generic(method.upper(), path, headers=named)
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method.upper(), path, data, "application/json", headers=named)

    def send(self, path: str, form: dict[str, Any], **headers: str) -> Any:
        """POST a form, such as one with a file."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Bearer {self.text}"
        return self.client.post(self.root + path, form, headers=named)

    def get(self, path: str, **headers: str) -> Any:
        return self("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("patch", path, body, **headers)


def caller(merchant: Merchant | None = None) -> Caller:
    """A client with a new key: of this merchant, or of staff."""
    made = create_api_key(merchant=merchant, name="test", actor=None, now=CLOCK.now)
    return Caller(made.text)


def errors_of(response: Any) -> list[tuple[str, str]]:
    """The fields and codes of a 400."""
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


# The API of the tests: keys, which belong to merchants, and whatever a body can be ----------------


class KeyFilters(StrictFilterSet):
    name = TextFilter()
    is_revoked = BooleanFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)
    made_after = DateFilter(field_name="created_at", lookup_expr="date__gt")
    user = IntegerFilter(field_name="user_id")


class KeySerializer(StrictSerializer):
    id = fields.Id(read_only=True)
    name = fields.Text(max_length=100)
    merchant_code = fields.Text(source="merchant.code", read_only=True)
    colleague = fields.Related(User.objects.all, "username", required=False, write_only=True)


class RenameSerializer(StrictSerializer):
    suffix = fields.Text()


class WithKeySerializer(StrictSerializer):
    key = fields.Related(ApiKey.objects.all, "id")


class PhotoSerializer(StrictSerializer):
    file = fields.Uploaded(allowed=PICTURES)
    note = fields.Text(required=False)


class SeenSerializer(StrictSerializer):
    name = fields.Text()
    media_type = fields.Text()
    size = fields.Integer()
    note = fields.Text()


class CountSerializer(StrictSerializer):
    count = fields.Integer()


class KeyViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ScopedViewSet):
    """Keys, for the tests."""

    model = ApiKey
    serializer_class = KeySerializer
    filterset_class = KeyFilters

    def make(self, data: dict[str, Any]) -> ApiKey:
        return create_api_key(
            merchant=self.merchant, name=data["name"], actor=self.actor, now=self.now
        ).key

    def change(self, row: ApiKey, data: dict[str, Any]) -> ApiKey:
        row.name = data.get("name", row.name)
        row.save(update_fields=["name"])
        return row

    def remove(self, row: ApiKey) -> None:
        revoke_api_key(key=row, actor=self.actor, now=self.now)

    @verb(body=RenameSerializer)
    def rename_with(self, row: ApiKey, data: dict[str, Any]) -> ApiKey:
        return self.change(row, {"name": row.name + data["suffix"]})

    @verb(staff=True)
    def revoke(self, row: ApiKey, data: dict[str, Any]) -> ApiKey:
        return revoke_api_key(key=row, actor=self.actor, now=self.now)

    @verb(body=PhotoSerializer, answer=SeenSerializer, takes_file=True)
    def look_at(self, row: ApiKey, data: dict[str, Any]) -> dict[str, Any]:
        file = data["file"]
        seen = {"name": file.name, "media_type": file.media_type, "size": len(file.data)}
        return seen | {"note": data.get("note", "")}

    @collection_verb(body=RenameSerializer, answer=CountSerializer, names_merchant=True)
    def count_named(self, data: dict[str, Any]) -> dict[str, int]:
        rows = self.get_queryset().for_merchant(self.merchant)
        return {"count": rows.filter(name__endswith=data["suffix"]).count()}

    @collection_verb(body=WithKeySerializer, answer=WithKeySerializer)
    def with_key(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    @collection_verb()
    def as_it_is(self, data: dict[str, Any]) -> Response:
        return Response({"data": data}, status=202)


class NewestKeysViewSet(ListMixin, ScopedViewSet):
    model = ApiKey
    serializer_class = KeySerializer
    ordering = "-id"

    def rows(self, rows: Any) -> Any:
        return rows.filter(revoked_at=None)

    @verb()
    def end(self, row: ApiKey, data: dict[str, Any]) -> ApiKey:
        return revoke_api_key(key=row, actor=self.actor, now=self.now)


class EverythingSerializer(StrictSerializer):
    text = fields.Text(required=False, max_length=10)
    lot = fields.LotNumber(read_only=True)
    expires_on = fields.Expiry(read_only=True)
    note = fields.Text(required=False, multiline=True, max_length=None)
    integer = fields.Integer(required=False)
    quantity = fields.Quantity(required=False)
    boolean = fields.Boolean(required=False)
    measure = fields.Measure(required=False)
    date = fields.Date(required=False)
    time = fields.Time(required=False)
    choice = fields.Choice([("red", "Red"), ("1", "One")], required=False)
    ignored = fields.Text(read_only=True)
    lines = serializers.ListField(child=LotRef(), required=False)


class Line(LotRef):
    quantity = fields.Quantity()


class Document(StrictSerializer):
    lines = Line(many=True)


class EchoViewSet(ApiViewSet):
    """Answers with what it understood, or raises what it is asked to."""

    serializer_class = EverythingSerializer

    def create(self, request: Any) -> Response:
        return Response(self.read(), status=201)

    @collection_verb(body=EverythingSerializer, answer=EverythingSerializer)
    def shown(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    @collection_verb(body=Document, answer=Document)
    def document(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    @collection_verb(body=RenameSerializer)
    def failing(self, data: dict[str, Any]) -> None:
        raise FAILURES[data["suffix"]]()

    @extend_schema(exclude=True)
    @action(detail=False)
    def failing_read(self, request: Any) -> None:
        raise ZeroDivisionError("secret")


class CodeSerializer(StrictSerializer):
    code = fields.Text()


class AccountViewSet(ApiViewSet):
    """One for each merchant, as settings are."""

    serializer_class = CodeSerializer
    names_merchant = ("retrieve",)

    def retrieve(self, request: Any) -> Response:
        return Response(self.answer(self.merchant))


class TopicSerializer(StrictSerializer):
    topic = fields.Text()


class EventViewSet(ListMixin, ScopedViewSet):
    model = Event
    serializer_class = TopicSerializer
    staff_only = ("list",)


FAILURES: dict[str, Any] = {}


def failure(make: Any) -> Any:
    FAILURES[make.__name__] = make
    return make


@failure
def refusal() -> Exception:
    return Refusal("units_committed", "The units are promised.", promised=3)


@failure
def malformed() -> Exception:
    errors = [
        {"field": "lines[0].sku", "code": "unknown_sku", "message": "There is no such SKU."},
        {"field": "lines[2].sku", "code": "unknown_sku", "message": "There is no such SKU."},
    ]
    return Malformed(errors=errors)


@failure
def missing() -> Exception:
    return NotFound()


router = SimpleRouter()
router.register("keys", KeyViewSet, basename="key")
router.register("newest-keys", NewestKeysViewSet, basename="newest-key")
router.register("echo", EchoViewSet, basename="echo")
router.register("events", EventViewSet, basename="event")
urlpatterns = [
    *router.urls,
    path("account/", AccountViewSet.as_view({"get": "retrieve"})),
]
