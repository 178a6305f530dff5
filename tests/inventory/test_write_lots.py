"""Many lots registered and corrected at once, as a sheet has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Product
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.lot_numbers import create_lot_format
from inventory.services.lot_registry import Line, judge_lots, write_lots
from inventory.services.lots import delete_lot, update_lot
from merchants.models import Event
from tests.builders import World, acting, house, make_bin, make_demand, make_lot, promised, put
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)


@pytest.fixture
def product(world: World) -> Product:
    return world.lot_product()


def new(product: Product, number: str = "", **fields: Any) -> Line:
    return Line(product, {"number": number, **fields})  # type: ignore[typeddict-item]


def change(lot: Lot, **fields: Any) -> Line:
    return Line(lot.product, fields, lot.pk)  # type: ignore[arg-type]


def write(*lines: Line) -> None:
    write_lots(lines=dict(enumerate(lines)), **acting())


def codes(*lines: Line) -> dict[int, str]:
    """What is refused when the lines are looked at, which is what is refused when they are done."""
    looked_at = judge_lots(lines=dict(enumerate(lines)), now=CLOCK.now)
    with refused("lots_refused") as error:
        write(*lines)
    done = error.value.data["refusals"]
    assert {key: (one.code, str(one)) for key, one in looked_at.items()} == {
        key: (one.code, str(one)) for key, one in done.items()
    }
    return {key: one.code for key, one in done.items()}


def told() -> list[tuple[str, Any]]:
    rows = Event.objects.filter(topic__startswith="lot.").order_by("id")
    return [(one.topic, one.payload["number"]) for one in rows]


def test_it_works(world: World, product: Product) -> None:
    known, soap = make_lot(product, "A", JANUARY, supplier="Nordic"), world.lot_product("SOAP")
    Event.objects.all().delete()
    write(
        new(product, " B ", expires_on=FEBRUARY, supplier="Baltic"),
        change(known, expires_on=FEBRUARY, production_run="RUN-1"),
        new(soap, expires_on=JANUARY),
    )
    known.refresh_from_db()
    assert (known.expires_on, known.supplier, known.production_run) == (FEBRUARY, "Nordic", "RUN-1")
    made = Lot.objects.get(number="B")
    assert (made.product, made.merchant, made.number_key, made.expires_on, made.supplier) == (
        product,
        world.merchant,
        "b",
        FEBRUARY,
        "Baltic",
    )
    assert (made.created_at, made.is_active, made.received_at) == (CLOCK.now, True, None)
    assert Lot.objects.get(product=soap).expires_on == JANUARY
    assert told() == [("lot.created", "B"), ("lot.created", ""), ("lot.updated", "A")]
    past = known.history.first()
    assert (past.history_type, past.history_user, past.expires_on) == ("~", house(), FEBRUARY)
    past = made.history.get()
    assert (past.history_type, past.history_user, past.history_date) == ("+", house(), CLOCK.now)


def test_a_date_that_nobody_stated_is_read_in_the_number(world: World, product: Product) -> None:
    fields: Any = {"pattern": "{YYYY}{MM}{DD}-{SEQ:2}", "date_means": "expiry"}
    create_lot_format(merchant=world.merchant, product=None, fields=fields, **acting())
    write(new(product, "20270131-01"), new(product, "20270131-02", expires_on=FEBRUARY))
    dates = Lot.objects.order_by("id").values_list("expires_on", flat=True)
    assert list(dates) == [date(2027, 1, 31), FEBRUARY]


def test_a_corrected_expiry_measures_promises_anew(world: World, product: Product) -> None:
    """One order keeps its units, one gets others, one gets units of a lot that lasts longer now."""
    old, later = make_lot(product, "A", JANUARY), make_lot(product, "B", date(2026, 6, 10))
    put(product, world.bins[0], 5, old)
    put(product, world.bins[1], 5, later)
    first = make_demand(product, 3, world.warehouse)
    second = make_demand(product, 2, world.warehouse, number="ORD-000002", min_shelf_life_days=30)
    assert (promised(first), promised(second)) == ({"A-02": 3}, {"A-01": 2})
    write(change(old, expires_on=date(2026, 6, 11)), change(later, expires_on=JANUARY))
    assert (promised(first), promised(second)) == ({"A-02": 3}, {"A-02": 2})
    assert old.balances.get(location=world.bins[0]).expires_on == date(2026, 6, 11)


def test_what_is_refused(world: World, product: Product) -> None:
    known, alias, gone, moved = (make_lot(product, name, JANUARY) for name in "AXGM")
    merge_lots(wish=Wish(alias.pk, known.pk), **acting())
    delete_lot(lot_id=gone.pk, **acting())
    stale = change(moved, supplier="Nordic")
    update_lot(lot_id=moved.pk, fields={}, product=world.lot_product("OTHER"), **acting())
    assert codes(
        new(product, "a", expires_on=JANUARY),
        new(product, "x"),
        new(product),
        new(product, "F", supplier="x" * 101),
        new(product, "LOT-10"),
        new(product, "LOT-1O"),
        change(known, expires_on=date(2, 1, 1)),
        change(alias, supplier="Nordic"),
        change(gone, supplier="Nordic"),
        stale,
        new(product, "FINE"),
    ) == {
        0: "lot_number_taken",
        1: "lot_number_taken",
        2: "lot_or_expiry_required",
        3: "invalid",
        5: "lot_looks_like",
        6: "invalid",
        7: "lot_merged",
        8: "not_found",
        9: "not_found",
    }


def test_the_lot_code_of_a_received_food_stays(world: World) -> None:
    cheese = world.lot_product("BRIE", is_ftl=True, ftl_category="cheese")
    received, bare = make_lot(cheese, "A", JANUARY), make_lot(cheese, "", JANUARY)
    for place, lot in enumerate((received, bare)):
        put(cheese, world.bins[place], 1, lot)
    Lot.objects.update(supplier_number="")
    assert codes(change(received, supplier_number="L 4711")) == {0: "lot_code_fixed"}
    write(change(received, supplier="Nordic"), change(bare, supplier_number="L 4711"))
    assert set(Lot.objects.values_list("supplier", "supplier_number")) == {
        ("Nordic", ""),
        ("", "L 4711"),
    }


@pytest.mark.parametrize("do", [write, lambda *lines: judge_lots(
    lines=dict(enumerate(lines)), now=CLOCK.now)], ids=["write", "judge"])  # fmt: skip
def test_statements_do_not_grow_with_the_lots(
    world: World, product: Product, do: Callable[..., Any]
) -> None:
    fields: Any = {"pattern": "{YYYY}{MM}{DD}-{SEQ:2}"}
    create_lot_format(merchant=world.merchant, product=None, fields=fields, **acting())
    soap, shelf = world.lot_product("SOAP"), make_bin(world.warehouse, "MIXED", mixed=True)
    counted = []
    for many, days in ((1, 1), (20, 2)):
        lots = [make_lot(one, f"OLD-{many}{n:02}", JANUARY)
                for n in range(many) for one in (product, soap)]  # fmt: skip
        for lot in lots:
            put(lot.product, shelf, 1, lot)
        lines = [change(lot, expires_on=date(2027, 3, days), supplier="Nordic") for lot in lots]
        lines += [new(one, f"NEW-{many}{n:02}", expires_on=JANUARY)
                  for n in range(many) for one in (product, soap)]  # fmt: skip
        with CaptureQueriesContext(connection) as statements:
            do(*lines)
        counted.append(len(statements))
    assert counted[0] == counted[1]
