"""Discrepancies about a lot that was merged since: resolved about the lot that it became."""

from inventory.models import Lot
from inventory.queries.audit import differences
from inventory.services.lot_merges import Wish, merge_lots
from receiving.models import Resolution
from receiving.services import Count, complete_wro
from tests.builders import acting, make_lot
from tests.receiving.builders import arrived, count, line, standing
from tests.receiving.test_resolve import LATER, SOON, Type, latest, resolve

Kind = Resolution.Kind


def merged(vitamin, number: str, into: str) -> Lot:
    right = make_lot(vitamin, into, SOON)
    typed = Lot.objects.get(number=number)
    merge_lots(wish=Wish(typed.pk, right.pk, "target"), **acting())
    return right


def test_units_in_quarantine_are_of_the_other_lot(world, vitamin):
    wro = arrived(world, line(vitamin, 100, ("VC-A", LATER, 100)))
    count(wro, Count(vitamin, 90, "VC-A"), Count(vitamin, 4, "VC-B1"))
    found = latest(Type.LOT_MISMATCH)
    right = merged(vitamin, "VC-B1", "VC-BI")
    assert standing(vitamin)["QUARANTINE", "VC-BI"] == 4

    done = resolve(found, Kind.CORRECT_LOT, location="A-05")

    assert done.resolutions.get().lot == right
    assert standing(vitamin)["A-05", "VC-BI"] == 4
    assert list(differences()) == []


def test_a_separate_lot_is_not_an_alias(world, vitamin):
    wro = arrived(world, line(vitamin, 100, ("VC-A", LATER, 100)))
    count(wro, Count(vitamin, 4, "VC-A", SOON))
    found = latest(Type.EXPIRY_MISMATCH)
    resolve(found, Kind.SEPARATE_LOT, quantity=2, location="A-05")
    merged(vitamin, "VC-A (2)", "VC-B")

    resolve(found, Kind.SEPARATE_LOT, location="A-06")

    assert standing(vitamin) == {("A-05", "VC-B"): 2, ("A-06", "VC-A (3)"): 2}
    assert list(differences()) == []


def test_damaged_units_are_of_the_other_lot(world, vitamin):
    wro = arrived(world, line(vitamin, 2, ("VC-A", LATER, 2)))
    count(wro, Count(vitamin, 2, "VC-A", is_damaged=True))
    complete_wro(wro_id=wro.pk, **acting())
    merged(vitamin, "VC-A", "VC-B")
    assert standing(vitamin) == {("DAMAGED", "VC-B"): 2}

    resolve(latest(Type.DAMAGED), Kind.DISPOSE)

    assert standing(vitamin) == {}
    assert list(differences()) == []
