"""What goes out comes in as it was, in both formats, and no cell runs."""

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory.models import LotEntry, Product
from inventory.resources import ProductResource
from inventory.spreadsheets.formats import FORMATS
from inventory.spreadsheets.reading import read_file
from inventory.spreadsheets.writing import DANGEROUS, csv_file, protected, workbook_file
from tests.builders import acting, make_merchant, make_product
from tests.inventory.sheets import cells

NASTY = st.sampled_from(
    [
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://evil")',
        "@SUM(1)",
        "+1",
        "-1",
        "\t=1+1",
        "\r=1+1",
        "\n=1",
        "'",
        "''=1",
        "\uff1d1+1",
        "_x000D_",
        "_x005F_x000D_",
        "a\r\nb",
        "1E5",
        "00123",
        "2026-10-31",
        "#REF!",
        "TRUE",
        '"; sep=;',
        "a,b;c\td",
        " lead and trail ",
        "\ufeffmark",
    ]
)
# NUL and half characters can be stored nowhere.
TEXT = NASTY | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60
)
READABLE = TEXT.filter(lambda text: text.strip())


def read_back(data, kind):
    sheet = read_file(f"a.{kind}", data)
    return [list(row) for row in sheet]


@settings(deadline=None)
@given(st.lists(READABLE, min_size=1, max_size=5))
def test_every_text_comes_back_from_a_workbook_and_none_is_a_formula(texts):
    data = workbook_file("Sheet", ["first", "text"], [["x", text] for text in texts])
    assert [row[1] for row in read_back(data, "xlsx")] == texts
    assert {kind for row in cells(data)[1:] for _, kind in row} == {"s"}
    assert b"<f" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


@settings(deadline=None)
@given(st.lists(READABLE, min_size=1, max_size=5))
def test_every_text_comes_back_from_csv_and_no_cell_begins_like_a_formula(texts):
    data = csv_file(["first", "text"], [["x", text] for text in texts])
    assert [row[1] for row in read_back(data, "csv")] == texts
    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    begins = {row[1][0] for row in written[1:]}
    assert begins.isdisjoint(set(DANGEROUS) - {"'"})


@pytest.mark.parametrize("sign", "=+-@\t\r\n'")
def test_a_dangerous_first_sign_gets_one_apostrophe(sign):
    assert protected(f"{sign}1") == f"'{sign}1"
    assert protected("VC-A") == "VC-A"


PRODUCTS = st.fixed_dictionaries(
    {
        "name": TEXT,
        "barcode": TEXT | st.just(""),
        "is_lot_product": st.booleans(),
        "lot_entry": st.sampled_from(LotEntry.values),
        "rotation": st.sampled_from([None, "fefo", "fifo", "lefo"]),
        "min_shelf_life_days": st.none() | st.integers(0, 36_500),
        "length_in": st.none() | st.decimals(0, Decimal("999999.99"), places=2),
        "weight_oz": st.none() | st.decimals(0, Decimal("999999.99"), places=2),
        "unit_value": st.none() | st.decimals(0, Decimal("99999999.9999"), places=4),
        "return_action": st.sampled_from(["quarantine", "dispose"]),
        "rts_action": st.sampled_from(["restock", "quarantine", "dispose"]),
        "return_instructions": TEXT | st.just("") | st.just("one\r\ntwo\r\n"),
    }
)


class Export(TestCase):
    """Products as the services let them be, however strange, are imported as they stand."""

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(TEXT, PRODUCTS, min_size=1, max_size=4), st.sampled_from(list(FORMATS)))
    def test_an_export_is_imported_unchanged(self, products, kind):
        merchant = make_merchant("=1+1")
        for sku, fields in products.items():
            make_product(merchant, sku, **fields)
        before = list(Product.objects.order_by("id").values())
        exported = ProductResource().export(Product.objects.order_by("id"))
        data = FORMATS[kind]().export_data(exported)
        sheet = read_file(f"a.{kind}", data, title="Products")
        result = ProductResource(**acting()).import_data(sheet)
        assert result.faults == []
        assert dict(result.counts) == {"skip": len(products)}
        assert list(Product.objects.order_by("id").values()) == before
        assert Product.history.count() == len(products)
