"""The inventory status page and the page of one product's lots."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from inventory.services.holds import place_hold
from merchants.models import User
from tests.builders import (
    World,
    acting,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    put,
)

TODAY = date(2026, 6, 1)
URL = "/admin/inventory/status/"


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(house())
    return client


@pytest.fixture
def vitamin(world: World):
    """A: 20 units of which 8 are promised, B: 10 on hold, an unnumbered lot: 5 expired; 7 more."""
    product = world.lot_product(name="Vitamin C", min_shelf_life_days=30)
    world.stock_lot(product, "A", TODAY + timedelta(days=40), 20, 0)
    held = world.stock_lot(product, "B", TODAY + timedelta(days=400), 10, 1)
    world.stock_lot(product, "", TODAY - timedelta(days=3), 5, 2)
    place_hold(target=held, reason="Recall", **acting())
    make_supply(product, 7, world.warehouse)
    make_demand(product, 8, world.warehouse)
    return product


def cells(html: str, row: str = "tbody") -> list[list[str]]:
    """The texts of a table's rows."""
    part = html.partition(f"<{row}>")[2].partition(f"</{row}>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
    texts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", one, re.DOTALL) for one in rows]
    return [[" ".join(re.sub("<[^>]+>", "", one).split()) for one in row] for row in texts]


def skus(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return [row[0] for row in cells(answer.content.decode())]


def test_it_works(client, vitamin):
    assert reverse("admin:inventory_status") == URL
    html = client.get(URL).content.decode()
    assert cells(html) == [
        ["VITAMIN", "Vitamin C", "ACME", "7", "35", "8", "12", "15", "0", "0", "View"]
    ]
    assert f'href="{URL}{vitamin.pk}/lots/"' in html


def test_it_stands_in_the_sidebar(client):
    html = client.get("/admin/").content.decode()
    assert f'href="{URL}"' in html


def test_an_empty_house_says_what_to_do(client):
    html = client.get(URL).content.decode()
    assert "There are no products yet." in html
    assert reverse("admin:inventory_product_add") in html


def test_nothing_matches(client, vitamin):
    assert "No product matches." in client.get(f"{URL}?q=nothing").content.decode()


def test_filters(client, world, vitamin):
    make_product(make_merchant("NORD"), "SOAP")
    west = make_warehouse("WEST")
    balm = world.product("BALM")
    put(balm, make_bin(west), 3)
    assert skus(client) == ["BALM", "SOAP", "VITAMIN"]
    assert skus(client, "q=vita") == ["VITAMIN"]
    assert skus(client, "merchant=NORD") == ["SOAP"]
    assert skus(client, "warehouse=WEST") == ["BALM"]
    assert skus(client, "lot_product=yes") == ["VITAMIN"]
    assert skus(client, "lot_product=no") == ["BALM", "SOAP"]
    assert skus(client, "exception=yes") == ["VITAMIN"]
    assert skus(client, "expiring=30") == []
    assert skus(client, "expiring=60") == ["VITAMIN"]
    assert skus(client, "q=&merchant=ACME&exception=yes&expiring=90") == ["VITAMIN"]


def test_a_warehouse_narrows_the_figures_and_the_link_to_the_lots(client, world, vitamin):
    west = make_warehouse("WEST")
    put(vitamin, make_bin(west), 4, vitamin.lots.get(number="A"))
    html = client.get(f"{URL}?warehouse=WEST").content.decode()
    assert cells(html)[0][4] == "4"
    link = f"{URL}{vitamin.pk}/lots/?warehouse=WEST"
    assert f'href="{link}"' in html
    lots = client.get(link).content.decode()
    assert cells(lots)[0][4] == "4"
    assert "warehouse WEST" in lots


@pytest.mark.parametrize(
    "query",
    ["merchant=NOBODY", "expiring=7", "lot_product=maybe", "exception=no", "q=" + 201 * "x"],
)
def test_a_filter_that_there_is_not_is_told(query, client, vitamin):
    html = client.get(f"{URL}?{query}").content.decode()
    assert "Please correct what is marked below." in html
    assert cells(html) == []


def test_sorting(client, world, vitamin):
    put(world.product("BALM"), world.bins[3], 100)
    assert skus(client, "o=-on_hand") == ["BALM", "VITAMIN"]
    assert skus(client, "o=on_hand") == ["VITAMIN", "BALM"]
    assert skus(client, "o=-sku") == ["VITAMIN", "BALM"]
    assert skus(client, "o=colour") == ["BALM", "VITAMIN"]
    html = client.get(f"{URL}?o=-on_hand&merchant=ACME").content.decode()
    assert '<th scope="col" class="sortable num" aria-sort="descending">' in html
    assert 'href="?merchant=ACME&amp;o=on_hand"' in html
    assert 'href="?merchant=ACME&amp;o=-exception"' in html
    assert 'href="?merchant=ACME&amp;o=name"' in html


def test_pages(client, world):
    for number in range(51):
        make_product(world.merchant, f"P-{number:02}")
    assert len(skus(client)) == 50
    assert skus(client, "p=2") == ["P-50"]
    assert skus(client, "p=2&o=-sku") == ["P-00"]
    html = client.get(f"{URL}?o=-sku").content.decode()
    assert 'href="?o=-sku&amp;p=2"' in html
    assert "51 products" in html


def test_the_number_of_queries_does_not_grow(client, world, vitamin, django_assert_num_queries):
    def seen() -> None:
        for query in ("", "o=-exception", "exception=yes&expiring=90&warehouse=CHI"):
            client.get(f"{URL}?{query}")

    client.get(URL)
    with django_assert_num_queries(35):
        seen()
    for number in range(4):
        product = world.lot_product(f"P-{number}")
        world.stock_lot(product, "L", TODAY + timedelta(days=9), 5, 3 + number)
        world.stock_lot(product, "OLD", TODAY - timedelta(days=9), 5, 7) if not number else None
    with django_assert_num_queries(35):
        seen()


# The lots of a product ---------------------------------------------------------------------------


def test_the_lots(client, vitamin):
    html = client.get(f"{URL}{vitamin.pk}/lots/").content.decode()
    no_number = "No number"
    assert cells(html) == [
        [no_number, "2026-05-29", "-3", "0", "5", "0", "0", "5", "0", "0", "5&nbsp;× expired"],
        ["A", "2026-07-11", "40", "0", "20", "8", "12", "0", "0", "0", "–"],
        ["B", "2027-07-06", "400", "0", "10", "0", "0", "10", "0", "0", "10&nbsp;× on hold"],
        ["No lot", "–", "–", "7", "0", "0", "0", "0", "0", "0", "–"],
    ]
    (total,) = cells(html, "tfoot")
    assert total[:3] == ["Total", "", ""]
    assert total[3:10] == cells(client.get(URL).content.decode())[0][3:10]
    assert total[10] == "10&nbsp;× on hold, 5&nbsp;× expired"
    lot = vitamin.lots.get(number="A")
    assert reverse("admin:inventory_lot_change", args=[lot.pk]) in html
    assert "<html" in html


def test_the_pop_up_gets_the_table_alone(client, vitamin):
    html = client.get(f"{URL}{vitamin.pk}/lots/?part=lots").content.decode()
    assert "<html" not in html
    assert len(cells(html)) == 4
    assert f'href="{URL}{vitamin.pk}/lots/"' in html


def test_a_product_without_units(client, world):
    product = world.product()
    html = client.get(f"{URL}{product.pk}/lots/").content.decode()
    assert "Units come in by a WRO." in html


def test_unknown_products_and_warehouses_are_not_found(client, vitamin):
    assert client.get(f"{URL}999999/lots/").status_code == 404
    assert client.get(f"{URL}{vitamin.pk}/lots/?warehouse=MOON").status_code == 404
    assert client.get(f"{URL}{vitamin.pk}/lots/?warehouse=%00").status_code == 404


def test_the_number_of_queries_of_the_lots(client, world, vitamin, django_assert_num_queries):
    url = f"{URL}{vitamin.pk}/lots/"
    client.get(url)
    with django_assert_num_queries(10):
        client.get(url)
    for number in range(4):
        world.stock_lot(vitamin, f"L{number}", TODAY + timedelta(days=9), 5, 3 + number)
    make_lot(vitamin, "Z")
    with django_assert_num_queries(10):
        client.get(url)


# Who may see it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["associate", "manager", "merchant care", "billing"])
def test_every_group_of_the_staff_sees_it(group, vitamin):
    call_command("set_up_groups")
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}{vitamin.pk}/lots/").status_code == 200


def test_staff_without_a_group_do_not_see_it(vitamin):
    client = Client()
    client.force_login(User.objects.create_user("ada", is_staff=True))
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}{vitamin.pk}/lots/").status_code == 403
    assert URL not in client.get("/admin/").content.decode()


def test_strangers_and_merchants_are_asked_to_log_in(world, vitamin):
    stranger, member = Client(), Client()
    member.force_login(User.objects.create_user("mia", merchant=world.merchant))
    for client in (stranger, member):
        for url in (URL, f"{URL}{vitamin.pk}/lots/?part=lots"):
            answer = client.get(url)
            assert answer.status_code == 302
            assert answer.url.startswith("/admin/login/")
