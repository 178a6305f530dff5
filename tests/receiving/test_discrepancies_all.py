"""Every type of discrepancy, once each: opened by what happens at the dock, and resolved."""

from datetime import date

import pytest

from inventory.models import Lot, QuarantineCase
from inventory.queries.audit import differences
from receiving.models import Discrepancy
from receiving.services import (
    Count,
    Decision,
    StowLine,
    complete_wro,
    link_delivery,
    receive_delivery,
    record_delivery,
    resolve_discrepancy,
    save_rule,
)
from receiving.services.resolutions import Kind
from tests.builders import acting
from tests.receiving.builders import NEXT_YEAR, arrived, count, counters, line, put_away, standing

SOON = date(2026, 10, 31)
Type = Discrepancy.Type


def resolve(found: Discrepancy, kind: Kind, **how) -> Discrepancy:
    return resolve_discrepancy(discrepancy_id=found.pk, decision=Decision(kind, **how), **acting())


@pytest.fixture
def wro(world, vitamin, clock):
    """One of everything, of all ten types: counted, linked, stowed and completed short."""
    save_rule(merchant=world.merchant, fields={"channel": "fba", "min_days": 60}, **acting())
    lots = [
        ("VC-A", NEXT_YEAR, 100),
        ("OVER", NEXT_YEAR, 100),
        ("OLD", date(2026, 5, 31), 5),
        ("SHORT", date(2026, 7, 1), 6),
    ]
    wro = arrived(world, line(vitamin, 211, *lots))
    delivery = record_delivery(fields={"warehouse": world.warehouse, "boxes": 2}, **acting())
    stray = [Count(vitamin, 3, "VC-A"), Count(vitamin, 4, "STRAY", NEXT_YEAR)]
    receive_delivery(delivery_id=delivery.pk, merchant=world.merchant, counts=stray, **acting())
    link_delivery(delivery_id=delivery.pk, wro_id=wro.pk, **acting())
    count(
        wro,
        Count(vitamin, 80, "VC-A"),
        Count(vitamin, 2, "VC-A", is_damaged=True),
        Count(vitamin, 130, "OVER"),
        Count(vitamin, 5, "OLD"),
        Count(vitamin, 6, "SHORT"),
        Count(vitamin, 7, "VC-A", date(2028, 1, 1)),
        Count(vitamin, 8, "VC-X", NEXT_YEAR),
        Count(vitamin, 1),
        Count(world.lot_product("SERUM"), 9, "S-1"),
    )
    put_away(
        wro,
        *(
            StowLine(vitamin, units, place, number)
            for units, place, number in [
                (83, "A-01", "VC-A"),
                (100, "A-02", "OVER"),
                (5, "A-03", "OLD"),
                (6, "A-04", "SHORT"),
            ]
        ),
    )
    return complete_wro(wro_id=wro.pk, **acting())


def by_type(wro) -> dict[str, Discrepancy]:
    return {one.type: one for one in wro.discrepancies.open()}


def test_each_type_is_opened_once(wro):
    opened = [(one.type, one.quantity) for one in wro.discrepancies.open().order_by("id")]
    assert sorted(opened) == sorted(
        [
            ("no_wro", 4),
            ("damaged", 2),
            ("overage", 30),
            ("expired_on_arrival", 5),
            ("short_dated_on_arrival", 6),
            ("expiry_mismatch", 7),
            ("lot_mismatch", 8),
            ("unreadable_barcode", 1),
            ("unlisted_product", 9),
            ("short", 15),
        ]
    )
    assert {kind for kind, _ in opened} == set(Type.values)
    assert list(differences()) == []


def test_each_is_resolved_and_what_was_expected_stays(wro, world, vitamin):
    before = {name: three[0] for name, three in counters(wro).items()}
    found = by_type(wro)
    for type, kind, how in [
        (Type.NO_WRO, Kind.DISPOSE, {}),
        (Type.DAMAGED, Kind.DISPOSE, {}),
        (Type.OVERAGE, Kind.RETURN_TO_MERCHANT, {"quantity": 10}),
        (Type.OVERAGE, Kind.ACCEPT_AS_RECEIVED, {}),
        (Type.EXPIRED_ON_ARRIVAL, Kind.RETURN_TO_MERCHANT, {"location": "A-03"}),
        (Type.SHORT_DATED_ON_ARRIVAL, Kind.ACCEPT_AS_RECEIVED, {}),
        (Type.EXPIRY_MISMATCH, Kind.SEPARATE_LOT, {}),
        (Type.LOT_MISMATCH, Kind.ACCEPT_AS_RECEIVED, {}),
        (Type.UNREADABLE_BARCODE, Kind.CORRECT_LOT, {"lot_number": "VC-A"}),
        (Type.UNLISTED_PRODUCT, Kind.RETURN_TO_MERCHANT, {}),
        (Type.SHORT, Kind.ACCEPT_AS_RECEIVED, {}),
    ]:
        resolve(found[type], kind, note="Seen to", **how)
    assert Discrepancy.objects.open().count() == 0
    assert not QuarantineCase.objects.open().exists()
    assert {one.status for one in wro.discrepancies.all()} == {"resolved"}
    assert {name: three[0] for name, three in counters(wro).items()} == before
    assert standing(vitamin) == {
        ("A-01", "VC-A"): 84,
        ("A-02", "OVER"): 120,
        ("A-04", "SHORT"): 6,
        ("A-05", "VC-X"): 8,
        ("A-03", "VC-A (2)"): 7,
    }
    second = Lot.objects.get(number="VC-A (2)")
    assert (second.supplier_number, second.expires_on) == ("VC-A", date(2028, 1, 1))
    assert list(differences()) == []
