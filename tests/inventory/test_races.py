"""What changes while an act waits for its locks, on PostgreSQL: it decides on what is so then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from inventory.locks import lock_products
from inventory.models import DisposalRequest, Lot
from inventory.services.disposals import request_disposal
from inventory.services.holds import lift_overdue_holds, place_hold, release_hold
from inventory.services.lot_actions import take_action
from inventory.services.lot_attachments import attach_to_lot
from inventory.services.lots import delete_lot, update_lot
from inventory.services.places import update_warehouse
from inventory.services.settings import update_lot_tracking
from merchants.errors import DomainError, NotFound
from merchants.models import Event
from merchants.uploads import Upload
from tests.builders import (
    World,
    acting,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_product,
    make_warehouse,
    make_world,
    put,
)
from tests.clock import Clock
from tests.locks import locks_off
from tests.merchants.races import Thread, until_one_waits

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world() -> World:
    return make_world()


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """The second act waits for the locks of the first; what it got."""
    with Thread() as other, transaction.atomic():
        first()
        waiting = other.submit(second)
        until_one_waits()
    return waiting


def test_the_settings_are_those_after_the_wait(world: World) -> None:
    product = world.product()

    def days_needed() -> int:
        with transaction.atomic():
            return lock_products([product.pk])[product.pk].days_needed

    change = partial(
        update_lot_tracking,
        merchant_id=world.merchant.pk,
        fields={"picking_disabled_days": 30},
        **acting(),
    )
    assert meanwhile(change, days_needed).result() == 30


def test_a_lot_that_was_deleted_is_neither_corrected_nor_deleted_again(world: World) -> None:
    """Nor is anything kept with it: its foreign key would refuse that at the end."""
    product, who = world.lot_product(), acting()
    paper = Upload("coa.pdf", "application/pdf", b"%PDF-1.7")
    verbs: list[Callable[..., Any]] = [
        partial(update_lot, fields={"number": "C"}),
        delete_lot,
        partial(attach_to_lot, upload=paper, kind="certificate"),
        partial(take_action, action="promote"),
    ]
    for verb in verbs:
        lot = make_lot(product, "A")
        gone = partial(delete_lot, lot_id=lot.pk, **who)
        with pytest.raises(NotFound):
            meanwhile(gone, partial(verb, lot_id=lot.pk, **who)).result()
    assert not Lot.objects.exists()
    assert Event.objects.filter(topic="lot.deleted").count() == 4


def test_a_lot_that_went_to_another_product_is_not_corrected_under_the_wrong_lock(
    world: World,
) -> None:
    lot, other, who = make_lot(world.lot_product(), "A"), world.lot_product("OTHER"), acting()
    away = partial(update_lot, lot_id=lot.pk, fields={}, product=other, **who)
    correct = partial(update_lot, lot_id=lot.pk, fields={"number": "C"}, **who)
    with pytest.raises(NotFound):
        meanwhile(away, correct).result()
    lot.refresh_from_db()
    assert (lot.product, lot.number) == (other, "A")


def test_a_hold_that_somebody_releases_meanwhile_does_not_end_the_run(
    world: World, clock: Clock
) -> None:
    until = clock.advance(hours=1)
    clock.advance(hours=-1)
    products = [world.product(sku) for sku in ("A", "B")]
    holds = [place_hold(target=one, reason="Count", until=until, **acting()) for one in products]
    clock.advance(hours=2)
    release = partial(release_hold, hold_id=holds[0].pk, **acting())
    assert meanwhile(release, partial(lift_overdue_holds, now=clock.now)).result() == 1
    for hold in holds:
        hold.refresh_from_db()
        assert hold.released_at == clock.now


def test_a_warehouse_that_changes_lets_an_act_end_that_holds_its_products(world: World) -> None:
    """The act's foreign keys are checked at its end, when the change waits for its product."""
    product = world.product()
    put(product, world.bins[0], 5)
    change = partial(
        update_warehouse,
        warehouse_id=world.warehouse.pk,
        name="Chicago",
        timezone="America/New_York",
        **acting(),
    )

    def change_once() -> Any:
        with transaction.atomic():  # within another act it is not tried again
            return change()

    take = partial(make_demand, product, 5, world.warehouse)
    assert meanwhile(take, change_once).result().timezone == "America/New_York"


def asked_of_ten(world: World, quantity: int) -> Callable[[], DisposalRequest]:
    lot = Lot.objects.first() or world.stock_lot(world.lot_product(), "A", date(2027, 1, 1), 10, 0)
    how = {"action": "dispose", "reason": "Recalled", "quantity": quantity}
    return partial(request_disposal, lot=lot, **how, **acting())


def test_without_locks_units_are_asked_for_twice(world: World) -> None:
    first, second = asked_of_ten(world, 6), asked_of_ten(world, 5)
    with locks_off(), Thread() as other, transaction.atomic():
        first()
        other.submit(second).result()
    assert sum(DisposalRequest.objects.values_list("quantity", flat=True)) == 11


def test_no_unit_is_asked_for_by_two(world: World) -> None:
    first, second = asked_of_ten(world, 6), asked_of_ten(world, 5)
    with pytest.raises(DomainError) as refused:
        meanwhile(first, second).result()
    assert (refused.value.code, refused.value.data["available"]) == ("already_requested", 4)
    assert DisposalRequest.objects.get().quantity == 6


@pytest.mark.parametrize(
    ("create", "code"),
    [
        (lambda world: make_product(world.merchant, "SOAP"), "sku_taken"),
        (lambda world: make_bin(world.warehouse, "Z-01"), "name_taken"),
        (lambda _: make_warehouse("NYC"), "name_taken"),
    ],
    ids=["product", "location", "warehouse"],
)
def test_a_name_that_another_act_takes_meanwhile_is_taken(
    world: World, create: Callable[[World], Any], code: str
) -> None:
    house()  # who acts, known to both
    waiting = meanwhile(lambda: create(world), lambda: create(world))
    with pytest.raises(DomainError) as refused:
        waiting.result()
    assert refused.value.code == code
