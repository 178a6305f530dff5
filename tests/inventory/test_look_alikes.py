# ruff: noqa: RUF001
"""Lot numbers that a person takes for one another are asked about, never guessed."""

from datetime import date

import pytest

from inventory.look_alikes import skeleton
from inventory.models import Lot
from inventory.queries.look_alikes import LookAlike, look_alikes
from inventory.queries.lots import LotRef
from inventory.services.lots import (
    create_lot,
    create_lots,
    require_told_apart,
    update_lot,
)
from tests.builders import acting, make_lot
from tests.refusals import refused


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VC-01", "VC-O1"),
        ("VC-01", "VC-Q1"),
        ("VC-10", "VC-l0"),
        ("VC-10", "VC-I0"),
        ("VC-10", "vc-|0"),
        ("L5", "LS"),
        ("A8", "AB"),
        ("A2", "Az"),
        ("VC 2508", "VC-2508"),
        ("VC2508", "VC_25.08"),
        ("VC–2508", "VC-2508"),
        ("VC\u00a02508", "VC2508"),
        ("ВС-1", "BC-1"),
        ("хаос", "XAOC"),
        ("Ζ-ΑΒ", "Z-AB"),
        ("ＶＣ１", "VC1"),
        ("VC①", "VC1"),
        ("CAFÉ1", "CAFE1"),
        ("CAFE\u03011", "CAFÉ1"),
        ("Ø1", "01"),
        ("straße", "STRASSE"),
        ("V\u200bC1", "VC1"),
    ],
)
def test_numbers_that_look_alike(one, other):
    assert skeleton(one) == skeleton(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A1", "A11"),
        ("A1", "A7"),
        ("VC-1", "CV-1"),
        ("A3", "AE"),
        ("230815A", "230816A"),
        ("-", "+"),
    ],
)
def test_numbers_that_do_not(one, other):
    assert skeleton(one) != skeleton(other)


def test_a_skeleton_is_made_of_something():
    assert [skeleton(number) for number in ("", "  ", "--", "日本", "\ufdfa" * 64)] == [
        "",
        "",
        "--",
        "日本",
        skeleton("\ufdfa" * 64)[:192],
    ]
    assert len(skeleton("\ufdfa" * 64)) == 192


@pytest.fixture
def product(world):
    return world.lot_product()


def ref(product, number):
    return LotRef(product.pk, number)


def test_it_works(product):
    make_lot(product, "VC-01")
    with refused("lot_looks_like") as refusal:
        create_lot(product=product, fields={"number": "VC-O1"}, **acting())
    assert str(refusal.value) == (
        "VC-O1 looks like the lot VC-01. Correct the number, or confirm that it is a new lot."
    )
    assert refusal.value.look_alikes == [LookAlike(ref(product, "VC-O1"), "VC-01")]

    made = create_lot(product=product, fields={"number": "VC-O1"}, confirm_new=True, **acting())
    assert made.number_skeleton == "VC01"


def test_the_same_number_written_otherwise_is_the_same_lot(product):
    make_lot(product, "VC-01")
    with refused("lot_number_taken"):
        create_lot(product=product, fields={"number": " vc-01"}, **acting())


def test_a_lot_of_another_product_looks_like_nothing(world, product):
    make_lot(product, "VC-01")
    create_lot(product=world.lot_product("OTHER"), fields={"number": "VC-O1"}, **acting())
    assert Lot.objects.count() == 2


def test_a_corrected_number_is_asked_about_and_an_unchanged_one_is_not(product):
    make_lot(product, "VC-01")
    lot = make_lot(product, "VC-O1")
    update_lot(lot_id=lot.pk, fields={"number": "vc-o1", "supplier": "Roquette"}, **acting())
    with refused("lot_looks_like"):
        update_lot(lot_id=lot.pk, fields={"number": "VC 01 "}, **acting())
    update_lot(lot_id=lot.pk, fields={"number": "VC.01"}, confirm_new=True, **acting())
    lot.refresh_from_db()
    assert (lot.number, lot.number_skeleton, lot.supplier) == ("VC.01", "VC01", "Roquette")


def test_all_of_a_wro_are_named_at_once(product):
    make_lot(product, "VC-01")
    refs = [ref(product, number) for number in ("VC-O1", "A-5", "B-1", "A-S", "")]
    with refused("lot_looks_like") as refusal:
        require_told_apart(refs)
    assert str(refusal.value) == (
        "VC-O1 looks like the lot VC-01; A-S looks like the lot A-5. Correct the number, or "
        "confirm that it is a new lot."
    )


def test_no_more_are_named_than_can_be_read(product):
    refs = [ref(product, f"A{n}{sign}") for n in range(10, 22) for sign in ("5", "S")]
    with refused("lot_looks_like") as refusal:
        require_told_apart(refs)
    assert len(refusal.value.look_alikes) == 12
    assert "; A195 looks" not in str(refusal.value)
    assert ", and 2 more. Correct" in str(refusal.value)


def test_nobody_is_asked_where_nothing_looks_alike(product, django_assert_num_queries):
    make_lot(product, "VC-01")
    with django_assert_num_queries(1):
        require_told_apart([ref(product, "VC-02"), ref(product, "vc-01")])
    assert look_alikes([]) == []


def test_a_receipt_makes_them_without_a_question(product):
    make_lot(product, "VC-01")
    refs = [LotRef(product.pk, "VC-O1", date(2027, 1, 31))]
    made = create_lots(refs=refs, merchant_id=product.merchant_id, **acting())
    assert made[refs[0]].number_skeleton == "VC01"
