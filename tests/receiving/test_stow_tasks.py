"""The task list of stowing: what waits at the docks of a warehouse, in walking order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Posting
from inventory.services.places import update_location
from inventory.services.products import update_product
from merchants.groups import ASSOCIATE, BILLING, set_up_groups
from merchants.models import User
from receiving.services import StowLine
from receiving.stow_tasks import dock_loads, waiting_at
from tests.builders import acting, house, make_merchant, make_product, make_warehouse, put
from tests.receiving.builders import NEXT_YEAR, line, put_away, received, standing

SOON = date(2026, 10, 31)


@pytest.fixture
def client(world) -> Client:
    browser = Client()
    browser.force_login(house())
    return browser


@pytest.fixture
def wro(world, vitamin, soap):
    """Of VC-A 6 and of VC-B 4 at the dock, and 10 without lots; VC-A stands in A-05."""
    world.stock_lot(vitamin, "VC-A", SOON, 5, bin=4)
    return received(
        world, line(vitamin, 10, ("VC-A", SOON, 6), ("VC-B", NEXT_YEAR, 4)), line(soap, 10)
    )


def address() -> str:
    return reverse("admin:receiving_wro_stow_tasks")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def tasks(client: Client) -> list[tuple[str | None, str, int]]:
    shown = client.get(address()).context["tasks"]
    return [
        (one.suggestion and one.suggestion.name, str(one.lot or one.product), one.quantity)
        for one in shown
    ]


def form(client: Client, **typed: str) -> dict[str, str]:
    """The page as a browser sends it back."""
    shown = client.get(address()).context["tasks"]
    data = dict(typed)
    for one in shown:
        data[f"waiting-{one.waiting.supply.pk}"] = str(one.waiting.units)
        data[f"{one.key}-suggested"] = one.suggestion.name if one.suggestion else ""
        data[f"{one.key}-quantity"] = str(one.quantity)
        data[f"{one.key}-bin"] = ""
    return data


def key(client: Client, lot: str) -> str:
    shown = client.get(address()).context["tasks"]
    return next(one.key for one in shown if str(one.lot or one.product) == lot)


def said(answer: Any) -> list[str]:
    return [str(one) for one in answer.context["messages"]]


def test_what_waits_is_listed_in_walking_order(client, world, wro, vitamin, soap):
    assert tasks(client) == [("A-01", "SOAP", 10), ("A-04", "VC-B", 4), ("A-05", "VC-A", 6)]
    page = text(client.get(address()))
    assert "A-05 holds it already" in page
    assert "A-04 is empty, the nearest to A-05 where the product stands" in page
    assert wro.number in page


def test_the_list_is_of_all_wros_of_one_warehouse(client, world, wro):
    other = make_merchant("GLOW")
    balm = make_product(other, "BALM")
    world.merchant = other
    received(world, line(balm, 3))
    world.warehouse = make_warehouse("EAST")
    received(world, line(balm, 8))
    assert [(one.warehouse.code, one.units, one.lots) for one in dock_loads()] == [
        ("CHI", 23, 4),
        ("EAST", 8, 1),
    ]
    assert ("A-02", "BALM", 3) in tasks(client)
    shown = client.get(address(), {"at": "EAST"}).context["tasks"]
    assert [(one.suggestion, one.quantity) for one in shown] == [(None, 8)]
    assert client.get(address(), {"at": "MARS"}).status_code == 404


def test_a_scanned_bin_stows_what_goes_there(client, wro, vitamin):
    data = form(client, scan=" a-05 ")
    answer = client.post(address(), data, follow=True)
    assert said(answer) == ["6 × VITAMIN VC-A stowed in A-05."]
    assert standing(vitamin) == {("A-05", "VC-A"): 11, ("DOCK", "VC-B"): 4}
    posting = Posting.objects.order_by("-id").first()
    assert (posting.kind, posting.reference, posting.reason) == ("stow", wro.number, "")


def test_the_bin_that_the_page_showed_counts_and_not_the_one_that_is_suggested_now(
    client, world, wro, vitamin, soap
):
    """Somebody takes A-01 meanwhile: what is carried there stays what was shown."""
    data = form(client, scan="A-01")
    put(world.product("OTHER"), world.bins[0], 1)
    assert tasks(client)[0] == ("A-02", "SOAP", 10)
    client.post(address(), data)
    assert standing(soap) == {("A-01", ""): 10}


def test_several_tasks_at_once_and_a_part_of_one(client, wro, vitamin, soap):
    data = form(client)
    data |= {f"{key(client, 'VC-B')}-bin": "A-04", f"{key(client, 'SOAP')}-bin": "a-01"}
    data[f"{key(client, 'SOAP')}-quantity"] = "7"
    answer = client.post(address(), data, follow=True)
    assert said(answer) == [f"11 units of {wro.number} stowed in 2 bins."]
    assert standing(soap) == {("A-01", ""): 7, ("DOCK", ""): 3}
    assert standing(vitamin)["A-04", "VC-B"] == 4
    assert tasks(client) == [("A-01", "SOAP", 3), ("A-05", "VC-A", 6)]


def test_another_bin_than_the_suggested_one_takes_a_reason(client, wro, soap):
    name = key(client, "SOAP")
    data = form(client) | {f"{name}-bin": "A-09"}
    answer = client.post(address(), data)
    assert "A-09 is not A-01, the bin that is suggested: say why above, or scan A-01." in text(
        answer
    )
    (shown,) = [one for one in answer.context["tasks"] if one.key == name]
    assert (shown.typed_bin, shown.typed_quantity) == ("A-09", "10")
    assert 'name="reason"' in text(answer)
    assert 'name="reason"' not in text(client.get(address()))
    assert standing(soap) == {("DOCK", ""): 10}
    client.post(address(), data | {"reason": "A-01 is blocked."})
    assert standing(soap) == {("A-09", ""): 10}
    assert Posting.objects.order_by("-id").first().reason == "A-01 is blocked."


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "Scan the label of a bin once the units are in it."),
        ({"scan": "Z-99"}, "No task here goes to Z-99. Scan it at the task of the units."),
        ({"bin": "Z-99"}, "There is no location Z-99 in the warehouse of WRO-"),
        ({"bin": "A-05", "reason": "near"}, "A-05 holds lot VC-A of VITAMIN. Lots are kept apart"),
        ({"bin": "A-04", "quantity": "x"}, "“x” is not a whole number of units from 1."),
        ({"bin": "A-04", "quantity": "5"}, "4 units of VITAMIN, lot VC-B, wait at the dock"),
        ({"bin": "A-04", "reason": "x" * 501}, "Say it in at most 500 characters."),
        ({"bin": "A-04", "waiting": "9"}, "4 units wait at the dock now: look again, and scan."),
    ],
)
def test_what_cannot_be_stowed_is_told_and_nothing_changes(client, wro, vitamin, typed, message):
    name = key(client, "VC-B")
    data = form(client)
    for field, value in typed.items():
        of_page = field in ("scan", "reason")
        data[field if of_page else f"{name}-{field}"] = value
    if "waiting" in typed:
        data[f"waiting-{name.split('-')[1]}"] = typed["waiting"]
    before = standing(vitamin)
    assert message in text(client.post(address(), data))
    assert standing(vitamin) == before


def test_what_somebody_else_has_stowed_meanwhile_is_told(client, wro, vitamin, soap):
    data = form(client) | {f"{key(client, 'SOAP')}-bin": "A-01"}
    put_away(wro, StowLine(soap, 10, "A-02"))
    assert "What was to go to A-01 is stowed already." in text(client.post(address(), data))
    assert standing(soap) == {("A-02", ""): 10}


def test_one_wro_is_stowed_where_another_is_refused(client, world, wro, soap):
    second = received(world, line(soap, 2))
    shown = client.get(address()).context["tasks"]
    first, other = (one for one in shown if one.product == soap)
    data = form(client) | {f"{first.key}-bin": "A-01", f"{other.key}-bin": "DAMAGED"}
    answer = client.post(address(), data)
    assert said(answer) == ["10 × SOAP stowed in A-01."]
    assert "DAMAGED is a damaged area" in text(answer)
    (left,) = [one for one in answer.context["tasks"] if one.product == soap]
    assert (left.waiting.wro, left.typed_bin) == (second, "DAMAGED")
    assert standing(soap) == {("A-01", ""): 10, ("DOCK", ""): 2}


def test_a_lot_that_is_too_large_for_a_bin_is_several_tasks(client, world, soap):
    cube = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(10))
    update_product(product_id=soap.pk, fields=cube | {"zone": "B"}, **acting())
    for place in world.bins[:2]:
        fields = {"capacity_in3": 4000, "zone": "B"}
        update_location(location_id=place.pk, fields=fields, **acting())
    received(world, line(soap, 10))
    assert tasks(client) == [("A-01", "SOAP", 4), ("A-02", "SOAP", 4), (None, "SOAP", 2)]
    assert "No empty bin in zone B has room: add one, or name a bin." in text(client.get(address()))
    stuck = client.get(address()).context["tasks"][-1].key
    answer = client.post(
        address(), form(client) | {f"{stuck}-bin": "A-01", f"{stuck}-quantity": "5"}
    )
    message = "A-01 has room for 4 units of SOAP, not for 5: choose another bin, or say why"
    assert message in text(answer)
    client.post(address(), form(client) | {f"{stuck}-bin": "A-03"})  # no bin is suggested
    assert standing(soap) == {("A-03", ""): 2, ("DOCK", ""): 8}


def test_the_number_of_queries_does_not_grow(client, world, wro, vitamin, soap):
    def queries() -> int:
        with CaptureQueriesContext(connection) as done:
            client.get(address())
        return len(done)

    client.get(address())
    few = queries()
    for number in range(4):
        received(world, line(world.product(f"P{number}"), 5), line(soap, 1))
    assert len(waiting_at(world.warehouse, house())) == 11
    assert queries() == few


@pytest.mark.parametrize(("group", "see", "stow"), [(ASSOCIATE, 200, 302), (BILLING, 200, 403)])
def test_who_may_stow(world, wro, soap, client, group, see, stow):
    groups = {one.name: one for one in set_up_groups()}
    user = User.objects.create_user("worker", password="correct horse", is_staff=True)
    user.groups.add(groups[group])
    data = form(client, scan="A-01")
    browser = Client()
    browser.force_login(user)
    answer = browser.get(address())
    assert answer.status_code == see
    assert ('name="scan"' in text(answer)) == (stow == 302)
    assert browser.post(address(), data).status_code == stow


def test_an_empty_dock_says_what_to_do(client, world):
    assert "Nothing waits at any dock." in text(client.get(address()))
    assert "Nothing waits at the docks of CHI." in text(client.get(address(), {"at": "CHI"}))
    answer = client.post(address(), {"scan": "A-01"})
    assert answer.status_code == 200
