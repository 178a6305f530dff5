"""What is in which box: rules without a database, and the verbs as they are called directly."""

import pytest

from inventory.services.products import update_product
from merchants.errors import Malformed, NotFound
from merchants.models import User
from receiving.editors import BoxesEditor
from receiving.errors import WrongStatus
from receiving.models import WRO
from receiving.packing import AnnouncedBox, Packed, spread, unpacked
from receiving.services import copy_wro, update_wro
from receiving.services.boxes import announced_boxes
from receiving.unfinished import Missing, missing_of
from tests.builders import acting, make_merchant
from tests.clock import START
from tests.receiving.builders import NEXT_YEAR, draft, line, submitted, topics


@pytest.mark.parametrize(
    ("units", "boxes", "shares"),
    [(10, 4, [3, 3, 2, 2]), (3, 3, [1, 1, 1]), (2, 3, [1, 1, 0]), (0, 2, [0, 0]), (7, 1, [7])],
)
def test_units_are_spread_evenly(units, boxes, shares):
    assert spread(units, boxes) == shares


def test_what_boxes_hold_no_more_is_named(soap, vitamin):
    soaps, a, b = Packed(soap, 3), Packed(vitamin, 2, "A"), Packed(vitamin, 4, "B")
    before = [AnnouncedBox("", (soaps, a)), AnnouncedBox("", (b,)), AnnouncedBox("1Z", None)]
    after = [AnnouncedBox("", (Packed(soap, 1),))]
    assert list(unpacked(before, after)) == ["box 1: 2 of VITAMIN A", "box 2: 4 of VITAMIN B"]
    assert list(unpacked(before, before)) == []


def test_a_box_holds_units(world, soap):
    wro = draft(world, line(soap, 5))
    with pytest.raises(Malformed) as refused:
        update_wro(
            wro_id=wro.pk, fields={}, boxes=[AnnouncedBox("", (Packed(soap, 0),))], **acting()
        )
    assert [(one["field"], one["code"]) for one in refused.value.errors] == [
        ("boxes[0].contents[0].quantity", "min_value")
    ]
    assert announced_boxes(wro) == []


def test_a_line_that_is_split_into_lots_is_unpacked(world, soap):
    """Its units are of a lot now, and nobody said of which lot those in the box are."""
    wro = draft(world, line(soap, 5))
    boxes = [AnnouncedBox("1Z", (Packed(soap, 5),))]
    update_wro(wro_id=wro.pk, fields={}, boxes=boxes, **acting())
    update_wro(wro_id=wro.pk, fields={}, lines=[line(soap, 7)], **acting())
    assert announced_boxes(wro) == boxes
    fields = {"is_lot_product": True, "return_action": "quarantine"}
    tracked = update_product(product_id=soap.pk, fields=fields, **acting())
    lines = [line(tracked, 7, ("A", NEXT_YEAR, 7))]
    update_wro(wro_id=wro.pk, fields={}, lines=lines, **acting())
    assert announced_boxes(wro) == [AnnouncedBox("1Z", ())]


def test_what_a_draft_lacks(world, vitamin, soap):
    assert missing_of(draft(world)) == [Missing("products", "Add what it brings.")]
    wro = draft(world, line(soap, 5))
    boxes = Missing("boxes", "Say in how many boxes it comes.", is_needed=False)
    assert missing_of(wro) == [boxes]
    copied = copy_wro(wro_id=submitted(world, line(vitamin, 5, ("A", NEXT_YEAR, 5))).pk, **acting())
    lots = "VITAMIN is a lot product: say how many units come in which lot."
    assert missing_of(copied) == [Missing("products", lots), boxes]


def test_a_copy_is_a_draft_of_its_own(world, soap):
    former = submitted(world, line(soap, 5), purchase_order_number="4500-1")
    copied = copy_wro(wro_id=former.pk, **acting())
    assert (copied.status, copied.purchase_order_number, copied.created_at) == ("draft", "", START)
    assert [(one.product, one.quantity) for one in copied.lines.all()] == [(soap, 5)]
    assert topics(copied) == ["created", "updated"]
    assert topics(former) == ["created", "submitted"]


def test_another_merchants_wro_is_not_copied(world, soap):
    former = draft(world, line(soap, 5))
    stranger = User.objects.create(username="stranger", merchant=make_merchant("GLOW"))
    with pytest.raises(NotFound):
        copy_wro(wro_id=former.pk, actor=stranger, now=START)
    assert WRO.objects.count() == 1


def test_a_refusal_that_names_no_row_stands_above():
    editor = BoxesEditor({}, [])
    editor.refuse(WrongStatus(message="It is awaiting."))
    editor.refuse(Malformed("too_many_boxes", "At most 50.", field="boxes"))
    assert editor.errors == ["It is awaiting.", "At most 50."]
