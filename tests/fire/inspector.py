"""A process beside the servers that fills the database, looks at it, and says what it sees.

It reads one command a line, such as `{"do": "build", "orders": 300}`, and answers each with one
line of JSON. It decides nothing; `checker` does.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotwms.settings")
django.setup()

from django.db import DatabaseError, connection, transaction  # noqa: E402
from django.db.models import F, Sum  # noqa: E402

from fulfillment import services  # noqa: E402
from fulfillment.models import Order, OrderLine, Shipment, Wave  # noqa: E402
from fulfillment.requests import LineRequest, OrderRequest, WaveRequest  # noqa: E402
from inventory.kinds import VIRTUAL  # noqa: E402
from inventory.models import Allocation, Balance, Hold, Movement, Posting  # noqa: E402
from inventory.queries.audit import differences  # noqa: E402
from inventory.services.places import create_locations  # noqa: E402
from jobs.models import Job  # noqa: E402
from merchants.clock import read_clock  # noqa: E402
from merchants.models import Event, IdempotencyKey, Merchant  # noqa: E402
from merchants.services import create_api_key  # noqa: E402
from tests import builders  # noqa: E402
from tests.clock import CLOCK  # noqa: E402
from tests.fire.roles import LOTS, OF_A_MERCHANT  # noqa: E402

OPENING = "Opening stock"  # the reason that the builders give


def build(orders: int) -> dict[str, Any]:
    """A warehouse, two merchants, six products each with three lots, and keys for all."""
    CLOCK.set(read_clock())
    warehouse = builders.make_warehouse()
    return {
        "staff": create_api_key(merchant=None, name="fire", **builders.acting()).text,
        "merchants": [_merchant(code, warehouse, orders) for code in ("GLOW", "ACME")],
    }


def _merchant(code: str, warehouse: Any, orders: int) -> dict[str, Any]:
    merchant = builders.make_merchant(code)
    names = [
        {"name": f"{code}-{place}-{lot}"} for place in range(len(OF_A_MERCHANT)) for lot in range(3)
    ]
    bins = iter(create_locations(warehouse=warehouse, entries=names, **builders.acting()))
    products = []
    for place, role in enumerate(OF_A_MERCHANT):
        product = builders.make_product(merchant, f"{code}-{place}", is_lot_product=True)
        lots = []
        for number, share in enumerate(LOTS[role]):
            expires_on = CLOCK.now.date() + timedelta(days=700 + number)
            lot = builders.make_lot(product, f"L{number}", expires_on)
            location, units = next(bins), max(1, round(share * orders))
            builders.put(product, location, units, lot)
            lots.append({"number": lot.number, "id": lot.pk, "bin": location.pk, "units": units})
        products.append({"sku": product.sku, "role": role, "lots": lots})
    key = create_api_key(merchant=merchant, name="fire", **builders.acting()).text
    return {"code": code, "key": key, "products": products}


def snapshot() -> dict[str, Any]:
    """Every difference between ledger and balances, all rules at one and the same moment."""
    began = time.monotonic()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = [list(one) for one in differences()]
        orders = Order.objects.count()
    return {"at": began, "differences": found, "orders": orders}


def release_wave(orders: int) -> int:
    """Take so many orders for later and release them as a wave; its id."""
    who = {"actor": builders.house(), "now": read_clock()}
    for number in range(orders):
        code = ("GLOW", "ACME")[number % 2]
        lines = [LineRequest(f"{code}-{place}", 1 + number % 4) for place in (0, number % 6 or 1)]
        merchant = Merchant.objects.get(code=code)
        services.open_order(request=OrderRequest(merchant, lines, f"W-{number}"), **who)
    wave = services.create_wave(request=WaveRequest(), **who)
    return services.release_wave(wave_id=wave.pk, **who).pk


def wave(wave_id: int) -> dict[str, Any]:
    """How far a wave has come, and how often each of its orders was planned."""
    topics = ("order.allocated", "order.backordered")
    planned = Event.objects.filter(topic__in=topics).values_list("object", flat=True)
    row = Wave.objects.get(pk=wave_id)
    return {
        "status": row.status,
        "done": row.done_count,
        "planned": Counter(planned),
        "attempts": Job.objects.get(task_path__endswith="run_wave").attempts,
    }


def facts() -> dict[str, Any]:
    """What there is in the end, and the key of the request that every effect came from."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {
            "orders": _orders(),
            "effects": _effects(),
            "answers": list(IdempotencyKey.objects.order_by("id").values_list("key", "status")),
            "stock": _stock(),
            "differences": [list(one) for one in differences()],
        }


def _orders() -> list[dict[str, Any]]:
    allocated = _by_demand(
        Allocation.objects.values_list("demand_id", "balance__lot__number", "quantity")
    )
    shipped: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    gone = Movement.objects.filter(posting__kind="ship").values_list(
        "posting__shipment__order_id", "product_id", "source__lot__number", "quantity"
    )
    for order_id, product_id, lot, units in gone:
        shipped[order_id, product_id][lot] += units
    lines = OrderLine.objects.order_by("order_id", "position").select_related("demand__product")
    by_order: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        by_order[line.order_id].append(
            {
                "sku": line.demand.product.sku,
                "quantity": line.demand.quantity,
                "allocated": allocated[line.demand_id],
                "shipped": shipped[line.order_id, line.demand.product_id],
                "counted": [line.demand.allocated, line.demand.shipped],
                "is_cancelled": line.demand.is_cancelled,
            }
        )
    rows = Order.objects.order_by("id").values("id", "reference")
    return [{**row, "lines": by_order[row["id"]]} for row in rows]


def _by_demand(rows: Any) -> dict[int, Counter[str]]:
    units: dict[int, Counter[str]] = defaultdict(Counter)
    for demand_id, lot, quantity in rows:
        units[demand_id][lot] += quantity
    return units


def _effects() -> dict[str, list[str]]:
    """By kind of request, the key that is written on each effect; twice what came twice."""
    cancelled = Event.objects.filter(topic="order.cancelled").order_by("id")
    released = Event.objects.filter(topic="hold.released").order_by("id")
    adjusted = Posting.objects.filter(kind="adjust").exclude(reason=OPENING).order_by("id")
    return {
        "create": list(Order.objects.order_by("id").values_list("reference", flat=True)),
        "cancel": [one.payload["reference"] for one in cancelled],
        "ship": list(Shipment.objects.order_by("id").values_list("tracking_number", flat=True)),
        "adjust": list(adjusted.values_list("reason", flat=True)),
        "hold": list(Hold.objects.order_by("id").values_list("reason", flat=True)),
        "release": [one.payload["reason"] for one in released],
    }


def _stock() -> list[dict[str, Any]]:
    rows = Balance.objects.values("product__sku", "lot__number").order_by("product_id", "lot_id")
    in_house = {
        (row["product__sku"], row["lot__number"]): row
        for row in rows.exclude(location_kind__in=VIRTUAL).annotate(
            units=Sum("on_hand"), promised=Sum("committed")
        )
    }
    gone = rows.filter(location_kind="customer").annotate(units=Sum("on_hand"))
    customers = {(row["product__sku"], row["lot__number"]): row["units"] for row in gone}
    oversold = set(
        Balance.objects.exclude(location_kind__in=VIRTUAL)
        .filter(committed__gt=F("on_hand"))
        .values_list("product__sku", "lot__number")
    )
    return [
        {
            "sku": sku,
            "lot": lot,
            "on_hand": row["units"],
            "committed": row["promised"],
            "shipped": customers.get((sku, lot), 0),
            "is_oversold": (sku, lot) in oversold,
        }
        for (sku, lot), row in in_house.items()
    ]


DO = {
    "build": build,
    "snapshot": snapshot,
    "facts": facts,
    "release_wave": release_wave,
    "wave": wave,
}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer: Any = DO[command.pop("do")](**command)
        except DatabaseError as error:
            connection.close()
            answer = {"refused": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
