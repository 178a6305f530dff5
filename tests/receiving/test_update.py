from datetime import date

import pytest

from merchants.errors import Malformed
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.errors import ReferenceTaken, WrongStatus
from receiving.packing import AnnouncedBox
from receiving.services import update_wro
from receiving.services.lines import announced_lines
from tests.builders import acting, make_warehouse
from tests.receiving.builders import NEXT_YEAR, draft, line, submitted, topics

SOON = date(2026, 10, 31)


def update(wro, fields=None, **parts):
    return update_wro(wro_id=wro.pk, fields=fields or {}, **parts, **acting())


def shape(wro):
    return [
        (
            one.product.sku,
            one.quantity,
            [(lot.number, lot.expires_on, lot.quantity) for lot in lots],
        )
        for one in announced_lines(wro).values()
        for lots in [one.lots]
    ]


@pytest.fixture
def wro(world, vitamin, soap):
    return draft(
        world,
        line(vitamin, 5, ("VC-A", SOON, 3), ("VC-B", None, 2)),
        line(soap, 12),
        reference="PO-1",
    )


def test_it_works(world, wro, soap):
    west = make_warehouse("WEST")
    changed = update(wro, {"warehouse": west, "package_type": "pallet"}, boxes=[AnnouncedBox("1Z")])
    assert (changed.warehouse, changed.package_type, changed.reference) == (west, "pallet", "PO-1")
    assert [one.tracking_number for one in changed.boxes.all()] == ["1Z"]
    assert shape(changed) == [
        ("VITAMIN", 5, [("VC-A", SOON, 3), ("VC-B", None, 2)]),
        ("SOAP", 12, []),
    ]
    assert topics(wro) == ["created", "updated"]


def test_lines_are_given_whole_and_keep_their_ids(wro, world, vitamin, soap):
    oil = world.product("OIL")
    before = {one.product_id: one.pk for one in wro.lines.all()}
    changed = update(wro, lines=[line(oil, 3), line(vitamin, 4, ("VC-A", SOON, 4))])
    assert shape(changed) == [("OIL", 3, []), ("VITAMIN", 4, [("VC-A", SOON, 4)])]
    assert wro.lines.get(product=vitamin).pk == before[vitamin.pk]


def test_what_a_line_leaves_unsaid_stays(wro, vitamin, soap):
    changed = update(wro, lines=[AnnouncedLine(vitamin), AnnouncedLine(soap, 20)])
    assert shape(changed) == [
        ("VITAMIN", 5, [("VC-A", SOON, 3), ("VC-B", None, 2)]),
        ("SOAP", 20, []),
    ]
    lots = (AnnouncedLot("vc-b", NEXT_YEAR), AnnouncedLot("VC-A", SOON))
    changed = update(wro, lines=[AnnouncedLine(vitamin, lots=lots)])
    assert shape(changed) == [("VITAMIN", 5, [("vc-b", NEXT_YEAR, 2), ("VC-A", SOON, 3)])]


def test_all_or_nothing(wro, vitamin, soap):
    before = shape(wro)
    with pytest.raises(Malformed) as refused:
        update(wro, {"reference": "PO-2"}, lines=[AnnouncedLine(vitamin, 6), line(soap, 1)])
    assert [(e["field"], e["code"]) for e in refused.value.errors] == [
        ("lines[0].lots", "lots_do_not_sum")
    ]
    wro.refresh_from_db()
    assert (wro.reference, shape(wro)) == ("PO-1", before)


def test_only_a_draft_is_changed(world, soap):
    wro = submitted(world, line(soap, 12))
    with pytest.raises(WrongStatus):
        update(wro, {"reference": "PO-2"}, lines=[line(soap, 1)])
    wro.refresh_from_db()
    assert (wro.reference, shape(wro)) == ("", [("SOAP", 12, [])])


def test_a_taken_reference_is_refused(world, wro):
    other = draft(world, reference="PO-2")
    with pytest.raises(ReferenceTaken):
        update(other, {"reference": "PO-1"})
    other.refresh_from_db()
    assert other.reference == "PO-2"
    assert update(wro, {"reference": "PO-1"}).reference == "PO-1"
