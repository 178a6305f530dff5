"""The label of one lot: its screen and its route."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.gs1 import read
from inventory.models import Lot
from tests.builders import World, make_lot, make_merchant, make_world
from tests.inventory.admin import browser, html, member_of, page
from tests.inventory.label_reading import codes_on, texts_on
from tests.merchants.api import assert_problem, caller, errors_of

GTIN = "9506000134352"
SOON = date(2026, 10, 31)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def lot(world: World) -> Lot:
    return make_lot(world.lot_product("VITAMIN", barcode=GTIN), "VC-A", SOON, date_kind="use_by")


def scans(pdf: bytes) -> set[tuple[Any, ...]]:
    read_codes = (read(code.scanned, year=2026) for codes in codes_on(pdf) for code in codes)
    return {(one.gtin, one.lot_number, one.expires_on, one.quantity) for one in read_codes}


def test_it_works(lot):
    answer = browser().get(page("lot_label", lot.pk), {"units": "24", "copies": "3"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'inline; filename="VITAMIN VC-A.pdf"'
    assert scans(answer.content) == {(f"0{GTIN}", "VC-A", SOON, 24)}
    texts = texts_on(answer.content)
    assert len(texts) == 3
    assert "24 units" in texts[0]
    assert "USE BY" in texts[0]


def test_the_label_of_a_unit_tells_no_count(lot):
    answer = browser().get(page("lot_label", lot.pk), {"units": "", "copies": "1"})
    assert scans(answer.content) == {(f"0{GTIN}", "VC-A", SOON, None)}


def test_the_screen_says_what_the_codes_will_tell(world, lot):
    shown = html(browser().get(page("lot_label", lot.pk)))
    assert f"(01)0{GTIN}(17)261031(10)VC-A" in shown
    plain = make_lot(world.lot_product("PLAIN"), "VC-A", SOON)
    shown = html(browser().get(page("lot_label", plain.pk)))
    assert "Plain codes of the lot number, because the product has no barcode." in shown
    nameless = make_lot(plain.product, "", SOON)
    assert "None, because the product has no barcode." in html(
        browser().get(page("lot_label", nameless.pk))
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"copies": "0"}, "greater than or equal to 1"),
        ({"copies": "1001"}, "less than or equal to 1000"),
        ({"copies": ""}, "This field is required."),
        ({"copies": "1", "units": "-3"}, "greater than or equal to 1"),
        ({"copies": "1", "units": "many"}, "Enter a whole number."),
    ],
)
def test_what_cannot_be_printed_is_said_at_its_field(lot, asked, said):
    answer = browser().get(page("lot_label", lot.pk), asked)
    assert said in html(answer)


def test_the_lots_page_leads_there(lot):
    client = member_of("associate")
    assert page("lot_label", lot.pk) in html(client.get(page("lot_change", lot.pk)))
    assert client.get(page("lot_label", lot.pk)).status_code == 200


def test_who_may_not_see_lots_prints_none(lot, django_user_model):
    user = django_user_model.objects.create_user("new", password="x", is_staff=True)
    assert browser(user).get(page("lot_label", lot.pk)).status_code == 403


def test_over_the_api_by_default_one_of_a_unit(world, lot):
    merchant = caller(world.merchant)
    answer = merchant.get(f"lots/{lot.pk}/label/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert (len(texts_on(answer.content)), scans(answer.content)) == (
        1,
        {(f"0{GTIN}", "VC-A", SOON, None)},
    )
    answer = merchant.get(f"lots/{lot.pk}/label/?units=24&copies=2")
    assert (len(texts_on(answer.content)), scans(answer.content)) == (
        2,
        {(f"0{GTIN}", "VC-A", SOON, 24)},
    )


def test_the_api_reads_its_parameters_strictly(world, lot):
    merchant = caller(world.merchant)
    for query, error in (
        ("copies=0", ("copies", "invalid")),
        ("copies=1001", ("copies", "invalid")),
        ("units=1.5", ("units", "invalid")),
        ("units=100000000", ("units", "invalid")),
        ("copies=", ("copies", "blank")),
        ("size=4x6", ("size", "unknown_parameter")),
    ):
        assert errors_of(merchant.get(f"lots/{lot.pk}/label/?{query}")) == [error], query
    assert_problem(caller(make_merchant("OTHER")).get(f"lots/{lot.pk}/label/"), 404, "not_found")


def test_the_domain_of_the_digital_link_is_a_setting(lot, settings):
    settings.GS1_DIGITAL_LINK_DOMAIN = "https://lots.example"
    answer = browser().get(page("lot_label", lot.pk), {"copies": "1"})
    (codes,) = codes_on(answer.content)
    link = f"https://lots.example/01/0{GTIN}/10/VC-A?17=261031"
    assert link in {code.text for code in codes}
