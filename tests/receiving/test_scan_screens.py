"""The dock's screens without a script: who may scan, what is shown and what is answered."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from merchants.groups import BILLING, set_up_groups
from merchants.models import User
from receiving.models import WRO, Scan
from receiving.packing import AnnouncedBox, Packed
from receiving.services import announce_wro, arrive_wro, complete_wro
from receiving.services.scanning import Shot, scan
from tests.builders import acting, house
from tests.receiving.builders import NEXT_YEAR, counters, line, submitted

JSON = {"Accept": "application/json"}


@pytest.fixture
def client(world) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def wro(world, vitamin, soap) -> WRO:
    lines = [line(vitamin, 20, ("VC-A", NEXT_YEAR, 20)), line(soap, 10)]
    boxes = [
        AnnouncedBox("1Z1", (Packed(vitamin, 20, "VC-A", NEXT_YEAR),)),
        AnnouncedBox("1Z2", (Packed(soap, 10),)),
    ]
    fields = {"warehouse": world.warehouse, "reference": "PO-7"}
    wro = announce_wro(merchant=world.merchant, fields=fields, lines=lines, boxes=boxes, **acting())
    return arrive_wro(wro_id=wro.pk, **acting())


def url(name, wro=None):
    return reverse(f"admin:receiving_wro_{name}", args=[wro.pk] if wro else [])


def shown(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def shoot(wro, *texts, actor=None):
    who = acting() | ({"actor": actor} if actor else {})
    for text in texts:
        scan(wro_id=wro.pk, shot=Shot(uuid4(), text), **who)


def test_each_scan_sends_the_page(client, wro):
    for text in (f"{wro.number}/2", "SOAP"):
        answer = client.post(url("scan", wro), {"text": text, "do": "scan", "key": uuid4()})
        assert answer.url == url("scan", wro)
    assert "1 of SOAP: 1 of 10." in shown(client.get(url("scan", wro)))
    answer = client.post(url("scan", wro), {"text": "nonsense", "do": "scan"}, follow=True)
    assert [str(one) for one in answer.context["messages"]] == [
        "“nonsense” is no product, and SOAP has no lots."
    ]
    client.post(url("scan", wro), {"do": "undo", "key": "no-key"})
    assert Scan.objects.open().count() == 0


def test_a_scan_is_answered_as_json(client, wro):
    data = {"text": f"{wro.number}/1", "do": "scan", "key": str(uuid4())}
    answer = client.post(url("scan", wro), data, headers=JSON).json()
    assert (answer["outcome"], answer["word"], answer["told"]) == ("noted", "Go on", "Box 1 of 2.")
    assert 'id="counted"' in answer["board"]
    again = client.post(url("scan", wro), data, headers=JSON).json()
    assert again["told"] == answer["told"]
    assert Scan.objects.count() == 1
    refused = client.post(url("scan", wro), {"do": "undo", "key": uuid4()}, headers=JSON)
    refused = client.post(url("scan", wro), {"do": "undo", "key": uuid4()}, headers=JSON)
    assert refused.json()["code"] == "nothing_to_undo"


def test_what_stands_beside_the_field_goes_with_the_scan(client, wro):
    shoot(wro, f"{wro.number}/1", "VITAMIN")
    typed = {"lot_number": "VC-A", "expires_on": "2027-06-01", "quantity": "3", "damaged": "1"}
    client.post(url("scan", wro), {"text": "", "do": "scan", **typed})
    (row,) = Scan.objects.open()
    assert (row.lot_number, row.expires_on, row.quantity, row.is_damaged) == (
        "VC-A",
        NEXT_YEAR,
        3,
        True,
    )


def test_the_counters_are_sent_only_when_they_changed(client, wro):
    shoot(wro, f"{wro.number}/2", "SOAP")
    fresh = client.get(url("scan_board", wro)).json()
    asked = {"version": fresh["version"]}
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url("scan_board", wro), asked).json() == {}
    assert len(captured) == 5  # session, user, WRO, and two for the version
    shoot(wro, f"{wro.number}/2", "SOAP", actor=User.objects.create_superuser("bo"))
    assert 'data-total="counted">2<' in client.get(url("scan_board", wro), asked).json()["board"]


def test_the_board_asks_a_constant_number_of_queries(client, wro):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            shown(client.get(url("scan", wro)))
        return len(captured)

    shoot(wro, f"{wro.number}/1", "VITAMIN", "VC-A")
    before = queries()
    shoot(wro, "VC-X", f"{wro.number}/2", "SOAP", "SOAP", "VITAMIN")
    assert queries() == before


def test_of_many_lots_those_that_are_counted_come_up(client, world, vitamin):
    lots = [(f"L-{n:02}", NEXT_YEAR, 1) for n in range(60)]
    fields = {"warehouse": world.warehouse}
    lines = [line(vitamin, 60, *lots)]
    wro = announce_wro(merchant=world.merchant, fields=fields, lines=lines, **acting())
    arrive_wro(wro_id=wro.pk, **acting())
    page = shown(client.get(url("scan", wro)))
    assert "10 more lots are announced" in page
    assert ">L-59</span> </td>" not in page
    scans = Scan.objects.counted()
    shoot(wro, "VITAMIN", "L-59")
    assert scans.get().box is None
    page = shown(client.get(url("scan", wro)))
    assert ">L-59</span> </td>" in page
    assert ">L-48</span> </td>" in page
    assert ">L-49</span> </td>" not in page
    assert "Boxes" not in page


def test_box_by_box(client, wro):
    shoot(wro, f"{wro.number}/1", "VITAMIN", "*12", "VC-A", f"{wro.number}/0", "SOAP")
    page = shown(client.get(url("change", wro)))
    assert "13 units are scanned and not received yet" in page
    assert '<td>Box 1</td> <td>1Z1</td> <td class="num">20</td> <td class="num">12</td>' in page
    assert '<td>In no box</td> <td>–</td> <td class="num">–</td> <td class="num">1</td>' in page
    client.post(url("scan_done", wro), {"box": "1"})
    assert counters(wro)["VITAMIN VC-A"] == (20, 12, 0)
    page = shown(client.get(url("change", wro)))
    assert "1 unit is scanned and not received yet" in page


def test_the_count_of_all_is_done(client, wro):
    shoot(wro, f"{wro.number}/2", "SOAP", actor=User.objects.create_superuser("bo"))
    assert "bo 1." in shown(client.get(url("scan", wro)))
    mine = client.post(url("scan_done", wro), follow=True)
    assert [str(one) for one in mine.context["messages"]] == [
        "Nothing is counted that is not received already."
    ]
    everybody = client.post(url("scan_done", wro), {"whose": "all"}, follow=True)
    assert [str(one) for one in everybody.context["messages"]] == [
        f"1 unit of {wro.number} is received."
    ]
    assert counters(wro)["SOAP"] == (10, 1, 0)


@pytest.mark.parametrize("text", ["{number}/2", "1z2", "{number}", "PO-7"])
def test_a_box_leads_to_its_wro(client, wro, text):
    answer = client.get(url("find_box"), {"text": text.format(number=wro.number)})
    assert answer.url.partition("?")[0] == url("scan", wro)
    assert ("first=" in answer.url) == ("2" in text)


def test_a_link_opens_a_box_and_counts_nothing(client, wro):
    page = shown(client.get(url("scan", wro), {"first": f"{wro.number}/2"}))
    assert f'data-first="{wro.number}/2"' in page
    assert 'data-first=""' in shown(client.get(url("scan", wro), {"first": "SOAP"}))


def test_a_box_of_a_wro_that_has_not_arrived_is_asked_about(client, world, soap):
    wro = submitted(world, line(soap, 5))
    page = shown(client.get(url("find_box"), {"text": wro.number}))
    assert "Does it stand at your door?" in page
    answer = client.post(url("arrive_and_scan", wro), {"text": wro.number})
    assert answer.url == url("scan", wro)
    wro.refresh_from_db()
    assert wro.status == "arrived"
    again = client.post(url("arrive_and_scan", wro), {"text": wro.number})
    assert again.url == url("change", wro)


def test_a_box_that_can_not_be_counted_is_said(client, wro):
    complete_wro(wro_id=wro.pk, **acting())
    page = shown(client.get(url("find_box"), {"text": "1Z1"}))
    assert "It is completed: nothing of it can be counted." in page
    assert client.get(url("scan", wro)).url == url("change", wro)
    assert "No WRO has a box “2Z9”" in shown(client.get(url("find_box"), {"text": "2Z9"}))


def test_one_tracking_number_of_several_wros_is_to_choose_from(client, world, wro, soap):
    other = announce_wro(
        merchant=world.merchant,
        fields={"warehouse": world.warehouse},
        lines=[line(soap, 1)],
        boxes=[AnnouncedBox("1Z1")],
        **acting(),
    )
    page = shown(client.get(url("find_box"), {"text": "1Z1"}))
    assert "choose the one of this sender" in page
    assert wro.number in page
    assert other.number in page


def test_who_may_not_receive_may_not_scan(wro):
    set_up_groups()
    bo = User.objects.create_user("bo", is_staff=True)
    bo.groups.set(group for group in set_up_groups() if group.name == BILLING)
    client = Client()
    client.force_login(bo)
    assert client.get(url("find_box")).status_code == 403
    assert client.get(url("scan", wro)).status_code == 403
    assert client.post(url("scan", wro), {"text": "SOAP"}, headers=JSON).status_code == 403
    assert client.post(url("scan_done", wro)).status_code == 403
    assert Scan.objects.count() == 0
