from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import Balance, Demand, Lot, QuarantineCase, Supply
from tests.builders import World, make_demand, make_supply, put


@pytest.fixture
def busy(world: World) -> World:
    """Units on a shelf, some promised, some in quarantine, some announced."""
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 10, 0)
    make_demand(product, 4, world.warehouse)
    put(product, world.place("QUARANTINE"), 3, lot)
    make_supply(product, 20, world.warehouse, lot)
    return world


def check() -> str:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def test_it_works(busy: World) -> None:
    assert check() == "The ledger agrees with itself.\n"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda: Balance.objects.in_house().update(on_hand=11), "balance is the sum"),
        (lambda: Balance.objects.in_house().update(on_hand=11), "sums to zero"),
        (
            lambda: Balance.objects.filter(committed=4).update(committed=5),
            "committed is the sum of the open allocations: balance",
        ),
        (lambda: Demand.objects.update(allocated=3), "allocated units are its open allocations"),
        (lambda: Demand.objects.update(quantity=9, shipped=1), "shipped units are its shipments"),
        (lambda: QuarantineCase.objects.update(quantity=2), "cases are the quarantine balance"),
        (lambda: Supply.objects.update(received=2), "received units came from the supplier"),
        (
            lambda: Supply.objects.update(received=2, stowed=1),
            "its stowed units left the dock: WRO-000001, product",
        ),
        (lambda: Lot.objects.update(expires_on=None), "expiry is copied from the lot"),
        (lambda: Lot.objects.update(is_active=False), "blocking is copied"),
        (lambda: Balance.objects.update(is_blocked=True), "blocking is copied from hold"),
    ],
)
def test_a_difference_is_printed(busy: World, spoil, rule: str) -> None:
    spoil()
    said = check()
    assert rule in said
    assert "The ledger does not agree with itself" in said


def test_a_missing_trigger_is_printed(busy: World) -> None:
    on = "" if connection.vendor == "sqlite" else " ON inventory_movement"
    name = "movements_are_append_only" + ("_update" if connection.vendor == "sqlite" else "")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    assert f"append-only tables are guarded: {name} is missing, should be standing" in check()


def test_it_changes_nothing(busy: World) -> None:
    Balance.objects.in_house().update(on_hand=11)
    check()
    assert {b.on_hand for b in Balance.objects.in_house()} == {11}
