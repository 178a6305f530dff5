"""What lists look for among a million rows is told by an index; which one, PostgreSQL says."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet

from inventory.models import Balance, Lot, Product
from inventory.queries.expiry import Wanted, lot_ids, standing
from inventory.queries.places import todays
from inventory.queries.unlotted import lacking_lots
from merchants.plans import planned_anew
from tests.builders import make_warehouse
from tests.clock import START

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def plan_of(rows: QuerySet) -> str:  # type: ignore[type-arg]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with planned_anew("default"):
        return rows.explain()


def test_products_are_searched_without_their_table() -> None:
    plan = plan_of(Product.objects.search("tea").order_by("sku", "id").values("pk"))
    assert "Index Only Scan using product_words" in plan
    assert "Sort" not in plan


def test_lots_are_found_by_the_day_of_their_receipt() -> None:
    received = Lot.objects.filter(received_at__gte=START).order_by()
    assert "lot_received_at" in plan_of(received)
    made = Lot.objects.filter(manufactured_on__gte=START.date()).order_by()
    assert "lot_manufactured_on" in plan_of(made)


def test_units_without_a_lot_are_found_by_themselves() -> None:
    assert "balance_without_lot" in plan_of(lacking_lots(Product.objects.order_by()))


def test_what_expires_is_found_by_merchant() -> None:
    make_warehouse()
    days = todays(START)
    rows = standing(Balance.objects.order_by(), Wanted(merchant_id=1, life="0-30"), days, START)
    plan = plan_of(lot_ids(rows)[:3])
    condition = plan.partition("balance_expiry")[2].partition("Index Cond")[2].partition("\n")[0]
    assert "expires_on <=" in condition
    assert "merchant_id = " in condition
