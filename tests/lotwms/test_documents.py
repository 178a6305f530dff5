import pytest

from lotwms.templatetags.documents import document


@pytest.mark.parametrize(
    ("number", "address"),
    [
        ("WRO-000042", "/admin/receiving/wro/42/change/"),
        ("ORD-000001", "/admin/fulfillment/order/1/change/"),
        ("SET-000007", "/admin/inventory/setaside/7/change/"),
        ("RET-1234567", "/admin/returns/return/1234567/change/"),
        ("TRF-000007", "/admin/transfers/transfer/7/change/"),
    ],
)
def test_a_document_number_leads_to_its_page(number, address):
    assert document(number) == f'<a href="{address}">{number}</a>'


@pytest.mark.parametrize(
    "text", ["COUNT-1", "ORD-12", "ORD-00000x", "<b>", "ORD-\u0660\u0660\u0660\u0660\u0660\u0661"]
)
def test_other_text_stays_as_it_is(text):
    assert document(text) == text


def test_no_document_is_a_dash():
    assert document("") == "–"
