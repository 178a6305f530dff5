"""The screens of lot numbers: formats with their preview, draws, look-alikes, merges, papers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory.models import Lot, LotAttachment, LotFormat, SpentLotNumber
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.lot_numbers import create_lot_format
from merchants.models import User
from tests.builders import acting, make_lot, make_merchant, make_product, put, stands
from tests.inventory.admin import browser, member_of
from tests.receiving.builders import line, submitted

DAY = date(2027, 1, 31)


@pytest.fixture
def client(db):
    return member_of("manager")


def nobody() -> Any:
    """One of the staff who may do nothing yet."""
    return browser(User.objects.create_user("nobody", password="x", is_staff=True))


@pytest.fixture
def product(world):
    return world.lot_product("WLD01")


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:inventory_{name}", args=args)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# Formats ------------------------------------------------------------------------------------------

FORMAT = {"pattern": "{YY}{MM}-{BRAND}-{SEQ:3}", "date_means": "manufactured", "is_active": "on"}


def test_a_format_is_made_and_changed(client, world, product):
    form = FORMAT | {"merchant": world.merchant.pk, "product": product.pk, "brand": "LWX"}
    assert client.post(url("lotformat_add"), form).status_code == 302
    made = LotFormat.objects.get()
    assert (made.merchant, made.product, made.brand) == (world.merchant, product, "LWX")
    page = text(client.get(url("lotformat_change", made.pk)))
    assert "2606-LWX-001" in page
    assert "2606-LWX-002" in page
    assert client.post(url("lotformat_change", made.pk), FORMAT | {"brand": "X"}).status_code == 302
    made.refresh_from_db()
    assert (made.brand, made.product) == ("X", product)
    assert "WLD01" in text(client.get(url("lotformat_changelist")))


def test_a_format_that_cannot_be_is_shown_with_its_reason(client, world):
    other = make_product(make_merchant("OTHER"), "THEIRS")
    form = FORMAT | {"merchant": world.merchant.pk, "pattern": "{BRAND}{LINE}"}
    assert "cannot be told apart" in text(client.post(url("lotformat_add"), form))
    form = FORMAT | {"merchant": world.merchant.pk, "product": other.pk}
    assert "THEIRS is not one of ACME." in text(client.post(url("lotformat_add"), form))
    assert not LotFormat.objects.exists()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"pattern": "{YY}{MM}{DD}{LINE}", "try": "230815A"}, "made on 2023-08-15"),
        ({"pattern": "{YYYY}{MM}", "date_means": "expiry"}, "expires on 2026-06-30"),
        ({"pattern": "LOT-{SEQ:5}", "try": "LOT-00123"}, "LOT-00123 fits. It carries no whole"),
        ({"pattern": "LOT-{SEQ:5}", "try": "LOT-123"}, "LOT-123 does not fit"),
        ({"pattern": "{LINE}{BRAND}"}, "cannot be told apart"),
        ({"pattern": "<b>{SEQ:2}", "try": "<i>"}, "&lt;i&gt; does not fit"),
        ({}, "Without a token every lot"),
    ],
)
def test_the_preview(client, query, says):
    assert says in text(client.get(url("lotformat_preview"), query))


def test_formats_are_for_who_may_see_them(db):
    assert member_of("billing").get(url("lotformat_preview")).status_code == 200
    assert member_of("associate").get(url("lotformat_add")).status_code == 403
    assert nobody().get(url("lotformat_preview")).status_code == 403


# Draws --------------------------------------------------------------------------------------------


def test_a_drawn_number_opens_the_form_of_its_lot(client, world, product):
    fields = {"pattern": "{YY}{MM}{DD}{LINE}{SEQ:2}", "line": "A"}
    create_lot_format(merchant=world.merchant, product=None, fields=fields, **acting())
    assert "Draw a lot number" in text(client.get(url("lot_draw")))
    answer = client.post(url("lot_draw"), {"product": product.pk, "line": "B"})
    number = "260601B01"
    assert answer["Location"] == (
        f"{url('lot_add')}?product={product.pk}&number={number}&manufactured_on=2026-06-01"
    )
    page = text(client.get(answer["Location"]))
    assert f'value="{number}"' in page
    assert f"{number} is drawn" in page
    assert SpentLotNumber.objects.get().number == number


def test_a_draw_that_is_refused_says_why(client, product):
    page = text(client.post(url("lot_draw"), {"product": product.pk}))
    assert "There is no lot number format for WLD01." in page
    assert member_of("billing").get(url("lot_draw")).status_code == 403


def test_the_dock_draws_a_number_for_boxes_without_one(world, product):
    fields = {"pattern": "IN-{SEQ:3}"}
    create_lot_format(merchant=world.merchant, product=None, fields=fields, **acting())
    client = member_of("associate")
    answer = client.post(url("lot_draw") + f"?product={product.pk}", {"product": product.pk})
    assert answer["Location"] == url("lot_draw") + f"?product={product.pk}"
    assert "IN-001 is drawn: nobody else gets it." in text(client.get(answer["Location"]))


# Look-alikes --------------------------------------------------------------------------------------


def test_a_look_alike_is_asked_about(client, product):
    make_lot(product, "VC-01")
    form = {"product": product.pk, "number": "VC-O1", "date_kind": "best_before", "is_active": "on"}
    assert "confirm_new" not in text(client.get(url("lot_add")))
    page = text(client.post(url("lot_add"), form))
    assert "VC-O1 looks like the lot VC-01." in page
    assert "It is a different lot" in page
    assert Lot.objects.count() == 1
    assert client.post(url("lot_add"), form | {"confirm_new": "on"}).status_code == 302
    made = Lot.objects.get(number="VC-O1")
    changed = form | {"number": "VC.01", "supplier": "Roquette", "production_run": "R1"}
    assert "confirm_new" in text(client.post(url("lot_change", made.pk), changed))
    answer = client.post(url("lot_change", made.pk), changed | {"confirm_new": "on"})
    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.number, made.supplier, made.production_run) == ("VC.01", "Roquette", "R1")


# Merges -------------------------------------------------------------------------------------------


@pytest.fixture
def pair(world, product) -> tuple[Lot, Lot]:
    good, typed = make_lot(product, "VC-01", DAY), make_lot(product, "VC-O1", DAY)
    put(product, world.bins[0], 5, typed)
    put(product, world.bins[1], 7, good)
    return typed, good


def test_a_merge_is_shown_then_done(client, product, pair):
    typed, good = pair
    path = url("lot_merge", typed.pk)
    assert "Show what it would do" in text(client.get(path))
    form = {"target": good.pk, "expiry": "", "reason": "O for 0."}
    page = text(client.post(path, form))
    assert "5 units of <strong>VC-O1</strong> become units of <strong>VC-01</strong>" in page
    assert "A-01" in page
    assert stands(product) == {("A-01", "VC-O1"): (5, 0), ("A-02", "VC-01"): (7, 0)}
    answer = client.post(path, form | {"confirmed": "yes"})
    assert answer["Location"] == url("lot_change", good.pk)
    assert stands(product) == {("A-01", "VC-01"): (5, 0), ("A-02", "VC-01"): (7, 0)}
    page = text(client.get(answer["Location"]))
    assert "5 units are now of VC-01; VC-O1 is its alias." in page
    assert "Also known as" in page
    old = text(client.get(url("lot_change", typed.pk)))
    assert "This is an old number of" in old
    assert url("lot_merge", typed.pk) not in old
    assert 'name="_save"' not in old


def test_a_merge_asks_which_expiry_stays(client, product, pair):
    typed, _ = pair
    later = make_lot(product, "OTHER", date(2027, 3, 1))
    page = text(client.post(url("lot_merge", typed.pk), {"target": later.pk}))
    assert "say which one stays" in page
    form = {"target": later.pk, "expiry": "target", "confirmed": "yes"}
    assert client.post(url("lot_merge", typed.pk), form).status_code == 302


def test_who_may_not_change_lots_may_not_merge(pair):
    typed, _ = pair
    assert member_of("associate").get(url("lot_merge", typed.pk)).status_code == 403


# The registry -------------------------------------------------------------------------------------


def test_the_list_finds_a_lot_in_many_ways(client, world, product, pair):
    typed, good = pair
    merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    lot = make_lot(product, "B-7", supplier="Roquette", production_run="R-2026-11")
    wro = submitted(world, line(product, 3, ("B-7", None, 3)))
    for words, found in {
        "roq": {lot},
        "r-2026": {lot},
        wro.number.lower(): {lot},
        "vc-o1": {typed, good},
        "vc-01": {good},
        "nothing": set(),
    }.items():
        answer = client.get(url("lot_changelist"), {"q": words})
        assert set(answer.context["cl"].result_list) == found, words


# Papers -------------------------------------------------------------------------------------------


def test_a_paper_is_kept_and_handed_out(client, product):
    lot = make_lot(product, "B-7")
    path = url("lot_attach", lot.pk)
    assert 'enctype="multipart/form-data"' in text(client.get(path))
    form = {"kind": "certificate", "note": "By post"}
    wrong = SimpleUploadedFile("coa.pdf", b"<html>")
    assert "The file is none of" in text(client.post(path, form | {"file": wrong}))
    paper = SimpleUploadedFile("coa.pdf", b"%PDF-1.7")
    assert client.post(path, form | {"file": paper}).status_code == 302
    made = LotAttachment.objects.get()
    page = text(client.get(url("lot_change", lot.pk)))
    assert url("lot_paper", made.pk) in page
    answer = member_of("associate").get(url("lot_paper", made.pk))
    assert (answer.content, answer["Content-Disposition"]) == (
        b"%PDF-1.7",
        'attachment; filename="coa.pdf"',
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert nobody().get(url("lot_paper", made.pk)).status_code == 403
    assert client.get(url("lot_paper", made.pk + 1)).status_code == 404


def test_the_floor_may_add_papers_and_billing_may_not(product):
    lot = make_lot(product, "B-7")
    assert member_of("associate").get(url("lot_attach", lot.pk)).status_code == 200
    assert member_of("billing").get(url("lot_attach", lot.pk)).status_code == 403
