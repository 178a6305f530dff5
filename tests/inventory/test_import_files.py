"""What is refused before a single row is judged, and what is read in spite of its oddities."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from inventory.spreadsheets.cells import Broken, FileRefused, Formula
from inventory.spreadsheets.reading import MOST_BYTES, MOST_ROWS, read_file
from tests.inventory.sheets import comma, saved, xlsx

HEAD = ["sku", "name"]


def code(name, data):
    with pytest.raises(FileRefused) as refused:
        read_file(name, data, title="Products")
    assert refused.value.message
    return refused.value.code


def read(name, data):
    sheet = read_file(name, data, title="Products")
    return sheet.headers, list(zip(sheet.numbers, map(list, sheet), strict=True))


def package(data=None, **parts):
    """A workbook with some of its parts replaced or added."""
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data or xlsx(HEAD, ["A", "Soap"])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.pop(name, source.read(name)))
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def sheet_xml(body, doctype=""):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    data = f"<sheetData>{body}</sheetData>"
    return f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{space}">{data}</worksheet>'


SHEET = "xl/worksheets/sheet1.xml"
ROW = '<row r="{0}"><c r="{1}{0}" t="inlineStr"><is><t>{2}</t></is></c></row>'
HEAD_ROW = ROW.format(1, "A", "sku")


def test_it_works():
    rows = [(2, ["A", "Soap"]), (4, ["B", None])]
    assert read("a.xlsx", xlsx(HEAD, ["A", "Soap"], [], ["B"])) == (HEAD, rows)
    assert read("a.CSV", comma(HEAD, ["A", "Soap"], [], ["B", ""])) == (HEAD, rows)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.xlsx", b"", "file_empty"),
        ("a.csv", b" \r\n", "file_empty"),
        ("a.csv", b"\xef\xbb\xbf,\r\n", "no_rows"),
        ("a.csv", b"x" * (MOST_BYTES + 1), "file_too_large"),
        ("a.xlsx", b"<html><body>Log in</body></html>", "type_mismatch"),
        ("a.csv", b"<!DOCTYPE html><title>Log in</title>", "type_mismatch"),
        ("a.csv", xlsx(HEAD, ["A", "Soap"]), "type_mismatch"),
        ("a.xlsx", comma(HEAD, ["A", "Soap"]), "type_mismatch"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "xls_not_supported"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "xls_not_supported"),
        ("a.xlsm", xlsx(HEAD, ["A", "Soap"]), "macros_not_allowed"),
        ("a.xlsx", package(**{"xl/vbaProject.bin": b"x"}), "macros_not_allowed"),
        ("a.ods", b"PK\x03\x04", "type_not_supported"),
        ("a", b"sku", "type_not_supported"),
        ("a.xlsx", xlsx(HEAD, ["A", "Soap"])[:900], "corrupt"),
        ("a.xlsx", package(**{f"x{n}": b"" for n in range(201)}), "too_many_entries"),
        ("a.xlsx", package(**{"xl/media/big": bytes(51 * 1024 * 1024)}), "unpacked_too_large"),
        ("a.xlsx", xlsx(HEAD), "no_rows"),
        ("a.xlsx", xlsx([]), "no_rows"),
        ("a.xlsx", xlsx([*HEAD, " SKU "], ["A", "Soap", "B"]), "duplicate_header"),
        ("a.csv", comma(["sku", "Sku\u00a0"], ["A", "B"]), "duplicate_header"),
        ("a.xlsx", xlsx([1, 2], ["A", "Soap"]), "header_not_found"),
        ("a.xlsx", xlsx(["sku"], ["A", "Soap"]), "column_count"),
        ("a.csv", b"sku,name\nA,Soap,more\n", "column_count"),
        ("a.xlsx", xlsx(["sku", *map(str, range(60))], ["A"]), "too_many_columns"),
        ("a.csv", comma(["sku"], *[["A"]] * (MOST_ROWS + 1)), "too_many_rows"),
        ("a.csv", "sku\nSø".encode("latin-1"), "encoding"),
        ("a.csv", b"sku\n\xed\xa0\x80", "encoding"),
        ("a.csv", b"sku\nA\x00B", "encoding"),
        ("a.csv", b'sku,name\nA,"Soap', "malformed_csv"),
        ("a.csv", b'sku,name\nA,"Soap"x', "malformed_csv"),
        ("a.csv", b'sku\n"' + b"x" * 200_000 + b'"', "malformed_csv"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(name, data, expected):
    assert code(name, data) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (HEAD_ROW + ROW.format(1048576, "XFD", "x"), "too_many_columns"),
        (HEAD_ROW + ROW.format(1048577, "A", "x"), "too_many_rows"),
        (HEAD_ROW + '<row r="999999999"><c r="A999999999"><v>1</v></c></row>', "too_many_rows"),
        (HEAD_ROW + "".join(ROW.format(n, "A", n) for n in range(2, 10_004)), "too_many_rows"),
        (
            HEAD_ROW + "".join(f'<row r="{n}"><c r="A{n}"/></row>' for n in range(2, 1_100))
            + ROW.format(1_200, "A", "x"),
            "too_many_rows",
        ),
        ("<row", "corrupt"),
    ],
)  # fmt: skip
def test_a_sheet_larger_than_it_looks_is_refused(body, expected):
    assert code("a.xlsx", package(**{SHEET: sheet_xml(body)})) == expected


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_entities_are_never_resolved(doctype):
    body = HEAD_ROW + ROW.format(2, "A", "&c;")
    assert code("a.xlsx", package(**{SHEET: sheet_xml(body, doctype)})) == "corrupt"


def test_a_forged_size_and_two_parts_of_one_name_are_refused():
    data = bytearray(package(**{"xl/media/big": b"x" * 5_000}))
    place = data.rindex(b"xl/worksheets/sheet1.xml") - 46 + 24
    data[place : place + 4] = (7).to_bytes(4, "little")
    assert code("a.xlsx", bytes(data)) == "corrupt"
    out = io.BytesIO(package())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, sheet_xml(HEAD_ROW))
    assert code("a.xlsx", out.getvalue()) == "corrupt"


def test_a_zip_that_is_no_workbook_and_one_with_a_password_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("42.zip", b"PK")
    assert code("a.xlsx", out.getvalue()) == "not_a_workbook"
    data = bytearray(package())
    place = data.index(b"PK\x01\x02") + 8
    data[place] |= 1
    assert code("a.xlsx", bytes(data)) == "encrypted"


def test_of_several_sheets_the_one_with_our_name_is_read():
    book = openpyxl.Workbook()
    book.worksheets[0].append(["notes"])
    sheet = book.create_sheet("products")
    sheet.append(["sku"])
    sheet.append(["A"])
    assert read("a.xlsx", saved(book)) == (["sku"], [(2, ["A"])])
    sheet.title = "Mine"
    assert code("a.xlsx", saved(book)) == "choose_sheet"


def test_formulas_and_errors_are_read_as_such_never_as_their_results():
    _, rows = read("a.xlsx", xlsx(["sku", "n"], ["A", "=1+1"], ["B", "#REF!"]))
    assert rows == [(2, ["A", Formula("=1+1")]), (3, ["B", Broken("#REF!")])]


def test_dates_are_read_by_the_calendar_of_the_workbook():
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append(["day"])
    book.worksheets[0].append([date(2026, 10, 31)])
    assert read("a.xlsx", saved(book)) == (["day"], [(2, [datetime.fromisoformat("2026-10-31")])])


@pytest.mark.parametrize("serial", [-700_000, 2_958_466])
def test_a_number_that_is_no_day_is_an_error_although_it_is_formatted_as_a_date(serial):
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["day"])
    sheet["A2"] = serial
    sheet["A2"].number_format = "yyyy-mm-dd"
    _, rows = read("a.xlsx", saved(book))
    assert rows == [(2, [Broken("#VALUE!")])]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfsku,name\r\nA,Soap\r\n",
        "sku,name\r\nA,Soap".encode("utf-16"),
        b"sku;name\nA;Soap\n",
        b"sku\tname\nA\tSoap\n",
        b"sku,name\rA,Soap\r",
        b"sku,name\nA,Soap\r\n\r\n,\n",
        b"\xef\xbb\xbf SKU , Name *\n'A,'Soap\n",
        b"name,Errors,sku\nSoap,wrong,A\n",
    ],
)
def test_separators_line_ends_marks_and_the_column_of_errors_do_not_matter(data):
    headers, rows = read("a.csv", data)
    assert [dict(zip(headers, row, strict=True)) for _, row in rows] == [
        {"sku": "A", "name": "Soap"}
    ]


def test_columns_without_a_heading_may_be_there_while_they_are_empty():
    assert read("a.csv", b"sku,,name,,\nA,,Soap,,\n") == (HEAD, [(2, ["A", "Soap"])])
    assert code("a.csv", b"sku,,name\nA,x,Soap\n") == "column_count"


def test_codes_of_characters_are_read_as_spreadsheet_programs_write_them():
    _, rows = read("a.xlsx", xlsx(["sku"], ["a_x000D_b_x005F_x000D_c_x0000_d_xD800_e"]))
    assert rows == [(2, ["a\rb_x000D_c_x0000_d_xD800_e"])]


def test_a_separator_that_the_first_line_names():
    assert read("a.csv", b"sep=;\nsku;name\nA;Soap\n") == (HEAD, [(3, ["A", "Soap"])])
    assert read("a.csv", b"sep=|\nsku|name\nA|So,ap\n") == (HEAD, [(3, ["A", "So,ap"])])


def test_rows_are_counted_as_a_spreadsheet_program_counts_them():
    _, rows = read("a.csv", b'sku,name\nA,"two\nlines"\nB,Soap\n')
    assert rows == [(2, ["A", "two\nlines"]), (3, ["B", "Soap"])]
