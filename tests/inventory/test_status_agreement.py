"""On random stock: the three forms of "can these units ship?" agree, and the figures add up."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import BooleanField, Case, Value, When
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.availability import (
    Facts,
    Reason,
    allocatable_until,
    is_allocatable,
    reason,
    why_not,
)
from inventory.models import Balance, Hold, Product
from inventory.queries.places import todays
from inventory.queries.status import (
    QUANTITIES,
    Figures,
    inventory_by_lot,
    inventory_by_product,
    total,
)
from inventory.queries.status_page import Wanted, products
from inventory.services.holds import place_hold, release_hold
from inventory.services.products import update_product
from tests.builders import (
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    place,
    put,
    set_lots_active,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
TODAY = date(2026, 6, 1)


@dataclass(frozen=True)
class Stack:
    """Units of one lot (or of none) at one location of their own, and what is done to them."""

    at: str
    zone: int
    pickable: bool
    sellable: bool
    lasts: int | None
    has_lot: bool
    is_active: bool
    held: str
    units: int


stacks = st.builds(
    Stack,
    at=st.sampled_from(["bin", "bin", "bin", "QUARANTINE", "DAMAGED"]),
    zone=st.integers(0, 1),
    pickable=st.booleans(),
    sellable=st.booleans(),
    lasts=st.sampled_from([None, -1, 0, 1, 29, 30, 31, 400]),
    has_lot=st.booleans(),
    is_active=st.booleans(),
    held=st.sampled_from(["", "", "", "lot", "location", "product", "released"]),
    units=st.integers(1, 9),
)


@contextmanager
def undone():
    """Each example starts from an empty house."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def build(stacks: list[Stack], minimum: int | None, account: int, ordered: int, announced: int):
    """Two products over two warehouses on both sides of the date line; the products."""
    houses = [make_warehouse("A", "Pacific/Honolulu"), make_warehouse("B", "Pacific/Kiritimati")]
    merchant = make_merchant("GLOW", picking_disabled_days=account)
    made = [make_product(merchant, f"P-{one}") for one in range(2)]
    for number, stack in enumerate(stacks):
        pile(stack, number, made[number % 2], houses[stack.zone])
    for product, house in zip(made, houses, strict=True):
        if ordered:
            make_demand(product, ordered, house, number=f"ORD-{house.code}")
        if announced:
            make_supply(product, announced, house)
    for product in made:  # a stricter minimum never takes a promise back
        update_product(product_id=product.pk, fields={"min_shelf_life_days": minimum}, **acting())
    return made


def pile(stack: Stack, number: int, product: Product, house) -> None:
    flags = {"pickable": stack.pickable, "sellable": stack.sellable}
    location = (
        make_bin(house, f"BIN-{number}", **flags) if stack.at == "bin" else place(house, stack.at)
    )
    lot = None
    if stack.has_lot:
        expires_on = None if stack.lasts is None else TODAY + timedelta(days=stack.lasts)
        lot = make_lot(product, f"L-{number}", expires_on)
    put(product, location, stack.units, lot)
    target = {"lot": lot, "location": location, "product": product, "released": lot}.get(stack.held)
    if target is not None:
        hold = place_hold(target=target, reason="Recall", **acting())
        if stack.held == "released":
            release_hold(hold_id=hold.pk, **acting())
    if lot and not stack.is_active:
        set_lots_active(lot_ids=[lot.pk], is_active=False, **acting())


def by_rule(balance: Balance) -> Reason | None:
    """Why the units may not ship, from the tables themselves and not from their copies."""
    hits = [{"location": balance.location}, {"product": balance.product}]
    hits += [{"lot": balance.lot}] if balance.lot else []
    return why_not(
        Facts(
            location_kind=balance.location.kind,
            pickable=balance.location.pickable,
            sellable=balance.location.sellable,
            on_hold=any(Hold.objects.active().filter(**hit).exists() for hit in hits),
            lot_is_active=balance.lot is None or balance.lot.is_active,
            expires_on=balance.lot and balance.lot.expires_on,
        ),
        today=balance.warehouse.today(NOW),
        min_shelf_life_days=max(
            balance.product.min_shelf_life_days or 0,
            balance.product.merchant.picking_disabled_days,
        ),
    )


def oracle(product: Product) -> Figures:
    """The stock figures of a product by plain addition."""
    figures = Figures()
    for balance in Balance.objects.in_house().filter(product=product):
        figures.on_hand += balance.on_hand
        figures.committed += balance.committed
        free = balance.on_hand - balance.committed
        if (why := by_rule(balance)) is None:
            figures.fulfillable += free
        elif free:
            figures.exception += free
            figures.reasons[why.value] = figures.reasons.get(why.value, 0) + free
    return figures


def decided(days):
    """Every balance of the house with the answers of the two SQL forms."""
    may_ship = Case(
        When(is_allocatable(days), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = Balance.objects.in_house().annotate(allocatable_until=allocatable_until())
    return rows.annotate(may_ship=may_ship, reason=reason(days))


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    piled=st.lists(stacks, min_size=1, max_size=8),
    minimum=st.sampled_from([None, 0, 1, 30]),
    account=st.sampled_from([0, 0, 29, 31]),
    ordered=st.integers(0, 12),
    announced=st.integers(0, 5),
)
def test_the_three_forms_agree_and_the_figures_add_up(piled, minimum, account, ordered, announced):
    with undone():
        made = build(piled, minimum, account, ordered, announced)
        days = todays(NOW)
        for balance in decided(days):
            expected = by_rule(balance)
            assert balance.may_ship == (expected is None)
            assert balance.reason == (expected and expected.value)
        found = inventory_by_product([one.pk for one in made], todays=days)
        for product in made:
            assert_adds_up(product, found[product.pk], days)
        flagged = products(Product.objects.all(), Wanted(has_exception=True), days)
        assert set(flagged) == {one for one in made if found[one.pk].exception}


def assert_adds_up(product: Product, figures: Figures, days) -> None:
    expected = oracle(product)
    for name in ("on_hand", "committed", "fulfillable", "exception", "reasons"):
        assert getattr(figures, name) == getattr(expected, name), name
    rows = inventory_by_lot(product.pk, todays=days, now=NOW)
    assert total(rows) == figures
    for one in [figures, *(row.figures for row in rows)]:
        assert one.on_hand == one.fulfillable + one.committed + one.exception
        assert sum(one.reasons.values()) == one.exception
        assert all(getattr(one, name) >= 0 for name in QUANTITIES)
    narrowed = [
        inventory_by_product([product.pk], todays=days, warehouse_id=pk)[product.pk]
        for pk in days.dates
    ]
    for name in QUANTITIES:
        assert sum(getattr(one, name) for one in narrowed) == getattr(figures, name), name
