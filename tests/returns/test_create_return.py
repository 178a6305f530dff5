from datetime import date

import pytest

from inventory.errors import RestockNotSupportedForLotProduct, UnknownLot
from inventory.models import Movement
from merchants.errors import Malformed, NotFound
from merchants.models import Event
from returns.errors import MoreThanShipped, ReferenceTaken
from returns.models import Return, ReturnLine
from returns.requests import LineRequest
from returns.services import cancel_return, complete_return
from tests.builders import (
    World,
    acting,
    make_bin,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    put,
)
from tests.clock import Clock
from tests.fulfillment.orders import line, make_order, ship
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


def test_it_works(world: World, clock: Clock) -> None:
    product = world.lot_product()
    lot = make_lot(product, "VC-A", A)
    document = make_return(
        world, announced(product, 3, lot, requested_action="dispose"), reference=" R-1 "
    )
    document.refresh_from_db()
    assert document.number == f"RET-{document.pk:06d}" == str(document)
    assert (document.status, document.kind, document.reference) == ("awaiting", "rts", "R-1")
    assert (document.order, document.warehouse) == (None, world.warehouse)
    assert document.created_at == clock.now
    one = document.lines.get()
    assert (one.product, one.lot, one.quantity) == (product, lot, 3)
    assert one.requested_action == "dispose"
    assert str(one) == "3 of VITAMIN"
    assert topics(document) == ["return.created"]
    assert Event.objects.get(topic="return.created").payload == {
        "kind": "rts",
        "status": "awaiting",
        "lines": [
            {"sku": "VITAMIN", "quantity": 3, "lot_number": "VC-A", "requested_action": "dispose"}
        ],
    }


def test_a_return_moves_nothing(world: World) -> None:
    make_return(world, announced(world.product(), 3))
    assert not Movement.objects.exists()


def test_a_return_of_an_order_comes_to_the_warehouse_that_shipped(world: World) -> None:
    product = world.product()
    west = make_warehouse("WEST")
    put(product, make_bin(west), 5)
    order = shipped_order(world, product, 2)
    assert make_return(world, announced(product, 2), order=order).warehouse == west


def test_it_may_come_to_another_warehouse(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    order = shipped_order(world, product, 2)
    west = make_warehouse("WEST")
    document = make_return(world, announced(product, 2), order=order, warehouse=west)
    assert document.warehouse == west


def refused(world: World, code: str, field: str, *lines: LineRequest, **fields: object) -> None:
    events = Event.objects.count()
    with pytest.raises(Malformed) as malformed:
        make_return(world, *lines, **fields)
    assert malformed.value.errors[0]["code"] == code
    assert malformed.value.errors[0]["field"] == field
    assert not Return.objects.exists()
    assert not ReturnLine.objects.exists()
    assert Event.objects.count() == events


def test_without_an_order_the_warehouse_is_needed(world: World) -> None:
    refused(world, "required", "warehouse", announced(world.product(), 1), warehouse=None)


def test_a_return_without_lines_is_refused(world: World) -> None:
    refused(world, "required", "lines")


def test_no_units_are_refused(world: World) -> None:
    refused(world, "min_value", "lines[0].quantity", announced(world.product(), 0))


def test_the_product_of_another_merchant_is_unknown(world: World) -> None:
    foreign = make_product(make_merchant("OTHER"), "THEIRS")
    refused(world, "unknown_sku", "lines[0].sku", announced(foreign, 1))


def test_the_order_of_another_merchant_is_unknown(world: World) -> None:
    other = make_merchant("OTHER")
    theirs = make_product(other, "SOAP")
    put(theirs, world.bins[0], 5)
    order = make_order(other, line(theirs, 2))
    ship(order)
    with pytest.raises(NotFound):
        make_return(world, announced(world.product("SOAP"), 1), order=order)
    assert not Return.objects.exists()


def test_an_unknown_lot_is_refused(world: World) -> None:
    product = world.lot_product()
    make_lot(product, "VC-A", A)
    with pytest.raises(UnknownLot):
        make_return(world, announced(product, 1, lot_number="VC-B"))
    other_expiry = announced(product, 1, lot_number="VC-A", expires_on=date(2027, 1, 1))
    refused(world, "unknown_lot", "lines[0].expires_on", other_expiry)


def test_an_unknown_kind_is_refused(world: World) -> None:
    refused(world, "invalid_choice", "kind", announced(world.product(), 1), kind="swap")


def test_a_customer_return_of_a_lot_product_cannot_ask_for_restock(world: World) -> None:
    product = world.lot_product()
    with pytest.raises(RestockNotSupportedForLotProduct) as refusal:
        make_return(
            world, announced(product, 1, requested_action="restock"), kind="customer_return"
        )
    assert refusal.value.code == "restock_not_supported_for_lot_product"
    assert not Return.objects.exists()


def test_an_rts_of_a_lot_product_can(world: World) -> None:
    document = make_return(world, announced(world.lot_product(), 1, requested_action="restock"))
    assert document.lines.get().requested_action == "restock"


def test_a_reference_is_used_once_by_a_merchant(world: World) -> None:
    product = world.product()
    make_return(world, announced(product, 1), reference="R-1")
    with pytest.raises(ReferenceTaken) as refusal:
        make_return(world, announced(product, 1), reference="R-1")
    assert refusal.value.code == "reference_taken"
    assert Return.objects.count() == 1
    other = make_merchant("OTHER")
    theirs = make_product(other, "THEIRS")
    make_return(world, announced(theirs, 1), reference="R-1", merchant=other)
    make_return(world, announced(product, 1))
    make_return(world, announced(product, 1))
    assert Return.objects.count() == 4


def test_no_more_comes_back_than_was_shipped(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    order = shipped_order(world, product, 3)
    with pytest.raises(MoreThanShipped) as refusal:
        make_return(world, announced(product, 2), announced(product, 2), order=order)
    assert refusal.value.data == {"sku": "SOAP", "requested": 4, "shipped": 3, "returned": 0}
    assert not Return.objects.exists()


def test_a_product_that_the_order_did_not_ship_cannot_come_back(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    order = make_order(world.merchant, line(product, 3))
    with pytest.raises(MoreThanShipped):
        make_return(world, announced(product, 1), order=order)


def test_all_returns_of_an_order_count(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    order = shipped_order(world, product, 3)
    first = make_return(world, announced(product, 2), order=order)
    with pytest.raises(MoreThanShipped) as refusal:
        make_return(world, announced(product, 2), order=order)
    assert refusal.value.returned == 2
    cancel_return(return_id=first.pk, **acting())
    make_return(world, announced(product, 3), order=order)


def test_units_that_never_came_may_be_announced_again(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    order = shipped_order(world, product, 3)
    document = make_arrived(world, announced(product, 3), order=order)
    inspect(document, find(document, 1))
    complete_return(return_id=document.pk, **acting())
    make_return(world, announced(product, 2), order=order)
    with pytest.raises(MoreThanShipped):
        make_return(world, announced(product, 1), order=order)
