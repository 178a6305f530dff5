"""Step 3 of a draft, a copy, and what a draft still lacks: as a browser without scripts sees it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from receiving.models import WRO
from receiving.packing import AnnouncedBox, Packed
from receiving.services import update_wro
from receiving.services.boxes import announced_boxes
from tests.builders import World, acting, house
from tests.receiving.builders import NEXT_YEAR, draft, line, submitted

ALL = {"VITAMIN VC-A": 100, "VITAMIN expiring 2027-06-01": 61, "SOAP": 25}


@pytest.fixture
def client(world) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def wro(world, vitamin, soap) -> WRO:
    lots = [("VC-A", NEXT_YEAR, 100), ("", NEXT_YEAR, 61)]
    return draft(world, line(vitamin, 161, *lots), line(soap, 25))


def url(name: str, wro: WRO) -> str:
    return reverse(f"admin:receiving_wro_{name}", args=[wro.pk])


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def typed(editor: Any) -> dict[str, str]:
    """What a browser sends of the page as it shows it."""
    data = {"count": editor.count}
    for place, box in enumerate(editor.rows):
        data[f"box-{place}-tracking"] = box.tracking
        data[f"box-{place}-was"] = box.was
        for row, one in enumerate(box.contents):
            data[f"box-{place}-row-{row}-what"] = one.token
            data[f"box-{place}-row-{row}-quantity"] = one.quantity
    return data


class Page:
    """The page of the boxes, worked on button by button."""

    def __init__(self, client: Client, wro: WRO) -> None:
        self.client, self.wro = client, wro
        self.answer = client.get(url("boxes", wro))

    @property
    def editor(self) -> Any:
        return self.answer.context["editor"]

    def press(self, do: str, **changed: str) -> Page:
        data = {**typed(self.editor), **changed, "do": do}
        self.answer = self.client.post(url("boxes", self.wro), data)
        return self

    def boxes(self) -> list[dict[str, str]]:
        return [{str(one.what): one.quantity for one in box.contents} for box in self.editor.rows]

    def left(self) -> dict[str, int]:
        return {str(one.what): one.left for one in self.editor.to_pack}


def packed(wro: WRO) -> list[tuple[str, dict[str, int]]]:
    return [
        (box.tracking_number or "", {str(one): one.quantity for one in box.contents or ()})
        for box in announced_boxes(wro)
    ]


def test_everything_in_one_box(client, wro):
    page = Page(client, wro).press("rest:0")
    assert page.left() == dict.fromkeys(ALL, 0)
    assert page.press("next", **{"box-0-tracking": " 1Z1 "}).answer.url == url("review", wro)
    assert packed(wro) == [("1Z1", ALL)]


def test_spread_evenly_over_all(client, wro):
    page = Page(client, wro).press("count", count="3").press("spread")
    assert page.boxes() == [
        {"VITAMIN VC-A": "34", "VITAMIN expiring 2027-06-01": "21", "SOAP": "9"},
        {"VITAMIN VC-A": "33", "VITAMIN expiring 2027-06-01": "20", "SOAP": "8"},
        {"VITAMIN VC-A": "33", "VITAMIN expiring 2027-06-01": "20", "SOAP": "8"},
    ]
    assert packed(wro) == []
    page.press("save")
    assert [sum(units.values()) for _, units in packed(wro)] == [64, 61, 61]
    assert client.get(url("continue", wro)).url == url("review", wro)


def test_a_lot_is_put_in_and_what_is_left_goes_to_another_box(client, wro):
    page = Page(client, wro).press("count", count="2")
    token = page.editor.to_pack[0].token
    page.press("add:0", **{"box-0-add": token})
    assert (page.boxes(), page.editor.focus) == (
        [{"VITAMIN VC-A": "100"}, {}],
        "box-0-row-0-quantity",
    )
    page.press("rest:1", **{"box-0-row-0-quantity": "60"})
    assert page.boxes()[1] == {
        "VITAMIN VC-A": "40",
        "VITAMIN expiring 2027-06-01": "61",
        "SOAP": "25",
    }
    page.press("add:1", **{"box-1-add": token})  # nothing is left of it
    assert page.boxes()[1]["VITAMIN VC-A"] == "40"
    assert page.press("remove:1:2").left()["SOAP"] == 25
    assert page.press("remove-box:0").boxes() == [
        {"VITAMIN VC-A": "40", "VITAMIN expiring 2027-06-01": "61"}
    ]
    assert page.press("empty").boxes() == [{}]
    for nonsense in ("rest:9", "add:9", "add:0", "remove:9:9", "remove-box:9", "fly", "spread:x"):
        assert len(page.press(nonsense).editor.rows) == 1
    assert packed(wro) == []


def test_tracking_numbers_are_pasted(client, wro):
    page = Page(client, wro).press("paste", tracking_numbers="1Z1\r\n\r\n1Z3\r\n\r\n")
    assert [box.tracking for box in page.editor.rows] == ["1Z1", "", "1Z3"]
    page.press("next", **{"box-1-tracking": "1Z2"})
    assert [number for number, _ in packed(wro)] == ["1Z1", "1Z2", "1Z3"]
    again = Page(client, wro)
    assert [box.tracking for box in again.editor.rows] == ["1Z1", "1Z2", "1Z3"]
    assert again.press("next", count="0").answer.url == url("review", wro)
    assert packed(wro) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count": "51"}, "“51” is not a number of boxes from 0 to 50."),
        ({"count": "-1"}, "“-1” is not a number of boxes from 0 to 50."),
        ({"tracking_numbers": "x\n" * 51}, "There are 51 tracking numbers: more than boxes."),
        ({"box-0-tracking": "x" * 65}, "A tracking number has at most 64 characters."),
        ({"box-0-row-0-quantity": "some"}, "“some” is not a whole number of units from 1."),
        ({"box-0-row-0-quantity": ""}, "Say how many units."),
    ],
)
def test_what_cannot_be_read_stays_in_the_form(client, wro, changed, message):
    page = Page(client, wro).press("rest:0").press("next", **changed)
    assert message in shown(page.answer)
    assert packed(wro) == []


def test_a_refusal_stands_at_its_box(client, wro):
    """Two rows of one lot: no button makes them, a clumsy program might."""
    page = Page(client, wro).press("rest:0")
    doubled = {
        "box-0-row-3-what": page.editor.rows[0].contents[0].token,
        "box-0-row-3-quantity": "1",
    }
    page.press("next", **doubled)
    assert page.editor.rows[0].contents[3].errors == ["VITAMIN VC-A stands in box 1 already."]
    assert packed(wro) == []


def test_what_is_no_longer_announced_is_left_out(client, wro, soap):
    page = Page(client, wro).press("rest:0")
    update_wro(wro_id=wro.pk, fields={}, lines=[line(soap, 25)], **acting())
    page.press("next")
    assert packed(wro) == [("", {"SOAP": 25})]


def test_what_many_lots_are_in_goes_with_their_box(client, world, vitamin):
    """The page does not show the lots; a box that is taken out takes its own with it."""
    numbers = [f"L-{n}" for n in range(102)]
    wro = draft(world, line(vitamin, 102, *((one, None, 1) for one in numbers)))
    parts = {"1Z1": numbers[:60], "1Z2": numbers[60:90], "1Z3": numbers[90:]}
    boxes = [
        AnnouncedBox(name, tuple(Packed(vitamin, 1, one) for one in lots))
        for name, lots in parts.items()
    ]
    update_wro(wro_id=wro.pk, fields={}, boxes=boxes, **acting())
    page = Page(client, wro)
    assert "These are 102 lots; this page packs up to 100." in shown(page.answer)
    assert "102 of 102 units are in boxes." in shown(page.answer)
    assert "30 units of 30 lots." in shown(page.answer)
    assert "row-0-quantity" not in shown(page.answer)
    page.press("count", count="4").press("remove-box:0")
    assert "42 of 102 units are in boxes." in shown(page.answer)
    page.press("save")
    assert packed(wro) == [
        ("1Z2", {f"VITAMIN L-{n}": 1 for n in range(60, 90)}),
        ("1Z3", {f"VITAMIN L-{n}": 1 for n in range(90, 102)}),
        ("", {}),
    ]


def test_many_lots_are_packed_by_spreadsheet(client, world, vitamin):
    lots = [(f"L-{n}", None, 1) for n in range(101)]
    wro = draft(world, line(vitamin, 101, *lots))
    boxes = [AnnouncedBox("1Z1", tuple(Packed(vitamin, 1, number) for number, _, _ in lots))]
    update_wro(wro_id=wro.pk, fields={}, boxes=boxes, **acting())
    page = Page(client, wro)
    assert "Bring the file back" in shown(page.answer)
    before = packed(wro)
    data = {"count": "2", "box-0-tracking": "1Z7", "box-1-tracking": "", "do": "next"}
    client.post(url("boxes", wro), data)
    assert packed(wro) == [("1Z7", before[0][1]), ("", {})]


# A draft that is taken up again -------------------------------------------------------------------


def test_what_a_change_of_lines_takes_out_of_boxes_is_named(client, wro, vitamin):
    Page(client, wro).press("rest:0").press("save")
    lots = {
        "line-0-product": vitamin.pk,
        "line-0-quantity": "90",
        "line-0-lot-0-number": "vc-a",
        "line-0-lot-0-quantity": "90",
    }
    answer = client.post(url("products", wro), {**lots, "do": "next"}, follow=True)
    assert str(list(answer.context["messages"])[-1]) == (
        "Taken out, for it is no longer announced: box 1: 61 of VITAMIN expiring 2027-06-01; "
        "box 1: 25 of SOAP."
    )
    assert packed(wro) == [("", {"VITAMIN vc-a": 100})]
    page = shown(client.get(url("change", wro)))
    assert "The boxes hold 100 units of VITAMIN vc-a, the WRO announces 90." in page
    assert client.get(url("continue", wro)).url == url("boxes", wro)
    refused = shown(client.post(url("review", wro)))
    assert "The boxes hold 100 units of VITAMIN vc-a" in refused
    assert WRO.objects.get().status == "draft"


def test_a_long_list_of_what_is_missing_is_cut(client, world, vitamin, wro):
    lots = [(f"L-{n}", None, 1) for n in range(9)]
    wro = draft(world, line(vitamin, 9, *lots))
    page = Page(client, wro)
    page.press("add:0", **{"box-0-add": page.editor.to_pack[0].token}).press("save")
    told = shown(client.get(url("review", wro)))
    assert "And 3 more like that." in told
    Page(client, wro).press("rest:0").press("save")
    client.post(url("products", wro), _soap(world))
    message = list(client.get(url("boxes", wro)).context["messages"])[-1]
    assert str(message).endswith("box 1: 1 of VITAMIN L-4; and 4 more.")


def _soap(world: World) -> dict[str, Any]:
    soap = world.merchant.products.get(sku="SOAP")
    return {"line-0-product": soap.pk, "line-0-quantity": "1", "do": "next"}


@pytest.mark.parametrize("with_lots", [False, True])
def test_a_wro_is_copied(client, world, vitamin, soap, with_lots):
    wro = submitted(world, line(vitamin, 5, ("VC-A", NEXT_YEAR, 5)), line(soap, 2), reference="R-1")
    assert url("copy", wro) in shown(client.get(url("change", wro)))
    assert "as many boxes" in shown(client.get(url("copy", wro)))
    answer = client.post(url("copy", wro), {"with_lots": "on"} if with_lots else {}, follow=True)
    copy = WRO.objects.latest("id")
    told = [str(message) for message in answer.context["messages"]]
    assert told == [f"{copy.number} is a draft after the model of {wro.number}."]
    assert (copy.status, copy.reference, copy.lines.count()) == ("draft", "", 2)
    assert copy.lines.first().lots.count() == with_lots
    assert client.get(url("continue", copy)).url == url("boxes" if with_lots else "products", copy)
    assert client.get(url("continue", wro)).url == url("change", wro)
