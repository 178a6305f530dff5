"""Addresses of the admin as a stranger might write them: refused or passed over, never 500."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import ForeignKey
from django.test import Client
from django.urls import reverse

from merchants.models import User
from tests.builders import World

MODELS = [model for model in admin.site._registry if model._meta.app_label != "auth"]
NO_IDS = ("abc", "\x00", "1\x00", "_3A", "9" * 30)
NO_ROWS = ("abc", "\x00", "9" * 30)


@pytest.fixture
def boss(world: World) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("boss"))
    return client


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("page", ["change", "history"])
def test_what_is_no_id_is_not_there(boss, model, page):
    for text in NO_IDS:
        answer = boss.get(address(model, page, text))
        assert answer.status_code in (302, 404), (page, text)


@pytest.mark.parametrize("model", MODELS)
def test_a_list_is_not_narrowed_by_what_no_row_can_have(boss, model):
    """The list says so, or it leads back to all of it."""
    columns = [one.name for one in model._meta.fields if isinstance(one, ForeignKey)]
    for column in ["id", "pk", *columns]:
        for text in NO_ROWS:
            answer = boss.get(address(model, "changelist"), {column: text})
            assert answer.status_code in (200, 302, 400), (column, text)
            assert answer.get("Location", "?e=1").endswith("?e=1"), (column, text)


@pytest.mark.parametrize("model", ["product", "location"])
def test_an_export_is_not_narrowed_so_either(boss, model):
    for column in ("id", "merchant", "warehouse"):
        answer = boss.post(
            reverse(f"admin:inventory_{model}_export") + f"?{column}=abc", {"format": "0"}
        )
        assert answer.status_code == 302, column
        (said,) = boss.get(answer["Location"]).context["messages"]
        assert str(said) == "There is no such filter. Nothing was exported."


@pytest.mark.parametrize("model", MODELS)
def test_a_form_passes_over_what_its_boxes_cannot_find(boss, model):
    columns = [one.name for one in model._meta.fields]
    for text in NO_ROWS:
        answer = boss.get(address(model, "add"), dict.fromkeys(columns, text))
        assert answer.status_code in (200, 302, 403), text


@pytest.mark.parametrize("page", ["lot_draw", "balance_adjust", "balance_assign"])
def test_the_form_of_a_verb_too(boss, world, page):
    """And what is sent in such a box is refused at the box."""
    named = reverse(f"admin:inventory_{page}")
    for text in NO_ROWS:
        boxes = dict.fromkeys(("product", "lot", "location"), text)
        assert boss.get(named, boxes).status_code == 200, text
        answer = boss.post(named, boxes)
        assert answer.status_code == 200, text
        assert boxes.keys() & answer.context["form"].errors.keys(), text
    product = world.lot_product()
    if page != "balance_assign":
        assert "VITAMIN" in boss.get(named, {"product": product.pk}).content.decode()


@pytest.mark.parametrize("model", ["inventory_lot", "jobs_job", "merchants_apikey"])
def test_rows_that_no_list_offers_are_not_chosen(boss, model):
    path = reverse(f"admin:{model}_changelist")
    for text in NO_ROWS:
        answer = boss.post(path, {"action": "x", "index": "0", "_selected_action": text})
        # PostgreSQL compares a number of any length, and no row has it.
        assert answer.status_code in (302, 400), text


@pytest.mark.parametrize("app", ["fulfillment_order", "returns_return", "transfers_transfer"])
def test_suggestions_pass_over_what_no_text_holds(boss, world, app):
    world.product("SOAP")
    asked = {"merchant": world.merchant.pk, "term": "SO\x00AP", "sku": "SO\x00AP", "source": "\x00"}
    for kind, count in (("products", 1), ("lots", 0)):
        answer = boss.get(reverse(f"admin:{app}_{kind}"), asked)
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["results"]) == count
