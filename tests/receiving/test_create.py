from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.services.settings import update_lot_tracking
from merchants.errors import Malformed
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.errors import ReferenceTaken
from receiving.models import WRO, Line
from receiving.packing import AnnouncedBox
from receiving.services import create_wro
from tests.builders import World, acting, make_merchant, make_product
from tests.clock import START
from tests.receiving.builders import NEXT_YEAR, draft, line, topics

SOON = date(2026, 10, 31)


def test_it_works(world, vitamin, soap):
    wro = create_wro(
        merchant=world.merchant,
        fields={
            "warehouse": world.warehouse,
            "reference": " PO-7 ",
            "package_type": "pallet",
            "expected_arrival_on": date(2026, 6, 9),
        },
        lines=[line(vitamin, 5, ("VC-A", SOON, 3), ("VC-B", None, 2)), line(soap, 12)],
        boxes=[AnnouncedBox("1Z1"), AnnouncedBox()],
        **acting(),
    )
    wro = WRO.objects.get(pk=wro.pk)
    assert (wro.status, wro.reference, wro.package_type) == ("draft", "PO-7", "pallet")
    assert (wro.created_at, wro.created_by.username) == (START, "house")
    assert [(one.position, one.tracking_number) for one in wro.boxes.all()] == [(1, "1Z1"), (2, "")]
    lines = list(wro.lines.all())
    assert [(one.position, one.product.sku, one.quantity) for one in lines] == [
        (1, "VITAMIN", 5),
        (2, "SOAP", 12),
    ]
    assert [(one.number, one.number_key, one.quantity) for one in lines[0].lots.all()] == [
        ("VC-A", "vc-a", 3),
        ("VC-B", "vc-b", 2),
    ]
    assert topics(wro) == ["created"]


def test_a_draft_may_be_begun_without_lines(world):
    assert draft(world).lines.count() == 0


def faults_of(world: World, *lines: AnnouncedLine) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as refused:
        draft(world, *lines)
    assert WRO.objects.count() == 0
    return [(error["field"], error["code"]) for error in refused.value.errors]


@pytest.mark.parametrize(
    ("lots", "faults"),
    [
        ([], [("lines[0].lots", "lots_required")]),
        ([("", None, 10)], [("lines[0].lots[0]", "lot_or_expiry_required")]),
        ([("  ", None, 10)], [("lines[0].lots[0]", "lot_or_expiry_required")]),
        ([("A", None, 9)], [("lines[0].lots", "lots_do_not_sum")]),
        ([("A", None, 5), ("B", None, 6)], [("lines[0].lots", "lots_do_not_sum")]),
        ([("A", None, 5), (" a", SOON, 5)], [("lines[0].lots[1]", "duplicate_lot")]),
        ([("", SOON, 5), ("", SOON, 5)], [("lines[0].lots[1]", "duplicate_lot")]),
        ([("A", None, None)], [("lines[0].lots[0].quantity", "required")]),
        ([("A" * 65, None, 10)], [("lines[0].lots[0].number", "max_length")]),
        (
            [("", None, 5), ("A", None, 4)],
            [("lines[0].lots[0]", "lot_or_expiry_required"), ("lines[0].lots", "lots_do_not_sum")],
        ),
    ],
)
def test_a_lot_products_line_is_split_into_lots_that_sum(world, vitamin, lots, faults):
    assert faults_of(world, line(vitamin, 10, *lots)) == faults


@pytest.mark.parametrize(
    ("lot_entry", "lot", "faults"),
    [
        ("number", ("", SOON), [("lines[0].lots[0].number", "lot_number_required")]),
        ("expiry", ("A", None), [("lines[0].lots[0].expires_on", "expiry_required")]),
        ("both", ("A", None), [("lines[0].lots[0].expires_on", "expiry_required")]),
        ("both", ("", SOON), [("lines[0].lots[0].number", "lot_number_required")]),
    ],
)
def test_a_product_may_ask_for_more_of_a_lot(world, lot_entry, lot, faults):
    product = world.lot_product("SERUM", lot_entry=lot_entry)
    assert faults_of(world, line(product, 4, (*lot, 4))) == faults
    assert draft(world, line(product, 4, ("A", SOON, 4))).lines.count() == 1


def test_with_the_accounts_lot_tracking_off_nothing_is_asked_for(world):
    serum = world.lot_product("SERUM", lot_entry="both")
    update_lot_tracking(
        merchant_id=world.merchant.pk, fields={"lot_tracking_active": False}, **acting()
    )
    serum = type(serum).objects.get(pk=serum.pk)
    assert draft(world, line(serum, 4)).lines.count() == 1
    assert draft(world, line(serum, 4, ("A", None, 4))).lines.count() == 1
    with pytest.raises(Malformed) as refused:
        draft(world, line(serum, 4, ("", None, 4)))
    assert refused.value.errors[0]["code"] == "lot_or_expiry_required"


def test_a_product_without_lots_has_none(world, soap):
    assert faults_of(world, line(soap, 4, ("A", None, 4))) == [
        ("lines[0].lots", "not_a_lot_product")
    ]


def test_a_product_stands_in_one_line(world, soap):
    assert faults_of(world, line(soap, 4), line(soap, 5)) == [("lines[1].sku", "duplicate_sku")]


def test_a_line_says_how_many(world, soap):
    assert faults_of(world, AnnouncedLine(soap)) == [("lines[0].quantity", "required")]


def test_another_merchants_product_is_unknown(world):
    theirs = make_product(make_merchant("GLOW"), "CREAM")
    assert faults_of(world, line(theirs, 4)) == [("lines[0].sku", "unknown_sku")]


def test_at_most_50_boxes(world):
    named = {"merchant": world.merchant, "fields": {"warehouse": world.warehouse}, **acting()}
    assert create_wro(boxes=[AnnouncedBox("x")] * 50, **named).boxes.count() == 50
    with pytest.raises(Malformed) as refused:
        create_wro(boxes=[AnnouncedBox("x")] * 51, **named)
    assert refused.value.errors == [
        {
            "field": "boxes",
            "code": "too_many_boxes",
            "message": "A WRO has at most 50 boxes, not 51.",
        }
    ]
    assert WRO.objects.count() == 1


def test_a_reference_is_the_merchants_once(world):
    draft(world, reference="PO-1")
    draft(world, reference="")
    draft(world, reference="")
    with pytest.raises(ReferenceTaken):
        draft(world, reference="PO-1")
    other = create_wro(
        merchant=make_merchant("GLOW"),
        fields={"warehouse": world.warehouse, "reference": "PO-1"},
        **acting(),
    )
    assert WRO.objects.count() == 4
    assert other.reference == "PO-1"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reference": "x" * 65}, "reference"), ({"package_type": "crate"}, "package_type")],
)
def test_fields_are_checked(world, fields, field):
    with pytest.raises(Malformed) as refused:
        draft(world, **fields)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert WRO.objects.count() == 0


def test_the_database_keeps_lines_with_their_wros_merchant(world, soap):
    """Invariant 8, should a service ever forget it."""
    wro = draft(world)
    theirs = make_merchant("GLOW")

    def write():
        Line.objects.create(merchant=theirs, wro=wro, product=soap, position=1, quantity=1)
        connection.check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_an_unnumbered_lot_is_named_by_its_expiry():
    assert AnnouncedLot(" ", NEXT_YEAR).identity == ("", NEXT_YEAR)
    assert AnnouncedLot("A ", NEXT_YEAR).identity == ("a", None)
