"""Formats are kept, numbers are drawn and never given twice, typed ones tell their dates."""

from datetime import date

import pytest

from inventory.models import LotFormat, LotSequence, SpentLotNumber
from inventory.queries.lot_formats import Dates
from inventory.queries.lots import LotRef
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.lot_numbers import (
    Drawn,
    create_lot_format,
    draw_lot_number,
    update_lot_format,
)
from inventory.services.lots import create_lot, create_lots, delete_lot, update_lot
from merchants.errors import NotFound
from merchants.models import Event
from tests.builders import acting, make_lot, make_merchant
from tests.refusals import refused

FULL = "{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}"


@pytest.fixture
def product(world):
    return world.lot_product("WLD01")


def make_format(world, pattern=FULL, product=None, **fields) -> LotFormat:
    named = {"pattern": pattern, "brand": "LWX", **fields}
    return create_lot_format(merchant=world.merchant, product=product, fields=named, **acting())


def draw(product, **asked) -> str:
    return draw_lot_number(product=product, **asked, **acting()).number


def test_it_works(world, product):
    """2026-06-01 09:00 UTC is the first of June in Chicago."""
    made = make_format(world)

    drawn = draw_lot_number(product=product, **acting())

    assert drawn == Drawn("2606-LWX-WLD01-001", Dates())
    assert draw(product) == "2606-LWX-WLD01-002"
    assert draw(product, day=date(2025, 5, 9)) == "2505-LWX-WLD01-001"
    assert list(made.sequences.order_by("id").values_list("scope", "last")) == [
        ("2606-LWX-WLD01-#", 2),
        ("2505-LWX-WLD01-#", 1),
    ]
    event = Event.objects.filter(topic="lot.number_drawn").earliest("id")
    assert event.payload == {"sku": "WLD01", "number": "2606-LWX-WLD01-001"}


def test_a_whole_date_is_told(world, product):
    made = make_format(world, "{YY}{MM}{DD}{LINE}{SEQ:2}", line="A")
    drawn = draw_lot_number(product=product, **acting())
    assert drawn == Drawn("260601A01", Dates(manufactured_on=date(2026, 6, 1)))
    update_lot_format(format_id=made.pk, fields={"date_means": "expiry"}, **acting())
    drawn = draw_lot_number(
        product=product, words={"LINE": "B", "SUPPLIER": ""}, day=date(2027, 1, 31), **acting()
    )
    assert drawn == Drawn("270131B01", Dates(expires_on=date(2027, 1, 31)))


def test_an_expiry_has_to_be_said(world, product):
    make_format(world, "{YY}{JJJ}-{SEQ:2}", date_means="expiry")
    with refused("expiry_required"):
        draw(product)
    assert draw(product, day=date(2027, 1, 31)) == "27031-01"


def test_a_number_without_a_date_needs_none(world, product):
    make_format(world, "LOT-{SEQ:5}", date_means="expiry")
    assert draw(product) == "LOT-00001"


def test_a_products_own_format_comes_first(world, product):
    make_format(world, "ALL-{SEQ:3}")
    own = make_format(world, "OWN-{SEQ:3}", product)
    other = world.lot_product("OTHER")
    assert (draw(product), draw(other)) == ("OWN-001", "ALL-001")
    update_lot_format(format_id=own.pk, fields={"is_active": False}, **acting())
    assert draw(product) == "ALL-002"


def test_without_a_format_nothing_is_drawn(world, product):
    make_format(world, is_active=False)
    with refused("no_lot_format") as refusal:
        draw(product)
    assert str(refusal.value) == "There is no lot number format for WLD01."


def test_another_merchants_format_is_not_ours(world, product):
    create_lot_format(
        merchant=make_merchant("OTHER"), product=None, fields={"pattern": "{SEQ:2}"}, **acting()
    )
    with refused("no_lot_format"):
        draw(product)


def test_a_number_is_never_given_again(world, product):
    """Not the one of a lot that is there, was deleted, renamed or merged, however it is written."""
    make_format(world, "N{SEQ:2}")
    kept, gone, renamed = (make_lot(product, number) for number in ("n01", "N02", "N03"))
    alias = make_lot(product, "N04")
    delete_lot(lot_id=gone.pk, **acting())
    update_lot(lot_id=renamed.pk, fields={"number": "OTHER"}, **acting())
    merge_lots(wish=Wish(alias.pk, kept.pk), **acting())
    assert draw(product) == "N05"
    assert set(SpentLotNumber.objects.values_list("number", flat=True)) == {"N02", "N03", "N05"}


def test_a_changed_format_gives_none_again(world, product):
    made = make_format(world, "N{SEQ:2}")
    assert draw(product) == "N01"
    for pattern in ("N0{SEQ:1}", "N{SEQ:2}"):
        update_lot_format(format_id=made.pk, fields={"pattern": pattern}, **acting())
        assert draw(product) == {"N0{SEQ:1}": "N02", "N{SEQ:2}": "N03"}[pattern]


def test_many_numbers_that_were_typed_are_passed_over(world, product):
    make_format(world, "N{SEQ:3}")
    refs = [LotRef(product.pk, f"N{n:03}") for n in range(1, 151)]
    create_lots(refs=refs, merchant_id=product.merchant_id, **acting())
    assert (draw(product), draw(product)) == ("N151", "N152")


def test_a_sequence_ends(world, product):
    make_format(world, "N{SEQ:1}")
    for n in (1, 2, 3, 4, 5, 6, 7, 8):
        assert draw(product) == f"N{n}"
    make_lot(product, "N9")
    with refused("sequence_exhausted") as refusal:
        draw(product)
    assert str(refusal.value) == (
        "N{SEQ:1} has no further number for N#: give its sequence more digits."
    )


def test_without_a_sequence_there_is_one_number(world, product):
    make_format(world, "{PRODUCT}-{YYYY}{MM}{DD}")
    assert draw(product) == "WLD01-20260601"
    with refused("lot_number_taken") as refusal:
        draw(product)
    assert "add {SEQ:2} to it" in str(refusal.value)


# Formats ------------------------------------------------------------------------------------------


def test_one_format_is_active(world, product):
    make_format(world)
    second = make_format(world, is_active=False)
    activate = {"format_id": second.pk, "fields": {"is_active": True}}
    make_format(world, product=product)
    for make, whose in (
        (lambda: make_format(world), "ACME"),
        (lambda: make_format(world, product=product), "WLD01"),
        (lambda: update_lot_format(**activate, **acting()), "ACME"),
    ):
        with refused("lot_format_taken") as refusal:
            make()
        assert str(refusal.value).startswith(f"{whose} has an active format already")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"pattern": "{BRAND}{LINE}"}, "ambiguous", "pattern"),
        ({"pattern": "x" * 65}, "invalid", "pattern"),
        ({"date_means": "harvest"}, "invalid", "date_means"),
        ({"brand": "L-X"}, "word_invalid", "brand"),
        ({"supplier": "S 7"}, "word_invalid", "supplier"),
        ({"line": "C/3"}, "word_invalid", "line"),
    ],
)
def test_a_format_that_cannot_be_is_refused(world, fields, code, field):
    with refused(code) as refusal:
        make_format(world, **{"pattern": FULL, **fields})
    assert refusal.value.errors[0]["field"] == field


def test_a_format_is_kept_as_it_is_read(world):
    made = make_format(world, f"  {FULL} ", brand=" LWX ", product_code=" W 1 ")
    assert (made.pattern, made.brand, made.product_code) == (FULL, "LWX", "W 1")
    assert made.history.get().history_user == acting()["actor"]


def test_an_unknown_format_is_not_found(db):
    with pytest.raises(NotFound):
        update_lot_format(format_id=1, fields={}, **acting())


# What a typed number says -------------------------------------------------------------------------


def test_a_typed_number_fills_in_its_date(world, product):
    make_format(world, "{YY}{MM}{DD}{LINE}")
    made = create_lot(product=product, fields={"number": "230815A"}, **acting())
    assert (made.manufactured_on, made.expires_on) == (date(2023, 8, 15), None)


def test_what_was_said_stays(world, product):
    make_format(world, "{YY}{MM}{DD}{LINE}")
    said = {"number": "230815A", "manufactured_on": date(2023, 8, 14)}
    assert create_lot(product=product, fields=said, **acting()).manufactured_on == date(2023, 8, 14)


def test_a_date_that_cannot_be_is_not_filled_in(world, product):
    """By a number of 2023 the lot would be made after its expiry."""
    make_format(world, "{YY}{MM}{DD}{LINE}")
    said = {"number": "230815A", "expires_on": date(2022, 1, 1)}
    lot = create_lot(product=product, fields=said, **acting())
    assert (lot.manufactured_on, lot.expires_on) == (None, date(2022, 1, 1))


def test_another_kind_of_number_fills_in_nothing(world, product):
    make_format(world, "{YY}{MM}{DD}{LINE}")
    assert make_lot(product, "LOT-7").manufactured_on is None


def test_an_expiry_that_the_number_carries_is_one(world):
    """Also where the product asks for one."""
    product = world.lot_product("ASKS", lot_entry="both")
    make_format(world, "{YYYY}{MM}-{SEQ:2}", product, date_means="expiry")
    made = create_lot(product=product, fields={"number": "202702-01"}, **acting())
    assert made.expires_on == date(2027, 2, 28)


def test_the_lots_of_a_wro_are_read_too(world, product):
    make_format(world, "{YY}{MM}{DD}{LINE}")
    refs = [LotRef(product.pk, number) for number in ("230815A", "X")]
    made = create_lots(refs=refs, merchant_id=product.merchant_id, **acting())
    assert [made[ref].manufactured_on for ref in refs] == [date(2023, 8, 15), None]


def test_a_sequence_names_itself(world, product):
    make_format(world)
    draw(product)
    assert str(LotSequence.objects.get()) == "2606-LWX-WLD01-#: 1"
    assert str(SpentLotNumber.objects.get()) == "2606-LWX-WLD01-001"
    assert str(LotFormat.objects.get()) == FULL
