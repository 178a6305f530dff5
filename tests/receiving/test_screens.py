"""The screens of WROs, as a browser without scripts uses them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Posting
from inventory.services.places import update_location
from inventory.services.products import update_product
from merchants.groups import ASSOCIATE, MERCHANT_CARE, set_up_groups
from merchants.models import User
from receiving.models import WRO
from receiving.services import Count, StowLine
from tests.builders import acting, house, make_lot, make_merchant, make_product, put
from tests.receiving.builders import (
    NEXT_YEAR,
    arrived,
    count,
    counters,
    discrepancies,
    draft,
    line,
    put_away,
    received,
    standing,
    submitted,
)

SOON = date(2026, 10, 31)


@pytest.fixture
def client(world) -> Client:
    client = Client()
    client.force_login(house())
    return client


def url(name: str, wro: WRO | None = None) -> str:
    return reverse(f"admin:receiving_wro_{name}", args=[wro.pk] if wro else [])


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def said(answer: Any) -> list[str]:
    """The messages that the page after a redirect shows."""
    return [str(message) for message in answer.context["messages"]]


# A draft in four steps ----------------------------------------------------------------------------


def test_a_wro_is_written_in_four_steps(client, world, vitamin, soap):
    asked = {
        "merchant": world.merchant.pk,
        "warehouse": world.warehouse.pk,
        "package_type": "pallet",
        "reference": "PO-7",
        "expected_arrival_on": "2026-06-09",
    }
    answer = client.post(url("add"), asked)
    wro = WRO.objects.get()
    assert answer.url == url("products", wro)

    lots = {
        "line-0-product": vitamin.pk,
        "line-0-quantity": "160",
        "line-0-lot-0-number": " VC-A ",
        "line-0-lot-0-expires_on": "2026-10-31",
        "line-0-lot-0-quantity": "100",
        "line-0-lot-1-number": "",
        "line-0-lot-1-expires_on": "2027-06-01",
        "line-0-lot-1-quantity": "60",
        "line-1-product": soap.pk,
        "line-1-quantity": "12",
        "do": "next",
    }
    assert client.post(url("products", wro), lots).url == url("boxes", wro)
    boxes = {"count": "3", "tracking_numbers": "1Z1\r\n\r\n1Z3\r\n", "do": "next"}
    assert client.post(url("boxes", wro), boxes).url == url("review", wro)
    page = shown(client.get(url("review", wro)))
    assert "<dt>Pallet 1 of 3</dt> <dd>1Z1</dd>" in page
    assert "<dt>Pallet 2 of 3</dt> <dd>No tracking number</dd>" in page
    assert "VC-A" in page
    answer = client.post(url("review", wro), follow=True)
    assert said(answer) == [f"{wro.number} is submitted: the warehouse expects it."]

    wro.refresh_from_db()
    assert (wro.status, wro.reference, wro.package_type) == ("awaiting", "PO-7", "pallet")
    assert counters(wro) == {
        "VITAMIN VC-A": (100, 0, 0),
        "VITAMIN expiring 2027-06-01": (60, 0, 0),
        "SOAP": (12, 0, 0),
    }


def test_a_draft_is_left_and_taken_up_again(client, world, soap):
    wro = draft(world, line(soap, 5), reference="PO-1")
    change = {"warehouse": world.warehouse.pk, "package_type": "box", "reference": "PO-2"}
    answer = client.post(url("details", wro), {**change, "do": "save"}, follow=True)
    assert said(answer) == [f"{wro.number} is saved as a draft."]
    assert "Review and submit" in shown(answer)
    assert "Last saved 2026-06-01 09:00" in shown(answer)
    assert 'value="PO-2"' in shown(client.get(url("details", wro)))
    assert 'value="5"' in shown(client.get(url("products", wro)))
    assert client.get(url("continue", wro)).url == url("boxes", wro)
    assert client.get(url("continue", draft(world))).url == url(
        "products", WRO.objects.latest("id")
    )


def press(client: Client, wro: WRO, do: str, **typed: Any) -> Any:
    """What the table looks like after one of its buttons; nothing may be written by it."""
    before = WRO.objects.with_contents().get(pk=wro.pk).lines.count()
    answer = client.post(url("products", wro), {**typed, "do": do})
    assert answer.status_code == 200
    assert wro.lines.count() == before
    return answer.context["editor"]


@pytest.mark.parametrize("words", ["vitamin", "VITAMIN", " Vita "])
def test_a_product_is_found_by_sku_and_name(client, world, vitamin, soap, words):
    editor = press(client, draft(world), "find", find=words)
    assert [(row.product, len(row.lots)) for row in editor.rows] == [(vitamin, 1)]
    assert editor.focus == "line-0-quantity"


def test_a_product_is_found_by_id(client, world, soap):
    editor = press(client, draft(world), "find", find=str(soap.pk))
    assert [(row.product, row.lots) for row in editor.rows] == [(soap, [])]


def test_of_several_matches_one_is_picked(client, world):
    small, large = world.product("SOAP-S"), world.product("SOAP-L")
    wro = draft(world)
    editor = press(client, wro, "find", find="soap")
    assert editor.rows == []
    assert editor.search.matches == [large, small]
    editor = press(client, wro, f"pick:{small.pk}", find="soap")
    assert [row.product for row in editor.rows] == [small]


def test_what_is_not_there_is_not_found(client, world):
    theirs = make_product(make_merchant("GLOW"), "CREAM")
    wro = draft(world)
    assert press(client, wro, "find", find="cream").errors == [
        "No product of Acme matches “cream”."
    ]
    assert press(client, wro, f"pick:{theirs.pk}").rows == []
    assert press(client, wro, "find", find="").errors == []


def test_lots_come_and_go_and_nothing_typed_is_lost(client, world, vitamin, soap):
    wro = draft(world)
    typed = {
        "line-0-product": vitamin.pk,
        "line-0-quantity": "10",
        "line-0-lot-0-number": "A",
        "line-0-lot-0-quantity": "x",
        "line-1-product": soap.pk,
        "line-1-quantity": "3",
    }

    def table(do: str) -> list[Any]:
        editor = press(client, wro, do, **typed)
        return [(row.quantity, [lot.number for lot in row.lots]) for row in editor.rows]

    assert table("add-lot:0") == [("10", ["A", ""]), ("3", [])]
    assert table("remove-lot:0:0") == [("10", []), ("3", [])]
    assert table("remove-line:0") == [("3", [])]
    for nonsense in (
        "remove-line:9",
        "add-lot:9",
        "remove-lot:9:9",
        "fly",
        "pick:x",
        "remove-line",
    ):
        assert table(nonsense) == [("10", ["A"]), ("3", [])]
    assert press(client, wro, f"pick:{soap.pk}", **typed).errors == ["SOAP is in the list already."]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "Add at least one product."),
        ({"quantity": ""}, "Say how many units."),
        ({"quantity": "1.5"}, "“1.5” is not a whole number of units from 1."),
        ({"quantity": "0"}, "“0” is not a whole number of units from 1."),
        ({"quantity": "99999999"}, "“99999999” is not a whole number of units from 1."),
        ({"lot-0-expires_on": "31.10.2026"}, "“31.10.2026” is not a date such as 2027-06-30."),
        ({"lot-0-expires_on": "0026-10-31"}, "“0026-10-31” is not a date such as 2027-06-30."),
        ({"lot-0-quantity": "9"}, "The lots of VITAMIN have 9 units, the line 10."),
        ({"lot-0-number": ""}, "A lot of VITAMIN needs a lot number or an expiry date."),
    ],
)
def test_bad_input_stays_in_the_form_with_its_message(client, world, vitamin, typed, message):
    wro = draft(world)
    good = {"quantity": "10", "lot-0-number": "A", "lot-0-quantity": "10"}
    data = {f"line-0-{name}": value for name, value in (good | typed).items()}
    data |= {"line-0-product": vitamin.pk} if typed else {}
    answer = client.post(url("products", wro), {**data, "do": "next"})
    page = shown(answer)
    assert message in page
    assert wro.lines.count() == 0


def test_a_refused_detail_is_shown_at_its_field(client, world):
    draft(world, reference="PO-1")
    asked = {"merchant": world.merchant.pk, "warehouse": world.warehouse.pk, "package_type": "box"}
    answer = client.post(url("add"), {**asked, "reference": "PO-1"})
    assert list(answer.context["form"].errors) == ["reference"]
    other = draft(world)
    answer = client.post(url("details", other), {**asked, "reference": "PO-1"})
    assert list(answer.context["form"].errors) == ["reference"]
    assert WRO.objects.filter(reference="PO-1").count() == 1


def test_a_refused_submission_is_shown(client, world, vitamin):
    wro = draft(world, line(vitamin, 5, ("VC-A", SOON, 5)))
    make_lot(vitamin, "VC-A", NEXT_YEAR)
    assert "correct one of them" in shown(client.post(url("review", wro)))
    wro.refresh_from_db()
    assert wro.status == "draft"


def test_only_a_draft_has_steps(client, world, soap):
    wro = submitted(world, line(soap, 5))
    for step in ("details", "products", "boxes", "review"):
        answer = client.post(url(step, wro), follow=True)
        assert said(answer) == [f"{wro.number} is awaiting: it cannot be changed now."]


def test_the_search_box_suggests_products_of_the_merchant(client, world, vitamin, soap):
    make_product(make_merchant("GLOW"), "VITAMIN-GLOW")
    wro = draft(world)
    answer = client.get(url("find_product", wro), {"q": "vita\x00"})
    assert answer.json() == {
        "results": [{"id": vitamin.pk, "sku": "VITAMIN", "name": "Vitamin", "is_lot_product": True}]
    }
    assert client.get(url("find_product", wro)).json() == {"results": []}


# The floor ----------------------------------------------------------------------------------------


def test_it_arrives_by_one_button(client, world, soap):
    wro = submitted(world, line(soap, 5))
    assert client.get(url("arrive", wro)).status_code == 405
    answer = client.post(url("arrive", wro), follow=True)
    assert said(answer) == [f"{wro.number} has arrived: count what it brought."]
    answer = client.post(url("arrive", wro), follow=True)
    assert said(answer) == [
        f"{wro.number} is arrived: only while awaiting can it be marked as arrived."
    ]


@pytest.fixture
def wro(world, vitamin, soap):
    """100 of lot VC-A and 10 without lots: at the door."""
    return arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)), line(soap, 10))


def supply_ids(wro: WRO) -> list[int]:
    return [supply.pk for one in wro.lines.all() for supply in one.supplies]


def test_the_receipt_is_filled_in_with_what_is_expected(client, wro, vitamin):
    editor = client.get(url("receive", wro)).context["editor"]
    assert [(one.good, one.damaged) for one in editor.rows] == [("100", "0"), ("10", "0")]
    count(wro, Count(vitamin, 30, "VC-A"))
    editor = client.get(url("receive", wro)).context["editor"]
    assert [(one.good, one.damaged) for one in editor.rows] == [("70", "0"), ("10", "0")]


def test_what_is_counted_is_received(client, wro, vitamin, soap):
    first, second = supply_ids(wro)
    data = {
        f"supply-{first}-good": "90",
        f"supply-{first}-damaged": "4",
        f"supply-{second}-good": "",
        f"supply-{second}-damaged": "0",
        "extra-0-product": vitamin.pk,
        "extra-0-number": "VC-X",
        "extra-0-expires_on": "2027-06-01",
        "extra-0-good": "3",
        "extra-0-damaged": "",
        "do": "save",
    }
    answer = client.post(url("receive", wro), data, follow=True)
    assert said(answer) == [f"97 units of {wro.number} are received."]
    assert standing(vitamin) == {
        ("DOCK", "VC-A"): 90,
        ("DAMAGED", "VC-A"): 4,
        ("QUARANTINE", "VC-X"): 3,
    }
    assert standing(soap) == {}
    assert "Lot mismatch" in shown(answer)


def test_lots_that_nobody_announced_are_added_to_the_receipt(client, world, wro, vitamin):
    oil = world.product("OIL")

    def extras(do: str, **typed: Any) -> list[Any]:
        answer = client.post(url("receive", wro), {**typed, "do": do})
        return [(one.product.sku, one.number) for one in answer.context["editor"].extras]

    assert extras(f"add-lot:{vitamin.pk}") == [("VITAMIN", "")]
    assert extras("find", find="oil") == [("OIL", "")]
    assert extras("find", find="nothing") == []
    assert extras("fly") == []
    typed = {"extra-0-product": oil.pk, "extra-1-product": vitamin.pk, "extra-1-number": "A"}
    assert extras("remove-extra:0", **typed) == [("VITAMIN", "A")]
    assert extras("remove-extra:7", **typed) == [("OIL", ""), ("VITAMIN", "A")]
    assert counters(wro)["VITAMIN VC-A"] == (100, 0, 0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Count at least one unit."),
        ({"good": "-1"}, "“-1” is not a whole number of units from 0."),
        ({"extra": "many"}, "“many” is not a whole number of units from 0."),
        ({"extra": "1", "number": "x" * 65}, "A lot number has at most 64 characters."),
    ],
)
def test_a_count_that_cannot_be_read(client, wro, vitamin, data, message):
    sent = {f"supply-{supply_ids(wro)[0]}-good": data.get("good", "0"), "do": "save"}
    if "extra" in data:
        number = data.get("number", "A")
        sent |= {"extra-0-product": vitamin.pk, "extra-0-number": number}
        sent |= {"extra-0-good": data["extra"]}
    assert message in shown(client.post(url("receive", wro), sent))
    assert counters(wro)["VITAMIN VC-A"] == (100, 0, 0)


def test_the_stow_form_suggests_a_bin_and_says_why(client, world, vitamin, soap):
    world.stock_lot(vitamin, "VC-A", SOON, 5, bin=4)
    lots = [("VC-A", SOON, 6), ("VC-B", NEXT_YEAR, 4)]
    wro = received(world, line(vitamin, 10, *lots))
    page = shown(client.get(url("stow", wro)))
    assert "A-05 holds it already" in page
    assert "A-04 is empty, the nearest to A-05 where the product stands" in page
    first, second = supply_ids(wro)
    data = {
        f"supply-{first}-0-quantity": "4",
        f"supply-{first}-0-location": "A-05",
        f"supply-{first}-1-quantity": "2",
        f"supply-{first}-1-location": "A-06",
        f"supply-{second}-0-quantity": "",
        f"supply-{second}-0-location": "A-01",
        "do": "save",
    }
    editor = client.post(url("stow", wro), {**data, "do": f"add-bin:{first}"}).context["editor"]
    assert [len(one.puts) for one in editor.rows] == [3, 1]
    editor = client.post(url("stow", wro), {**data, "do": f"remove-bin:{first}:0"}).context[
        "editor"
    ]
    assert [[put.location for put in one.puts] for one in editor.rows] == [["A-06"], ["A-01"]]
    client.post(url("stow", wro), {**data, "do": "add-bin:0"})
    page = shown(client.post(url("stow", wro), data))
    assert "A-06 is not the bin that is suggested: say why the units go there." in page
    assert standing(vitamin)["DOCK", "VC-A"] == 6
    page = shown(client.post(url("stow", wro), {**data, "reason": "x" * 501}))
    assert "Say it in at most 500 characters." in page
    data["reason"] = "A-05 is being repaired."
    answer = client.post(url("stow", wro), data, follow=True)
    assert said(answer) == [f"6 units of {wro.number} are stowed."]
    posting = Posting.objects.order_by("-id").first()
    assert (posting.kind, posting.reason) == ("stow", "A-05 is being repaired.")
    assert standing(vitamin) == {
        ("A-05", "VC-A"): 9,
        ("A-06", "VC-A"): 2,
        ("DOCK", "VC-B"): 4,
    }


def test_the_stow_form_splits_what_is_too_much_for_one_bin(client, world, soap):
    cube = dict.fromkeys(("length_in", "width_in", "height_in"), Decimal(10))
    update_product(product_id=soap.pk, fields=cube, **acting())
    for place in world.bins:
        update_location(location_id=place.pk, fields={"capacity_in3": 4000}, **acting())
    for place in world.bins[3:]:
        put(world.product(f"P-{place.name}"), place, 1)
    wro = received(world, line(soap, 14))
    answer = client.get(url("stow", wro))
    (row,) = answer.context["editor"].rows
    assert [(put.quantity, put.location) for put in row.puts] == [
        ("4", "A-01"),
        ("4", "A-02"),
        ("4", "A-03"),
        ("2", ""),
    ]
    page = shown(answer)
    assert "A-01 is empty, fits 4" in page
    assert "No bin is free for 2 more: add one first" in page
    name = f"supply-{supply_ids(wro)[0]}"
    data = {f"{name}-0-quantity": "5", f"{name}-0-location": "A-01", "do": "save"}
    message = "A-01 has room for 4 units of SOAP, not for 5: choose another bin, or say why"
    assert message in shown(client.post(url("stow", wro), data))
    assert standing(soap) == {("DOCK", ""): 14}


def test_a_bin_that_was_suggested_when_the_page_was_opened_needs_no_reason(client, world, soap):
    wro = received(world, line(soap, 10))
    name = f"supply-{supply_ids(wro)[0]}"
    put(world.product("OTHER"), world.bins[0], 1)  # meanwhile somebody else fills it
    data = {
        f"{name}-suggested": "A-01",
        f"{name}-0-quantity": "10",
        f"{name}-0-location": "A-01",
        "do": "save",
    }
    answer = client.post(url("stow", wro), data, follow=True)
    assert said(answer) == [f"10 units of {wro.number} are stowed."]


@pytest.mark.parametrize(
    ("quantity", "location", "message"),
    [
        ("", "A-01", "Say how many units go into which bin."),
        ("5", "", "Name the bin."),
        ("x", "A-01", "“x” is not a whole number of units from 0."),
        ("5", "B-99", "There is no location B-99 in the warehouse of WRO-"),
        ("5", "DAMAGED", "DAMAGED is a damaged area"),
        ("11", "A-01", "10 units of SOAP wait at the dock for this WRO: no more can be stowed."),
    ],
)
def test_what_cannot_be_stowed(client, world, soap, quantity, location, message):
    wro = received(world, line(soap, 10))
    name = f"supply-{supply_ids(wro)[0]}-0"
    data = {f"{name}-quantity": quantity, f"{name}-location": location, "do": "save"}
    assert message in shown(client.post(url("stow", wro), data))
    assert standing(soap) == {("DOCK", ""): 10}


def test_completion_asks_first_and_says_what_is_short(client, world, soap):
    wro = received(world, line(soap, 100))
    page = shown(client.get(url("complete", wro)))
    assert "100 units still wait at the dock: stow them first." in page
    answer = client.post(url("complete", wro))
    assert "still wait at the dock" in str(answer.context["form"].errors)
    put_away(wro, StowLine(soap, 100, "A-01"))
    assert "Nothing more is expected" in shown(client.get(url("complete", wro)))
    answer = client.post(url("complete", wro), follow=True)
    assert said(answer) == [f"{wro.number} is completed."]

    short = arrived(world, line(soap, 100))
    page = shown(client.get(url("complete", short)))
    assert "100 units never came." in page
    assert "Complete it short" in page
    answer = client.post(url("complete", short), follow=True)
    assert said(answer) == [f"{short.number} is completed, with units missing."]
    assert discrepancies(short) == [("short", "SOAP", "", 100)]


def test_cancelling_asks_first(client, world, soap):
    wro = submitted(world, line(soap, 5))
    assert "The warehouse will no longer expect its units." in shown(client.get(url("cancel", wro)))
    answer = client.post(url("cancel", wro), follow=True)
    assert said(answer) == [f"{wro.number} is cancelled."]


@pytest.mark.parametrize("verb", ["receive", "stow", "complete", "cancel"])
def test_what_cannot_be_done_now_leads_back_to_the_page(client, world, soap, verb):
    wro = arrived(world, line(soap, 5)) if verb in ("stow", "cancel") else draft(world)
    answer = client.get(url(verb, wro), follow=True)
    assert "now." in said(answer)[0]


# Who, and the list --------------------------------------------------------------------------------


def of_group(name: str) -> Client:
    set_up_groups()
    user = User.objects.create_user(name, password="x", is_staff=True)
    user.groups.set(user.groups.model.objects.filter(name=name))
    client = Client()
    client.force_login(user)
    return client


def test_the_floor_works_and_care_writes(world, soap, wro):
    floor, care = of_group(ASSOCIATE), of_group(MERCHANT_CARE)
    written = draft(world, line(soap, 5))
    assert floor.get(url("receive", wro)).status_code == 200
    assert floor.get(url("products", written)).status_code == 403
    assert floor.get(url("add")).status_code == 403
    assert care.get(url("products", written)).status_code == 200
    nobody = Client()
    nobody.force_login(User.objects.create_user("nobody", is_staff=True))
    assert nobody.get(url("change", wro)).status_code == 403


def test_no_such_wro(client):
    for path in ("999/change/", "abc/change/", "999/receive/"):
        assert client.get(f"/admin/receiving/wro/{path}").status_code == 404


def test_the_page_keeps_expected_received_and_stowed_apart(client, wro, vitamin, soap):
    count(wro, Count(vitamin, 111, "VC-A"), Count(soap, 10, is_damaged=True))
    put_away(wro, StowLine(vitamin, 60, "A-01", "VC-A"))
    answer = client.get(url("change", wro))
    found = {
        str(row.lot or row.product): (row.expected, row.received, row.stowed, row.at_dock)
        for row in answer.context["rows"]
    }
    assert found == {"VC-A": (100, 111, 71, 40), "SOAP": (10, 10, 10, 0)}
    assert "11 more" in shown(answer)
    assert acting()["now"].strftime("%Y-%m-%d %H:%M") in shown(answer)
