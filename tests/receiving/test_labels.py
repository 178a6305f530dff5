"""Labels of a WRO and of its lots: in the admin, and over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.gs1 import read
from inventory.models import Lot
from receiving import labels
from receiving.models import WRO
from receiving.packing import AnnouncedBox, Packed
from receiving.services import announce_wro, cancel_wro
from tests.builders import World, acting, house, make_merchant
from tests.inventory.admin import member_of
from tests.inventory.label_reading import codes_on, size_of, texts_on
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.receiving.builders import NEXT_YEAR, draft, line, submitted

GTIN = "9506000134352"
SOON = date(2026, 10, 31)


@pytest.fixture
def vitamin(world: World) -> Any:
    return world.lot_product("VITAMIN", barcode=GTIN)


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


def in_boxes(world: World, boxes: list[AnnouncedBox], *lines: Any, **fields: Any) -> WRO:
    return announce_wro(
        merchant=world.merchant,
        fields={"warehouse": world.warehouse, **fields},
        lines=lines,
        boxes=boxes,
        **acting(),
    )


@pytest.fixture
def wro(world: World, vitamin: Any, soap: Any) -> WRO:
    """Two pallets with two lots of VITAMIN and SOAP without lots."""
    boxes = [
        AnnouncedBox("1Z1", (Packed(vitamin, 100, "VC-A", SOON), Packed(soap, 4))),
        AnnouncedBox("1Z2", (Packed(vitamin, 60, "", NEXT_YEAR), Packed(soap, 6))),
    ]
    lots = (("VC-A", SOON, 100), ("", NEXT_YEAR, 60))
    lines = [line(vitamin, 160, *lots), line(soap, 10)]
    named = {"package_type": "pallet", "purchase_order_number": "PO-7"}
    return in_boxes(world, boxes, *lines, **named)


def screen(name: str, wro: WRO) -> str:
    return reverse(f"admin:receiving_wro_{name}", args=[wro.pk])


def assert_pdf(answer: Any, name: str) -> bytes:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'inline; filename="{name}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    return bytes(answer.content)


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


# Boxes --------------------------------------------------------------------------------------------


def test_each_box_gets_its_label(client, wro):
    pdf = assert_pdf(client.get(screen("labels", wro)), f"{wro.number} boxes")
    first, second = texts_on(pdf)
    for text in (wro.number, "Pallet 1 of 2", "CHI", "Acme (ACME)", "PO-7", "1Z1"):
        assert text in first
    assert "100 × VITAMIN VC-A, 4 × SOAP" in first
    assert "60 × VITAMIN 2027-06-01, 6 × SOAP" in second
    found = [{code.text for code in page} for page in codes_on(pdf)]
    assert found == [{f"{wro.number}/1"}, {f"{wro.number}/2"}]
    assert size_of(pdf) == (100, 150)


def test_a_merchant_prints_them_over_the_api(merchant, wro):
    pdf = assert_pdf(merchant.get(f"wros/{wro.pk}/labels/"), f"{wro.number} boxes")
    assert [read(page[0].scanned, year=2026).box for page in codes_on(pdf)] == [1, 2]


def test_a_wro_without_boxes_gets_one_label(merchant, world, soap):
    wro = submitted(world, line(soap, 10))
    (page,) = codes_on(merchant.get(f"wros/{wro.pk}/labels/").content)
    assert {code.text for code in page} == {wro.number}


def test_the_labels_of_any_number_of_boxes_take_as_many_queries(merchant, world, soap):
    def queries(count: int) -> int:
        boxes = [AnnouncedBox(f"1Z{n}", (Packed(soap, 1),)) for n in range(count)]
        wro = in_boxes(world, boxes, line(soap, count))
        wro = WRO.objects.select_related("merchant", "warehouse").get(pk=wro.pk)
        with CaptureQueriesContext(connection) as captured:
            labels.labels_of_boxes(wro)
        return len(captured)

    assert queries(1) == queries(50) == 2


# Lots ---------------------------------------------------------------------------------------------


def test_each_announced_lot_gets_its_label(client, wro):
    pdf = assert_pdf(client.get(screen("lot_labels", wro)), f"{wro.number} lots")
    numbered, dated = codes_on(pdf)
    scans = [read(code.scanned, year=2026) for code in numbered]
    assert {(one.gtin, one.lot_number, one.expires_on) for one in scans} == {
        (f"0{GTIN}", "VC-A", SOON)
    }
    scans = [read(code.scanned, year=2026) for code in dated]
    assert {(one.gtin, one.lot_number, one.expires_on) for one in scans} == {
        (f"0{GTIN}", "", NEXT_YEAR)
    }
    assert f"{wro.number} · 100 units expected" in texts_on(pdf)[0]


def test_a_merchant_prints_lot_labels_over_the_api(merchant, wro):
    pdf = assert_pdf(merchant.get(f"wros/{wro.pk}/lot-labels/"), f"{wro.number} lots")
    assert len(texts_on(pdf)) == 2


def test_more_lots_than_one_pdf_holds_come_in_several(client, merchant, wro, monkeypatch):
    monkeypatch.setattr(labels, "MOST_LABELS", 1)
    monkeypatch.setattr("receiving.screens.labels.MOST_LABELS", 1)
    page = client.get(screen("lot_labels", wro))
    assert "Lots 2 to 2" in page.content.decode()
    second = texts_on(client.get(screen("lot_labels", wro) + "?page=2").content)
    assert second == texts_on(merchant.get(f"wros/{wro.pk}/lot-labels/?page=2").content)
    assert (len(second), "2027-06-01" in second[0]) == (1, True)
    refused = merchant.get(f"wros/{wro.pk}/lot-labels/?page=3")
    assert_problem(refused, 409, "nothing_to_label")
    back = client.get(screen("lot_labels", wro) + "?page=3", follow=True)
    assert said(back) == [f"{wro.number} has no lots to label on page 3."]


def test_a_wro_without_lots_says_so(client, merchant, world, soap):
    wro = submitted(world, line(soap, 10))
    assert_problem(merchant.get(f"wros/{wro.pk}/lot-labels/"), 409, "nothing_to_label")
    back = client.get(screen("lot_labels", wro), follow=True)
    assert said(back) == [f"{wro.number} has no lots to label on page 1."]


# Who and when -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["labels", "lot-labels"])
def test_drafts_and_cancelled_wros_have_no_labels(client, merchant, world, vitamin, name):
    lots = (("VC-A", SOON, 5),)
    begun = draft(world, line(vitamin, 5, *lots))
    ended = submitted(world, line(vitamin, 5, *lots))
    cancel_wro(wro_id=ended.pk, **acting())
    for wro, status in ((begun, "draft"), (ended, "cancelled")):
        assert_problem(merchant.get(f"wros/{wro.pk}/{name}/"), 409, "wrong_status")
        back = client.get(screen(name.replace("-", "_"), wro), follow=True)
        assert said(back) == [f"{wro.number} is {status}: labels are made once it is submitted."]
        assert "Box labels" not in back.content.decode()


@pytest.mark.parametrize("group", ["associate", "manager", "merchant care"])
def test_who_sees_a_wro_prints_its_labels(wro, group):
    client = member_of(group)
    page = client.get(screen("change", wro)).content.decode()
    for name in ("labels", "lot_labels"):
        assert screen(name, wro) in page
        assert client.get(screen(name, wro)).status_code == 200


def test_who_sees_no_wros_prints_none(wro, client, django_user_model):
    client.force_login(django_user_model.objects.create_user("new", password="x", is_staff=True))
    assert client.get(screen("labels", wro)).status_code == 403


def test_another_merchants_wro_and_lot_are_not_found(world, wro):
    stranger = caller(make_merchant("OTHER"))
    lot = Lot.objects.get(number="VC-A")
    for path in (f"wros/{wro.pk}/labels/", f"wros/{wro.pk}/lot-labels/", f"lots/{lot.pk}/label/"):
        assert_problem(stranger.get(path), 404, "not_found")


def test_parameters_are_read_strictly(merchant, wro):
    for page in ("0", "-1", "1.0", "x", "٢", "9" * 30):
        answer = merchant.get(f"wros/{wro.pk}/lot-labels/?page={page}")
        assert errors_of(answer) == [("page", "invalid")]
    answer = merchant.get(f"wros/{wro.pk}/labels/?page=1")
    assert errors_of(answer) == [("page", "unknown_parameter")]
