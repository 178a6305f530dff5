import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.cache import cache

from inventory.models import Product
from inventory.resources import ProductResource
from inventory.spreadsheets.reading import read_file
from inventory.spreadsheets.screens import GONE
from merchants.models import Event, User
from tests.builders import acting, make_merchant, make_product, make_world
from tests.inventory.admin import browser, member_of, page, says
from tests.inventory.sheets import (
    PRODUCTS,
    comma,
    confirm,
    faults,
    make,
    outcome,
    preview,
    refused,
    saved,
    xlsx,
)

pytestmark = pytest.mark.django_db
HEAD = ["merchant", "sku", "name"]


@pytest.fixture
def glow():
    return make_merchant("GLOW")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_works(glow, kind):
    known = make_product(glow, "SERUM", name="Serum", barcode="0012", weight_oz=Decimal(2))
    data = make(
        kind,
        [*HEAD, "barcode", "is_lot_product", "min_shelf_life_days", "weight_oz"],
        ["glow", "VC-90", "Vitamin C", "00345", "yes", "30", "6.4"],
        ["GLOW", "SERUM", "Serum, new", "", "", "", "2"],
    )
    client = browser()
    shown = preview(client, PRODUCTS, data, f"products.{kind}")
    assert outcome(shown) == {"new": 1, "update": 1}
    assert Product.objects.count() == 1
    response = confirm(client, shown, PRODUCTS)
    assert (response.status_code, response.url) == (302, page("product_changelist"))
    assert says(response) == ["Imported products: 1 new, 1 changed, 0 as they were."]
    made = Product.objects.get(sku="VC-90")
    assert (made.merchant, made.name, made.barcode) == (glow, "Vitamin C", "00345")
    assert (made.is_lot_product, made.min_shelf_life_days) == (True, 30)
    assert (made.weight_oz, made.return_action) == (Decimal("6.4"), "quarantine")
    known.refresh_from_db()
    assert (known.name, known.barcode, known.weight_oz) == ("Serum, new", "", 2)
    assert (known.is_lot_product, known.lot_entry) == (False, "either")


def test_the_history_and_the_events_name_who_did_it(glow):
    make_product(glow, "SERUM")
    ada = User.objects.create_superuser("ada", password="x")
    client = browser(ada)
    data = comma(HEAD, ["GLOW", "SERUM", "New"], ["GLOW", "SOAP", "Soap"])
    confirm(client, preview(client, PRODUCTS, data), PRODUCTS)
    for product in Product.objects.all():
        assert product.history.latest().history_user == ada
    topics = Event.objects.filter(topic__startswith="product.").order_by("id")
    assert [event.topic for event in topics] == [
        "product.created",
        "product.created",
        "product.updated",
    ]


def test_a_preview_changes_nothing(glow):
    make_product(glow, "SERUM")
    events = Event.objects.count()
    data = comma(HEAD, ["GLOW", "SERUM", "New"], ["GLOW", "SOAP", "Soap"])
    preview(browser(), PRODUCTS, data)
    assert list(Product.objects.values_list("sku", "name")) == [("SERUM", "Serum")]
    assert (Product.history.count(), Event.objects.count()) == (1, events)


def test_what_a_row_changes_is_shown(glow):
    make_product(glow, "SERUM", name="Old", rotation="lefo", min_shelf_life_days=30)
    head = [*HEAD, "rotation", "min_shelf_life_days"]
    shown = preview(browser(), PRODUCTS, comma(head, ["GLOW", "SERUM", "New", "", 31]))
    (row,) = shown.context["changes"]
    changes = [(change.column, change.before, change.after) for change in row.changes]
    assert (row.number, row.label) == (2, "SERUM · GLOW")
    assert changes == [
        ("name", "Old", "New"),
        ("rotation", "lefo", ""),
        ("min_shelf_life_days", "30", "31"),
    ]


def test_every_fault_is_told_by_row_column_value_and_nothing_is_imported(glow):
    world = make_world()
    dated = world.lot_product("DATED")
    world.stock_lot(dated, "L", date(2027, 1, 1), 5, bin=0)
    head = [*HEAD, "is_lot_product", "return_action", "min_shelf_life_days", "weight_oz"]
    data = xlsx(
        head,
        ["GLOW", "GOOD", "Good"],
        ["NOBODY", "A", "A"],
        ["GLOW", 123, "=1+1"],
        ["GLOW", "B", ""],
        ["GLOW", "C", "C", "maybe", "burn", -1, "heavy"],
        ["GLOW", "GOOD", "Again"],
        ["GLOW", "D", "D", "yes", "restock"],
        ["ACME", "DATED", "Dated", "no"],
        ["GLOW", "E", "e" * 201, None, None, 1.5],
        [None, "F", "F"],
        ["GLOW", None, "G"],
    )
    shown = preview(browser(), PRODUCTS, data, "products.xlsx")
    assert faults(shown) == [
        (3, "merchant", "NOBODY", "unknown_merchant"),
        (4, "sku", "123", "must_be_text"),
        (4, "name", "=1+1", "formula_not_allowed"),
        (5, "name", "", "required"),
        (6, "is_lot_product", "maybe", "invalid_choice"),
        (6, "return_action", "burn", "invalid_choice"),
        (6, "min_shelf_life_days", "-1", "min_value"),
        (6, "weight_oz", "heavy", "not_a_number"),
        (7, "sku", "GOOD", "duplicate_row"),
        (8, "return_action", "restock", "restock_not_supported_for_lot_product"),
        (9, "is_lot_product", "no", "lots_in_stock"),
        (10, "name", "e" * 60 + "…", "value_too_long"),
        (10, "min_shelf_life_days", "1.5", "not_a_whole_number"),
        (11, "merchant", "", "required"),
        (12, "sku", "", "required"),
    ]
    assert "Whether" not in str(faults(shown))
    assert Product.objects.count() == 1
    text = shown.content.decode()
    assert "Import all of it" not in text
    assert "A whole number from 0 to 36500" in text


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ([*HEAD, "colour"], "There is no column colour. The columns are: merchant, sku, name,"),
        (["merchant", "name"], "The file lacks the column sku."),
        ([*HEAD, "name"], "Two columns are named “name”"),
    ],
)
def test_columns_that_are_not_ours_are_refused(glow, head, says):
    shown = preview(browser(), PRODUCTS, comma(head, ["GLOW", "A", "B", "C"][: len(head)]))
    assert says in refused(shown)[0]
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("p.csv", b"", "The submitted file is empty."),
        ("p.xlsm", b"PK", "Workbooks with macros are refused"),
        ("p.xls", b"\xd0\xcf\x11\xe0", "old or a password-protected workbook"),
        ("p.pdf", b"%PDF", "Upload an .xlsx or a .csv file."),
    ],
)
def test_files_that_are_no_sheets_are_refused(glow, name, data, says):
    assert says in refused(preview(browser(), PRODUCTS, data, name))[0]


def test_no_file_at_all_is_refused(glow):
    shown = browser().post(PRODUCTS, {"step": "preview"})
    assert refused(shown) == ["This field is required."]


def test_the_file_comes_back_with_its_faults_and_is_taken_again_once_corrected(glow):
    client = browser()
    data = xlsx([*HEAD, "barcode"], ["GLOW", "A", "=1+1", 12], ["GLOW", "B", "Bee", "0012"])
    shown = preview(client, PRODUCTS, data, "mine.xlsx")
    sent = {"step": "annotate", "upload": shown.context["token"]}
    response = client.post(PRODUCTS, sent)
    assert response["Content-Disposition"] == 'attachment; filename="mine-errors.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == [*HEAD, "barcode", "errors"]
    assert rows[1][:4] == ["GLOW", "A", "=1+1", 12]
    assert rows[1][4].startswith("name: text of at most 200 characters; no formula; barcode: text")
    assert rows[2] == ["GLOW", "B", "Bee", "0012", None]
    assert sheet["C2"].data_type == "s"
    sheet["C2"], sheet["D2"] = "Ay", "12"
    assert outcome(preview(client, PRODUCTS, saved(book), "mine.xlsx")) == {"new": 2}


def test_of_csv_csv_comes_back(glow):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["NOBODY", "=A", "A"]), "mine.csv")
    response = client.post(PRODUCTS, {"step": "annotate", "upload": shown.context["token"]})
    rows = [list(row) for row in read_file("mine.csv", response.content)]
    assert rows == [["NOBODY", "=A", "A"]]
    assert b"merchant: the code of a merchant; there is none of this code" in response.content


def test_an_upload_is_imported_once(glow):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "A", "Ay"]))
    confirm(client, shown, PRODUCTS)
    again = confirm(client, shown, PRODUCTS)
    assert (again.url, says(again)[-1]) == (PRODUCTS, GONE)
    assert Product.objects.count() == 1


def test_an_upload_is_that_of_its_person_and_page(glow):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "A", "Ay"]))
    other = browser(User.objects.create_superuser("eve", password="x"))
    assert says(confirm(other, shown, PRODUCTS)) == [GONE]
    elsewhere = "/admin/inventory/location/import/"
    assert says(confirm(client, shown, elsewhere)) == [GONE]
    assert Product.objects.count() == 0
    assert confirm(client, shown, PRODUCTS).url == page("product_changelist")


def test_two_people_import_at_once(glow):
    one, two = browser(), browser(User.objects.create_superuser("eve", password="x"))
    first = preview(one, PRODUCTS, comma(HEAD, ["GLOW", "A", "One"]))
    second = preview(two, PRODUCTS, comma(HEAD, ["GLOW", "A", "Two"], ["GLOW", "B", "Two"]))
    confirm(one, first, PRODUCTS)
    assert says(confirm(two, second, PRODUCTS)) == [
        "Imported products: 1 new, 1 changed, 0 as they were."
    ]
    assert dict(Product.objects.values_list("sku", "name")) == {"A": "Two", "B": "Two"}


def test_what_became_impossible_since_the_preview_is_told_and_nothing_is_imported(glow):
    client = browser()
    data = comma([*HEAD, "is_lot_product"], ["GLOW", "A", "New", "yes"], ["GLOW", "B", "Bee", ""])
    shown = preview(client, PRODUCTS, data)
    make_product(glow, "A", name="Ay", return_action="restock")
    response = confirm(client, shown, PRODUCTS)
    assert response.status_code == 200
    assert faults(response) == [(2, "return_action", "", "restock_not_supported_for_lot_product")]
    assert list(Product.objects.values_list("sku", "name")) == [("A", "Ay")]


@pytest.mark.parametrize("token", ["", "no such thing", "x" * 500])
def test_a_token_that_names_nothing(glow, token):
    response = browser().post(PRODUCTS, {"step": "confirm", "upload": token})
    assert (response.url, says(response)) == (PRODUCTS, [GONE])


def test_an_upload_ends_after_a_while(glow):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "A", "Ay"]))
    cache.clear()
    assert says(confirm(client, shown, PRODUCTS)) == [GONE]


def test_where_everything_is_as_it_is_there_is_nothing_to_confirm(glow):
    make_product(glow, "A", name="Ay")
    shown = preview(browser(), PRODUCTS, comma(HEAD, ["GLOW", "A", "Ay"]))
    assert outcome(shown) == {"skip": 1}
    assert "there is nothing to import" in shown.content.decode()
    assert shown.context["token"] == ""


@pytest.mark.parametrize(("group", "allowed"), [("associate", False), ("merchant care", True)])
def test_who_may_import_and_export(glow, group, allowed):
    make_product(glow, "A")
    client = member_of(group)
    assert (client.get(PRODUCTS).status_code == 200) == allowed
    assert (client.post(PRODUCTS, {"step": "preview"}).status_code == 200) == allowed
    listed = client.get(page("product_changelist")).content.decode()
    assert (page("product_import") in listed) == allowed
    assert client.post(page("product_export"), {"format": "1"}).status_code == 200


def test_strangers_may_do_neither(client):
    for url in (PRODUCTS, page("product_export")):
        assert client.get(url).url.startswith("/admin/login/")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_template_has_the_headings_and_no_rows(kind):
    response = browser().get(PRODUCTS, {"template": kind})
    assert response["Content-Disposition"] == f'attachment; filename="products-template.{kind}"'
    if kind == "csv":
        assert response.content.startswith(b'\xef\xbb\xbf"merchant","sku","name","barcode",')
        assert response.content.count(b"\n") == 1
        return
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    sheet, beside = book.worksheets
    assert (sheet.title, sheet.max_row) == ("Products", 1)
    assert [cell.value for cell in sheet[1]][:3] == HEAD
    assert sheet.column_dimensions["B"].number_format == "@"
    assert [cell.value for cell in beside[3]] == [
        "sku",
        "needed",
        "Finds the product; a new one makes it (text of at most 64 characters)",
        "VC-90",
    ]


def test_a_filled_in_template_is_imported_without_its_explanation(glow):
    client = browser()
    book = openpyxl.load_workbook(io.BytesIO(client.get(PRODUCTS, {"template": "xlsx"}).content))
    book.worksheets[0].append(["GLOW", "A", "Ay"])
    assert outcome(preview(client, PRODUCTS, saved(book), "p.xlsx")) == {"new": 1}


def test_the_page_of_an_export_offers_both_formats():
    text = browser().get(page("product_export")).content.decode()
    assert "<h1>Export products</h1>" in text
    assert "Excel workbook (.xlsx)" in text
    assert "CSV (.csv)" in text


def test_an_export_has_what_the_list_shows(glow):
    make_product(glow, "A", name="=1+1")
    make_product(make_merchant("ACME"), "B")
    url = f"{page('product_export')}?merchant__id__exact={glow.pk}"
    response = browser().post(url, {"format": "0"})
    assert response["Content-Disposition"] == 'attachment; filename="products-2026-06-01.xlsx"'
    rows = [list(row)[:3] for row in read_file("p.xlsx", response.content, title="Products")]
    assert rows == [["GLOW", "A", "=1+1"]]


def test_reading_takes_as_many_queries_for_many_rows_as_for_few(
    glow, django_assert_max_num_queries
):
    rows = [["GLOW", f"P-{n}", f"P {n}"] for n in range(30)]
    for _, sku, name in rows:
        make_product(glow, sku, name=name)
    client = browser()
    with django_assert_max_num_queries(12):
        assert outcome(preview(client, PRODUCTS, comma(HEAD, *rows))) == {"skip": 30}


def test_an_import_takes_as_many_statements_for_many_rows_as_for_few(
    glow, django_assert_max_num_queries
):
    head = [*HEAD, "min_shelf_life_days"]
    for n in range(20):
        make_product(glow, f"P-{n}")
    rows = [["GLOW", f"{'PQ'[n % 2]}-{n // 2}", "New name", "30"] for n in range(40)]
    sheet = read_file("p.csv", comma(head, *rows))
    with django_assert_max_num_queries(40):
        result = ProductResource(**acting()).import_data(sheet)
    assert dict(result.counts) == {"new": 20, "update": 20}
    assert Product.objects.filter(name="New name", min_shelf_life_days=30).count() == 40
    assert Product.history.count() == 60


def test_a_product_made_by_somebody_faster_is_told(glow):
    """Between the reading of an import and its writing."""

    class Slow(ProductResource):
        def lock(self, rows):
            make_product(glow, "A", name="Faster")

    sheet = read_file("p.csv", comma(HEAD, ["GLOW", "A", "Slower"], ["GLOW", "B", "Bee"]))
    result = Slow(**acting()).import_data(sheet)
    assert [refusal.code for refusal in result.refusals] == ["sku_taken"]
    assert not Product.objects.exists()


def test_the_form_says_what_each_column_takes():
    text = browser().get(PRODUCTS).content.decode()
    assert "min_shelf_life_days" in text
    assert "either, number, expiry or both" in text
    assert 'style="' not in text
