"""Units come back while others of their lot are disposed of. Seen with the locks off first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fulfillment.models import Order
from inventory.models import Balance, QuarantineCase
from inventory.services.quarantine import Decision, dispose_case
from inventory.services.stock import Units, move
from returns.models import Disposition, Return
from returns.requests import Finding
from returns.services import inspect_return
from tests.builders import World, acting
from tests.fulfillment.orders import line as ordered
from tests.fulfillment.orders import make_order, ship
from tests.locks import locks_off
from tests.races.clients import FEW, Clients, Gate, adds_up, sound, surfaced, told
from tests.races.stock import Scene, scenes
from tests.returns.made import announced, find, inspect, make_arrived, stock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def quarantined(scene: Scene) -> QuarantineCase:
    """Three units were moved to quarantine, of which one is destroyed already; then three more.

    Those have a case of their own, so that the units of this one are not all that stand there.
    """
    units = Units(scene.product.pk, scene.lots[0].pk, 3)
    source, target = scene.world.bins[0], scene.world.place("QUARANTINE")
    for _ in range(2):
        move(units=units, source_id=source.pk, target_id=target.pk, **acting())
    return _less_one(scene)


def returned(world: World) -> tuple[Return, list[Scene]]:
    """A return of six units of every round's product, of which three failed inspection."""
    stocked = list(scenes(world, 6))
    order: Order = make_order(world.merchant, *(ordered(one.product, 6) for one in stocked))
    ship(order)
    document = make_arrived(world, *(announced(one.product, 6) for one in stocked), order=order)
    inspect(document, *(failed(document, one, 3) for one in stocked))
    return document, stocked


def failed(document: Return, scene: Scene, units: int) -> Finding:
    return find(document, units, scene.lots[0], at=scene.turn.number, passed=False)


def _less_one(scene: Scene) -> QuarantineCase:
    """So there is a balance of what was destroyed, and nobody has to wait for it to be opened."""
    case_id = min(QuarantineCase.objects.filter(product=scene.product).values_list("id", flat=True))
    return dispose_case(decision=Decision(case_id, "Leaks", quantity=1), **acting())


def at_quarantine(scene: Scene) -> Gate:
    rows = Balance.objects.filter(product=scene.product, location_kind="quarantine")
    return Gate(Balance, list(rows.values_list("id", flat=True)))


def dispose_while_inspecting(
    document: Return, scene: Scene, clients: Clients
) -> tuple[QuarantineCase, list[Any]]:
    """Two more units fail inspection while those before are destroyed."""
    case = _less_one(scene)
    findings = [failed(document, scene, 2)]
    acts = [
        partial(inspect_return, return_id=document.pk, findings=findings, **acting()),
        partial(dispose_case, decision=Decision(case.pk, "Broken"), **acting()),
    ]
    answers = clients.meet(scene.turn, acts, lock=scene.lock, write=at_quarantine(scene))
    case.refresh_from_db()
    return case, answers


def dispose_twice(scene: Scene, clients: Clients) -> tuple[QuarantineCase, list[Any]]:
    """Two people destroy the same case."""
    case = quarantined(scene)
    act = partial(dispose_case, decision=Decision(case.pk, "Broken"), **acting())
    answers = clients.meet(scene.turn, [act, act], lock=scene.lock, write=at_quarantine(scene))
    case.refresh_from_db()
    return case, answers


def test_without_locks_a_case_is_disposed_of_twice(world: World, clients: Clients) -> None:
    with locks_off():
        for scene in scenes(world, 6, count=FEW):
            _, answers = dispose_twice(scene, clients)
            if surfaced(answers):
                return
    raise AssertionError("the race was not seen")


def test_a_case_is_disposed_of_once(world: World, clients: Clients) -> None:
    for scene in scenes(world, 6):
        case, answers = dispose_twice(scene, clients)
        codes = told(answers)
        first = scene.turn.came_first(0, unless=codes[0] == "done")
        late = "insufficient_stock"
        assert codes == (("done", late) if first else (late, "done"))
        assert (case.opened_quantity, case.quantity) == (3, 0)
        assert stock(scene.product) == {
            ("QUARANTINE", "L-0"): 3,
            ("DISPOSED", "L-0"): 3,
            ("SUPPLIER", "L-0"): -6,
        }
        adds_up(scene.product.pk)
    sound()


def test_units_come_back_while_others_are_disposed_of(world: World, clients: Clients) -> None:
    document, stocked = returned(world)
    for scene in stocked:
        case, answers = dispose_while_inspecting(document, scene, clients)
        assert told(answers) == ("done", "done")
        rows = Disposition.objects.filter(product=scene.product).order_by("id")
        assert list(rows.values_list("action", "rule", "quantity")) == [
            ("quarantine", "inspection_failed", units) for units in (3, 2)
        ]
        assert (case.opened_quantity, case.quantity) == (3, 0)
        fresh = QuarantineCase.objects.filter(product=scene.product).exclude(pk=case.pk).get()
        assert (fresh.opened_quantity, fresh.quantity) == (2, 2)
        assert stock(scene.product) == {
            ("CUSTOMER", "L-0"): 1,
            ("DISPOSED", "L-0"): 3,
            ("QUARANTINE", "L-0"): 2,
            ("SUPPLIER", "L-0"): -6,
        }
        adds_up(scene.product.pk)
    sound()
