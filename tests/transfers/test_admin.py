"""The screens of transfers."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Posting
from inventory.services.holds import place_hold
from merchants.models import User
from tests.builders import acting, make_demand, make_warehouse, make_world, stands
from tests.inventory.admin import browser, html, member_of
from tests.transfers.builders import TwoWarehouses, counters, planned, receive, send, sent
from transfers.models import Transfer
from transfers.services import LineRequest, Stowed, Taken

URL = "/admin/transfers/transfer/"


@pytest.fixture
def client(two: TwoWarehouses) -> Client:
    return browser()


def rows(*typed: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"lines-TOTAL_FORMS": len(typed), "lines-INITIAL_FORMS": 0}
    for place, row in enumerate(typed):
        data |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return data


def plan(two: TwoWarehouses, *typed: dict[str, Any], **fields: Any) -> dict[str, Any]:
    ends = {"source": two.source.pk, "target": two.target.pk}
    return {"merchant": two.world.merchant.pk, **ends, **rows(*typed), **fields}


def path(transfer: Transfer, screen: str) -> str:
    return f"{URL}{transfer.pk}/{screen}/"


# Planning -----------------------------------------------------------------------------------------


def test_it_works(two: TwoWarehouses, client: Client) -> None:
    data = plan(two, {"sku": "VITAMIN", "quantity": 12}, {"sku": "SOAP", "quantity": 3}, {})
    answer = client.post(f"{URL}add/", data | {"reference": "T-1"}, follow=True)
    transfer = Transfer.objects.get()
    assert f"{transfer.number} is planned. Nothing has moved yet." in html(answer)
    assert (transfer.reference, transfer.source, transfer.target) == ("T-1", two.source, two.target)
    assert [one[:3] for one in counters(transfer)] == [
        ("SOAP", None, 3),
        ("VITAMIN", "EARLY", 10),
        ("VITAMIN", "LATE", 2),
    ]


def test_a_row_left_empty_is_passed_over_wherever_it_stands(
    two: TwoWarehouses, client: Client
) -> None:
    """Also where + was pressed without a script, for which the page begins with these rows."""
    data = plan(two, {}, {"sku": "SOAP", "quantity": 3}, {})
    more = client.post(f"{URL}add/", data | {"add_line": "1"}).context["lines"]
    shown = {f"lines-{name}": value for name, value in more.management_form.initial.items()}
    assert shown["lines-INITIAL_FORMS"] == 4
    assert client.post(f"{URL}add/", data | shown).status_code == 302
    assert counters(Transfer.objects.get()) == [("SOAP", None, 3, 0, 0, 0)]


def test_a_refusal_stands_where_it_belongs(two: TwoWarehouses, client: Client) -> None:
    planned(two, LineRequest(two.soap, 1), reference="T-1")
    typo = {"sku": "TYPO", "quantity": 1}
    lot = {"sku": "VITAMIN", "quantity": 1, "lot_number": "TYPO"}
    soap = {"sku": "SOAP", "quantity": 1}
    for data, said in (
        (plan(two, soap, typo), "No product TYPO."),
        (plan(two, lot), "VITAMIN has no lot TYPO."),
        (plan(two, soap, reference="T-1"), "already a transfer with the reference T-1"),
        (plan(two, soap, target=two.source.pk), "Choose two warehouses"),
        (
            plan(two, {"sku": "VITAMIN", "quantity": 99}),
            "99 units of VITAMIN are asked for, but 30",
        ),
        (plan(two, {}), "Give at least one line."),
    ):
        page = client.post(f"{URL}add/", data)
        assert page.status_code == 200
        assert said in html(page)
        assert "Nothing was saved." in html(page)
    assert Transfer.objects.count() == 1


def test_lines_come_and_go_without_a_script(two: TwoWarehouses, client: Client) -> None:
    data = plan(two, {"sku": "SOAP", "quantity": "x"})
    more = client.post(f"{URL}add/", data | {"add_line": "1"})
    assert [row.initial.get("sku") for row in more.context["lines"]] == ["SOAP", None]
    less = client.post(f"{URL}add/", data | {"remove_line": "0"})
    assert [row.initial.get("sku") for row in less.context["lines"]] == [None]
    assert not Transfer.objects.exists()


def test_one_warehouse_is_too_few(db: None) -> None:
    make_world()
    page = html(browser().get(f"{URL}add/"))
    assert "A transfer needs two warehouses, and there are fewer." in page
    make_warehouse("NJ")
    assert "needs two warehouses" not in html(browser().get(f"{URL}add/"))


def test_products_and_lots_are_suggested(two: TwoWarehouses, client: Client) -> None:
    make_demand(two.vitamin, 4, two.source)

    def suggested(name: str, **asked: Any) -> list[tuple[str, str]]:
        found = client.get(f"{URL}suggest/{name}/", {"merchant": two.world.merchant.pk, **asked})
        return [(one["value"], one["label"]) for one in found.json()["results"]]

    assert suggested("products", term="vita") == [("VITAMIN", "Vitamin")]
    assert [sku for sku, _ in suggested("products")] == ["SOAP", "VITAMIN"]
    assert suggested("lots", sku="VITAMIN", source=two.source.pk) == [
        ("EARLY", "6 free, expires 2026-10-31"),
        ("LATE", "20 free, expires 2027-03-01"),
    ]
    assert suggested("lots", sku="VITAMIN", source=two.target.pk) == []
    assert suggested("lots", sku="SOAP", source=two.source.pk) == []
    assert suggested("lots", sku="TYPO", source="x") == []


# Sending ------------------------------------------------------------------------------------------


def units(page: Any) -> list[tuple[str, int, int]]:
    """Each row of the screen: its bin, what is free there, what it is filled in with."""
    return [
        (row.free.location, row.free.stock.free, row.units.initial)
        for row, _ in page.context["rows"]
    ]


def test_bins_are_filled_in_by_rotation_and_sent(two: TwoWarehouses, client: Client) -> None:
    two.world.stock_lot(two.vitamin, "EARLY", two.vitamin.lots.get(number="EARLY").expires_on, 3, 4)
    transfer = planned(two, LineRequest(two.vitamin, 8, "EARLY"))
    page = client.get(path(transfer, "send"))
    assert units(page) == [("A-05", 3, 3), ("A-01", 10, 5)]
    names = [row.units.html_name for row, _ in page.context["rows"]]
    data = {names[0]: "", names[1]: "7", "tracking_number": "TRUCK-7"}
    answer = client.post(path(transfer, "send"), data, follow=True)
    assert f"{transfer.number}: 7 units are in transit to NJ." in html(answer)
    assert counters(transfer) == [("VITAMIN", "EARLY", 8, 7, 0, 0)]
    assert stands(two.vitamin)["A-05", "EARLY"] == (3, 0)


def test_it_says_what_cannot_be_sent(two: TwoWarehouses, client: Client) -> None:
    make_demand(two.vitamin, 4, two.source)
    place_hold(target=two.vitamin.lots.get(number="LATE"), reason="Recall", **acting())
    transfer = planned(
        two, LineRequest(two.vitamin, 8, "EARLY"), LineRequest(two.vitamin, 1, "LATE")
    )
    page = html(client.get(path(transfer, "send")))
    assert "fewer free units than are asked for of VITAMIN, lot EARLY." in page
    assert page.count("may not ship") == 1
    empty = planned(two, LineRequest(two.vitamin, 1, "EARLY"))
    send(planned(two, LineRequest(two.vitamin, 6, "EARLY")))
    assert "Nothing of it is free in the bins of CHI" in html(client.get(path(empty, "send")))


def test_nothing_and_too_much_are_refused(two: TwoWarehouses, client: Client) -> None:
    transfer = planned(two, LineRequest(two.soap, 2))
    (row, _) = client.get(path(transfer, "send")).context["rows"][0]
    before = Posting.objects.count()
    for typed, said in (
        ("0", "Nothing is sent."),
        ("9", "less than or equal to 8"),
        ("3", "3 units of SOAP are to be sent, where 2 are asked for."),
    ):
        page = client.post(path(transfer, "send"), {row.units.html_name: typed})
        assert said in html(page)
    assert Posting.objects.count() == before


# Receiving ----------------------------------------------------------------------------------------


def test_what_is_under_way_is_filled_in_and_received(two: TwoWarehouses, client: Client) -> None:
    transfer = sent(two, LineRequest(two.vitamin, 12), LineRequest(two.soap, 3))
    page = client.get(path(transfer, "receive"))
    filled = [row.initial for row in page.context["lines"]]
    assert [(row["quantity"], row["location"]) for row in filled] == [
        (3, "N-01"),
        (10, "N-02"),
        (2, "N-03"),
    ]
    assert "VITAMIN, lot EARLY (2026-10-31) · 10 in transit" in html(page)
    ids = [row["line"] for row in filled]
    data = rows(
        {"line": ids[0], "quantity": 3, "location": "N-01"},
        {"line": ids[1], "quantity": 7, "location": "N-02"},
        {"line": ids[1], "quantity": 1, "location": "DAMAGED"},
        {"line": ids[2], "quantity": "", "location": "N-03"},
    )
    answer = client.post(path(transfer, "receive"), data, follow=True)
    assert f"{transfer.number}: 11 units are received." in html(answer)
    assert "It is complete" not in html(answer)
    again = client.get(path(transfer, "receive"))
    assert [row.initial for row in again.context["lines"]] == [
        {"line": ids[1], "quantity": 2, "location": "N-02"},
        {"line": ids[2], "quantity": 2, "location": "N-03"},
    ]
    rest = rows(*[row.initial for row in again.context["lines"]])
    answer = client.post(path(transfer, "receive"), rest, follow=True)
    assert f"{transfer.number}: 4 units are received. It is complete." in html(answer)


def test_a_receipt_is_refused_at_its_row(two: TwoWarehouses, client: Client) -> None:
    transfer = sent(two, LineRequest(two.soap, 3))
    line = transfer.lines.get().pk
    for row, said in (
        ({"quantity": 3, "location": ""}, "Name the bin or area."),
        ({"quantity": 3, "location": "TYPO"}, "There is no location TYPO in NJ."),
        ({"quantity": 4, "location": "N-01"}, "3 are in transit."),
        ({"quantity": 0, "location": "N-01"}, "Say how many units arrived."),
        ({"quantity": 3, "location": "DOCK"}, "DOCK is a dock location"),
    ):
        page = client.post(path(transfer, "receive"), rows({"line": line, **row}))
        assert said in html(page)
    assert counters(transfer) == [("SOAP", None, 3, 3, 0, 0)]


def test_rows_come_and_go_without_a_script(two: TwoWarehouses, client: Client) -> None:
    transfer = sent(two, LineRequest(two.soap, 3))
    row = {"line": transfer.lines.get().pk, "quantity": 1, "location": "N-01"}
    page = client.post(path(transfer, "receive"), rows(row) | {"add_line": "1"})
    assert len(page.context["lines"].forms) == 2
    assert counters(transfer) == [("SOAP", None, 3, 3, 0, 0)]


# Its page and its ends ----------------------------------------------------------------------------


def test_the_page_shows_how_far_it_came(two: TwoWarehouses, client: Client) -> None:
    transfer = planned(two, LineRequest(two.vitamin, 4, "EARLY"), reference="T-1")
    page = html(client.get(path(transfer, "change")))
    assert "Nothing yet: send the units." in page
    assert "/send/" in page
    send(transfer, Taken(two.vitamin, 3, "A-01", "EARLY"), tracking_number="TRUCK-7")
    receive(transfer, Stowed(two.vitamin, 2, "N-01", "EARLY"))
    shown = client.get(path(transfer, "change"))
    page = html(shown)
    assert shown.context["totals"] == {
        "asked": 4,
        "sent": 3,
        "received": 2,
        "lost": 0,
        "in_transit": 1,
    }
    for text in (
        "T-1",
        "TRUCK-7",
        "<td>A-01 </td> <td>in transit </td>",
        "Write off what is missing",
    ):
        assert text in page
    assert "Cancel this transfer" not in page
    assert client.get(f"{URL}999/change/").status_code == 302


def test_what_is_missing_is_written_off(two: TwoWarehouses, client: Client) -> None:
    transfer = sent(two, LineRequest(two.soap, 3))
    page = client.get(path(transfer, "write-off"))
    assert "3 units are still in transit." in html(page)
    assert "This field is required." in html(client.post(path(transfer, "write-off"), {}))
    answer = client.post(path(transfer, "write-off"), {"reason": "Crushed"}, follow=True)
    assert f"{transfer.number} is complete; what is missing is written off." in html(answer)
    assert "Crushed" in html(answer)
    assert "3 units short" in html(answer)
    assert counters(transfer) == [("SOAP", None, 3, 3, 0, 3)]


def test_it_is_called_off(two: TwoWarehouses, client: Client) -> None:
    transfer = planned(two, LineRequest(two.soap, 3))
    assert "Nothing of it has moved." in html(client.get(path(transfer, "cancel")))
    answer = client.post(path(transfer, "cancel"), follow=True)
    assert f"{transfer.number} is cancelled." in html(answer)
    assert "Nothing moved: it was called off." in html(answer)


def test_what_cannot_be_done_now_says_so(two: TwoWarehouses, client: Client) -> None:
    waiting = planned(two, LineRequest(two.soap, 1))
    under_way = sent(two, LineRequest(two.soap, 1))
    for transfer, screen, said in (
        (waiting, "receive", "is awaiting: it cannot be received now."),
        (waiting, "write-off", "is awaiting: it cannot be written off now."),
        (under_way, "send", "is in transit: it cannot be sent now."),
        (under_way, "cancel", "is in transit: it cannot be cancelled now."),
    ):
        assert said in html(client.get(path(transfer, screen), follow=True))


def test_the_list_counts_searches_and_filters(two: TwoWarehouses, client: Client) -> None:
    short = sent(two, LineRequest(two.vitamin, 4, "EARLY"), LineRequest(two.soap, 1))
    receive(short, Stowed(two.vitamin, 3, "N-01", "EARLY"))
    planned(two, LineRequest(two.soap, 2), reference="HUDSON")

    def listed(**asked: str) -> list[tuple[str, int, int, int]]:
        found = client.get(URL, asked).context["cl"].result_list
        return [(one.status, one.asked, one.under_way, one.received) for one in found]

    everything = [("awaiting", 2, 0, 0), ("in_transit", 5, 2, 3)]
    assert listed() == everything
    assert listed(q="hudson") == listed(status__exact="awaiting") == everything[:1]
    assert listed(q="early") == listed(q=short.number) == everything[1:]
    client.post(path(short, "write-off"), {"reason": "Lost"})
    assert "Short" in html(client.get(URL))


def test_a_list_takes_the_same_queries_however_long(two: TwoWarehouses, client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(URL)
        return len(asked)

    planned(two, LineRequest(two.soap, 1))
    queries()
    before = queries()
    for _ in range(4):
        planned(two, LineRequest(two.vitamin, 1, "EARLY"), LineRequest(two.soap, 1))
    assert queries() == before


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "plans", "moves", "writes_off"),
    [
        ("associate", 403, 200, 403),
        ("merchant care", 200, 200, 403),
        ("manager", 200, 200, 200),
        ("billing", 403, 403, 403),
    ],
)
def test_each_group_does_its_part(
    two: TwoWarehouses, group: str, plans: int, moves: int, writes_off: int
) -> None:
    waiting = planned(two, LineRequest(two.soap, 1))
    under_way = sent(two, LineRequest(two.soap, 1))
    client = member_of(group)
    assert client.get(URL).status_code == 200
    page = client.get(path(under_way, "change"))
    assert page.status_code == 200
    assert ("write-off" in html(page)) == (writes_off == 200)
    assert client.get(f"{URL}add/").status_code == plans
    assert client.get(f"{URL}suggest/products/").status_code == plans
    assert client.get(path(waiting, "send")).status_code == moves
    assert client.get(path(waiting, "cancel")).status_code == moves
    assert client.get(path(under_way, "receive")).status_code == moves
    assert client.get(path(under_way, "write-off")).status_code == writes_off


def test_who_may_see_nothing_sees_no_transfer(two: TwoWarehouses) -> None:
    nobody = User.objects.create_user("nobody", password="x", is_staff=True)
    transfer = planned(two, LineRequest(two.soap, 1))
    assert browser(nobody).get(path(transfer, "change")).status_code == 403


def test_a_lots_page_says_what_is_in_transit(two: TwoWarehouses, client: Client) -> None:
    transfer = sent(two, LineRequest(two.vitamin, 4, "EARLY"))
    lot = two.vitamin.lots.get(number="EARLY")
    page = html(client.get(f"/admin/inventory/lot/{lot.pk}/change/"))
    assert "In transit between warehouses: 4 units." in page
    assert path(transfer, "change") in page


def test_the_status_shows_what_is_in_transit(two: TwoWarehouses, client: Client) -> None:
    sent(two, LineRequest(two.vitamin, 4, "EARLY"))
    page = client.get("/admin/inventory/status/", {"warehouse": "NJ", "o": "-in_transit"})
    assert [(row["product"].sku, row["figures"].in_transit) for row in page.context["rows"]] == [
        ("VITAMIN", 4)
    ]
    assert "In transit" in html(page)
    lots = client.get(f"/admin/inventory/status/{two.vitamin.pk}/lots/", {"warehouse": "NJ"})
    assert [(str(row.lot), row.figures.in_transit) for row in lots.context["rows"]] == [
        ("EARLY", 4)
    ]
    assert "In transit" in html(lots)
