"""The registry of lots by spreadsheet: supplier, production run and dates, in and out."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Lot, Product
from inventory.services.lot_merges import Wish, merge_lots
from tests.builders import (
    World,
    acting,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    promised,
    put,
)
from tests.inventory.admin import browser, member_of, says
from tests.inventory.sheets import LOTS, cells, comma, confirm, faults, make, outcome, preview

pytestmark = pytest.mark.usefixtures("sound")

HEAD = ["merchant", "sku", "lot_number", "expires_on", "manufactured_on", "supplier_number",
        "supplier", "production_run"]  # fmt: skip
DAY = date(2027, 1, 31)


@pytest.fixture
def vitamin(world: World) -> Product:
    return world.lot_product()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_works(world: World, vitamin: Product, kind: str) -> None:
    known, dated, same = (make_lot(vitamin, number, DAY) for number in ("VC-A", "", "VC-C"))
    client = browser()
    rows = [
        ["acme", "VITAMIN", " vc-a ", "", "", "L 4711", "Nordic", "RUN-17"],
        ["ACME", "VITAMIN", "", "2027-01-31", "2026-01-31", "", "Nordic", ""],
        ["ACME", "VITAMIN", "VC-C", "2027-01-31", "", "", "", ""],
        ["ACME", "VITAMIN", "VC-D", "2027-02-28", "", "", "Baltic", "RUN-18"],
    ]
    seen = preview(client, LOTS, make(kind, HEAD, *rows), f"lots.{kind}")
    assert outcome(seen) == {"update": 2, "skip": 1, "new": 1}
    assert not Lot.objects.filter(supplier="Nordic").exists()

    done = confirm(client, seen, LOTS)

    assert says(done) == ["Imported lots: 1 new, 2 changed, 1 as they were."]
    known.refresh_from_db()
    assert (known.number, known.expires_on, known.manufactured_on) == ("VC-A", DAY, None)
    assert (known.supplier_number, known.supplier, known.production_run) == (
        "L 4711",
        "Nordic",
        "RUN-17",
    )
    dated.refresh_from_db()
    assert (dated.manufactured_on, dated.supplier) == (date(2026, 1, 31), "Nordic")
    assert same.history.count() == 1
    new = Lot.objects.get(number="VC-D")
    assert (new.product, new.expires_on, new.supplier) == (vitamin, date(2027, 2, 28), "Baltic")


def test_what_goes_out_comes_in_as_it_is(world: World, vitamin: Product) -> None:
    """Without the alias, which is a name of the second one; only the columns that a lot has."""
    make_lot(vitamin, "=1+1", DAY, supplier="Ünder & Söhne", production_run="007")
    good, typed = make_lot(vitamin, "VC-2508", DAY), make_lot(vitamin, "VC-25O8", DAY)
    merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    client = browser()
    file = client.post("/admin/inventory/lot/export/", {"format": "0"})
    assert file["Content-Disposition"] == 'attachment; filename="lots-2026-06-01.xlsx"'
    head, *rows = [[value for value, _ in row] for row in cells(file.content)]
    assert head == HEAD
    assert [row[2] for row in rows] == ["=1+1", "VC-2508"]
    assert rows[0][6:] == ["Ünder & Söhne", "007"]
    seen = preview(client, LOTS, file.content, "lots.xlsx")
    assert outcome(seen) == {"skip": 2}


def test_a_corrected_expiry_measures_promises_anew(world: World, vitamin: Product) -> None:
    lot = make_lot(vitamin, "VC-A", DAY)
    put(vitamin, world.bins[0], 5, lot)
    demand = make_demand(vitamin, 5, world.warehouse, min_shelf_life_days=30)
    client = browser()
    seen = preview(client, LOTS, comma(HEAD[:4], ["ACME", "VITAMIN", "VC-A", "2026-06-15"]))
    assert promised(demand) == {"A-01": 5}
    confirm(client, seen, LOTS)
    assert promised(demand) == {}


def test_mistakes(world: World, vitamin: Product) -> None:
    good, typed = make_lot(vitamin, "VC-2508", DAY), make_lot(vitamin, "VC-25O8", DAY)
    merge_lots(wish=Wish(typed.pk, good.pk), **acting())
    make_product(make_merchant("NORD"), "THEIRS")
    rows = [
        ["ACME", "VITAMIN", "VC-25O8", "", "", "", "Nordic", ""],
        ["ACME", "THEIRS", "A", "", "", "", "", ""],
        ["MARS", "VITAMIN", "A", "", "", "", "", ""],
        ["ACME", "VITAMIN", "B", "31/01/2027", "2027-02-30", "", "x" * 101, ""],
        ["ACME", "VITAMIN", "", "", "", "", "", ""],
        ["ACME", "VITAMIN", "VC-25-08", "", "", "", "", ""],
        ["ACME", "VITAMIN", "C", "", "", "", "", ""],
        ["ACME", "VITAMIN", " c", "", "", "", "", ""],
    ]
    seen = preview(browser(), LOTS, comma(HEAD, *rows))
    assert faults(seen) == [
        (2, "lot_number", "VC-25O8", "lot_merged"),
        (3, "sku", "THEIRS", "unknown_sku"),
        (4, "merchant", "MARS", "unknown_merchant"),
        (5, "expires_on", "31/01/2027", "ambiguous_date"),
        (5, "manufactured_on", "2027-02-30", "invalid_date"),
        (5, "supplier", "x" * 60 + "…", "value_too_long"),
        (6, "lot_number", "", "lot_or_expiry_required"),
        (7, "lot_number", "VC-25-08", "lot_looks_like"),
        (9, "lot_number", " c", "duplicate_row"),
    ]
    assert Lot.objects.count() == 2


def test_what_changed_since_the_preview_undoes_all(world: World, vitamin: Product) -> None:
    client = browser()
    rows = [["ACME", "VITAMIN", number] for number in ("VC-2508", "OTHER")]
    seen = preview(client, LOTS, comma(HEAD[:3], *rows))
    make_lot(vitamin, "VC-25O8", DAY)
    assert faults(confirm(client, seen, LOTS)) == [(2, "lot_number", "VC-2508", "lot_looks_like")]
    assert Lot.objects.count() == 1


def test_new_lots_that_look_alike_are_told_in_the_preview(world: World, vitamin: Product) -> None:
    rows = [["ACME", "VITAMIN", number] for number in ("VC-2508", "VC-25O8")]
    seen = preview(browser(), LOTS, comma(HEAD[:3], *rows))
    assert faults(seen) == [(3, "lot_number", "VC-25O8", "lot_looks_like")]


def test_who_may(world: World) -> None:
    assert member_of("merchant care").get(LOTS).status_code == 200
    assert member_of("billing").get(LOTS).status_code == 403
