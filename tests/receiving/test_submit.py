from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.errors import LotConflict
from inventory.models import Lot, Supply
from inventory.services.products import update_product
from merchants.errors import Malformed, NotFound
from merchants.models import User
from receiving.errors import NothingAnnounced, WrongStatus
from receiving.models import WRO
from receiving.services import announce_wro, submit_wro
from tests.builders import acting, make_lot, make_merchant
from tests.clock import START
from tests.receiving.builders import NEXT_YEAR, counters, draft, history, line, submitted, topics
from tests.refusals import refused

SOON = date(2026, 10, 31)


def submit(wro):
    return submit_wro(wro_id=wro.pk, **acting())


def test_it_works(world, vitamin, soap):
    wro = draft(
        world,
        line(vitamin, 160, ("VC-A", SOON, 100), ("", NEXT_YEAR, 60)),
        line(soap, 12),
    )
    wro = submit(wro)
    assert (wro.status, wro.number) == ("awaiting", f"WRO-{wro.pk:06d}")
    assert history(wro) == [("draft", START, "house"), ("awaiting", START, "house")]
    assert counters(wro) == {
        "VITAMIN VC-A": (100, 0, 0),
        "VITAMIN expiring 2027-06-01": (60, 0, 0),
        "SOAP": (12, 0, 0),
    }
    lots = Lot.objects.order_by("id").values_list("number", "expires_on", "received_at")
    assert list(lots) == [("VC-A", SOON, None), ("", NEXT_YEAR, None)]
    assert set(Supply.objects.values_list("wro_number", "warehouse", "is_open")) == {
        (wro.number, world.warehouse.pk, True)
    }
    assert topics(wro) == ["created", "submitted"]


def test_a_known_lot_is_used_however_it_is_written(world, vitamin):
    known = make_lot(vitamin, "VC-A", SOON)
    wro = submitted(world, line(vitamin, 10, (" vc-a ", None, 10)))
    assert Lot.objects.count() == 1
    assert wro.lines.get().lots.get().lot == known


def test_a_known_number_with_another_expiry_is_a_conflict(world, vitamin):
    make_lot(vitamin, "VC-A", SOON)
    wro = draft(world, line(vitamin, 10, ("VC-A", NEXT_YEAR, 10)))
    with pytest.raises(LotConflict) as refusal:
        submit(wro)
    assert str(refusal.value) == (
        "Lot VC-A of VITAMIN is known with the expiry 2026-10-31, not 2027-06-01: "
        "correct one of them, or announce it under another number."
    )
    assert_still_a_draft(wro)


def test_what_a_product_asks_for_is_checked_again(world, soap):
    wro = draft(world, line(soap, 10))
    fields = {"is_lot_product": True, "return_action": "quarantine"}
    update_product(product_id=soap.pk, fields=fields, **acting())
    with pytest.raises(Malformed) as refusal:
        submit(wro)
    assert [(e["field"], e["code"]) for e in refusal.value.errors] == [
        ("lines[0].lots", "lots_required")
    ]
    assert_still_a_draft(wro)


def test_a_draft_without_products_announces_nothing(world):
    wro = draft(world)
    with pytest.raises(NothingAnnounced):
        submit(wro)
    assert_still_a_draft(wro)


def test_it_is_submitted_once(world, soap):
    wro = submitted(world, line(soap, 10))
    with pytest.raises(WrongStatus) as refusal:
        submit(wro)
    assert str(refusal.value) == (
        f"{wro.number} is awaiting: only while draft can it be submitted."
    )
    assert Supply.objects.count() == 1


def test_another_merchant_has_no_such_wro(world, soap):
    wro = draft(world, line(soap, 10))
    stranger = User.objects.create(username="stranger", merchant=make_merchant("GLOW"))
    with pytest.raises(NotFound):
        submit_wro(wro_id=wro.pk, actor=stranger, now=START)
    assert_still_a_draft(wro)


def test_created_and_submitted_or_neither(world, vitamin):
    make_lot(vitamin, "VC-A", SOON)
    with pytest.raises(LotConflict):
        announce_wro(
            merchant=world.merchant,
            fields={"warehouse": world.warehouse},
            lines=[line(vitamin, 10, ("VC-A", NEXT_YEAR, 10))],
            **acting(),
        )
    assert WRO.objects.count() == 0


@pytest.mark.postgresql
def test_statements_do_not_grow_with_the_lots(world, vitamin):
    taken = []
    for number in (1, 400):
        lots = [(f"{number}-{n}", NEXT_YEAR, 2) for n in range(number)]
        wro = draft(world, line(vitamin, 2 * number, *lots))
        with CaptureQueriesContext(connection) as captured:
            submit(wro)
        taken.append(len(captured))
    assert taken[0] == taken[1]


def assert_still_a_draft(wro):
    wro.refresh_from_db()
    assert (wro.status, len(history(wro))) == ("draft", 1)
    assert not Supply.objects.exists()
    assert topics(wro) == ["created"]


def test_numbers_that_look_like_others_are_asked_about(world, vitamin):
    make_lot(vitamin, "VC-01", SOON)
    wro = draft(
        world, line(vitamin, 9, ("VC-O1", SOON, 4), ("B-5", SOON, 3), ("B-S", NEXT_YEAR, 2))
    )
    with refused("lot_looks_like") as refusal:
        submit(wro)
    assert str(refusal.value) == (
        "VC-O1 looks like the lot VC-01; B-S looks like the lot B-5. Correct the number, or "
        "confirm that it is a new lot."
    )

    wro = submit_wro(wro_id=wro.pk, confirm_new=True, **acting())

    assert wro.status == "awaiting"
    assert set(Lot.objects.values_list("number", flat=True)) == {"VC-01", "VC-O1", "B-5", "B-S"}
