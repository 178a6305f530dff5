from dataclasses import replace
from datetime import date

import pytest

from inventory.errors import LotCodeFixed
from inventory.models import Lot, Warehouse
from inventory.services.lots import update_lot
from merchants.errors import Malformed
from receiving.errors import TraceabilityIncomplete
from receiving.models import ReceiptFacts
from receiving.services import Count, StowLine, complete_wro, write_receipt_facts
from receiving.traceability import KeyData, missing
from tests.builders import acting
from tests.merchants.api import assert_problem, caller
from tests.receiving.builders import NEXT_YEAR, arrived, count, line, put_away
from tests.refusals import state

WHOLE = KeyData(
    lot_code="SAL-1",
    quantity=10,
    description="Baby spinach",
    previous_source="Green Farm, Salinas CA, +1 831 555 0100",
    received_at="Chicago",
    received_on=date(2026, 6, 1),
    lot_code_source="Green Farm",
    document_type="Bill of lading",
    document_number="BOL-9",
)
FACTS = {
    "previous_source": "Green Farm, Salinas CA, +1 831 555 0100",
    "tlc_source": "Green Farm",
    "document_type": "Bill of lading",
    "document_number": "BOL-9",
}
ELEMENTS = {
    "lot_code": ("", "traceability lot code"),
    "quantity": (0, "quantity and unit"),
    "description": (" ", "product description"),
    "previous_source": ("", "location of the immediate previous source"),
    "received_at": ("", "location where it was received"),
    "received_on": (None, "date received"),
    "lot_code_source": ("", "source of the traceability lot code, or a reference to it"),
    "document_number": ("", "type and number of the reference document"),
}


def test_nothing_is_missing():
    assert missing(WHOLE) == []
    by_reference = replace(WHOLE, lot_code_source="", lot_code_source_reference="0614141000005")
    assert missing(by_reference) == []


@pytest.mark.parametrize("name", ELEMENTS)
def test_each_of_the_eight_that_is_missing_is_named(name):
    blank, words = ELEMENTS[name]
    assert missing(replace(WHOLE, **{name: blank})) == [words]


def test_of_nothing_known_all_eight_are_missing():
    assert missing(KeyData()) == [words for _, words in ELEMENTS.values()]
    assert missing(replace(WHOLE, document_type="")) == [ELEMENTS["document_number"][1]]


@pytest.fixture
def spinach(world):
    """A food of the list."""
    return world.lot_product("SPINACH", is_ftl=True, ftl_category="leafy_greens")


@pytest.fixture
def wro(world, spinach):
    """10 units of SAL-1, stowed."""
    wro = arrived(world, line(spinach, 10, ("SAL-1", NEXT_YEAR, 10)))
    count(wro, Count(spinach, 10, "SAL-1"))
    return put_away(wro, StowLine(spinach, 10, "A-01", "SAL-1"))


def write(wro, **fields):
    return write_receipt_facts(wro_id=wro.pk, fields=fields, **acting())


def complete(wro):
    return complete_wro(wro_id=wro.pk, **acting())


def test_it_works(wro):
    write(wro, **FACTS)
    assert complete(wro).status == "completed"


def test_completion_names_what_is_missing(wro):
    before = state()
    with pytest.raises(TraceabilityIncomplete) as refused:
        complete(wro)
    assert refused.value.data["missing"] == [
        {
            "sku": "SPINACH",
            "lot_number": "SAL-1",
            "elements": [
                ELEMENTS[name][1]
                for name in ("previous_source", "lot_code_source", "document_number")
            ],
        }
    ]
    assert state() == before


@pytest.mark.parametrize(
    ("omitted", "element"),
    [
        ("previous_source", "previous_source"),
        ("tlc_source", "lot_code_source"),
        ("document_type", "document_number"),
        ("document_number", "document_number"),
    ],
)
def test_each_fact_that_is_left_out_keeps_it_open(wro, omitted, element):
    write(wro, **FACTS | {omitted: " "})
    with pytest.raises(TraceabilityIncomplete) as refused:
        complete(wro)
    assert refused.value.data["missing"][0]["elements"] == [ELEMENTS[element][1]]
    wro.refresh_from_db()
    assert wro.status == "processing"


def test_a_lot_without_a_number_has_no_code(world, spinach):
    wro = arrived(world, line(spinach, 10, ("", NEXT_YEAR, 10)))
    count(wro, Count(spinach, 10, "", NEXT_YEAR))
    put_away(wro, StowLine(spinach, 10, "A-01", "", NEXT_YEAR))
    write(wro, **FACTS)
    with pytest.raises(TraceabilityIncomplete) as refused:
        complete(wro)
    assert refused.value.data["missing"][0]["elements"] == ["traceability lot code"]


@pytest.mark.parametrize(
    ("model", "column", "element"),
    [("product", "name", "description"), ("warehouse", "name", "received_at")],
)
def test_what_the_posting_tells_must_be_there_too(wro, spinach, model, column, element):
    """No form leaves these blank; an import of old rows may have."""
    write(wro, **FACTS)
    rows = type(spinach).objects if model == "product" else Warehouse.objects
    rows.update(**{column: ""})
    with pytest.raises(TraceabilityIncomplete) as refused:
        complete(wro)
    assert refused.value.data["missing"][0]["elements"] == [ELEMENTS[element][1]]


def test_what_never_came_needs_nothing(world, spinach, vitamin):
    wro = arrived(world, line(spinach, 10, ("SAL-1", NEXT_YEAR, 10)))
    assert complete(wro).completed_short


def test_only_foods_of_the_wro_are_written_about(world, wro, vitamin):
    before = state()
    with pytest.raises(Malformed) as refused:
        write_receipt_facts(wro_id=wro.pk, fields=FACTS, lot_ids=[999_999], **acting())
    assert refused.value.code == "not_an_ftl_lot"
    other = arrived(world, line(vitamin, 1, ("V", NEXT_YEAR, 1)))
    with pytest.raises(Malformed):
        write_receipt_facts(wro_id=other.pk, fields=FACTS, **acting())
    assert not ReceiptFacts.objects.exists()
    assert before["receiving.ReceiptFacts"] == state()["receiving.ReceiptFacts"]


@pytest.mark.parametrize("fields", [{"number": "SAL-2"}, {"supplier_number": "OTHER"}])
def test_the_code_of_a_received_lot_stays(wro, fields):
    lot = Lot.objects.get(number="SAL-1")
    before = state()
    with pytest.raises(LotCodeFixed):
        update_lot(lot_id=lot.pk, fields=fields, **acting())
    assert state() == before
    kept = {"number": lot.number, "expires_on": date(2027, 7, 1)}
    assert update_lot(lot_id=lot.pk, fields=kept, **acting()).expires_on == date(2027, 7, 1)


def test_a_lot_that_came_without_a_code_is_given_one(world, spinach):
    """Else a WRO with such a lot could never be completed."""
    wro = arrived(world, line(spinach, 10, ("", NEXT_YEAR, 10)))
    count(wro, Count(spinach, 10, "", NEXT_YEAR))
    put_away(wro, StowLine(spinach, 10, "A-01", "", NEXT_YEAR))
    write_receipt_facts(wro_id=wro.pk, fields=FACTS, **acting())
    with pytest.raises(TraceabilityIncomplete, match=r"traceability lot code\.$"):
        complete(wro)
    lot = Lot.objects.get()
    update_lot(lot_id=lot.pk, fields={"number": "SAL-1"}, **acting())
    assert not complete(wro).completed_short
    with pytest.raises(LotCodeFixed):
        update_lot(lot_id=lot.pk, fields={"number": "SAL-2"}, **acting())


def test_by_api(world, wro):
    staff, merchant = caller(), caller(world.merchant)
    path = f"wros/{wro.pk}/"
    refused = assert_problem(staff.post(path + "complete/"), 409, "traceability_incomplete")
    assert "SPINACH, lot SAL-1: location of the immediate previous source" in refused["detail"]
    told = merchant.get(path + "traceability/").json()
    assert (told["is_complete"], len(told["lots"][0]["missing"])) == (False, 3)
    lot = Lot.objects.get(number="SAL-1").pk
    told = merchant.post(path + "traceability/", {"lots": [lot], **FACTS}).json()
    assert told["is_complete"] is True
    assert told["lots"] == [
        {
            "sku": "SPINACH",
            "lot": lot,
            "traceability_lot_code": "SAL-1",
            "received": 10,
            "received_on": "2026-06-01",
            "tlc_source_reference": "",
            **FACTS,
            "missing": [],
        }
    ]
    assert staff.post(path + "complete/").json()["status"] == "completed"
