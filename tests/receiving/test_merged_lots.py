"""A WRO that names one lot by two numbers, since one was merged into the other."""

from datetime import date

from inventory.models import Lot, Supply
from inventory.services.lot_merges import Wish, merge_lots
from receiving.services import announce_wro, submit_wro, update_wro
from receiving.unfinished import Missing, missing_of
from tests.builders import acting, make_lot
from tests.inventory.admin import browser
from tests.inventory.sheets import faults, preview, xlsx
from tests.receiving.builders import counters, draft, line, submitted
from tests.receiving.test_import_lines import HEAD, lines_url
from tests.refusals import refused

SOON = date(2026, 10, 31)
BOTH = (("VC-A1", SOON, 60), ("VC-AI", None, 40))
MESSAGE = (
    "VC-A1 and VC-AI are one lot of VITAMIN since they were merged: announce all its units as "
    "VC-AI."
)
FAULT = {"field": "lines[0].lots[1]", "code": "duplicate_lot", "message": MESSAGE}


def merge(vitamin) -> Lot:
    """VC-A1 was mistyped: it is VC-AI."""
    wrong, right = make_lot(vitamin, "VC-A1", SOON), make_lot(vitamin, "VC-AI", SOON)
    merge_lots(wish=Wish(wrong.pk, right.pk, "target"), **acting())
    return right


def test_the_old_number_alone_is_the_lot(world, vitamin):
    right = merge(vitamin)
    wro = submitted(world, line(vitamin, 60, BOTH[0]))
    assert counters(wro) == {"VITAMIN VC-AI": (60, 0, 0)}
    assert Supply.objects.get().lot == right


def test_a_draft_does_not_name_it_twice(world, vitamin):
    merge(vitamin)
    before = draft(world, line(vitamin, 60, BOTH[0]))
    asked = {"wro_id": before.pk, "fields": {}, "lines": [line(vitamin, 100, *BOTH)]}
    with refused("invalid") as refusal:
        update_wro(**asked, **acting())
    assert refusal.value.errors == [FAULT]


def test_nor_is_it_announced_twice(world, vitamin):
    merge(vitamin)
    fields = {"warehouse": world.warehouse}
    with refused("invalid") as refusal:
        announce_wro(
            merchant=world.merchant, fields=fields, lines=[line(vitamin, 100, *BOTH)], **acting()
        )
    assert refusal.value.errors == [FAULT]


def test_a_draft_whose_lots_were_merged_since_says_so(world, vitamin):
    wro = draft(world, line(vitamin, 100, *BOTH))
    merge(vitamin)
    boxes = Missing("boxes", "Say in how many boxes it comes.", is_needed=False)
    assert missing_of(wro) == [Missing("products", MESSAGE), boxes]
    with refused("invalid") as refusal:
        submit_wro(wro_id=wro.pk, **acting())
    assert refusal.value.errors == [FAULT]


def test_a_file_is_told_in_its_row(world, vitamin):
    merge(vitamin)
    rows = [["VITAMIN", 100, "VC-A1", None, 60], ["VITAMIN", None, "VC-AI", None, 40]]
    shown = preview(browser(), lines_url(draft(world)), xlsx(HEAD, *rows), "w.xlsx")
    assert faults(shown) == [(3, "lot_number", "VC-AI", "duplicate_lot")]
    assert MESSAGE in shown.content.decode()
