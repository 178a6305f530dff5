"""The list of WROs: searched, filtered, and what it says of late ones and of drafts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from merchants.groups import ASSOCIATE
from receiving.models import WRO
from receiving.services import Count, complete_wro
from tests.builders import acting, house
from tests.receiving.builders import NEXT_YEAR, arrived, count, draft, line, received, submitted
from tests.receiving.test_screens import SOON, of_group, shown, url


@pytest.fixture
def client(world) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def wro(world, vitamin, soap) -> WRO:
    """100 of lot VC-A and 10 without lots: at the door."""
    return arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)), line(soap, 10))


def rows(client: Client, **query: str) -> list[str]:
    answer = client.get(url("changelist"), query)
    return [one.number for one in answer.context["cl"].result_list]


def test_the_list_is_searched_and_filtered(client, world, vitamin, soap, wro):
    written = draft(world, line(soap, 5), reference="ORDER-X")
    assert rows(client) == [written.number, wro.number]
    for words in ("VC-A", "vitamin", wro.number, f"{wro.number}".lower(), str(wro.pk)):
        assert rows(client, q=words) == [wro.number]
    assert rows(client, q="ORDER-X") == [written.number]
    assert rows(client, q="nothing") == []
    assert rows(client, status__exact="draft") == [written.number]
    assert rows(client, dock="waiting") == []
    count(wro, Count(vitamin, 5, "VC-A"), Count(vitamin, 1, "VC-X"))
    assert rows(client, dock="waiting") == [wro.number]
    assert rows(client, discrepancies="open") == [wro.number]
    assert rows(client, discrepancies="none") == [written.number]
    page = shown(client.get(url("changelist")))
    assert "1 discrepancy" in page
    complete_wro(wro_id=arrived(world, line(soap, 5)).pk, **acting())
    assert "Short" in shown(client.get(url("changelist")))


def test_the_list_takes_the_same_queries_however_many_wros(client, world, vitamin, soap):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    lots = [("VC-A", SOON, 3), ("VC-B", NEXT_YEAR, 4)]
    small = received(world, line(vitamin, 3, lots[0]))
    few = queries(url("changelist")), queries(url("change", small)), queries(url("stow", small))
    large = received(world, line(vitamin, 7, *lots), line(soap, 1))
    for _ in range(3):
        received(world, line(soap, 1))
    assert queries(url("changelist")) == few[0]
    assert queries(url("change", large)) == few[1]
    assert queries(url("stow", large)) == few[2]


def test_late_wros_are_shown_and_filtered(client, world, soap, clock):
    late = submitted(world, line(soap, 5), expected_arrival_on=date(2026, 5, 31))
    arrived(world, line(soap, 5), expected_arrival_on=date(2026, 5, 30))
    draft(world, line(soap, 5), expected_arrival_on=date(2026, 5, 30))
    today = submitted(world, line(soap, 5), expected_arrival_on=date(2026, 6, 1))
    assert rows(client, arrival="late") == [late.number]
    assert "Late" in shown(client.get(url("change", late)))
    assert "Late" not in shown(client.get(url("change", today)))
    assert shown(client.get(url("changelist"))).count(">Late<") == 1
    clock.set(datetime(2026, 6, 2, 4, 59, tzinfo=UTC))  # one minute to midnight in Chicago
    assert rows(client, arrival="late") == [late.number]
    clock.advance(minutes=1)
    assert rows(client, arrival="late") == [today.number, late.number]


def test_a_draft_is_continued_from_the_list(client, world, soap):
    wro = draft(world, line(soap, 5))
    page = shown(client.get(url("changelist")))
    assert f'href="{url("continue", wro)}"' in page
    assert "saved 2026-06-01 09:00" in page
    assert url("continue", wro) not in shown(of_group(ASSOCIATE).get(url("changelist")))


def test_a_wro_is_found_by_its_purchase_order(client, world, soap):
    wro = draft(world, line(soap, 5), purchase_order_number="4500-17")
    draft(world, line(soap, 5), purchase_order_number="4501-17")
    assert rows(client, q="4500") == [wro.number]
