"""A discrepancy is resolved while others work on the same units. Seen with the locks off first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from inventory.models import Balance, Lot, Product, QuarantineCase
from inventory.services.places import create_locations
from inventory.services.quarantine import Decision as CaseDecision
from inventory.services.quarantine import dispose_case
from receiving.errors import AlreadyResolved
from receiving.models import WRO, Discrepancy, Resolution, UnidentifiedDelivery
from receiving.services import (
    Count,
    Decision,
    complete_wro,
    link_delivery,
    receive,
    receive_delivery,
    record_delivery,
    resolve_discrepancy,
)
from tests.builders import World, acting
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits
from tests.races.clients import (
    FEW,
    Act,
    Clients,
    Gate,
    Round,
    adds_up,
    rounds,
    sound,
    surfaced,
    told,
)
from tests.races.clients import ROUNDS as OFTEN
from tests.races.stock import NEXT_YEAR, THE_YEAR_AFTER, products
from tests.receiving.builders import (
    arrived,
    count,
    counters,
    discrepancies,
    line,
    standing,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = max(FEW, OFTEN // 4)  # every round writes a whole WRO
Kind = Resolution.Kind
LOT = "L-0"


def resolve(found: Discrepancy, kind: Resolution.Kind, **how: Any) -> Act:
    decision = Decision(kind, **how)
    return partial(resolve_discrepancy, discrepancy_id=found.pk, decision=decision, **acting())


def unreadable(world: World, product: Product) -> tuple[WRO, Discrepancy]:
    """Ten units of one lot are announced; the lot of ten that came could not be read.

    One more came before and is destroyed already: the balances that the acts write to are there.
    """
    wro = arrived(world, line(product, 11, (LOT, NEXT_YEAR, 11)))
    count(wro, Count(product, 1))
    dispose_case(decision=CaseDecision(_case(product).pk, "Broken"), **acting())
    count(wro, Count(product, 10))
    return wro, wro.discrepancies.latest("id")


def _case(product: Product) -> QuarantineCase:
    return QuarantineCase.objects.filter(product=product).latest("id")


def at_quarantine(product: Product) -> Gate:
    rows = Balance.objects.filter(product=product, location_kind="quarantine", on_hand__gt=0)
    return Gate(Balance, list(rows.values_list("id", flat=True)))


def of_wro(wro: WRO) -> Gate:
    return Gate(WRO, [wro.pk])


def decided(found: Discrepancy) -> list[tuple[str, int]]:
    return list(found.resolutions.order_by("id").values_list("kind", "quantity"))


# Two people at one discrepancy --------------------------------------------------------------------


def resolve_twice(
    world: World, clients: Clients, turn: Round, product: Product
) -> tuple[Discrepancy, list[Any]]:
    """One says which lot the units are of, the other sends them back."""
    wro, found = unreadable(world, product)
    acts = [
        resolve(found, Kind.CORRECT_LOT, lot_number=LOT),
        resolve(found, Kind.RETURN_TO_MERCHANT),
    ]
    return found, clients.meet(turn, acts, lock=of_wro(wro), write=at_quarantine(product))


def test_without_locks_the_same_units_are_decided_about_twice(
    world: World, clients: Clients
) -> None:
    with locks_off():
        for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
            found, answers = resolve_twice(world, clients, turn, product)
            if surfaced(answers) or len(decided(found)) == 2:
                return
    raise AssertionError("the race was not seen")


def test_units_are_decided_about_once(world: World, clients: Clients) -> None:
    for turn, product in zip(rounds(ROUNDS), products(world, ROUNDS), strict=True):
        found, answers = resolve_twice(world, clients, turn, product)
        codes = told(answers)
        if turn.came_first(0, unless=codes[0] == "done"):
            assert codes == ("done", "already_resolved")
            assert decided(found) == [("correct_lot", 10)]
            assert standing(product) == {("DOCK", LOT): 10}
        else:
            assert codes == ("already_resolved", "done")
            assert decided(found) == [("return_to_merchant", 10)]
            assert standing(product) == {}
        adds_up(product.pk)
    sound()


# Resolve against complete -------------------------------------------------------------------------


def complete_while_resolving(
    world: World, clients: Clients, turn: Round, product: Product
) -> tuple[WRO, list[Any]]:
    wro, found = unreadable(world, product)
    acts = [
        resolve(found, Kind.CORRECT_LOT, lot_number=LOT, location=""),
        partial(complete_wro, wro_id=wro.pk, **acting()),
    ]
    answers = clients.meet(turn, acts, lock=of_wro(wro), write=of_wro(wro))
    wro.refresh_from_db()
    return wro, answers


def test_without_locks_a_resolution_counts_to_a_wro_after_its_end(
    world: World, clients: Clients
) -> None:
    with locks_off():
        for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
            _, answers = complete_while_resolving(world, clients, turn, product)
            if told(answers) == ("done", "done") and ("DOCK", LOT) in standing(product):
                return
    raise AssertionError("the race was not seen")


def test_units_count_to_a_wro_only_before_its_end(world: World, clients: Clients) -> None:
    entries: Any = [{"name": f"B-{n}", "pick_sequence": 100 + n} for n in range(ROUNDS)]
    create_locations(warehouse=world.warehouse, entries=entries, **acting())  # a bin for each lot
    for turn, product in zip(rounds(ROUNDS), products(world, ROUNDS), strict=True):
        wro, answers = complete_while_resolving(world, clients, turn, product)
        codes = told(answers)
        if turn.came_first(0, unless=codes[1] != "done"):
            assert codes == ("done", "units_at_dock")
            assert wro.status == "processing"
            assert standing(product) == {("DOCK", LOT): 10}
            assert counters(wro) == {f"{product.sku} {LOT}": (11, 10, 0)}
        else:
            assert codes == ("done", "done")
            assert (wro.status, wro.completed_short) == ("completed", True)
            ((place, lot),) = standing(product)
            assert (place != "DOCK", lot) == (True, LOT)
            assert counters(wro) == {f"{product.sku} {LOT}": (11, 0, 0)}
        adds_up(product.pk)
    sound()


# Resolve against receive --------------------------------------------------------------------------


def receive_while_resolving(
    world: World, clients: Clients, turn: Round, product: Product
) -> tuple[WRO, list[Any]]:
    """Eleven units of the lot are counted while the ten turn out to be of it."""
    wro, found = unreadable(world, product)
    acts = [
        resolve(found, Kind.CORRECT_LOT, lot_number=LOT),
        partial(receive, wro_id=wro.pk, counts=[Count(product, 11, LOT)], **acting()),
    ]
    return wro, clients.meet(turn, acts, lock=of_wro(wro), write=of_wro(wro))


def surplus(wro: WRO) -> list[int]:
    return [units for type, _, _, units in discrepancies(wro) if type == "overage"]


def test_without_locks_a_surplus_is_not_told(world: World, clients: Clients) -> None:
    with locks_off():
        for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
            wro, answers = receive_while_resolving(world, clients, turn, product)
            if surfaced(answers) or surplus(wro) != [10]:
                return
    raise AssertionError("the race was not seen")


def test_a_surplus_is_told_whoever_is_first(world: World, clients: Clients) -> None:
    for turn, product in zip(rounds(ROUNDS), products(world, ROUNDS), strict=True):
        wro, answers = receive_while_resolving(world, clients, turn, product)
        assert told(answers) == ("done", "done")
        assert surplus(wro) == [10]
        ((_, received, _),) = counters(wro).values()
        assert received == 21
        adds_up(product.pk)
    sound()


# Resolve against the quarantine queue -------------------------------------------------------------


def dispose_while_resolving(
    world: World, clients: Clients, turn: Round, product: Product, *, units: int, all: bool = True
) -> tuple[Discrepancy, list[Any]]:
    """Some of the ten are destroyed by way of the queue while somebody says what lot they are of.

    All of them, or ten: the number that stands on the screen.
    """
    _, found = unreadable(world, product)
    how = {} if all else {"quantity": 10}
    acts = [
        resolve(found, Kind.CORRECT_LOT, lot_number=LOT, **how),
        partial(dispose_case, decision=CaseDecision(_case(product).pk, "Wet", units), **acting()),
    ]
    gates = {"lock": Gate(Product, [product.pk]), "write": at_quarantine(product)}
    return found, clients.meet(turn, acts, **gates)


def test_without_locks_destroyed_units_are_received(world: World, clients: Clients) -> None:
    with locks_off():
        for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
            _, answers = dispose_while_resolving(world, clients, turn, product, units=4)
            if surfaced(answers):
                return
    raise AssertionError("the race was not seen")


def test_what_is_left_is_decided_about(world: World, clients: Clients) -> None:
    """All that are open: of what the queue has taken meanwhile nothing is said."""
    for turn, product in zip(rounds(ROUNDS), products(world, ROUNDS), strict=True):
        found, answers = dispose_while_resolving(world, clients, turn, product, units=4)
        codes = told(answers)
        if turn.came_first(0, unless=codes[1] != "done"):
            assert codes == ("done", "insufficient_stock")
            assert decided(found) == [("correct_lot", 10)]
            assert standing(product) == {("DOCK", LOT): 10}
        else:
            assert codes == ("done", "done")
            assert decided(found) == [("correct_lot", 6)]
            assert standing(product) == {("DOCK", LOT): 6}
        adds_up(product.pk)
    sound()


@pytest.mark.parametrize("units", [4, 10])
def test_no_more_is_decided_about_than_is_left(world: World, clients: Clients, units: int) -> None:
    for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
        found, answers = dispose_while_resolving(
            world, clients, turn, product, units=units, all=False
        )
        codes = told(answers)
        if turn.came_first(0, unless=codes[0] == "done"):
            assert codes == ("done", "insufficient_stock")
            assert decided(found) == [("correct_lot", 10)]
        else:
            assert codes == ("already_resolved", "done")
            assert decided(found) == []
            left = {("QUARANTINE", ""): 10 - units} if units < 10 else {}
            assert standing(product) == left
        adds_up(product.pk)
    sound()


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (Kind.ACCEPT_AS_RECEIVED, {"location": "A-01"}),
        (Kind.CORRECT_LOT, {"lot_number": "OTHER", "location": "A-01"}),
        (Kind.RETURN_TO_MERCHANT, {}),
        (Kind.DISPOSE, {}),
    ],
)
def test_every_way_meets_what_the_queue_left(
    world: World, clients: Clients, kind: Resolution.Kind, how: dict[str, str]
) -> None:
    """Ten of a lot that was not announced: four are destroyed before they are decided about."""
    for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
        wro = arrived(world, line(product, 10, (LOT, NEXT_YEAR, 10)))
        count(wro, Count(product, 10, "OTHER", NEXT_YEAR))
        found = wro.discrepancies.get()
        destroy = CaseDecision(_case(product).pk, "Wet", 4)
        acts = [
            resolve(found, kind, **how),
            partial(dispose_case, decision=destroy, **acting()),
        ]
        gates = {"lock": Gate(Product, [product.pk]), "write": at_quarantine(product)}
        codes = told(clients.meet(turn, acts, **gates))
        first = turn.came_first(0, unless=codes[1] != "done")
        assert codes == ("done", "insufficient_stock" if first else "done")
        assert decided(found) == [(kind.value, 10 if first else 6)]
        assert Discrepancy.objects.get(pk=found.pk).status == "resolved"
        adds_up(product.pk)
    sound()


# Two WROs, and a delivery -------------------------------------------------------------------------


def test_two_doubtful_expiries_of_one_number_become_one_lot(world: World, clients: Clients) -> None:
    """Two WROs bring what looks like the same lot of the supplier: it gets one number of ours."""
    for turn, product in zip(rounds(FEW), products(world, FEW), strict=True):
        found = []
        for _ in range(2):
            wro = arrived(world, line(product, 10, (LOT, NEXT_YEAR, 10)))
            count(wro, Count(product, 10, LOT, THE_YEAR_AFTER))
            found.append(wro.discrepancies.get())
        acts = [resolve(one, Kind.SEPARATE_LOT, location=f"A-0{at}") for at, one in
                enumerate(found, start=1)]  # fmt: skip
        gates = {"lock": Gate(Product, [product.pk]), "write": at_quarantine(product)}
        assert told(clients.meet(turn, acts, **gates)) == ("done", "done")
        made = Lot.objects.filter(product=product).order_by("id")
        assert list(made.values_list("number", flat=True)) == [LOT, f"{LOT} (2)"]
        adds_up(product.pk)
    sound()


def unannounced(world: World, product: Product) -> UnidentifiedDelivery:
    fields: Any = {"warehouse": world.warehouse, "tracking_number": "1Z-LOST"}
    delivery = record_delivery(fields=fields, **acting())
    counts = [Count(product, 10, LOT, NEXT_YEAR)]
    return receive_delivery(
        delivery_id=delivery.pk, merchant=world.merchant, counts=counts, **acting()
    )


def test_a_delivery_that_is_linked_meanwhile_is_looked_at_again(world: World) -> None:
    """Its units are a WRO's from then on, which whoever decides about them has to keep."""
    (product,) = products(world, 1)
    found = unannounced(world, product).discrepancies.get()
    wro = arrived(world, line(product, 6, (LOT, NEXT_YEAR, 6)))
    with Thread() as other, transaction.atomic():
        link_delivery(delivery_id=found.delivery_id, wro_id=wro.pk, **acting())
        waiting = other.submit(resolve(found, Kind.CORRECT_LOT, lot_number=LOT))
        until_one_waits()
    with pytest.raises(AlreadyResolved, match=f"linked to {wro.number} meanwhile") as refused:
        waiting.result()
    assert refused.value.available == 4
    assert decided(found) == [("count_to_wro", 6)]
    assert counters(wro) == {f"{product.sku} {LOT}": (6, 6, 0)}
    assert standing(product) == {("DOCK", LOT): 6, ("QUARANTINE", LOT): 4}
    sound()
