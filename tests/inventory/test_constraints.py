"""What the database refuses by itself, whoever asks: from the ORM and from raw SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter

from inventory.constraints import AppendOnly, CompositeForeignKey
from inventory.models import Balance, Location, Movement, Posting
from inventory.queries.audit import missing_triggers
from tests.builders import (
    World,
    house,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    put,
)


def run(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def refuses(name: str, sql: str, *params: Any) -> None:
    """The statement breaks the constraint of this name (which SQLite does not always tell)."""

    def act() -> None:
        run(sql, *params)
        connection.check_constraints()

    with pytest.raises(IntegrityError) as error, transaction.atomic():
        act()
    if connection.vendor == "postgresql":
        assert name in str(error.value)


# Append-only --------------------------------------------------------------------------------------


@pytest.fixture
def movement(world: World) -> Movement:
    put(world.product(), world.bins[0], 5)
    return Movement.objects.get()


def posted() -> tuple[list[Any], list[Any]]:
    return list(Movement.objects.values()), list(Posting.objects.values())


CHANGES: dict[str, Callable[[Movement], Any]] = {
    "save": lambda one: one.save(),
    "delete": lambda one: one.delete(),
    "update": lambda _: Movement.objects.update(quantity=6),
    "delete-all": lambda _: Movement.objects.all().delete(),
    "bulk-update": lambda one: Movement.objects.bulk_update([one], ["quantity"]),
    "raw-update": lambda _: run("UPDATE inventory_movement SET quantity = quantity + 1"),
    "raw-delete": lambda _: run("DELETE FROM inventory_movement"),
    "posting-save": lambda one: one.posting.save(),
    "posting-update": lambda _: Posting.objects.update(reason="Another"),
    "posting-raw-update": lambda _: run("UPDATE inventory_posting SET reason = 'Another'"),
    "posting-raw-delete": lambda _: run("DELETE FROM inventory_posting"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_posted_stays(movement: Movement, change: Callable[[Movement], Any]) -> None:
    before = posted()
    with pytest.raises(IntegrityError), transaction.atomic():
        change(movement)
    assert posted() == before


@pytest.mark.postgresql
@pytest.mark.parametrize("table", ["movement", "posting"])
def test_what_was_posted_is_not_truncated(movement: Movement, table: str) -> None:
    before = posted()
    connection.check_constraints()  # leaves no deferred check, which would stop it too
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run(f"TRUNCATE inventory_{table} CASCADE")
    assert posted() == before


@pytest.fixture
def longer_reason() -> models.Field:
    field = models.CharField(max_length=501, blank=True)
    field.set_attributes_from_name("reason")
    field.model = Posting
    return field


@pytest.mark.django_db(transaction=True)
def test_the_triggers_survive_a_changed_table(longer_reason: models.Field) -> None:
    """SQLite remakes the table for it, and its triggers vanish with the old one."""
    reason = Posting._meta.get_field("reason")
    with connection.schema_editor() as editor:
        editor.alter_field(Posting, reason, longer_reason, strict=True)
    try:
        assert list(missing_triggers()) == []
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(Posting, longer_reason, reason, strict=True)
    assert list(missing_triggers()) == []


def constraint(model: type[models.Model], name: str) -> Any:
    return next(one for one in model._meta.constraints if one.name == name)


@pytest.mark.django_db(transaction=True)
def test_append_only_can_be_lifted_and_set_again_by_a_migration() -> None:
    guard = constraint(Movement, "movements_are_append_only")
    Movement._meta.constraints.remove(guard)
    try:
        with connection.schema_editor() as editor:
            editor.remove_constraint(Movement, guard)
        run("DELETE FROM inventory_movement")
    finally:
        Movement._meta.constraints.append(guard)
        with connection.schema_editor() as editor:
            editor.add_constraint(Movement, guard)
    assert list(missing_triggers()) == []


@pytest.mark.django_db(transaction=True)
def test_a_composite_key_can_be_dropped_and_made_again_by_a_migration() -> None:
    key = constraint(Movement, "movement_source")
    found = connection.introspection.get_constraints
    with connection.cursor() as cursor:
        before = found(cursor, "inventory_movement")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Movement, key)
        editor.add_constraint(Movement, key)
    with connection.cursor() as cursor:
        assert found(cursor, "inventory_movement").keys() == before.keys()
    assert list(missing_triggers()) == []


@pytest.mark.parametrize(
    "one",
    [
        AppendOnly(name="kept"),
        CompositeForeignKey("lot", same={"product": "product"}, name="agrees"),
    ],
    ids=["append-only", "composite"],
)
def test_a_constraint_is_written_into_migrations(one: Any) -> None:
    written, imports = MigrationWriter.serialize(one)
    scope: dict[str, Any] = {}
    exec("\n".join(imports), scope)  # what a migration would do
    assert eval(written, scope) == one
    assert one != object()
    assert one.validate(Movement, Movement()) is None


def test_the_flush_of_the_tests_restores_the_triggers(db: None) -> None:
    statements = connection.ops.sql_flush(no_style(), ["inventory_movement"], allow_cascade=True)
    with transaction.atomic():
        connection.ops.execute_sql_flush(statements)
    assert list(missing_triggers()) == []


# Invariant 1: what is promised is present ---------------------------------------------------------


@pytest.fixture
def shelf(world: World) -> Balance:
    """Ten units in a bin, four of them promised."""
    product = world.product()
    put(product, world.bins[0], 10)
    make_demand(product, 4, world.warehouse)
    return Balance.objects.get(location=world.bins[0])


@pytest.mark.parametrize(
    "values", ["committed = 11", "committed = -1", "on_hand = 3", "on_hand = -1, committed = 0"]
)
def test_promised_units_are_present(shelf: Balance, values: str) -> None:
    sql = f"UPDATE inventory_balance SET {values} WHERE id = %s"
    refuses("promised_units_are_present", sql, shelf.pk)


@pytest.mark.parametrize("kind", ["customer", "adjustment", "in_transit", "supplier"])
def test_nothing_is_promised_outside_the_house(world: World, shelf: Balance, kind: str) -> None:
    outside = world.place(kind.upper())
    sql = (
        "INSERT INTO inventory_balance (merchant_id, product_id, location_id, warehouse_id,"
        " location_kind, location_mixed, on_hand, committed, is_blocked)"
        " SELECT merchant_id, product_id, %s, warehouse_id, %s, %s, %s, %s, is_blocked"
        " FROM inventory_balance WHERE id = %s"
    )
    Balance.objects.filter(location=outside).update(on_hand=-11)  # below zero is allowed here
    values = (outside.pk, outside.kind, True)
    if kind != "adjustment":
        with transaction.atomic():
            run(sql, *values, -10, 0, shelf.pk)
            transaction.set_rollback(True)
        refuses("promised_units_are_present", sql, *values, 10, 1, shelf.pk)
    else:
        again = "UPDATE inventory_balance SET on_hand = 5, committed = 1 WHERE location_id = %s"
        refuses("promised_units_are_present", again, outside.pk)


# Invariant 2: a movement is between two balances of its product -----------------------------------


INSERT = (
    "INSERT INTO inventory_movement"
    " (posting_id, merchant_id, product_id, source_id, target_id, quantity)"
    " SELECT posting_id, merchant_id, {product}, {source}, {target}, {quantity}"
    " FROM inventory_movement"
)
SAME = {
    "product": "product_id",
    "source": "source_id",
    "target": "target_id",
    "quantity": "quantity",
}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a_movement_moves_units", {"quantity": "0"}),
        ("a_movement_moves_units", {"quantity": "-1"}),
        ("a_movement_has_two_ends", {"source": "target_id"}),
        ("movement_source", {"source": "(SELECT MIN(id) FROM inventory_balance)"}),
        ("movement_target", {"target": "(SELECT MIN(id) FROM inventory_balance)"}),
    ],
)
def test_a_movement(world: World, name: str, other: dict[str, str]) -> None:
    put(world.product("OTHER"), world.bins[1], 1)
    put(world.product(), world.bins[0], 5)
    sql = INSERT.format(**{**SAME, **other}) + " WHERE quantity = 5"
    refuses(name, sql)


# Invariant 3: lots are kept apart -----------------------------------------------------------------


def test_two_lots_of_a_product_in_a_bin(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", None, 5, 0)
    world.stock_lot(product, "B", None, 5, 1)
    sql = "UPDATE inventory_balance SET location_id = %s WHERE location_id = %s"
    refuses("one_lot_of_a_product_per_bin", sql, world.bins[0].pk, world.bins[1].pk)


def test_two_balances_of_the_same_units_in_a_bin(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    put(product, world.bins[1], 5)
    sql = "UPDATE inventory_balance SET location_id = %s WHERE location_id = %s"
    refuses("one_balance_per_product_lot_location", sql, world.bins[0].pk, world.bins[1].pk)


def test_a_balance_copies_its_locations_flags(world: World) -> None:
    put(world.product(), world.bins[0], 5)
    Location.objects.filter(pk=world.bins[0].pk).update(mixed=True, kind="staging")
    copied = Balance.objects.get(location=world.bins[0])
    assert (copied.location_mixed, copied.location_kind) == (True, "staging")
    sql = "UPDATE inventory_balance SET location_kind = 'dock' WHERE location_id = %s"
    refuses("balance_copies_its_locations_flags", sql, world.bins[0].pk)


@pytest.mark.parametrize("flag", ["mixed = NOT mixed", "pickable = NOT pickable"])
def test_a_dock_is_mixed_and_not_for_sale(world: World, flag: str) -> None:
    name = "docks_quarantine_and_damaged_are_mixed_and_not_for_sale"
    sql = f"UPDATE inventory_location SET {flag} WHERE id = %s"
    refuses(name, sql, world.place("DOCK").pk)


# Invariant 4: what a lot is -----------------------------------------------------------------------


def test_a_lot_number_is_unique_per_product(world: World) -> None:
    product = world.lot_product()
    make_lot(product, "A")
    other = make_lot(product, "B")
    sql = "UPDATE inventory_lot SET number_key = 'a' WHERE id = %s"
    refuses("lot_number_is_unique_per_product", sql, other.pk)
    run(sql, make_lot(world.lot_product("OTHER"), "B").pk)


def test_an_unnumbered_lot_is_unique_per_product_and_expiry(world: World) -> None:
    product = world.lot_product()
    make_lot(product, "", date(2027, 1, 1))
    other = make_lot(product, "", date(2027, 1, 2))
    sql = "UPDATE inventory_lot SET expires_on = '2027-01-01' WHERE id = %s"
    refuses("unnumbered_lot_is_unique_per_product_and_expiry", sql, other.pk)


def test_a_lot_has_a_number_or_an_expiry(world: World) -> None:
    lot = make_lot(world.lot_product(), "", date(2027, 1, 1))
    sql = "UPDATE inventory_lot SET expires_on = NULL WHERE id = %s"
    refuses("a_lot_has_a_number_or_an_expiry", sql, lot.pk)


# Pending stock and cases --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "table", "values"),
    [
        ("a_demand_asks_for_units", "demand", "quantity = 0, allocated = 0"),
        ("no_unit_is_promised_twice_to_a_demand", "demand", "shipped = 1"),
        ("only_released_demand_is_promised_units", "demand", "is_released = NOT is_released"),
        ("only_released_demand_is_promised_units", "demand", "is_cancelled = NOT is_cancelled"),
        ("an_allocation_promises_units", "allocation", "quantity = 0"),
        ("units_are_received_before_they_are_stowed", "supply", "stowed = 1"),
        ("a_case_never_holds_more_than_it_opened_with", "quarantinecase", "quantity = 4"),
    ],
)
def test_pending_stock(world: World, shelf: Balance, name: str, table: str, values: str) -> None:
    make_supply(shelf.product, 1, world.warehouse)
    put(shelf.product, world.place("QUARANTINE"), 3)
    refuses(name, f"UPDATE inventory_{table} SET {values}")


# Invariant 8, and lots of other products ----------------------------------------------------------


@pytest.mark.parametrize(
    "table", ["lot", "balance", "demand", "allocation", "supply", "quarantinecase"]
)
def test_a_row_is_of_its_products_merchant(world: World, table: str) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", None, 5, 0)
    put(product, world.place("QUARANTINE"), 3, lot)
    make_demand(product, 4, world.warehouse)
    make_supply(product, 1, world.warehouse, lot)
    outsider = make_merchant("OTHER")
    name = {"quarantinecase": "case"}.get(table, table) + "_is_of_its_products_merchant"
    refuses(name, f"UPDATE inventory_{table} SET merchant_id = %s", outsider.pk)


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("balance_lot_product", "balance", "lot_id"),
        ("demand_lot_product", "demand", "lot_id"),
        ("supply_lot_product", "supply", "lot_id"),
        ("allocation_demand", "allocation", "demand_id"),
        ("allocation_balance", "allocation", "balance_id"),
        ("case_balance", "quarantinecase", "balance_id"),
    ],
)
def test_a_row_points_at_rows_of_its_product(
    world: World, name: str, table: str, column: str
) -> None:
    other = world.lot_product("OTHER")
    strangers = {"lot_id": make_lot(other, "X").pk}
    put(other, world.bins[1], 1, make_lot(other, "Y"))
    strangers["balance_id"] = Balance.objects.get(location=world.bins[1]).pk
    strangers["demand_id"] = make_demand(other, 9, world.warehouse, single_lot=True).pk
    product = world.lot_product()
    lot = world.stock_lot(product, "A", None, 5, 0)
    put(product, world.place("QUARANTINE"), 3, lot)
    make_demand(product, 4, world.warehouse, lot=lot)
    make_supply(product, 1, world.warehouse, lot)
    sql = f"UPDATE inventory_{table} SET {column} = %s WHERE product_id = %s"
    refuses(name, sql, strangers[column], product.pk)


def test_a_movement_is_of_its_postings_merchant(world: World, movement: Movement) -> None:
    outsider = make_product(make_merchant("OTHER"), "SOAP")
    put(outsider, world.bins[1], 1)
    sql = (
        "INSERT INTO inventory_movement"
        " (posting_id, merchant_id, product_id, source_id, target_id, quantity)"
        " SELECT %s, merchant_id, product_id, source_id, target_id, quantity"
        " FROM inventory_movement WHERE product_id = %s"
    )
    refuses("movement_posting", sql, movement.posting_id, outsider.pk)


def test_a_hold_is_on_exactly_one_thing(world: World) -> None:
    sql = (
        "INSERT INTO inventory_hold (reason, placed_at, placed_by_id, product_id, location_id)"
        " SELECT 'Why', p.created_at, %s, p.id, %s FROM inventory_product p"
    )
    world.product()
    name = "a_hold_is_on_a_lot_or_a_location_or_a_product"
    refuses(name, sql, house().pk, world.bins[0].pk)
