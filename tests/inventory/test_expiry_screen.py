"""The expiry page: its sums are the units on hand, its files hold what it lists."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import expiry_screens
from inventory.models import Balance, ExpiryDigest, LotAction
from inventory.services.digests import write_digests
from inventory.services.expiry_run import run_due
from inventory.services.holds import place_hold
from inventory.services.lot_actions import take_action
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    house,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    put,
)
from tests.clock import Clock
from tests.inventory.admin import browser, errors, html, member_of, page, says
from tests.refusals import refused
from tests.shipped import ship_units

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 1)
PAGE = page("expiry")


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.fixture
def stock(world: World) -> World:
    """Five lots of a product that is worth 2.50, one a day sold, and soap without a lot."""
    product = world.lot_product(unit_value=Decimal("2.5"), min_shelf_life_days=20)
    days = {"GONE": -3, "SHORT": 19, "NEAR": 50, "FAR": 200, "NEVER": None}
    for place, (number, left) in enumerate(days.items()):
        expires_on = None if left is None else in_days(left)
        world.stock_lot(product, number, expires_on, 100, place)
    put(world.product(), world.bins[8], 7)
    ship_units(world, product, 28)
    return world


def cells(response: Any) -> list[list[str]]:
    """The rows of the table of lots, as text."""
    return [
        [
            row.lot.number,
            row.units,
            row.days_remaining,
            row.value,
            row.sold,
            row.share_sold,
            row.days_of_cover,
            row.left,
            row.suggestion and str(row.suggestion.action),
        ]
        for row in response.context["rows"]
    ]


def test_it_works(stock: World) -> None:
    response = browser().get(PAGE)
    assert response.status_code == 200
    # 272 units may be sold, one a day: NEAR sells 30 until it has 20 days left, then FAR sells.
    assert cells(response) == [
        ["GONE", 100, -3, Decimal("250.0"), 0, 0, 272, 100, "dispose"],
        ["SHORT", 100, 19, Decimal("250.0"), 0, 0, 272, 100, "remove"],
        ["NEAR", 72, 50, Decimal("180.0"), 28, 28, 272, 42, "promote"],
        ["FAR", 100, 200, Decimal("250.0"), 0, 0, 272, 0, None],
        ["NEVER", 100, None, Decimal("250.0"), 0, 0, 272, None, None],
    ]
    text = html(response)
    assert "At the present rate of sale 42 of 72 would be left." in text
    assert 'role="img" aria-labelledby="units-title units-desc"' in text
    assert 'style="' not in text


@pytest.mark.parametrize("by", ["life", "month", "age", "nonsense"])
@pytest.mark.parametrize("asked", ["", "&life=0-30", "&warehouse=CHI&age=0-30", "&q=soap"])
def test_the_parts_sum_to_what_is_on_hand(stock: World, by: str, asked: str) -> None:
    response = browser().get(f"{PAGE}?by={by}{asked}")
    parts = [part for part, _ in response.context["parts"]]
    on_hand = {"": 479, "&life=0-30": 100, "&warehouse=CHI&age=0-30": 472, "&q=soap": 7}[asked]
    assert sum(part.units for part in parts) == response.context["total"] == on_hand
    rows = Balance.objects.in_house().values_list("on_hand", flat=True)
    assert asked or sum(rows) == on_hand


def test_months(stock: World) -> None:
    parts = [part for part, _ in browser().get(PAGE + "?by=month").context["parts"]]
    assert [part.label for part in parts][:3] == ["Before", "2026-06", "2026-07"]
    assert [part.label for part in parts][-3:] == ["2027-05", "Later", "No expiry"]
    assert {part.key: part.units for part in parts if part.units} == {
        "before": 100,
        "2026-06": 100,
        "2026-07": 72,
        "2026-12": 100,
        "never": 107,
    }


def test_what_is_at_risk_is_worth(stock: World) -> None:
    risk = browser().get(PAGE).context["at_risk"]
    assert (risk.units, risk.value, risk.unvalued) == (272, Decimal("680.0"), 0)
    cheap = stock.lot_product("CHEAP")
    stock.stock_lot(cheap, "C", in_days(90), 5, 7)
    response = browser().get(PAGE)
    risk = response.context["at_risk"]
    assert (risk.units, risk.value, risk.unvalued) == (277, Decimal("680.0"), 5)
    assert "680.00" in html(response)


def test_filters(stock: World) -> None:
    def lots(query: str) -> list[str]:
        return [row[0] for row in cells(browser().get(f"{PAGE}?{query}"))]

    glow = make_merchant("GLOW")
    serum = make_product(glow, "SERUM", is_lot_product=True)
    put(serum, stock.bins[7], 3, make_lot(serum, "S", in_days(60)))
    assert lots("within=60") == ["SHORT", "NEAR", "S"]
    assert lots("within=60&merchant=GLOW") == ["S"]
    assert lots("life=expired") == ["GONE"]
    assert lots("q=ser") == ["S"]
    assert lots("warehouse=CHI&life=undated") == ["NEVER"]
    assert lots("age=over-180") == []
    assert lots("age=unknown") == []
    response = browser().get(f"{PAGE}?warehouse=MARS")
    assert list(errors(response)) == ["warehouse"]
    assert "No unit on hand matches." in html(response)


def test_units_that_may_not_ship_do_not_sell(stock: World) -> None:
    lot = make_product(stock.merchant, "HELD", is_lot_product=True)
    held = stock.stock_lot(lot, "H", in_days(5), 10, 7)
    place_hold(target=held, reason="Recall", **acting())
    row = next(row for row in cells(browser().get(PAGE)) if row[0] == "H")
    assert row[-2:] == [10, None]


def test_empty_states(world: World) -> None:
    assert "There is nothing on hand yet." in html(browser().get(PAGE))
    put(world.product(), world.bins[0], 5)
    assert "These units have no lot" in html(browser().get(PAGE))


def test_without_a_warehouse(db: None) -> None:
    assert browser().get(PAGE).status_code == 200
    assert browser().get(PAGE + "?life=expired&by=month").status_code == 200


def test_its_files_hold_its_rows(stock: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry_screens, "CHUNK", 2)
    danger = stock.lot_product("=1+1")
    stock.stock_lot(danger, "@SUM", in_days(10), 3, 7)
    response = browser().get(PAGE + "?export=csv")
    assert response["Content-Disposition"] == 'attachment; filename="expiry-2026-06-01.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["lot_number"], row["units"]) for row in rows] == [
        ("GONE", "100"),
        ("'@SUM", "3"),
        ("SHORT", "100"),
        ("NEAR", "72"),
        ("FAR", "100"),
        ("NEVER", "100"),
    ]
    assert (rows[1]["sku"], rows[3]["suggested"]) == ("'=1+1", "Promote")
    response = browser().get(PAGE + "?export=xlsx&life=0-30")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    table = list(sheet.iter_rows(values_only=True))
    assert [row[1:4] for row in table] == [
        ("sku", "product", "lot_number"),
        ("=1+1", "=1+1", "@SUM"),
        ("VITAMIN", "Vitamin", "SHORT"),
    ]
    assert {cell.data_type for cell in sheet["B"]} == {"s"}


def test_a_file_of_too_many_lots_is_refused(stock: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry_screens, "MOST_EXPORTED", 4)
    response = browser().get(PAGE + "?export=csv")
    assert response.status_code == 302
    assert says(response) == ["There are more than 4 lots: filter them first."]
    assert browser().get(PAGE + "?export=csv&within=60").status_code == 200


def test_its_queries_do_not_grow(world: World) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        return len(queries)

    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            product = world.lot_product(f"P-{number}")
            lot = world.stock_lot(product, f"L{number}", in_days(number), 9, number % 9)
            put(product, world.place("QUARANTINE"), 2, lot)
            ship_units(world, product, 1)

    client = browser()
    fill(0, 3)
    asked()
    before = asked()
    fill(3, 12)
    assert asked() == before <= 22


def test_in_a_big_house_the_sums_come_after_the_page(
    stock: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = Balance.objects.order_by("-pk").values_list("pk", flat=True)[0]
    monkeypatch.setattr(expiry_screens, "BIG", newest)
    client = browser()
    assert client.get(PAGE).context["total"] == 479
    monkeypatch.setattr(expiry_screens, "BIG", newest - 1)

    with CaptureQueriesContext(connection) as queries:
        response = client.get(PAGE + "?life=0-30&by=age")
    assert [row[0] for row in cells(response)] == ["SHORT"]
    assert "total" not in response.context
    assert 'data-url="?life=0-30&amp;by=age&amp;part=figures"' in response.content.decode()
    assert not [one for one in queries if "CASE WHEN" in one["sql"]]
    sums = client.get(PAGE + "?life=0-30&by=age&part=figures")
    assert [part.units for part, _ in sums.context["parts"]] == [100, 0, 0, 0, 0, 0]
    assert "<html" not in sums.content.decode()
    whole = client.get(PAGE + "?life=0-30&by=age&figures=now")
    assert whole.context["total"] == 100
    assert sums.content.decode() in whole.content.decode()
    assert "No unit on hand matches." in html(client.get(PAGE + "?q=nothing"))


def test_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry_screens, "PAGE_SIZE", 2)
    product = world.lot_product()
    for place in range(5):
        world.stock_lot(product, f"L{place}", in_days(place), 1, place)
    last = browser().get(PAGE + "?p=3")
    assert [row[0] for row in cells(last)] == ["L4"]
    assert re.search(r'<strong aria-current="page">3</strong>', html(last))
    assert "5 lots" in html(last)


# What is done about a lot -------------------------------------------------------------------------


def test_what_is_done_is_recorded(stock: World, clock: Clock) -> None:
    lot = stock.merchant.products.get(sku="VITAMIN").lots.get(number="NEAR")
    client = browser()
    address = page("expiry_action", lot.pk)
    asked = client.get(address)
    assert "Suggested: Promote. At the present rate of sale 42 of 72 would be left." in html(asked)
    assert asked.context["form"].initial == {"action": "promote"}

    response = client.post(address, {"action": "remove", "note": " Sold to an outlet "})

    assert response.url == page("lot_change", lot.pk)
    assert says(response) == ["Remove is recorded for NEAR."]
    taken = LotAction.objects.get()
    assert (taken.lot, taken.action, taken.suggested) == (lot, "remove", "promote")
    assert (taken.note, taken.taken_by, taken.taken_at) == (
        "Sold to an outlet",
        house(),
        clock.now,
    )
    event = Event.objects.get(topic="lot.action_taken")
    assert (event.merchant, event.object) == (stock.merchant, str(lot.pk))
    assert "Remove:</strong> recorded by house on 2026-06-01" in html(client.get(response.url))
    assert "Done: Remove" in html(client.get(PAGE))


def test_nothing_is_suggested_for_a_lot_that_sells(stock: World) -> None:
    lot = stock.merchant.products.get(sku="VITAMIN").lots.get(number="FAR")
    asked = browser().get(page("expiry_action", lot.pk))
    assert "Suggested" not in html(asked)
    assert errors(browser().post(page("expiry_action", lot.pk), {"action": "burn"})) == {
        "action": ["Select a valid choice. burn is not one of the available choices."]
    }
    assert not LotAction.objects.exists()


def test_what_cannot_be_recorded(stock: World) -> None:
    lot = stock.merchant.products.get(sku="VITAMIN").lots.get(number="FAR")
    with refused("not_found"):
        take_action(lot_id=987_654, action="promote", **acting())
    with refused("invalid"):
        take_action(lot_id=lot.pk, action="burn", **acting())
    with refused("invalid"):
        take_action(lot_id=lot.pk, action="promote", note="x" * 501, **acting())


def test_who_may_see_and_who_may_record(stock: World) -> None:
    lot = stock.merchant.products.get(sku="VITAMIN").lots.first()
    for group, status in {
        "associate": 200,
        "manager": 200,
        "merchant care": 200,
        "billing": 403,
    }.items():
        client = member_of(group)
        shown = client.get(PAGE)
        assert shown.status_code == 200
        assert ("Record what is done about" in html(shown)) is (status == 200)
        assert client.get(page("expiry_action", lot.pk)).status_code == status
    nobody = make_merchant("GLOW").users.create(username="x", is_active=True)
    assert browser(nobody).get(PAGE).status_code == 302
    assert browser().get(page("expiry_action", 987_654)).status_code == 404


# What was told, and the runs ----------------------------------------------------------------------


def test_digests_and_runs_stand_on_their_pages(stock: World, clock: Clock) -> None:
    make_warehouse("WEST", "Pacific/Honolulu")
    run_due(now=clock.now)
    write_digests(now=clock.now)
    digest = ExpiryDigest.objects.get()
    listed = html(browser().get(page("expirydigest_changelist")))
    assert "100 units expired, 172 expire within 90 days" in listed
    assert "Kept here" in listed
    shown = html(browser().get(page("expirydigest_change", digest.pk)))
    assert "At the present rate of sale 42 of 72 would be left." in shown
    ExpiryDigest.objects.update(recipient="a@b.example")
    assert "To be sent" in html(browser().get(page("expirydigest_changelist")))
    ExpiryDigest.objects.update(error="nobody listens")
    assert "Failed" in html(browser().get(page("expirydigest_changelist")))
    ExpiryDigest.objects.update(sent_at=clock.now)
    assert "Sent" in html(browser().get(page("expirydigest_changelist")))
    runs = html(browser().get(page("expiryrun_changelist")))
    assert (runs.count("Finished"), runs.count("Interrupted")) == (3, 0)
