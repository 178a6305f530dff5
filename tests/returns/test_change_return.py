"""Updating, cancelling, receiving and completing a return."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.errors import RestockNotSupportedForLotProduct
from inventory.models import Posting
from merchants.errors import Malformed, NotFound
from merchants.models import Event
from returns.errors import MoreThanShipped, ReferenceTaken, UnknownLine, WrongStatus
from returns.models import Return
from returns.services import arrive_return, cancel_return, complete_return, update_return
from tests.builders import World, acting, make_bin, make_lot, make_warehouse, put
from tests.clock import Clock
from tests.returns.made import (
    announced,
    find,
    inspect,
    make_arrived,
    make_return,
    shipped_order,
    topics,
)

A = date(2026, 10, 31)


def update(document: Return, **change: Any) -> Return:
    return update_return(return_id=document.pk, change=change, **acting())


def lines(document: Return) -> list[tuple[int, str, int, str | None, str]]:
    return [
        (one.pk, one.product.sku, one.quantity, one.lot and one.lot.number, one.requested_action)
        for one in document.lines.order_by("id")
    ]


def refused(document: Return, error: type[Exception], **change: Any) -> Any:
    before = Return.objects.filter(pk=document.pk).values().get(), lines(document)
    events = Event.objects.count()
    with pytest.raises(error) as refusal:
        update(document, **change)
    assert (Return.objects.filter(pk=document.pk).values().get(), lines(document)) == before
    assert Event.objects.count() == events
    return refusal.value


def test_updating_works(world: World) -> None:
    product = world.lot_product(return_action="quarantine")
    lot = make_lot(product, "VC-A", A)
    west = make_warehouse("WEST")
    document = make_return(world, announced(product, 3, lot), reference="R-1")
    key = document.lines.get().pk
    update(document, kind="customer_return", reference="R-2", warehouse=west)
    document.refresh_from_db()
    assert (document.kind, document.reference, document.warehouse) == (
        "customer_return",
        "R-2",
        west,
    )
    assert lines(document) == [(key, "VITAMIN", 3, "VC-A", "default")]
    assert topics(document) == ["return.created", "return.updated"]


def test_lines_are_changed_added_and_left_out(world: World) -> None:
    product = world.lot_product()
    lot = make_lot(product, "VC-A", A)
    soap = world.product("SOAP")
    document = make_return(
        world, announced(product, 3, lot, requested_action="dispose"), announced(soap, 1)
    )
    first = document.lines.order_by("id")[0].pk
    update(document, lines=[{"id": first, "quantity": 2}, {"sku": "SOAP", "quantity": 7}])
    (_, kept), (added, new) = ((row[0], row[1:]) for row in lines(document))
    assert kept == ("VITAMIN", 2, "VC-A", "dispose")
    assert new == ("SOAP", 7, None, "default")
    assert added > first
    update(document, lines=[{"id": first, "lot_number": "", "requested_action": "default"}])
    assert lines(document) == [(first, "VITAMIN", 2, None, "default")]


def test_naming_another_lot_forgets_the_first(world: World) -> None:
    product = world.lot_product()
    make_lot(product, "VC-B", date(2027, 1, 1))
    document = make_return(world, announced(product, 3, make_lot(product, "VC-A", A)))
    key = document.lines.get().pk
    update(document, lines=[{"id": key, "lot_number": "VC-B"}])
    assert lines(document) == [(key, "VITAMIN", 3, "VC-B", "default")]


def test_a_wrong_update_changes_nothing(world: World) -> None:
    product = world.lot_product()
    document = make_return(world, announced(product, 3))
    other = make_return(world, announced(product, 3), reference="R-1")
    key, foreign = document.lines.get().pk, other.lines.get().pk
    assert refused(document, UnknownLine, lines=[{"id": foreign}]).errors[0] == {
        "field": "lines[0].id",
        "code": "unknown_line",
        "message": f"The return has no line {foreign}.",
    }
    assert refused(document, UnknownLine, lines=[{"id": key}, {"id": key}]).errors[0]["field"] == (
        "lines[1].id"
    )
    missing = refused(document, Malformed, lines=[{"id": key}, {}])
    assert [error["field"] for error in missing.errors] == ["lines[1].sku", "lines[1].quantity"]
    assert missing.code == "required"
    both = refused(document, Malformed, lines=[{"id": foreign}, {"sku": "VITAMIN"}])
    assert both.code == "invalid"
    refused(document, Malformed, lines=[])
    refused(document, Malformed, lines=[{"id": key, "lot_number": "VC-X"}])
    refused(document, ReferenceTaken, reference="R-1")
    asked = [{"id": key, "requested_action": "restock"}]
    refused(document, RestockNotSupportedForLotProduct, kind="customer_return", lines=asked)


def test_its_own_units_are_not_counted_twice(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 9)
    order = shipped_order(world, product, 3)
    document = make_return(world, announced(product, 2), order=order)
    key = document.lines.get().pk
    update(document, lines=[{"id": key, "quantity": 3}])
    refused(document, MoreThanShipped, lines=[{"id": key, "quantity": 4}])


def test_naming_the_order_later_moves_it_to_the_warehouse_that_shipped(world: World) -> None:
    product = world.product()
    west = make_warehouse("WEST")
    put(product, make_bin(west), 5)
    order = shipped_order(world, product, 3)
    document = make_return(world, announced(product, 2))
    update(document, order=order)
    document.refresh_from_db()
    assert (document.order, document.warehouse) == (order, west)
    refused(document, Malformed, order=None)
    update(document, order=None, warehouse=world.warehouse)
    document.refresh_from_db()
    assert (document.order, document.warehouse) == (None, world.warehouse)


def test_cancelling_works(world: World, clock: Clock) -> None:
    document = make_return(world, announced(world.product(), 3))
    clock.advance(hours=1)
    cancel_return(return_id=document.pk, **acting())
    document.refresh_from_db()
    assert (document.status, document.cancelled_at) == ("cancelled", clock.now)
    assert topics(document) == ["return.created", "return.cancelled"]


def test_arriving_works(world: World, clock: Clock) -> None:
    document = make_return(world, announced(world.product(), 3))
    clock.advance(hours=1)
    arrive_return(return_id=document.pk, **acting())
    document.refresh_from_db()
    assert (document.status, document.arrived_at) == ("arrived", clock.now)
    assert topics(document) == ["return.created", "return.arrived"]
    assert not Posting.objects.exists()


def test_completing_works_with_units_missing(world: World, clock: Clock) -> None:
    soap, towel = world.product("SOAP"), world.product("TOWEL")
    document = make_arrived(world, announced(soap, 3), announced(towel, 2))
    inspect(document, find(document, 1), find(document, 4, at=1))
    complete_return(return_id=document.pk, **acting())
    document.refresh_from_db()
    assert (document.status, document.completed_at) == ("completed", clock.now)
    assert topics(document)[-1] == "return.completed"
    assert Event.objects.get(topic="return.completed").payload["missing"] == 2


def test_a_return_of_which_nothing_came_may_complete(world: World) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    complete_return(return_id=document.pk, **acting())
    assert Event.objects.get(topic="return.completed").payload["missing"] == 3


def test_what_may_be_done_depends_on_the_status(world: World) -> None:
    product = world.product()

    def awaiting() -> Return:
        return make_return(world, announced(product, 3))

    def arrived() -> Return:
        return make_arrived(world, announced(product, 3))

    def processing() -> Return:
        document = arrived()
        inspect(document, find(document, 1))
        return document

    def completed() -> Return:
        document = processing()
        complete_return(return_id=document.pk, **acting())
        return document

    def cancelled() -> Return:
        return cancel_return(return_id=awaiting().pk, **acting())

    verbs = {
        "update": lambda document: update(document, reference="R-9"),
        "cancel": lambda document: cancel_return(return_id=document.pk, **acting()),
        "arrive": lambda document: arrive_return(return_id=document.pk, **acting()),
        "inspect": lambda document: inspect(document, find(document, 1)),
        "complete": lambda document: complete_return(return_id=document.pk, **acting()),
    }
    allowed = {
        awaiting: {"update", "cancel", "arrive"},
        arrived: {"inspect", "complete"},
        processing: {"inspect", "complete"},
        completed: set(),
        cancelled: set(),
    }
    for make, may in allowed.items():
        for name, verb in verbs.items():
            document = make()
            if name in may:
                verb(document)
                Return.objects.filter(reference="R-9").update(reference="")
                continue
            before = Return.objects.filter(pk=document.pk).values().get()
            with pytest.raises(WrongStatus) as refusal:
                verb(document)
            assert refusal.value.code == "wrong_status"
            document.refresh_from_db()
            assert refusal.value.status_now == document.status
            assert Return.objects.filter(pk=document.pk).values().get() == before


def test_no_such_return() -> None:
    for verb in (arrive_return, cancel_return, complete_return):
        with pytest.raises(NotFound):
            verb(return_id=0, **acting())


test_no_such_return = pytest.mark.django_db(test_no_such_return)
