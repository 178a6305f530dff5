"""Lists that are cut after their first rows, so that they open quickly at any length."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from fulfillment.models import Order
from merchants import lists
from merchants.events import Happening, record_many, topics
from merchants.lists import FirstRows, found
from merchants.models import Event, Merchant
from merchants.services import create_api_key
from tests.builders import acting, house, make_merchant
from tests.clock import START

pytestmark = pytest.mark.django_db
MERCHANTS = reverse("admin:merchants_merchant_changelist")


@pytest.fixture
def five() -> list[Merchant]:
    return [make_merchant(code) for code in ("A", "B", "C", "D", "E")]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """The house, where a list has at most three rows, two to a page."""
    monkeypatch.setattr(lists, "MOST_ROWS", 3)
    monkeypatch.setattr(lists, "MOST_FOUND", 2)
    client = Client()
    client.force_login(house())
    return client


def codes(response: object) -> list[str]:
    return [row.code for row in response.context_data["cl"].result_list]  # type: ignore[attr-defined]


def text(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_pages_are_made_of_the_first_rows(
    five: list[Merchant], django_assert_num_queries: object
) -> None:
    pages = FirstRows(Merchant.objects.order_by("-code"), 2, most=3)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert (pages.count, pages.num_pages, pages.is_cut) == (3, 2, True)
        assert [row.code for row in pages.page(1)] == ["E", "D"]
        assert [row.code for row in pages.page(2)] == ["C"]


def test_what_fits_is_not_cut(five: list[Merchant]) -> None:
    pages = FirstRows(Merchant.objects.order_by("code"), 2, most=5)
    assert (pages.count, pages.num_pages, pages.is_cut) == (5, 3, False)


def test_a_row_that_went_meanwhile_is_left_out(five: list[Merchant]) -> None:
    pages = FirstRows(Merchant.objects.order_by("code"), 5)
    assert pages.count == 5
    pages.source = Merchant.objects.exclude(code="A")
    assert [row.code for row in pages.page(1)] == ["B", "C", "D", "E"]


def test_a_cut_list_says_so(five: list[Merchant], client: Client) -> None:
    answer = client.get(MERCHANTS)
    assert codes(answer) == ["A", "B", "C"]
    assert "More than 3 merchants: search or filter to see the others" in text(answer)


def test_a_page_beyond_is_the_last_one_with_a_word_why(
    five: list[Merchant], client: Client
) -> None:
    answer = client.get(MERCHANTS, {"p": "9"})
    assert codes(answer) == ["A", "B", "C"]
    assert "There are more than 3 merchants. Search or filter" in text(answer)


def test_only_a_list_that_is_short_enough_is_sorted_by_any_column(
    five: list[Merchant], client: Client
) -> None:
    Merchant.objects.filter(code__in="AB").update(is_active=False, name="Z")
    answer = client.get(MERCHANTS, {"o": "-2"})
    assert codes(answer) == ["A", "B", "C"]
    assert "Search or filter them to sort by that column." in text(answer)
    few = client.get(MERCHANTS, {"o": "2", "is_active__exact": "1"})
    assert codes(few) == ["C", "D", "E"]
    assert "to sort by that column" not in text(few)


def test_a_search_says_when_there_is_more(five: list[Merchant], client: Client) -> None:
    Merchant.objects.update(name="Glow")
    answer = client.get(MERCHANTS, {"q": "glow"})
    assert codes(answer) == ["A", "B"]
    assert "More than 2 results" in text(answer)


def test_rows_are_found_in_any_way_and_once(five: list[Merchant]) -> None:
    ways = [lists.Q(code="A"), lists.Q(pk__lte=five[1].pk), lists.Q(pk__in=[])]
    assert [row.code for row in found(Merchant.objects.order_by("code"), ways)] == ["A", "B"]


def test_a_row_leads_back_to_the_list_as_it_was(five: list[Merchant], client: Client) -> None:
    answer = client.get(MERCHANTS, {"is_active__exact": "1", "q": "a&b"})
    assert codes(answer) == []
    answer = client.get(MERCHANTS, {"is_active__exact": "1"})
    change = reverse("admin:merchants_merchant_change", args=[five[0].pk])
    back = "_changelist_filters=is_active__exact%3D1"
    assert f'<a href="{change}?{back}">A</a>' in answer.content.decode()
    assert f'<a href="{change}">A</a>' in client.get(MERCHANTS).content.decode()


def test_a_row_is_ticked_by_its_name(client: Client) -> None:
    key = create_api_key(merchant=make_merchant("A"), name="Ben <b>", **acting()).key
    page = text(client.get(reverse("admin:merchants_apikey_changelist")))
    assert (
        f'<input type="checkbox" name="_selected_action" value="{key.pk}" class="action-select" '
        f'aria-label="Select this object for an action - {escape(str(key))}">'
    ) in page
    assert "Ben &lt;b&gt;" in escape(str(key))


@pytest.mark.postgresql
def test_the_first_rows_are_planned_for_their_condition_each_time(
    five: list[Merchant], client: Client
) -> None:
    """One plan for all values bets on how many rows a condition has."""
    for _ in range(12):
        client.get(MERCHANTS, {"is_active__exact": "1", "q": "a"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = [text for (text,) in cursor if 'FROM "merchants_merchant" WHERE' in text]
    assert any('WHERE "merchants_merchant"."id" IN' in text for text in kept), "rows of the page"
    assert not any('"is_active"' in text.partition("WHERE")[2] for text in kept)


def test_topics_are_those_that_there_are() -> None:
    assert topics() == []
    Event.objects.all().delete()
    record_many(Happening(topic, None, "1", START) for topic in ("b.two", "a.one", "b.two"))
    assert topics() == ["a.one", "b.two"]


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("lookup", "index"),
    [
        ({"reference__istartswith": "R1"}, "order_reference"),
        ({"ship_to__name__istartswith": "Ada"}, "order_recipient"),
    ],
)
def test_a_prefix_is_found_by_its_index(lookup: dict[str, str], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in Order.objects.filter(**lookup).order_by().explain()
