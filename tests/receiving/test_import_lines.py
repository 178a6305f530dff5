from datetime import date

import pytest

from inventory.models import Supply
from inventory.spreadsheets.reading import read_file
from receiving.models import WRO
from receiving.resources import LineResource
from receiving.services import submit_wro
from receiving.services.lines import announced_lines
from tests.builders import acting, make_merchant, make_product
from tests.inventory.admin import browser, member_of, says
from tests.inventory.sheets import comma, confirm, faults, make, outcome, preview, refused, xlsx
from tests.receiving.builders import draft, line, topics

NEW = "/admin/receiving/wro/import/"
HEAD = ["sku", "quantity", "lot_number", "expires_on", "lot_quantity"]


def lines_url(wro):
    return f"/admin/receiving/wro/{wro.pk}/import/"


def announced(wro):
    return [
        (
            one.product.sku,
            one.quantity,
            [(lot.number, str(lot.expires_on or ""), lot.quantity) for lot in one.lots],
        )
        for one in announced_lines(wro).values()
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_works(world, vitamin, soap, kind):
    data = make(
        kind,
        HEAD,
        ["VITAMIN", "160", "VC-2026-10-A", "2026-10-31", "100"],
        ["SOAP", "25", "", "", ""],
        ["VITAMIN", "", "", "2027-01-31", "60"],
    )
    client = browser()
    details = {
        "merchant": world.merchant.pk,
        "warehouse": world.warehouse.pk,
        "package_type": "pallet",
        "reference": "PO-7",
        "expected_arrival_on": "2026-06-20",
    }
    shown = preview(client, NEW, data, f"wro.{kind}", **details)
    assert outcome(shown) == {"new": 3}
    assert WRO.objects.count() == 0
    response = confirm(client, shown, NEW)
    wro = WRO.objects.get()
    assert says(response) == [f"{wro.number} is a draft with what the file says."]
    assert response.url == f"/admin/receiving/wro/{wro.pk}/change/"
    assert (wro.status, wro.merchant, wro.warehouse) == ("draft", world.merchant, world.warehouse)
    assert (wro.reference, wro.package_type) == ("PO-7", "pallet")
    assert wro.expected_arrival_on == date(2026, 6, 20)
    assert wro.created_by.username == "house"
    assert announced(wro) == [
        ("VITAMIN", 160, [("VC-2026-10-A", "2026-10-31", 100), ("", "2027-01-31", 60)]),
        ("SOAP", 25, []),
    ]
    assert Supply.objects.count() == 0


def test_the_lines_of_a_draft_become_those_of_the_file(world, vitamin, soap):
    towel = world.product("TOWEL")
    wro = draft(
        world,
        line(vitamin, 100, ("A", date(2027, 1, 1), 60), ("B", None, 40)),
        line(soap, 5),
        line(towel, 1),
    )
    data = comma(
        HEAD,
        ["SOAP", 5, "", "", ""],
        ["VITAMIN", 110, "A", "2027-01-02", 60],
        ["VITAMIN", 110, "C", "", 50],
    )
    client = browser()
    shown = preview(client, lines_url(wro), data)
    assert outcome(shown) == {"skip": 1, "update": 1, "new": 1, "delete": 2}
    changes = {
        row.label: [str(one.after) for one in row.changes] for row in shown.context["changes"]
    }
    assert changes == {
        "VITAMIN · A": ["110", "2027-01-02"],
        "VITAMIN · C": ["C", "50"],
        "VITAMIN · B": [],
        "TOWEL": [],
    }
    assert topics(wro) == ["created"]
    response = confirm(client, shown, lines_url(wro))
    assert says(response) == [
        f"{wro.number} has the lines of the file: 1 new, 1 changed, 2 taken out, 1 as they were."
    ]
    assert announced(wro) == [
        ("SOAP", 5, []),
        ("VITAMIN", 110, [("A", "2027-01-02", 60), ("C", "", 50)]),
    ]
    assert topics(wro) == ["created", "updated"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["VITAMIN", 10, "=1+1", None, 10]], [(2, "lot_number", "=1+1", "formula_not_allowed")]),
        ([["VITAMIN", "=10", "A", None, 10]], [(2, "quantity", "=10", "formula_not_allowed")]),
        ([["VITAMIN", 10, 123, None, 10]], [(2, "lot_number", "123", "must_be_text")]),
        (
            [["VITAMIN", 10, "A", "03/04/2027", 10]],
            [(2, "expires_on", "03/04/2027", "ambiguous_date")],
        ),
        ([["VITAMIN", 10, "A", 46387, 10]], [(2, "expires_on", "46387", "ambiguous_date")]),
        ([["VITAMIN", 10, None, None, 10]], [(2, "lot_number", "", "lot_or_expiry_required")]),
        ([["VITAMIN", 10]], [(2, "lot_number", "", "lots_required")]),
        ([["VITAMIN", 10, "A"]], [(2, "lot_quantity", "", "required")]),
        ([["NOTHING", 10]], [(2, "sku", "NOTHING", "unknown_sku")]),
        ([["THEIRS", 10]], [(2, "sku", "THEIRS", "unknown_sku")]),
        ([[12, 10]], [(2, "sku", "12", "must_be_text")]),
        ([[None, 10]], [(2, "sku", "", "required")]),
        ([["SOAP", None]], [(2, "quantity", "", "required")]),
        ([["SOAP", 0]], [(2, "quantity", "0", "min_value")]),
        ([["SOAP", -1]], [(2, "quantity", "-1", "min_value")]),
        ([["SOAP", 1.5]], [(2, "quantity", "1.5", "not_a_whole_number")]),
        ([["SOAP", 2**31]], [(2, "quantity", "2147483648", "too_large")]),
        ([["SOAP", 5, "A", None, 5]], [(2, "lot_number", "A", "not_a_lot_product")]),
        ([["SOAP", 5], ["SOAP", 5]], [(3, "sku", "SOAP", "duplicate_sku")]),
        (
            [["VITAMIN", 100, "A", None, 60], ["VITAMIN", None, "B", None, 30]],
            [(2, "quantity", "100", "lots_do_not_sum")],
        ),
        (
            [["VITAMIN", 100, "A", None, 60], ["VITAMIN", 90, "B", None, 40]],
            [(3, "quantity", "90", "totals_differ")],
        ),
        (
            [["VITAMIN", 100, "A", None, 60], ["VITAMIN", 100, " a ", None, 40]],
            [(3, "lot_number", " a ", "duplicate_lot")],
        ),
        (
            [["VITAMIN", 100, "A", None, 60], ["VITAMIN", 100]],
            [(3, "sku", "VITAMIN", "duplicate_sku")],
        ),
        (
            [["BOTH", 100, "A", None, 60], ["BOTH", 100, None, "2027-01-01", 40]],
            [
                (2, "expires_on", "", "expiry_required"),
                (3, "lot_number", "", "lot_number_required"),
            ],
        ),
        (
            [["VITAMIN", 5, "x" * 65, None, 5]],
            [(2, "lot_number", "x" * 60 + "…", "value_too_long")],
        ),
        (
            [["VITAMIN", 5, "A\u200bB", None, 5]],
            [(2, "lot_number", "A\\x200bB", "control_character")],
        ),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(world, vitamin, soap, rows, expected):
    world.lot_product("BOTH", lot_entry="both")
    make_product(make_merchant("OTHER"), "THEIRS")
    wro = draft(world, line(soap, 7))
    client = browser()
    shown = preview(client, lines_url(wro), xlsx(HEAD, *rows), "w.xlsx")
    assert faults(shown) == expected
    assert all(fault.expected for fault in shown.context["result"].faults)
    assert "Import all of it" not in shown.content.decode()
    confirm(client, shown, lines_url(wro))
    assert announced(wro) == [("SOAP", 7, [])]


def test_all_faults_are_told_at_once(world, vitamin, soap):
    wro = draft(world)
    data = comma(
        HEAD,
        ["SOAP", "x", "", "", ""],
        ["VITAMIN", 5, "A", "2027-13-01", 4],
        ["NOTHING", 1, "", "", ""],
    )
    assert faults(preview(browser(), lines_url(wro), data)) == [
        (2, "quantity", "x", "not_a_whole_number"),
        (3, "expires_on", "2027-13-01", "invalid_date"),
        (4, "sku", "NOTHING", "unknown_sku"),
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_is_imported_unchanged(world, vitamin, soap, kind):
    strange = world.lot_product("=1+1")
    wro = draft(
        world,
        line(vitamin, 100, ("=A", date(2027, 1, 1), 60), ("'00123", None, 40)),
        line(soap, 5),
        line(strange, 7, ("", date(2027, 1, 1), 7)),
    )
    client = browser()
    url = f"/admin/receiving/wro/{wro.pk}/export/?format={kind}"
    exported = client.get(url)
    assert exported["Content-Disposition"] == f'attachment; filename="{wro.number}.{kind}"'
    shown = preview(client, lines_url(wro), exported.content, f"w.{kind}")
    assert outcome(shown) == {"skip": 4}
    assert "there is nothing to import" in shown.content.decode()


def test_a_product_without_lot_columns_needs_none(world, soap):
    wro = draft(world)
    client = browser()
    confirm(client, preview(client, lines_url(wro), b"sku,quantity\nSOAP,5\n"), lines_url(wro))
    assert announced(wro) == [("SOAP", 5, [])]
    shown = preview(client, lines_url(wro), b"sku\nSOAP\n")
    assert refused(shown) == ["The file lacks the column quantity."]


def test_only_a_draft_takes_lines(world, soap):
    wro = draft(world, line(soap, 5))
    client = browser()
    shown = preview(client, lines_url(wro), b"sku,quantity\nSOAP,6\n")
    submit_wro(wro_id=wro.pk, **acting())
    response = confirm(client, shown, lines_url(wro))
    assert response.url == f"/admin/receiving/wro/{wro.pk}/change/"
    assert says(response) == [f"{wro.number} is awaiting: it cannot be changed now."]
    assert client.get(lines_url(wro).replace(str(wro.pk), "999999")).status_code == 404
    assert announced(wro) == [("SOAP", 5, [])]


def test_a_reference_that_is_taken_is_told(world, soap):
    draft(world, reference="PO-7")
    details = {
        "merchant": world.merchant.pk,
        "warehouse": world.warehouse.pk,
        "package_type": "box",
        "reference": "PO-7",
    }
    client = browser()
    data = b"sku,quantity\nSOAP,5\n"
    shown = preview(client, NEW, data, **details)
    assert shown.context["details_form"].errors == {
        "reference": ["There is already a WRO with this reference."]
    }
    shown = preview(client, NEW, data, **(details | {"reference": "PO-8"}))
    draft(world, reference="PO-8")
    response = confirm(client, shown, NEW)
    assert response.status_code == 200
    assert "There is already a WRO with this reference." in response.content.decode()
    assert WRO.objects.count() == 2


def test_details_that_are_missing_are_asked_for(world):
    shown = preview(browser(), NEW, b"sku,quantity\nSOAP,5\n")
    assert set(shown.context["details_form"].errors) == {"merchant", "warehouse", "package_type"}


@pytest.mark.parametrize(("group", "allowed"), [("associate", False), ("merchant care", True)])
def test_who_may(world, soap, group, allowed):
    wro = draft(world, line(soap, 5))
    client = member_of(group)
    for url in (NEW, lines_url(wro)):
        assert (client.get(url).status_code == 200) == allowed
    export = f"/admin/receiving/wro/{wro.pk}/export/"
    assert client.get(export).status_code == 200
    assert client.get(export + "?format=ods").status_code == 404
    listed = client.get("/admin/receiving/wro/").content.decode()
    assert (NEW in listed) == allowed
    shown = client.get(f"/admin/receiving/wro/{wro.pk}/change/").content.decode()
    assert (lines_url(wro) in shown) == allowed


def test_a_draft_submitted_between_reading_and_writing_is_refused(world, soap):
    """The service says so, whoever was faster."""
    wro = draft(world, line(soap, 5))
    submit_wro(wro_id=wro.pk, **acting())
    sheet = read_file("w.csv", b"sku,quantity\nSOAP,6\n")
    for dry_run in (True, False):
        result = LineResource(wro=wro, **acting()).import_data(sheet, dry_run=dry_run)
        assert [refusal.code for refusal in result.refusals] == ["wrong_status"]
    assert announced(wro) == [("SOAP", 5, [])]
